//! The facts that the tests of the expression language share.

mod answers;
mod errors;
mod laws;
mod peer;
mod traces;

use jiff::{SignedDuration, Timestamp};

use super::{CelError, Datum, Environment, Input, List, Program, Type, Unknown, Value, compile};
use crate::missing::Missing;
use crate::record;

/// A fact that may be unknown, as derived facts are.
#[derive(Debug, Clone, PartialEq)]
enum Fact<T> {
    Known(T),
    Unknown(Vec<Missing>),
}

impl<T> From<T> for Fact<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Datum> Datum for Fact<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = T::OPTIONAL;

    fn value(&self) -> Value<'_> {
        match self {
            Self::Known(value) => value.value(),
            Self::Unknown(calls) => Value::missing(calls),
        }
    }
}

/// Unknown for want of one call.
fn unread<T>(operation: &str) -> Fact<T> {
    Fact::Unknown(vec![Missing::undecided(operation)])
}

/// A list of which only a first part was read.
#[derive(Debug, Clone, PartialEq)]
struct Partial {
    read: Vec<String>,
    rest: Vec<Missing>,
}

impl Datum for Partial {
    const TYPE: Type = Type::List(&Type::String);

    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl List for Partial {
    fn len(&self) -> usize {
        self.read.len()
    }

    fn item(&self, index: usize) -> Value<'_> {
        List::item(&self.read, index)
    }

    fn doubt(&self) -> Option<Unknown<'_>> {
        (!self.rest.is_empty()).then_some(Unknown::Missing(&self.rest))
    }
}

record! {
    /// How it reaches the network.
    #[derive(Debug, Clone, PartialEq)]
    struct Network as "network" {
        /// A boolean in a record.
        direct: Fact<bool>,
        /// An optional string in a record.
        subnet: Fact<Option<String>>,
    }
}

record! {
    /// One of several.
    #[derive(Debug, Clone, PartialEq)]
    struct Variant as "variant" {
        /// A string in a list of records.
        name: Fact<String>,
        /// An integer in a list of records.
        floor: Fact<i64>,
    }
}

record! {
    /// One fact of each type.
    #[derive(Debug, Clone, PartialEq)]
    struct Asset as "asset" {
        /// A string.
        kind: Fact<String>,
        /// A boolean.
        flag: Fact<bool>,
        /// Another boolean.
        other: Fact<bool>,
        /// An integer.
        count: Fact<i64>,
        /// A double.
        ratio: Fact<f64>,
        /// An instant.
        since: Fact<Timestamp>,
        /// A length of time.
        span: Fact<SignedDuration>,
        /// A string that may be absent.
        note: Fact<Option<String>>,
        /// An integer that may be absent.
        limit: Fact<Option<i64>>,
        /// A boolean that may be absent.
        shown: Fact<Option<bool>>,
        /// A record.
        network: Fact<Network>,
        /// A record that may be absent.
        vpc: Fact<Option<Network>>,
        /// Strings, each of which may be unknown.
        names: Fact<Vec<Fact<String>>>,
        /// Integers.
        numbers: Fact<Vec<i64>>,
        /// Records.
        variants: Fact<Vec<Fact<Variant>>>,
        /// A list that may be read in part.
        pages: Partial,
    }
}

record! {
    /// What may be set.
    #[derive(Debug, Clone, PartialEq)]
    struct Tunables as "tunables" {
        /// An integer.
        idle_days: i64,
        /// Strings.
        allowed: Vec<String>,
    }
}

const ENVIRONMENT: Environment = Environment {
    root: Asset::SCHEMA,
    tunables: Tunables::SCHEMA,
};

fn tunables() -> Tunables {
    Tunables {
        idle_days: 30,
        allowed: vec!["a".to_owned(), "b".to_owned()],
    }
}

fn as_of() -> Timestamp {
    "2026-01-31T00:00:00Z".parse().unwrap()
}

/// Everything known; what may be absent is.
fn asset() -> Asset {
    let variant = |name: &str, floor: i64| {
        Fact::Known(Variant {
            name: name.to_owned().into(),
            floor: floor.into(),
        })
    };
    Asset {
        kind: "notebook".to_owned().into(),
        flag: true.into(),
        other: false.into(),
        count: 3.into(),
        ratio: 0.5.into(),
        since: "2025-12-01T00:00:00Z".parse::<Timestamp>().unwrap().into(),
        span: SignedDuration::from_hours(36).into(),
        note: None.into(),
        limit: None.into(),
        shown: None.into(),
        network: Network {
            direct: true.into(),
            subnet: Some("subnet-1".to_owned()).into(),
        }
        .into(),
        vpc: None.into(),
        names: vec![Fact::Known("a".to_owned()), Fact::Known("c".to_owned())].into(),
        numbers: vec![1, 2, 3].into(),
        variants: vec![variant("blue", 1), variant("green", 2)].into(),
        pages: Partial {
            read: vec!["one".to_owned()],
            rest: Vec::new(),
        },
    }
}

fn program(source: &str) -> Program {
    compile(source, &ENVIRONMENT, Type::Bool).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn refused(source: &str) -> CelError {
    compile(source, &ENVIRONMENT, Type::Bool).unwrap_err()
}

fn decide(source: &str, root: &Asset) -> Option<bool> {
    let tunables = tunables();
    program(source).decide(&Input {
        root,
        tunables: &tunables,
        as_of: as_of(),
    })
}

#[test]
fn programs_are_shared_between_threads_and_values_are_small() {
    fn shared<T: Send + Sync>() {}
    shared::<Program>();
    assert!(size_of::<Value<'_>>() <= 24);
}
