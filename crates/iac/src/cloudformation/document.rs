//! A template's text as a tree with places.
//!
//! Enters: YAML with CloudFormation's short tags, or JSON, which YAML includes. Leaves: nodes, with
//! `!Ref x` written out as `{"Ref": "x"}`. Deliberately absent: what functions mean.
//!
//! Depth and size are bounded, also of what aliases repeat, so that no file makes more of itself
//! than it is.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::Number;

use crate::error::CodeError;
use crate::value::{Node, Place, Value};

/// Nesting deeper than this is refused.
const DEEPEST: usize = 100;

/// More nodes than this are refused, counting what aliases repeat.
const MOST_NODES: usize = 4_000_000;

/// Parses the first document of a text.
pub(crate) fn parse(file: &str, text: &str) -> Result<Node, CodeError> {
    let mut tree = Tree {
        file: Arc::from(file),
        stack: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        done: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let line = u32::try_from(error.marker().line()).ok();
            CodeError::new(
                file,
                line,
                format!("this is not YAML: {}", first_line(&error.to_string())),
            )
        })?;
        tree.take(event, span)?;
        if tree.done.is_some() {
            break;
        }
    }
    tree.done
        .ok_or_else(|| CodeError::new(file, None, "the file is empty"))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// A collection that is not finished.
struct Frame {
    node: Node,
    /// The name of the member whose value comes next.
    name: Option<String>,
    tag: Option<String>,
    anchor: usize,
    /// Where each member stands, by name.
    seen: HashMap<String, usize>,
}

struct Tree {
    file: Arc<str>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    done: Option<Node>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), CodeError> {
        let place = self.place(&span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, &place)?;
                let name = short_tag(tag.as_deref());
                let forced = tag
                    .as_deref()
                    .is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let value = scalar(&text, style, forced || name.is_some());
                let node = tagged(Node::new(value, Some(place)), name);
                self.add(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(Value::List(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.open(Value::Map(Vec::new()), anchor, tag.as_deref(), place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(frame) = self.stack.pop() else {
                    return Ok(());
                };
                self.add(tagged(frame.node, frame.tag), frame.anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.error(&place, "an alias stands inside its own anchor"));
                };
                self.count(size, &place)?;
                self.add(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        value: Value,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), CodeError> {
        self.count(1, &place)?;
        if self.stack.len() >= DEEPEST {
            return Err(self.error(&place, "the template is nested too deep to be read"));
        }
        self.stack.push(Frame {
            node: Node::new(value, Some(place)),
            name: None,
            tag: short_tag(tag),
            anchor,
            seen: HashMap::new(),
        });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), CodeError> {
        if anchor > 0 {
            let size = size(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(frame) = self.stack.last_mut() else {
            self.done = Some(node);
            return Ok(());
        };
        match (&mut frame.node.value, frame.name.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(members), Some(name)) => {
                if name == "<<" {
                    merge(members, &mut frame.seen, &node);
                } else {
                    let at = *frame.seen.entry(name.clone()).or_insert(members.len());
                    match members.get_mut(at) {
                        Some((_, old)) => *old = node,
                        None => members.push((name, node)),
                    }
                }
            }
            (Value::Map(_), None) => match node.coerced() {
                Some(name) => frame.name = Some(name),
                None => {
                    let place = node.place.unwrap_or_else(|| Place {
                        file: self.file.clone(),
                        line: 1,
                        column: 1,
                    });
                    return Err(self.error(&place, "the name of a member is not a text"));
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, more: usize, place: &Place) -> Result<(), CodeError> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MOST_NODES {
            return Err(self.error(place, "the template is too large to be read"));
        }
        Ok(())
    }

    fn place(&self, span: &Span) -> Place {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place {
            file: self.file.clone(),
            line: number(span.start.line()).max(1),
            column: number(span.start.col()).saturating_add(1),
        }
    }

    fn error(&self, place: &Place, what: &str) -> CodeError {
        CodeError::new(&self.file, Some(place.line), what)
    }
}

/// Merges a map under the members that are there already (`<<`).
fn merge(members: &mut Vec<(String, Node)>, seen: &mut HashMap<String, usize>, node: &Node) {
    let maps = match &node.value {
        Value::Map(_) => std::slice::from_ref(node),
        _ => node.items(),
    };
    for (name, node) in maps.iter().flat_map(Node::members) {
        if !seen.contains_key(name) {
            seen.insert(name.clone(), members.len());
            members.push((name.clone(), node.clone()));
        }
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(members) => members.iter().map(|(_, node)| size(node)).sum(),
        _ => 0,
    }
}

/// The function of a short tag: `!Ref` is `Ref`, `!Sub` is `Fn::Sub`.
fn short_tag(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    if tag.is_yaml_core_schema() || tag.original_handle() != "!" {
        return None;
    }
    Some(match tag.suffix() {
        plain @ ("Ref" | "Condition") => plain.to_owned(),
        function => format!("Fn::{function}"),
    })
}

fn tagged(mut node: Node, function: Option<String>) -> Node {
    let Some(function) = function else {
        return node;
    };
    // The short form names resource and attribute in one text.
    if function == "Fn::GetAtt"
        && let Some((resource, attribute)) = node.as_text().and_then(|text| text.split_once('.'))
    {
        node.value = Value::List(vec![Node::text(resource), Node::text(attribute)]);
    }
    let place = node.place.clone();
    Node::new(Value::Map(vec![(function, node)]), place)
}

/// A scalar by the rules of YAML that CloudFormation follows.
fn scalar(text: &str, style: ScalarStyle, as_text: bool) -> Value {
    if as_text || style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "on" | "On" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "off" | "Off" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::Text(text.to_owned()), Value::Number),
    }
}

/// A number, unless writing it as one would change it: `0123` and account ids stay as they are.
fn number(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse::<i64>() {
        return (number.to_string() == text).then(|| number.into());
    }
    let number = Number::from_f64(text.parse::<f64>().ok()?)?;
    (text.contains('.') && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Body;

    fn json(text: &str) -> String {
        Body::of(&parse("t.yaml", text).unwrap()).json.to_string()
    }

    #[test]
    fn short_tags_are_written_out() {
        assert_eq!(
            json("A: !Ref X\nB: !GetAtt X.Y.Z\nC: !If [c, !Sub '${A}', 1]\n"),
            r#"{"A":{"Ref":"X"},"B":{"Fn::GetAtt":["X","Y.Z"]},"C":{"Fn::If":["c",{"Fn::Sub":"${A}"},1]}}"#
        );
    }

    #[test]
    fn places_are_those_of_the_values() {
        let node = parse("t.yaml", "A:\n  B: x\n  C: [y]\n").unwrap();
        let b = node
            .at_path(&["A", "B"])
            .and_then(|node| node.place.clone());
        assert_eq!(b.map(|place| (place.line, place.column)), Some((2, 6)));
    }

    #[test]
    fn aliases_cannot_make_a_small_file_large() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        let error = parse("bomb.yaml", &text).unwrap_err().to_string();
        assert!(error.starts_with("bomb.yaml:"), "{error}");
        assert!(
            error.ends_with("the template is too large to be read"),
            "{error}"
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let text = "[".repeat(5_000);
        assert!(parse("deep.yaml", &text).is_err());
    }

    #[test]
    fn json_is_read_with_its_places() {
        let node = parse("t.json", "{\n\t\"A\": \"\\u00e9\\/x\"\n}").unwrap();
        assert_eq!(node.member("A").and_then(Node::as_text), Some("é/x"));
    }
}
