//! A folder, line by line.
//!
//! Enters: a folder that a writer finished. Leaves: the lines of each part, in order, with constant
//! memory, or an error that names file and line. Hash and counts are checked as the lines go by,
//! so a caller acts on a part only when its last line was reached without error.
//! Deliberately absent: threads; a snapshot can be shared by them, a part each.

use std::io::{self, BufReader, Read};
use std::ops::Range;

use memchr::memchr;
use sha2::{Digest as _, Sha256};

use crate::operations::Operation;
use crate::redact::hex;

use super::error::{Damage, Error};
use super::folder::Folder;
use super::manifest::{MANIFEST, Manifest, Part, SCHEMA, parse_part_path};
use super::observation::Observation;

/// The longest line that is read by default, in bytes.
pub const LINE_LIMIT: u64 = 64 * 1024 * 1024;

/// How a snapshot is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// The longest line that is read, in bytes; [`LINE_LIMIT`] by default.
    pub line_limit: u64,
    /// Whether to go past what is unreadable and report it as [`Damage`]; off by default.
    pub keep_going: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            line_limit: LINE_LIMIT,
            keep_going: false,
        }
    }
}

/// A snapshot in a folder.
pub struct Snapshot<'f> {
    folder: &'f dyn Folder,
    manifest: Manifest,
    options: ReadOptions,
}

impl<'f> Snapshot<'f> {
    /// Opens a finished snapshot.
    ///
    /// # Errors
    /// As [`Snapshot::open_with`].
    pub fn open(folder: &'f dyn Folder) -> Result<Self, Error> {
        Snapshot::open_with(folder, ReadOptions::default())
    }

    /// Opens a finished snapshot: reads its manifest, and checks schema and part list.
    ///
    /// # Errors
    /// When there is no manifest, it is of another schema or malformed, or a part is missing. A
    /// missing part is damage instead when reading keeps going.
    pub fn open_with(folder: &'f dyn Folder, options: ReadOptions) -> Result<Self, Error> {
        let paths = folder.list().map_err(|source| Error::File {
            doing: "list the folder",
            source,
        })?;
        if !paths.iter().any(|path| path == MANIFEST) {
            let unfinished = paths.iter().any(|path| parse_part_path(path).is_some());
            return Err(if unfinished {
                Error::Unfinished
            } else {
                Error::NotASnapshot
            });
        }
        let manifest = read_manifest(folder)?;
        if !options.keep_going {
            for part in &manifest.parts {
                if paths.binary_search(&part.path).is_err() {
                    return Err(Error::MissingPart {
                        part: part.path.clone(),
                    });
                }
            }
        }
        Ok(Snapshot {
            folder,
            manifest,
            options,
        })
    }

