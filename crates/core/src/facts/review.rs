//! Whether somebody vouches for an idle endpoint: the tag `reviewed_at`.
//!
//! Enters: the tags of an endpoint, from `ListTags` or its `Search` record. Leaves: whether the
//! review is valid at `as_of`, and until when. Deliberately absent: any other tag.

use crate::estate::{Estate, Place};
use crate::facts::answer::Part;
use crate::facts::endpoint_graph::{Endpoint, join_gaps};
use crate::facts::fact::{Fact, Origin, Origins, State, Text};
use crate::missing::MissingSet;
use crate::operations::Operation;
use crate::time::{DAY_MS, Time};

const KEY: &str = "reviewed_at";

/// A review.
#[derive(Debug)]
pub struct Review<'e> {
    /// `none`, `valid`, `expired`, `future`, or `malformed`.
    pub state: Fact<'e, &'static str>,
    /// The tag's value.
    pub on: Fact<'e, Option<Text<'e>>>,
    /// The last day on which it is valid.
    pub until: Fact<'e, Option<Text<'e>>>,
}

/// Reads the review of an endpoint; `max_age` is in days.
#[must_use]
pub fn review<'e>(
    estate: &'e Estate,
    place: &Place,
    endpoint: &Endpoint<'e>,
    as_of: Time,
    max_age: i64,
) -> Review<'e> {
    let tag = tag(estate, place, endpoint);
    let state = tag
        .clone()
        .map(|tag| tag.map_or("none", |tag| judge(&tag, as_of, max_age)))
        .also_from(Origin::Tunable("reviewed_at_max_age_days"));
    let until = tag.clone().map(|tag| {
        let on = Time::parse(&tag?)?;
        let end = Time(on.0.saturating_add(max_age.saturating_mul(DAY_MS))).to_string();
        let day = end.split_once('T').map(|(day, _)| day.to_owned());
        Some(Text::Owned(day.unwrap_or(end)))
    });
    Review {
        state,
        on: tag,
        until,
    }
}

/// A date or date and time, not in the future, and not older than `max_age` days.
fn judge(tag: &str, as_of: Time, max_age: i64) -> &'static str {
    match Time::parse(tag.trim()) {
        None => "malformed",
        Some(on) if on > as_of => "future",
        Some(on) if as_of.days_since(on) > max_age => "expired",
        Some(_) => "valid",
    }
}

fn tag<'e>(
    estate: &'e Estate,
    place: &Place,
    endpoint: &Endpoint<'e>,
) -> Fact<'e, Option<Text<'e>>> {
    let listing = estate.listing(
        Operation::ListTags,
        &place.account,
        &place.region,
        &endpoint.arn,
    );
    let mut found = Found {
        exact: None,
        folded: None,
        gap: listing.gap.clone(),
    };
    for page in &listing.pages {
        found.note(&page.root());
    }
    if listing.pages.is_empty()
        && let Some(record) = &endpoint.record
    {
        found.gap = None;
        found.note(&record.root());
    }
    let origins: Origins<'e> = listing
        .pages
        .iter()
        .map(|page| page.root().origin("/Tags"))
        .collect();
    match (found.exact.or(found.folded), found.gap) {
        (Some(tag), _) => tag.map(Some),
        (None, Some(missing)) => Fact::unknown(missing),
        (None, None) => Fact::known(None, origins),
    }
}

/// The exact key comes before one that differs in case or in `-` for `_`.
struct Found<'e> {
    exact: Option<Fact<'e, Text<'e>>>,
    folded: Option<Fact<'e, Text<'e>>>,
    gap: Option<MissingSet>,
}

impl<'e> Found<'e> {
    fn note(&mut self, page: &Part<'_, 'e>) {
        let tags = page.required_parts("/Tags");
        if let Some(missing) = tags.missing() {
            self.gap = Some(join_gaps(self.gap.take(), missing));
        }
        for tag in tags.value().into_iter().flatten() {
            match tag.text("/Key").state {
                State::Known(key) if key == KEY => self.exact = Some(tag.text("/Value")),
                State::Known(key) if key.to_lowercase().replace('-', "_") == KEY => {
                    self.folded.get_or_insert_with(|| tag.text("/Value"));
                }
                State::Known(_) => {}
                State::Unknown(missing) => self.gap = Some(join_gaps(self.gap.take(), &missing)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_holds_from_its_instant_through_the_last_day() {
        let as_of = Time::parse("2026-11-24T06:00:00Z").unwrap();
        for (tag, expected) in [
            ("2026-11-24", "valid"),
            (" 2026-11-24T06:00:00Z ", "valid"),
            ("2026-11-24T06:00:01Z", "future"),
            ("2026-11-25", "future"),
            ("2026-08-26", "valid"),
            ("2026-08-25", "expired"),
            ("24.11.2026", "malformed"),
            ("", "malformed"),
        ] {
            assert_eq!(judge(tag, as_of, 90), expected, "{tag}");
        }
    }
}
