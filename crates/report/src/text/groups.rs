//! Findings by control or by role, and groups as lines of counts.
//!
//! Enters: an assessment, and what to show of it. Leaves: groups, the worst first. They are gathered
//! before the first is written, which by asset and account is not needed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use sagewarden_core::assess::{Assessment, AssetFindings, Show};
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};

use super::{BOLD, DIM, GroupBy, Layout, Page, crowd, printable, severity_style};
use crate::lines::{room, wrap};
use crate::projection::one_line;
use crate::run::RenderError;

/// What stands for assets that run as no role, or as one that was not read.
const NO_ROLE: &str = "no role, or none that is known";

/// Open fails by severity, the worst first, then unknown and waived ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Tally {
    fails: [u64; Severity::ALL.len()],
    unknown: u64,
    waived: u64,
}

impl Tally {
    fn add(&mut self, finding: &Finding<'_>) {
        let place = severities().position(|severity| severity == finding.severity);
        let column = match (finding.disposition, finding.verdict) {
            (Disposition::Waived, _) => Some(&mut self.waived),
            (_, Verdict::Fail) => place.and_then(|place| self.fails.get_mut(place)),
            (_, Verdict::Unknown) => Some(&mut self.unknown),
            _ => None,
        };
        if let Some(column) = column {
            *column += finding.count;
        }
    }

    /// `12 fail, 3 unknown`; what there is none of is not named.
    fn words(&self) -> String {
        let fails: u64 = self.fails.iter().sum();
        let counts = [
            (fails, "fail"),
            (self.unknown, "unknown"),
            (self.waived, "waived"),
        ];
        let words: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        words.join(", ")
    }
}

/// The worst first.
fn severities() -> impl Iterator<Item = Severity> {
    let mut all = Severity::ALL;
    all.sort_by_key(|severity| Reverse(*severity));
    all.into_iter()
}

/// Groups by key, the worst first.
fn worst_first<T>(groups: BTreeMap<String, (Tally, T)>) -> Vec<(String, Tally, T)> {
    let mut groups: Vec<(String, Tally, T)> = groups
        .into_iter()
        .map(|(key, (tally, group))| (key, tally, group))
        .collect();
    groups.sort_by_key(|(_, tally, _)| Reverse(*tally));
    groups
}

/// Writes what fails each control; whether anything was written.
pub(super) fn by_control<'r>(
    assessment: &Assessment<'r>,
    show: &Show,
    page: &mut Page,
    out: &mut dyn Write,
) -> Result<bool, RenderError> {
    let mut groups: BTreeMap<String, (Tally, Vec<Finding<'r>>)> = BTreeMap::new();
    assessment.findings::<RenderError>(show, &mut |group| {
        for finding in group.findings {
            let (tally, findings) = groups.entry(finding.control.to_owned()).or_default();
            tally.add(&finding);
            findings.push(finding);
        }
        Ok(())
    })?;
    let longest = groups.values().flat_map(|(_, findings)| findings);
    page.ids = longest
        .map(|finding| finding.asset.name.chars().count().min(NAMES))
        .max()
        .unwrap_or_default();
    for (control, tally, findings) in worst_first(groups) {
        let severity = findings.first().map(|finding| finding.severity.word());
        let beside = format!("  {}, {}", severity.unwrap_or_default(), tally.words());
        page.heading(&control, &beside, out)?;
        if let Some(finding) = findings.first() {
            for line in wrap(&one_line(finding.title), room(page.layout.width, 2)) {
                writeln!(out, "  {DIM}{line}{DIM:#}")?;
            }
        }
        for finding in &findings {
            let label = format!(
                "{}{}",
                finding.asset.name,
                crowd(finding.count, finding.family.as_ref())
            );
            page.finding(finding, &label, assessment, out)?;
        }
    }
    Ok(!page.place.is_empty())
}

/// Columns of the names of assets; a longer one stands above its text.
const NAMES: usize = 36;

/// Writes what fails on the assets of each role; whether anything was written.
pub(super) fn by_role<'r>(
    assessment: &Assessment<'r>,
    show: &Show,
    page: &mut Page,
    out: &mut dyn Write,
) -> Result<bool, RenderError> {
    let mut groups: BTreeMap<String, (Tally, Vec<AssetFindings<'r>>)> = BTreeMap::new();
    assessment.findings::<RenderError>(show, &mut |group| {
        let (tally, assets) = groups.entry(role(&group.findings)).or_default();
        group.findings.iter().for_each(|finding| tally.add(finding));
        assets.push(group);
        Ok(())
    })?;
    for (role, tally, assets) in worst_first(groups) {
        page.heading(&role, &format!("  {}", tally.words()), out)?;
        for group in &assets {
            page.asset(group, out)?;
            for finding in &group.findings {
                page.finding(finding, finding.control, assessment, out)?;
            }
        }
    }
    Ok(!page.place.is_empty())
}

fn role(findings: &[Finding<'_>]) -> String {
    let role = findings.iter().find_map(|finding| finding.role.clone());
    role.unwrap_or_else(|| NO_ROLE.to_owned())
}

/// Writes a line of counts for each group; whether there is any.
pub(super) fn summary(
    assessment: &Assessment<'_>,
    show: &Show,
    layout: Layout,
    out: &mut dyn Write,
) -> Result<bool, RenderError> {
    let mut groups: BTreeMap<String, (Tally, ())> = BTreeMap::new();
    assessment.findings::<RenderError>(show, &mut |group| {
        let role = role(&group.findings);
        for finding in &group.findings {
            let key = match layout.by {
                GroupBy::Asset => finding.asset.arn.clone(),
                GroupBy::Control => finding.control.to_owned(),
                GroupBy::Role => role.clone(),
                GroupBy::Account => finding.asset.account.clone(),
            };
            groups.entry(key).or_default().0.add(finding);
        }
        Ok(())
    })?;
    if groups.is_empty() {
        return Ok(false);
    }
    let used = used(&groups);
    let mut head = String::new();
    for severity in severities()
        .zip(used)
        .filter_map(|(severity, used)| used.then_some(severity))
    {
        head += &format!("{:>9}", severity.word());
    }
    let what = match layout.by {
        GroupBy::Asset => "asset",
        GroupBy::Control => "control",
        GroupBy::Role => "role",
        GroupBy::Account => "account",
    };
    writeln!(
        out,
        "{BOLD}{head}{:>9}{:>8}  {what}{BOLD:#}",
        "unknown", "waived"
    )?;
    for (key, tally, ()) in worst_first(groups) {
        for ((severity, count), used) in severities().zip(tally.fails).zip(used) {
            if used {
                let style = if count > 0 {
                    severity_style(severity)
                } else {
                    DIM
                };
                write!(out, "{style}{count:>9}{style:#}")?;
            }
        }
        writeln!(
            out,
            "{:>9}{:>8}  {}",
            tally.unknown,
            tally.waived,
            printable(&key)
        )?;
    }
    Ok(true)
}

/// The severities that any group has a fail of.
fn used(groups: &BTreeMap<String, (Tally, ())>) -> [bool; Severity::ALL.len()] {
    let mut used = [false; Severity::ALL.len()];
    for (tally, ()) in groups.values() {
        for (used, count) in used.iter_mut().zip(tally.fails) {
            *used |= count > 0;
        }
    }
    used
}
