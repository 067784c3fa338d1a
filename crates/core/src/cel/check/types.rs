//! Types during the check, and what operators do with them.
//!
//! Enters: declared types. Leaves: [`Ty`], which can be made on the way. Deliberately absent:
//! expressions.

use std::fmt;

use super::super::schema::{Schema, Type};
use super::super::tree::Arithmetic;

/// A type during the check. Unlike [`Type`], it can be made on the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ty {
    Bool,
    Int,
    Double,
    String,
    Timestamp,
    Duration,
    List(Box<Ty>),
    Record(&'static Schema),
}

impl From<Type> for Ty {
    fn from(ty: Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Double => Self::Double,
            Type::String => Self::String,
            Type::Timestamp => Self::Timestamp,
            Type::Duration => Self::Duration,
            Type::List(element) => Self::List(Box::new(Self::from(*element))),
            Type::Record(schema) => Self::Record(schema),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => Type::Bool.fmt(f),
            Self::Int => Type::Int.fmt(f),
            Self::Double => Type::Double.fmt(f),
            Self::String => Type::String.fmt(f),
            Self::Timestamp => Type::Timestamp.fmt(f),
            Self::Duration => Type::Duration.fmt(f),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Record(schema) => Type::Record(schema).fmt(f),
        }
    }
}

impl Ty {
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// Whether `==` can tell: scalars of one type, any two numbers, and lists of these.
    pub(super) fn equates(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) => left.equates(right),
            (Self::Record(_), _) => false,
            _ => self == other || (self.is_number() && other.is_number()),
        }
    }

    pub(super) fn orders(&self, other: &Self) -> bool {
        !matches!(self, Self::Bool | Self::List(_)) && self.equates(other)
    }
}

/// The type that an operation gives, if it takes these.
pub(super) fn arithmetic(operation: Arithmetic, left: &Ty, right: &Ty) -> Option<Ty> {
    use Arithmetic::{Add, Remainder, Subtract};

    Some(match (operation, left, right) {
        (_, Ty::Int, Ty::Int) => Ty::Int,
        (Remainder, _, _) => return None,
        (_, Ty::Double, Ty::Double) => Ty::Double,
        (Add, Ty::String, Ty::String) => Ty::String,
        (Add, Ty::List(left), Ty::List(right)) if left == right => Ty::List(left.clone()),
        (Add | Subtract, Ty::Timestamp, Ty::Duration) | (Add, Ty::Duration, Ty::Timestamp) => {
            Ty::Timestamp
        }
        (Subtract, Ty::Timestamp, Ty::Timestamp) | (Add | Subtract, Ty::Duration, Ty::Duration) => {
            Ty::Duration
        }
        _ => return None,
    })
}
