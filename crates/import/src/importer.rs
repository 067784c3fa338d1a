//! Files in, observations out.
//!
//! Enters: one file after another. Leaves: observations, as soon as they are complete; what lacks
//! a parameter, an account or a Region, and pages, whose order needs the other pages, at the end.
//! Deliberately absent: directories, and anything kept of an observation once it is handed out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};

use sagewarden_core::arn::Arn;
use sagewarden_core::operations::{GLOBAL_REGION, Operation, Scope};
use sagewarden_core::snapshot::{Observation, Outcome, Parameters, key_of};
use sagewarden_core::time::Time;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::arn::{account_of, arns_in, parameters_of as parameters_of_arn, region_of};
use crate::failure::{self, Failure, call_name};
use crate::index::{Call, Index};
use crate::members::{Members, compact};
use crate::metrics;
use crate::name::{self, Hint, PathFacts};
use crate::pages::{self, Page};
use crate::report::{FileReport, ImportReport, TroubleKind};
use crate::scan::{Piece, Span, scan};
use crate::shape::{self, Shape};
use crate::source::{Outer, open};

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

/// Accounts and Regions that any file tells.
#[derive(Debug, Default)]
struct Places {
    accounts: BTreeSet<String>,
    regions: BTreeMap<Option<String>, BTreeSet<String>>,
}

#[derive(Debug)]
enum Waiting {
    Draft(Box<Draft>),
    /// A document that the content does not explain; an index may.
    Open(Place, String, bool),
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: usize,
    line: u64,
    ordinal: usize,
}

/// An observation in the making.
#[derive(Debug)]
struct Draft {
    place: Place,
    operation: Operation,
    parameters: Parameters,
    account: Option<String>,
    region: Option<String>,
    time: Option<Time>,
    outcome: Outcome,
    /// The token of the next page, for a page.
    next: Option<String>,
    chained: bool,
}

/// What is remembered while one file is read.
#[derive(Default)]
struct Reading {
    file: usize,
    ordinal: usize,
    /// Whether a document was lost, so that those after it cannot be counted.
    lost_count: bool,
    pieces: u64,
    last_page: HashMap<(Operation, String), LastPage>,
    page: RecordPage,
}

#[derive(Clone)]
struct LastPage {
    token: String,
    account: Option<String>,
    region: Option<String>,
}

/// The search records since the last shell.
#[derive(Default)]
struct RecordPage {
    resource: Option<&'static str>,
    arn: Option<String>,
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

    /// Fills what only the whole input tells, or reports what is lacking.
    fn complete(&mut self, mut draft: Draft) -> Option<Draft> {
        let mut lacking = lacking(&draft);
        let mut inferred = false;
        if draft.account.is_none() {
            match only(&self.seen.accounts) {
                Some(account) => {
                    inferred = !account.is_empty();
                    draft.account = Some(account);
                }
                None => lacking.push("the account".to_owned()),
            }
        }
        if draft.region.is_none() && draft.account.is_some() {
            let own = self.seen.regions.get(&draft.account);
            let all: BTreeSet<String> = self.seen.regions.values().flatten().cloned().collect();
            match only(own.unwrap_or(&all)) {
                Some(region) => {
                    inferred |= !region.is_empty();
                    draft.region = Some(region);
                }
                None => lacking.push("the Region".to_owned()),
            }
        }
        if lacking.is_empty() {
            self.report.inferred += u64::from(inferred);
            return Some(draft);
        }
        let call = call_name(draft.operation);
        let message = format!(
            "`{call}`: {} not known; name the file `ACCOUNT/REGION/{call}--PARAMETER=VALUE.json`, or list it in calls.jsonl",
            are(&lacking)
        );
        self.trouble(
            draft.place.file,
            Some(draft.place.line),
            TroubleKind::Unusable,
            message,
        );
        None
    }

