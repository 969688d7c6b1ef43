//! Filters of instants: reading them as people write them, and writing them in the manner of `strftime`.

use std::fmt::Write;

use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::{Offset, TimeZone};

use super::{Args, Context, FilterDef, bounded, braze, filter};
use crate::value::Value;

/// Widest padding that a format may ask for.
const WIDTH_MAX: usize = 100;

pub(super) const TABLE: &[FilterDef] = &[
    filter("date", (0, 1), date),
    braze("time_zone", (1, 1), time_zone),
];

/// Formats with an offset.
const WITH_OFFSET: &[&str] = &[
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S %:z",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f %:z",
    "%Y-%m-%d %H:%M %z",
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M:%S%.f%:z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
];

/// Formats of a civil time, taken to be UTC.
const CIVIL: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%a %b %d %H:%M:%S %Y",
    "%b %d %Y %H:%M:%S",
    "%B %d, %Y %I:%M %p",
    "%b %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
];

/// Formats of a day.
const DAYS: &[&str] = &[
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%a %b %d %Y",
    "%a, %d %b %Y",
    "%A, %B %d, %Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
];

/// Reads an instant; keeps the offset of the text.
fn instant(value: &Value<'_>, context: &Context) -> Option<Zoned> {
    let text = value.text();
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("today") {
        let at = jiff::Timestamp::from_millisecond(context.now?.ms()).ok()?;
        return Some(at.to_zoned(TimeZone::UTC));
    }
    let is_number = matches!(value, Value::Int(_))
        || !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) && text.len() != 8;
    if is_number {
        let at = jiff::Timestamp::from_second(text.parse().ok()?).ok()?;
        return Some(at.to_zoned(TimeZone::UTC));
    }
    value.as_str()?;
    // most texts begin with the year: then only such formats are tried
    let is_year_first = text.len() > 4 && text.bytes().take(4).all(|it| it.is_ascii_digit());
    let may_fit = |it: &&&str| it.starts_with("%Y") == is_year_first;
    for format in WITH_OFFSET.iter().filter(may_fit) {
        if let Ok(broken) = jiff::fmt::strtime::parse(format, text) {
            let is_utc = format.ends_with('Z');
            let zoned = if is_utc {
                broken
                    .to_datetime()
                    .and_then(|it| it.to_zoned(TimeZone::UTC))
            } else {
                broken.to_zoned()
            };
            if let Ok(zoned) = zoned {
                return Some(zoned);
            }
        }
    }
    let plain = text
        .strip_suffix("UTC")
        .or_else(|| text.strip_suffix("GMT"))
        .map_or(text, str::trim_end);
    let civil = CIVIL
        .iter()
        .filter(may_fit)
        .find_map(|format| jiff::civil::DateTime::strptime(format, plain).ok());
    let civil = civil.or_else(|| {
        DAYS.iter()
            .filter(may_fit)
            .find_map(|format| jiff::civil::Date::strptime(format, plain).ok())
            .map(|it| it.at(0, 0, 0, 0))
    });
    civil?.to_zoned(TimeZone::UTC).ok()
}

fn date<'a>(input: Value<'a>, args: &Args<'a>, context: &Context) -> Result<Value<'a>, String> {
    let format = args.text(0);
    if format.is_empty() {
        return Ok(input);
    }
    match instant(&input, context) {
        Some(zoned) => {
            let mut out = String::new();
            write(&zoned, &format, &mut out);
            bounded(out)
        }
        None => Ok(input),
    }
}

fn time_zone<'a>(
    input: Value<'a>,
    args: &Args<'a>,
    context: &Context,
) -> Result<Value<'a>, String> {
    let name = args.text(0);
    let Ok(zone) = TimeZone::get(&name) else {
        return Err(format!("time_zone: there is no zone `{name}`"));
    };
    match instant(&input, context) {
        Some(zoned) => {
            let mut out = String::new();
            write(
                &zoned.with_time_zone(zone),
                "%Y-%m-%d %H:%M:%S %z",
                &mut out,
            );
            bounded(out)
        }
        None => Ok(input),
    }
}

/// How a number or text is padded.
#[derive(Clone, Copy, Debug, Default)]
struct Style {
    pad: Option<char>,
    is_bare: bool,
    is_upper: bool,
    is_swapped: bool,
    colons: usize,
    width: Option<usize>,
}

impl Style {
    fn number(self, out: &mut String, value: i64, width: usize, pad: char) {
        let width = if self.is_bare {
            0
        } else {
            self.width.unwrap_or(width)
        };
        // writing to a text cannot fail
        let _ = match self.pad.unwrap_or(pad) {
            '0' => write!(out, "{value:0width$}"),
            _ => write!(out, "{value:width$}"),
        };
    }

    fn text(self, out: &mut String, text: &str) {
        let width = if self.is_bare {
            0
        } else {
            self.width.unwrap_or(0)
        };
        let pad = self.pad.unwrap_or(' ');
        out.extend(std::iter::repeat_n(
            pad,
            width.saturating_sub(text.chars().count()),
        ));
        if self.is_upper || self.is_swapped {
            out.push_str(&text.to_uppercase());
        } else {
            out.push_str(text);
        }
    }
}

