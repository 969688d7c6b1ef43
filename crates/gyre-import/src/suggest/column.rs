//! What the cells of a column look like.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::vocabulary::role_of;
use crate::event::text;
use crate::number_text::{money, number};
use crate::reader::Sample;
use crate::time_text::{TimeFormat, TimeReader};

/// Formats that are tried where the look alone does not say it; of two that fit, the first is proposed.
const FORMATS: &[&str] = &[
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%y%m%d",
    "%y-%m-%d",
    "%y.%m.%d",
];
/// Formats of a date and of a time of day that stand in two columns.
const DATES: &[&str] = &[
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y",
];
const CLOCKS: &[&str] = &[
    "%H:%M:%S",
    "%H:%M",
    "%H%M%S",
    "%H%M",
    "%p %I:%M:%S",
    "%p %I:%M",
    "%I:%M %p",
];

/// What the cells of a column look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// No cell says anything.
    Empty,
    Text,
    /// Digits that are no number: a leading zero would be lost.
    Code,
    Number,
    Money,
    Boolean,
    /// Times: by a format, or by their look.
    Time {
        format: Option<String>,
        /// Whether day and month might be exchanged.
        is_ambiguous: bool,
        /// Whether they do not say their zone.
        is_local: bool,
        /// The format of its dates, if they are dates alone.
        date: Option<&'static str>,
    },
    /// Times of day.
    Clock(&'static str),
    /// Values of their own type.
    Typed,
}

impl Look {
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Time { .. })
    }

    pub(super) fn is_local_time(&self) -> bool {
        matches!(self, Self::Time { is_local: true, .. })
    }

    /// A property of a map for the column of that name.
    pub(super) fn property(&self, column: &str) -> Value {
        let typed = |kind: &str| json!({"column": column, "type": kind});
        match self {
            Self::Code => typed("text"),
            Self::Number => typed("number"),
            Self::Money => typed("money"),
            Self::Boolean => typed("boolean"),
            Self::Time {
                format: Some(format),
                ..
            } => {
                json!({"column": column, "type": "time", "format": format})
            }
            Self::Time { .. } => typed("time"),
            Self::Empty | Self::Text | Self::Clock(_) | Self::Typed => column.into(),
        }
    }
}

/// The cells of a column that say something, as texts.
pub(super) fn texts(sample: &Sample, idx: usize) -> Vec<String> {
    let cells = sample.rows.iter().filter_map(|it| it.get(idx));
    cells.filter_map(text).collect()
}

/// The decimal mark that the numbers of a table are written with.
pub(super) fn decimal_mark(sample: &Sample) -> char {
    let columns = 0..sample.header.len();
    let has_decimal_comma = |cell: &String| {
        let plain = cell.trim_start_matches('-');
        plain.contains(',') && money(plain, '.').is_none() && money(plain, ',').is_some()
    };
    let mut cells = columns.flat_map(|it| texts(sample, it));
    if cells.any(|it| has_decimal_comma(&it)) {
        ','
    } else {
        '.'
    }
}

/// What the cells of one column look like.
pub(super) fn look_of(sample: &Sample, idx: usize, decimal: char) -> Look {
    let cells = texts(sample, idx);
    if cells.is_empty() {
        return Look::Empty;
    }
    let is_typed = |it: &Value| !it.is_string() && !it.is_null();
    let name = sample.header.get(idx).map_or("", String::as_str);
    let role = role_of(name);
    if role.is_some_and(super::Role::is_text) {
        return Look::Code;
    }
    if sample
        .rows
        .iter()
        .filter_map(|it| it.get(idx))
        .any(is_typed)
    {
        return Look::Typed;
    }
    let all = |fits: &dyn Fn(&str) -> bool| cells.iter().all(|it| fits(it));
    let clock = || CLOCKS.iter().find(|format| all(&|it| is_clock(format, it)));
    let is_clock_column = role == Some(super::Role::Clock);
    if is_clock_column && let Some(format) = clock() {
        return Look::Clock(format);
    }
    let is_time_column = matches!(role, Some(super::Role::Time | super::Role::Date));
    let is_number = all(&|it| number(it, decimal).is_some());
    if (is_time_column || !is_number)
        && let Some(look) = time_look(&cells)
    {
        return look;
    }
    let has_leading_zero =
        |it: &str| it.len() > 1 && it.starts_with('0') && it.bytes().all(|it| it.is_ascii_digit());
    if cells.iter().any(|it| has_leading_zero(it)) {
        return Look::Code;
    }
    if is_number {
        return Look::Number;
    }
    if all(&|it| money(it, decimal).is_some()) {
        return Look::Money;
    }
    if all(&|it| {
        matches!(
            it.to_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "y" | "n"
        )
    }) {
        return Look::Boolean;
    }
    Look::Text
}

fn time_look(cells: &[String]) -> Option<Look> {
    let reader = |formats: &[&str], zone: TimeZone| TimeReader {
        formats: formats
            .iter()
            .map(|it| TimeFormat::Text((*it).to_owned()))
            .collect(),
        zone,
    };
    let fits = |it: &TimeReader| cells.iter().all(|cell| it.read(cell).is_some());
    let by_look = TimeReader::default();
    let elsewhere = TimeZone::fixed(jiff::tz::offset(9));
    let moves = |formats: &[&str]| {
        let there = reader(formats, elsewhere.clone());
        let here = reader(formats, TimeZone::UTC);
        cells.iter().any(|it| there.read(it) != here.read(it))
    };
    let of = |format: &str| fits(&reader(&[format], TimeZone::UTC));
    let date = DATES.iter().find(|it| of(it)).copied();
    if fits(&by_look) {
        return Some(Look::Time {
            format: None,
            is_ambiguous: false,
            is_local: moves(&[]),
            date,
        });
    }
    let found: Vec<&str> = FORMATS.iter().copied().filter(|it| of(it)).collect();
    let first = *found.first()?;
    Some(Look::Time {
        format: Some(first.to_owned()),
        is_ambiguous: found.len() > 1,
        is_local: moves(&[first]),
        date,
    })
}

fn is_clock(format: &str, cell: &str) -> bool {
    let reader = TimeReader {
        formats: vec![TimeFormat::Text(format!("%Y-%m-%d {format}"))],
        zone: TimeZone::UTC,
    };
    reader.read(&format!("2026-01-01 {cell}")).is_some()
}

/// The format of a date and a time of day joined by a space; none if the look says it.
pub(super) fn joined_format(date: &Look, clock: &Look) -> Option<String> {
    let Look::Time {
        date: Some(date), ..
    } = date
    else {
        return None;
    };
    let Look::Clock(clock) = clock else {
        return None;
    };
    Some(format!("{date} {clock}"))
}
