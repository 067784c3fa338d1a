//! Is reading an object over plain HTTP refused?
//!
//! A bucket policy, a bucket, a key prefix and a reading role enter; enforced (by which
//! statement), not enforced (which came nearest, and why not) or undecidable leaves. One Deny
//! must cover the principal, the action and every object under the prefix, and must hold whenever
//! the transport is insecure, whatever else the request carries. That is asked of the condition
//! itself, so every spelling counts and every further narrowing key shows. Rules: S3 User Guide,
//! "Security best practices" (`aws:SecureTransport`); on plain HTTP `s3:TlsVersion` is absent,
//! so a comparison with it does not hold unless it is `…IfExists`. Deliberately absent: what SSE-KMS
//! or an undeclared organisation policy enforces.

use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::evaluate::{Holds, condition_holds, open_keys};
use crate::gather::Clause;
use crate::role::{AttachedPolicy, Layer, MissingPolicy, PolicyDocument, Role, StatementRef};
use crate::solve::{DEFAULT_STATE_CAP, Goal, Outcome, Problem, solve};
use crate::statement::{Effect, Statement};
use crate::trust::covers_role;
use crate::universal::{Extent, extents};
use crate::universe::Universe;

/// Whether reads over plain HTTP are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum TlsEnforcement {
    /// This Deny refuses them.
    Enforced {
        /// The Deny.
        statement: StatementRef,
    },
    /// No statement refuses them.
    NotEnforced {
        /// The statement that comes nearest.
        nearest: Option<StatementRef>,
        /// What it lacks.
        why: TlsGap,
    },
    /// A policy that could refuse them was not read.
    Undecidable {
        /// The policies.
        missing: Vec<MissingPolicy>,
    },
}

/// Why a statement does not enforce TLS. Later ones are nearer to enforcing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "gap", rename_all = "snake_case")]
pub enum TlsGap {
    /// Nothing speaks of transport at all.
    NoStatement,
    /// An Allow under secure transport: other policies may allow without.
    AllowOnly,
    /// The Deny does not cover `s3:GetObject`.
    OtherAction,
    /// The Deny does not cover the role.
    OtherPrincipal,
    /// The Deny covers no object: the ARN of the bucket alone, or another bucket.
    NotObjects,
    /// The Deny covers some objects under the prefix only.
    SomeObjects {
        /// An object that is not covered.
        witness: String,
    },
    /// The Deny tests `s3:TlsVersion`, which a plain HTTP request does not carry.
    TlsVersionOnly,
    /// Further keys narrow the Deny.
    Narrowed {
        /// The keys.
        keys: Vec<String>,
    },
    /// The condition does not hold for insecure transport.
    OtherCondition,
}

const READ: &str = "s3:GetObject";

/// Whether `policy`, the policy of `bucket`, refuses to let `reader` read the objects under
/// `prefix` (all, if it is empty) over plain HTTP.
pub fn enforces_tls(
    policy: &PolicyDocument,
    bucket: &str,
    prefix: &str,
    reader: &Role,
) -> TlsEnforcement {
    let attached = AttachedPolicy::inline("bucket policy", policy.clone());
    judge(&[(Layer::Resource, &attached)], bucket, prefix, reader)
}

impl Role {
    /// Whether the role's own policies or ceilings refuse it to read the objects under `prefix`
    /// over plain HTTP.
    pub fn enforces_tls(&self, bucket: &str, prefix: &str) -> TlsEnforcement {
        let policies: Vec<(Layer, &AttachedPolicy)> = self.policies().collect();
        judge(&policies, bucket, prefix, self)
    }
}

