//! Times as files write them: by format or by their look, in the zone of whoever wrote them.

use gyre_base::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

/// Spellings that are tried where no format is told, beside RFC 3339. Day and month in an order that can only be
/// guessed are not among them.
const CIVIL_FORMATS: &[&str] = &[
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
    "%Y-%m-%d %p %I:%M:%S",
    "%Y-%m-%d %p %I:%M",
    "%Y년 %m월 %d일 %H:%M:%S",
    "%Y년 %m월 %d일 %H:%M",
    "%Y년 %m월 %d일",
];
/// Days from Excel's day 0 to 1970-01-01, in its calendar that has a 29 February 1900.
const EXCEL_EPOCH_DAYS: f64 = 25_569.0;

/// How one column writes times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// As `strftime` writes it.
    Text(String),
    /// Seconds since 1970, or a thousandth, millionth, billionth of them.
    Unix {
        /// Units in a second.
        per_second: i64,
    },
    /// Days of a spreadsheet.
    Excel,
}

impl TimeFormat {
    /// Reads a format; the error says what one looks like.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "unix_s" => Ok(Self::Unix { per_second: 1 }),
            "unix_ms" => Ok(Self::Unix { per_second: 1_000 }),
            "unix_us" => Ok(Self::Unix {
                per_second: 1_000_000,
            }),
            "unix_ns" => Ok(Self::Unix {
                per_second: 1_000_000_000,
            }),
            "excel" => Ok(Self::Excel),
            _ if text.contains('%') => Ok(Self::Text(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no format of a time; write it such as `%Y-%m-%d %H:%M:%S`, or unix_s, unix_ms, unix_us, \
                 unix_ns, excel"
            )),
        }
    }
}

/// How to read the times of one column.
#[derive(Clone, Debug)]
pub(crate) struct TimeReader {
    /// Formats that are tried in turn; none: by the look.
    pub(crate) formats: Vec<TimeFormat>,
    /// The zone of times that do not say theirs.
    pub(crate) zone: TimeZone,
}

impl Default for TimeReader {
    fn default() -> Self {
        Self {
            formats: Vec::new(),
            zone: TimeZone::UTC,
        }
    }
}

impl TimeReader {
    /// The instant that a text names.
    pub(crate) fn read(&self, text: &str) -> Option<Timestamp> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let found = if self.formats.is_empty() {
            self.by_look(text)
        } else {
            self.formats.iter().find_map(|it| self.by_format(it, text))
        };
        found.filter(|it| is_plausible(*it))
    }

    /// The instant that a number is.
    pub(crate) fn read_number(&self, number: f64) -> Option<Timestamp> {
        if self.formats.is_empty() {
            return Timestamp::from_number(number).filter(|it| is_plausible(*it));
        }
        self.read(&number.to_string())
    }

    fn by_format(&self, format: &TimeFormat, text: &str) -> Option<Timestamp> {
        match format {
            TimeFormat::Text(format) => self.strptime(format, text),
            TimeFormat::Unix { per_second } => unix(text, *per_second),
            TimeFormat::Excel => {
                let days: f64 = text.parse().ok()?;
                let ms = ((days - EXCEL_EPOCH_DAYS) * 86_400_000.0).round();
                let civil = jiff::Timestamp::from_millisecond(whole(ms)?).ok()?;
                self.in_zone(TimeZone::UTC.to_datetime(civil))
            }
        }
    }

    fn by_look(&self, text: &str) -> Option<Timestamp> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Timestamp(instant.as_millisecond()));
        }
        if text.bytes().all(|it| it.is_ascii_digit())
            && let Some(civil) = digits(text)
        {
            return self.in_zone(civil);
        }
        if let Ok(number) = text.parse::<f64>() {
            return Timestamp::from_number(number);
        }
        if let Some(plain) = text.strip_suffix(" UTC").or_else(|| text.strip_suffix('Z')) {
            let utc = Self::default();
            return utc.civil(plain);
        }
        self.civil(text)
    }

    fn civil(&self, text: &str) -> Option<Timestamp> {
        if let Ok(civil) = text.parse::<DateTime>() {
            return self.in_zone(civil);
        }
        if let Ok(date) = text.parse::<Date>() {
            return self.in_zone(date.to_datetime(Time::midnight()));
        }
        CIVIL_FORMATS.iter().find_map(|it| self.strptime(it, text))
    }

    fn strptime(&self, format: &str, text: &str) -> Option<Timestamp> {
        let plain = text.replace("오전", "AM").replace("오후", "PM");
        let broken: BrokenDownTime = strtime::parse(format, plain.trim()).ok()?;
        if broken.offset().is_some() || broken.iana_time_zone().is_some() {
            let instant = broken.to_timestamp().ok()?;
            return Some(Timestamp(instant.as_millisecond()));
        }
        let date = broken.to_date().ok()?;
        let time = match broken.to_time() {
            Ok(time) => time,
            // a format of dates alone
            Err(_) if broken.hour().is_none() => Time::midnight(),
            Err(_) => return None,
        };
        self.in_zone(date.to_datetime(time))
    }

    fn in_zone(&self, civil: DateTime) -> Option<Timestamp> {
        // an hour that a clock change skips or repeats is taken as the calendar standard does
        let instant = self.zone.to_timestamp(civil).ok()?;
        Some(Timestamp(instant.as_millisecond()))
    }
}

