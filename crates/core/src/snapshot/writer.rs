//! Observations into a folder.
//!
//! Enters: observations, in any order. Leaves: parts, and at the end the manifest.
//! Answers of which an account can have very many are written as they come; of these only hashes
//! stay in memory. All others are held and written sorted by key. Secrets are redacted, and
//! whitespace between tokens is removed, before anything is written.
//!
//! Of two observations with one key: the same answer twice is dropped; an answer beats a call that
//! was refused, throttled or failed; of two different answers the later counts (by time, and by
//! arrival where a time is missing), with a warning. A line that is already written cannot be
//! taken back: its number goes into the manifest, and readers skip it.
//!
//! Crash safety: a file is visible only when whole, and the manifest comes last, so every part in
//! a folder without a manifest is whole. [`Writer::resume`] reads them back.
//! Deliberately absent: any time but those of the observations.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::operations::{GLOBAL_REGION, Operation};
use crate::redact::{compact, hex, redact};
use crate::time::Time;

use super::coverage::{Coverage, Kind, Progress, Status};
use super::error::Error;
use super::folder::{Folder, NewFile};
use super::manifest::{
    Counts, MANIFEST, Manifest, Part, SCHEMA, Scope, Tool, Warning, parse_part_path, part_path,
};
use super::observation::{Observation, Outcome, Parameters, key_of};
use super::reader::{LINE_LIMIT, LineReader};

/// How many parts may be open at once: each costs a file handle and the compressor's window.
const OPEN_PARTS: usize = 16;

/// How a snapshot is written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// What writes it.
    pub tool: Tool,
    /// A part that reaches this many uncompressed bytes is followed by a further one; 32 MiB by default.
    pub part_bytes: u64,
    /// The longest line that is accepted, in bytes; [`LINE_LIMIT`] by default.
    pub line_limit: u64,
    /// The zstd level; 3 by default.
    pub level: i32,
}

impl WriteOptions {
    /// The defaults.
    #[must_use]
    pub fn new(tool_name: impl Into<String>, tool_version: impl Into<String>) -> Self {
        WriteOptions {
            tool: Tool {
                name: tool_name.into(),
                version: tool_version.into(),
            },
            part_bytes: 32 * 1024 * 1024,
            line_limit: LINE_LIMIT,
            level: 3,
        }
    }
}

/// Writes a snapshot.
pub struct Writer<'f> {
    folder: &'f dyn Folder,
    options: WriteOptions,
    groups: BTreeMap<GroupKey, Group>,
    skipped: BTreeMap<GroupKey, String>,
    warnings: Vec<Warning>,
    clock: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    account: String,
    region: String,
    operation: Operation,
}

/// Everything about one call in one account and Region.
#[derive(Default)]
struct Group {
    seen: HashMap<Digest, Seen>,
    progress: Progress,
    /// Held lines, by key.
    held: BTreeMap<String, Vec<u8>>,
    /// Finished parts, with their numbers.
    parts: Vec<(u32, Part)>,
    open: Option<OpenPart>,
    next_number: u32,
    last_use: u64,
}

#[derive(Clone)]
struct Seen {
    answer: Digest,
    kind: Kind,
    time: Option<Time>,
    place: Place,
}

#[derive(Clone)]
enum Place {
    /// Not written yet; where an imported answer came from.
    Held(Option<String>),
    /// Written: number of the part, and line.
    Written(u32, u64),
}

pub(super) type Digest = [u8; 16];

/// Half a SHA-256: keys and answers must not collide even when somebody tries.
pub(super) fn digest(bytes: &[u8]) -> Digest {
    let hash = Sha256::digest(bytes);
    let mut half = Digest::default();
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}

impl<'f> Writer<'f> {
    /// Starts a snapshot in an empty folder.
    ///
    /// # Errors
    /// When the folder cannot be listed, or already holds a snapshot, finished or not.
    pub fn create(folder: &'f dyn Folder, options: WriteOptions) -> Result<Self, Error> {
        let paths = list(folder)?;
        let in_the_way = |path: &&String| *path == MANIFEST || parse_part_path(path).is_some();
        if let Some(found) = paths.iter().find(in_the_way) {
            return Err(Error::Occupied {
                found: found.clone(),
            });
        }
        Ok(Writer {
            folder,
            options,
            groups: BTreeMap::new(),
            skipped: BTreeMap::new(),
            warnings: Vec::new(),
            clock: 0,
        })
    }

