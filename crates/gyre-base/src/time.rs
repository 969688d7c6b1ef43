//! Instants in milliseconds since the Unix epoch, UTC.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Ten minutes in milliseconds: what comes through a source is counted by these.
pub const SLOT_MS: i64 = 10 * MINUTE_MS;
/// One elapsed day (86,400 s) in milliseconds; a calendar day may be shorter or longer.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Serialises as that integer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Earliest instant that can be stored.
    pub const MIN: Self = Self(i64::MIN / 4);
    /// Latest instant that can be stored.
    pub const MAX: Self = Self(i64::MAX / 4);

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by `ms` (negative: earlier), saturating.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Parses RFC 3339 text, a plain date, or a date and time without offset (read as UTC).
    ///
    /// Returns `None` for anything else; fractions beyond milliseconds are cut.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self(instant.as_millisecond()));
        }
        let utc = jiff::tz::TimeZone::UTC;
        if let Ok(civil) = text.trim_end_matches('Z').parse::<jiff::civil::DateTime>() {
            return utc
                .to_timestamp(civil)
                .ok()
                .map(|it| Self(it.as_millisecond()));
        }
        let date = text.parse::<jiff::civil::Date>().ok()?;
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        utc.to_timestamp(midnight)
            .ok()
            .map(|it| Self(it.as_millisecond()))
    }

    /// Reads a number of unknown unit by its magnitude: seconds, milliseconds, microseconds or nanoseconds.
    ///
    /// SDKs disagree on the unit for the same field (Mixpanel's Python sends seconds, its Node library
    /// milliseconds), so the magnitude decides: below 1e11 seconds, 1e14 ms, 1e17 us, else ns.
    pub fn from_number(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let size = number.abs();
        let ms = if size < 1e11 {
            number * 1e3
        } else if size < 1e14 {
            number
        } else if size < 1e17 {
            number / 1e3
        } else {
            number / 1e6
        };
        Some(Self(ms.floor() as i64))
    }

    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// RFC 3339 with milliseconds and `Z`.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.to_jiff())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let got = Timestamp::parse(text).map(Timestamp::rfc3339);
        assert_eq!(got.as_deref(), expected, "{text}");
    }

    #[test]
    fn texts_are_read_in_every_common_spelling() {
        check("2026-03-01T09:00:00Z", Some("2026-03-01T09:00:00.000Z"));
        check(
            "2026-03-01T18:00:00.123456+09:00",
            Some("2026-03-01T09:00:00.123Z"),
        );
        check("2026-03-01T09:00:00", Some("2026-03-01T09:00:00.000Z"));
        check("2026-03-01 09:00:00", Some("2026-03-01T09:00:00.000Z"));
        check("2026-03-01", Some("2026-03-01T00:00:00.000Z"));
        check("tomorrow", None);
    }

    #[test]
    fn numbers_are_read_by_magnitude() {
        for number in [
            1_795_290_523.891,
            1_795_290_523_891.0,
            1_795_290_523_891_000.0,
        ] {
            assert_eq!(
                Timestamp::from_number(number),
                Some(Timestamp(1_795_290_523_891))
            );
        }
        assert_eq!(Timestamp::from_number(f64::NAN), None);
    }
}