    fn link_pages(&mut self, drafts: &mut [Draft]) {
        let names: Vec<String> = self.report.files.iter().map(|f| f.name.clone()).collect();
        let (mut pages, mut places) = (Vec::new(), Vec::new());
        for draft in drafts.iter_mut().filter(|draft| is_page(draft)) {
            let (Some(account), Some(region)) = (&draft.account, &draft.region) else {
                continue;
            };
            places.push((draft.place, draft.operation));
            pages.push(Page {
                operation: draft.operation,
                account,
                region,
                parameters: &mut draft.parameters,
                next: draft.next.clone(),
                chained: draft.chained,
                file: draft.place.file,
                number: self
                    .paths
                    .get(draft.place.file)
                    .and_then(|facts| facts.number.clone()),
                source: names
                    .get(draft.place.file)
                    .map(|name| format!("{name}:{}", draft.place.line))
                    .unwrap_or_default(),
            });
        }
        for index in pages::link(&mut pages) {
            if let Some((place, operation)) = places.get(index) {
                let message = format!(
                    "one of several pages of `{}` whose order is not known, so the listing counts as incomplete; put the pages in one file, number the files consecutively, or give each page's token in calls.jsonl",
                    call_name(*operation)
                );
                self.trouble(place.file, Some(place.line), TroubleKind::Note, message);
            }
        }
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

    fn notice(&mut self, account: Option<&str>, region: Option<&str>) {
        if let Some(account) = account
            && !self.seen.accounts.contains(account)
        {
            self.seen.accounts.insert(account.to_owned());
        }
        if let Some(region) = region.filter(|region| *region != GLOBAL_REGION) {
            let account = account.map(str::to_owned);
            let regions = self.seen.regions.entry(account).or_default();
            if !regions.contains(region) {
                regions.insert(region.to_owned());
            }
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

/// What a document was found to be.
#[derive(Default)]
struct Explained {
    drafts: Vec<Draft>,
    refusals: Vec<Refusal>,
}

struct Refusal {
    /// Lines after the document's first.
    line: u64,
    kind: TroubleKind,
    message: String,
    /// Whether an index that comes later may change it.
    open: bool,
}

impl Explained {
    fn draft(draft: Draft) -> Self {
        Explained {
            drafts: vec![draft],
            refusals: Vec::new(),
        }
    }

    fn no(kind: TroubleKind, message: String) -> Self {
        Explained {
            drafts: Vec::new(),
            refusals: vec![Refusal {
                line: 0,
                kind,
                message,
                open: false,
            }],
        }
    }

    fn open(message: String) -> Self {
        let mut explained = Explained::no(TroubleKind::NotAnAnswer, message);
        for refusal in &mut explained.refusals {
            refusal.open = true;
        }
        explained
    }
}

/// Reading one document. Nothing here changes the importer.
impl Importer {
    fn document(&self, place: Place, text: &str) -> Explained {
        let members = match Members::parse(text) {
            Ok(members) => members,
            Err(error) => return not_an_object(&error),
        };
        if let Some(failure) = failure::in_json(&members) {
            return self.failure(place, 0, &failure);
        }
        if shape::is_record(&members) {
            return self.record(place, text, &mut RecordPage::default());
        }
        match shape::recognise(&members, self.hint(place)) {
            Shape::Answer(operation) => self.answer(place, operation, &members, text),
            Shape::BarePolicy(operation) => {
                // Stored as the call answers: the policy as text.
                let wrapped = serde_json::json!({ "Policy": text.trim() }).to_string();
                match Members::parse(&wrapped) {
                    Ok(members) => self.answer(place, operation, &members, &wrapped),
                    Err(error) => not_an_object(&error),
                }
            }
            Shape::Open(message) => Explained::open(message),
            Shape::No(message) => Explained::no(TroubleKind::NotAnAnswer, message),
        }
    }

    fn answer(
        &self,
        place: Place,
        operation: Operation,
        members: &Members<'_>,
        text: &str,
    ) -> Explained {
        let Some(body) = body_of(text) else {
            return Explained::no(TroubleKind::NotJson, "not valid JSON".to_owned());
        };
        let mut parameters = Parameters::new();
        for (name, value) in shape::parameters_of(operation, members) {
            parameters.insert(name.to_owned(), Value::String(value));
        }
        self.add_asked(place, operation, &mut parameters);
        for (name, value) in shape::fallback_of(operation, members) {
            parameters
                .entry(name.to_owned())
                .or_insert(Value::String(value));
        }
        let arn = shape::arn_of(operation, members).or_else(|| arn_in_parameters(&parameters));
        let (mut account, mut region) = shape::place_of(operation, members);
        if let Some(arn) = arn.as_deref().and_then(Arn::parse) {
            account = account_of(arn).or(account);
            region = region_of(arn).or(region);
        }
        let next = operation
            .row()
            .paging
            .and_then(|paging| members.text(paging.output))
            .filter(|token| !token.is_empty());
        let mut draft = Draft {
            place,
            operation,
            parameters,
            account: None,
            region: None,
            time: None,
            outcome: Outcome::Ok { body },
            next,
            chained: false,
        };
        self.locate(
            &mut draft,
            account,
            region,
            shape::may_be_foreign(operation),
        );
        let mut explained = Explained::draft(draft);
        if operation == Operation::GetMetricData {
            check_series(&mut explained, members);
        }
        explained
    }

    fn record(&self, place: Place, text: &str, page: &mut RecordPage) -> Explained {
        let text = one_line(text);
        let members = match Members::parse(&text) {
            Ok(members) => members,
            Err(error) => return not_an_object(&error),
        };
        let record = match shape::record(&members) {
            Ok(record) => record,
            Err(message) => return Explained::no(TroubleKind::NotAnAnswer, message),
        };
        page.resource.get_or_insert(record.resource);
        if page.arn.is_none() {
            page.arn = Some(record.arn.clone());
        }
        let (account, region) = match Arn::parse(&record.arn) {
            Some(arn) => (account_of(arn), region_of(arn)),
            None => (None, None),
        };
        let mut parameters = Parameters::new();
        parameters.insert("Resource".to_owned(), Value::from(record.resource));
        parameters.insert("Arn".to_owned(), Value::String(record.arn));
        let mut draft = Draft {
            place,
            operation: Operation::Search,
            parameters,
            account: None,
            region: None,
            time: None,
            outcome: Outcome::Ok {
                body: record.body.to_owned(),
            },
            next: None,
            chained: false,
        };
        self.locate(&mut draft, account, region, false);
        Explained::draft(draft)
    }

    /// The page around search records: what tells whether the search is complete.
    fn shell(&self, place: Place, text: &str, page: &RecordPage) -> Explained {
        let members = match Members::parse(text) {
            Ok(members) => members,
            Err(error) => return not_an_object(&error),
        };
        let hint = self.hint(place);
        let is_search = page.resource.is_some()
            || hint == Hint::Is(Operation::Search)
            || (hint == Hint::None && members.has("TotalHits"));
        if !is_search {
            return Explained::open(
                "has an empty `Results`, but nothing says that it is a search answer".to_owned(),
            );
        }
        let mut explained = self.answer(place, Operation::Search, &members, text);
        for draft in &mut explained.drafts {
            if let Some(resource) = page.resource {
                draft
                    .parameters
                    .insert("Resource".to_owned(), Value::from(resource));
            }
            if let Some(arn) = page.arn.as_deref().and_then(Arn::parse) {
                self.locate(draft, account_of(arn), region_of(arn), false);
            }
        }
        explained
    }

    fn text(&self, place: Place, text: &str) -> Explained {
        let failures = failure::in_text(text);
        if !failures.is_empty() {
            let mut all = Explained::default();
            for (at, failure) in failures {
                let lines = text.get(..at).unwrap_or_default().matches('\n').count();
                let line = u64::try_from(lines).unwrap_or(0);
                let explained = self.failure(place, line, &failure);
                all.drafts.extend(explained.drafts);
                all.refusals.extend(explained.refusals);
            }
            return all;
        }
        if serde_json::from_str::<&RawValue>(text.trim()).is_ok() {
            return Explained::no(
                TroubleKind::NotAnAnswer,
                "JSON, but not an object, so no AWS answer".to_owned(),
            );
        }
        if let (Some(code), Hint::Is(operation)) = (failure::unasked(text), self.hint(place)) {
            let failure = Failure {
                code: code.to_owned(),
                called: Some(operation.row().name.to_owned()),
                message: String::new(),
            };
            return self.failure(place, 0, &failure);
        }
        Explained::no(
            TroubleKind::NotJson,
            "neither JSON nor the error text of an AWS call; save answers with `--output json`"
                .to_owned(),
        )
    }

    fn failure(&self, place: Place, line: u64, failure: &Failure) -> Explained {
        let operation = match failure::operation(failure, self.hint(place)) {
            Ok(operation) => operation,
            Err(message) => return Explained::open(message),
        };
        let mut parameters = Parameters::new();
        self.add_asked(place, operation, &mut parameters);
        let resource = failure::refused_resource(&failure.message).or_else(|| {
            arns_in(&failure.message).find(|arn| Some(*arn) != failure::principal(&failure.message))
        });
        for (name, value) in resource
            .map(|arn| parameters_of_arn(operation, arn))
            .unwrap_or_default()
        {
            parameters
                .entry(name.to_owned())
                .or_insert(Value::String(value));
        }
        let (mut account, mut region) = (None, None);
        for arn in [resource, failure::principal(&failure.message)]
            .into_iter()
            .flatten()
            .filter_map(Arn::parse)
        {
            account = account.or_else(|| account_of(arn));
            region = region.or_else(|| region_of(arn));
        }
        let mut draft = Draft {
            place: Place {
                line: place.line + line,
                ..place
            },
            operation,
            parameters,
            account: None,
            region: None,
            time: None,
            outcome: failure::outcome(operation, failure),
            next: None,
            chained: false,
        };
        self.locate(
            &mut draft,
            account,
            region,
            shape::may_be_foreign(operation),
        );
        Explained::draft(draft)
    }

    /// Adds the request parameters of the file's name.
    fn add_asked(&self, place: Place, operation: Operation, parameters: &mut Parameters) {
        let Some(facts) = self.paths.get(place.file) else {
            return;
        };
        let speaks_of_it = match facts.hint {
            Hint::Is(named) => named == operation,
            Hint::None => true,
            Hint::FileSystems => operation.row().name == "DescribeFileSystems",
            Hint::Other => false,
        };
        if speaks_of_it {
            for (name, value) in &facts.parameters {
                parameters
                    .entry(name.clone())
                    .or_insert_with(|| Value::String(value.clone()));
            }
        }
        if let Some(call) = self.call(place) {
            for (name, value) in &call.parameters {
                parameters
                    .entry(name.clone())
                    .or_insert_with(|| value.clone());
            }
        }
    }

    /// Places a draft: by the ARN in its body, its path, then (elsewhere) the index. Where the ARN
    /// may be of another account than the one asked, it comes last.
    fn locate(
        &self,
        draft: &mut Draft,
        account: Option<String>,
        region: Option<String>,
        foreign: bool,
    ) {
        let path = self.paths.get(draft.place.file);
        let call = self.call(draft.place);
        let asked_account = path
            .and_then(|facts| facts.account.clone())
            .or_else(|| call.and_then(|call| call.account.clone()));
        let asked_region = path
            .and_then(|facts| facts.region.clone())
            .filter(|region| region != GLOBAL_REGION)
            .or_else(|| call.and_then(|call| call.region.clone()))
            .filter(|region| region != GLOBAL_REGION);
        (draft.account, draft.region) = if foreign {
            (asked_account.or(account), asked_region.or(region))
        } else {
            (account.or(asked_account), region.or(asked_region))
        };
        if draft.operation.row().scope == Scope::Global {
            draft.region = Some(GLOBAL_REGION.to_owned());
        }
    }
}

/// Gives a page the token of the page before it in the same file.
fn chain(reading: &mut Reading, draft: &mut Draft) {
    let Some(paging) = draft.operation.row().paging.filter(|_| is_page(draft)) else {
        return;
    };
    let mut listing = draft.parameters.clone();
    listing.remove(paging.input);
    let key = (draft.operation, key_of(draft.operation, &listing));
    let asked = pages::continues(draft.operation, &draft.parameters);
    let agree = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    if let Some(last) = reading.last_page.remove(&key)
        && !asked
        && agree(&last.account, &draft.account)
        && agree(&last.region, &draft.region)
    {
        draft
            .parameters
            .insert(paging.input.to_owned(), Value::String(last.token));
        draft.chained = true;
        draft.account = draft.account.take().or(last.account);
        draft.region = draft.region.take().or(last.region);
    }
    if let Some(token) = &draft.next {
        reading.last_page.insert(
            key,
            LastPage {
                token: token.clone(),
                account: draft.account.clone(),
                region: draft.region.clone(),
            },
        );
    }
}

/// Whether the draft is a page of a listing, whose order matters.
fn is_page(draft: &Draft) -> bool {
    matches!(draft.outcome, Outcome::Ok { .. })
        && draft.operation.row().paging.is_some()
        && !(draft.operation == Operation::Search && draft.parameters.contains_key("Arn"))
}

/// The request parameters without which the draft is of no use.
fn lacking(draft: &Draft) -> Vec<String> {
    let answered = matches!(draft.outcome, Outcome::Ok { .. });
    shape::required(draft.operation, answered)
        .filter(|name| !draft.parameters.contains_key(*name))
        .map(|name| format!("`{name}`"))
        .collect()
}

/// The one element; an empty text when there is none; nothing when there are several.
fn only(set: &BTreeSet<String>) -> Option<String> {
    let mut elements = set.iter();
    match (elements.next(), elements.next()) {
        (None, _) => Some(String::new()),
        (Some(element), None) => Some(element.clone()),
        _ => None,
    }
}

fn are(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// The body as a snapshot keeps it: the service's own text on one line.
fn body_of(text: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(one_line(text.trim()).into_owned()).ok()
}

fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r']) {
        Cow::Owned(compact(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// The first parameter that is an ARN places the answer: `ResourceArn`, `KeyId`.
fn arn_in_parameters(parameters: &Parameters) -> Option<String> {
    parameters
        .values()
        .filter_map(Value::as_str)
        .find(|value| Arn::parse(value).is_some_and(|arn| account_of(arn).is_some()))
        .map(str::to_owned)
}

fn not_an_object(error: &serde_json::Error) -> Explained {
    if error.is_data() {
        return Explained::no(
            TroubleKind::NotAnAnswer,
            "JSON, but not an object, so no AWS answer".to_owned(),
        );
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let line = u64::try_from(error.line().saturating_sub(1)).unwrap_or(0);
    let mut explained = Explained::no(
        TroubleKind::NotJson,
        format!("not valid JSON (column {}): {message}", error.column()),
    );
    for refusal in &mut explained.refusals {
        refusal.line = line;
    }
    explained
}

/// Series without known dimensions: a note while others have them, no answer when none has.
fn check_series(explained: &mut Explained, members: &Members<'_>) {
    let Some(results) = members.raw("MetricDataResults") else {
        return;
    };
    let Some(draft) = explained.drafts.first() else {
        return;
    };
    let (count, nameless) = metrics::nameless(results, &draft.parameters);
    if nameless.is_empty() {
        return;
    }
    let ids = nameless
        .iter()
        .take(5)
        .cloned()
        .collect::<Vec<_>>()
        .join("`, `");
    let message = format!(
        "`get-metric-data`: the dimensions of `{ids}` are not known; label the queries `EndpointName=…,VariantName=…,MetricName=…`, or list the request in calls.jsonl"
    );
    let none_named = nameless.len() == count;
    explained.refusals.push(Refusal {
        line: 0,
        kind: if none_named {
            TroubleKind::Unusable
        } else {
            TroubleKind::Note
        },
        message,
        open: none_named,
    });
    if none_named {
        explained.drafts.clear();
    }
}
