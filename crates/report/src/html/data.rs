//! The data of the page: columns, and a table of texts.
//!
//! Texts of alike assets differ in the asset's name alone. The name, ARN and Region are replaced by
//! marks before a text is looked up, so that a text is there once for all of them; the page puts them
//! back.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::asset::Asset;
use sagewarden_core::finding::{Call, Evidence, Finding};
use sagewarden_core::verdict::{Disposition, Severity, Verdict};
use serde::Serialize;
use serde_json::{Value, json};

use super::cause::{self, Cause};
use crate::framework::{self, Counts};
use crate::projection::{clipped, each, left_out, one_line};
use crate::run::{RenderError, Run, TrendPoint};
use crate::text::printable;

/// Findings that the page holds; beyond, the worst are taken.
const MOST: usize = 100_000;

/// Evidence of one finding that the page holds.
const EVIDENCE: usize = 16;

/// Characters of one value or statement.
const VALUE: usize = 2_000;

/// Stands for the asset's name in a text.
const NAME: &str = "\u{1}";
/// Stands for its ARN.
const ARN: &str = "\u{2}";
/// Stands for its Region.
const REGION: &str = "\u{3}";
/// Stands for the only parameter of a call.
const SUBJECT: &str = "\u{4}";

/// Values by their position, each once.
struct Table<T>(HashMap<T, u32>, Vec<T>);

impl<T: Clone + Eq + Hash> Table<T> {
    fn new() -> Self {
        Table(HashMap::new(), Vec::new())
    }

    fn place(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.1.len()).unwrap_or(u32::MAX);
        *self.0.entry(value).or_insert_with_key(|value| {
            self.1.push(value.clone());
            next
        })
    }
}

/// A finding, as positions in the tables.
struct Row {
    rank: (u8, std::cmp::Reverse<Severity>),
    control: u32,
    asset: u32,
    verdict: u8,
    why: i64,
    detail: u32,
    cause: u32,
    count: u64,
    waiver: i64,
    state: u8,
    seen: i64,
    overdue: u8,
}

/// The name of a cause.
#[derive(Serialize)]
#[serde(untagged)]
enum Named {
    /// That of an asset, by its position.
    Asset(u32),
    /// Another.
    Text(String),
}

/// The page's data; the names of its members are those of the script.
#[derive(Serialize)]
pub(super) struct Data {
    run: Value,
    texts: Vec<String>,
    calls: Vec<(i64, i64, i64)>,
    items: Vec<Vec<i64>>,
    details: Vec<Detail>,
    causes: Vec<(u32, u32, Named)>,
    cause_kinds: Vec<&'static str>,
    accounts: Vec<String>,
    controls: Vec<Value>,
    assets: Value,
    findings: Value,
    map: Vec<Value>,
    frameworks: Vec<Value>,
    waivers: Vec<Value>,
    coverage: Value,
    trend: Vec<TrendPoint>,
}

