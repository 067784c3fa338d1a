//! Whose a bucket is, in words.
//!
//! Enters: nothing. Leaves: the owners there can be, and the steps that can decide. Deliberately
//! absent: deciding.

/// Whose a bucket is, seen from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The account's own.
    Own,
    /// Infrastructure code of the account is about to create it.
    Declared,
    /// It exists and is another account's.
    Foreign,
    /// It does not exist, so anyone may create it.
    Nonexistent,
}

impl Owner {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Owner::Own => "own",
            Owner::Declared => "declared",
            Owner::Foreign => "foreign",
            Owner::Nonexistent => "nonexistent",
        }
    }
}

/// The step of the ladder that decided whose a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The account's own listing names it.
    Listed,
    /// A template names it, not yet created.
    Planned,
    /// The listing of another account in the snapshot names it.
    ListedElsewhere,
    /// The account's listing is complete and lacks it, and S3 says that it does not exist.
    MissingEverywhere,
    /// The account's listing is complete and lacks it, but S3 says that it exists.
    ExistsUnlisted,
    /// S3 confirmed an expected owner.
    OwnerConfirmed,
    /// S3 shows it, but not when the account is required to be its owner.
    OwnerRefused,
    /// The access point says whose bucket it opens.
    AccessPoint,
    /// The access point itself is another account's, who may change it at will.
    ForeignAccessPoint,
}

impl Step {
    /// How it was decided, in words that fit after "because".
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Step::Listed => "the account's own listing names it",
            Step::Planned => "the template creates it",
            Step::ListedElsewhere => "another account's listing names it",
            Step::MissingEverywhere => "S3 says that it does not exist",
            Step::ExistsUnlisted => "it exists, and the account's complete listing lacks it",
            Step::OwnerConfirmed => "S3 confirmed its owner",
            Step::OwnerRefused => "S3 shows it, but not with this account as its owner",
            Step::AccessPoint => "its access point names the bucket's account",
            Step::ForeignAccessPoint => "the access point belongs to another account",
        }
    }
}

/// Whose a bucket is, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Whose.
    pub owner: Owner,
    /// What decided it.
    pub step: Step,
    /// The owner's account, where it is known; always for `Own`.
    pub account: Option<String>,
}
