//! Positions in JSON text.
//!
//! Enters: the text of one JSON value. Leaves: byte ranges of its values. Own code because a
//! parser gives values, and a splice needs positions; and because nesting must not cost stack.
//! Deliberately absent: validation beyond what finding the ranges needs.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0 }
    }

    /// The next byte that is not whitespace, not consumed.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !is_space(*byte) {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Consumes `byte` if it comes next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// The next member's name, through the colon.
    pub(crate) fn name(&mut self) -> Option<Cow<'a, str>> {
        self.peek()?;
        let range = self.string()?;
        let quoted = self.text.get(range)?;
        self.eat(b':').then_some(())?;
        unquote(quoted)
    }

    /// Skips one value of any depth without recursion and gives its range.
    pub(crate) fn skip(&mut self) -> Option<Range<usize>> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => return self.string(),
            b'{' | b'[' => {}
            _ => {
                let bytes = self.text.as_bytes();
                while bytes.get(self.at).is_some_and(|byte| {
                    !is_space(*byte)
                        && !matches!(byte, b',' | b']' | b'}' | b':' | b'"' | b'{' | b'[')
                }) {
                    self.at += 1;
                }
                return (self.at > start).then_some(start..self.at);
            }
        }
        let mut depth = 0usize;
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Some(start..self.at);
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether nothing but whitespace is left.
    pub(crate) fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        if bytes.get(start) != Some(&b'"') {
            return None;
        }
        let mut at = start + 1;
        loop {
            at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                return Some(start..self.at);
            }
            at += 2;
        }
    }
}

/// The text of a quoted JSON string.
pub(crate) fn unquote(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The value of a top-level member, as text; the last of repeated names.
pub(crate) fn top_member<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let mut scanner = Scanner::new(text);
    scanner.eat(b'{').then_some(())?;
    let mut found = None;
    if scanner.eat(b'}') {
        return None;
    }
    loop {
        let name = scanner.name()?;
        let range = scanner.skip()?;
        if name == wanted {
            found = text.get(range);
        }
        if !scanner.eat(b',') {
            return found;
        }
    }
}

/// The same JSON without whitespace between tokens: a snapshot holds one observation a line. Names,
/// strings and numbers stay as they are written.
#[must_use]
pub fn compact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut at, mut kept) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'"' {
            let mut scanner = Scanner { text, at };
            match scanner.string() {
                Some(range) => at = range.end,
                None => break,
            }
        } else if is_space(*byte) {
            if out.is_empty() {
                out.reserve(text.len());
            }
            out.push_str(text.get(kept..at).unwrap_or_default());
            while bytes.get(at).copied().is_some_and(is_space) {
                at += 1;
            }
            kept = at;
        } else {
            at += 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compaction_leaves_strings_alone() {
        assert_eq!(
            compact("{ \"a b\" : [ 1 ,\n\"\\\" c\" ] }"),
            r#"{"a b":[1,"\" c"]}"#
        );
        assert!(matches!(compact(r#"{"a b":1}"#), Cow::Borrowed(_)));
        assert_eq!(compact(" 1"), "1");
    }

    #[test]
    fn a_deep_value_is_skipped_without_recursion() {
        let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(Scanner::new(&deep).skip(), Some(0..deep.len()));
    }

    #[test]
    fn a_top_member_is_found_behind_others() {
        assert_eq!(top_member(r#"{"a":{"t":1},"t":"x"}"#, "t"), Some(r#""x""#));
        assert_eq!(top_member(r#"{"a":{"t":1}}"#, "t"), None);
        assert_eq!(top_member("[]", "t"), None);
    }
}
