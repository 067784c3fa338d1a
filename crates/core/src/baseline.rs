//! What was open before: ages, deadlines, and what is new.
//!
//! Enters: an earlier baseline as text, an assessment, deadlines by severity. Leaves: the history of
//! a finding, and the next baseline. It is JSON lines sorted by control and subject, so that a
//! baseline kept in a repository shows in its diff what opened and what closed. A finding is told by
//! its id alone, which holds neither severity nor message nor time. Deliberately absent: files.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::Assessment;
use crate::asset::AssetKind;
use crate::finding::finding_id;
use crate::time::{DAY_MS, Time};
use crate::verdict::{Severity, Verdict};

/// The name and version of the format.
pub const SCHEMA: &str = "sagewarden.baseline/v1";

/// Days in which findings are to be mended, by severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines(pub BTreeMap<Severity, i64>);

impl Default for Deadlines {
    /// A week for critical findings, then a month, a quarter and half a year.
    fn default() -> Self {
        Deadlines(BTreeMap::from([
            (Severity::Critical, 7),
            (Severity::High, 30),
            (Severity::Medium, 90),
            (Severity::Low, 180),
        ]))
    }
}

/// What is known of the past of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct History {
    /// How it stands to the baseline.
    pub state: State,
    /// Since when it is open: of a training job since its creation.
    pub first_seen: Time,
    /// Until when it is to be mended.
    pub due: Time,
    /// Whether that is over.
    pub overdue: bool,
}

/// How an open finding stands to the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was never seen.
    New,
    /// It was open.
    Unchanged,
    /// It is open for another reason.
    Changed,
    /// It was mended, and is open again.
    Reopened,
}

impl State {
    /// Whether it was not open in the baseline.
    #[must_use]
    pub fn is_new(self) -> bool {
        matches!(self, State::New | State::Reopened)
    }
}

/// What became of an entry that is not open any more, or not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is open.
    Open,
    /// It passes, or the control does not apply any more.
    Resolved,
    /// The asset is gone, as a whole listing shows.
    Removed,
}

/// One finding of a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The finding's id.
    pub id: String,
    /// The control.
    pub control: String,
    /// The asset's ARN, or the job family.
    pub subject: String,
    /// Its kind.
    pub kind: AssetKind,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The reason's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when it is open.
    pub first_seen: Time,
    /// When it was last seen to be open.
    pub last_seen: Time,
    /// How it stands.
    pub standing: Standing,
}

/// The findings that were open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The instant that it describes.
    pub as_of: Option<Time>,
    entries: BTreeMap<(String, String), Entry>,
    by_id: HashMap<String, (String, String)>,
}

/// A baseline that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    schema: String,
    as_of: Time,
}

