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

    /// The commands for one asset: one, or where values are lists one for each element, which are
    /// then taken side by side. Values become part of a shell word, whatever they hold; one that is
    /// not known is left to the user, in capitals.
    #[must_use]
    pub fn commands(&self, input: &Input<'_>) -> Vec<String> {
        let scratch = Scratch::default();
        let values: Vec<Option<Value<'_>>> = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(_) => None,
                Piece::Value(program) => Some(program.eval(input, &scratch)),
            })
            .collect();
        let lengths = values.iter().flatten().filter_map(|value| match value {
            Value::List(list) => Some(list.len()),
            _ => None,
        });
        let count = lengths.min().unwrap_or(1);
        (0..count)
            .map(|index| self.command(&values, index))
            .collect()
    }

    fn command(&self, values: &[Option<Value<'_>>], index: usize) -> String {
        let mut out = String::new();
        for (piece, value) in self.pieces.iter().zip(values) {
            match (piece, value) {
                (Piece::Text(text), _) => out.push_str(text),
                (Piece::Value(program), value) => {
                    let mut text = String::new();
                    match value {
                        Some(Value::List(list)) => push_known(&mut text, list.item(index)),
                        Some(value) => push_known(&mut text, *value),
                        None => {}
                    }
                    if text.is_empty() {
                        out.push_str(&placeholder(program.source()));
                    } else if out.matches('\'').count() % 2 == 1 {
                        out.push_str(&text.replace('\'', r"'\''"));
                    } else {
                        out.push_str(&shell_word(&text));
                    }
                }
            }
        }
        out
    }
}

/// One word of a shell, whatever it holds.
#[must_use]
pub fn shell_word(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

/// What stands for a value that is not known: the last name in the expression, in capitals.
fn placeholder(source: &str) -> String {
    source
        .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .find(|word| !word.is_empty())
        .unwrap_or("VALUE")
        .to_ascii_uppercase()
}

fn push_known(out: &mut String, value: Value<'_>) {
    if !matches!(value, Value::Unknown(_) | Value::Absent) {
        push_value(out, value);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::schema::Described as _;
    use crate::facts::{Fact, Text};
    use crate::missing::Missing;
    use crate::time::Time;
    use crate::tunables::Tunables;

    crate::facts! {
        /// A thing with commands.
        struct Thing<'e> {
            /// Its name.
            pub name: Fact<'e, Text<'e>>,
            /// Its parts.
            pub parts: Vec<String>,
        }
    }

    fn commands(source: &str, thing: &Thing<'_>) -> Vec<String> {
        let environment = Environment {
            root: Thing::SCHEMA,
            tunables: Tunables::SCHEMA,
        };
        let template = Template::compile(source, &environment).unwrap();
        template.commands(&Input {
            root: thing,
            tunables: &Tunables::default(),
            as_of: jiff::Timestamp::from_millisecond(Time(0).0).unwrap(),
        })
    }

    fn thing(name: &'static str, parts: &[&str]) -> Thing<'static> {
        Thing {
            name: Fact::given(name.into()),
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        }
    }

    #[test]
    fn a_value_stays_inside_its_word() {
        let hostile = thing("a'$(rm -rf ~) b", &[]);
        assert_eq!(
            commands("x --key pre/${name}", &hostile),
            [r"x --key pre/'a'\''$(rm -rf ~) b'"]
        );
        assert_eq!(
            commands(r#"x '{"K":"${name}"}'"#, &hostile),
            [r#"x '{"K":"a'\''$(rm -rf ~) b"}'"#]
        );
        assert_eq!(commands("x ${name}", &thing("plain", &[])), ["x plain"]);
    }

    #[test]
    fn a_list_makes_a_command_for_each_element() {
        let source = "x ${parts} of ${name}";
        assert_eq!(
            commands(source, &thing("t", &["a", "b"])),
            ["x a of t", "x b of t"]
        );
        assert!(commands(source, &thing("t", &[])).is_empty());
    }

    #[test]
    fn what_is_not_known_is_left_to_the_user() {
        let unknown = Thing {
            name: Fact::unknown(Missing::undecided("name")),
            parts: Vec::new(),
        };
        assert_eq!(commands("x ${name}", &unknown), ["x NAME"]);
    }
}
