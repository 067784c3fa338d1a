//! Waivers: findings that people accept, why, and until when.
//!
//! Enters: waiver files as text, the catalogue, judged outcomes. Leaves: outcomes that name the
//! waiver which covers them, and diagnostics about the waivers themselves. A waiver annotates: the
//! verdict stays what it was. It covers only what it surely matches, so that a tag which was not
//! read leaves a finding open. Deliberately absent: files, and the clock.

mod apply;
mod diagnose;
mod file;
pub mod import;
mod scope;

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use apply::Subject;
pub use apply::{Applied, Exceptions, Mark, Use};
pub use diagnose::{Code, Diagnostic, Level, SOON_DAYS, lint};
pub use file::{Draft, LEAST_REASON, WaiverError, draft, parse};
pub use scope::{Scope, Tags};

use crate::time::Time;
use crate::verdict::Severity;

/// Why a finding is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The risk is known and borne.
    AcceptedRisk,
    /// Something else keeps the risk away.
    Mitigated,
    /// The verdict does not describe the asset.
    FalsePositive,
}

impl Kind {
    /// The word, as in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::AcceptedRisk => "accepted-risk",
            Kind::Mitigated => "mitigated",
            Kind::FalsePositive => "false-positive",
        }
    }
}

/// One waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Unique over all files of a run.
    pub id: String,
    /// Control ids, `*` and `?` allowed; the part `CTL.SAGEMAKER.` may be left out.
    pub controls: Vec<String>,
    /// The assets that it covers.
    pub scope: Scope,
    /// The assets that it does not cover after all.
    pub except: Option<Scope>,
    /// Why.
    pub kind: Kind,
    /// Controls that must pass on the same asset, else the waiver does not hold there.
    pub requires_passing: Vec<String>,
    /// Why, in words.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Where it was discussed.
    pub ticket: Option<String>,
    /// The first day on which it holds.
    pub created: Date,
    /// The last day on which it holds.
    pub expires: Date,
    /// The most findings that it may cover; beyond them it covers none.
    pub max_matches: Option<u64>,
    /// `file:line` of its id.
    pub place: String,
}

impl Waiver {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.created <= day && day <= self.expires
    }

    /// Whether one of its patterns names the control.
    #[must_use]
    pub fn names(&self, control: &str) -> bool {
        self.controls
            .iter()
            .any(|pattern| crate::control::is_named(control, pattern))
    }

    /// Id, kind, owner, end and reason in one line.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}: {} until {}, {}: {}",
            self.id,
            self.kind.word(),
            self.expires,
            self.owner,
            self.reason
        )
    }
}

/// The longest that a waiver may hold, in days, by the severity of what it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps(pub BTreeMap<Severity, i64>);

impl Default for Caps {
    /// A month for critical findings, half a year for high ones, a year for the rest.
    fn default() -> Self {
        Caps(BTreeMap::from([
            (Severity::Critical, 30),
            (Severity::High, 180),
            (Severity::Medium, 365),
            (Severity::Low, 365),
        ]))
    }
}

impl Caps {
    /// The most days for a severity, where a waiver holds for more of them.
    #[must_use]
    pub fn exceeded(&self, waiver: &Waiver, severity: Severity) -> Option<i64> {
        let most = self.0.get(&severity).copied()?;
        (days_between(waiver.created, waiver.expires) > most).then_some(most)
    }
}

/// The waivers of a run.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    /// In the order of the files; of two that cover a finding the earlier counts.
    pub all: Vec<Waiver>,
    /// How long they may hold.
    pub caps: Caps,
    /// Where infrastructure code names them.
    pub claims: Vec<Claim>,
}

/// A comment in infrastructure code that names a waiver beside a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The waiver's id.
    pub waiver: String,
    /// The ARN of the resource's asset.
    pub asset: String,
    /// `file:line`
    pub place: String,
}

/// Days from one date to another.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The day of an instant, in UTC.
#[must_use]
pub fn day_of(instant: Time) -> Date {
    jiff::Timestamp::from_millisecond(instant.0).map_or(Date::ZERO, |instant| {
        jiff::tz::Offset::UTC.to_datetime(instant).date()
    })
}

#[cfg(test)]
mod tests;
