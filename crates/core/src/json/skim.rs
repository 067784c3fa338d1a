//! Reads a few members of a JSON text, and goes over the rest at little more than the cost of
//! finding its strings.
//!
//! Enters: one JSON text. Leaves: what a type's `Deserialize` asks for. Of an object or array that
//! nobody asked for only the end is looked for: it is for texts that are known to be JSON, as a
//! line of a snapshot part is by its hash.
//! Own code because a history of training jobs is gigabytes of which a fraction is read: `serde_json`
//! looks at every token and for the end of each string for itself, and here the quotes and brackets
//! of sixty-four bytes are found at once (Langdale and Lemire, "Parsing Gigabytes of JSON per
//! Second", 2019).
//! Deliberately absent: enumerations, values that nest deeper than `serde_json` allows, and positions in errors: a
//! text that is refused here is read again by `serde_json`, which tells what is wrong with it.

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use wide::u8x16;

/// How deep values may nest; `serde_json` has the same limit.
const DEEPEST: u8 = 127;

/// Why a text is not read.
#[derive(Debug, thiserror::Error)]
pub enum SkimError {
    /// It is not JSON, or nests too deep.
    #[error("expected {0}")]
    Expected(&'static str),
    /// It is JSON, and not of the type that was asked for.
    #[error("{0}")]
    Type(String),
}

impl de::Error for SkimError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        SkimError::Type(message.to_string())
    }
}

/// Reads `text`.
///
/// # Errors
/// When `text` is not one JSON value, or not a `T`.
pub fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, SkimError> {
    let mut skim = Skim {
        text,
        at: 0,
        block: usize::MAX,
        marks: 0,
        room: DEEPEST,
    };
    let value = T::deserialize(&mut skim)?;
    match skim.peek() {
        None if skim.at == text.len() => Ok(value),
        _ => Err(SkimError::Expected("the end of the text")),
    }
}

/// A value as it is written, read by nobody yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(pub &'a str);

/// What a [`Raw`] asks for; no other type has this name.
const RAW: &str = "$sagewarden::Raw";

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Raw<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value, read by `skim`")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Raw<'de>, E> {
                Ok(Raw(text))
            }
        }
        deserializer.deserialize_newtype_struct(RAW, Text)
    }
}

/// Bytes that are marked at once.
const BLOCK: usize = 64;

struct Skim<'a> {
    text: &'a str,
    /// Where the next token starts, or white space before it.
    at: usize,
    /// Which block of the text `marks` is about.
    block: usize,
    /// A bit for each byte of the block that may not stand inside a string as it is: quotes,
    /// backslashes and control characters.
    marks: u64,
    /// How many levels deeper values may nest.
    room: u8,
}

/// A string as written, without its quotes.
struct Written {
    start: usize,
    end: usize,
    escaped: bool,
}

