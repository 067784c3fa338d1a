//! Bytes of a file, made readable.
//!
//! Enters: any byte stream. Leaves: UTF-8 bytes (not yet checked): gzip and Zstandard unpacked by
//! their magic numbers, a byte order mark removed, UTF-16 (what Windows PowerShell's `>` writes)
//! decoded. Deliberately absent: nested archives.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

const BUFFER: usize = 64 * 1024;

/// The reader that the caller passed, remembering whether it was the one that failed.
pub(crate) struct Outer<'a> {
    inner: &'a mut dyn Read,
    pub(crate) failure: Option<io::ErrorKind>,
}

impl<'a> Outer<'a> {
    pub(crate) fn new(inner: &'a mut dyn Read) -> Self {
        Outer {
            inner,
            failure: None,
        }
    }
}

impl Read for Outer<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buf) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.failure = Some(error.kind());
                Err(error)
            }
            other => other,
        }
    }
}

/// Opens `outer` for reading as text.
pub(crate) fn open<'r>(outer: &'r mut dyn Read) -> io::Result<Box<dyn BufRead + 'r>> {
    let (magic, raw) = peek(outer)?;
    match magic.as_slice() {
        [0x1f, 0x8b, ..] => decoded(Box::new(MultiGzDecoder::new(raw))),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
            decoded(Box::new(zstd::stream::read::Decoder::with_buffer(raw)?))
        }
        _ => decoded(Box::new(raw)),
    }
}

type Peeked<R> = BufReader<io::Chain<io::Cursor<Vec<u8>>, R>>;

fn peek<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut magic = Vec::with_capacity(4);
    (&mut reader).take(4).read_to_end(&mut magic)?;
    let whole = io::Cursor::new(magic.clone()).chain(reader);
    Ok((magic, BufReader::with_capacity(BUFFER, whole)))
}

fn decoded<'r>(reader: Box<dyn Read + 'r>) -> io::Result<Box<dyn BufRead + 'r>> {
    let (mark, mut reader) = peek(reader)?;
    Ok(match mark.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            skip(&mut reader, 3)?;
            Box::new(reader)
        }
        [0xff, 0xfe, ..] => {
            skip(&mut reader, 2)?;
            Box::new(BufReader::with_capacity(
                BUFFER,
                Utf16::new(reader, u16::from_le_bytes),
            ))
        }
        [0xfe, 0xff, ..] => {
            skip(&mut reader, 2)?;
            Box::new(BufReader::with_capacity(
                BUFFER,
                Utf16::new(reader, u16::from_be_bytes),
            ))
        }
        _ => Box::new(reader),
    })
}

fn skip(reader: &mut impl Read, count: u64) -> io::Result<()> {
    io::copy(&mut reader.take(count), &mut io::sink()).map(|_| ())
}

/// UTF-16 in, UTF-8 out.
struct Utf16<R> {
    reader: R,
    unit: fn([u8; 2]) -> u16,
    high: Option<u16>,
    ready: Vec<u8>,
    given: usize,
}

impl<R: BufRead> Utf16<R> {
    fn new(reader: R, unit: fn([u8; 2]) -> u16) -> Self {
        Utf16 {
            reader,
            unit,
            high: None,
            ready: Vec::new(),
            given: 0,
        }
    }

    fn next_unit(&mut self) -> io::Result<Option<u16>> {
        let mut pair = [0; 2];
        let mut filled = 0;
        while let Some(rest) = pair.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest)? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(broken("UTF-16 text ends in half a character")),
                read => filled += read,
            }
        }
        Ok(Some((self.unit)(pair)))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.len() < BUFFER / 2 {
            let Some(unit) = self.next_unit()? else {
                if self.high.is_some() {
                    return Err(broken("UTF-16 text ends in half a character"));
                }
                return Ok(());
            };
            let units = match self.high.take() {
                Some(high) => vec![high, unit],
                None if (0xd800..0xdc00).contains(&unit) => {
                    self.high = Some(unit);
                    continue;
                }
                None => vec![unit],
            };
            for character in char::decode_utf16(units) {
                let character = character.map_err(|_| broken("not valid UTF-16"))?;
                self.ready
                    .extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.ready.len() {
            self.fill()?;
        }
        let read = self.ready.get(self.given..).unwrap_or_default().read(buf)?;
        self.given += read;
        Ok(read)
    }
}

fn broken(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(mut bytes: &[u8]) -> io::Result<String> {
        let mut out = String::new();
        open(&mut bytes)?.read_to_string(&mut out)?;
        Ok(out)
    }

    #[test]
    fn byte_order_marks_are_removed_and_utf16_is_decoded() {
        assert_eq!(text(b"\xef\xbb\xbf{}").unwrap(), "{}");
        let wide = "\u{feff}{\"é\":\"🦉\"}";
        let little: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = wide.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&little).unwrap(), "{\"é\":\"🦉\"}");
        assert_eq!(text(&big).unwrap(), "{\"é\":\"🦉\"}");
        assert!(text(&little[..little.len() - 1]).is_err());
        assert!(text(b"\xff\xfe\x00\xd8").is_err());
    }

    #[test]
    fn short_and_empty_inputs_pass() {
        assert_eq!(text(b"").unwrap(), "");
        assert_eq!(text(b"{").unwrap(), "{");
    }
}
