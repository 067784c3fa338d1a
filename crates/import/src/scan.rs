//! Finds the documents in a stream of text.
//!
//! Enters: bytes. Leaves: one piece per JSON document, whether the stream is one document, JSON
//! Lines, concatenated documents, or an array of them; runs of text that is not JSON; and the
//! places that cannot be read. The records of a `Results` array come one by one, so that a search
//! answer of any size passes in the memory of its largest record. Memory is bounded by the
//! document limit, and nothing recurses. Deliberately absent: grammar, which serde_json checks.

use std::io::{self, BufRead};

use crate::report::TroubleKind;

/// Levels of nesting that every JSON reader of the project accepts.
pub(crate) const DEPTH: usize = 127;

/// Text that is not JSON is kept up to this size; an error message is far shorter.
const TEXT: usize = 64 * 1024;

/// The member whose items are handed out one by one.
const STREAMED: &[u8] = b"\"Results\"";

/// One thing found in the stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// One JSON value.
    Document(Span),
    /// One item of a `Results` array.
    Record(Span),
    /// The object around the records, with the array emptied; `records` is how many there were.
    Shell(Span, u64),
    /// Text that is not JSON.
    Text(Span),
    /// A place that cannot be read.
    Broken(u64, TroubleKind, String),
}

/// Bytes and where they began.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) bytes: Vec<u8>,
    /// Line, from 1.
    pub(crate) line: u64,
    /// Byte, from 0, of the unpacked stream.
    pub(crate) offset: u64,
}

/// Scans all of `reader`.
pub(crate) fn scan(
    reader: &mut dyn BufRead,
    limit: usize,
    emit: &mut dyn FnMut(Piece),
) -> io::Result<()> {
    let mut scanner = Scanner {
        reader,
        line: 1,
        offset: 0,
        limit,
    };
    scanner.run(emit)
}

struct Scanner<'r> {
    reader: &'r mut dyn BufRead,
    line: u64,
    offset: u64,
    limit: usize,
}

/// What was noticed while a value was copied.
#[derive(Default)]
struct Copied {
    bytes: Vec<u8>,
    too_large: bool,
    too_deep: bool,
    records: Option<u64>,
}

/// Where in a value the scanner is.
#[derive(Default)]
struct State {
    depth: usize,
    deepest: usize,
    in_string: bool,
    escaped: bool,
    /// Whether anything but the opening of the value was seen.
    started: bool,
    /// Whether the member that was named last is the one whose items are handed out.
    streamed: bool,
}

/// Why the scanner stopped in a value.
enum Event {
    /// The buffer is used up.
    More,
    /// The value ended.
    Ended,
    /// A line ended inside a string.
    OpenString,
    /// A colon after a top-level name was passed.
    Colon,
    /// The bracket of the array whose items are handed out was passed.
    Records,
}

/// White space of JSON, and the record separator of JSON text sequences (RFC 7464).
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x1e)
}

impl State {
    /// Goes through `buffer`; answers how many bytes belong to the value so far.
    fn advance(&mut self, buffer: &[u8], stream: bool) -> (usize, Event) {
        let mut at = 0;
        while let Some(&byte) = buffer.get(at) {
            if self.in_string {
                if self.escaped {
                    if byte == b'\n' {
                        return (at, Event::OpenString);
                    }
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let rest = buffer.get(at..).unwrap_or_default();
                let Some(step) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                    return (buffer.len(), Event::More);
                };
                at += step;
                match buffer.get(at) {
                    Some(b'"') => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at + 1, Event::Ended);
                        }
                    }
                    Some(b'\\') => self.escaped = true,
                    _ => return (at, Event::OpenString),
                }
                at += 1;
                continue;
            }
            let inside = self.depth > 0;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' if inside || !self.started => {
                    if byte == b'[' && stream && self.depth == 1 && self.streamed {
                        return (at + 1, Event::Records);
                    }
                    self.depth += 1;
                    self.deepest = self.deepest.max(self.depth);
                }
                b'}' | b']' if inside => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, Event::Ended);
                    }
                }
                b':' if stream && self.depth == 1 => return (at + 1, Event::Colon),
                b',' if inside => {
                    // The streamed array, if it was one, is over.
                    self.streamed &= self.depth > 1;
                }
                // A value has at least one byte, so that scanning always gets on.
                b'{' | b'[' | b'}' | b']' | b',' if self.started => return (at, Event::Ended),
                _ if !inside && self.started && is_blank(byte) => return (at, Event::Ended),
                _ => {}
            }
            self.started = true;
            at += 1;
        }
        (buffer.len(), Event::More)
    }
}

