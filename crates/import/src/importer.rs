//! Files in, observations out.
//!
//! Enters: one file after another. Leaves: observations, as soon as they are complete; what lacks
//! a parameter, an account or a Region, and pages, whose order needs the other pages, at the end.
//! Deliberately absent: directories, and anything kept of an observation once it is handed out.

mod complete;
mod draft;
mod explain;

use std::io::{self, Read};

use sagewarden_core::operations::{GLOBAL_REGION, Operation};
use sagewarden_core::snapshot::{Observation, Outcome};

use crate::index::{Call, Index};
use crate::name::{self, Hint, PathFacts};
use crate::report::{FileReport, ImportReport, TroubleKind};
use crate::scan::{Piece, Span, scan};
use crate::source::{Outer, open};

use complete::Places;
use draft::{Draft, Place, Reading, chain, is_page, lacking};
use explain::{Explained, Refusal};

/// Documents that only a later index can explain are kept up to this size: policies, empty objects.
const OPEN_DOCUMENT: usize = 1 << 20;

/// One file to import.
pub struct SourceFile<'a> {
    /// Path relative to the input's root, `/`-separated. It may tell the operation, parameters,
    /// account and Region, and it names the file in the report.
    pub name: &'a str,
    /// The file's bytes.
    pub reader: &'a mut dyn Read,
}

/// What may be held in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one document, unpacked; a larger one is skipped and reported. Default 256 MiB.
    /// The records of a search answer count one by one.
    pub document: usize,
    /// Bytes of all answers that wait for the end; what exceeds it is reported. Default 2 GiB.
    pub waiting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            document: 256 << 20,
            waiting: 2 << 30,
        }
    }
}

/// Why importing cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The caller's reader failed. What was read before it stands, and other files can follow.
    #[error("`{file}` cannot be read: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the reader said.
        source: io::Error,
    },
}

/// Reads saved answers. Hand indexes (`calls.jsonl`) in first where possible: an index that comes
/// later still serves what waits for it, but no longer what was handed out.
#[derive(Debug)]
pub struct Importer {
    limits: Limits,
    index: Index,
    report: ImportReport,
    paths: Vec<PathFacts>,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    seen: Places,
}

#[derive(Debug)]
enum Waiting {
    Draft(Box<Draft>),
    /// A document that the content does not explain; an index may.
    Open(Place, String, bool),
}

type Sink<'s> = dyn FnMut(Observation) + 's;

