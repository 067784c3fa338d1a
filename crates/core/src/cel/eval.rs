//! Three-valued evaluation.
//!
//! In: a compiled tree and the facts of one asset. Out: a value, unknown when a fact that could change it is unknown.
//! Absent on purpose: errors as a separate channel (an operation without a result is one more way not to know) and
//! panics of any kind.
//!
//! The law that everything here obeys: when a fact is replaced by unknown, the value stays or becomes unknown. `&&`,
//! `||`, the conditional, `in`, `exists`, `all` and `exists_one` absorb an unknown operand when the known ones decide;
//! every other operation on an unknown operand is unknown. The one exception is the step budget, which guards against
//! expressions that are quadratic in long lists: where it runs out the value is unknown, and would be known with less
//! to go through.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ptr;

use jiff::SignedDuration;

use super::program::{Gathered, Input, Read, Scratch, Trace};
use super::tree::{Arithmetic, Base, Constant, Each, EachKind, Is, Node, Order, Path, TextTest};
use super::value::{ErrorKind, EvalError, List, Site, Unknown, Value};

/// List elements visited, and text joined in units of 64 bytes, before an evaluation is given up.
const BUDGET: usize = 1_000_000;

/// Evaluates `node`.
pub(super) fn run<'a, O: Observer<'a>>(
    node: &'a Node,
    input: Input<'a>,
    scratch: &'a Scratch<'a>,
    observer: O,
) -> Value<'a> {
    let mut run = Run {
        input,
        scratch,
        observer,
        budget: BUDGET,
        exhausted: None,
    };
    let value = run.eval(node, None);
    // No logic absorbs an exhausted budget, else the value would depend on the order of evaluation.
    match run.exhausted {
        Some(site) => error(ErrorKind::Budget, site),
        None => value,
    }
}

/// Whether the boolean `node` holds, without reasons: most of what is asked of a control. A truth
/// value goes in a register where a [`Value`] goes through memory, which is most of the time that
/// two comparisons take.
pub(super) fn decide(node: &Node, input: Input<'_>) -> Option<bool> {
    let scratch = Scratch::default();
    let mut run = Run {
        input,
        scratch: &scratch,
        observer: Quick,
        budget: BUDGET,
        exhausted: None,
    };
    let truth = run.truth(node, None);
    truth.filter(|_| run.exhausted.is_none())
}

/// Turns the value and the notes of a thorough run into the account of it.
pub(super) fn finish<'a>(value: Value<'a>, notes: Vec<Note<'a>>) -> Trace<'a> {
    // A list of records was read for the sake of its members' facts when there are any.
    let parents: HashSet<String> = notes
        .iter()
        .flat_map(|note| {
            note.location
                .match_indices('[')
                .map(move |(end, _)| (note, end))
        })
        .filter_map(|(note, end)| note.location.get(..end).map(str::to_owned))
        .collect();
    let mut seen = HashSet::new();
    let mut reads = Vec::new();
    for Note {
        location,
        path,
        value,
    } in notes
    {
        let read_further = !path.leaf && parents.contains(&location);
        if !read_further && seen.insert(location.clone()) {
            reads.push(Read {
                path: location,
                fact: &path.fact,
                value,
            });
        }
    }
    let mut missing = Vec::new();
    let mut errors = Vec::new();
    if let Value::Unknown(why) = value {
        let mut seen_missing = HashSet::new();
        let mut seen_errors = HashSet::new();
        why.each(&mut |reason| match reason {
            Unknown::Missing(calls) => {
                missing.extend(calls.iter().filter(|call| seen_missing.insert(*call)));
            }
            Unknown::Error(error) => {
                if seen_errors.insert((error.kind, ptr::from_ref(error.site))) {
                    errors.push(error);
                }
            }
            Unknown::Both(_) => {}
        });
    }
    Trace {
        value,
        reads,
        missing,
        errors,
    }
}

/// Who watches a run. The type decides at compile time what a run costs.
pub(super) trait Observer<'a> {
    /// Whether every reason of an unknown value is wanted, or one will do.
    const EVERY_REASON: bool;

    fn read(&mut self, path: &'a Path, frame: Option<&Frame<'_, 'a>>, value: Value<'a>);
}

