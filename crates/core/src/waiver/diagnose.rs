//! What is wrong with waivers themselves.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Applied, Waivers, days_between};
use crate::control::is_named;

/// Days before its end from which a waiver is told to end soon.
pub const SOON_DAYS: i64 = 14;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Its last day is over.
    Expired,
    /// Its last day is near.
    ExpiresSoon,
    /// Its first day is yet to come.
    NotYet,
    /// No control has a name that it gives.
    UnknownControl,
    /// It covers every asset of every account.
    OverBroad,
    /// It holds longer than findings of that severity may be waived.
    TooLong,
    /// It fits no asset.
    Unused,
    /// It fits assets, and nothing is found on them any more.
    Resolved,
    /// Earlier waivers cover all that it fits.
    Shadowed,
    /// It fits more findings than it may, and covers none.
    TooManyMatches,
    /// A compensating control does not pass.
    Uncompensated,
    /// Its tags were not read.
    TagsUnread,
    /// Infrastructure code names it, and no file holds it.
    UnknownWaiver,
    /// Infrastructure code names it, and it does not say that code may.
    NotNamedInCode,
}

/// How bad that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It will matter.
    Warning,
    /// Something that it was written for stays open, or it hides what nobody looked at.
    Error,
}

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// What is wrong.
    pub code: Code,
    /// How bad that is.
    pub level: Level,
    /// The waiver.
    pub waiver: String,
    /// `file:line`
    pub place: String,
    /// In words.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: waiver `{}` {}",
            self.place, self.waiver, self.message
        )
    }
}

/// Everything that is wrong with `waivers` on a day, in their order; `controls` are all that exist.
/// What became of them in an assessment adds what only that shows.
#[must_use]
pub fn lint<'c>(
    waivers: &Waivers,
    day: Date,
    controls: impl Iterator<Item = &'c str> + Clone,
    applied: Option<&Applied>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, waiver) in waivers.all.iter().enumerate() {
        let mut say = |code, level, message: String| {
            found.push(Diagnostic {
                code,
                level,
                waiver: waiver.id.clone(),
                place: waiver.place.clone(),
                message,
            });
        };
        for pattern in waiver.controls.iter().chain(&waiver.requires_passing) {
            if !controls.clone().any(|id| is_named(id, pattern)) {
                say(
                    Code::UnknownControl,
                    Level::Error,
                    format!("names `{pattern}`, which is no control"),
                );
            }
        }
        if waiver.scope.is_everything() {
            say(
                Code::OverBroad,
                Level::Error,
                "covers every asset of every account, also those that are yet to come; name accounts, assets or tags".to_owned(),
            );
        }
        let left = days_between(day, waiver.expires);
        if left < 0 {
            say(
                Code::Expired,
                Level::Error,
                format!(
                    "ended on {}; renew it or mend what it covered",
                    waiver.expires
                ),
            );
        } else if waiver.created > day {
            say(
                Code::NotYet,
                Level::Warning,
                format!("begins on {}", waiver.created),
            );
        } else if left < SOON_DAYS {
            say(
                Code::ExpiresSoon,
                Level::Warning,
                format!(
                    "ends on {}, in {left} day{}",
                    waiver.expires,
                    if left == 1 { "" } else { "s" }
                ),
            );
        }
        let used = applied.and_then(|applied| applied.uses.get(index));
        let Some(used) = used.filter(|_| waiver.holds_on(day)) else {
            continue;
        };
        if used.too_long > 0 {
            say(
                Code::TooLong,
                Level::Error,
                format!(
                    "holds for {} days, longer than findings of that severity may be waived; {} stay open",
                    days_between(waiver.created, waiver.expires),
                    findings(used.too_long)
                ),
            );
        }
        if used.tags_unread > 0 {
            say(
                Code::TagsUnread,
                Level::Warning,
                format!(
                    "depends on tags that were not read; {} stay open",
                    findings(used.tags_unread)
                ),
            );
        }
        if used.uncompensated > 0 {
            say(
                Code::Uncompensated,
                Level::Error,
                format!(
                    "needs {} to pass, which does not; {} stay open",
                    waiver.requires_passing.join(", "),
                    findings(used.uncompensated)
                ),
            );
        }
        match waiver.max_matches {
            Some(most) if used.fits > most => say(
                Code::TooManyMatches,
                Level::Error,
                format!(
                    "fits {}, more than the {most} that it may; it covers none",
                    findings(used.fits)
                ),
            ),
            _ if used.covers == 0 && used.shadowed > 0 => say(
                Code::Shadowed,
                Level::Warning,
                "covers nothing: earlier waivers cover all that it fits".to_owned(),
            ),
            _ if used.assets == 0 => say(
                Code::Unused,
                Level::Warning,
                "fits no asset that was judged".to_owned(),
            ),
            _ if used.fits + used.tags_unread + used.uncompensated + used.too_long == 0 => say(
                Code::Resolved,
                Level::Warning,
                "fits assets on which nothing is found; it can go".to_owned(),
            ),
            _ => {}
        }
    }
    found.extend(waivers.claims.iter().filter_map(|claim| {
        let named = waivers.all.iter().find(|waiver| waiver.id == claim.waiver);
        let (code, level, message) = match named {
            None => (
                Code::UnknownWaiver,
                Level::Error,
                "is named here, and no waiver file holds it",
            ),
            Some(waiver) if !waiver.scope.named_in_code => (
                Code::NotNamedInCode,
                Level::Warning,
                "is named here in vain: only a waiver whose `match` says `named_in_code: true` is claimed by code",
            ),
            Some(_) => return None,
        };
        Some(Diagnostic {
            code,
            level,
            waiver: claim.waiver.clone(),
            place: claim.place.clone(),
            message: message.to_owned(),
        })
    }));
    found
}

fn findings(count: u64) -> String {
    format!("{count} finding{}", if count == 1 { "" } else { "s" })
}
