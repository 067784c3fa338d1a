//! Waivers from Stave's acknowledgments, exceptions and exemptions.
//!
//! Enters: the YAML of `stave-acknowledgments.yaml`, or of a project file with `exceptions`. Leaves:
//! drafts. Its control ids are ours. An acknowledgment stands on compensating controls and an
//! exception names one asset, so that what cannot be held to either is left out and told: entries
//! that ended, ids that are no ARN, and compensating controls of other services.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Imported, Terms, read};
use crate::time::Time;
use crate::waiver::{Draft, LEAST_REASON, Scope, WaiverError, day_of};

/// What the ids of our controls begin with.
const OURS: &str = "CTL.SAGEMAKER.";

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    acknowledgments: Vec<Entry>,
    #[serde(default)]
    exceptions: Vec<Entry>,
    #[serde(default)]
    exemptions: Vec<Entry>,
}

/// An entry of any of the three; members that only people read are passed over.
#[derive(Deserialize)]
struct Entry {
    id: Option<String>,
    control_id: Option<String>,
    asset_id: Option<String>,
    asset_pattern: Option<String>,
    #[serde(alias = "rationale")]
    reason: Option<String>,
    acknowledged_by: Option<String>,
    acknowledged_date: Option<String>,
    #[serde(alias = "expiry_date")]
    expires: Option<String>,
    #[serde(default)]
    compensating_controls: Vec<String>,
    #[serde(default)]
    requires_passing: Vec<String>,
    status: Option<String>,
}

/// Reads the file.
///
/// # Errors
/// When it is not one.
pub(super) fn import(name: &str, text: &str, terms: &Terms) -> Result<Imported, WaiverError> {
    let file: File = read(name, text)?;
    let mut imported = Imported::default();
    let mut ids = BTreeSet::new();
    let controlled = file.acknowledgments.iter().chain(&file.exceptions);
    let entries = controlled
        .filter(|entry| entry.control_id.as_deref().is_some_and(is_ours))
        .chain(file.exemptions.iter().filter(|entry| may_be_ours(entry)));
    for (number, entry) in (1..).zip(entries) {
        let id = entry.id.clone();
        let id = id.unwrap_or_else(|| format!("STAVE-{number:03}"));
        if !ids.insert(id.clone()) {
            let text = format!("`{id}` stands there twice; the first was taken");
            imported.left_out.push(text);
            continue;
        }
        match draft(&id, entry, terms) {
            Ok(draft) => imported.drafts.push(draft),
            Err(why) => imported.left_out.push(format!("`{id}`: {why}")),
        }
    }
    Ok(imported)
}

fn is_ours(control: &str) -> bool {
    control.starts_with(OURS)
}

/// Whether an exemption could cover an asset of SageMaker: files speak of every service.
fn may_be_ours(entry: &Entry) -> bool {
    let service = entry
        .asset_pattern
        .as_deref()
        .and_then(|pattern| pattern.split(':').nth(2));
    service.is_none_or(|service| service == "sagemaker" || service.contains(['*', '?']))
}

fn draft(id: &str, entry: &Entry, terms: &Terms) -> Result<Draft, String> {
    if let Some(status) = entry.status.as_deref().filter(|status| *status != "active") {
        return Err(format!("it is {status}"));
    }
    let expires = match &entry.expires {
        Some(text) => day(text)?,
        None => terms.expires,
    };
    if expires < terms.created {
        return Err(format!("it ended on {expires}"));
    }
    let created = match &entry.acknowledged_date {
        Some(text) => day(text)?,
        None => terms.created,
    };
    let (ours, others): (Vec<&String>, Vec<&String>) = entry
        .requires_passing
        .iter()
        .chain(&entry.compensating_controls)
        .partition(|control| is_ours(control));
    if let Some(control) = others.iter().find(|control| control.starts_with("CTL.")) {
        return Err(format!(
            "it stands on `{control}`, which no control here can hold it to"
        ));
    }
    Ok(Draft {
        id: id.to_owned(),
        controls: vec![entry.control_id.clone().unwrap_or_else(|| "*".to_owned())],
        scope: Scope {
            assets: vec![asset(entry)?],
            ..Scope::default()
        },
        kind: "accepted-risk".to_owned(),
        requires_passing: ours.into_iter().cloned().collect(),
        reason: reason(entry, &others),
        owner: terms.owner.clone(),
        approved_by: entry.acknowledged_by.clone(),
        created,
        expires,
        ..Draft::default()
    })
}

/// The ARN, or its pattern; an exception names one asset, in which no sign is a pattern's.
fn asset(entry: &Entry) -> Result<String, String> {
    let (asset, is_pattern) = match (&entry.asset_id, &entry.asset_pattern) {
        (Some(asset), None) => (asset, false),
        (None, Some(pattern)) => (pattern, true),
        _ => return Err("it names no asset, or both one asset and a pattern".to_owned()),
    };
    if !asset.starts_with("arn:") {
        return Err(format!("`{asset}` is no ARN"));
    }
    if asset.contains(['[', ']', '{', '}', '\\']) {
        return Err(format!("`{asset}` says more than `*` and `?` can"));
    }
    if !is_pattern && asset.contains(['*', '?']) {
        return Err(format!("`{asset}` names no single asset"));
    }
    Ok(asset.clone())
}

fn reason(entry: &Entry, compensated: &[&String]) -> String {
    let said = entry.reason.as_deref().map(str::trim);
    let mut reason = said
        .filter(|text| text.chars().count() >= LEAST_REASON)
        .unwrap_or("imported from Stave, which gave no reason")
        .to_owned();
    for text in compensated {
        reason += "; compensated by: ";
        reason += text.trim();
    }
    reason
}

fn day(text: &str) -> Result<jiff::civil::Date, String> {
    Time::parse(text)
        .map(day_of)
        .ok_or_else(|| format!("`{text}` is no day"))
}