impl<'a> Skim<'a> {
    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first byte of the next token.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), SkimError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(SkimError::Expected(what))
        }
    }

    /// The first marked byte from `from` on.
    #[inline]
    fn mark(&mut self, from: usize) -> Option<usize> {
        let mut block = from / BLOCK;
        if block != self.block {
            self.load(block)?;
        }
        let mut marks = self.marks & (u64::MAX << (from % BLOCK));
        while marks == 0 {
            block += 1;
            self.load(block)?;
            marks = self.marks;
        }
        Some(block * BLOCK + marks.trailing_zeros() as usize)
    }

    fn load(&mut self, block: usize) -> Option<()> {
        let rest = self.text.as_bytes().get(block * BLOCK..)?;
        self.marks = with_block(rest, marks);
        self.block = block;
        (!rest.is_empty()).then_some(())
    }

    /// Goes past a string whose opening quote comes next.
    #[inline]
    fn string(&mut self) -> Result<Written, SkimError> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        let mut escaped = false;
        loop {
            let end = self
                .mark(self.at)
                .ok_or(SkimError::Expected("the end of a string"))?;
            self.at = end + 1;
            match self.text.as_bytes().get(end) {
                Some(b'"') => {
                    return Ok(Written {
                        start,
                        end,
                        escaped,
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(SkimError::Expected("no control character in a string")),
            }
        }
    }

    /// Goes past what follows a backslash.
    fn escape(&mut self) -> Result<(), SkimError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 1,
            [b'u', a, b, c, d, ..]
                if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) =>
            {
                5
            }
            _ => return Err(SkimError::Expected("an escape")),
        };
        Ok(())
    }

    /// The text of a string without escapes, as it is.
    #[inline]
    fn plain(&self, written: &Written) -> &'a str {
        self.text
            .get(written.start..written.end)
            .unwrap_or_default()
    }

    /// The text of a string with escapes.
    fn unescaped(&self, written: &Written) -> Result<String, SkimError> {
        let quoted = self.text.get(written.start - 1..=written.end);
        serde_json::from_str(quoted.unwrap_or_default()).map_err(de::Error::custom)
    }

    fn literal(&mut self, literal: &'static str) -> Result<(), SkimError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(literal.as_bytes()) {
            self.at += literal.len();
            Ok(())
        } else {
            Err(SkimError::Expected(literal))
        }
    }

    fn digits(&mut self) -> Result<(), SkimError> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(SkimError::Expected("a digit"));
        }
        Ok(())
    }

    /// Goes past a number and gives its text, and whether it is an integer.
    fn number(&mut self) -> Result<(&'a str, bool), SkimError> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut integer = true;
        if self.byte() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok((self.text.get(start..self.at).unwrap_or_default(), integer))
    }

    /// Goes past a value.
    fn skip(&mut self) -> Result<(), SkimError> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{' | b'[') => self.skip_list(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => Err(SkimError::Expected("a value")),
        }
    }

    /// Goes past an object or array that opens next.
    fn skip_list(&mut self) -> Result<(), SkimError> {
        let mut depth = 0;
        let mut string = Inside::default();
        let mut start = self.at;
        loop {
            let from = start - start % BLOCK;
            let rest = self.text.as_bytes().get(from..).unwrap_or_default();
            if rest.is_empty() {
                return Err(SkimError::Expected("the end of a list"));
            }
            let brackets = with_block(rest, Brackets::of);
            let seen = u64::MAX << (start - from);
            let outside = seen & !string.next(brackets.quotes & seen, brackets.backslashes & seen);
            let (opening, closing) = (brackets.opening & outside, brackets.closing & outside);
            if closing.count_ones() >= depth {
                let mut both = opening | closing;
                while both != 0 {
                    let bit = both & both.wrapping_neg();
                    if opening & bit != 0 {
                        depth += 1;
                    } else {
                        depth = depth.saturating_sub(1);
                    }
                    if depth == 0 {
                        self.at = from + bit.trailing_zeros() as usize + 1;
                        return Ok(());
                    }
                    both &= both - 1;
                }
            } else {
                depth = depth + opening.count_ones() - closing.count_ones();
            }
            start = from + BLOCK;
        }
    }

    /// Reads an object or array that opens next.
    fn items<T>(
        &mut self,
        close: u8,
        visit: impl FnOnce(&mut Items<'_, 'a>) -> Result<T, SkimError>,
    ) -> Result<T, SkimError> {
        self.room = self.room.checked_sub(1).ok_or(TOO_DEEP)?;
        self.at += 1;
        let mut items = Items {
            skim: self,
            close,
            state: State::First,
        };
        let value = visit(&mut items)?;
        if items.state != State::Closed && items.next()? {
            return Err(SkimError::Expected("the end of the list"));
        }
        self.room += 1;
        Ok(value)
    }
}

const TOO_DEEP: SkimError = SkimError::Expected("values that nest less deep");

/// Hands the first block of `rest` to `read`, filled up with spaces at the end of the text.
fn with_block<T>(rest: &[u8], read: impl Fn(&[u8; BLOCK]) -> T) -> T {
    if let Some(whole) = rest.first_chunk::<BLOCK>() {
        return read(whole);
    }
    let mut padded = [b' '; BLOCK];
    padded
        .iter_mut()
        .zip(rest)
        .for_each(|(to, from)| *to = *from);
    read(&padded)
}

/// The bytes that may not stand inside a string as they are.
fn marks(block: &[u8; BLOCK]) -> u64 {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let control = u8x16::splat(0x1f);
    bits(block, |lane| {
        lane.simd_eq(quote) | lane.simd_eq(backslash) | lane.min(control).simd_eq(lane)
    })
}

/// A bit for each byte of the block that `is` marks.
fn bits(block: &[u8; BLOCK], is: impl Fn(u8x16) -> u8x16) -> u64 {
    let (lanes, _) = block.as_chunks::<16>();
    lanes.iter().rev().fold(0, |marks, lane| {
        marks << 16 | u64::from(is(u8x16::new(*lane)).to_bitmask())
    })
}

/// Where a block has what tells the end of an object or array.
struct Brackets {
    quotes: u64,
    backslashes: u64,
    opening: u64,
    closing: u64,
}

