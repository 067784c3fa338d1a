//! Values during evaluation: lent, small, `Copy`.
//!
//! In: facts, from [`Record`] and [`List`]. Out: the value of an expression. Absent on purpose: ownership. What an
//! expression makes itself (a joined string, a filtered list) lives in the [`Scratch`](super::Scratch) of its run.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::schema::Record;
use crate::missing::Missing;

/// The value of a fact or of an expression.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Not known, and why.
    Unknown(Unknown<'a>),
    /// Known not to be there: an optional fact without a value.
    Absent,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// Text.
    String(&'a str),
    /// An instant.
    Timestamp(Timestamp),
    /// A signed length of time.
    Duration(SignedDuration),
    /// A list.
    List(&'a dyn List),
    /// A record.
    Record(&'a dyn Record),
}

impl<'a> Value<'a> {
    /// Unknown without a reason. Only a record or list that is asked for a position it does not have answers so.
    pub const UNREAD: Value<'static> = Value::Unknown(Unknown::Missing(&[]));

    /// Unknown because these calls did not answer.
    #[must_use]
    pub const fn missing(calls: &'a [Missing]) -> Self {
        Self::Unknown(Unknown::Missing(calls))
    }

    /// Whether the value is [`Value::Unknown`].
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// The truth value, or `None` when it is not a known boolean.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

/// Written as CEL would write it, with `unknown` and `absent` for what CEL has no word for.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(_) => f.write_str("unknown"),
            Self::Absent => f.write_str("absent"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::Timestamp(value) => write!(f, "{value}"),
            Self::Duration(value) => write!(f, "{value:#}"),
            Self::List(list) => {
                f.write_str("[")?;
                for index in 0..list.len() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{}", list.item(index))?;
                }
                if list.doubt().is_some() {
                    f.write_str(match list.len() {
                        0 => "…",
                        _ => ", …",
                    })?;
                }
                f.write_str("]")
            }
            Self::Record(record) => {
                f.write_str("{")?;
                for (index, field) in record.schema().fields.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{}: {}", field.name, record.field(index))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(why) => write!(f, "{why:?}"),
            _ => write!(f, "{self}"),
        }
    }
}

/// A list that lends its elements.
pub trait List {
    /// How many elements are known to be in it.
    fn len(&self) -> usize;

    /// The element at a position below [`len`](Self::len); beyond it, [`Value::UNREAD`]. An element may itself be
    /// unknown, but never absent.
    fn item(&self, index: usize) -> Value<'_>;

    /// Why there may be more elements than [`len`](Self::len) tells, when there may: a page that was not read, or
    /// a filter that could not decide.
    fn doubt(&self) -> Option<Unknown<'_>> {
        None
    }

    /// Whether it is known to have no element.
    fn is_empty(&self) -> bool {
        self.len() == 0 && self.doubt().is_none()
    }
}

/// Why a value is not known.
#[derive(Debug, Clone, Copy)]
pub enum Unknown<'a> {
    /// These calls were not made, or not answered.
    Missing(&'a [Missing]),
    /// The facts are known, but the expression has no value for them.
    Error(EvalError<'a>),
    /// Two reasons, each of which is enough.
    Both(&'a [Unknown<'a>; 2]),
}

impl<'a> Unknown<'a> {
    /// Calls `visit` with each reason: never with [`Unknown::Both`].
    pub fn each(self, visit: &mut impl FnMut(Unknown<'a>)) {
        // A chain of merged reasons leans to one side and may be as long as a list of facts, so it is walked, not
        // recursed into.
        let mut waiting = vec![self];
        while let Some(next) = waiting.pop() {
            match next {
                Self::Both([first, second]) => waiting.extend([*second, *first]),
                single => visit(single),
            }
        }
    }
}

/// An expression without a value: a division by zero, an absent fact that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvalError<'a> {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Where in the source.
    pub site: &'a Site,
}

impl fmt::Display for EvalError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Site {
            line, column, fact, ..
        } = self.site;
        match (self.kind, fact) {
            (ErrorKind::Absent, Some(fact)) => write!(
                f,
                "`{fact}` is absent where its value is needed; guard it with `has({fact})`"
            )?,
            (ErrorKind::Absent, None) => f.write_str("a value that is needed is absent")?,
            (ErrorKind::Overflow, _) => f.write_str("the result is out of range")?,
            (ErrorKind::DivisionByZero, _) => f.write_str("division by zero")?,
            (ErrorKind::NotANumber, _) => {
                f.write_str("an operand or the result is not a number")?
            }
            (ErrorKind::OutOfBounds, _) => f.write_str("the index is outside the list")?,
            (ErrorKind::Budget, _) => {
                f.write_str("the expression takes too many steps on these facts")?;
            }
            (ErrorKind::Mismatch, _) => {
                f.write_str("a fact has another type than its schema says")?;
            }
        }
        write!(f, " (at {line}:{column})")
    }
}

/// The kinds of [`EvalError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// An absent optional fact was used other than in `has`, or in `==`, `!=` or `in` against a constant.
    Absent,
    /// A number, instant or duration left its range.
    Overflow,
    /// An integer was divided by zero.
    DivisionByZero,
    /// A floating point operation has no finite result, or a fact is not a number.
    NotANumber,
    /// A list was indexed outside its bounds.
    OutOfBounds,
    /// The evaluation took more steps than any control should.
    Budget,
    /// A record or list broke its contract.
    Mismatch,
}

/// A place in the source of an expression where evaluation can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Line in the source, from 1.
    pub line: u32,
    /// Column in the source in characters, from 1.
    pub column: u32,
    /// The fact whose value is used here, when there is one.
    pub fact: Option<Box<str>>,
}
