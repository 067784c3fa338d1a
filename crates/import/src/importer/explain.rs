//! What a document is: an answer, a record of a search, a refusal, or nothing that can be used.
//!
//! Enters: the text of one document, what its file's name and the index say. Leaves: observations
//! in the making, placed as far as the document tells, and why the rest is refused. Deliberately
//! absent: anything that changes the importer.

use std::borrow::Cow;

use sagewarden_core::arn::Arn;
use sagewarden_core::operations::{GLOBAL_REGION, Operation, Scope};
use sagewarden_core::redact::compact;
use sagewarden_core::snapshot::{Outcome, Parameters};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Importer;
use super::draft::{Draft, Place, RecordPage};
use crate::arn::{account_of, arns_in, parameters_of as parameters_of_arn, region_of};
use crate::failure::{self, Failure};
use crate::members::Members;
use crate::metrics;
use crate::name::Hint;
use crate::report::TroubleKind;
use crate::shape::{self, Shape};

/// What a document was found to be.
#[derive(Default)]
pub(super) struct Explained {
    pub(super) drafts: Vec<Draft>,
    pub(super) refusals: Vec<Refusal>,
}

pub(super) struct Refusal {
    /// Lines after the document's first.
    pub(super) line: u64,
    pub(super) kind: TroubleKind,
    pub(super) message: String,
    /// Whether an index that comes later may change it.
    pub(super) open: bool,
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
    pub(super) fn document(&self, place: Place, text: &str) -> Explained {
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

    pub(super) fn record(&self, place: Place, text: &str, page: &mut RecordPage) -> Explained {
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
    pub(super) fn shell(&self, place: Place, text: &str, page: &RecordPage) -> Explained {
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

    pub(super) fn text(&self, place: Place, text: &str) -> Explained {
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

/// The body as a snapshot keeps it: the service's own text on one line.
fn body_of(text: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(one_line(text.trim()).into_owned()).ok()
}

fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r']) {
        compact(text)
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