impl Brackets {
    fn of(block: &[u8; BLOCK]) -> Self {
        // Brackets and braces differ in this bit alone.
        let either = u8x16::splat(0x20);
        Brackets {
            quotes: bits(block, |lane| lane.simd_eq(u8x16::splat(b'"'))),
            backslashes: bits(block, |lane| lane.simd_eq(u8x16::splat(b'\\'))),
            opening: bits(block, |lane| (lane | either).simd_eq(u8x16::splat(b'{'))),
            closing: bits(block, |lane| (lane | either).simd_eq(u8x16::splat(b'}'))),
        }
    }
}

/// Which bytes are inside strings, block after block.
#[derive(Default)]
struct Inside {
    /// All ones when the block before ended inside a string.
    string: u64,
    /// One when the block before ended with a backslash that escapes.
    escape: u64,
}

impl Inside {
    /// The bytes of the next block that are inside strings, closing quotes not among them.
    fn next(&mut self, quotes: u64, backslashes: u64) -> u64 {
        let mut escaped = self.escape;
        self.escape = 0;
        let mut rest = backslashes;
        while rest != 0 {
            let bit = rest & rest.wrapping_neg();
            rest &= rest - 1;
            if escaped & bit == 0 {
                escaped |= bit << 1;
                self.escape = bit >> 63;
            }
        }
        // Each quote flips what follows: the parity of the quotes up to a byte.
        let mut inside = quotes & !escaped;
        for distance in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << distance;
        }
        inside ^= self.string;
        self.string = 0u64.wrapping_sub(inside >> 63);
        inside
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Later,
    Closed,
}

/// The rest of an object or array.
struct Items<'s, 'a> {
    skim: &'s mut Skim<'a>,
    close: u8,
    state: State,
}

impl Items<'_, '_> {
    /// Goes to the next item, if there is one, or past the end.
    #[inline]
    fn next(&mut self) -> Result<bool, SkimError> {
        let byte = self.skim.peek();
        if byte == Some(self.close) {
            self.skim.at += 1;
            self.state = State::Closed;
            return Ok(false);
        }
        match self.state {
            State::First => self.state = State::Later,
            State::Later if byte == Some(b',') => self.skim.at += 1,
            State::Later | State::Closed => {
                return Err(SkimError::Expected("`,` or the end of the list"));
            }
        }
        Ok(true)
    }
}

impl<'a> MapAccess<'a> for &mut Items<'_, 'a> {
    type Error = SkimError;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, SkimError> {
        if !self.next()? {
            return Ok(None);
        }
        let written = self.skim.string()?;
        self.skim.expect(b':', "`:`")?;
        if written.escaped {
            let name = self.skim.unescaped(&written)?;
            seed.deserialize(de::value::StringDeserializer::new(name))
                .map(Some)
        } else {
            let name = self.skim.plain(&written);
            seed.deserialize(de::value::BorrowedStrDeserializer::new(name))
                .map(Some)
        }
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, SkimError> {
        seed.deserialize(&mut *self.skim)
    }
}

impl<'a> SeqAccess<'a> for &mut Items<'_, 'a> {
    type Error = SkimError;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SkimError> {
        if self.next()? {
            seed.deserialize(&mut *self.skim).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> Deserializer<'de> for &mut Skim<'de> {
    type Error = SkimError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SkimError> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'{') => self.items(b'}', |items| visitor.visit_map(items)),
            Some(b'[') => self.items(b']', |items| visitor.visit_seq(items)),
            Some(b't') => {
                self.literal("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.literal("false")?;
                visitor.visit_bool(false)
            }
            Some(b'n') => {
                self.literal("null")?;
                visitor.visit_unit()
            }
            Some(b'-' | b'0'..=b'9') => {
                let (text, integer) = self.number()?;
                match text.parse::<i64>() {
                    // Minus zero is no integer: `serde_json` reads it so.
                    Ok(value) if integer && text != "-0" => visitor.visit_i64(value),
                    _ => match text.parse::<f64>() {
                        Ok(value) if value.is_finite() => visitor.visit_f64(value),
                        _ => Err(SkimError::Expected("a number in range")),
                    },
                }
            }
            _ => Err(SkimError::Expected("a value")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SkimError> {
        if self.peek() != Some(b'"') {
            return self.deserialize_any(visitor);
        }
        let written = self.string()?;
        if written.escaped {
            visitor.visit_string(self.unescaped(&written)?)
        } else {
            visitor.visit_borrowed_str(self.plain(&written))
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, SkimError> {
        if name != RAW {
            return visitor.visit_newtype_struct(self);
        }
        self.peek();
        let start = self.at;
        self.skip()?;
        visitor.visit_borrowed_str(self.text.get(start..self.at).unwrap_or_default())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SkimError> {
        if self.peek() == Some(b'n') {
            self.literal("null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SkimError> {
        self.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct enum identifier
    }
}

#[cfg(test)]
mod tests;
