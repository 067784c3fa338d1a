//! CEL source to a small syntax tree. The only file that knows the `cel` crate.
//!
//! In: source text, however hostile. Out: [`Syntax`], with byte offsets, of bounded depth. Absent on purpose:
//! meaning. Names, types and functions are the business of the type check.
//!
//! The crate has two parsers. This uses the generated one: it tells where each node came from, and with an empty set
//! of macros it leaves `has(x)` and `xs.exists(x, p)` as the calls that were written. The hand-written one behind the
//! feature `parser_pratt` is some five times faster on sources that take a tenth of a millisecond, but it keeps
//! positions to itself, always expands macros (and so refuses `has(x)` for a plain name), and does not remove the
//! ANTLR runtime from the build.
//!
//! The generated parser recurses without bound over operators of one level (`a<a<a…` overflows a stack within four
//! kilobytes), so [`scan`] measures the source first and refuses what would nest too deeply.

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::ParseErrors;

use super::error::CelError;

/// The longest source, in bytes. Controls are a few hundred; a list of names may be longer.
pub(super) const MAX_SOURCE: usize = 8 * 1024;

/// How deeply expressions may nest, counted in operators, calls and brackets. Terms of `&&` and `||` do not nest.
const MAX_DEPTH: usize = 48;

/// An expression as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Syntax {
    pub(super) kind: Kind,
    /// Byte offset of the word or sign by which to point at it.
    pub(super) at: usize,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Bool(bool),
    Int(i64),
    Double(f64),
    String(String),
    Name(String),
    List(Vec<Syntax>),
    /// `operand.field`
    Select(Box<Syntax>, String),
    /// `function(arguments)`
    Call(String, Vec<Syntax>),
    /// `target.function(arguments)`
    Method(Box<Syntax>, String, Vec<Syntax>),
    And(Vec<Syntax>),
    Or(Vec<Syntax>),
    Not(Box<Syntax>),
    Negate(Box<Syntax>),
    Choose(Box<[Syntax; 3]>),
    Binary(Operator, Box<[Syntax; 2]>),
}

/// The operators with two operands, other than `&&` and `||`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Index,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    fn from_function(name: &str) -> Option<Self> {
        Some(match name {
            operators::EQUALS => Self::Equal,
            operators::NOT_EQUALS => Self::NotEqual,
            operators::LESS => Self::Less,
            operators::LESS_EQUALS => Self::LessEqual,
            operators::GREATER => Self::Greater,
            operators::GREATER_EQUALS => Self::GreaterEqual,
            operators::IN => Self::In,
            operators::INDEX => Self::Index,
            operators::ADD => Self::Add,
            operators::SUBSTRACT => Self::Subtract,
            operators::MULTIPLY => Self::Multiply,
            operators::DIVIDE => Self::Divide,
            operators::MODULO => Self::Remainder,
            _ => return None,
        })
    }

    /// How it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Index => "[]",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Parses `source`.
///
/// # Errors
/// When it is too long, nests too deeply, is not CEL, or uses a part of CEL that controls have no use for.
pub(super) fn parse(source: &str) -> Result<Syntax, CelError> {
    scan(source)?;
    let (expression, places) = cel::Env::default()
        .parser()
        .enable_optional_syntax(false)
        .enable_ident_escape_syntax(false)
        // The scan is stricter; this is a second fence.
        .max_recursion_depth(96)
        .error_recovery_limit(1)
        .parse_with_source_info(source)
        .map_err(|errors| first_error(source, &errors))?;
    Reader { source, places }.read(expression, 0)
}

/// The first error of the library in our words: its own quote token sets and internal types.
fn first_error(source: &str, errors: &ParseErrors) -> CelError {
    let Some(error) = errors.errors.first() else {
        return CelError::new(source, 0, "the expression does not parse");
    };
    let message = error
        .msg
        .strip_prefix("Syntax error: ")
        .unwrap_or(&error.msg);
    let quoted = message.split('\'').nth(1).unwrap_or_default();
    let message = if message.starts_with("reserved identifier") {
        message.replacen("reserved identifier: ", "reserved word `", 1) + "`"
    } else if message.starts_with("invalid ") {
        format!("{message}: it is out of range")
    } else if source.trim().is_empty() {
        "the expression is empty".to_owned()
    } else if message.contains("<EOF>'") {
        "the expression ends too early".to_owned()
    } else if message.contains("input '") && !quoted.is_empty() {
        format!("unexpected `{quoted}`")
    } else {
        "the expression does not parse".to_owned()
    };
    // The library counts lines from 1, and columns in characters from 1; it reports 0, 0 when it does not know.
    let (line, column) = error.pos;
    CelError {
        line: u32::try_from(line.max(1)).unwrap_or(1),
        column: u32::try_from(column.max(1)).unwrap_or(1),
        message: message.lines().collect::<Vec<_>>().join(" "),
        suggestion: None,
    }
}