enum Stop {
    Io(io::Error),
    /// The stream ended inside a value.
    End,
    /// The bytes cannot be JSON.
    Broken(&'static str),
    /// A record inside could not be read to its end; that was reported.
    Lost,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Io(error)
    }
}

impl Scanner<'_> {
    fn run(&mut self, emit: &mut dyn FnMut(Piece)) -> io::Result<()> {
        let mut arrays = 0_u64;
        while let Some(byte) = self.peek()? {
            match byte {
                _ if is_blank(byte) => self.bump(byte),
                b'[' => {
                    arrays += 1;
                    self.bump(byte);
                }
                b']' if arrays > 0 => {
                    arrays -= 1;
                    self.bump(byte);
                }
                b',' if arrays > 0 => self.bump(byte),
                b'}' if arrays > 0 => {
                    emit(Piece::Broken(
                        self.line,
                        TroubleKind::NotJson,
                        "a closing brace that nothing opened".to_owned(),
                    ));
                    self.bump(byte);
                }
                b'{' => {
                    if !self.document(true, Piece::Document, emit)? {
                        arrays = 0;
                    }
                }
                _ if arrays > 0 => {
                    if !self.document(false, Piece::Document, emit)? {
                        arrays = 0;
                    }
                }
                _ => self.text(emit)?,
            }
        }
        if arrays > 0 {
            emit(Piece::Broken(
                self.line,
                TroubleKind::Truncated,
                "the input ends inside an array; what came before the end was read".to_owned(),
            ));
        }
        Ok(())
    }

    /// Hands out one value; says whether scanning may go on right after it.
    fn document(
        &mut self,
        stream: bool,
        piece: fn(Span) -> Piece,
        emit: &mut dyn FnMut(Piece),
    ) -> io::Result<bool> {
        let (line, offset) = (self.line, self.offset);
        let mut copied = Copied::default();
        match self.value(&mut copied, stream, emit) {
            Ok(()) => {}
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::End) => {
                emit(Piece::Broken(
                    line,
                    TroubleKind::Truncated,
                    "the input ends inside the document that starts here".to_owned(),
                ));
                return Ok(false);
            }
            Err(Stop::Lost) => {
                emit(Piece::Broken(
                    line,
                    TroubleKind::Truncated,
                    "the search answer that starts here is cut or damaged; the records before that were read".to_owned(),
                ));
                return Ok(false);
            }
            Err(Stop::Broken(what)) => {
                emit(Piece::Broken(
                    self.line,
                    TroubleKind::NotJson,
                    format!("{what}; reading goes on at the next line that starts a document"),
                ));
                self.next_document_line()?;
                return Ok(false);
            }
        }
        if copied.too_large {
            emit(Piece::Broken(
                line,
                TroubleKind::TooLarge,
                format!(
                    "a document is larger than {} bytes and was skipped; raise the limit, or save it in smaller pages",
                    self.limit
                ),
            ));
        } else if copied.too_deep {
            emit(Piece::Broken(
                line,
                TroubleKind::TooDeep,
                format!("a document is nested more than {DEPTH} levels deep and was skipped"),
            ));
        } else {
            let span = Span {
                bytes: copied.bytes,
                line,
                offset,
            };
            emit(match copied.records {
                Some(records) => Piece::Shell(span, records),
                None => piece(span),
            });
        }
        Ok(true)
    }

    /// Copies one value. With `stream`, items of a top-level `Results` array are handed out instead.
    fn value(
        &mut self,
        copied: &mut Copied,
        stream: bool,
        emit: &mut dyn FnMut(Piece),
    ) -> Result<(), Stop> {
        let mut state = State::default();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Err(Stop::End);
            }
            let (length, event) = state.advance(buffer, stream);
            self.copy(length, copied)?;
            copied.too_deep |= state.deepest > DEPTH;
            match event {
                Event::More => {}
                Event::Ended => return Ok(()),
                Event::OpenString => {
                    return Err(Stop::Broken("a string is not closed on its line"));
                }
                Event::Colon => {
                    state.streamed = copied
                        .bytes
                        .strip_suffix(b":")
                        .is_some_and(|name| name.trim_ascii_end().ends_with(STREAMED));
                }
                Event::Records => {
                    let records = self.records(emit)?;
                    *copied.records.get_or_insert(0) += records;
                    push(self.limit, b"]", copied);
                    state.streamed = false;
                }
            }
        }
    }

    /// Hands out the items of an array whose `[` was read; reads its `]`.
    fn records(&mut self, emit: &mut dyn FnMut(Piece)) -> Result<u64, Stop> {
        let mut count = 0;
        loop {
            match self.peek()?.ok_or(Stop::End)? {
                b']' => {
                    self.bump(b']');
                    return Ok(count);
                }
                byte if byte == b',' || is_blank(byte) => self.bump(byte),
                b'}' => return Err(Stop::Broken("the array of `Results` is not closed")),
                _ => {
                    count += 1;
                    if !self.document(false, Piece::Record, emit)? {
                        return Err(Stop::Lost);
                    }
                }
            }
        }
    }

    /// A run of lines up to the next one that starts a document.
    fn text(&mut self, emit: &mut dyn FnMut(Piece)) -> io::Result<()> {
        let (line, offset) = (self.line, self.offset);
        let mut bytes = Vec::new();
        while let Some(byte) = self.peek()? {
            if matches!(byte, b'{' | b'[') && bytes.last() == Some(&b'\n') {
                break;
            }
            let buffer = self.reader.fill_buf()?;
            let length = memchr::memchr(b'\n', buffer).map_or(buffer.len(), |at| at + 1);
            let room = TEXT.saturating_sub(bytes.len()).min(length);
            bytes.extend_from_slice(buffer.get(..room).unwrap_or_default());
            if room < length
                && bytes.last() != Some(&b'\n')
                && buffer.get(length - 1) == Some(&b'\n')
            {
                bytes.push(b'\n');
            }
            self.skip(length)?;
        }
        emit(Piece::Text(Span {
            bytes,
            line,
            offset,
        }));
        Ok(())
    }

    /// Moves to the next line that starts with a brace or bracket.
    fn next_document_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let Some(end) = memchr::memchr(b'\n', buffer) else {
                let length = buffer.len();
                self.skip(length)?;
                continue;
            };
            self.skip(end + 1)?;
            if matches!(self.peek()?, Some(b'{' | b'[')) {
                return Ok(());
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn bump(&mut self, byte: u8) {
        self.offset += 1;
        self.line += u64::from(byte == b'\n');
        self.reader.consume(1);
    }

    /// Copies `length` buffered bytes.
    fn copy(&mut self, length: usize, copied: &mut Copied) -> io::Result<()> {
        let buffer = self.reader.fill_buf()?;
        push(self.limit, buffer.get(..length).unwrap_or_default(), copied);
        self.skip(length)
    }

    fn skip(&mut self, length: usize) -> io::Result<()> {
        let buffer = self.reader.fill_buf()?;
        let passed = buffer.get(..length).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count();
        self.line += u64::try_from(lines).unwrap_or(0);
        self.offset += u64::try_from(length).unwrap_or(0);
        self.reader.consume(length);
        Ok(())
    }
}