fn judge(
    policies: &[(Layer, &AttachedPolicy)],
    bucket: &str,
    prefix: &str,
    reader: &Role,
) -> TlsEnforcement {
    let universe = Universe::objects_under(&reader.arn, bucket, prefix);
    let context = reader
        .context
        .clone()
        .with("aws:SecureTransport", ["false"])
        .without("s3:TlsVersion");
    let mut missing = Vec::new();
    let mut nearest: Option<(TlsGap, StatementRef)> = None;
    for (layer, policy) in policies {
        let why = match &policy.document {
            PolicyDocument::Parsed(document) => {
                for statement in document.statements() {
                    let reference = || StatementRef::new(*layer, policy, document, statement, None);
                    let case = Case {
                        layer: *layer,
                        policy,
                        document,
                        statement,
                    };
                    match case.gap(&universe, reader, &context) {
                        None => {
                            return TlsEnforcement::Enforced {
                                statement: reference(),
                            };
                        }
                        Some(gap) if nearest.as_ref().is_none_or(|(best, _)| gap > *best) => {
                            nearest = Some((gap, reference()));
                        }
                        Some(_) => {}
                    }
                }
                continue;
            }
            PolicyDocument::NotRead { why } => why.clone(),
            PolicyDocument::Malformed { error } => error.to_string(),
        };
        missing.push(MissingPolicy {
            layer: *layer,
            policy: policy.name.clone(),
            arn: policy.arn.clone(),
            why,
        });
    }
    if !missing.is_empty() {
        return TlsEnforcement::Undecidable { missing };
    }
    match nearest {
        Some((TlsGap::NoStatement, _)) | None => TlsEnforcement::NotEnforced {
            nearest: None,
            why: TlsGap::NoStatement,
        },
        Some((why, statement)) => TlsEnforcement::NotEnforced {
            nearest: Some(statement),
            why,
        },
    }
}

#[derive(Clone, Copy)]
struct Case<'c> {
    layer: Layer,
    policy: &'c AttachedPolicy,
    document: &'c Document,
    statement: &'c Statement,
}

impl Case<'_> {
    /// What keeps the statement from enforcing; `None` if it enforces.
    fn gap(&self, universe: &Universe, reader: &Role, context: &Context) -> Option<TlsGap> {
        let statement = self.statement;
        let about_transport = statement.condition.entries.iter().any(|entry| {
            entry.key_lower == "aws:securetransport" || entry.key_lower == "s3:tlsversion"
        });
        if statement.effect == Effect::Allow {
            return Some(if about_transport {
                TlsGap::AllowOnly
            } else {
                TlsGap::NoStatement
            });
        }
        if !about_transport && !statement.condition.is_empty() {
            return Some(TlsGap::NoStatement);
        }
        if !statement.covers_action(READ) {
            return Some(TlsGap::OtherAction);
        }
        let covers_reader = match &statement.principal {
            Some(element) => covers_role(element, &reader.arn)
                .is_some_and(|way| way != crate::trust::Way::Session),
            None => self.layer != Layer::Resource,
        };
        if !covers_reader {
            return Some(TlsGap::OtherPrincipal);
        }
        self.object_gap(universe)
            .or_else(|| self.condition_gap(context))
    }

    fn object_gap(&self, universe: &Universe) -> Option<TlsGap> {
        let nothing = Context::unknown();
        let mut unconditional = self.statement.clone();
        unconditional.condition = crate::condition::Condition::default();
        let clause = Clause::bind(
            self.layer,
            self.policy,
            self.document,
            &unconditional,
            &nothing,
        );
        let rules = clause.iter().map(Clause::rule).collect();
        let outcome: Outcome = solve(
            &Problem {
                universe,
                layers: vec![rules],
                denies: Vec::new(),
                outside: Vec::new(),
            },
            DEFAULT_STATE_CAP,
            Goal::Classes,
        );
        match extents(&outcome).0 {
            Extent::All if outcome.complete => None,
            Extent::None => Some(TlsGap::NotObjects),
            _ => Some(TlsGap::SomeObjects {
                witness: outcome
                    .deny
                    .or(outcome.conditional)
                    .unwrap_or_else(|| universe.sample()),
            }),
        }
    }

    fn condition_gap(&self, context: &Context) -> Option<TlsGap> {
        let condition = &self.statement.condition;
        match condition_holds(condition, context) {
            Holds::Always => None,
            Holds::Open => Some(TlsGap::Narrowed {
                keys: open_keys(condition, context)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            }),
            Holds::Never => {
                let tls_version = condition
                    .entries
                    .iter()
                    .any(|entry| entry.key_lower == "s3:tlsversion");
                Some(if tls_version {
                    TlsGap::TlsVersionOnly
                } else {
                    TlsGap::OtherCondition
                })
            }
        }
    }
}
