//! Is a role's `kms:Decrypt` bound to given keys or buckets?
//!
//! A role and the declared keys, aliases and buckets enter; bound, unbound (by which statements,
//! with a key that is in reach), not granted or undecided leaves. An Allow is bound by what it
//! names, or by a positive condition on the encryption context that S3 sets or on the key's
//! aliases; `kms:ViaService` binds nothing, since S3 serves every bucket. Rules: AWS KMS
//! Developer Guide, "AWS KMS condition keys"; S3 User Guide, "Encryption context". Deliberately
//! absent: key policies and grants.

use serde::Serialize;

use crate::condition::{Condition, ConditionEntry, Quantifier};
use crate::gather::{Clause, gather};
use crate::glob::{Token, tokenize};
use crate::role::{MissingPolicy, Role, StatementRef};
use crate::solve::{DEFAULT_STATE_CAP, Goal, Problem, solve};
use crate::universal::{Extent, Outside, extents, touches};
use crate::universe::Universe;

/// What decryption should be confined to.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Key ARNs or patterns of them.
    pub keys: Vec<String>,
    /// Alias names such as `alias/ml`.
    pub aliases: Vec<String>,
    /// Bucket names.
    pub buckets: Vec<String>,
}

/// Whether decryption is confined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum KmsBinding {
    /// Every way to decrypt is confined.
    Bound {
        /// The Allows.
        statements: Vec<StatementRef>,
    },
    /// Some other key can be used, in some context.
    Unbound {
        /// The Allows that are not confined.
        statements: Vec<StatementRef>,
        /// A key in reach that is not declared.
        witness: Option<String>,
    },
    /// The role's policies do not grant it; a key policy still may.
    NotGranted,
    /// The policies that were read do not decide it.
    Undecided {
        /// Attached policies that were not read.
        missing: Vec<MissingPolicy>,
        /// States after which the exact decision was given up.
        state_cap: Option<usize>,
    },
}

const DECRYPT: &str = "kms:Decrypt";

impl Role {
    /// Whether `kms:Decrypt` is confined to `declared`.
    pub fn kms_binding(&self, declared: &Declared) -> KmsBinding {
        let universe = Universe::keys(&self.arn);
        let gathered = gather(self, DECRYPT, &self.context);
        let outside = Outside::parse(&declared.keys);
        let loose = Problem {
            universe: &universe,
            layers: gathered
                .layers
                .iter()
                .map(|layer| {
                    layer
                        .allows
                        .iter()
                        .filter(|clause| !declared.confine(&clause.statement.condition))
                        .map(Clause::rule)
                        .collect()
                })
                .collect(),
            denies: gathered.denies.iter().map(Clause::rule).collect(),
            outside: outside.atoms(),
        };
        let outcome = solve(&loose, DEFAULT_STATE_CAP, Goal::Granted);
        let granting = || {
            gathered
                .identity()
                .iter()
                .filter(|clause| touches(clause, &universe))
        };
        if outcome.allow.is_some() || outcome.conditional.is_some() {
            if gathered.misses_ceiling() {
                return undecided(gathered.missing.clone());
            }
            return KmsBinding::Unbound {
                statements: granting()
                    .filter(|clause| !declared.confine(&clause.statement.condition))
                    .filter(|clause| reaches_outside(clause, &universe, &outside))
                    .map(Clause::reference)
                    .collect(),
                witness: outcome.allow.or(outcome.conditional),
            };
        }
        if gathered.misses_identity() {
            return undecided(gathered.missing.clone());
        }
        if !outcome.complete {
            return KmsBinding::Undecided {
                missing: gathered.missing.clone(),
                state_cap: Some(outcome.states),
            };
        }
        let statements: Vec<StatementRef> = granting().map(Clause::reference).collect();
        let whole = solve(
            &Problem {
                universe: &universe,
                layers: gathered
                    .layers
                    .iter()
                    .map(|layer| layer.allows.iter().map(Clause::rule).collect())
                    .collect(),
                denies: gathered.denies.iter().map(Clause::rule).collect(),
                outside: Vec::new(),
            },
            DEFAULT_STATE_CAP,
            Goal::Granted,
        );
        if statements.is_empty() || (whole.complete && extents(&whole).1 == Extent::None) {
            KmsBinding::NotGranted
        } else {
            KmsBinding::Bound { statements }
        }
    }
}

fn undecided(missing: Vec<MissingPolicy>) -> KmsBinding {
    KmsBinding::Undecided {
        missing,
        state_cap: None,
    }
}

fn reaches_outside(clause: &Clause<'_>, universe: &Universe, outside: &Outside) -> bool {
    let outcome = solve(
        &Problem {
            universe,
            layers: vec![vec![clause.rule()]],
            denies: Vec::new(),
            outside: outside.atoms(),
        },
        DEFAULT_STATE_CAP,
        Goal::Granted,
    );
    outcome.allow.is_some() || outcome.conditional.is_some() || !outcome.complete
}

impl Declared {
    /// Whether the condition confines decryption to what is declared.
    fn confine(&self, condition: &Condition) -> bool {
        condition
            .entries
            .iter()
            .any(|entry| entry.operator.requires_match() && self.confines(entry))
    }

    fn confines(&self, entry: &ConditionEntry) -> bool {
        if entry.values.is_empty() {
            return false;
        }
        match entry.key_lower.as_str() {
            "kms:encryptioncontext:aws:s3:arn" => {
                entry.values.iter().all(|value| self.names_bucket(value))
            }
            "kms:requestalias" => entry.values.iter().all(|value| self.names_alias(value)),
            // Several aliases may name one key: some value must be declared, which is what
            // `ForAnyValue:` demands.
            "kms:resourcealiases" => {
                entry.operator.quantifier == Quantifier::ForAnyValue
                    && entry.values.iter().all(|value| self.names_alias(value))
            }
            _ => false,
        }
    }

    /// Whether an ARN pattern stays within the declared buckets: the bucket part is literal.
    fn names_bucket(&self, pattern: &str) -> bool {
        let Some((_, resource)) = pattern.split_once(":s3:::") else {
            return false;
        };
        self.buckets.iter().any(|bucket| {
            resource
                .strip_prefix(bucket.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    fn names_alias(&self, value: &str) -> bool {
        !has_wildcard(value)
            && self
                .aliases
                .iter()
                .any(|alias| alias == value || value.ends_with(&format!(":{alias}")))
    }
}

fn has_wildcard(text: &str) -> bool {
    tokenize(text, true)
        .0
        .iter()
        .any(|token| !matches!(token, Token::Literal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_pattern_must_name_the_bucket_in_full() {
        let declared = Declared {
            buckets: vec!["train".to_owned()],
            ..Declared::default()
        };
        for (pattern, expected) in [
            ("arn:aws:s3:::train", true),
            ("arn:aws:s3:::train/*", true),
            ("arn:aws:s3:::train/x*", true),
            ("arn:aws:s3:::train*", false),
            ("arn:aws:s3:::trainer", false),
            ("arn:aws:s3:::*", false),
            ("*", false),
        ] {
            assert_eq!(declared.names_bucket(pattern), expected, "{pattern}");
        }
    }
}
