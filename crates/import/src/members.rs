//! The top-level members of a document, unparsed.
//!
//! Enters: the text of one JSON object. Leaves: its members as raw slices, so that recognising a
//! document costs one pass however large it is. Deliberately absent: a tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in source order. Of repeated names the last one counts.
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The member `name`; `null` counts as absent, as it does for AWS.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
            .filter(|value| value.get() != "null")
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Whether the object spells out `name`, even as `null`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// The member `name` when it is a string or a number, as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).and_then(text_of)
    }

    /// The value at a path of member names, where `0` is the first item of an array.
    pub(crate) fn at(&self, path: &str) -> Option<&'a RawValue> {
        let (head, rest) = split(path);
        descend(self.raw(head)?, rest)
    }
}

/// The text of a string or number.
pub(crate) fn text_of(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'-' | b'0'..=b'9' => Some(text.to_owned()),
        _ => None,
    }
}

/// The first item of an array.
pub(crate) fn first_item(raw: &RawValue) -> Option<&RawValue> {
    let inner = raw.get().strip_prefix('[')?;
    serde_json::Deserializer::from_str(inner)
        .into_iter::<&RawValue>()
        .next()?
        .ok()
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    }
}

fn descend<'a>(raw: &'a RawValue, path: Option<&str>) -> Option<&'a RawValue> {
    let mut raw = raw;
    let mut path = path;
    while let Some(here) = path {
        let (head, rest) = split(here);
        raw = if head == "0" {
            first_item(raw)?
        } else {
            Members::parse(raw.get()).ok()?.raw(head)?
        };
        path = rest;
    }
    Some(raw)
}

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reach_first_items_and_members() {
        let members = Members::parse(r#"{"A":[{"B":{"C":"x"}},{"B":1}],"N":null}"#).unwrap();
        assert_eq!(members.at("A/0/B/C").and_then(text_of).unwrap(), "x");
        assert!(members.at("A/0/D").is_none());
        assert!(!members.has("N"));
    }
}