/// Appends an instant in a format. What is no directive stays as it is.
fn write(zoned: &Zoned, format: &str, out: &mut String) {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let directive = &rest[at + 1..];
        let mut style = Style::default();
        let mut letters = directive.char_indices();
        let mut end = None;
        let mut digits = String::new();
        for (i, letter) in letters.by_ref() {
            match letter {
                '-' => style.is_bare = true,
                '_' => style.pad = Some(' '),
                '0' if digits.is_empty() => style.pad = Some('0'),
                '^' => style.is_upper = true,
                '#' => style.is_swapped = true,
                ':' => style.colons += 1,
                '0'..='9' => digits.push(letter),
                _ => {
                    end = Some((i + letter.len_utf8(), letter));
                    break;
                }
            }
        }
        style.width = digits.parse().ok().map(|it: usize| it.min(WIDTH_MAX));
        let Some((len, letter)) = end else {
            out.push_str(&rest[at..]);
            return;
        };
        if !field(zoned, letter, style, out) {
            out.push('%');
            out.push_str(&directive[..len]);
        }
        rest = &directive[len..];
    }
    out.push_str(rest);
}

/// Writes one directive; false if there is none of that letter.
fn field(zoned: &Zoned, letter: char, style: Style, out: &mut String) -> bool {
    let hour12 = match i64::from(zoned.hour()) % 12 {
        0 => 12,
        other => other,
    };
    let year = i64::from(zoned.year());
    let iso = zoned.date().iso_week_date();
    match letter {
        'Y' => style.number(out, year, 0, '0'),
        'C' => style.number(out, year.div_euclid(100), 2, '0'),
        'y' => style.number(out, year.rem_euclid(100), 2, '0'),
        'm' => style.number(out, i64::from(zoned.month()), 2, '0'),
        'd' => style.number(out, i64::from(zoned.day()), 2, '0'),
        'e' => style.number(out, i64::from(zoned.day()), 2, ' '),
        'j' => style.number(out, i64::from(zoned.day_of_year()), 3, '0'),
        'H' => style.number(out, i64::from(zoned.hour()), 2, '0'),
        'k' => style.number(out, i64::from(zoned.hour()), 2, ' '),
        'I' => style.number(out, hour12, 2, '0'),
        'l' => style.number(out, hour12, 2, ' '),
        'M' => style.number(out, i64::from(zoned.minute()), 2, '0'),
        'S' => style.number(out, i64::from(zoned.second()), 2, '0'),
        's' => style.number(out, zoned.timestamp().as_second(), 0, '0'),
        'L' | 'N' => {
            let places = style.width.unwrap_or(if letter == 'L' { 3 } else { 9 });
            let nanos = format!("{:09}", zoned.subsec_nanosecond());
            out.extend(nanos.chars().chain(std::iter::repeat('0')).take(places));
        }
        'u' => style.number(
            out,
            i64::from(zoned.weekday().to_monday_one_offset()),
            1,
            '0',
        ),
        'w' => style.number(
            out,
            i64::from(zoned.weekday().to_sunday_zero_offset()),
            1,
            '0',
        ),
        'U' => style.number(out, week(zoned, Weekday::Sunday), 2, '0'),
        'W' => style.number(out, week(zoned, Weekday::Monday), 2, '0'),
        'V' => style.number(out, i64::from(iso.week()), 2, '0'),
        'G' => style.number(out, i64::from(iso.year()), 0, '0'),
        'g' => style.number(out, i64::from(iso.year()).rem_euclid(100), 2, '0'),
        'B' => style.text(out, month_name(zoned)),
        'b' | 'h' => style.text(out, &month_name(zoned)[..3]),
        'A' => style.text(out, day_name(zoned)),
        'a' => style.text(out, &day_name(zoned)[..3]),
        'p' => {
            let name = if zoned.hour() < 12 { "AM" } else { "PM" };
            if style.is_swapped {
                out.push_str(&name.to_lowercase());
            } else {
                style.text(out, name);
            }
        }
        'P' => style.text(out, if zoned.hour() < 12 { "am" } else { "pm" }),
        'Z' => zone_name(zoned, out),
        'z' => offset(zoned.offset(), style.colons, out),
        'c' => write(zoned, "%a %b %e %H:%M:%S %Y", out),
        'D' | 'x' => write(zoned, "%m/%d/%y", out),
        'F' => write(zoned, "%Y-%m-%d", out),
        'T' | 'X' => write(zoned, "%H:%M:%S", out),
        'R' => write(zoned, "%H:%M", out),
        'r' => write(zoned, "%I:%M:%S %p", out),
        'v' => write(zoned, "%e-%^b-%Y", out),
        'n' => out.push('\n'),
        't' => out.push('\t'),
        '%' => out.push('%'),
        _ => return false,
    }
    true
}

/// Week of the year; days before the first `first` are in week 0.
fn week(zoned: &Zoned, first: Weekday) -> i64 {
    let day = i64::from(zoned.weekday().since(first));
    (i64::from(zoned.day_of_year()) + 6 - day) / 7
}

fn month_name(zoned: &Zoned) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let idx = usize::from(zoned.month().unsigned_abs()) - 1;
    NAMES.get(idx).copied().unwrap_or(NAMES[0])
}

fn day_name(zoned: &Zoned) -> &'static str {
    match zoned.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// `KST` of a named zone; nothing of a bare offset but UTC's.
fn zone_name(zoned: &Zoned, out: &mut String) {
    let zone = zoned.time_zone();
    let info = zone.to_offset_info(zoned.timestamp());
    if zone.iana_name().is_some() || zoned.offset() == Offset::UTC {
        out.push_str(if zoned.offset() == Offset::UTC {
            "UTC"
        } else {
            info.abbreviation()
        });
    }
}

fn offset(offset: Offset, colons: usize, out: &mut String) {
    let seconds = offset.seconds();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '-' } else { '+' };
    let colon = if colons > 0 { ":" } else { "" };
    // writing to a text cannot fail
    let _ = write!(out, "{sign}{hours:02}{colon}{minutes:02}");
    if colons > 1 {
        let _ = write!(out, ":{:02}", seconds.abs() % 60);
    }
}
