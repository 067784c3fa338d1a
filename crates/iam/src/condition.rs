//! The condition of a statement as an operator tree, and what it says without a request.
//!
//! A parsed `Condition` block enters; operators, keys and values leave, with the questions that
//! need no context: does it limit which resource, does it limit which service, can it ever hold.
//! Evaluation against what is known of a request is in `evaluate`. Rules: IAM User Guide, "IAM
//! JSON policy elements: Condition operators" and "Multivalued context keys".

use serde::Serialize;

use crate::glob::glob_matches;

/// A condition: every entry must hold. Empty when the element is absent or `{}`.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// The entries, in document order.
    pub entries: Vec<ConditionEntry>,
    pub(crate) variables: bool,
}

/// One `operator: {key: values}`.
#[derive(Debug, Clone)]
pub struct ConditionEntry {
    /// The operator with its qualifiers.
    pub operator: Operator,
    /// The context key as written. Compare it without case.
    pub key: String,
    /// The values, numbers and booleans as their text.
    pub values: Vec<String>,
    /// Byte offset of the key in the document.
    pub offset: usize,
    pub(crate) key_lower: String,
}

/// A condition operator with its qualifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// As written, for example `ForAnyValue:StringLikeIfExists`.
    pub name: String,
    /// `ForAllValues:` or `ForAnyValue:`, if any.
    pub quantifier: Quantifier,
    /// What is compared, and how.
    pub test: Test,
    /// `…IfExists`: holds when the request does not carry the key.
    pub if_exists: bool,
}

/// The set qualifier of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Quantifier {
    /// None: the key has one value.
    Single,
    /// Every value of the request must match; holds when there is none.
    ForAllValues,
    /// Some value of the request must match.
    ForAnyValue,
}

/// The comparison of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are AWS's own operator names")]
pub enum Test {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
    /// An operator this crate does not know; never decided.
    Unknown,
}

const TESTS: &[(&str, Test)] = &[
    ("stringequals", Test::StringEquals),
    ("stringnotequals", Test::StringNotEquals),
    ("stringequalsignorecase", Test::StringEqualsIgnoreCase),
    ("stringnotequalsignorecase", Test::StringNotEqualsIgnoreCase),
    ("stringlike", Test::StringLike),
    ("stringnotlike", Test::StringNotLike),
    ("numericequals", Test::NumericEquals),
    ("numericnotequals", Test::NumericNotEquals),
    ("numericlessthan", Test::NumericLessThan),
    ("numericlessthanequals", Test::NumericLessThanEquals),
    ("numericgreaterthan", Test::NumericGreaterThan),
    ("numericgreaterthanequals", Test::NumericGreaterThanEquals),
    ("dateequals", Test::DateEquals),
    ("datenotequals", Test::DateNotEquals),
    ("datelessthan", Test::DateLessThan),
    ("datelessthanequals", Test::DateLessThanEquals),
    ("dategreaterthan", Test::DateGreaterThan),
    ("dategreaterthanequals", Test::DateGreaterThanEquals),
    ("bool", Test::Bool),
    ("binaryequals", Test::BinaryEquals),
    ("ipaddress", Test::IpAddress),
    ("notipaddress", Test::NotIpAddress),
    ("arnequals", Test::ArnEquals),
    ("arnlike", Test::ArnLike),
    ("arnnotequals", Test::ArnNotEquals),
    ("arnnotlike", Test::ArnNotLike),
    ("null", Test::Null),
];

impl Operator {
    pub(crate) fn parse(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::Single, lower.as_str())
        };
        let (base, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let test = TESTS
            .iter()
            .find(|(known, _)| *known == base)
            .map_or(Test::Unknown, |(_, test)| *test);
        Self {
            name: name.to_owned(),
            quantifier,
            test,
            if_exists,
        }
    }

    /// Whether the operator demands that the key is there and equals or resembles a value.
    pub fn requires_match(&self) -> bool {
        let positive = matches!(
            self.test,
            Test::StringEquals
                | Test::StringEqualsIgnoreCase
                | Test::StringLike
                | Test::ArnEquals
                | Test::ArnLike
        );
        positive && !self.if_exists && self.quantifier != Quantifier::ForAllValues
    }
}

impl Test {
    /// Whether the operator holds when the values differ, and so also when the key is absent.
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }
}

impl ConditionEntry {
    pub(crate) fn new(operator: Operator, key: String, values: Vec<String>, offset: usize) -> Self {
        let key_lower = key.to_ascii_lowercase();
        Self {
            operator,
            key,
            values,
            offset,
            key_lower,
        }
    }

    /// Whether the entry bounds the key to given values: a positive operator on values that are
    /// not all wildcard.
    pub fn bounds_key(&self) -> bool {
        self.operator.requires_match()
            && self.values.iter().all(|value| {
                value.is_empty() || value.chars().any(|character| !"*?".contains(character))
            })
    }