    /// The table of contents.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The parts, by account, Region, call and number.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.manifest.parts
    }

    /// The parts of one call, of all accounts and Regions.
    pub fn parts_of(&self, operation: Operation) -> impl Iterator<Item = &Part> {
        self.parts()
            .iter()
            .filter(move |part| part.operation == operation)
    }

    /// Whether reading goes past what is unreadable.
    #[must_use]
    pub fn keeps_going(&self) -> bool {
        self.options.keep_going
    }

    /// Where reading goes past damage, reads a part once without using it and tells the damage;
    /// else nothing, since the first damage is an error then.
    ///
    /// # Errors
    /// Never where reading keeps going.
    pub fn proven(&self, part: &Part) -> Result<Vec<Damage>, Error> {
        if !self.options.keep_going {
            return Ok(Vec::new());
        }
        self.for_each_line(part, |_, _| Ok(()))
    }

    /// The lines of one part.
    ///
    /// # Errors
    /// When the part cannot be opened.
    pub fn lines<'p>(&self, part: &'p Part) -> Result<Lines<'p>, Error> {
        Ok(Lines {
            reader: LineReader::open(self.folder, part, self.options.line_limit)?,
            part,
            finished: false,
        })
    }

    /// Hands each line of a part, with its number from 1, to `each`.
    ///
    /// What comes back is empty unless reading keeps going. Of a part with a damage whose extent
    /// is [`Extent::Part`](super::Extent::Part), nothing that was handed out can be relied on.
    ///
    /// # Errors
    /// When the part is damaged and reading does not keep going, and the errors of `each`.
    pub fn for_each_line<E: From<Error>>(
        &self,
        part: &Part,
        mut each: impl FnMut(u64, &str) -> Result<(), E>,
    ) -> Result<Vec<Damage>, E> {
        let mut damages = Vec::new();
        let mut lines = match self.lines(part) {
            Ok(lines) => lines,
            Err(error) => {
                self.damaged(part, error, &mut damages)?;
                return Ok(damages);
            }
        };
        loop {
            match lines.next_line() {
                Ok(None) => return Ok(damages),
                Ok(Some((number, line))) => each(number, line)?,
                Err(error) => {
                    let goes_on = error.is_of_one_line();
                    self.damaged(part, error, &mut damages)?;
                    if !goes_on {
                        return Ok(damages);
                    }
                }
            }
        }
    }

    /// Hands each observation of a part, with its line from 1, to `each`.
    ///
    /// # Errors
    /// As [`Snapshot::for_each_line`], and when a line is not an observation of this part.
    pub fn for_each_observation<E: From<Error>>(
        &self,
        part: &Part,
        mut each: impl FnMut(u64, Observation) -> Result<(), E>,
    ) -> Result<Vec<Damage>, E> {
        let mut invalid = Vec::new();
        let mut damages =
            self.for_each_line(part, |number, line| match part.observation(number, line) {
                Ok(observation) => each(number, observation),
                Err(error) => Ok(self.damaged(part, error, &mut invalid)?),
            })?;
        damages.append(&mut invalid);
        damages.sort_by_key(|damage| damage.line);
        Ok(damages)
    }

    /// All observations in memory, in part and line order: for small snapshots and for tests.
    ///
    /// # Errors
    /// As [`Snapshot::for_each_observation`].
    pub fn observations(&self) -> Result<(Vec<Observation>, Vec<Damage>), Error> {
        let (mut all, mut damages) = (Vec::new(), Vec::new());
        for part in self.parts() {
            damages.append(
                &mut self.for_each_observation::<Error>(part, |_, observation| {
                    all.push(observation);
                    Ok(())
                })?,
            );
        }
        Ok((all, damages))
    }

    fn damaged(&self, part: &Part, error: Error, damages: &mut Vec<Damage>) -> Result<(), Error> {
        if !self.options.keep_going {
            return Err(error);
        }
        damages.push(Damage::of(part, &error));
        Ok(())
    }
}

impl Part {
    /// Parses one of this part's lines.
    ///
    /// # Errors
    /// When the line is not an observation, or one of another call, account or Region.
    pub fn observation(&self, number: u64, line: &str) -> Result<Observation, Error> {
        let invalid = |message: String| Error::Line {
            part: self.path.clone(),
            line: number,
            message,
        };
        let observation: Observation = serde_json::from_str(line).map_err(|error| {
            invalid(format!("not an observation: {}", brief(&error.to_string())))
        })?;
        if observation.operation != self.operation
            || observation.account != self.account
            || observation.region != self.region
        {
            return Err(invalid(format!(
                "the observation is of {} in `{}`, `{}`, which belongs in another part",
                observation.operation, observation.account, observation.region
            )));
        }
        Ok(observation)
    }

    /// The damage of a line of this part that a caller's own reader refused.
    #[must_use]
    pub fn damage_at(&self, line: u64, message: impl Into<String>) -> Damage {
        Damage::of(
            self,
            &Error::Line {
                part: self.path.clone(),
                line,
                message: message.into(),
            },
        )
    }
}

