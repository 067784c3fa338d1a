//! A borrowed JSON tree.
//!
//! Enters: the text of one body. Leaves: a tree whose strings point into that text wherever JSON
//! escapes allow. Own code because an estate is a hundred thousand small bodies that are each read
//! once: `serde_json::Value` allocates and hashes every member name. Member look-up is a linear
//! scan, which is faster than hashing at the sizes AWS answers have.
//! Deliberately absent: mutation, numbers beyond `i64`/`f64`.

pub mod skim;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// One value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction or exponent that fits `i64`.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object, members in source order. Of repeated names the last one counts.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Parses `text`.
    ///
    /// # Errors
    /// When `text` is not one JSON value.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        // The peer tells what is wrong with a text, and where.
        skim::from_str(text).or_else(|_| serde_json::from_str(text))
    }

    /// The member `name` of an object; `null` counts as absent, as it does for AWS.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Node<'a>> {
        match self {
            Node::Object(members) => members
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map(|(_, node)| node)
                .filter(|node| !matches!(node, Node::Null)),
            _ => None,
        }
    }

    /// The node at a JSON pointer (RFC 6901).
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Node<'a>> {
        let mut node = self;
        for segment in pointer.split('/').skip(1) {
            node = match node {
                Node::Array(items) => items.get(segment.parse::<usize>().ok()?)?,
                Node::Object(_) if segment.contains('~') => {
                    node.member(&segment.replace("~1", "/").replace("~0", "~"))?
                }
                _ => node.member(segment)?,
            };
        }
        Some(node)
    }

    /// The text of a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean, also one that infrastructure code wrote as the string `"true"` or `"false"`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Node::Bool(value) => Some(*value),
            Node::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Node::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// An integer, also one that is written as a string of digits or as `2.0`.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Node::Int(value) => Some(*value),
            #[allow(
                clippy::cast_possible_truncation,
                reason = "checked to be whole and in range"
            )]
            Node::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => {
                Some(*value as i64)
            }
            Node::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            #[allow(
                clippy::cast_precision_loss,
                reason = "metric values and weights are small"
            )]
            Node::Int(value) => Some(*value as f64),
            Node::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The items of an array; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node<'a>] {
        match self {
            Node::Array(items) => items,
            _ => &[],
        }
    }

    /// The members of an object; none for anything else.
    #[must_use]
    pub fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        match self {
            Node::Object(members) => members,
            _ => &[],
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tree;
        impl<'de> Visitor<'de> for Tree {
            type Value = Node<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Node<'de>, E> {
                Ok(Node::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
                Ok(Node::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
                Ok(Node::Int(value))
            }
            #[allow(
                clippy::cast_precision_loss,
                reason = "no member of interest exceeds i64"
            )]
            fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
                Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
                Ok(Node::Float(value))
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
                Ok(Node::Text(Cow::Borrowed(value)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
                Ok(Node::Text(Cow::Owned(value.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Node::Object(members))
            }
        }
        deserializer.deserialize_any(Tree)
    }
}

/// A member name, borrowed where it can be (`Cow`'s own `Deserialize` always copies).
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(value)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => serializer.serialize_unit(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Int(value) => serializer.serialize_i64(*value),
            Node::Float(value) => serializer.serialize_f64(*value),
            Node::Text(text) => serializer.serialize_str(text),
            Node::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Node::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, node) in members {
                    map.serialize_entry(name, node)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_borrowed_unless_escaped() {
        let node = Node::parse(r#"{"a":"x","b":"\n"}"#).unwrap();
        let Node::Object(members) = node else {
            panic!("not an object")
        };
        assert!(matches!(&members[0].1, Node::Text(Cow::Borrowed("x"))));
        assert!(matches!(&members[1].1, Node::Text(Cow::Owned(_))));
    }

    #[test]
    fn pointers_reach_arrays_and_escaped_names() {
        let node = Node::parse(r#"{"a":[{"b/c":1,"d~e":2}]}"#).unwrap();
        assert_eq!(node.pointer("/a/0/b~1c").and_then(Node::integer), Some(1));
        assert_eq!(node.pointer("/a/0/d~0e").and_then(Node::integer), Some(2));
        assert_eq!(node.pointer("/a/1"), None);
    }

    #[test]
    fn the_last_of_repeated_names_counts_and_null_is_absent() {
        let node = Node::parse(r#"{"a":1,"a":2,"b":null}"#).unwrap();
        assert_eq!(node.member("a").and_then(Node::integer), Some(2));
        assert_eq!(node.member("b"), None);
    }
}
