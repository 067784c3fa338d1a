//! IAM policy documents, and exact questions about what a role grants.
//!
//! Most tools answer "may this role do this one thing?", or look for the string `"*"`. This crate
//! also answers *universal* questions over a role's whole set of policies: does it reach every
//! role, every bucket, anything outside a list, everything at all? The answers are exact in the
//! resource dimension, name a witness for every class that occurs, and quote the statements that
//! decided. It does no I/O and knows nothing of any product.
//!
//! ```
//! use sagewarden_iam::{AttachedPolicy, Document, Extent, Question, Role, RoleArn, Universe};
//!
//! let arn = RoleArn::parse("arn:aws:iam::123456789012:role/notebook")?;
//! let mut role = Role::new(arn);
//! let document = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": {
//!         "Effect": "Allow", "Action": "iam:PassRole",
//!         "Resource": "arn:aws:iam::123456789012:role/*",
//!         "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}}"#,
//! )?;
//! role.identity.push(AttachedPolicy::inline("pass", document));
//!
//! let question = Question::new("iam:PassRole", Universe::own_roles(&role.arn));
//! let answer = role.universal(&question);
//! assert_eq!((answer.must, answer.may), (Extent::None, Extent::All));
//! assert_eq!(answer.open_conditions, ["iam:PassedToService"]);
//! assert!(role.scope(&question).is_unscoped());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | Question | Where |
//! | --- | --- |
//! | one action, one resource | [`Role::point`], [`Role::reachable`] |
//! | one action, a universe of resources | [`Role::universal`] |
//! | is the grant unscoped, in the words of a control | [`Role::scope`] |
//! | administrator, or able to become one | [`Role::admin`] |
//! | whom a trust policy lets in | [`trust_allows`] |
//! | roles that can be assumed or passed | [`Role::assumable`], [`Role::passable`] |
//! | is plain HTTP refused | [`enforces_tls`], [`Role::enforces_tls`] |
//! | is decryption confined | [`Role::kms_binding`] |
//! | a line of the case format | [`answer_case`] |
//!
//! # What is not modelled
//! Resource policies can grant what no identity policy does; [`Role::point`] and its kin speak of
//! the role alone. Session policies narrow a session, not a role. Service control policies bind
//! neither service-linked roles nor the management account; callers leave them out there.
//! Conditions on keys that nobody supplied stay open: *must* is a lower and *may* an upper bound.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![deny(missing_docs)]

mod admin;
mod arn;
mod binding;
mod cases;
mod condition;
mod context;
mod document;
mod error;
mod evaluate;
mod fit;
mod gather;
mod glob;
mod graph;
mod json;
#[cfg(test)]
mod laws;
mod point;
mod product;
mod role;
mod scope;
mod services;
mod solve;
mod statement;
mod transport;
mod trust;
mod universal;
mod universe;

pub use admin::{Admin, Ladder, NearAdmin, Step, WayUp};
pub use arn::{RoleArn, RoleArnError};
pub use binding::{Declared, KmsBinding};
pub use cases::{CaseError, CaseErrorKind, DEFAULT_ROLE, answer_case};
pub use condition::{Condition, ConditionEntry, Operator, Quantifier, Test};
pub use context::Context;
pub use document::{Document, LanguageVersion};
pub use error::{DocumentError, DocumentErrorKind};
pub use glob::{Variable, glob_matches};
pub use graph::{Assumable, AssumeEdge, PassEdge, PassedService, TrustedRole};
pub use point::{Grant, Point};
pub use role::{
    AttachedPolicy, Boundary, Layer, MissingPolicy, PolicyDocument, PolicyKind, Role, StatementRef,
};
pub use scope::{OpenGrant, PassedTo, Reach, Scope};
pub use solve::DEFAULT_STATE_CAP;
pub use statement::{
    ActionElement, ActionPattern, Effect, PrincipalElement, PrincipalEntry, PrincipalKind,
    ResourceElement, ResourcePattern, Statement,
};
pub use transport::{TlsEnforcement, TlsGap, enforces_tls};
pub use trust::{Trust, TrustCondition, TrustPrincipal, trust_allows, trusted_services};
pub use universal::{Decision, Extent, Question, Universal, Witnesses};
pub use universe::{IAM_ROLE_ANY, IAM_ROLE_OWN, KMS_KEY_ANY, S3_BUCKET, S3_OBJECT, Universe};
