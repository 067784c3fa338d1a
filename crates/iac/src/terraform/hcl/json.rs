//! Terraform's language written in JSON.
//!
//! Enters: the text of a `.tf.json` file. Leaves: the same in the native syntax, with the place that
//! each line of it comes from. Deliberately absent: the difference between attributes and blocks,
//! which only a provider's schema tells: both are written as values, and read alike.
//!
//! Source: Terraform, "JSON Configuration Syntax".

use crate::cloudformation::parse_tree;
use crate::error::CodeError;
use crate::value::{Node, Place, Value};

/// Members of a block that hold names and types, not templates.
const BARE: [&str; 4] = ["provider", "providers", "ignore_changes", "iterator"];

/// The text in the native syntax, and where each line of it comes from.
pub(super) fn written_out(
    name: &str,
    text: &str,
) -> Result<(String, Vec<Option<Place>>), CodeError> {
    crate::json(name, text.as_bytes())?;
    let mut out = Out::default();
    let root = parse_tree(name, text)?;
    for root in each(&root) {
        for (of_type, inner) in root.members() {
            match of_type.as_str() {
                "resource" | "data" => {
                    for (first, named) in members(inner) {
                        for (second, body) in members(named) {
                            out.block(of_type, &[first, second], body);
                        }
                    }
                }
                "module" | "output" | "provider" | "variable" => {
                    for (first, body) in members(inner) {
                        out.block(of_type, &[first], body);
                    }
                }
                "locals" => out.block(of_type, &[], inner),
                _ => {}
            }
        }
    }
    Ok((out.text, out.origins))
}

/// One object stands for a list of one.
fn each(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

fn members(node: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let all = each(node).iter().flat_map(Node::members);
    all.filter(|(name, _)| name != "//")
        .map(|(name, node)| (name.as_str(), node))
}

#[derive(Default)]
struct Out {
    text: String,
    origins: Vec<Option<Place>>,
}

impl Out {
    fn line(&mut self, text: &str, origin: Option<&Place>) {
        self.text.push_str(text);
        self.text.push('\n');
        self.origins.push(origin.cloned());
    }

    fn block(&mut self, of_type: &str, labels: &[&str], bodies: &Node) {
        for body in each(bodies) {
            let labels: String = labels
                .iter()
                .map(|label| format!("{} ", quoted(label, false)))
                .collect();
            self.line(&format!("{of_type} {labels}{{"), body.place.as_ref());
            for (name, value) in members(body) {
                self.member(of_type, name, value);
            }
            self.line("}", body.place.as_ref());
        }
    }

    fn member(&mut self, around: &str, name: &str, value: &Node) {
        if !is_name(name) || name == "depends_on" {
            return;
        }
        match name {
            "lifecycle" | "content" | "default_tags" | "assume_role" => {
                self.block(name, &[], value);
            }
            "dynamic" => {
                for (label, body) in members(value) {
                    self.block("dynamic", &[label], body);
                }
            }
            _ => {
                let how = match (around, name) {
                    ("variable", "default") => How::Literal,
                    ("variable", "type") => How::Bare,
                    (_, "type") => How::Template,
                    _ if BARE.contains(&name) => How::Bare,
                    _ => How::Template,
                };
                self.line(&format!("{name} ="), value.place.as_ref());
                // An expression begins on the line of its name.
                self.text.pop();
                self.origins.pop();
                self.value(value, how);
                self.line("", value.place.as_ref());
            }
        }
    }

    /// Writes a value, a line for each member.
    fn value(&mut self, node: &Node, how: How) {
        match &node.value {
            Value::List(items) => {
                self.line(" [", node.place.as_ref());
                for item in items {
                    self.value(item, how);
                    self.line(",", item.place.as_ref());
                }
                self.text.push(']');
            }
            Value::Map(members) => {
                self.line(" {", node.place.as_ref());
                for (name, item) in members {
                    match how {
                        How::Bare if bare(name).is_some() => self.text.push_str(name),
                        _ => self.text.push_str(&quoted(name, how == How::Template)),
                    }
                    self.text.push_str(" =");
                    self.value(item, how);
                    self.line("", item.place.as_ref());
                }
                self.text.push('}');
            }
            Value::Text(text) => {
                let written = match how {
                    How::Bare => bare(text).unwrap_or_else(|| quoted(text, false)),
                    How::Literal => quoted(text, false),
                    How::Template => quoted(text, true),
                };
                self.text.push(' ');
                self.text.push_str(&written);
            }
            Value::Bool(value) => self.text.push_str(if *value { " true" } else { " false" }),
            Value::Number(number) => {
                self.text.push(' ');
                self.text.push_str(&number.to_string());
            }
            Value::Null | Value::Open(_) => self.text.push_str(" null"),
        }
    }
}

/// How a text is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Template,
    Literal,
    Bare,
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// A text that is an expression by itself: the name of a provider, a type.
fn bare(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix("${")
        .and_then(|text| text.strip_suffix('}'));
    let inner = inner.unwrap_or(text);
    let fits = !inner.contains('\n') && hcl_edit::parser::parse_expr(inner).is_ok();
    fits.then(|| inner.to_owned())
}

/// A text between quotes. In a template, what stands between `${` and `}` stays an expression.
fn quoted(text: &str, template: bool) -> String {
    let mut out = String::from('"');
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let opens = rest.starts_with("${") || rest.starts_with("%{");
        let escaped = rest.starts_with("$${") || rest.starts_with("%%{");
        let length = match c {
            _ if template && escaped => {
                out.push_str(rest.get(..3).unwrap_or_default());
                3
            }
            _ if template && opens => {
                let length = expression(rest);
                let inside = rest.get(..length).unwrap_or_default();
                out.push_str(&inside.replace(['\n', '\r'], " "));
                length
            }
            '$' | '%' if opens => {
                out.push(c);
                out.push_str(rest.get(..2).unwrap_or_default());
                2
            }
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
                1
            }
            '\n' => {
                out.push_str("\\n");
                1
            }
            '\r' => {
                out.push_str("\\r");
                1
            }
            '\t' => {
                out.push_str("\\t");
                1
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push('"');
    out
}

/// How long the interpolation is that a text begins with.
fn expression(text: &str) -> usize {
    let mut depth = 0usize;
    let mut inside = false;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if inside => {
                chars.next();
            }
            '"' => inside = !inside,
            '{' if !inside => depth += 1,
            '}' if !inside => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(text: &str) -> String {
        let (text, origins) = written_out("main.tf.json", text).unwrap();
        assert_eq!(text.lines().count(), origins.len(), "{text}");
        hcl_edit::parser::parse_body(&text).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn blocks_and_templates_are_written_out() {
        let text = r#"{"resource": {"a": {"b": {
            "x": "${lookup(var.m, \"k\")}-y", "s": "say \"hi\"", "n": 2, "l": ["${c.d}"],
            "provider": "aws.west", "dynamic": {"e": {"for_each": "${var.l}", "content": {"f": true}}}
        }}}}"#;
        assert_eq!(
            native(text),
            r#"resource "a" "b" { x = "${lookup(var.m, "k")}-y" s = "say \"hi\"" n = 2 l = [ "${c.d}", ] provider = aws.west dynamic "e" { for_each = "${var.l}" content { f = true } } }"#
        );
    }

    #[test]
    fn a_default_is_no_template() {
        let text = r#"{"variable": {"v": {"type": "list(string)", "default": ["${x}"]}}}"#;
        assert_eq!(
            native(text),
            r#"variable "v" { type = list(string) default = [ "$${x}", ] }"#
        );
    }
}