/// Turns the library's tree into ours.
struct Reader<'s> {
    source: &'s str,
    places: SourceInfo,
}

impl Reader<'_> {
    fn read(&self, expression: IdedExpr, depth: usize) -> Result<Syntax, CelError> {
        let at = self
            .places
            .offset_for(expression.id)
            .map_or(0, |(start, _)| start as usize);
        if depth > 2 * MAX_DEPTH {
            return Err(too_deep(self.source, at));
        }
        let refuse = |what: &str, instead: &str| {
            Err(
                CelError::new(self.source, at, format!("{what} are not supported"))
                    .suggest(instead),
            )
        };
        let all = |expressions: Vec<IdedExpr>| {
            expressions
                .into_iter()
                .map(|it| self.read(it, depth + 1))
                .collect::<Result<Vec<_>, _>>()
        };
        let kind = match expression.expr {
            Expr::Ident(name) => Kind::Name(name),
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(value) => Kind::Bool(*value.inner()),
                LiteralValue::Int(value) => Kind::Int(*value.inner()),
                LiteralValue::Double(value) => Kind::Double(*value.inner()),
                LiteralValue::String(value) => Kind::String(value.inner().to_owned()),
                LiteralValue::UInt(_) => {
                    return refuse("unsigned numbers", "write it without the `u`");
                }
                LiteralValue::Bytes(_) => return refuse("bytes", "use a string"),
                LiteralValue::Null => {
                    return refuse("null values", "ask for an optional fact with `has(…)`");
                }
            },
            Expr::List(list) => Kind::List(all(list.elements)?),
            Expr::Select(select) if !select.test => Kind::Select(
                Box::new(self.read(*select.operand, depth + 1)?),
                select.field,
            ),
            Expr::Call(call) => match call.target {
                Some(target) => Kind::Method(
                    Box::new(self.read(*target, depth + 1)?),
                    call.func_name,
                    all(call.args)?,
                ),
                None => self.call(call.func_name, all(call.args)?),
            },
            Expr::Map(_) => return refuse("maps", "compare facts one by one"),
            Expr::Struct(_) => return refuse("messages", "compare facts one by one"),
            Expr::Select(_) | Expr::Comprehension(_) | Expr::Unspecified => {
                return Err(CelError::new(
                    self.source,
                    at,
                    "the expression does not parse",
                ));
            }
        };
        Ok(Syntax { kind, at })
    }

    fn call(&self, function: String, arguments: Vec<Syntax>) -> Kind {
        let arguments = match function.as_str() {
            operators::LOGICAL_AND => return Kind::And(self.flat(arguments, true)),
            operators::LOGICAL_OR => return Kind::Or(self.flat(arguments, false)),
            operators::CONDITIONAL => match <[Syntax; 3]>::try_from(arguments) {
                Ok(parts) => return Kind::Choose(Box::new(parts)),
                Err(arguments) => arguments,
            },
            operators::LOGICAL_NOT | operators::NEGATE => {
                match <[Syntax; 1]>::try_from(arguments) {
                    Ok([operand]) if function == operators::NEGATE => {
                        return Kind::Negate(Box::new(operand));
                    }
                    Ok([operand]) => return Kind::Not(Box::new(operand)),
                    Err(arguments) => arguments,
                }
            }
            _ => match (
                Operator::from_function(&function),
                <[Syntax; 2]>::try_from(arguments),
            ) {
                (Some(operator), Ok(operands)) => {
                    return Kind::Binary(operator, Box::new(operands));
                }
                (None, Ok(arguments)) => arguments.into(),
                (_, Err(arguments)) => arguments,
            },
        };
        Kind::Call(function, arguments)
    }

    /// The library balances a chain of `&&` or `||` into a tree of pairs; this undoes it.
    fn flat(&self, operands: Vec<Syntax>, and: bool) -> Vec<Syntax> {
        let mut terms = Vec::with_capacity(operands.len());
        for operand in operands {
            match operand.kind {
                Kind::And(inner) if and => terms.extend(inner),
                Kind::Or(inner) if !and => terms.extend(inner),
                _ => terms.push(operand),
            }
        }
        terms
    }
}

fn too_deep(source: &str, at: usize) -> CelError {
    CelError::new(source, at, "the expression nests too deeply")
        .suggest("split it with `&&` and `||`, or move a part into a fact")
}

