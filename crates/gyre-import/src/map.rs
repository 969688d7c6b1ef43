//! The map of a table: which column is what. A file of JSON that a person writes, so every mistake is named.
//!
//! ```json
//! {"event": {"const": "Order Completed"}, "user_id": {"column": "customer"}, "time": {"column": "ordered_at"},
//!  "insert_id": {"column": "order_no"}, "properties": {"revenue": "total", "zip": {"column": "zip", "type": "text"}}}
//! ```

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::encoding;
use crate::time_text::{TimeFormat, TimeReader};

/// What the rows of a file are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowKind {
    /// Each is something that a person did.
    #[default]
    Events,
    /// Each is a person with properties, which become `$identify` events.
    Profiles,
    /// Each is a thing that events and people refer to by a key: a product, a shop. The map's `properties` are its columns.
    Lookup,
}

/// One thing or a list of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(it) => vec![it],
            Self::Many(them) => them,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldSpec {
    #[serde(rename = "const")]
    constant: Option<String>,
    column: Option<String>,
    columns: Option<Vec<String>>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    format: Option<OneOrMany>,
    zone: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PropertySpec {
    column: String,
    #[serde(rename = "type", default)]
    kind: Kind,
    decimal: Option<char>,
    format: Option<OneOrMany>,
    zone: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableSpec {
    delimiter: Option<String>,
    encoding: Option<String>,
    decimal: Option<char>,
    zone: Option<String>,
}

/// What a cell means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A number or a boolean if it is written as JSON writes them, else a text.
    #[default]
    Auto,
    /// A text as it stands.
    Text,
    /// A number, perhaps with groups of thousands.
    Number,
    /// A number with a currency beside it.
    Money,
    /// `true`, `yes`, `Y`, `1` and their opposites.
    Boolean,
    /// A time, which is kept as RFC 3339.
    Time,
    /// Any JSON.
    Json,
}

/// Where a field of the event comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The same in every row.
    Const(String),
    /// These columns, joined.
    Columns {
        columns: Vec<String>,
        /// What the text in the column becomes; others stay.
        values: BTreeMap<String, String>,
    },
}

/// Where a property comes from.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) key: String,
    /// The map's name of it, for messages.
    pub(crate) field: String,
    pub(crate) column: String,
    pub(crate) kind: Kind,
    pub(crate) decimal: char,
    pub(crate) times: TimeReader,
}

/// A map, checked.
#[derive(Clone, Debug)]
pub struct TableMap {
    pub(crate) kind: RowKind,
    pub(crate) delimiter: Option<u8>,
    pub(crate) encoding: Option<&'static Encoding>,
    pub(crate) event: Option<Source>,
    pub(crate) time: Option<(Source, TimeReader)>,
    pub(crate) user_id: Option<Source>,
    pub(crate) device_id: Option<Source>,
    pub(crate) insert_id: Option<Source>,
    pub(crate) properties: Vec<Property>,
    pub(crate) user_properties: Vec<Property>,
}

/// Fields of a map.
const FIELDS: &[&str] = &[
    "table",
    "event",
    "time",
    "user_id",
    "device_id",
    "insert_id",
    "properties",
    "user_properties",
];

impl TableMap {
    /// Reads a map; the error names the field that is wrong.
    pub fn parse(text: &str, kind: RowKind) -> Result<Self, String> {
        let map: Map<String, Value> = serde_json::from_str(text).map_err(|it| it.to_string())?;
        Self::from_fields(map, kind)
    }

    pub(crate) fn from_fields(mut map: Map<String, Value>, kind: RowKind) -> Result<Self, String> {
        if let Some(unknown) = map.keys().find(|it| !FIELDS.contains(&it.as_str())) {
            let known = FIELDS.join("`, `");
            return Err(format!("`{unknown}` is no field; known are `{known}`"));
        }
        let table: TableSpec = take(&mut map, "table")?.unwrap_or_default();
        let decimal = decimal("table.decimal", table.decimal)?.unwrap_or('.');
        let zone = match &table.zone {
            Some(name) => zone("table.zone", name)?,
            None => TimeZone::UTC,
        };
        let mut field = |name: &str| match take::<FieldSpec>(&mut map, name)? {
            Some(spec) => source(name, spec, &zone).map(Some),
            None => Ok::<_, String>(None),
        };
        let time = field("time")?;
        let mut plain = |name: &str| match field(name)? {
            Some((source, Some(_))) => {
                let _: Source = source;
                Err(format!("`{name}`: only `time` has a format or a zone"))
            }
            Some((source, None)) => Ok(Some(source)),
            None => Ok(None),
        };
        let (event, user_id) = (plain("event")?, plain("user_id")?);
        let (device_id, insert_id) = (plain("device_id")?, plain("insert_id")?);
        let mut properties = |name: &str| read_properties(&mut map, name, decimal, &zone);
        let read = Self {
            kind,
            delimiter: delimiter(table.delimiter.as_deref())?,
            encoding: encoding_of(table.encoding.as_deref())?,
            event,
            time: time.map(|(source, reader)| {
                let by_look = TimeReader {
                    formats: Vec::new(),
                    zone: zone.clone(),
                };
                (source, reader.unwrap_or(by_look))
            }),
            user_id,
            device_id,
            insert_id,
            properties: properties("properties")?,
            user_properties: properties("user_properties")?,
        };
        read.check()?;
        Ok(read)
    }