/// A message that may quote the input, as one line of bounded length.
fn brief(message: &str) -> String {
    const LONGEST: usize = 300;
    let mut text: String = message
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if message.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

fn read_manifest(folder: &dyn Folder) -> Result<Manifest, Error> {
    let mut text = String::new();
    folder
        .open(MANIFEST)
        .and_then(|mut file| {
            file.read_to_string(&mut text)
                .map_err(|error| named(MANIFEST, &error))
        })
        .map_err(reading)?;
    let malformed = |error: serde_json::Error| Error::Manifest {
        line: error.line(),
        message: brief(&error.to_string()),
    };
    // The version first: another version's manifest need not have these members.
    #[derive(serde::Deserialize)]
    struct Version {
        schema: String,
    }
    let version: Version = serde_json::from_str(&text).map_err(malformed)?;
    if version.schema != SCHEMA {
        return Err(Error::SchemaVersion {
            found: brief(&version.schema),
        });
    }
    let manifest: Manifest = serde_json::from_str(&text).map_err(malformed)?;
    let mut previous = None;
    for part in &manifest.parts {
        let wrong = |message: String| Error::Manifest { line: 1, message };
        let order = part.order().ok_or_else(|| {
            wrong(format!(
                "part `{}` is not where its account, Region and operation belong",
                part.path
            ))
        })?;
        if previous.as_ref().is_some_and(|previous| *previous >= order) {
            return Err(wrong(format!(
                "part `{}` is listed twice or out of order",
                part.path
            )));
        }
        previous = Some(order);
    }
    Ok(manifest)
}

/// The lines of a part that a manifest describes, superseded ones left out.
pub struct Lines<'p> {
    reader: LineReader,
    part: &'p Part,
    finished: bool,
}

impl Lines<'_> {
    /// The next line and its number from 1; none after the last, when hash and counts are right.
    ///
    /// # Errors
    /// When the part is damaged. After an error of one line (too long, not UTF-8) reading can go on.
    pub fn next_line(&mut self) -> Result<Option<(u64, &str)>, Error> {
        if self.finished {
            return Ok(None);
        }
        loop {
            let Some(number) = self.reader.advance()? else {
                self.finished = true;
                self.check()?;
                return Ok(None);
            };
            // Stops early on a part that unpacks to more than it should.
            self.count(
                "lines",
                self.part.observations,
                number,
                |declared, found| found > declared,
            )?;
            self.count(
                "bytes",
                self.part.bytes,
                self.reader.bytes,
                |declared, found| found > declared,
            )?;
            if self.part.superseded.binary_search(&number).is_err() {
                break;
            }
        }
        self.reader.text().map(Some)
    }

    fn check(&self) -> Result<(), Error> {
        let totals = self.reader.totals();
        let part = self.part;
        if totals.compressed_bytes < part.compressed_bytes {
            return Err(Error::Truncated {
                part: part.path.clone(),
                line: totals.lines,
            });
        }
        if totals.sha256 != part.sha256 {
            return Err(Error::Hash {
                part: part.path.clone(),
                line: totals.lines,
                declared: part.sha256.clone(),
                found: totals.sha256,
            });
        }
        let differs = |declared: u64, found: u64| declared != found;
        self.count("lines", part.observations, totals.lines, differs)?;
        self.count("bytes", part.bytes, totals.bytes, differs)?;
        self.count(
            "compressed bytes",
            part.compressed_bytes,
            totals.compressed_bytes,
            differs,
        )
    }

    fn count(
        &self,
        what: &'static str,
        declared: u64,
        found: u64,
        is_wrong: impl Fn(u64, u64) -> bool,
    ) -> Result<(), Error> {
        if is_wrong(declared, found) {
            return Err(Error::Count {
                part: self.part.path.clone(),
                line: self.reader.lines,
                what,
                declared,
                found,
            });
        }
        Ok(())
    }
}

type Decoder = zstd::stream::read::Decoder<'static, BufReader<Hashing>>;

/// The lines of any part, lent from where they were unpacked to.
pub(super) struct LineReader {
    path: String,
    decoder: Decoder,
    /// Unpacked text; what was read of it is `filled`.
    buffer: Vec<u8>,
    filled: usize,
    /// The current line, without its end.
    line: Range<usize>,
    /// Where the next line starts.
    next: usize,
    limit: u64,
    lines: u64,
    bytes: u64,
    /// Whether the current line was longer than the limit, so that its text was dropped.
    too_long: bool,
}

/// How much is unpacked at once: the lines in it, some tens, stay in the fast caches.
const UNPACKED: usize = 256 * 1024;

pub(super) struct Totals {
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) compressed_bytes: u64,
    pub(super) sha256: String,
}