/// Nobody watches.
pub(super) struct Quick;

impl<'a> Observer<'a> for Quick {
    const EVERY_REASON: bool = false;

    #[inline]
    fn read(&mut self, _: &'a Path, _: Option<&Frame<'_, 'a>>, _: Value<'a>) {}
}

/// Every fact that is read is noted.
pub(super) struct Thorough<'n, 'a>(pub(super) &'n mut Vec<Note<'a>>);

/// A fact that was read.
pub(super) struct Note<'a> {
    location: String,
    path: &'a Path,
    value: Value<'a>,
}

impl<'a> Observer<'a> for Thorough<'_, 'a> {
    const EVERY_REASON: bool = true;

    fn read(&mut self, path: &'a Path, frame: Option<&Frame<'_, 'a>>, value: Value<'a>) {
        // An element without a field of its own was read with its list.
        let element = matches!(path.base, Base::Variable(_)) && path.steps.is_empty();
        if !path.fact.is_empty() && !element {
            self.0.push(Note {
                location: location(path, frame).unwrap_or_else(|| path.fact.clone()),
                path,
                value,
            });
        }
    }
}

/// The path with list positions, or `None` when a filter between has lost them.
fn location(path: &Path, frame: Option<&Frame<'_, '_>>) -> Option<String> {
    let Base::Variable(outwards) = path.base else {
        return Some(path.fact.clone());
    };
    let frame = variable(frame, outwards)?;
    let Node::Path(range) = frame.range else {
        return None;
    };
    let list = location(range, frame.outer)?;
    let rest = path.fact.get(path.based..)?;
    Some(format!("{list}[{}]{rest}", frame.index))
}

/// The binding of a macro's variable.
pub(super) struct Frame<'f, 'a> {
    value: Value<'a>,
    index: usize,
    range: &'a Node,
    outer: Option<&'f Frame<'f, 'a>>,
}

fn variable<'f, 'a>(
    frame: Option<&'f Frame<'f, 'a>>,
    outwards: usize,
) -> Option<&'f Frame<'f, 'a>> {
    let mut frame = frame;
    for _ in 0..outwards {
        frame = frame?.outer;
    }
    frame
}

fn error<'a>(kind: ErrorKind, site: &'a Site) -> Value<'a> {
    Value::Unknown(Unknown::Error(EvalError { kind, site }))
}

/// One evaluation under way.
struct Run<'a, O> {
    input: Input<'a>,
    scratch: &'a Scratch<'a>,
    observer: O,
    budget: usize,
    exhausted: Option<&'a Site>,
}