/// Refuses a source that the library could overflow the stack on, and text that is no token of CEL.
///
/// The depth that the tree can have is at most the number of operators between two commas, summed over the open
/// brackets. Terms of `&&` and `||` stand side by side, but not beside the `?` that encloses them.
fn scan(source: &str) -> Result<(), CelError> {
    if source.len() > MAX_SOURCE {
        return Err(CelError::new(
            source,
            MAX_SOURCE,
            format!("the expression is longer than {MAX_SOURCE} bytes"),
        ));
    }
    let bytes = source.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    // Operators and conditionals since the last comma, for each open bracket.
    let mut levels = vec![(0_usize, 0_usize)];
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let sign = byte(at);
        at += 1;
        match sign {
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => continue,
            b'/' if byte(at) == b'/' => {
                while at < bytes.len() && byte(at) != b'\n' {
                    at += 1;
                }
                continue;
            }
            b'"' | b'\'' => at = string_end(source, start, false)?,
            b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                while byte(at) == b'_' || byte(at).is_ascii_alphanumeric() {
                    at += 1;
                }
                let word = source.get(start..at).unwrap_or_default();
                if matches!(byte(at), b'"' | b'\'') {
                    // `0xbr"…"` is a number and a raw string to the library. Nobody writes it, so nobody has to
                    // know where the word ends.
                    if !is_string_prefix(word) {
                        return Err(CelError::new(
                            source,
                            at,
                            format!("unexpected string after `{word}`"),
                        ));
                    }
                    at = string_end(source, at, word.contains(['r', 'R']))?;
                } else if word == "in"
                    && let Some((operators, _)) = levels.last_mut()
                {
                    *operators += 1;
                }
            }
            b'(' | b'[' | b'{' => levels.push((0, 0)),
            b')' | b']' | b'}' => {
                // A bracket too many is left for the parser to report.
                if levels.len() > 1 {
                    levels.pop();
                }
                // What follows, an index or a call, applies to the bracket.
                if let Some((operators, _)) = levels.last_mut() {
                    *operators += 1;
                }
            }
            b',' => {
                if let Some(level) = levels.last_mut() {
                    *level = (0, 0);
                }
            }
            b'&' | b'|' if byte(at) == sign => {
                at += 1;
                if let Some((operators, _)) = levels.last_mut() {
                    *operators = 0;
                }
            }
            b'?' => {
                if let Some((_, conditionals)) = levels.last_mut() {
                    *conditionals += 1;
                }
            }
            b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'.' => {
                if let Some((operators, _)) = levels.last_mut() {
                    *operators += 1;
                }
            }
            b':' => {}
            _ => {
                let character = source
                    .get(start..)
                    .and_then(|rest| rest.chars().next())
                    .unwrap_or(' ');
                return Err(CelError::new(
                    source,
                    start,
                    format!("unexpected `{}`", character.escape_debug()),
                ));
            }
        }
        let depth: usize = levels
            .iter()
            .map(|(operators, conditionals)| 1 + operators + conditionals)
            .sum();
        if depth > MAX_DEPTH {
            return Err(too_deep(source, start));
        }
    }
    Ok(())
}

fn is_string_prefix(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "r" | "b" | "br")
}

/// The offset after the string whose quote is at `start`. Strings that the library would not take as one token are
/// refused here, so that what this skips is what the library skips.
fn string_end(source: &str, start: usize, raw: bool) -> Result<usize, CelError> {
    let bytes = source.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let unterminated = || CelError::new(source, start, "the string does not end");
    let quote = byte(start);
    let triple = byte(start + 1) == quote && byte(start + 2) == quote;
    let mut at = start + if triple { 3 } else { 1 };
    loop {
        if at >= bytes.len() {
            return Err(unterminated());
        }
        match byte(at) {
            sign if sign == quote && !triple => return Ok(at + 1),
            sign if sign == quote && byte(at + 1) == quote && byte(at + 2) == quote => {
                return Ok(at + 3);
            }
            b'\n' | b'\r' if !triple => return Err(unterminated()),
            b'\\' if !raw => {
                let digits = |from: usize, count: usize, radix: u32| {
                    (from..from + count).all(|at| char::from(byte(at)).is_digit(radix))
                };
                let length = match byte(at + 1) {
                    b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\'
                    | b'?' | b'`' => 2,
                    b'x' | b'X' if digits(at + 2, 2, 16) => 4,
                    b'u' if digits(at + 2, 4, 16) => 6,
                    b'U' if digits(at + 2, 8, 16) => 10,
                    b'0'..=b'3' if digits(at + 2, 2, 8) => 4,
                    _ => {
                        return Err(CelError::new(source, at, "unknown escape in a string")
                            .suggest(
                                "write `\\\\` for a backslash, or prefix the string with `r`",
                            ));
                    }
                };
                at += length;
            }
            _ => at += 1,
        }
    }
}