/// Collects the data; what was left out is returned beside it.
pub(super) fn collect(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
) -> Result<(Data, Option<String>), RenderError> {
    let mut tables = Tables::new();
    let mut causes: Table<Cause> = Table::new();
    let mut cause_names: Vec<Named> = Vec::new();
    let mut accounts: Table<String> = Table::new();
    let mut cause_kinds: Table<&'static str> = Table::new();
    let mut waivers: Table<String> = Table::new();
    let mut assets: Table<Asset> = Table::new();
    let mut rows = Vec::new();
    let places: HashMap<&str, u32> = (0u32..)
        .zip(assessment.selection.controls())
        .map(|(place, control)| (control.id.as_str(), place))
        .collect();
    each(assessment, show, &mut |finding, _| {
        let verdict = match (finding.disposition, finding.verdict) {
            (Disposition::Waived, _) => 2,
            (_, Verdict::Fail) => 0,
            _ => 1,
        };
        let history = finding.history.as_ref();
        let waiver = finding.waiver.as_ref();
        let asset = assets.place(finding.asset.clone());
        rows.push(Row {
            rank: (verdict, std::cmp::Reverse(finding.severity)),
            control: places.get(finding.control).copied().unwrap_or_default(),
            asset,
            verdict,
            why: tables.text(&finding.why, &finding.asset),
            detail: tables.detail(finding),
            cause: {
                let (cause, name) = cause::of(finding);
                let place = causes.place(cause);
                // The first finding of a cause names it.
                if causes.1.len() > cause_names.len() {
                    cause_names.push(if name == finding.asset.name {
                        Named::Asset(asset)
                    } else {
                        Named::Text(name)
                    });
                }
                place
            },
            count: finding.count,
            waiver: waiver.map_or(-1, |waiver| {
                i64::from(waivers.place(printable(&waiver.text)))
            }),
            state: history.map_or(0, |history| if history.state.is_new() { 2 } else { 1 }),
            seen: history.map_or_else(
                || family_start(finding),
                |history| history.first_seen.0 / 1000,
            ),
            overdue: u8::from(history.is_some_and(|history| history.overdue)),
        });
        Ok(())
    })?;
    let total = rows.len();
    // The worst first; within a rank the order of the assessment.
    rows.sort_by_key(|row| row.rank);
    rows.truncate(MOST);
    let omitted = left_out(
        "HTML report",
        (total - rows.len()) as u64,
        "it holds 100,000, the worst first; `-f ndjson` holds them all",
    );
    let counts = framework::counts(assessment);
    let data = Data {
        run: about(assessment, run, omitted.as_deref()),
        controls: controls(assessment, &counts),
        map: map(assessment),
        frameworks: frameworks(assessment, run, &counts),
        waivers: declared(assessment, run),
        coverage: coverage(run),
        trend: run.trend.clone(),
        findings: columns(&rows, &waivers.1),
        assets: asset_columns(&assets.1),
        texts: tables.texts.1,
        calls: tables.calls.1,
        items: tables.items.1,
        details: tables.details.1,
        causes: causes
            .1
            .into_iter()
            .zip(cause_names)
            .map(|(cause, name)| {
                let account = accounts.place(printable(&cause.account));
                (cause_kinds.place(cause.kind), account, name)
            })
            .collect(),
        accounts: accounts.1,
        cause_kinds: cause_kinds.1,
    };
    Ok((data, omitted))
}

fn family_start(finding: &Finding<'_>) -> i64 {
    let family = finding.family.as_ref();
    family
        .and_then(|family| family.first)
        .map_or(0, |first| first.0 / 1000)
}

/// A text with marks for what differs between assets alike.
fn marked(text: &str, asset: &Asset) -> String {
    let mut text = text.to_owned();
    // A short name would be found inside of words.
    for (word, mark) in [
        (&asset.arn, ARN),
        (&asset.name, NAME),
        (&asset.region, REGION),
    ] {
        if word.len() > 3 {
            text = text.replace(word.as_str(), mark);
        }
    }
    text
}

/// What the drawer shows of a finding, by positions in the tables: evidence, how much more of it there
/// is, notes, what is missing with the action it needs, commands, tunables, and the reason. A position
/// of -1 is none.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Detail(
    Vec<u32>,
    usize,
    Vec<i64>,
    Vec<(i64, i64)>,
    Vec<i64>,
    Vec<i64>,
    i64,
);

/// The texts and what is made of them, each once.
struct Tables {
    texts: Table<String>,
    /// A call, the command that makes it again, and its only parameter.
    calls: Table<(i64, i64, i64)>,
    /// A piece of evidence: its kind, then what it consists of.
    items: Table<Vec<i64>>,
    details: Table<Detail>,
}

impl Tables {
    fn new() -> Self {
        Tables {
            texts: Table::new(),
            calls: Table::new(),
            items: Table::new(),
            details: Table::new(),
        }
    }

    /// The place of a text, without what differs between assets alike.
    fn text(&mut self, text: &str, asset: &Asset) -> i64 {
        i64::from(self.texts.place(marked(&clipped(text, VALUE), asset)))
    }

