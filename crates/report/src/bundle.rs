//! The evidence bundle: a zip that lets an auditor reproduce an assessment.
//!
//! Enters: an assessment, and the digests of what it was made from. Leaves: population, results with
//! evidence, the framework matrices, waivers, coverage, a manifest with the digest of every file, and
//! `VERIFY.md`. The same inputs give the same bytes: names are sorted, times fixed, and the compressor
//! is part of the program. Deliberately absent: a signature; the auditor's own store gives that.

use std::fmt::Write as _;
use std::io::Write;

use eazip::write::FileOptions;
use eazip::{ArchiveWriter, CompressionMethod};
use sagewarden_core::assess::{Assessment, Pick, Show};
use sagewarden_core::verdict::Verdict;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::framework;
use crate::projection::TOOL;
use crate::run::{RenderError, Run};
use crate::{csv, ndjson};

const VERIFY: &str = include_str!("../assets/VERIFY.md");

/// Writes the bundle.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut files = vec![
        ("controls.csv".to_owned(), controls(assessment)?),
        (
            "coverage.json".to_owned(),
            pretty(&json!({
                "coverage": run.coverage,
                "not_listed": run.unlisted,
                "not_read": run.summary.missing,
                "jobs_outside_window": run.summary.jobs_outside_window,
                "jobs_window_unknown": run.summary.jobs_window_unknown,
                "warnings": run.warnings,
            }))?,
        ),
        ("population.csv".to_owned(), population(assessment)?),
        ("results.csv".to_owned(), {
            let mut bytes = Vec::new();
            csv::write(assessment, run, &everything(), &mut bytes)?;
            bytes
        }),
        ("results.jsonl".to_owned(), {
            let mut bytes = Vec::new();
            ndjson::write(assessment, run, &everything(), &mut bytes)?;
            bytes
        }),
        ("waivers.json".to_owned(), waivers(assessment, run)?),
        ("VERIFY.md".to_owned(), VERIFY.as_bytes().to_vec()),
    ];
    for known in &run.frameworks {
        let mut bytes = Vec::new();
        framework::markdown(known, assessment, run, &mut bytes)?;
        let id: String = known
            .id
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        files.push((format!("frameworks/{id}.md"), bytes));
    }
    files.push(("manifest.json".to_owned(), manifest(run, &files)?));
    files.sort();
    let mut options = FileOptions::default();
    options.compression_method = CompressionMethod::DEFLATE;
    let mut archive = ArchiveWriter::new(out);
    for (name, bytes) in &files {
        archive.add_file(name, bytes.as_slice(), &options)?;
    }
    archive.finish()?;
    Ok(())
}

fn everything() -> Show {
    Show {
        verdicts: Verdict::ALL.to_vec(),
        waived: true,
        details: true,
        families: None,
        pick: Pick::All,
    }
}

fn pretty(value: &serde_json::Value) -> Result<Vec<u8>, RenderError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Every asset that was judged; jobs alike are one row with their number.
fn population(assessment: &Assessment<'_>) -> Result<Vec<u8>, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "account", "region", "kind", "name", "arn", "identity", "assets", "controls",
    ])?;
    for subject in assessment.subjects() {
        writer.write_record([
            csv::defused(&subject.asset.account),
            csv::defused(&subject.asset.region),
            subject.asset.kind.word().to_owned(),
            csv::defused(&subject.asset.name),
            csv::defused(&subject.asset.arn),
            csv::defused(&subject.identity),
            subject.count.to_string(),
            subject.outcomes.len().to_string(),
        ])?;
    }
    finish(writer)
}

fn controls(assessment: &Assessment<'_>) -> Result<Vec<u8>, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "control",
        "severity",
        "title",
        "fail",
        "unknown",
        "waived",
        "pass",
        "not_applicable",
    ])?;
    let counts = framework::counts(assessment);
    for (control, counts) in assessment.selection.controls().iter().zip(counts) {
        writer.write_record([
            csv::defused(&control.id),
            control.severity.word().to_owned(),
            csv::defused(&control.title),
            counts.fail.to_string(),
            counts.unknown.to_string(),
            counts.waived.to_string(),
            counts.pass.to_string(),
            counts.not_applicable.to_string(),
        ])?;
    }
    finish(writer)
}

fn finish(writer: ::csv::Writer<Vec<u8>>) -> Result<Vec<u8>, RenderError> {
    writer
        .into_inner()
        .map_err(|error| RenderError::Output(error.into_error()))
}

fn waivers(assessment: &Assessment<'_>, run: &Run) -> Result<Vec<u8>, RenderError> {
    let all = &assessment.selection.waivers().all;
    let declared: Vec<serde_json::Value> = all
        .iter()
        .zip(&assessment.waivers.uses)
        .map(|(waiver, used)| {
            json!({
                "waiver": sagewarden_core::finding::Waiver::from(waiver),
                "controls": waiver.controls,
                "place": waiver.place,
                "covers": used.covers,
            })
        })
        .collect();
    pretty(&json!({ "declared": declared, "diagnostics": run.waivers }))
}

fn manifest(run: &Run, files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, RenderError> {
    let mut digests: Vec<serde_json::Value> = files
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "bytes": bytes.len(), "sha256": hex(bytes) }))
        .collect();
    digests.sort_by_key(|row| row.get("name").map(ToString::to_string));
    pretty(&json!({
        "schema": "sagewarden.bundle/v1",
        "tool": { "name": TOOL, "version": run.version },
        "as_of": run.as_of,
        "profile": run.profile,
        "tunables": run.tunables,
        "catalog_digest": run.catalog_digest,
        "accounts": run.accounts,
        "regions": run.regions,
        "inputs": run.input_files,
        "summary": run.summary,
        "files": digests,
    }))
}

/// SHA-256 in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
