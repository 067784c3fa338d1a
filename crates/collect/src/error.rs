//! Why a collection cannot begin, or cannot be written.

/// What ends a collection as a whole. What fails for one account or call is in the snapshot instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are no credentials to begin with.
    #[error("no usable credentials: {0}; sign in, or name a profile with `--aws-profile`")]
    Credentials(String),
    /// The caller's identity could not be asked.
    #[error(
        "cannot ask AWS in {region} who is signed in: {why}; `AWS_REGION` names another Region to ask"
    )]
    Identity {
        /// The Region that was asked.
        region: String,
        /// The error code, or what is wrong with the answer.
        why: String,
    },
    /// The organisation's accounts could not be listed.
    #[error(
        "cannot list the organisation's accounts: {0}; ask from its management or a delegated administrator account, or name accounts with `--accounts-file`"
    )]
    Organization(String),
    /// An address that requests must not be sent to.
    #[error("endpoint `{url}` {why}")]
    Endpoint {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file of certificates that the operator names.
    #[error("cannot use the certificates of `{path}`: {why}")]
    Bundle {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The system's certificates are needed to verify servers.
    #[error("cannot read the system's certificates: {0}")]
    Certificates(String),
    /// A folder that holds a finished snapshot, or one that was not begun by a collection.
    #[error("the folder holds no interrupted collection to go on with")]
    NothingToResume,
    /// The snapshot.
    #[error(transparent)]
    Snapshot(#[from] sagewarden_core::snapshot::Error),
    /// The folder.
    #[error("cannot use the folder: {0}")]
    Folder(#[from] std::io::Error),
}