impl Importer {
    /// An importer that has read nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Importer {
            limits,
            index: Index::default(),
            report: ImportReport::default(),
            paths: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            seen: Places::default(),
        }
    }

    /// Whether the file is an index of calls, to be handed in before others.
    #[must_use]
    pub fn is_index(name: &str) -> bool {
        name::is_index(name)
    }

    /// Whether the file is prose, a script or configuration, which is skipped unread.
    #[must_use]
    pub fn is_ignored(name: &str) -> bool {
        name::is_ignored(name)
    }

    /// Reads one file. Trouble with its content goes to the report.
    ///
    /// # Errors
    /// When the caller's reader fails. The importer stays usable.
    pub fn file(&mut self, file: SourceFile<'_>, sink: &mut Sink<'_>) -> Result<(), ImportError> {
        let number = self.report.files.len();
        self.report.files.push(FileReport {
            name: file.name.to_owned(),
            ignored: name::is_ignored(file.name),
            ..FileReport::default()
        });
        let facts = name::read(file.name);
        if let Some(parameter) = &facts.undecodable {
            self.trouble(
                number,
                None,
                TroubleKind::Index,
                format!(
                    "`{parameter}` in the file's name is not percent-encoded UTF-8 and was not used"
                ),
            );
        }
        self.paths.push(facts);
        if name::is_ignored(file.name) {
            return Ok(());
        }
        let mut reading = Reading {
            file: number,
            ..Reading::default()
        };
        let mut outer = Outer::new(file.reader);
        let limit = self.limits.document;
        let read = open(&mut outer).and_then(|mut reader| {
            scan(&mut *reader, limit, &mut |piece| {
                self.piece(&mut reading, piece, sink);
            })
        });
        if let Err(error) = read {
            if outer.failure.is_some() {
                self.trouble(
                    number,
                    None,
                    TroubleKind::Damaged,
                    format!("cannot be read: {error}"),
                );
                return Err(ImportError::Read {
                    file: file.name.to_owned(),
                    source: error,
                });
            }
            self.trouble(
                number,
                None,
                TroubleKind::Damaged,
                format!("cannot be unpacked to its end: {error}; save it again"),
            );
        } else if reading.pieces == 0 {
            if name::is_error_text(file.name) {
                self.with_file(number, |file| file.ignored = true);
            } else if !name::is_index(file.name) {
                self.trouble(number, None, TroubleKind::Empty, "empty, which does not tell an answer without members from a call that failed; if the call succeeded, write `{}`".to_owned());
            }
        }
        Ok(())
    }

    /// Hands out what waited for the end, and the report.
    pub fn finish(mut self, sink: &mut Sink<'_>) -> ImportReport {
        let mut drafts = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::Draft(draft) => drafts.push(*draft),
                Waiting::Open(place, text, is_json) => {
                    let explained = if is_json {
                        self.document(place, &text)
                    } else {
                        self.text(place, &text)
                    };
                    drafts.extend(explained.drafts);
                    self.refuse(place, explained.refusals);
                }
            }
        }
        for draft in &mut drafts {
            self.apply_index(draft);
        }
        for draft in &drafts {
            self.notice(draft.account.as_deref(), draft.region.as_deref());
        }
        let mut ready: Vec<Draft> = drafts
            .into_iter()
            .filter_map(|draft| self.complete(draft))
            .collect();
        self.link_pages(&mut ready);
        for draft in ready {
            self.hand_out(draft, sink);
        }
        self.report
    }

    fn piece(&mut self, reading: &mut Reading, piece: Piece, sink: &mut Sink<'_>) {
        reading.pieces += 1;
        let (Piece::Document(span)
        | Piece::Record(span)
        | Piece::Shell(span, _)
        | Piece::Text(span)) = &piece
        else {
            reading.lost_count = true;
            if let Piece::Broken(line, kind, message) = piece {
                self.trouble(reading.file, Some(line), kind, message);
            }
            return;
        };
        let place = Place {
            file: reading.file,
            line: span.line,
            // Of several index lines for one file, each speaks for the document that it counts.
            ordinal: if reading.lost_count {
                usize::MAX
            } else {
                reading.ordinal
            },
        };
        match piece {
            Piece::Document(span) => {
                let Some(text) = self.utf8(place, span) else {
                    reading.lost_count = true;
                    return;
                };
                if self.is_index_file(reading.file) {
                    self.index_line(place, &text);
                    return;
                }
                reading.ordinal += 1;
                let explained = self.document(place, &text);
                self.take(reading, place, explained, text, true, sink);
            }
            Piece::Record(span) => {
                let Some(text) = self.utf8(place, span) else {
                    return;
                };
                let explained = self.record(place, &text, &mut reading.page);
                for draft in explained.drafts {
                    self.settle(draft, sink);
                }
                self.refuse(place, explained.refusals);
            }
            Piece::Shell(span, records) => {
                reading.ordinal += 1;
                let page = std::mem::take(&mut reading.page);
                let Some(text) = self.utf8(place, span) else {
                    return;
                };
                // Records that are not SageMaker's were reported one by one.
                if records > 0 && page.resource.is_none() {
                    return;
                }
                let explained = self.shell(place, &text, &page);
                self.take(reading, place, explained, text, true, sink);
            }
            Piece::Text(span) => {
                let Some(text) = self.utf8(place, span) else {
                    return;
                };
                reading.ordinal += 1;
                let explained = self.text(place, &text);
                self.take(reading, place, explained, text, false, sink);
            }
            Piece::Broken(..) => {}
        }
    }

    /// Uses what a document was explained as, or keeps it for a later index.
    fn take(
        &mut self,
        reading: &mut Reading,
        place: Place,
        explained: Explained,
        text: String,
        is_json: bool,
        sink: &mut Sink<'_>,
    ) {
        for mut draft in explained.drafts {
            chain(reading, &mut draft);
            self.settle(draft, sink);
        }
        let open = explained.refusals.iter().any(|refusal| refusal.open);
        if open && self.call(place).is_none() && text.len() <= OPEN_DOCUMENT {
            if self.keep(place, text.len()) {
                self.waiting.push(Waiting::Open(place, text, is_json));
            }
        } else {
            self.refuse(place, explained.refusals);
        }
    }

    /// Hands a draft out when it is complete and stands alone; keeps it otherwise.
    fn settle(&mut self, mut draft: Draft, sink: &mut Sink<'_>) {
        self.apply_index(&mut draft);
        self.notice(draft.account.as_deref(), draft.region.as_deref());
        let alone = !is_page(&draft);
        if alone && draft.account.is_some() && draft.region.is_some() && lacking(&draft).is_empty()
        {
            self.hand_out(draft, sink);
            return;
        }
        let size = match &draft.outcome {
            Outcome::Ok { body } => body.get().len(),
            _ => 0,
        };
        if self.keep(draft.place, size) {
            self.waiting.push(Waiting::Draft(Box::new(draft)));
        }
    }

    /// Makes room for `size` bytes that wait, or reports that there is none.
    fn keep(&mut self, place: Place, size: usize) -> bool {
        let total = self.waiting_bytes.saturating_add(size);
        if total > self.limits.waiting {
            let message = format!(
                "more than {} bytes wait for the end of the input; put files under ACCOUNT/REGION folders with their parameters in the name, or raise the limit",
                self.limits.waiting
            );
            self.trouble(place.file, Some(place.line), TroubleKind::TooLarge, message);
            return false;
        }
        self.waiting_bytes = total;
        true
    }

    fn hand_out(&mut self, draft: Draft, sink: &mut Sink<'_>) {
        let account = draft.account.unwrap_or_default();
        let region = draft.region.unwrap_or_default();
        let operation = draft.operation;
        self.report.observations += 1;
        *self.report.operations.entry(operation).or_default() += 1;
        let regions = match self.report.scopes.get_mut(&account) {
            Some(regions) => regions,
            None => self.report.scopes.entry(account.clone()).or_default(),
        };
        if !regions.contains(&region) {
            regions.insert(region.clone());
        }
        self.report.latest = self.report.latest.max(draft.time);
        let mut source = String::new();
        if let Some(file) = self.report.files.get_mut(draft.place.file) {
            *file.recognised.entry(operation).or_default() += 1;
            source = format!("{}:{}", file.name, draft.place.line);
        }
        sink(Observation {
            operation,
            parameters: draft.parameters,
            account,
            region,
            time: draft.time,
            source: Some(source),
            unresolved: Vec::new(),
            located: Vec::new(),
            outcome: draft.outcome,
        });
    }

    fn index_line(&mut self, place: Place, text: &str) {
        let Some(path) = self
            .report
            .files
            .get(place.file)
            .map(|file| file.name.clone())
        else {
            return;
        };
        match self.index.add(&path, text) {
            Ok(time) => {
                self.report.latest = self.report.latest.max(time);
                self.with_file(place.file, |file| file.index_lines += 1);
            }
            Err(message) => {
                self.trouble(place.file, Some(place.line), TroubleKind::Index, message);
            }
        }
        if self.report.observations > 0 {
            self.trouble(place.file, None, TroubleKind::Note, "this index came after answers that were already handed out without it; hand indexes in first".to_owned());
        }
    }

    fn call(&self, place: Place) -> Option<&Call> {
        let file = self.report.files.get(place.file)?;
        self.index.call(&file.name, place.ordinal)
    }

    fn hint(&self, place: Place) -> Hint {
        match self.call(place) {
            Some(Call {
                operation: Some(operation),
                ..
            }) => Hint::Is(*operation),
            Some(Call { other: true, .. }) => Hint::Other,
            _ => self
                .paths
                .get(place.file)
                .map(|facts| facts.hint)
                .unwrap_or_default(),
        }
    }

    /// Fills what the body did not tell: parameters from the name, then everything from the index.
    fn apply_index(&self, draft: &mut Draft) {
        let Some(call) = self.call(draft.place) else {
            return;
        };
        // A record of a search answer is named by its ARN alone.
        let is_record =
            draft.operation == Operation::Search && draft.parameters.contains_key("Arn");
        if !is_record {
            for (name, value) in &call.parameters {
                if !draft.parameters.contains_key(name) {
                    draft.parameters.insert(name.clone(), value.clone());
                }
            }
        }
        if draft.account.is_none() {
            draft.account.clone_from(&call.account);
        }
        if draft.region.is_none() {
            draft.region = call.region.clone().filter(|region| region != GLOBAL_REGION);
        }
        if draft.time.is_none() {
            draft.time = call.time;
        }
    }

    fn is_index_file(&self, file: usize) -> bool {
        self.report
            .files
            .get(file)
            .is_some_and(|file| name::is_index(&file.name))
    }

    fn utf8(&mut self, place: Place, span: Span) -> Option<String> {
        match String::from_utf8(span.bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let at = u64::try_from(error.utf8_error().valid_up_to()).unwrap_or(0);
                let before = error.as_bytes().get(..error.utf8_error().valid_up_to());
                let lines = memchr::memchr_iter(b'\n', before.unwrap_or_default()).count();
                let line = place.line + u64::try_from(lines).unwrap_or(0);
                let message = format!(
                    "not UTF-8 at byte {}; the document was skipped",
                    span.offset + at
                );
                self.trouble(place.file, Some(line), TroubleKind::InvalidText, message);
                None
            }
        }
    }

    fn refuse(&mut self, place: Place, refusals: Vec<Refusal>) {
        for refusal in refusals {
            let line = place.line + refusal.line;
            self.trouble(place.file, Some(line), refusal.kind, refusal.message);
        }
    }

    fn with_file(&mut self, file: usize, change: impl FnOnce(&mut FileReport)) {
        if let Some(file) = self.report.files.get_mut(file) {
            change(file);
        }
    }

    fn trouble(&mut self, file: usize, line: Option<u64>, kind: TroubleKind, message: String) {
        match kind {
            TroubleKind::Unusable => self.report.unusable += 1,
            TroubleKind::NotAnAnswer => self.report.unrecognised += 1,
            TroubleKind::Note => {}
            _ => self.report.unreadable += 1,
        }
        self.with_file(file, |file| file.trouble(line, kind, message));
    }
}