    /// Continues a snapshot that was not finished. Parts that do not read to their end are removed, with a warning.
    ///
    /// # Errors
    /// When the folder cannot be read or changed, or its snapshot is finished.
    pub fn resume(folder: &'f dyn Folder, options: WriteOptions) -> Result<Self, Error> {
        Self::resume_with(folder, options, &mut |_| {})
    }

    /// Continues like [`resume`](Self::resume), and shows each observation that is already there, in the order of the lines.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub fn resume_with(
        folder: &'f dyn Folder,
        options: WriteOptions,
        shown: &mut dyn FnMut(&Observation),
    ) -> Result<Self, Error> {
        let paths = list(folder)?;
        if paths.iter().any(|path| path == MANIFEST) {
            return Err(Error::Occupied {
                found: MANIFEST.to_owned(),
            });
        }
        let mut writer = Writer {
            folder,
            options,
            groups: BTreeMap::new(),
            skipped: BTreeMap::new(),
            warnings: Vec::new(),
            clock: 0,
        };
        let mut parts: Vec<(GroupKey, u32, String)> = paths
            .into_iter()
            .filter_map(|path| {
                let (account, region, operation, number) = parse_part_path(&path)?;
                let key = GroupKey {
                    account,
                    region,
                    operation,
                };
                Some((key, number, path))
            })
            .collect();
        parts.sort();
        for (key, number, path) in parts {
            let mut part = Part {
                path,
                account: key.account.clone(),
                region: key.region.clone(),
                operation: key.operation,
                observations: 0,
                bytes: 0,
                compressed_bytes: 0,
                sha256: String::new(),
                superseded: Vec::new(),
            };
            match read_back(folder, &mut part, writer.options.line_limit) {
                Ok(observations) => {
                    for (_, observation) in &observations {
                        shown(observation);
                    }
                    writer.trust(&key, number, part, observations);
                }
                Err(error @ Error::File { .. }) => return Err(error),
                Err(error) => {
                    folder.remove(&part.path).map_err(|source| Error::File {
                        doing: "remove a damaged part",
                        source,
                    })?;
                    writer.groups.entry(key.clone()).or_default().next_number = number;
                    writer.warnings.push(Warning {
                        account: key.account,
                        region: key.region,
                        operation: key.operation,
                        subject: String::new(),
                        message: format!("a part was given up on resuming: {error}"),
                    });
                }
            }
        }
        Ok(writer)
    }

    /// Whether the answer to a call is already there, so that it need not be made again. A refusal counts; a call that was throttled or failed does not.
    #[must_use]
    pub fn has(
        &self,
        account: &str,
        region: &str,
        operation: Operation,
        parameters: &Parameters,
    ) -> bool {
        let group = GroupKey {
            account: account.to_owned(),
            region: region.to_owned(),
            operation,
        };
        let key = digest(key_of(operation, parameters).as_bytes());
        self.groups
            .get(&group)
            .and_then(|group| group.seen.get(&key))
            .is_some_and(|seen| seen.kind != Kind::Failed)
    }

    /// Notes that a call is left out on purpose in an account and Region.
    pub fn skip(
        &mut self,
        account: impl Into<String>,
        region: impl Into<String>,
        operation: Operation,
        reason: impl Into<String>,
    ) {
        let key = GroupKey {
            account: account.into(),
            region: region.into(),
            operation,
        };
        self.skipped.insert(key, reason.into());
    }

    /// Adds a warning of the caller's.
    pub fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// The warnings so far.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Adds an observation.
    ///
    /// # Errors
    /// When the folder cannot be written, or the observation makes too long a line.
    pub fn push(&mut self, observation: Observation) -> Result<(), Error> {
        let observation = presentable(observation)?;
        let key = observation.key();
        let mut line = serde_json::to_vec(&observation).map_err(|source| Error::Json {
            what: describe(&observation),
            source,
        })?;
        line.push(b'\n');
        let group_key = GroupKey {
            account: observation.account.clone(),
            region: observation.region.clone(),
            operation: observation.operation,
        };
        if line.len() as u64 > self.options.line_limit {
            return Err(Error::LineTooLong {
                part: describe(&observation),
                line: 1,
                limit: self.options.line_limit,
            });
        }
        self.clock += 1;
        let group = self.groups.entry(group_key.clone()).or_default();
        let key_digest = digest(key.as_bytes());
        let answer = answer_digest(&observation);
        let kind = Kind::of(&observation.outcome);
        if let Some(old) = group.seen.get(&key_digest) {
            if old.answer == answer {
                return Ok(());
            }
            let new_counts = supersedes(old, kind, observation.time);
            if old.kind == Kind::Answered && kind == Kind::Answered {
                self.warnings
                    .push(disagreement(&group_key, old, &observation, new_counts));
            }
            if !new_counts {
                return Ok(());
            }
            if let Place::Written(number, line) = old.place {
                group.supersede(number, line);
            }
        }
        group.progress.add(key_digest, &observation);
        group.last_use = self.clock;
        let was_open = group.open.is_some();
        let place = if is_streamed(observation.operation) {
            group.write(self.folder, &self.options, &group_key, &line)?
        } else {
            group.held.insert(key, line);
            Place::Held(observation.source)
        };
        let opened = !was_open && group.open.is_some();
        group.seen.insert(
            key_digest,
            Seen {
                answer,
                kind,
                time: observation.time,
                place,
            },
        );
        if opened {
            self.close_least_used()?;
        }
        Ok(())
    }

    /// Writes what is held of one account and Region, so that a crash cannot lose it. Call it when their collection is done.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn seal(&mut self, account: &str, region: &str) -> Result<(), Error> {
        let groups = self
            .groups
            .iter_mut()
            .filter(|(key, _)| key.account == account && key.region == region);
        for (key, group) in groups {
            group.end(self.folder, &self.options, key)?;
        }
        Ok(())
    }

    /// Writes everything, the manifest last. The accounts and Regions of the observations are added to `scope`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn finish(mut self, as_of: Time, scope: Scope) -> Result<Manifest, Error> {
        let mut accounts: BTreeSet<String> = scope.accounts.into_iter().collect();
        let mut regions: BTreeSet<String> = scope.regions.into_iter().collect();
        let mut coverage = Vec::new();
        let mut parts = Vec::new();
        for (key, group) in &mut self.groups {
            group.end(self.folder, &self.options, key)?;
            if group.seen.is_empty() {
                continue;
            }
            accounts.insert(key.account.clone());
            regions.insert(key.region.clone());
            self.skipped.remove(key);
            coverage.push(
                group
                    .progress
                    .coverage(&key.account, &key.region, key.operation),
            );
            parts.extend(group.parts.drain(..).map(|(_, part)| part));
        }
        coverage.extend(self.skipped.into_iter().map(|(key, reason)| Coverage {
            account: key.account,
            region: key.region,
            operation: key.operation,
            status: Status::Skipped,
            reason: Some(reason),
            answered: 0,
            denied: 0,
            failed: 0,
        }));
        coverage.sort_by(|a, b| {
            (&a.account, &a.region, a.operation).cmp(&(&b.account, &b.region, b.operation))
        });
        parts.sort_by(|a, b| a.order().cmp(&b.order()));
        accounts.remove("");
        regions.remove("");
        regions.remove(GLOBAL_REGION);
        self.warnings.sort();
        self.warnings.dedup();
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            tool: self.options.tool,
            as_of,
            scope: Scope {
                accounts: accounts.into_iter().collect(),
                regions: regions.into_iter().collect(),
                units: scope.units,
            },
            counts: counts(&parts),
            coverage,
            parts,
            warnings: self.warnings,
        };
        let mut text = serde_json::to_vec_pretty(&manifest).map_err(|source| Error::Json {
            what: MANIFEST.to_owned(),
            source,
        })?;
        text.push(b'\n');
        let write = || {
            let mut file = self.folder.create(MANIFEST)?;
            file.write_all(&text)?;
            file.finish()
        };
        write().map_err(writing)?;
        Ok(manifest)
    }

    /// Takes over a whole part and its observations, with their lines, in order.
    fn trust(
        &mut self,
        key: &GroupKey,
        number: u32,
        part: Part,
        observations: Vec<(u64, Observation)>,
    ) {
        let group = self.groups.entry(key.clone()).or_default();
        group.next_number = number.saturating_add(1);
        group.parts.push((number, part));
        for (line, observation) in observations {
            let key_digest = digest(observation.key().as_bytes());
            let new = Seen {
                answer: answer_digest(&observation),
                kind: Kind::of(&observation.outcome),
                time: observation.time,
                place: Place::Written(number, line),
            };
            if let Some(old) = group.seen.get(&key_digest) {
                if old.answer == new.answer || !supersedes(old, new.kind, new.time) {
                    group.supersede(number, line);
                    continue;
                }
                if let Place::Written(number, line) = old.place {
                    group.supersede(number, line);
                }
            }
            group.progress.add(key_digest, &observation);
            group.seen.insert(key_digest, new);
        }
    }

    /// Keeps the number of open parts bounded.
    fn close_least_used(&mut self) -> Result<(), Error> {
        let open = || |group: &&mut Group| group.open.is_some();
        if self.groups.values_mut().filter(open()).count() <= OPEN_PARTS {
            return Ok(());
        }
        self.groups
            .values_mut()
            .filter(open())
            .min_by_key(|group| group.last_use)
            .map_or(Ok(()), Group::close)
    }
}

