//! `waivers`: check, write and import waivers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::civil::Date;
use sagewarden_core::finding::finding_id;
use sagewarden_core::time::Time;
use sagewarden_core::waiver::{
    self, Diagnostic, Draft, LEAST_REASON, Level, Scope, day_of, import as from_others,
};

use crate::args::{Basis, Code, Input, Judging, KindName, Selection, Terms, Waivers};
use crate::command::judging::{self, WaiverErrors};
use crate::command::{Global, select};
use crate::{Exit, config, input, output};

/// What a waiver file begins with.
const HEAD: &str = "version: 1\nwaivers:\n";

pub(crate) fn run(waivers: &Waivers, global: Global) -> Result<Exit> {
    match waivers {
        Waivers::Lint {
            waivers,
            paths,
            settings,
            controls,
            as_of,
        } => {
            let (found, number) = if paths.is_empty() {
                let config = config::load(settings)?;
                let loaded = select::catalog(controls, &[])?;
                let all = judging::waivers(waivers, &config)?;
                let ids = loaded.catalog.controls.iter();
                let found = waiver::lint(
                    &all,
                    today(as_of.as_deref())?,
                    ids.map(|control| control.id.as_str()),
                    None,
                );
                (found, all.all.len())
            } else {
                let judging = Judging {
                    input: Input {
                        paths: paths.clone(),
                        keep_going: false,
                        as_of: as_of.clone(),
                        code: Code::default(),
                    },
                    basis: Basis {
                        selection: Selection {
                            controls: controls.clone(),
                            ..Selection::default()
                        },
                        settings: settings.clone(),
                        waivers: waivers.clone(),
                        baseline: None,
                        each_job: false,
                        threads: None,
                    },
                    accounts: Vec::new(),
                    regions: Vec::new(),
                };
                judging::judge(&judging, global, |judged| {
                    let number = judged.assessment.selection.waivers().all.len();
                    Ok((judged.run.waivers.clone(), number))
                })?
            };
            if found.is_empty() && !global.quiet {
                output::say(&match number {
                    0 => "there are no waivers: `--waivers FILE` names some, and so does `waivers` in sagewarden.toml".to_owned(),
                    1 => "1 waiver, and nothing is wrong with it".to_owned(),
                    more => format!("{more} waivers, and nothing is wrong with them"),
                });
            }
            tell(&found, global)
        }
        Waivers::New {
            subject,
            terms,
            reason,
            kind,
            id,
            ticket,
        } => {
            let draft = new(
                subject,
                terms,
                reason,
                *kind,
                id.as_deref(),
                ticket.as_deref(),
            )?;
            append(terms.output.as_deref(), &waiver::draft(&draft), global)
        }
        Waivers::Import { file, terms } => import(file, terms, global),
    }
}

/// Tells the diagnostics; 1 when there are any.
fn tell(found: &[Diagnostic], global: Global) -> Result<Exit> {
    output::to(None, global, |out, _| {
        for diagnostic in found {
            let word = match diagnostic.level {
                Level::Error => "error",
                Level::Warning => "warning",
            };
            let code = serde_json::to_value(diagnostic.code)?;
            let code = code.as_str().unwrap_or_default();
            let text = sagewarden_report::text::printable(&diagnostic.to_string());
            writeln!(out, "{text} ({word}: {code})")?;
        }
        Ok(())
    })?;
    Ok(if found.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn new(
    subject: &str,
    terms: &Terms,
    reason: &str,
    kind: KindName,
    id: Option<&str>,
    ticket: Option<&str>,
) -> Result<Draft> {
    let Some((control, arn)) = subject.split_once('@') else {
        bail!("`{subject}` is not CONTROL@ARN, as `NOTEBOOK.ROOT.001@arn:aws:sagemaker:…`");
    };
    let loaded = select::catalog(&[], &[])?;
    let control = select::control(&loaded.catalog, control)?;
    if !arn.starts_with("arn:") {
        bail!("`{arn}` is no ARN; `sagewarden check` ends with one to copy");
    }
    if arn.contains(['*', '?']) {
        bail!("`{arn}` is a pattern; write a waiver for many assets by hand, with `max_matches`");
    }
    if reason.trim().chars().count() < LEAST_REASON {
        bail!("the reason is too short: say why, in {LEAST_REASON} characters or more");
    }
    let (created, expires) = span(terms)?;
    let id = id.map_or_else(
        || {
            let hash: String = finding_id(&control.id, arn).chars().take(8).collect();
            format!("WVR-{created}-{hash}")
        },
        str::to_owned,
    );
    Ok(Draft {
        id,
        controls: vec![control.id.clone()],
        scope: Scope {
            assets: vec![arn.to_owned()],
            ..Scope::default()
        },
        kind: match kind {
            KindName::AcceptedRisk => waiver::Kind::AcceptedRisk,
            KindName::Mitigated => waiver::Kind::Mitigated,
            KindName::FalsePositive => waiver::Kind::FalsePositive,
        }
        .word()
        .to_owned(),
        reason: reason.trim().to_owned(),
        owner: terms.owner.clone(),
        ticket: ticket.map(str::to_owned),
        created,
        expires,
        ..Draft::default()
    })
}

fn import(file: &Path, terms: &Terms, global: Global) -> Result<Exit> {
    let name = file.display().to_string();
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read the exceptions `{name}`"))?;
    let (created, expires) = span(terms)?;
    let imported = from_others::import(
        &name,
        &text,
        &from_others::Terms {
            owner: terms.owner.clone(),
            created,
            expires,
        },
    )?;
    for left_out in &imported.left_out {
        output::warn(&format!("left out: {left_out}"));
    }
    if imported.drafts.is_empty() {
        bail!("`{name}` excepts nothing that a control asks for");
    }
    let entries: Vec<String> = imported.drafts.iter().map(waiver::draft).collect();
    append(terms.output.as_deref(), &entries.join("\n"), global)
}

/// Writes entries to standard output, or to the end of a file that must be whole before and after.
fn append(file: Option<&Path>, entries: &str, global: Global) -> Result<Exit> {
    let before = match file {
        Some(path) if path.exists() => {
            fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?
        }
        _ => HEAD.to_owned(),
    };
    let mut text = before.replace("waivers: []\n", "waivers:\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    if text.trim_end() != HEAD.trim_end() {
        text.push('\n');
    }
    text.push_str(entries);
    let name = file.map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    waiver::parse(&name, &text)
        .map_err(WaiverErrors)
        .with_context(|| {
            format!("`{name}` was left as it was, since what would be written cannot be read")
        })?;
    output::to(file, global, |out, _| Ok(out.write_all(text.as_bytes())?))?;
    Ok(Exit::Clean)
}

fn span(terms: &Terms) -> Result<(Date, Date)> {
    let created = today(terms.as_of.as_deref())?;
    let end = Time::parse(&created.to_string())
        .map(|start| day_of(start.minus_days(-terms.days)))
        .ok_or_else(|| anyhow!("`{created}` is no day"))?;
    Ok((created, end))
}

fn today(as_of: Option<&str>) -> Result<Date> {
    Ok(day_of(input::as_of(as_of)?.unwrap_or_else(input::now)))
}
