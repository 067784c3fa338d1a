//! What is known of a request beforehand.
//!
//! Facts about context keys enter; for a key, its values, its certain absence or "not known"
//! leaves. Whatever nobody supplied is not known and is never guessed. Keys: IAM User Guide, "AWS
//! global condition context keys".

use std::collections::BTreeMap;

use crate::arn::RoleArn;

/// Known facts about the context of a request. Keys compare without letter case.
#[derive(Debug, Clone, Default)]
pub struct Context {
    keys: BTreeMap<String, Known>,
    /// Prefixes (lower-case) under which every key that is not listed is absent.
    complete: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Values(Vec<String>),
    Absent,
}

/// What is known of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup<'c> {
    Values(&'c [String]),
    Absent,
    NotKnown,
}

impl Context {
    /// Nothing is known, except that a role has no `aws:username`.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What the ARN of a role says of its own requests, and, if its tags were read, every
    /// `aws:PrincipalTag/…`.
    pub fn of_role(arn: &RoleArn, tags: Option<&BTreeMap<String, String>>) -> Self {
        let mut context = Self::unknown()
            .with("aws:PrincipalArn", [arn.as_str()])
            .with("aws:PrincipalAccount", [arn.account()])
            .with("aws:PrincipalType", ["AssumedRole"])
            .with("aws:PrincipalIsAWSService", ["false"])
            .without("aws:PrincipalServiceName")
            .without("aws:PrincipalServiceNamesList");
        if let Some(tags) = tags {
            for (key, value) in tags {
                context = context.with(&format!("aws:PrincipalTag/{key}"), [value.as_str()]);
            }
            context.complete.push("aws:principaltag/".to_owned());
        }
        context
    }

    /// The same, with `key` known to have these values.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.keys
            .insert(key.to_ascii_lowercase(), Known::Values(values));
        self
    }

    /// The same, with `key` known not to be in the request.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), Known::Absent);
        self
    }

    /// Whether something was stated about `key`.
    pub(crate) fn states(&self, key: &str) -> bool {
        self.keys.contains_key(&key.to_ascii_lowercase())
    }

    /// `key` must be lower-case.
    pub(crate) fn lookup(&self, key: &str) -> Lookup<'_> {
        match self.keys.get(key) {
            Some(Known::Values(values)) => Lookup::Values(values),
            Some(Known::Absent) => Lookup::Absent,
            None if key == "aws:username" => Lookup::Absent,
            None if self.complete.iter().any(|prefix| key.starts_with(prefix)) => Lookup::Absent,
            None => Lookup::NotKnown,
        }
    }
}