impl<'a, O: Observer<'a>> Run<'a, O> {
    /// The operations that most controls consist of; small, so that a call of it is cheap.
    #[inline]
    fn eval(&mut self, node: &'a Node, frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        match node {
            Node::Is(is) => self.is(is, frame),
            Node::And(terms) => self.terms(terms, false, frame),
            Node::Or(terms) => self.terms(terms, true, frame),
            Node::Path(path) => self.path(path, frame),
            Node::Constant(constant) => constant.value(),
            _ => self.eval_rare(node, frame),
        }
    }

    /// The value of a boolean node, or `None` when it is unknown.
    fn truth(&mut self, node: &'a Node, frame: Option<&Frame<'_, 'a>>) -> Option<bool> {
        match node {
            Node::Is(is) => match (self.path(&is.path, frame), &is.constant) {
                (Value::String(value), Constant::String(constant)) => {
                    Some((*value == **constant) == is.wanted)
                }
                (Value::Bool(value), Constant::Bool(constant)) => {
                    Some((value == *constant) == is.wanted)
                }
                (Value::Unknown(_), _) => None,
                (value, constant) => self
                    .equal(value, constant.value(), &is.site)
                    .as_bool()
                    .map(|equal| equal == is.wanted),
            },
            Node::And(terms) => self.all_are(terms, true, frame),
            Node::Or(terms) => self.all_are(terms, false, frame).map(|none| !none),
            Node::Not(operand) => self.truth(operand, frame).map(|holds| !holds),
            _ => self.eval(node, frame).as_bool(),
        }
    }

    /// Whether every term is `wanted`; one that is not decides.
    fn all_are(
        &mut self,
        terms: &'a [Node],
        wanted: bool,
        frame: Option<&Frame<'_, 'a>>,
    ) -> Option<bool> {
        let mut all = Some(true);
        for term in terms {
            match self.truth(term, frame) {
                Some(truth) if truth != wanted => return Some(false),
                Some(_) => {}
                None => all = None,
            }
        }
        all
    }

    #[inline(never)]
    fn eval_rare(&mut self, node: &'a Node, frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        match node {
            Node::Is(_) | Node::And(_) | Node::Or(_) | Node::Path(_) | Node::Constant(_) => {
                self.eval(node, frame)
            }
            Node::AsOf => Value::Timestamp(self.input.as_of),
            Node::Has(path) => self.has(path, frame),
            Node::Require(operand, site) => match self.eval(operand, frame) {
                Value::Absent => error(ErrorKind::Absent, site),
                present => present,
            },
            Node::Not(operand) => match self.eval(operand, frame) {
                Value::Bool(value) => Value::Bool(!value),
                unknown @ Value::Unknown(_) => unknown,
                _ => Value::UNREAD,
            },
            Node::Choose(parts) => self.choose(parts, frame),
            Node::Equal(operands, wanted, site) => {
                let equal = match self.pair(operands, frame) {
                    Ok((left, right)) => self.equal(left, right, site),
                    Err(unknown) => unknown,
                };
                match equal {
                    Value::Bool(equal) => Value::Bool(equal == *wanted),
                    unknown => unknown,
                }
            }
            Node::Order(order, operands, site) => match self.pair(operands, frame) {
                Ok((left, right)) => ordered(*order, left, right, site),
                Err(unknown) => unknown,
            },
            Node::Arithmetic(operation, operands, site) => match self.pair(operands, frame) {
                Ok((left, right)) => self.arithmetic(*operation, left, right, site),
                Err(unknown) => unknown,
            },
            Node::Negate(operand, site) => match self.eval(operand, frame) {
                Value::Int(value) => value
                    .checked_neg()
                    .map_or(error(ErrorKind::Overflow, site), Value::Int),
                Value::Double(value) => Value::Double(-value),
                unknown @ Value::Unknown(_) => unknown,
                _ => error(ErrorKind::Mismatch, site),
            },
            Node::ToDouble(operand) => match self.eval(operand, frame) {
                // Nearest, as CEL has it.
                Value::Int(value) => Value::Double(value as f64),
                unknown @ Value::Unknown(_) => unknown,
                _ => Value::UNREAD,
            },
            Node::Days(operand, site) => match self.eval(operand, frame) {
                Value::Int(days) => days
                    .checked_mul(24 * 60 * 60)
                    .map_or(error(ErrorKind::Overflow, site), |seconds| {
                        Value::Duration(SignedDuration::from_secs(seconds))
                    }),
                unknown @ Value::Unknown(_) => unknown,
                _ => error(ErrorKind::Mismatch, site),
            },
            Node::In(operands, site) => self.contains(operands, site, frame),
            Node::Index(operands, site) => match self.pair(operands, frame) {
                Ok((Value::List(list), Value::Int(index))) => element(list, index, site),
                Ok(_) => error(ErrorKind::Mismatch, site),
                Err(unknown) => unknown,
            },
            Node::List(nodes) => {
                let items = nodes.iter().map(|node| self.eval(node, frame)).collect();
                self.scratch.list(Gathered { items, doubt: None })
            }
            Node::Size(operand) => match self.eval(operand, frame) {
                Value::String(text) => length(text.chars().count()),
                Value::List(list) => list
                    .doubt()
                    .map_or_else(|| length(list.len()), Value::Unknown),
                unknown @ Value::Unknown(_) => unknown,
                _ => Value::UNREAD,
            },
            Node::Text(test, operands) => match self.pair(operands, frame) {
                Ok((Value::String(text), Value::String(part))) => Value::Bool(match test {
                    TextTest::StartsWith => text.starts_with(part),
                    TextTest::EndsWith => text.ends_with(part),
                    TextTest::Contains => text.contains(part),
                }),
                Ok(_) => Value::UNREAD,
                Err(unknown) => unknown,
            },
            Node::Matches(operand, pattern) => match self.eval(operand, frame) {
                Value::String(text) => Value::Bool(pattern.is_match(text)),
                unknown @ Value::Unknown(_) => unknown,
                _ => Value::UNREAD,
            },
            Node::Each(each) => self.each(each, frame),
        }
    }

    #[inline]
    fn path(&mut self, path: &'a Path, frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        let mut value = self.base(path, frame);
        for step in &path.steps {
            value = match value {
                Value::Record(record) => record.field(*step),
                Value::Unknown(_) => break,
                Value::Absent => {
                    self.observer.read(path, frame, Value::Absent);
                    return error(ErrorKind::Absent, &path.site);
                }
                _ => error(ErrorKind::Mismatch, &path.site),
            };
        }
        self.observer.read(path, frame, value);
        value
    }

    #[inline]
    fn is(&mut self, is: &'a Is, frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        match (self.path(&is.path, frame), &is.constant) {
            (Value::String(value), Constant::String(constant)) => {
                Value::Bool((*value == **constant) == is.wanted)
            }
            (Value::Bool(value), Constant::Bool(constant)) => {
                Value::Bool((value == *constant) == is.wanted)
            }
            (unknown @ Value::Unknown(_), _) => unknown,
            (value, constant) => match self.equal(value, constant.value(), &is.site) {
                Value::Bool(equal) => Value::Bool(equal == is.wanted),
                unknown => unknown,
            },
        }
    }

    /// A member of something absent is absent.
    fn has(&mut self, path: &'a Path, frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        let mut value = self.base(path, frame);
        for step in &path.steps {
            value = match value {
                Value::Record(record) => record.field(*step),
                Value::Unknown(_) | Value::Absent => break,
                _ => error(ErrorKind::Mismatch, &path.site),
            };
        }
        self.observer.read(path, frame, value);
        match value {
            Value::Unknown(_) => value,
            Value::Absent => Value::Bool(false),
            _ => Value::Bool(true),
        }
    }

    #[inline]
    fn base(&mut self, path: &'a Path, frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        match &path.base {
            Base::Root => Value::Record(self.input.root),
            Base::Tunables => Value::Record(self.input.tunables),
            Base::Variable(outwards) => {
                variable(frame, *outwards).map_or(Value::UNREAD, |frame| frame.value)
            }
            Base::Node(node) => self.eval(node, frame),
        }
    }

    /// `&&` when one false term decides, `||` when one true term does.
    fn terms(
        &mut self,
        terms: &'a [Node],
        decisive: bool,
        frame: Option<&Frame<'_, 'a>>,
    ) -> Value<'a> {
        let mut doubt = None;
        for term in terms {
            match self.eval(term, frame) {
                Value::Bool(value) if value == decisive => return Value::Bool(decisive),
                Value::Bool(_) => {}
                Value::Unknown(why) => doubt = Some(self.merge(doubt, why)),
                _ => return Value::UNREAD,
            }
        }
        doubt.map_or(Value::Bool(!decisive), Value::Unknown)
    }

    fn choose(&mut self, parts: &'a [Node; 3], frame: Option<&Frame<'_, 'a>>) -> Value<'a> {
        let [condition, first, second] = parts;
        let doubt = match self.eval(condition, frame) {
            Value::Bool(true) => return self.eval(first, frame),
            Value::Bool(false) => return self.eval(second, frame),
            Value::Unknown(doubt) => doubt,
            _ => return Value::UNREAD,
        };
        let first = self.eval(first, frame);
        let second = self.eval(second, frame);
        match (first, second) {
            (Value::Unknown(why), Value::Unknown(why_too)) => {
                let doubt = self.merge(Some(doubt), why);
                Value::Unknown(self.merge(Some(doubt), why_too))
            }
            (Value::Unknown(why), _) | (_, Value::Unknown(why)) => {
                Value::Unknown(self.merge(Some(doubt), why))
            }
            (Value::Absent, Value::Absent) => Value::Absent,
            _ if same(first, second) => first,
            _ => Value::Unknown(doubt),
        }
    }

    /// Both operands, or an unknown value when either is unknown.
    #[inline]
    fn pair(
        &mut self,
        operands: &'a [Node; 2],
        frame: Option<&Frame<'_, 'a>>,
    ) -> Result<(Value<'a>, Value<'a>), Value<'a>> {
        let [left, right] = operands;
        let left = self.eval(left, frame);
        if left.is_unknown() && !O::EVERY_REASON {
            return Err(left);
        }
        let right = self.eval(right, frame);
        match (left, right) {
            (Value::Unknown(why), Value::Unknown(why_too)) => {
                Err(Value::Unknown(self.merge(Some(why), why_too)))
            }
            (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => Err(unknown),
            known => Ok(known),
        }
    }

    fn merge(&self, first: Option<Unknown<'a>>, second: Unknown<'a>) -> Unknown<'a> {
        match first {
            None => second,
            Some(first) if O::EVERY_REASON => self.scratch.both(first, second),
            Some(first) => first,
        }
    }

    /// Whether two values of one type are equal. An absent value equals no constant.
    #[inline(never)]
    fn equal(&mut self, left: Value<'a>, right: Value<'a>, site: &'a Site) -> Value<'a> {
        match (left, right) {
            (Value::String(left), Value::String(right)) => Value::Bool(left == right),
            (Value::Bool(left), Value::Bool(right)) => Value::Bool(left == right),
            (Value::Absent, Value::Absent) => error(ErrorKind::Absent, site),
            (Value::Absent, _) | (_, Value::Absent) => Value::Bool(false),
            (Value::Unknown(why), Value::Unknown(why_too)) => {
                Value::Unknown(self.merge(Some(why), why_too))
            }
            (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => unknown,
            (Value::List(left), Value::List(right)) => self.equal_lists(left, right, site),
            _ => match compare(left, right) {
                Ok(ordering) => Value::Bool(ordering == Ordering::Equal),
                Err(kind) => error(kind, site),
            },
        }
    }

    fn equal_lists(
        &mut self,
        left: &'a dyn List,
        right: &'a dyn List,
        site: &'a Site,
    ) -> Value<'a> {
        // An element that may be there may be anywhere.
        match (left.doubt(), right.doubt()) {
            (None, None) => {}
            (Some(why), Some(why_too)) => {
                return Value::Unknown(self.merge(Some(why), why_too));
            }
            (Some(why), None) | (None, Some(why)) => return Value::Unknown(why),
        }
        if left.len() != right.len() {
            return Value::Bool(false);
        }
        let mut doubt = None;
        for index in 0..left.len() {
            if !self.spend(1, site) {
                return error(ErrorKind::Budget, site);
            }
            match self.equal(left.item(index), right.item(index), site) {
                Value::Bool(true) => {}
                Value::Unknown(why) => doubt = Some(self.merge(doubt, why)),
                different => return different,
            }
        }
        doubt.map_or(Value::Bool(true), Value::Unknown)
    }

    fn contains(
        &mut self,
        operands: &'a [Node; 2],
        site: &'a Site,
        frame: Option<&Frame<'_, 'a>>,
    ) -> Value<'a> {
        let [element, list] = operands;
        let element = self.eval(element, frame);
        let list = match self.eval(list, frame) {
            Value::List(list) => list,
            Value::Unknown(why) => {
                return Value::Unknown(match element {
                    Value::Unknown(why_too) => self.merge(Some(why_too), why),
                    _ => why,
                });
            }
            _ => return error(ErrorKind::Mismatch, site),
        };
        let mut doubt = match element {
            Value::Unknown(why) if !list.is_empty() => Some(why),
            _ => None,
        };
        for index in 0..list.len() {
            if !self.spend(1, site) {
                return error(ErrorKind::Budget, site);
            }
            let item = list.item(index);
            let found = match element {
                // Its reason is the same each time, and already noted.
                Value::Unknown(_) => item,
                known => self.equal(known, item, site),
            };
            match found {
                Value::Bool(true) if !element.is_unknown() => return Value::Bool(true),
                Value::Unknown(why) => doubt = Some(self.merge(doubt, why)),
                _ => {}
            }
        }
        if let Some(why) = list.doubt() {
            doubt = Some(self.merge(doubt, why));
        }
        doubt.map_or(Value::Bool(false), Value::Unknown)
    }

    fn arithmetic(
        &mut self,
        operation: Arithmetic,
        left: Value<'a>,
        right: Value<'a>,
        site: &'a Site,
    ) -> Value<'a> {
        use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
        use Value::{Double, Duration, Int, String, Timestamp};

        let checked = match (operation, left, right) {
            (Divide | Remainder, Int(_), Int(0)) => {
                return error(ErrorKind::DivisionByZero, site);
            }
            (Add, Int(left), Int(right)) => left.checked_add(right).map(Int),
            (Subtract, Int(left), Int(right)) => left.checked_sub(right).map(Int),
            (Multiply, Int(left), Int(right)) => left.checked_mul(right).map(Int),
            (Divide, Int(left), Int(right)) => left.checked_div(right).map(Int),
            (Remainder, Int(left), Int(right)) => left.checked_rem(right).map(Int),
            (_, Double(left), Double(right)) => {
                let result = match operation {
                    Add => left + right,
                    Subtract => left - right,
                    Multiply => left * right,
                    Divide => left / right,
                    Remainder => return error(ErrorKind::Mismatch, site),
                };
                // CEL goes on with infinities and NaN, which compare false with everything: silently safe.
                return if result.is_finite() {
                    Double(result)
                } else {
                    error(ErrorKind::NotANumber, site)
                };
            }
            (Add, String(left), String(right)) => {
                if !self.spend((left.len() + right.len()) / 64 + 1, site) {
                    return error(ErrorKind::Budget, site);
                }
                return self.scratch.text([left, right].concat());
            }
            (Add, Value::List(left), Value::List(right)) => {
                return self.joined(left, right, site);
            }
            (Add, Timestamp(instant), Duration(span))
            | (Add, Duration(span), Timestamp(instant)) => {
                instant.checked_add(span).ok().map(Timestamp)
            }
            (Subtract, Timestamp(instant), Duration(span)) => {
                instant.checked_sub(span).ok().map(Timestamp)
            }
            (Subtract, Timestamp(left), Timestamp(right)) => {
                Some(Duration(left.duration_since(right)))
            }
            (Add, Duration(left), Duration(right)) => left.checked_add(right).map(Duration),
            (Subtract, Duration(left), Duration(right)) => left.checked_sub(right).map(Duration),
            _ => return error(ErrorKind::Mismatch, site),
        };
        checked.unwrap_or(error(ErrorKind::Overflow, site))
    }

    fn joined(&mut self, left: &'a dyn List, right: &'a dyn List, site: &'a Site) -> Value<'a> {
        let mut gathered = Gathered::default();
        for list in [left, right] {
            if !self.spend(list.len(), site) {
                return error(ErrorKind::Budget, site);
            }
            gathered
                .items
                .extend((0..list.len()).map(|index| list.item(index)));
            if let Some(why) = list.doubt() {
                gathered.doubt = Some(self.merge(gathered.doubt, why));
            }
        }
        self.scratch.list(gathered)
    }

    fn each(&mut self, each: &'a Each, outer: Option<&Frame<'_, 'a>>) -> Value<'a> {
        let list = match self.eval(&each.range, outer) {
            Value::List(list) => list,
            unknown @ Value::Unknown(_) => return unknown,
            _ => return error(ErrorKind::Mismatch, &each.site),
        };
        let mut doubt = list.doubt();
        let mut holding = 0_usize;
        let mut items = Vec::new();
        for index in 0..list.len() {
            if !self.spend(1, &each.site) {
                return error(ErrorKind::Budget, &each.site);
            }
            let value = list.item(index);
            let frame = Frame {
                value,
                index,
                range: &each.range,
                outer,
            };
            let result = self.eval(&each.body, Some(&frame));
            match (each.kind, result) {
                (EachKind::Map, result) => items.push(result),
                (_, Value::Unknown(why)) => doubt = Some(self.merge(doubt, why)),
                (EachKind::Exists, Value::Bool(true)) => return Value::Bool(true),
                (EachKind::All, Value::Bool(false)) => return Value::Bool(false),
                (EachKind::ExistsOne, Value::Bool(true)) => {
                    holding += 1;
                    if holding > 1 {
                        return Value::Bool(false);
                    }
                }
                (EachKind::Filter, Value::Bool(true)) => items.push(value),
                (_, Value::Bool(_)) => {}
                _ => return error(ErrorKind::Mismatch, &each.site),
            }
        }
        match (each.kind, doubt) {
            (EachKind::Map | EachKind::Filter, doubt) => {
                self.scratch.list(Gathered { items, doubt })
            }
            (_, Some(why)) => Value::Unknown(why),
            (EachKind::Exists, None) => Value::Bool(false),
            (EachKind::All, None) => Value::Bool(true),
            (EachKind::ExistsOne, None) => Value::Bool(holding == 1),
        }
    }

    /// Takes steps from the budget; false when it is exhausted.
    #[inline]
    fn spend(&mut self, steps: usize, site: &'a Site) -> bool {
        match self.budget.checked_sub(steps) {
            Some(left) => {
                self.budget = left;
                true
            }
            None => {
                self.budget = 0;
                self.exhausted.get_or_insert(site);
                false
            }
        }
    }
}

fn length(count: usize) -> Value<'static> {
    i64::try_from(count).map_or(Value::UNREAD, Value::Int)
}

