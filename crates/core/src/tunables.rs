//! The numbers and lists an operator may set.
//!
//! Enters: values by name (from a configuration file or `--set`). Leaves: one typed struct that
//! controls read as `tunables.…` and facts read directly. Every tunable has a documented default;
//! a value that differs is printed with every report, and each finding names the tunables that
//! shaped it.

use std::collections::BTreeMap;
use std::mem::discriminant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cel::{self, Datum, Field, Record, Schema, Type};

/// A bucket or account that training data may come from although it is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trusted {
    /// Bucket name or twelve-digit account.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts (`2027-01-31`).
    pub expires: String,
}

impl Datum for Trusted {
    const TYPE: Type = Type::String;
    fn value(&self) -> cel::Value<'_> {
        cel::Value::String(&self.name)
    }
}

/// Roles that may be assumed: by notebook ARN, role ARN, account or `*`, the patterns of role ARNs.
/// Expressions see whether anything is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Declared(pub BTreeMap<String, Vec<String>>);

impl Datum for Declared {
    const TYPE: Type = Type::Bool;
    fn value(&self) -> cel::Value<'_> {
        cel::Value::Bool(!self.0.is_empty())
    }
}

/// Why a tunable was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TunableError {
    /// No tunable has that name.
    #[error("unknown tunable `{name}`{}", did_you_mean(.suggestion.as_deref()))]
    Unknown {
        /// What was written.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// The value does not fit.
    #[error("tunable `{name}` cannot be `{value}`: {why}")]
    Value {
        /// The tunable.
        name: &'static str,
        /// What was written.
        value: String,
        /// What is accepted.
        why: String,
    },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(
        || "; docs/tunables.md lists them all".to_owned(),
        |name| format!("; did you mean `{name}`?"),
    )
}

/// What the generated documentation says of a tunable.
#[derive(Clone, Debug)]
pub struct Described {
    /// The name.
    pub name: &'static str,
    /// What it does, and what is accepted.
    pub doc: &'static str,
    /// The default, as JSON.
    pub default: Value,
}

macro_rules! tunables {
    ($( $(#[doc = $doc:literal])+ $name:ident : $type:ty = $default:expr, $check:expr; )*) => {
        /// Every tunable.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub struct Tunables { $( $(#[doc = $doc])+ pub $name: $type, )* }

        impl Default for Tunables {
            fn default() -> Self {
                Tunables { $( $name: $default, )* }
            }
        }

        impl Record for Tunables {
            fn schema(&self) -> &'static Schema {
                Tunables::SCHEMA
            }

            fn field(&self, index: usize) -> cel::Value<'_> {
                let mut at = 0usize;
                $( if index == at {
                    return Datum::value(&self.$name);
                }
                at += 1; )*
                let _ = at;
                cel::Value::UNREAD
            }
        }

        impl Tunables {
            /// What expressions see of the tunables.
            pub const SCHEMA: &'static Schema = &Schema {
                name: "tunables",
                fields: &[ $( Field {
                    name: stringify!($name),
                    ty: <$type as Datum>::TYPE,
                    optional: <$type as Datum>::OPTIONAL,
                    doc: concat!($($doc),+).trim_ascii(),
                }, )* ],
            };

            /// Name, meaning and default of every tunable.
            #[must_use]
            pub fn described() -> Vec<Described> {
                let default = Tunables::default();
                vec![ $( Described {
                    name: stringify!($name),
                    doc: concat!($($doc),+),
                    default: serde_json::to_value(&default.$name).unwrap_or(Value::Null),
                }, )* ]
            }

            /// Sets one tunable from a JSON value.
            ///
            /// # Errors
            /// When there is no such tunable or the value does not fit it; nothing is changed then.
            pub fn set(&mut self, name: &str, value: &Value) -> Result<(), TunableError> {
                match name {
                    $( stringify!($name) => {
                        let refuse = |why: String| TunableError::Value { name: stringify!($name), value: shown(value), why };
                        let parsed: $type = serde_json::from_value(value.clone())
                            .map_err(|error| {
                                let default: $type = $default;
                                refuse(misfit(value, &serde_json::json!(default), &error))
                            })?;
                        let check: fn(&$type) -> Result<(), &'static str> = $check;
                        check(&parsed).map_err(|why| refuse(why.to_owned()))?;
                        self.$name = parsed;
                        Ok(())
                    } )*
                    _ => Err(TunableError::Unknown {
                        name: name.to_owned(),
                        suggestion: nearest(name, [$(stringify!($name)),*]).map(str::to_owned),
                    }),
                }
            }

            /// The tunables that differ from their default, as JSON.
            #[must_use]
            pub fn changed(&self) -> BTreeMap<&'static str, Value> {
                let default = Tunables::default();
                let mut changed = BTreeMap::new();
                $( if self.$name != default.$name {
                    changed.insert(stringify!($name), serde_json::to_value(&self.$name).unwrap_or(Value::Null));
                } )*
                changed
            }
        }
    };
}

