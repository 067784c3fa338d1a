//! JSON with positions: text enters, a tree whose every node knows its byte range leaves.
//!
//! A policy finding quotes the entry that decided it, and a document with a repeated key means
//! different things to different readers, so positions and duplicate keys both matter here.
//! `serde_json` offers neither. Deliberately absent: numbers as numbers (a policy compares their
//! text), writing JSON, and any recursion deeper than [`MAX_DEPTH`].

use std::borrow::Cow;
use std::collections::HashSet;

use crate::error::{DocumentError, DocumentErrorKind};

/// Deepest nesting that is read. A policy needs about six levels.
pub(crate) const MAX_DEPTH: usize = 32;

/// Objects below this size are searched for a repeated key one by one.
const FEW_MEMBERS: usize = 32;

/// A value and the bytes it was read from.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: Value<'t>,
}

/// The JSON types. A number keeps its text; a string is borrowed unless it holds an escape.
#[derive(Debug)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    String(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// One `"key": value` of an object.
#[derive(Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_at: usize,
    pub(crate) node: Node<'t>,
}

impl Value<'_> {
    /// The JSON type as a word for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads one JSON value that fills `text`.
pub(crate) fn read(text: &str) -> Result<Node<'_>, DocumentError> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.fail("text after the end of the document"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fail(&self, what: &str) -> DocumentError {
        self.fail_at(what, self.at)
    }

    fn fail_at(&self, what: &str, at: usize) -> DocumentError {
        DocumentError::at(self.text, at, DocumentErrorKind::Json(what.to_owned()))
    }

    fn value(&mut self, depth: usize) -> Result<Node<'t>, DocumentError> {
        if depth > MAX_DEPTH {
            return Err(DocumentError::at(
                self.text,
                self.at,
                DocumentErrorKind::TooDeep(MAX_DEPTH),
            ));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err(self.fail("expected a value")),
            None => return Err(self.fail("the text ends where a value is expected")),
        };
        Ok(Node {
            start,
            end: self.at,
            value,
        })
    }

    fn word(&mut self, word: &str, value: Value<'t>) -> Result<Value<'t>, DocumentError> {
        let rest = self.text.get(self.at..).unwrap_or("");
        if rest.starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.fail("expected a value"))
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'t>, DocumentError> {
        self.at += 1;
        let mut members: Vec<Member<'t>> = Vec::new();
        let mut keys: HashSet<Cow<'t, str>> = HashSet::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.fail("expected a key in double quotes"));
            }
            let key_at = self.at;
            let key = self.string()?;
            let repeated = if members.len() < FEW_MEMBERS {
                members.iter().any(|member| member.key == key)
            } else {
                if keys.is_empty() {
                    keys.extend(members.iter().map(|member| member.key.clone()));
                }
                !keys.insert(key.clone())
            };
            if repeated {
                return Err(DocumentError::at(
                    self.text,
                    key_at,
                    DocumentErrorKind::DuplicateKey(key.into_owned()),
                ));
            }
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.fail("expected `:` after the key"));
            }
            self.at += 1;
            self.skip_space();
            let node = self.value(depth + 1)?;
            members.push(Member { key, key_at, node });
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.fail("expected `,` or `}`")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'t>, DocumentError> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return Err(self.fail("expected `,` or `]`")),
            }
        }
    }

    fn number(&mut self) -> Result<Value<'t>, DocumentError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.fail("expected a digit")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.require_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.require_digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or("");
        Ok(Value::Number(text))
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn require_digits(&mut self) -> Result<(), DocumentError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.fail("expected a digit"));
        }
        self.digits();
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'t, str>, DocumentError> {
        self.at += 1;
        let run = self.run()?;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(run));
        }
        let mut out = run.to_owned();
        while self.peek() == Some(b'\\') {
            self.at += 1;
            out.push(self.escape()?);
            out.push_str(self.run()?);
        }
        self.at += 1;
        Ok(Cow::Owned(out))
    }

    /// The text up to the next quote or escape, which is there.
    fn run(&mut self) -> Result<&'t str, DocumentError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let Some(length) = rest.iter().position(ends) else {
            self.at = self.text.len();
            return Err(self.fail("the text ends inside a string"));
        };
        let from = self.at;
        self.at += length;
        if matches!(self.peek(), Some(0..=0x1f)) {
            return Err(self.fail("raw control character in a string"));
        }
        Ok(self.text.get(from..self.at).unwrap_or(""))
    }

    fn escape(&mut self) -> Result<char, DocumentError> {
        let byte = self.peek();
        self.at += 1;
        match byte {
            Some(b'"') => Ok('"'),
            Some(b'\\') => Ok('\\'),
            Some(b'/') => Ok('/'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.unicode_escape(),
            _ => Err(self.fail_at("unknown escape in a string", self.at - 1)),
        }
    }

    fn unicode_escape(&mut self) -> Result<char, DocumentError> {
        let start = self.at;
        let high = self.hex4()?;
        let code = if (0xd800..0xdc00).contains(&high) {
            if self.text.get(self.at..self.at + 2) != Some("\\u") {
                return Err(self.fail_at("lone surrogate in a string", start));
            }
            self.at += 2;
            let low = self.hex4()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(self.fail_at("lone surrogate in a string", start));
            }
            0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        } else {
            high
        };
        char::from_u32(code).ok_or_else(|| self.fail_at("lone surrogate in a string", start))
    }

    fn hex4(&mut self) -> Result<u32, DocumentError> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .ok_or_else(|| self.fail("expected four hexadecimal digits"))?;
        let code = u32::from_str_radix(digits, 16)
            .map_err(|_| self.fail("expected four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(node: &Node<'_>) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(text) => serde_json::from_str(text).unwrap(),
            Value::String(text) => text.as_ref().into(),
            Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
            Value::Object(members) => members
                .iter()
                .map(|member| (member.key.to_string(), plain(&member.node)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map(".{0,4}", inner, 0..5)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let node = read(&text).unwrap();
                prop_assert_eq!(plain(&node), value.clone());
                prop_assert_eq!((node.start, node.end), (0, text.len()));
            }
        }

        #[test]
        fn never_accepts_what_serde_json_refuses(text in "[\\[\\]{}:,\"a\\\\u0-9.eE+ \\-truefalsn]{0,12}") {
            if read(&text).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        let text = "[".repeat(1_000_000);
        assert!(read(&text).unwrap_err().to_string().contains("nested"));
    }

    #[test]
    fn a_repeated_key_is_found_in_small_and_large_objects() {
        for count in [1, FEW_MEMBERS - 1, FEW_MEMBERS, 3 * FEW_MEMBERS] {
            let members: Vec<String> = (0..count).map(|key| format!("\"{key}\":0")).collect();
            let text = format!("{{{}}}", members.join(","));
            assert!(read(&text).is_ok());
            for repeated in [0, count - 1] {
                let text = format!("{{{},\"{repeated}\":0}}", members.join(","));
                let error = read(&text).unwrap_err();
                assert_eq!(
                    error.kind,
                    DocumentErrorKind::DuplicateKey(repeated.to_string())
                );
            }
        }
    }

    #[test]
    fn surrogate_pairs_join_and_lone_ones_are_refused() {
        let node = read(r#""\ud83d\ude00""#).unwrap();
        assert!(matches!(node.value, Value::String(text) if text == "😀"));
        assert!(read(r#""\ud83d""#).is_err());
        assert!(read(r#""\ude00""#).is_err());
    }
}