    fn maybe(&mut self, text: Option<&str>, asset: &Asset) -> i64 {
        text.map_or(-1, |text| self.text(text, asset))
    }

    fn lines(&mut self, lines: &[String], asset: &Asset) -> Vec<i64> {
        lines.iter().map(|line| self.text(line, asset)).collect()
    }

    /// A call, its only parameter apart: calls about things alike differ in that alone.
    fn call(&mut self, call: &Call, asset: &Asset) -> i64 {
        let mut name = format!("{}({})", call.operation, call.subject);
        let mut again = call.reproduce.clone();
        let only = call
            .subject
            .split_once('=')
            .map(|(_, value)| value)
            .filter(|value| value.len() > 3 && !value.contains([',', '=']));
        let mut subject = -1;
        if let Some(value) = only.filter(|value| again.contains(value)) {
            name = name.replace(value, SUBJECT);
            again = again.replace(value, SUBJECT);
            subject = self.text(value, asset);
        }
        let name = self.template(&name, asset);
        let again = self.template(&again, asset);
        i64::from(self.calls.place((name, again, subject)))
    }

    /// The place of a text that was made here and may hold [`SUBJECT`].
    fn template(&mut self, text: &str, asset: &Asset) -> i64 {
        let parts: Vec<String> = text
            .split(SUBJECT)
            .map(|part| clipped(part, VALUE))
            .collect();
        i64::from(self.texts.place(marked(&parts.join(SUBJECT), asset)))
    }

    fn item(&mut self, item: &Evidence, asset: &Asset) -> u32 {
        let parts = match item {
            Evidence::Member {
                call,
                pointer,
                value,
                absent_means,
                ..
            } => vec![
                0,
                self.call(call, asset),
                self.text(pointer, asset),
                self.text(&value.to_string(), asset),
                self.maybe(absent_means.as_deref(), asset),
            ],
            Evidence::Outcome {
                call,
                outcome,
                code,
            } => vec![
                1,
                self.call(call, asset),
                self.text(&outcome.replace('_', " "), asset),
                self.maybe(code.as_deref(), asset),
            ],
            Evidence::Statement(statement) => vec![
                2,
                self.text(&statement.policy, asset),
                self.maybe(statement.version.as_deref(), asset),
                self.text(&statement.path, asset),
                self.maybe(statement.sid.as_deref(), asset),
                self.text(&statement.effect, asset),
                self.text(&statement.statement, asset),
            ],
            Evidence::Tunable { name } => vec![3, self.text(name, asset)],
        };
        self.items.place(parts)
    }

    fn detail(&mut self, finding: &Finding<'_>) -> u32 {
        let asset = &finding.asset;
        let shown = finding.evidence.iter().take(EVIDENCE);
        let evidence = shown.map(|item| self.item(item, asset)).collect();
        let notes = finding
            .notes
            .iter()
            .map(|note| self.text(note.text.as_deref().unwrap_or(note.code), asset))
            .collect();
        let missing = finding
            .missing
            .iter()
            .take(EVIDENCE)
            .map(|missing| {
                (
                    self.text(&missing.to_string(), asset),
                    self.maybe(missing.action(), asset),
                )
            })
            .collect();
        let detail = Detail(
            evidence,
            finding.evidence.len().saturating_sub(EVIDENCE),
            notes,
            missing,
            self.lines(&finding.commands, asset),
            self.lines(&finding.tunables, asset),
            self.maybe(finding.reason, asset),
        );
        self.details.place(detail)
    }
}

/// Positions as text: digits of base 64, of one width, that of the largest. A third of what JSON
/// numbers take.
fn packed(values: impl Iterator<Item = i64> + Clone) -> Value {
    const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    let most = values.clone().max().unwrap_or_default().max(1);
    let width = (1..).find(|width| most < 1i64 << (6 * width)).unwrap_or(1);
    let mut text = String::new();
    for value in values {
        for place in (0..width).rev() {
            let digit = usize::try_from((value >> (6 * place)) & 63).unwrap_or_default();
            text.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        }
    }
    json!([width, text])
}

