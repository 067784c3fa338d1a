//! The model of a statement, open to callers: effect, principals, actions, resources, condition.
//!
//! Built only by [`crate::Document`]; every entry knows its byte offset there. Deliberately
//! absent: any judgement. What a statement means for a role is asked elsewhere.

use std::ops::Range;

use serde::Serialize;

use crate::condition::Condition;
use crate::glob::{Token, Variable, glob_matches, tokenize};

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Forbids, whatever else allows.
    Deny,
}

/// One statement of a policy document.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Position in the document, from 0. A document whose `Statement` is an object has one.
    pub index: usize,
    /// `Sid`, if the statement has one.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; absent in identity policies.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`. `None`: the element is absent and the statement matches no action.
    pub action: Option<ActionElement>,
    /// `Resource` or `NotResource`. `None`: the element is absent, as in a trust policy.
    pub resource: Option<ResourceElement>,
    /// `Condition`; empty when absent or `{}`.
    pub condition: Condition,
    /// Bytes of the statement in [`crate::Document::text`].
    pub span: Range<usize>,
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub struct ActionElement {
    /// True for `NotAction`.
    pub negated: bool,
    /// The entries, in order.
    pub entries: Vec<ActionPattern>,
}

/// One entry of `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub struct ActionPattern {
    /// As written.
    pub text: String,
    /// Byte offset in the document.
    pub offset: usize,
    lower: String,
    /// Where the service prefix ends, if it holds no wildcard.
    service_end: Option<usize>,
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub struct ResourceElement {
    /// True for `NotResource`.
    pub negated: bool,
    /// The entries, in order.
    pub entries: Vec<ResourcePattern>,
}

/// One entry of `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub struct ResourcePattern {
    /// As written.
    pub text: String,
    /// Byte offset in the document.
    pub offset: usize,
    /// The policy variables in it, in order; always empty in language version 2008-10-17.
    pub variables: Vec<Variable>,
    pub(crate) tokens: Vec<Token>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
pub struct PrincipalElement {
    /// True for `NotPrincipal`.
    pub negated: bool,
    /// The entries, in order.
    pub entries: Vec<PrincipalEntry>,
}

/// One principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalEntry {
    /// The type under which it is listed.
    pub kind: PrincipalKind,
    /// As written: an ARN, an account id, a service, `*`.
    pub value: String,
    /// Byte offset in the document.
    pub offset: usize,
}

/// The type of a principal entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PrincipalKind {
    /// The bare string `"*"`.
    Anyone,
    /// `AWS`: accounts, roles, users.
    Aws,
    /// `Service`: a service principal such as `sagemaker.amazonaws.com`.
    Service,
    /// `Federated`: an identity provider.
    Federated,
    /// `CanonicalUser`: an S3 canonical user id.
    CanonicalUser,
    /// A type that this crate does not know.
    Other(String),
}

impl Statement {
    /// Whether the action side of this statement covers `action` (letter case is ignored).
    pub fn covers_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.action.as_ref().is_some_and(|element| {
            element.negated != element.entries.iter().any(|entry| entry.matches(&action))
        })
    }
}

impl ActionPattern {
    pub(crate) fn new(text: String, offset: usize) -> Self {
        let lower = text.to_ascii_lowercase();
        let service = lower.split_once(':').map(|(service, _)| service);
        let plain = service.filter(|service| !service.contains(['*', '?']));
        Self {
            service_end: plain.map(str::len),
            text,
            offset,
            lower,
        }
    }

    /// `action` must be lower-case.
    pub(crate) fn matches(&self, action: &str) -> bool {
        glob_matches(&self.lower, action)
    }

    pub(crate) fn lower(&self) -> &str {
        &self.lower
    }

    /// The service prefix if it holds no wildcard.
    pub(crate) fn plain_service(&self) -> Option<&str> {
        self.lower.get(..self.service_end?)
    }
}

impl ResourcePattern {
    pub(crate) fn new(text: String, offset: usize, with_variables: bool) -> Self {
        let (tokens, variables) = tokenize(&text, with_variables);
        Self {
            text,
            offset,
            variables,
            tokens,
        }
    }

    /// Whether the pattern holds a wildcard, in any place.
    pub fn has_wildcard(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| matches!(token, Token::Many { .. } | Token::One { .. }))
    }

    /// Whether the pattern is `*` and nothing else.
    pub fn is_star(&self) -> bool {
        matches!(self.tokens.as_slice(), [Token::Many { .. }])
    }
}