fn element<'a>(list: &'a dyn List, index: i64, site: &'a Site) -> Value<'a> {
    if let Some(why) = list.doubt() {
        return Value::Unknown(why);
    }
    match usize::try_from(index) {
        Ok(index) if index < list.len() => list.item(index),
        _ => error(ErrorKind::OutOfBounds, site),
    }
}

fn ordered<'a>(order: Order, left: Value<'a>, right: Value<'a>, site: &'a Site) -> Value<'a> {
    match compare(left, right) {
        Ok(ordering) => Value::Bool(match order {
            Order::Less => ordering.is_lt(),
            Order::LessEqual => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::GreaterEqual => ordering.is_ge(),
        }),
        Err(kind) => error(kind, site),
    }
}

/// How two scalars compare.
fn compare(left: Value<'_>, right: Value<'_>) -> Result<Ordering, ErrorKind> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(left.cmp(&right)),
        (Value::Double(left), Value::Double(right)) => {
            left.partial_cmp(&right).ok_or(ErrorKind::NotANumber)
        }
        (Value::Int(left), Value::Double(right)) => compare_mixed(left, right),
        (Value::Double(left), Value::Int(right)) => {
            compare_mixed(right, left).map(Ordering::reverse)
        }
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Ok(left.cmp(&right)),
        (Value::Duration(left), Value::Duration(right)) => Ok(left.cmp(&right)),
        (Value::Bool(left), Value::Bool(right)) => Ok(left.cmp(&right)),
        _ => Err(ErrorKind::Mismatch),
    }
}

/// Compares as on the number line, without rounding the integer to a double.
fn compare_mixed(left: i64, right: f64) -> Result<Ordering, ErrorKind> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0; // 2^63, one above the largest integer
    if right.is_nan() {
        Err(ErrorKind::NotANumber)
    } else if right >= BEYOND {
        Ok(Ordering::Less)
    } else if right < -BEYOND {
        Ok(Ordering::Greater)
    } else {
        let whole = right.trunc();
        // In range by the checks above, and whole.
        let by_whole = left.cmp(&(whole as i64));
        Ok(by_whole.then_with(|| {
            0.0_f64
                .partial_cmp(&(right - whole))
                .unwrap_or(Ordering::Equal)
        }))
    }
}

/// Whether two known values are certainly the same, so that it does not matter which of them it is. Lists and records
/// are never said to be.
fn same(left: Value<'_>, right: Value<'_>) -> bool {
    compare(left, right) == Ok(Ordering::Equal)
}