fn push(limit: usize, bytes: &[u8], copied: &mut Copied) {
    if copied.too_large {
        return;
    }
    if copied.bytes.len() + bytes.len() > limit || copied.too_deep {
        copied.too_large = !copied.too_deep;
        copied.bytes = Vec::new();
        return;
    }
    copied.bytes.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn pieces(text: &[u8], buffer: usize, limit: usize) -> Vec<Piece> {
        let mut out = Vec::new();
        let mut reader = BufReader::with_capacity(buffer, text);
        scan(&mut reader, limit, &mut |piece| out.push(piece)).unwrap();
        out
    }

    fn brief(text: &str) -> Vec<String> {
        pieces(text.as_bytes(), 3, 1 << 20)
            .into_iter()
            .map(|piece| match piece {
                Piece::Document(s) => {
                    format!("D{} {}", s.line, String::from_utf8(s.bytes).unwrap())
                }
                Piece::Record(s) => format!("R{} {}", s.line, String::from_utf8(s.bytes).unwrap()),
                Piece::Shell(s, n) => {
                    format!("S{}x{n} {}", s.line, String::from_utf8(s.bytes).unwrap())
                }
                Piece::Text(s) => format!("T{} {}", s.line, String::from_utf8(s.bytes).unwrap()),
                Piece::Broken(line, kind, _) => format!("B{line} {kind:?}"),
            })
            .collect()
    }

    #[test]
    fn documents_are_found_in_lines_arrays_and_runs() {
        assert_eq!(
            brief("{\"a\":1}\n{\"b\":[2]}"),
            ["D1 {\"a\":1}", "D2 {\"b\":[2]}"]
        );
        assert_eq!(brief("{}{}"), ["D1 {}", "D1 {}"]);
        assert_eq!(
            brief("[{\"a\":\"]\"},\n 1, \"x\"]"),
            ["D1 {\"a\":\"]\"}", "D2 1", "D2 \"x\""]
        );
        assert_eq!(brief("An error\n{}"), ["T1 An error\n", "D2 {}"]);
    }

    #[test]
    fn results_stream_and_leave_a_shell() {
        assert_eq!(
            brief("{\"Results\": [ {\"x\":[1]} ,\n{\"y\":2}], \"NextToken\":\"t\"}"),
            [
                "R1 {\"x\":[1]}",
                "R2 {\"y\":2}",
                "S1x2 {\"Results\": [], \"NextToken\":\"t\"}"
            ]
        );
        assert_eq!(
            brief("{\"a\":{\"Results\":[1]}}"),
            ["D1 {\"a\":{\"Results\":[1]}}"]
        );
    }

    #[test]
    fn a_damaged_line_costs_no_other_line() {
        assert_eq!(
            brief("{\"a\":1}\n{\"b\n{\"c\":3}\n"),
            ["D1 {\"a\":1}", "B2 NotJson", "D3 {\"c\":3}"]
        );
        assert_eq!(
            brief("{\"Results\":[{\"a\":1}}\n{\"c\":3}"),
            ["R1 {\"a\":1}", "B1 NotJson", "D2 {\"c\":3}"]
        );
        assert_eq!(brief("{\"a\":"), ["B1 Truncated"]);
        assert_eq!(brief("[{}"), ["D1 {}", "B1 Truncated"]);
        // A form feed is no white space of JSON.
        assert_eq!(brief("[\x0c{}]"), ["D1 \x0c", "D1 {}"]);
    }

    #[test]
    fn limits_hold_and_reading_goes_on() {
        let long = format!("{{\"a\":\"{}\"}}\n{{\"b\":1}}", "x".repeat(1000));
        let found = pieces(long.as_bytes(), 16, 100);
        assert!(matches!(
            &found[0],
            Piece::Broken(1, TroubleKind::TooLarge, _)
        ));
        assert!(matches!(&found[1], Piece::Document(s) if s.line == 2));
        let deep = format!(
            "{{\"a\":{}{}}}{{}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let found = pieces(deep.as_bytes(), 4096, 1 << 20);
        assert!(matches!(
            &found[0],
            Piece::Broken(1, TroubleKind::TooDeep, _)
        ));
        assert!(matches!(&found[1], Piece::Document(_)));
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300), buffer in 1_usize..20) {
            pieces(&bytes, buffer, 64);
        }

        #[test]
        fn json_like_bytes_end(text in "[\\[\\]{}:,\"\\\\ \n\x0b\x0c\x1e1aR]{0,80}|\\{\"Results\":[\\[\\]{},\"1 ]{0,40}", buffer in 1_usize..20) {
            pieces(text.as_bytes(), buffer, 64);
        }
    }
}