/// `20260301`, `202603010930` and `20260301093000`, which as numbers would lie in 1970 or far away.
fn digits(text: &str) -> Option<DateTime> {
    let format = match text.len() {
        8 => "%Y%m%d",
        12 => "%Y%m%d%H%M",
        14 => "%Y%m%d%H%M%S",
        _ => return None,
    };
    let broken = strtime::parse(format, text).ok()?;
    let date = broken
        .to_date()
        .ok()
        .filter(|it| (1970..=2100).contains(&it.year()))?;
    let time = broken.to_time().unwrap_or(Time::midnight());
    Some(date.to_datetime(time))
}

fn unix(text: &str, per_second: i64) -> Option<Timestamp> {
    if let Ok(count) = text.parse::<i64>() {
        let ms = i128::from(count) * 1_000 / i128::from(per_second);
        return i64::try_from(ms).ok().map(Timestamp);
    }
    let count: f64 = text.parse().ok()?;
    whole((count * 1_000.0 / per_second as f64).floor()).map(Timestamp)
}

fn whole(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < 9e15).then_some(number as i64)
}

/// Nothing at or before 1970, which is a clock that was never set, and nothing that could not be written.
fn is_plausible(instant: Timestamp) -> bool {
    instant.ms() > 0 && jiff::Timestamp::from_millisecond(instant.ms()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(formats: &[&str], zone: &str, text: &str, expected: Option<&str>) {
        let reader = TimeReader {
            formats: formats
                .iter()
                .map(|it| TimeFormat::parse(it).unwrap())
                .collect(),
            zone: TimeZone::get(zone).unwrap(),
        };
        let got = reader.read(text).map(Timestamp::rfc3339);
        assert_eq!(got.as_deref(), expected, "{text} as {formats:?}");
    }

    #[test]
    fn times_are_read_by_their_look() {
        let nine = Some("2026-03-01T09:30:00.000Z");
        for text in [
            "2026-03-01T09:30:00Z",
            "2026-03-01T18:30:00+09:00",
            "2026-03-01 09:30:00",
            "2026-03-01 09:30",
            "2026-03-01 09:30:00.000000 UTC",
            "2026/03/01 09:30:00",
            "2026.03.01 09:30",
            "202603010930",
            "20260301093000",
            "1772357400",
            "1772357400000",
            "2026-03-01 오전 9:30:00",
            "2026년 3월 1일 9:30",
        ] {
            check(&[], "UTC", text, nine);
        }
        check(&[], "UTC", "20260301", Some("2026-03-01T00:00:00.000Z"));
        for text in [
            "",
            "tomorrow",
            "03/04/2026",
            "0",
            "-5",
            "2026-13-01",
            "1e300",
            "NaN",
        ] {
            check(&[], "UTC", text, None);
        }
    }

    #[test]
    fn a_zone_is_that_of_times_without_one() {
        check(
            &[],
            "Asia/Seoul",
            "2026-03-01 09:30:00",
            Some("2026-03-01T00:30:00.000Z"),
        );
        check(
            &[],
            "Asia/Seoul",
            "2026-03-01T09:30:00Z",
            Some("2026-03-01T09:30:00.000Z"),
        );
        check(
            &[],
            "Asia/Seoul",
            "20260301",
            Some("2026-02-28T15:00:00.000Z"),
        );
        check(
            &["%d.%m.%Y %H:%M"],
            "Europe/Berlin",
            "01.07.2026 12:00",
            Some("2026-07-01T10:00:00.000Z"),
        );
    }

    #[test]
    fn told_formats_are_tried_in_turn_and_nothing_else_is() {
        let formats = ["%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%dT%H:%M:%S%:z"];
        check(
            &formats,
            "UTC",
            "04/03/2026 10:00",
            Some("2026-03-04T10:00:00.000Z"),
        );
        check(
            &formats,
            "UTC",
            "04/03/2026",
            Some("2026-03-04T00:00:00.000Z"),
        );
        check(
            &formats,
            "Asia/Seoul",
            "2026-03-04T10:00:00+01:00",
            Some("2026-03-04T09:00:00.000Z"),
        );
        check(&formats, "UTC", "2026-03-04", None);
        check(
            &["%Y-%m-%d %p %I:%M:%S"],
            "UTC",
            "2026-03-04 오후 3:04:05",
            Some("2026-03-04T15:04:05.000Z"),
        );
        check(
            &["unix_s"],
            "UTC",
            "1772357400.5",
            Some("2026-03-01T09:30:00.500Z"),
        );
        check(
            &["unix_ns"],
            "UTC",
            "1772357400123456789",
            Some("2026-03-01T09:30:00.123Z"),
        );
        check(
            &["excel"],
            "UTC",
            "46082.5",
            Some("2026-03-01T12:00:00.000Z"),
        );
        assert!(
            TimeFormat::parse("yyyy-MM-dd")
                .unwrap_err()
                .contains("%Y-%m-%d")
        );
    }
}
