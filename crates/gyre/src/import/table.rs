//! CSV tables and the map that says which column is what.
//!
//! ```json
//! {"event": {"const": "Order Completed"}, "user_id": {"column": "customer"}, "time": {"column": "ordered_at"},
//!  "insert_id": {"column": "order_no"}, "properties": {"revenue": "total", "zip": {"column": "zip", "type": "text"}}}
//! ```

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;
use gyre_base::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::source::name_of;
use super::{ImportError, Row, made_insert_id};
use crate::wire::OutEvent;

/// Where a field of the event comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Field {
    /// The same in every row.
    Const(String),
    /// This column.
    Column(String),
}

/// Where a property comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Property {
    /// This column, its type by its look.
    Column(String),
    /// This column as this type.
    Typed(TypedColumn),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedColumn {
    column: String,
    #[serde(rename = "type")]
    kind: Kind,
}

/// What a text in a table means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A number or a boolean if it is written as JSON writes them, else a text. The default.
    Auto,
    Text,
    Number,
    Boolean,
    Json,
}

/// The map file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableMap {
    event: Field,
    time: Field,
    user_id: Option<Field>,
    device_id: Option<Field>,
    insert_id: Option<Field>,
    #[serde(default)]
    properties: BTreeMap<String, Property>,
    #[serde(default)]
    user_properties: BTreeMap<String, Property>,
}

impl TableMap {
    /// Reads a map file.
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(path).map_err(|source| ImportError::File {
            path: path.to_path_buf(),
            source,
        })?;
        Self::parse(&text).map_err(|detail| ImportError::Map {
            path: path.to_path_buf(),
            detail,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let map: Self = serde_json::from_str(text).map_err(|it| it.to_string())?;
        if map.user_id.is_none() && map.device_id.is_none() {
            return Err("it needs user_id or device_id".to_owned());
        }
        Ok(map)
    }

    /// Reads a table and hands its rows to `put` until that answers false.
    pub(super) fn read(
        &self,
        input: impl Read,
        path: &Path,
        put: &mut dyn FnMut(Row) -> bool,
    ) -> Result<(), ImportError> {
        let fail = |source: csv::Error| ImportError::File {
            path: path.to_path_buf(),
            source: source.into(),
        };
        let mut rows = csv::Reader::from_reader(input);
        let header = rows.headers().map_err(fail)?.clone();
        let columns = self.bind(&header).map_err(|column| ImportError::Column {
            path: path.to_path_buf(),
            column,
        })?;
        let file = name_of(path);
        let mut record = StringRecord::new();
        loop {
            let read = match rows.read_record(&mut record) {
                Ok(false) => return Ok(()),
                Ok(true) => {
                    let row = record.position().map_or(0, csv::Position::line);
                    read_record(&columns, &record, &file, row)
                }
                Err(error) if error.is_io_error() => return Err(fail(error)),
                Err(error) => Row::Bad {
                    row: error.position().map_or(0, csv::Position::line),
                    detail: error.to_string(),
                },
            };
            if !put(read) {
                return Ok(());
            }
        }
    }

    /// Finds the map's columns in a header; the name of the first that is not there.
    fn bind(&self, header: &StringRecord) -> Result<Columns, String> {
        let find = |name: &String| {
            let idx = header.iter().position(|it| it.trim() == name);
            idx.map(|idx| (idx, name.clone()))
                .ok_or_else(|| name.clone())
        };
        let field = |field: &Field| match field {
            Field::Const(text) => Ok(Bound::Const(text.clone())),
            Field::Column(name) => find(name).map(|(idx, name)| Bound::Column { idx, name }),
        };
        let optional = |it: &Option<Field>| it.as_ref().map(field).transpose();
        let properties = |map: &BTreeMap<String, Property>| {
            let bound = map.iter().map(|(key, property)| {
                let (name, kind) = match property {
                    Property::Column(name) => (name, Kind::Auto),
                    Property::Typed(typed) => (&typed.column, typed.kind),
                };
                let (idx, column) = find(name)?;
                Ok(BoundProperty {
                    key: key.clone(),
                    idx,
                    column,
                    kind,
                })
            });
            bound.collect::<Result<Vec<_>, String>>()
        };
        Ok(Columns {
            event: field(&self.event)?,
            time: field(&self.time)?,
            user_id: optional(&self.user_id)?,
            device_id: optional(&self.device_id)?,
            insert_id: optional(&self.insert_id)?,
            properties: properties(&self.properties)?,
            user_properties: properties(&self.user_properties)?,
        })
    }
}

/// A map bound to one file's header.
struct Columns {
    event: Bound,
    time: Bound,
    user_id: Option<Bound>,
    device_id: Option<Bound>,
    insert_id: Option<Bound>,
    properties: Vec<BoundProperty>,
    user_properties: Vec<BoundProperty>,
}

enum Bound {
    Const(String),
    Column { idx: usize, name: String },
}

struct BoundProperty {
    key: String,
    idx: usize,
    column: String,
    kind: Kind,
}

impl Bound {
    fn text<'a>(&'a self, record: &'a StringRecord) -> &'a str {
        match self {
            Self::Const(text) => text,
            Self::Column { idx, .. } => record.get(*idx).unwrap_or_default().trim(),
        }
    }

