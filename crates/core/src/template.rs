//! One line of text with values of the asset in it.
//!
//! `${expression}` stands for the value of an expression over the asset's facts. An unknown value
//! reads `(unknown)`, an absent one `absent`. `$$` is a dollar sign.

use std::fmt::{self, Write as _};

use crate::cel::{self, CelError, Environment, Input, Program, Scratch, Value};

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Value(Program),
}

impl Template {
    /// Compiles `source`.
    ///
    /// # Errors
    /// When an expression does not compile, or a `${` is not closed; positions are within `source`.
    pub fn compile(source: &str, environment: &Environment) -> Result<Template, CelError> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some(at) = rest.find('$') {
            let (text, tail) = rest.split_at(at);
            push_text(&mut pieces, text);
            if let Some(tail) = tail.strip_prefix("$$") {
                push_text(&mut pieces, "$");
                rest = tail;
            } else if let Some(tail) = tail.strip_prefix("${") {
                let Some(end) = tail.find('}') else {
                    return Err(CelError::at(
                        source,
                        source.len() - tail.len(),
                        "`${` is not closed by `}`",
                    ));
                };
                let (expression, after) = tail.split_at(end);
                let program = cel::compile_any(expression, environment)
                    .map_err(|error| error.within(source, source.len() - tail.len()))?;
                pieces.push(Piece::Value(program));
                rest = after.strip_prefix('}').unwrap_or(after);
            } else {
                push_text(&mut pieces, "$");
                rest = tail.strip_prefix('$').unwrap_or(tail);
            }
        }
        push_text(&mut pieces, rest);
        Ok(Template { pieces })
    }

    /// The text for one asset.
    #[must_use]
    pub fn render(&self, input: &Input<'_>) -> String {
        let scratch = Scratch::default();
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(program) => push_value(&mut out, program.eval(input, &scratch)),
            }
        }
        out
    }
}

/// The source.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(&text.replace('$', "$$"))?,
                Piece::Value(program) => write!(f, "${{{}}}", program.source())?,
            }
        }
        Ok(())
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        last.push_str(text);
    } else {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn push_value(out: &mut String, value: Value<'_>) {
    match value {
        Value::Unknown(_) => out.push_str("(unknown)"),
        Value::Absent => out.push_str("absent"),
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Double(value) => {
            let _ = write!(out, "{value}");
        }
        Value::String(text) => out.push_str(text),
        Value::Timestamp(time) => {
            let _ = write!(out, "{time}");
        }
        Value::Duration(duration) => {
            let _ = write!(out, "{} days", duration.as_hours() / 24);
        }
        Value::List(list) => {
            for index in 0..list.len() {
                if index > 0 {
                    out.push_str(", ");
                }
                push_value(out, list.item(index));
            }
        }
        Value::Record(record) => out.push_str(record.schema().name),
    }
}