    fn limits_resource(&self) -> bool {
        let key = &self.key_lower;
        let names_resource = key.contains(":resourcetag/")
            || key.starts_with("s3:existingobjecttag/")
            || key == "s3:dataaccesspointarn";
        names_resource && self.bounds_key()
    }
}

impl Condition {
    /// Whether the condition is absent or empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the condition limits *which resource* is reached: a positive operator on a
    /// resource tag, an object tag or an access point. Source address, transport, MFA, the
    /// principal's tags or the resource's account do not.
    pub fn limits_resource(&self) -> bool {
        self.entries.iter().any(ConditionEntry::limits_resource)
    }

    /// The values to which the condition limits `iam:PassedToService`; `None` if it does not.
    pub fn passed_to_services(&self) -> Option<&[String]> {
        self.entries
            .iter()
            .find(|entry| entry.key_lower == "iam:passedtoservice" && entry.bounds_key())
            .map(|entry| entry.values.as_slice())
    }

    /// Whether two entries on one key exclude each other, so that the condition never holds.
    ///
    /// Only certain contradictions count: a key demanded absent and equal to something, or single
    /// values demanded from sets that share none.
    pub(crate) fn contradicts_itself(&self) -> bool {
        if self.entries.len() > MOST_COMPARED_ENTRIES {
            return false;
        }
        self.entries.iter().enumerate().any(|(index, first)| {
            self.entries
                .iter()
                .skip(index + 1)
                .filter(|second| second.key_lower == first.key_lower)
                .any(|second| self.exclude(first, second) || self.exclude(second, first))
        })
    }

    fn exclude(&self, first: &ConditionEntry, second: &ConditionEntry) -> bool {
        if demands_absence(first) && demands_presence(second) {
            return true;
        }
        if !is_single(first) || !is_single(second) || first.operator.if_exists {
            return false;
        }
        if self.has_variable(first) || self.has_variable(second) || second.operator.if_exists {
            return false;
        }
        match (first.operator.test, second.operator.test) {
            (
                Test::StringEquals,
                Test::StringEquals | Test::StringLike | Test::StringEqualsIgnoreCase,
            ) => !first.values.iter().any(|value| admits(second, value)),
            (Test::StringEquals, Test::StringNotEquals | Test::StringNotLike) => {
                !first.values.is_empty() && first.values.iter().all(|value| admits(second, value))
            }
            (Test::Bool, Test::Bool) => !first.values.iter().any(|value| {
                second
                    .values
                    .iter()
                    .any(|other| other.eq_ignore_ascii_case(value))
            }),
            _ => false,
        }
    }

    fn has_variable(&self, entry: &ConditionEntry) -> bool {
        self.variables && entry.values.iter().any(|value| value.contains("${"))
    }
}

/// Every pair of entries is compared; beyond this many the condition simply stays open.
const MOST_COMPARED_ENTRIES: usize = 200;

fn is_single(entry: &ConditionEntry) -> bool {
    entry.operator.quantifier == Quantifier::Single
}

fn demands_absence(entry: &ConditionEntry) -> bool {
    entry.operator.test == Test::Null && !entry.values.is_empty() && all_bool(entry, "true")
}

fn demands_presence(entry: &ConditionEntry) -> bool {
    if entry.operator.test == Test::Null {
        return !entry.values.is_empty() && all_bool(entry, "false");
    }
    let negated = entry.operator.test.is_negated() || entry.operator.test == Test::Unknown;
    let any_value = entry.operator.quantifier == Quantifier::ForAnyValue;
    !entry.operator.if_exists
        && entry.operator.quantifier != Quantifier::ForAllValues
        && (!negated || any_value)
}

fn all_bool(entry: &ConditionEntry, word: &str) -> bool {
    entry
        .values
        .iter()
        .all(|value| value.eq_ignore_ascii_case(word))
}

/// Whether `value` is among the values of `entry`, in the sense of its (positive) comparison.
fn admits(entry: &ConditionEntry, value: &str) -> bool {
    entry.values.iter().any(|other| match entry.operator.test {
        Test::StringLike | Test::StringNotLike => glob_matches(other, value),
        Test::StringEqualsIgnoreCase => other.to_lowercase() == value.to_lowercase(),
        _ => other == value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_come_apart_into_qualifiers() {
        let operator = Operator::parse("ForAnyValue:StringNotLikeIfExists");
        assert_eq!(operator.quantifier, Quantifier::ForAnyValue);
        assert_eq!(operator.test, Test::StringNotLike);
        assert!(operator.if_exists);
        assert_eq!(Operator::parse("Fuzzy").test, Test::Unknown);
        assert!(!Operator::parse("Null").if_exists);
    }
}
