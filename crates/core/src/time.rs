//! Instants and spans.
//!
//! Enters: the times AWS writes: ISO 8601 with `Z` or an offset (AWS CLI), or epoch seconds (the
//! JSON protocols). Leaves: [`Time`], whole milliseconds since the epoch. Deliberately absent: a
//! clock. "Now" is always a parameter, `as_of`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::Node;

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Reads an ISO 8601 instant (`2026-11-24T06:00:00Z`, offsets allowed) or date (`2026-11-24`, midnight UTC).
    #[must_use]
    pub fn parse(text: &str) -> Option<Time> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Time(instant.as_millisecond()));
        }
        let date: jiff::civil::Date = text.parse().ok()?;
        let instant = jiff::tz::Offset::UTC
            .to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
            .ok()?;
        Some(Time(instant.as_millisecond()))
    }

    /// Reads a body's time: ISO 8601 text or epoch seconds.
    #[must_use]
    pub fn from_node(node: &Node<'_>) -> Option<Time> {
        match node {
            Node::Text(text) => Time::parse(text),
            Node::Int(seconds) => seconds.checked_mul(1000).map(Time),
            #[allow(clippy::cast_possible_truncation, reason = "range is checked")]
            Node::Float(seconds) if seconds.abs() < 9.0e12 => {
                Some(Time((seconds * 1000.0).round() as i64))
            }
            _ => None,
        }
    }

    /// The instant `days` days earlier.
    #[must_use]
    pub fn minus_days(self, days: i64) -> Time {
        Time(self.0.saturating_sub(days.saturating_mul(DAY_MS)))
    }

    /// Whole days from `earlier` to this instant, rounded down.
    #[must_use]
    pub fn days_since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(DAY_MS)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Time::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format_args!("`{text}` is not an ISO 8601 time"))
        })
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}