/// What an update changed, in counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Entries that were not there.
    pub new: u64,
    /// Entries that were resolved and are open again.
    pub reopened: u64,
    /// Entries that are open as before.
    pub unchanged: u64,
    /// Entries that do not fail any more.
    pub resolved: u64,
    /// Entries whose asset is gone.
    pub removed: u64,
    /// Entries that were not looked at; they stay open.
    pub unobserved: u64,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty());
        let wrong = |line, message: String| BaselineError { line, message };
        let Some((number, first)) = lines.next() else {
            return Err(wrong(1, "the baseline is empty".to_owned()));
        };
        let head: Head = serde_json::from_str(first).map_err(|_| {
            wrong(
                number,
                format!("this is no baseline; it would begin with `{{\"schema\":\"{SCHEMA}\"`"),
            )
        })?;
        if head.schema != SCHEMA {
            return Err(wrong(
                number,
                format!("`{}` is not `{SCHEMA}`", head.schema),
            ));
        }
        let mut baseline = Baseline {
            as_of: Some(head.as_of),
            ..Baseline::default()
        };
        for (number, line) in lines {
            let entry: Entry = serde_json::from_str(line)
                .map_err(|error| wrong(number, format!("no entry of a baseline: {error}")))?;
            baseline.insert(entry);
        }
        Ok(baseline)
    }

    /// Writes it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let head = Head {
            schema: SCHEMA.to_owned(),
            as_of: self.as_of.unwrap_or(Time(0)),
        };
        let mut text = serde_json::to_string(&head).unwrap_or_default();
        text.push('\n');
        for entry in self.entries.values() {
            let _ = writeln!(text, "{}", serde_json::to_string(entry).unwrap_or_default());
        }
        text
    }

    fn insert(&mut self, entry: Entry) {
        let key = (entry.control.clone(), entry.subject.clone());
        self.by_id.insert(entry.id.clone(), key.clone());
        self.entries.insert(key, entry);
    }

    /// The entries, by control and subject.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry of a finding.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(self.by_id.get(id)?)
    }

    /// The history of an open finding. `created` is given of a training job: it cannot be mended,
    /// and is as old as itself.
    #[must_use]
    pub fn history(
        &self,
        id: &str,
        severity: Severity,
        reason: Option<&str>,
        created: Option<Time>,
        as_of: Time,
        deadlines: &Deadlines,
    ) -> History {
        let entry = self.entry(id);
        let (state, seen) = match entry {
            None => (State::New, as_of),
            Some(entry) if entry.standing != Standing::Open => (State::Reopened, as_of),
            Some(entry) if entry.reason.as_deref() != reason => (State::Changed, entry.first_seen),
            Some(entry) => (State::Unchanged, entry.first_seen),
        };
        let first_seen = created.map_or(seen, |created| created.min(seen));
        let days = deadlines
            .0
            .get(&severity)
            .copied()
            .unwrap_or(i64::MAX / DAY_MS);
        let due = Time(first_seen.0.saturating_add(days.saturating_mul(DAY_MS)));
        History {
            state,
            first_seen,
            due,
            overdue: as_of > due,
        }
    }

    /// The baseline after an assessment. `looked_at` tells whether an account's and Region's assets
    /// of a kind were listed whole, so that what is not there is gone and not merely unseen.
    #[must_use]
    pub fn updated(
        &self,
        assessment: &Assessment<'_>,
        looked_at: &dyn Fn(&str, &str, AssetKind) -> bool,
    ) -> (Baseline, Update) {
        let as_of = assessment.context.as_of;
        let mut next = Baseline {
            as_of: Some(as_of),
            ..Baseline::default()
        };
        let mut update = Update::default();
        let mut verdicts: HashMap<String, Verdict> = HashMap::new();
        for subject in assessment.subjects() {
            for outcome in subject.outcomes {
                let Some(control) = assessment.selection.control(outcome) else {
                    continue;
                };
                let id = finding_id(&control.id, &subject.identity);
                verdicts.insert(id.clone(), outcome.verdict);
                if outcome.verdict != Verdict::Fail {
                    continue;
                }
                let known = self.entry(&id);
                let first_seen = match known {
                    None => {
                        update.new += 1;
                        as_of
                    }
                    Some(entry) if entry.standing != Standing::Open => {
                        update.reopened += 1;
                        as_of
                    }
                    Some(entry) => {
                        update.unchanged += 1;
                        entry.first_seen
                    }
                };
                let reason = assessment.reason(&subject, outcome).map(str::to_owned);
                next.insert(Entry {
                    id,
                    control: control.id.clone(),
                    subject: subject.identity.clone().into_owned(),
                    kind: subject.asset.kind,
                    account: subject.asset.account.clone(),
                    region: subject.asset.region.clone(),
                    reason,
                    first_seen,
                    last_seen: as_of,
                    standing: Standing::Open,
                });
            }
        }
        for entry in self.entries.values() {
            let verdict = verdicts.get(&entry.id);
            if verdict == Some(&Verdict::Fail) {
                continue;
            }
            let mut entry = entry.clone();
            let was_open = entry.standing == Standing::Open;
            entry.standing = match verdict {
                Some(Verdict::Pass | Verdict::NotApplicable) => Standing::Resolved,
                None if looked_at(&entry.account, &entry.region, entry.kind)
                    && assessment
                        .selection
                        .controls()
                        .iter()
                        .any(|control| control.id == entry.control) =>
                {
                    Standing::Removed
                }
                // Unknown, or not looked at.
                _ => entry.standing,
            };
            if was_open {
                match entry.standing {
                    Standing::Open => update.unobserved += 1,
                    Standing::Resolved => update.resolved += 1,
                    Standing::Removed => update.removed += 1,
                }
            }
            next.insert(entry);
        }
        (next, update)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"schema":"sagewarden.baseline/v1","as_of":"2026-11-01T00:00:00Z"}
{"id":"a","control":"C","subject":"arn:a","kind":"model","account":"1","region":"r","reason":"x","first_seen":"2026-10-01T00:00:00Z","last_seen":"2026-11-01T00:00:00Z","standing":"open"}
{"id":"b","control":"C","subject":"arn:b","kind":"model","account":"1","region":"r","first_seen":"2026-09-01T00:00:00Z","last_seen":"2026-10-01T00:00:00Z","standing":"resolved"}
"#;

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Baseline::parse(TEXT).unwrap().to_text(), TEXT);
    }

    #[test]
    fn what_is_no_baseline_is_told_with_its_line() {
        assert_eq!(Baseline::parse("").unwrap_err().line, 1);
        assert_eq!(Baseline::parse("[]\n").unwrap_err().line, 1);
        let newer = TEXT.replace("/v1", "/v2");
        assert!(Baseline::parse(&newer).unwrap_err().message.contains("/v2"));
        let broken = TEXT.replace("\"subject\":\"arn:b\"", "\"sub\":1");
        assert_eq!(Baseline::parse(&broken).unwrap_err().line, 3);
    }

    #[test]
    fn ages_run_from_the_first_sight_and_start_anew_when_reopened() {
        let baseline = Baseline::parse(TEXT).unwrap();
        let as_of = Time::parse("2026-11-01T00:00:01Z").unwrap();
        let of = |id, reason, created| {
            baseline.history(
                id,
                Severity::High,
                reason,
                created,
                as_of,
                &Deadlines::default(),
            )
        };
        let known = of("a", Some("x"), None);
        assert_eq!(known.state, State::Unchanged);
        assert_eq!(known.due, Time::parse("2026-10-31T00:00:00Z").unwrap());
        assert!(known.overdue);
        assert_eq!(of("a", Some("y"), None).state, State::Changed);
        let again = of("b", None, None);
        assert_eq!((again.state, again.first_seen), (State::Reopened, as_of));
        assert_eq!(of("c", None, None).state, State::New);
        let created = Time::parse("2026-06-01").unwrap();
        assert_eq!(of("c", None, Some(created)).first_seen, created);
    }
}