fn columns(rows: &[Row], waivers: &[String]) -> Value {
    macro_rules! column {
        ($field:ident) => {
            packed(rows.iter().map(|row| i64::from(row.$field)))
        };
    }
    let mut columns = json!({
        "control": column!(control),
        "asset": column!(asset),
        "verdict": column!(verdict),
        "why": column!(why),
        "detail": column!(detail),
        "cause": column!(cause),
    });
    // Columns that say nothing are left out.
    if let Some(members) = columns.as_object_mut() {
        if rows.iter().any(|row| row.count != 1) {
            let counts = rows
                .iter()
                .map(|row| i64::try_from(row.count).unwrap_or(i64::MAX));
            members.insert("count".to_owned(), packed(counts));
        }
        if !waivers.is_empty() {
            // Zero is none.
            members.insert(
                "waiver".to_owned(),
                packed(rows.iter().map(|row| row.waiver + 1)),
            );
            members.insert("waivers".to_owned(), json!(waivers));
        }
        if rows.iter().any(|row| row.state != 0) {
            members.insert("state".to_owned(), column!(state));
            members.insert("overdue".to_owned(), column!(overdue));
        }
        if rows.iter().any(|row| row.seen != 0) {
            members.insert(
                "seen".to_owned(),
                packed(rows.iter().map(|row| row.seen.max(0))),
            );
        }
    }
    columns
}

/// Assets; an ARN stands there only where it is not what account, Region, kind and name say.
fn asset_columns(assets: &[Asset]) -> Value {
    let mut places: Table<(String, String)> = Table::new();
    let place: Vec<u32> = assets
        .iter()
        .map(|asset| places.place((printable(&asset.account), printable(&asset.region))))
        .collect();
    let kind: Vec<&str> = assets.iter().map(|asset| asset.kind.word()).collect();
    let mut kinds: Table<&str> = Table::new();
    let kind: Vec<u32> = kind.into_iter().map(|kind| kinds.place(kind)).collect();
    let names: Vec<String> = assets.iter().map(|asset| printable(&asset.name)).collect();
    let odd: BTreeMap<usize, String> = assets
        .iter()
        .enumerate()
        .filter(|(_, asset)| asset.arn != usual(asset))
        .map(|(index, asset)| (index, printable(&asset.arn)))
        .collect();
    json!({ "places": places.1, "kinds": kinds.1, "place": packed(place.into_iter().map(i64::from)), "kind": packed(kind.into_iter().map(i64::from)), "name": names, "arn": odd })
}

/// The ARN that the page would write.
fn usual(asset: &Asset) -> String {
    let kind = asset
        .kind
        .word()
        .replace("endpoint_configuration", "endpoint-config");
    format!(
        "arn:aws:sagemaker:{}:{}:{}/{}",
        asset.region,
        asset.account,
        kind.replace('_', "-"),
        asset.name
    )
}

fn about(assessment: &Assessment<'_>, run: &Run, omitted: Option<&str>) -> Value {
    let all: Vec<&String> = run.accounts.iter().collect();
    json!({
        "version": run.version,
        "as_of": run.as_of,
        "inputs": run.inputs.iter().map(|input| printable(input)).collect::<Vec<_>>(),
        "accounts": all,
        "regions": run.regions,
        "profile": run.profile,
        "tunables": run.tunables,
        "catalog": run.catalog_digest,
        "summary": run.summary,
        "again": run.again_with_controls(),
        "baseline": assessment.past.and_then(|(baseline, _)| baseline.as_of),
        "omitted": omitted,
    })
}

fn controls(assessment: &Assessment<'_>, counts: &[Counts]) -> Vec<Value> {
    assessment
        .selection
        .controls()
        .iter()
        .zip(counts)
        .map(|(control, counts)| {
            json!({
                "id": control.id,
                "title": control.title,
                "severity": control.severity,
                "domain": control.domain,
                "rationale": one_line(&control.rationale),
                "fix": one_line(&control.remediation.summary),
                "change": control.remediation.change,
                "terraform": control.remediation.terraform.as_deref().map(str::trim),
                "cloudformation": control.remediation.cloudformation.as_deref().map(str::trim),
                "compliance": control.compliance,
                "references": control.references,
                "counts": counts,
            })
        })
        .collect()
}

