//! A compiled expression and the ways to run it.
//!
//! In: a [`Program`] and the [`Input`] of one asset. Out: a truth value, a value, or a [`Trace`] that says which facts
//! were read and what is missing. Absent on purpose: state. A program may run on any number of threads.

use std::cell::OnceCell;
use std::fmt;

use jiff::Timestamp;
use typed_arena::Arena;

use super::check::check;
use super::error::CelError;
use super::eval;
use super::schema::{Record, Schema, Type};
use super::tree::Node;
use super::value::{EvalError, List, Unknown, Value};
use crate::missing::Missing;

/// The names that an expression may use: the fields of `root` as they are, those of `tunables` behind `tunables.`,
/// and `as_of`, the instant for which the evaluation is made.
///
/// A root field called `tunables` or `as_of` cannot be reached.
#[derive(Debug, Clone, Copy)]
pub struct Environment {
    /// The facts of the asset.
    pub root: &'static Schema,
    /// The declared tunables.
    pub tunables: &'static Schema,
}

/// What one evaluation works on. The records must have the schemas of the [`Environment`] that the program was compiled
/// for: facts are found by their position. A value of an unexpected type is treated as unknown.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The facts of the asset.
    pub root: &'a dyn Record,
    /// The tunables in force.
    pub tunables: &'a dyn Record,
    /// The instant for which the evaluation is made.
    pub as_of: Timestamp,
}

/// Type-checks and compiles an expression whose value must be of type `expected`.
///
/// # Errors
/// When `source` does not parse, uses an unknown name or function, applies an operator to a type it does not take, or
/// has another type than `expected`. A boolean, or an element of a list, that may be absent is made to be present:
/// see [`ErrorKind::Absent`](super::ErrorKind::Absent).
pub fn compile(
    source: &str,
    environment: &Environment,
    expected: Type,
) -> Result<Program, CelError> {
    let (node, reads) = check(source, environment, Some(expected))?;
    Ok(Program {
        source: source.into(),
        node,
        reads,
    })
}

/// Type-checks and compiles an expression whose value may be of any type, such as one that is shown in a text.
///
/// # Errors
/// As [`compile`], but for the type of the result.
pub fn compile_any(source: &str, environment: &Environment) -> Result<Program, CelError> {
    let (node, reads) = check(source, environment, None)?;
    Ok(Program {
        source: source.into(),
        node,
        reads,
    })
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Program {
    source: Box<str>,
    node: Node,
    reads: Reads,
}

/// What an expression may read, whatever the facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Facts, sorted, as paths from the root without list positions: `variants.floor`.
    pub facts: Vec<String>,
    /// Names of tunables, sorted.
    pub tunables: Vec<String>,
    /// Whether the answer depends on the instant of evaluation.
    pub as_of: bool,
}

impl Program {
    /// The source it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it may read, whatever the facts.
    #[must_use]
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// The truth value, or `None` when it is unknown. The fast path of a program that was compiled as
    /// [`Type::Bool`]; for another, always `None`.
    #[must_use]
    pub fn decide(&self, input: &Input<'_>) -> Option<bool> {
        eval::decide(&self.node, *input)
    }

    /// The value. An unknown value carries one of its reasons, not all of them; see [`trace`](Self::trace).
    pub fn eval<'a>(&'a self, input: &Input<'a>, scratch: &'a Scratch<'a>) -> Value<'a> {
        eval::run(&self.node, *input, scratch, eval::Quick)
    }

    /// The value with everything that was read on the way and, when it is unknown, every reason that logic did not
    /// absorb. Slower than [`eval`](Self::eval), with the same value.
    pub fn trace<'a>(&'a self, input: &Input<'a>, scratch: &'a Scratch<'a>) -> Trace<'a> {
        let mut reads = Vec::new();
        let value = eval::run(&self.node, *input, scratch, eval::Thorough(&mut reads));
        eval::finish(value, reads)
    }
}

/// The account of one evaluation.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Each fact and tunable that was read, once, in the order of the first reading. Evaluation stops where the answer
    /// is certain, so what is listed is what led to it.
    pub reads: Vec<Read<'a>>,
    /// The calls for want of which the value is unknown, each once. Empty when it is known.
    pub missing: Vec<&'a Missing>,
    /// The failures for which the value is unknown, each once. Empty when it is known.
    pub errors: Vec<EvalError<'a>>,
}

/// One fact that was read.
#[derive(Debug, Clone)]
pub struct Read<'a> {
    /// Where: `variants[2].floor`, or `tunables.idle_days`.
    pub path: String,
    /// The same without list positions, as in [`Reads::facts`].
    pub fact: &'a str,
    /// What was found.
    pub value: Value<'a>,
}

/// Room for what expressions make while they run. Costs nothing until something is made.
#[derive(Default)]
pub struct Scratch<'a>(OnceCell<Box<Arenas<'a>>>);

#[derive(Default)]
struct Arenas<'a> {
    texts: Arena<String>,
    lists: Arena<Gathered<'a>>,
    reasons: Arena<[Unknown<'a>; 2]>,
}

impl fmt::Debug for Scratch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl<'a> Scratch<'a> {
    pub(super) fn text(&'a self, text: String) -> Value<'a> {
        Value::String(self.0.get_or_init(Box::default).texts.alloc(text))
    }

    pub(super) fn list(&'a self, list: Gathered<'a>) -> Value<'a> {
        Value::List(self.0.get_or_init(Box::default).lists.alloc(list))
    }

    pub(super) fn both(&'a self, first: Unknown<'a>, second: Unknown<'a>) -> Unknown<'a> {
        Unknown::Both(
            self.0
                .get_or_init(Box::default)
                .reasons
                .alloc([first, second]),
        )
    }
}

/// A list made during evaluation.
#[derive(Debug, Default)]
pub(super) struct Gathered<'a> {
    pub(super) items: Vec<Value<'a>>,
    pub(super) doubt: Option<Unknown<'a>>,
}

impl List for Gathered<'_> {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn item(&self, index: usize) -> Value<'_> {
        self.items.get(index).copied().unwrap_or(Value::UNREAD)
    }

    fn doubt(&self) -> Option<Unknown<'_>> {
        self.doubt
    }
}