    fn column(&self) -> &str {
        match self {
            Self::Const(_) => "const",
            Self::Column { name, .. } => name,
        }
    }
}

fn read_record(columns: &Columns, record: &StringRecord, file: &str, row: u64) -> Row {
    match make_event(columns, record, file, row) {
        Ok((insert_id, line)) => Row::Event {
            row,
            insert_id,
            line,
        },
        Err(detail) => Row::Bad { row, detail },
    }
}

fn make_event(
    columns: &Columns,
    record: &StringRecord,
    file: &str,
    row: u64,
) -> Result<(String, Vec<u8>), String> {
    let name = columns.event.text(record);
    if name.is_empty() {
        let column = columns.event.column();
        return Err(format!("column `{column}`: the event's name is empty"));
    }
    let text = columns.time.text(record);
    let time = read_time(text).ok_or_else(|| {
        let column = columns.time.column();
        format!("column `{column}`: `{text}` is not a time")
    })?;
    let optional = |bound: &Option<Bound>| {
        let text = bound.as_ref().map(|it| it.text(record));
        text.filter(|it| !it.is_empty()).map(str::to_owned)
    };
    let mut event = OutEvent::new(name, time);
    event.historical = true;
    event.user_id = optional(&columns.user_id);
    event.device_id = optional(&columns.device_id);
    if event.user_id.is_none() && event.device_id.is_none() {
        let names: Vec<&str> = [&columns.user_id, &columns.device_id]
            .into_iter()
            .flatten()
            .map(Bound::column)
            .collect();
        let names = names.join("`, `");
        return Err(format!("column `{names}`: nobody is named"));
    }
    for property in &columns.properties {
        if let Some(value) = property_value(property, record)? {
            event = event.with(&property.key, value);
        }
    }
    for property in &columns.user_properties {
        if let Some(value) = property_value(property, record)? {
            event = event.setting(&property.key, value);
        }
    }
    let insert_id = optional(&columns.insert_id)
        .unwrap_or_else(|| made_insert_id(file, row, record.as_slice().as_bytes()));
    event.insert_id = Some(insert_id.clone());
    let line = serde_json::to_vec(&event).map_err(|it| it.to_string())?;
    Ok((insert_id, line))
}

fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Timestamp::from_number(text.parse().ok()?))
}

/// The property's value; `None` for an empty cell.
fn property_value(
    property: &BoundProperty,
    record: &StringRecord,
) -> Result<Option<Value>, String> {
    let text = record.get(property.idx).unwrap_or_default();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = |expected: &str| {
        let column = &property.column;
        Err(format!("column `{column}`: `{text}` is not {expected}"))
    };
    let plain = text.trim();
    let value = match property.kind {
        Kind::Text => Value::String(text.to_owned()),
        Kind::Auto => match serde_json::from_str(plain) {
            Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
            _ => Value::String(text.to_owned()),
        },
        Kind::Number => match plain.parse::<f64>().ok().and_then(number) {
            Some(value) => value,
            None => return wrong("a number"),
        },
        Kind::Boolean => match plain.to_lowercase().as_str() {
            "true" | "yes" | "1" => Value::Bool(true),
            "false" | "no" | "0" => Value::Bool(false),
            _ => return wrong("a boolean"),
        },
        Kind::Json => match serde_json::from_str(plain) {
            Ok(value) => value,
            Err(_) => return wrong("JSON"),
        },
    };
    Ok(Some(value))
}