/// Account × control: verdicts by number of assets.
fn map(assessment: &Assessment<'_>) -> Vec<Value> {
    let mut accounts: BTreeMap<&str, Vec<[u64; 5]>> = BTreeMap::new();
    let width = assessment.selection.controls().len();
    for subject in assessment.subjects() {
        let row = accounts
            .entry(subject.asset.account.as_str())
            .or_insert_with(|| vec![[0; 5]; width]);
        for outcome in subject.outcomes {
            let column = match (outcome.disposition(), outcome.verdict) {
                (Disposition::Waived, _) => 2,
                (_, Verdict::Fail) => 0,
                (_, Verdict::Unknown) => 1,
                (_, Verdict::Pass) => 3,
                (_, Verdict::NotApplicable) => 4,
            };
            let cell = row.get_mut(usize::from(outcome.control));
            if let Some(count) = cell.and_then(|cell| cell.get_mut(column)) {
                *count += subject.count;
            }
        }
    }
    accounts
        .into_iter()
        .map(|(account, cells)| json!({ "account": account, "cells": cells }))
        .collect()
}

fn frameworks(assessment: &Assessment<'_>, run: &Run, counts: &[Counts]) -> Vec<Value> {
    run.frameworks
        .iter()
        .map(|known| {
            let rows = framework::rows(known, assessment.selection.controls(), counts);
            json!({ "id": known.id, "title": known.title, "source": known.source, "rows": rows })
        })
        .collect()
}

fn declared(assessment: &Assessment<'_>, run: &Run) -> Vec<Value> {
    let all = &assessment.selection.waivers().all;
    all.iter()
        .zip(&assessment.waivers.uses)
        .map(|(waiver, used)| {
            let said: Vec<String> = run
                .waivers
                .iter()
                .filter(|diagnostic| diagnostic.waiver == waiver.id)
                .map(|diagnostic| printable(&diagnostic.message))
                .collect();
            json!({
                "id": printable(&waiver.id),
                "kind": waiver.kind,
                "reason": printable(&waiver.reason),
                "owner": printable(&waiver.owner),
                "ticket": waiver.ticket.as_deref().map(printable),
                "created": waiver.created.to_string(),
                "expires": waiver.expires.to_string(),
                "covers": used.covers,
                "controls": waiver.controls,
                "said": said,
            })
        })
        .collect()
}

fn coverage(run: &Run) -> Value {
    let incomplete: Vec<_> = run
        .coverage
        .iter()
        .filter(|row| row.state != "complete")
        .take(2_000)
        .collect();
    json!({
        "calls": run.coverage.len(),
        "incomplete": incomplete,
        "unlisted": run.unlisted,
        "warnings": run.warnings.iter().map(|text| printable(text)).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_packed_to_the_width_of_the_largest() {
        assert_eq!(packed([0, 1, 63].into_iter()), json!([1, "01_"]));
        assert_eq!(packed([0, 64, 4095].into_iter()), json!([2, "0010__"]));
        assert_eq!(packed(std::iter::empty()), json!([1, ""]));
    }

    #[test]
    fn texts_of_assets_alike_are_one() {
        let asset = |name: &str| Asset {
            account: "1".to_owned(),
            region: "eu-west-1".to_owned(),
            kind: sagewarden_core::asset::AssetKind::Model,
            name: name.to_owned(),
            arn: format!("arn:aws:sagemaker:eu-west-1:1:model/{name}"),
        };
        let of = |name: &str| {
            let text = format!("describe {name} in eu-west-1");
            marked(&text, &asset(name))
        };
        assert_eq!(of("model-a"), of("model-b"));
        // A name that could be a part of a word is left where it is.
        assert_eq!(of("de"), "describe de in \u{3}");
    }
}