impl LineReader {
    pub(super) fn open(folder: &dyn Folder, part: &Part, limit: u64) -> Result<Self, Error> {
        let file = folder.open(&part.path).map_err(reading)?;
        let hashing = Hashing {
            file,
            hash: Sha256::new(),
            bytes: 0,
            failed: None,
        };
        let decoder = Decoder::new(hashing).map_err(reading)?;
        Ok(LineReader {
            path: part.path.clone(),
            decoder,
            buffer: vec![0; UNPACKED],
            filled: 0,
            line: 0..0,
            next: 0,
            limit,
            lines: 0,
            bytes: 0,
            too_long: false,
        })
    }

    pub(super) fn next_line(&mut self) -> Result<Option<(u64, &str)>, Error> {
        match self.advance()? {
            None => Ok(None),
            Some(_) => self.text().map(Some),
        }
    }

    /// Goes to the next line and gives its number.
    fn advance(&mut self) -> Result<Option<u64>, Error> {
        self.too_long = false;
        let mut start = self.next;
        let mut searched = start;
        loop {
            let unsearched = self.buffer.get(searched..self.filled).unwrap_or_default();
            if let Some(length) = memchr(b'\n', unsearched) {
                let end = searched + length;
                self.bytes += (end + 1 - start) as u64;
                self.too_long |= (end - start) as u64 > self.limit;
                self.lines += 1;
                self.line = start..end;
                self.next = end + 1;
                return Ok(Some(self.lines));
            }
            if (self.filled - start) as u64 > self.limit {
                self.too_long = true;
                self.bytes += (self.filled - start) as u64;
                start = self.filled;
            }
            // What there is of the line moves to the front, and what follows is read behind it.
            self.buffer.copy_within(start..self.filled, 0);
            self.filled -= start;
            (start, self.next) = (0, 0);
            searched = self.filled;
            if self.fill()? == 0 {
                return if self.filled == 0 && !self.too_long {
                    Ok(None)
                } else {
                    Err(self.truncated())
                };
            }
        }
    }

    /// Reads more text behind what there is.
    fn fill(&mut self) -> Result<usize, Error> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        loop {
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.decoder.read(room) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(error)),
            }
        }
    }

    /// The text of the current line.
    fn text(&self) -> Result<(u64, &str), Error> {
        if self.too_long {
            return Err(Error::LineTooLong {
                part: self.path.clone(),
                line: self.lines,
                limit: self.limit,
            });
        }
        let line = self.buffer.get(self.line.clone()).unwrap_or_default();
        match std::str::from_utf8(line) {
            Ok(text) => Ok((self.lines, text)),
            Err(_) => Err(Error::Utf8 {
                part: self.path.clone(),
                line: self.lines,
            }),
        }
    }

    pub(super) fn totals(&self) -> Totals {
        let hashing = self.decoder.get_ref().get_ref();
        Totals {
            lines: self.lines,
            bytes: self.bytes,
            compressed_bytes: hashing.bytes,
            sha256: hex(&hashing.hash.clone().finalize()),
        }
    }

    fn truncated(&self) -> Error {
        Error::Truncated {
            part: self.path.clone(),
            line: self.lines,
        }
    }

    /// Tells a file that cannot be read from one that ends early and one that is not zstd.
    fn broken(&self, error: io::Error) -> Error {
        if let Some(kind) = self.decoder.get_ref().get_ref().failed {
            return reading(named(&self.path, &io::Error::new(kind, error)));
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return self.truncated();
        }
        Error::Corrupt {
            part: self.path.clone(),
            line: self.lines,
            message: error.to_string(),
        }
    }
}

/// Counts and hashes what comes from a file.
struct Hashing {
    file: Box<dyn Read + Send>,
    hash: Sha256,
    bytes: u64,
    failed: Option<io::ErrorKind>,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.file.read(buffer) {
            Ok(read) => read,
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failed = Some(error.kind());
                }
                return Err(error);
            }
        };
        self.hash.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

fn named(path: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{path}`: {error}"))
}

fn reading(source: io::Error) -> Error {
    Error::File {
        doing: "read the snapshot",
        source,
    }
}