fn number(number: f64) -> Option<Value> {
    serde_json::Number::from_f64(number).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MAP: &str = r#"{
        "event": {"const": "Order Completed"}, "user_id": {"column": "customer"}, "time": {"column": "at"},
        "properties": {"revenue": "total", "zip": {"column": "zip", "type": "text"}},
        "user_properties": {"country": "land"}
    }"#;

    fn rows(map: &str, table: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        let map = TableMap::parse(map).unwrap();
        let read = map.read(table.as_bytes(), Path::new("in/orders.csv"), &mut |row| {
            rows.push(row);
            true
        });
        read.unwrap();
        rows
    }

    fn event(row: &Row) -> Value {
        match row {
            Row::Event { line, .. } => serde_json::from_slice(line).unwrap(),
            Row::Bad { detail, .. } => panic!("{detail}"),
        }
    }

    #[test]
    fn a_row_becomes_an_event() {
        let rows = rows(
            MAP,
            "at,customer,total,zip,land\n2026-03-01 09:00:00,u1,12.50,01234,DE\n",
        );
        let event = event(&rows[0]);
        assert_eq!(event["event"], "Order Completed");
        assert_eq!(event["time"], "2026-03-01T09:00:00.000Z");
        assert_eq!(
            event["properties"],
            json!({"revenue": 12.5, "zip": "01234"})
        );
        assert_eq!(event["user_properties"], json!({"$set": {"country": "DE"}}));
        let id = event["insert_id"].as_str().unwrap();
        assert!(id.starts_with("orders.csv:2:"), "{id}");
    }

    #[test]
    fn a_bad_cell_is_named_by_row_and_column() {
        let table = "at,customer,total,zip,land\n2026-03-01,,1,2,DE\ntomorrow,u1,1,2,DE\n2026-03-01,u1\n\
                     1772355600,u2,,,\n";
        let details: Vec<String> = rows(MAP, table)
            .iter()
            .map(|it| match it {
                Row::Bad { row, detail } => format!("{row}: {detail}"),
                Row::Event { row, .. } => format!("{row}: fine"),
            })
            .collect();
        assert_eq!(details[0], "2: column `customer`: nobody is named");
        assert_eq!(details[1], "3: column `at`: `tomorrow` is not a time");
        assert!(details[2].starts_with("4: CSV error"), "{details:?}");
        assert_eq!(details[3], "5: fine");
    }

    #[test]
    fn values_are_typed_by_their_look_or_by_the_map() {
        let map = r#"{"event": {"column": "e"}, "time": {"const": "2026-03-01"}, "device_id": {"column": "d"},
            "properties": {"a": "a", "b": {"column": "b", "type": "boolean"}, "c": {"column": "c", "type": "json"},
                "n": {"column": "n", "type": "number"}}}"#;
        let rows = rows(
            map,
            "e,d,a,b,c,n\nView,d1,007,yes,\"{\"\"x\"\":[1]}\",3\nView,d1,7,,,many\n",
        );
        assert_eq!(
            event(&rows[0])["properties"],
            json!({"a": "007", "b": true, "c": {"x": [1]}, "n": 3.0})
        );
        let bad = "column `n`: `many` is not a number".to_owned();
        assert_eq!(
            rows[1],
            Row::Bad {
                row: 3,
                detail: bad
            }
        );
    }

    #[test]
    fn a_map_that_names_a_column_that_is_not_there_is_refused() {
        let map = TableMap::parse(MAP).unwrap();
        let read = map.read("at,customer\n".as_bytes(), Path::new("x.csv"), &mut |_| {
            true
        });
        let error = read.unwrap_err().to_string();
        assert!(
            error.contains("x.csv") && error.contains("`total`"),
            "{error}"
        );
    }

    #[test]
    fn a_map_is_read_strictly() {
        for (map, about) in [
            (
                r#"{"event": {"const": "A"}, "time": {"column": "t"}}"#,
                "user_id or device_id",
            ),
            (
                r#"{"event": {"const": "A"}, "user_id": {"column": "u"}}"#,
                "time",
            ),
            (
                r#"{"event": {"constant": "A"}, "time": {"column": "t"}}"#,
                "constant",
            ),
            (
                r#"{"event": {"const": "A"}, "time": {"column": "t"}, "usr": 1}"#,
                "usr",
            ),
        ] {
            let error = TableMap::parse(map).unwrap_err();
            assert!(error.contains(about), "{error}");
        }
    }
}
