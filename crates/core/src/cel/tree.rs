//! The compiled form of an expression: typed, resolved, compact.
//!
//! In: nothing; the type check builds it. Out: nodes for the evaluator. INVARIANT: a [`Node`] is built only by the
//! type check, so its operands have the types that its operator wants as long as records keep to their schemas.

use jiff::{SignedDuration, Timestamp};
use regex_lite::Regex;

use super::value::{List, Site, Value};

/// One operation with its operands.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Constant),
    AsOf,
    Path(Box<Path>),
    /// Whether the path leads to a value.
    Has(Box<Path>),
    /// The operand, which must be present.
    Require(Box<Node>, Box<Site>),
    Not(Box<Node>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Choose(Box<[Node; 3]>),
    /// A fact against a constant: what most controls consist of.
    Is(Box<Is>),
    /// Equality, or inequality when the flag is false.
    Equal(Box<[Node; 2]>, bool, Box<Site>),
    Order(Order, Box<[Node; 2]>, Box<Site>),
    Arithmetic(Arithmetic, Box<[Node; 2]>, Box<Site>),
    Negate(Box<Node>, Box<Site>),
    ToDouble(Box<Node>),
    Days(Box<Node>, Box<Site>),
    /// Element, list.
    In(Box<[Node; 2]>, Box<Site>),
    /// List, index.
    Index(Box<[Node; 2]>, Box<Site>),
    List(Box<[Node]>),
    Size(Box<Node>),
    Text(TextTest, Box<[Node; 2]>),
    Matches(Box<Node>, Box<Regex>),
    Each(Box<Each>),
}

/// A value written in the source.
#[derive(Debug, Clone)]
pub(super) enum Constant {
    Bool(bool),
    Int(i64),
    Double(f64),
    String(Box<str>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    List(Box<Constants>),
}

impl Constant {
    #[inline]
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Double(value) => Value::Double(*value),
            Self::String(value) => Value::String(value),
            Self::Timestamp(value) => Value::Timestamp(*value),
            Self::Duration(value) => Value::Duration(*value),
            Self::List(items) => Value::List(&**items),
        }
    }
}

/// A list written in the source.
#[derive(Debug, Clone)]
pub(super) struct Constants(pub(super) Vec<Constant>);

impl List for Constants {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn item(&self, index: usize) -> Value<'_> {
        self.0.get(index).map_or(Value::UNREAD, Constant::value)
    }
}

/// A walk from a record through its fields.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) base: Base,
    /// Positions of the fields.
    pub(super) steps: Vec<usize>,
    /// The facts as written from the root, without list positions: `variants.floor`. Empty when the value is not one
    /// fact but computed.
    pub(super) fact: String,
    /// How much of `fact` belongs to the base.
    pub(super) based: usize,
    /// Whether it ends in a value rather than in a list of records, which are read further.
    pub(super) leaf: bool,
    pub(super) site: Site,
}

/// Whether a fact equals a constant, or differs from it when `wanted` is false.
#[derive(Debug, Clone)]
pub(super) struct Is {
    pub(super) path: Path,
    pub(super) constant: Constant,
    pub(super) wanted: bool,
    pub(super) site: Site,
}

/// Where a path begins.
#[derive(Debug, Clone)]
pub(super) enum Base {
    Root,
    Tunables,
    /// The variable of a macro, counted outwards from the innermost.
    Variable(usize),
    Node(Node),
}

/// `<`, `<=`, `>` and `>=`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// `+`, `-`, `*`, `/` and `%`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Tests of one text against another.
#[derive(Debug, Clone, Copy)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

/// A macro over a list.
#[derive(Debug, Clone)]
pub(super) struct Each {
    pub(super) kind: EachKind,
    pub(super) range: Node,
    pub(super) body: Node,
    pub(super) site: Site,
}

/// What a macro makes of its body's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EachKind {
    Exists,
    All,
    ExistsOne,
    Filter,
    Map,
}