    fn check(&self) -> Result<(), String> {
        if self.kind == RowKind::Lookup {
            let fields = [&self.event, &self.user_id, &self.device_id, &self.insert_id];
            let has_fields = fields.iter().any(|it| it.is_some()) || self.time.is_some();
            if has_fields || !self.user_properties.is_empty() {
                return Err("a map of a lookup table has `properties`, which are its columns, and no other field".to_owned());
            }
            if self.properties.is_empty() {
                return Err("it needs `properties`: the columns of the lookup table".to_owned());
            }
            return Ok(());
        }
        if self.user_id.is_none() && self.device_id.is_none() {
            return Err("it needs `user_id` or `device_id`".to_owned());
        }
        match self.kind {
            RowKind::Events if self.event.is_none() => {
                Err("it needs `event`: {\"const\": \"Order Completed\"} or a column".to_owned())
            }
            RowKind::Events if self.time.is_none() => Err("it needs `time`".to_owned()),
            RowKind::Profiles if self.event.is_some() => {
                Err("`event` has no place in a map of profiles".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Every column that is named, once, in the order of the fields, with the first field that names it.
    pub(crate) fn columns(&self) -> Vec<(&str, &str)> {
        let sources = [
            ("event", self.event.as_ref()),
            ("time", self.time.as_ref().map(|it| &it.0)),
            ("user_id", self.user_id.as_ref()),
            ("device_id", self.device_id.as_ref()),
            ("insert_id", self.insert_id.as_ref()),
        ];
        let of_sources = sources.into_iter().flat_map(|(field, source)| {
            let columns = match source {
                Some(Source::Columns { columns, .. }) => columns.as_slice(),
                _ => &[],
            };
            columns.iter().map(move |it| (it.as_str(), field))
        });
        let of_properties = self.properties.iter().chain(&self.user_properties);
        let mut found: Vec<(&str, &str)> = Vec::new();
        let all = of_sources.chain(of_properties.map(|it| (it.column.as_str(), it.field.as_str())));
        for (column, field) in all {
            if !found.iter().any(|it| it.0 == column) {
                found.push((column, field));
            }
        }
        found
    }
}

fn take<T: DeserializeOwned>(
    map: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, String> {
    match map.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(|error| format!("`{name}`: {error}")),
    }
}

/// A source, and how its times are read if that is told.
fn source(
    name: &str,
    spec: FieldSpec,
    table_zone: &TimeZone,
) -> Result<(Source, Option<TimeReader>), String> {
    let reader = match (&spec.format, &spec.zone) {
        (None, None) => None,
        (format, zone) => Some(time_reader(
            name,
            format.clone(),
            zone.as_deref(),
            table_zone,
        )?),
    };
    let columns = match (spec.constant, spec.column, spec.columns) {
        (Some(constant), None, None) => return Ok((Source::Const(constant), reader)),
        (None, Some(column), None) => vec![column],
        (None, None, Some(columns)) if !columns.is_empty() => columns,
        _ => {
            return Err(format!(
                "`{name}`: it needs one of `const`, `column` and `columns`"
            ));
        }
    };
    let values = spec.values;
    Ok((Source::Columns { columns, values }, reader))
}

fn time_reader(
    name: &str,
    format: Option<OneOrMany>,
    told_zone: Option<&str>,
    table_zone: &TimeZone,
) -> Result<TimeReader, String> {
    let formats = format.map(OneOrMany::into_vec).unwrap_or_default();
    let formats = formats.iter().map(|it| TimeFormat::parse(it));
    let formats: Result<Vec<TimeFormat>, String> = formats.collect();
    Ok(TimeReader {
        formats: formats.map_err(|it| format!("`{name}.format`: {it}"))?,
        zone: match told_zone {
            Some(told) => zone(&format!("{name}.zone"), told)?,
            None => table_zone.clone(),
        },
    })
}

fn read_properties(
    map: &mut Map<String, Value>,
    name: &str,
    table_decimal: char,
    zone: &TimeZone,
) -> Result<Vec<Property>, String> {
    let specs: Map<String, Value> = take(map, name)?.unwrap_or_default();
    let properties = specs.into_iter().map(|(key, value)| {
        let field = format!("{name}.{key}");
        let spec = match value {
            Value::String(column) => PropertySpec {
                column,
                kind: Kind::Auto,
                decimal: None,
                format: None,
                zone: None,
            },
            other => serde_json::from_value(other).map_err(|it| format!("`{field}`: {it}"))?,
        };
        let is_time = spec.kind == Kind::Time;
        if !is_time && (spec.format.is_some() || spec.zone.is_some()) {
            return Err(format!(
                "`{field}`: only type `time` has a format or a zone"
            ));
        }
        Ok(Property {
            decimal: decimal(&format!("{field}.decimal"), spec.decimal)?.unwrap_or(table_decimal),
            times: time_reader(&field, spec.format, spec.zone.as_deref(), zone)?,
            column: spec.column,
            kind: spec.kind,
            field,
            key,
        })
    });
    properties.collect()
}

fn decimal(field: &str, mark: Option<char>) -> Result<Option<char>, String> {
    match mark {
        None | Some('.' | ',') => Ok(mark),
        Some(other) => Err(format!("`{field}`: `{other}` is neither `.` nor `,`")),
    }
}

fn zone(field: &str, name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("`{field}`: no time zone is called `{name}`"))
}

fn delimiter(told: Option<&str>) -> Result<Option<u8>, String> {
    match told.map(str::as_bytes) {
        None => Ok(None),
        Some([one]) if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => Ok(Some(*one)),
        Some(b"tab" | b"\\t") => Ok(Some(b'\t')),
        Some(_) => {
            Err("`table.delimiter`: expected one character, such as `;`, or `tab`".to_owned())
        }
    }
}

fn encoding_of(told: Option<&str>) -> Result<Option<&'static Encoding>, String> {
    let Some(label) = told else {
        return Ok(None);
    };
    let found = encoding::named(label);
    let wrong = || format!("`table.encoding`: no encoding is called `{label}`");
    found.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(map: &str, kind: RowKind, about: &str) {
        let error = TableMap::parse(map, kind).unwrap_err();
        assert!(error.contains(about), "{error}");
    }

    #[test]
    fn a_map_is_read_strictly_and_names_what_is_wrong() {
        let events = RowKind::Events;
        let whole = |more: &str| {
            format!(
                r#"{{"event": {{"const": "A"}}, "time": {{"column": "t"}}, "user_id": {{"column": "u"}}, {more}}}"#
            )
        };
        refused("[]", events, "expected a map");
        refused(
            r#"{"event": {"const": "A"}, "time": {"column": "t"}}"#,
            events,
            "`user_id` or `device_id`",
        );
        refused(
            r#"{"event": {"const": "A"}, "user_id": {"column": "u"}}"#,
            events,
            "`time`",
        );
        refused(
            r#"{"time": {"column": "t"}, "user_id": {"column": "u"}}"#,
            events,
            "`event`",
        );
        refused(
            r#"{"event": {"constant": "A"}}"#,
            events,
            "`event`: unknown field `constant`",
        );
        refused(&whole(r#""usr": 1"#), events, "`usr`");
        refused(
            &whole(r#""insert_id": {}"#),
            events,
            "`insert_id`: it needs one of",
        );
        refused(
            &whole(r#""insert_id": {"column": "i", "zone": "UTC"}"#),
            events,
            "`insert_id`: only `time`",
        );
        refused(
            &whole(r#""properties": {"a": {"column": "a", "type": "int"}}"#),
            events,
            "`properties.a`: unknown variant `int`",
        );
        refused(
            &whole(r#""properties": {"a": {"column": "a", "format": "%Y"}}"#),
            events,
            "`properties.a`: only type `time`",
        );
        refused(
            &whole(r#""table": {"zone": "Seoul"}"#),
            events,
            "`table.zone`: no time zone is called `Seoul`",
        );
        refused(
            &whole(r#""table": {"encoding": "x"}"#),
            events,
            "`table.encoding`",
        );
        refused(
            &whole(r#""table": {"delimiter": "ab"}"#),
            events,
            "`table.delimiter`",
        );
        refused(
            &whole(r#""table": {"decimal": ";"}"#),
            events,
            "`table.decimal`",
        );
        refused(
            r#"{"event": {"const": "A"}, "time": {"column": "t", "format": "yyyy"}, "user_id": {"column": "u"}}"#,
            events,
            "`time.format`: `yyyy`",
        );
        refused(
            &whole(r#""properties": {}"#),
            RowKind::Profiles,
            "`event` has no place",
        );
    }

    #[test]
    fn columns_are_listed_once_with_their_field() {
        let map = r#"{"event": {"column": "e"}, "time": {"columns": ["d", "h"]}, "user_id": {"column": "u"},
            "properties": {"a": "e", "b": "x"}}"#;
        let map = TableMap::parse(map, RowKind::Events).unwrap();
        let expected = [
            ("e", "event"),
            ("d", "time"),
            ("h", "time"),
            ("u", "user_id"),
            ("x", "properties.b"),
        ];
        assert_eq!(map.columns(), expected);
    }
}