/// Why a value was not read: it is of another kind than the default, or what its own kind says.
fn misfit(value: &Value, default: &Value, error: &serde_json::Error) -> String {
    if default.is_null() || discriminant(value) == discriminant(default) {
        error.to_string()
    } else {
        format!("it takes a value like `{}`", shown(default))
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn any<T>(_: &T) -> Result<(), &'static str> {
    Ok(())
}

fn days(value: &i64) -> Result<(), &'static str> {
    if (1..=3650).contains(value) {
        Ok(())
    } else {
        Err("it is a number of days from 1 to 3650")
    }
}

fn share(value: &f64) -> Result<(), &'static str> {
    if *value > 0.0 && *value <= 1.0 {
        Ok(())
    } else {
        Err("it is a share above 0 and up to 1")
    }
}

fn accounts(value: &[Trusted]) -> Result<(), &'static str> {
    if value.iter().all(|account| {
        account.name.len() == 12 && account.name.bytes().all(|byte| byte.is_ascii_digit())
    }) {
        complete(value)
    } else {
        Err("each name is a twelve-digit account")
    }
}

fn complete(value: &[Trusted]) -> Result<(), &'static str> {
    let whole = |entry: &Trusted| {
        !entry.name.is_empty()
            && !entry.owner.trim().is_empty()
            && !entry.reason.trim().is_empty()
            && crate::time::Time::parse(&entry.expires).is_some()
    };
    if value.iter().all(whole) {
        Ok(())
    } else {
        Err("each entry needs name, owner, reason and expires (a date)")
    }
}