impl Group {
    /// Appends a line to the open part, or to a further one when that is full.
    fn write(
        &mut self,
        folder: &dyn Folder,
        options: &WriteOptions,
        key: &GroupKey,
        line: &[u8],
    ) -> Result<Place, Error> {
        let is_full = |part: &OpenPart| {
            part.part.bytes > 0 && part.part.bytes + line.len() as u64 > options.part_bytes
        };
        if self.open.as_ref().is_some_and(is_full) {
            self.close()?;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let number = self.next_number;
                self.next_number = number.saturating_add(1);
                OpenPart::start(folder, options.level, key, number)?
            }
        };
        open.write(line)?;
        let place = Place::Written(open.number, open.part.observations);
        self.open = Some(open);
        Ok(place)
    }

    /// Writes what is held and closes the open part.
    fn end(
        &mut self,
        folder: &dyn Folder,
        options: &WriteOptions,
        key: &GroupKey,
    ) -> Result<(), Error> {
        self.write_held(folder, options, key)?;
        self.close()
    }

    fn write_held(
        &mut self,
        folder: &dyn Folder,
        options: &WriteOptions,
        key: &GroupKey,
    ) -> Result<(), Error> {
        for (held, line) in std::mem::take(&mut self.held) {
            let place = self.write(folder, options, key, &line)?;
            if let Some(seen) = self.seen.get_mut(&digest(held.as_bytes())) {
                seen.place = place;
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        if let Some(open) = self.open.take() {
            self.parts.push((open.number, open.finish()?));
        }
        Ok(())
    }

    fn supersede(&mut self, number: u32, line: u64) {
        let open = self.open.as_mut().filter(|open| open.number == number);
        let part = match open {
            Some(open) => Some(&mut open.part),
            None => self
                .parts
                .iter_mut()
                .find(|(found, _)| *found == number)
                .map(|(_, part)| part),
        };
        if let Some(part) = part {
            let at = part.superseded.partition_point(|before| *before < line);
            part.superseded.insert(at, line);
        }
    }
}

/// A part that is being written.
struct OpenPart {
    number: u32,
    part: Part,
    encoder: zstd::stream::write::Encoder<'static, Hashed>,
}

impl OpenPart {
    fn start(
        folder: &dyn Folder,
        level: i32,
        key: &GroupKey,
        number: u32,
    ) -> Result<OpenPart, Error> {
        let path = part_path(&key.account, &key.region, key.operation, number);
        let file = folder.create(&path).map_err(writing)?;
        let hashed = Hashed {
            file,
            hash: Sha256::new(),
            bytes: 0,
        };
        let encoder = zstd::stream::write::Encoder::new(hashed, level)
            .and_then(|mut encoder| {
                // So that a part of an unfinished snapshot, which no manifest describes, can be trusted.
                encoder.include_checksum(true)?;
                Ok(encoder)
            })
            .map_err(writing)?;
        Ok(OpenPart {
            number,
            part: Part {
                path,
                account: key.account.clone(),
                region: key.region.clone(),
                operation: key.operation,
                observations: 0,
                bytes: 0,
                compressed_bytes: 0,
                sha256: String::new(),
                superseded: Vec::new(),
            },
            encoder,
        })
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        self.encoder.write_all(line).map_err(writing)?;
        self.part.bytes += line.len() as u64;
        self.part.observations += 1;
        Ok(())
    }

    fn finish(self) -> Result<Part, Error> {
        let hashed = self.encoder.finish().map_err(writing)?;
        hashed.file.finish().map_err(writing)?;
        Ok(Part {
            compressed_bytes: hashed.bytes,
            sha256: hex(&hashed.hash.finalize()),
            ..self.part
        })
    }
}

/// Counts and hashes what goes into a file.
struct Hashed {
    file: Box<dyn NewFile>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether an account can have so many answers of this call that they must not be held.
fn is_streamed(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::DescribeTrainingJob | Operation::Search | Operation::ListTrainingJobs
    )
}

/// The observation as it may be written: its body on one line, without secrets.
fn presentable(mut observation: Observation) -> Result<Observation, Error> {
    let Outcome::Ok { body } = &observation.outcome else {
        return Ok(observation);
    };
    let compacted = compact(body.get());
    let redacted = redact(observation.operation, &compacted);
    if redacted != body.get() {
        let body = RawValue::from_string(redacted.into_owned()).map_err(|source| Error::Json {
            what: describe(&observation),
            source,
        })?;
        observation.outcome = Outcome::Ok { body };
    }
    Ok(observation)
}

/// What makes two answers the same: everything but when and from where they came.
fn answer_digest(observation: &Observation) -> Digest {
    let mut hash = Sha256::new();
    let (name, text) = match &observation.outcome {
        Outcome::Ok { body } => ("ok", body.get()),
        Outcome::Absent { code } => ("absent", code.as_str()),
        Outcome::NotFound { code } => ("not_found", code.as_str()),
        Outcome::Denied { code, .. } => ("denied", code.as_str()),
        Outcome::Throttled { code } => ("throttled", code.as_str()),
        Outcome::Failed { code } => ("failed", code.as_str()),
    };
    hash.update(name);
    for unresolved in &observation.unresolved {
        hash.update([0]);
        hash.update(&unresolved.pointer);
        hash.update([0]);
        hash.update(&unresolved.expression);
        hash.update([u8::from(unresolved.assigned)]);
    }
    hash.update([0, 0]);
    hash.update(text);
    let mut half = Digest::default();
    half.iter_mut()
        .zip(hash.finalize())
        .for_each(|(to, from)| *to = from);
    half
}

/// Whether a new, different observation takes the place of an old one with the same key.
fn supersedes(old: &Seen, kind: Kind, time: Option<Time>) -> bool {
    match (old.kind == Kind::Answered, kind == Kind::Answered) {
        (false, true) => true,
        (true, false) => false,
        _ => match (old.time, time) {
            (Some(old), Some(new)) => new >= old,
            _ => true,
        },
    }
}

fn disagreement(key: &GroupKey, old: &Seen, new: &Observation, new_counts: bool) -> Warning {
    let old_place = match &old.place {
        Place::Held(Some(source)) => format!("`{source}`"),
        Place::Held(None) => "the earlier observation".to_owned(),
        Place::Written(number, line) => format!(
            "`{}:{line}`",
            part_path(&key.account, &key.region, key.operation, *number)
        ),
    };
    let new_place = match &new.source {
        Some(source) => format!("`{source}`"),
        None => "the observation that arrived later".to_owned(),
    };
    let (kept, dropped) = if new_counts {
        (new_place, old_place)
    } else {
        (old_place, new_place)
    };
    Warning {
        account: key.account.clone(),
        region: key.region.clone(),
        operation: key.operation,
        subject: new.subject(),
        message: format!("two answers disagree: {kept} is kept, {dropped} is not"),
    }
}

fn describe(observation: &Observation) -> String {
    let subject = observation.subject();
    match &observation.source {
        Some(source) => format!("{}({subject}) of `{source}`", observation.operation),
        None => format!("{}({subject})", observation.operation),
    }
}

/// Reads a part that no manifest describes, and describes it.
fn read_back(
    folder: &dyn Folder,
    part: &mut Part,
    line_limit: u64,
) -> Result<Vec<(u64, Observation)>, Error> {
    let mut observations = Vec::new();
    let mut lines = LineReader::open(folder, part, line_limit)?;
    while let Some((number, line)) = lines.next_line()? {
        observations.push((number, part.observation(number, line)?));
    }
    let totals = lines.totals();
    part.observations = totals.lines;
    part.bytes = totals.bytes;
    part.compressed_bytes = totals.compressed_bytes;
    part.sha256 = totals.sha256;
    Ok(observations)
}

fn counts(parts: &[Part]) -> Counts {
    parts.iter().fold(
        Counts {
            parts: parts.len() as u64,
            ..Counts::default()
        },
        |sum, part| {
            let superseded = part.superseded.len() as u64;
            Counts {
                observations: sum.observations + part.observations - superseded,
                superseded: sum.superseded + superseded,
                parts: sum.parts,
                bytes: sum.bytes + part.bytes,
                compressed_bytes: sum.compressed_bytes + part.compressed_bytes,
            }
        },
    )
}

fn list(folder: &dyn Folder) -> Result<Vec<String>, Error> {
    folder.list().map_err(|source| Error::File {
        doing: "list the folder",
        source,
    })
}

fn writing(source: io::Error) -> Error {
    Error::File {
        doing: "write the snapshot",
        source,
    }
}