tunables! {
    /// Days without traffic after which an endpoint is stale (age at least this).
    stale_days: i64 = 30, days;
    /// Days without a restart after which a running notebook is idle (more than this).
    idle_days: i64 = 30, days;
    /// Days of training history that are evaluated.
    training_window_days: i64 = 90, days;
    /// Days for which a `reviewed_at` tag is valid.
    reviewed_at_max_age_days: i64 = 90, days;
    /// Whether a stopped notebook counts as idle.
    stopped_counts_as_idle: bool = false, any;
    /// Whether recorded activity inside the window clears a notebook of being idle.
    idle_corroboration: bool = true, any;
    /// A training volume on local NVMe, which the API refuses a key for: `not_applicable` or `fail`.
    nvme: String = "not_applicable".to_owned(), |value| one_of(value, &["not_applicable", "fail"], "it is `not_applicable` or `fail`");
    /// Inter-container encryption on a single node: `not_applicable` or `fail`.
    single_node: String = "not_applicable".to_owned(), |value| one_of(value, &["not_applicable", "fail"], "it is `not_applicable` or `fail`");
    /// An open `iam:PassRole` that is limited by `iam:PassedToService`: `fail` or `pass`.
    service_limited_passrole: String = "fail".to_owned(), |value| one_of(value, &["fail", "pass"], "it is `fail` or `pass`");
    /// Whether a role that can make itself administrator counts as one.
    admin_t3: bool = true, any;
    /// When a training channel fails: `both_missing` (neither TLS enforcement nor key binding) or `either_missing`.
    unencrypted_mode: String = "both_missing".to_owned(), |value| one_of(value, &["both_missing", "either_missing"], "it is `both_missing` or `either_missing`");
    /// Training data in the buckets that AWS publishes for the job's Region: `allow` or `fail`.
    aws_published_sources: String = "allow".to_owned(), |value| one_of(value, &["allow", "fail"], "it is `allow` or `fail`");
    /// Accounts that training data may come from.
    trusted_accounts: Vec<Trusted> = Vec::new(), |value| accounts(value);
    /// Buckets that training data may come from.
    trusted_buckets: Vec<Trusted> = Vec::new(), |value| complete(value);
    /// Roles that may be assumed: by notebook ARN, role ARN or account id (or `*`), the role ARN patterns.
    declared_assumable: Declared = Declared::default(), any;
    /// An asynchronous endpoint that may scale below two instances: `fail` or `pass`.
    async_redundancy: String = "fail".to_owned(), |value| one_of(value, &["fail", "pass"], "it is `fail` or `pass`");
    /// Share of an account's buckets (of at least five) that a pattern must match to count as all of them.
    pattern_coverage: f64 = 0.8, share;
    /// Whether an organisation-wide resource control policy refuses plain HTTP.
    org_tls_enforced: bool = false, any;
    /// Share of a domain's profiles from which one role is noted as dominant.
    shared_role_dominance_note: f64 = 0.8, share;
    /// Whether an endpoint whose configuration is younger than the window is spared from being stale.
    spare_redeployed: bool = true, any;
    /// A serverless endpoint, which cannot be monitored: `not_applicable` or `fail`.
    serverless_monitoring: String = "not_applicable".to_owned(), |value| one_of(value, &["not_applicable", "fail"], "it is `not_applicable` or `fail`");
}

fn one_of(value: &str, accepted: &[&str], why: &'static str) -> Result<(), &'static str> {
    if accepted.contains(&value) {
        Ok(())
    } else {
        Err(why)
    }
}

impl Tunables {
    /// The named profile: `default`, or `literal`, which reads each control by its bare words, for
    /// parity with engines that test one boolean a control.
    #[must_use]
    pub fn profile(name: &str) -> Option<Tunables> {
        match name {
            "default" => Some(Tunables::default()),
            "literal" => Some(Tunables {
                nvme: "fail".to_owned(),
                single_node: "fail".to_owned(),
                aws_published_sources: "fail".to_owned(),
                unencrypted_mode: "either_missing".to_owned(),
                admin_t3: false,
                idle_corroboration: false,
                spare_redeployed: false,
                serverless_monitoring: "fail".to_owned(),
                ..Tunables::default()
            }),
            _ => None,
        }
    }
}

/// The nearest of `names` to `name` by edit distance, if it is near enough to be a slip.
#[must_use]
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    names
        .into_iter()
        .map(|candidate| (strsim::levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_slip_is_answered_with_the_nearest_name() {
        let error = Tunables::default().set("idle_dais", &json!(3)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown tunable `idle_dais`; did you mean `idle_days`?"
        );
    }

    #[test]
    fn a_value_of_another_kind_is_answered_with_one_that_fits() {
        let error = Tunables::default()
            .set("idle_days", &json!("x"))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "tunable `idle_days` cannot be `x`: it takes a value like `30`"
        );
    }

    #[test]
    fn a_refused_value_changes_nothing() {
        let mut tunables = Tunables::default();
        assert!(tunables.set("idle_days", &json!(0)).is_err());
        assert!(tunables.set("nvme", &json!("maybe")).is_err());
        assert_eq!(tunables, Tunables::default());
    }

    #[test]
    fn only_what_differs_is_reported_as_changed() {
        let mut tunables = Tunables::default();
        tunables.set("idle_days", &json!(14)).unwrap();
        assert_eq!(
            tunables.changed().into_iter().collect::<Vec<_>>(),
            [("idle_days", json!(14))]
        );
    }
}
