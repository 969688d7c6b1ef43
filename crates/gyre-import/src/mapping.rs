//! Rows of a table as events: a map bound to the columns of one file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gyre_base::Timestamp;
use serde_json::{Map, Value};

use crate::event::{EventObject, IDENTIFY, text};
use crate::failure::ImportFailure;
use crate::map::{Kind, Property, RowKind, Source, TableMap};
use crate::number_text::{money, number};
use crate::row::{Fault, IdMaker, Place, Row};
use crate::time_text::TimeReader;

/// Columns that a message lists before it stops.
const COLUMNS_SHOWN_MAX: usize = 30;
/// Characters of a cell that a message repeats.
const CELL_CHARS_SHOWN_MAX: usize = 80;

/// What stands in a column of one row.
#[derive(Clone, Debug)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Empty,
    /// A text of a table whose columns have no types.
    Text(&'a str),
    /// A value of its own type.
    Value(Cow<'a, Value>),
}

/// One row of a table.
pub(crate) trait Record {
    /// What stands in the column, by its index in the header that the map was bound to.
    fn cell(&self, idx: usize) -> Cell<'_>;
}

/// A map bound to a header.
#[derive(Debug)]
pub(crate) struct Mapping {
    kind: RowKind,
    event: Option<Bound>,
    time: Option<(Bound, TimeReader)>,
    user_id: Option<Bound>,
    device_id: Option<Bound>,
    insert_id: Option<Bound>,
    properties: Vec<(usize, Property)>,
    user_properties: Vec<(usize, Property)>,
}

#[derive(Debug)]
enum Bound {
    Const(String),
    Columns {
        idxs: Vec<usize>,
        /// The columns' names, for messages.
        name: String,
        values: BTreeMap<String, String>,
    },
}

impl Mapping {
    /// Finds the map's columns in a header.
    pub(crate) fn bind(map: &TableMap, header: &[&str]) -> Result<Self, ImportFailure> {
        for (column, field) in map.columns() {
            if !header.contains(&column) {
                return Err(missing(column, field, header));
            }
        }
        let find = |column: &str| {
            header
                .iter()
                .position(|it| *it == column)
                .unwrap_or_default()
        };
        let bound = |source: &Source| match source {
            Source::Const(constant) => Bound::Const(constant.clone()),
            Source::Columns { columns, values } => Bound::Columns {
                idxs: columns.iter().map(|it| find(it)).collect(),
                name: columns.join("`, `"),
                values: values.clone(),
            },
        };
        let properties = |them: &[Property]| -> Vec<(usize, Property)> {
            them.iter()
                .map(|it| (find(&it.column), it.clone()))
                .collect()
        };
        Ok(Self {
            kind: map.kind,
            event: map.event.as_ref().map(bound),
            time: map
                .time
                .as_ref()
                .map(|(source, reader)| (bound(source), reader.clone())),
            user_id: map.user_id.as_ref().map(bound),
            device_id: map.device_id.as_ref().map(bound),
            insert_id: map.insert_id.as_ref().map(bound),
            properties: properties(&map.properties),
            user_properties: properties(&map.user_properties),
        })
    }

    /// The row as an event; `content` is what its id is made of if it has none, and what is shown of a bad one.
    pub(crate) fn row(
        &self,
        record: &dyn Record,
        place: Place,
        ids: &IdMaker,
        content: &[u8],
    ) -> Row {
        if self.kind == RowKind::Lookup {
            return match values(&self.properties, record) {
                Ok(columns) => Row::plain(place, columns, content),
                Err(fault) => Row::bad(place, fault, content),
            };
        }
        match self.event(record) {
            Ok(event) => event.into_row(place, ids, content),
            Err(fault) => Row::bad(place, fault, content),
        }
    }

    fn event(&self, record: &dyn Record) -> Result<EventObject, Fault> {
        let time = match &self.time {
            Some((bound, reader)) => bound.time(record, reader, self.kind)?,
            None => None,
        };
        let name = match &self.event {
            Some(bound) => bound
                .text(record, " ")?
                .ok_or_else(|| Fault::column(bound.name(), "the event's name is empty"))?,
            None => IDENTIFY.to_owned(),
        };
        let optional = |bound: &Option<Bound>| match bound {
            Some(bound) => bound.text(record, "-"),
            None => Ok(None),
        };
        let mut event = EventObject::new(&name, time);
        event.put_text("insert_id", optional(&self.insert_id)?);
        let (user_id, device_id) = (optional(&self.user_id)?, optional(&self.device_id)?);
        if user_id.is_none() && device_id.is_none() {
            let bounds = [&self.user_id, &self.device_id].into_iter().flatten();
            let names: Vec<&str> = bounds.map(Bound::name).collect();
            return Err(Fault::column(names.join("`, `"), "nobody is named"));
        }
        event.put_text("user_id", user_id);
        event.put_text("device_id", device_id);
        let mut properties = values(&self.properties, record)?;
        let mut set = values(&self.user_properties, record)?;
        if self.kind == RowKind::Profiles {
            properties.append(&mut set);
            set = std::mem::take(&mut properties);
        }
        event.put_map("properties", properties);
        event.put_set(set);
        Ok(event)
    }
}

fn missing(column: &str, field: &str, header: &[&str]) -> ImportFailure {
    let shown = &header[..header.len().min(COLUMNS_SHOWN_MAX)];
    let more = if shown.len() < header.len() {
        " …"
    } else {
        ""
    };
    ImportFailure::Column {
        column: column.to_owned(),
        field: field.to_owned(),
        present: format!("`{}`{more}", shown.join("`, `")),
    }
}

impl Bound {
    fn name(&self) -> &str {
        match self {
            Self::Const(_) => "const",
            Self::Columns { name, .. } => name,
        }
    }

    /// The text that stands there; none if there is nothing.
    fn text(&self, record: &dyn Record, joiner: &str) -> Result<Option<String>, Fault> {
        let (idxs, values) = match self {
            Self::Const(constant) => {
                let plain = constant.trim();
                return Ok(Some(plain.to_owned()).filter(|it| !it.is_empty()));
            }
            Self::Columns { idxs, values, .. } => (idxs, values),
        };
        let mut whole = String::new();
        for idx in idxs {
            let part = match record.cell(*idx) {
                Cell::Empty => continue,
                Cell::Text(text) => text.trim().to_owned(),
                Cell::Value(value) if value.is_array() || value.is_object() => {
                    let reason = format!("{} is not a text", shown(&value.to_string()));
                    return Err(Fault::column(self.name(), reason));
                }
                Cell::Value(value) => text(&value).unwrap_or_default(),
            };
            if !whole.is_empty() && !part.is_empty() {
                whole.push_str(joiner);
            }
            whole.push_str(&part);
        }
        if let Some(other) = values.get(&whole) {
            whole.clone_from(other);
        }
        garbled(self.name(), &whole)?;
        Ok(Some(whole).filter(|it| !it.is_empty()))
    }

    fn time(
        &self,
        record: &dyn Record,
        reader: &TimeReader,
        kind: RowKind,
    ) -> Result<Option<Timestamp>, Fault> {
        if let Self::Columns { idxs, .. } = self
            && let [idx] = idxs.as_slice()
            && let Cell::Value(value) = record.cell(*idx)
            && let Value::Number(number) = &*value
        {
            let found = number.as_f64().and_then(|it| reader.read_number(it));
            let wrong = || Fault::column(self.name(), format!("{number} is not a time"));
            return found.ok_or_else(wrong).map(Some);
        }
        let text = self.text(record, " ")?.unwrap_or_default();
        // a person needs no time, an event does
        if text.is_empty() && kind == RowKind::Profiles {
            return Ok(None);
        }
        if text.is_empty() {
            return Err(Fault::column(self.name(), "the event has no time"));
        }
        let found = reader.read(&text);
        let wrong = || {
            let expected = if reader.formats.is_empty() {
                "is not a time"
            } else {
                "is not a time of the map's format"
            };
            Fault::column(self.name(), format!("{} {expected}", shown(&text)))
        };
        found.ok_or_else(wrong).map(Some)
    }
}

fn values(
    properties: &[(usize, Property)],
    record: &dyn Record,
) -> Result<Map<String, Value>, Fault> {
    let mut map = Map::new();
    for (idx, property) in properties {
        let value = match record.cell(*idx) {
            Cell::Empty => continue,
            Cell::Text(text) if text.trim().is_empty() => continue,
            Cell::Text(text) => {
                garbled(&property.column, text)?;
                of_text(property, text)?
            }
            Cell::Value(value) => of_value(property, value)?,
        };
        if !value.is_null() {
            map.insert(property.key.clone(), value);
        }
    }
    Ok(map)
}

/// A text that was not in the file's encoding must not become somebody's name.
fn garbled(column: &str, text: &str) -> Result<(), Fault> {
    if text.contains('\u{fffd}') {
        let reason = format!(
            "{} has bytes that are not of the file's encoding",
            shown(text)
        );
        return Err(Fault::column(column, reason));
    }
    Ok(())
}

fn of_text(property: &Property, text: &str) -> Result<Value, Fault> {
    let plain = text.trim();
    let found = match property.kind {
        Kind::Text => Some(Value::String(text.to_owned())),
        Kind::Auto => Some(match serde_json::from_str(plain) {
            Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
            _ => Value::String(text.to_owned()),
        }),
        Kind::Number => number(plain, property.decimal),
        Kind::Money => money(plain, property.decimal),
        Kind::Boolean => boolean(plain),
        Kind::Time => property.times.read(plain).map(|it| it.rfc3339().into()),
        Kind::Json => serde_json::from_str(plain).ok(),
    };
    found.ok_or_else(|| wrong(property, text))
}

/// A value that has a type keeps it unless the map says another.
fn of_value(property: &Property, value: Cow<'_, Value>) -> Result<Value, Fault> {
    match (&*value, property.kind) {
        (Value::String(it), Kind::Text) if it.trim().is_empty() => Ok(Value::Null),
        (Value::Null, _)
        | (_, Kind::Auto | Kind::Json)
        | (Value::String(_), Kind::Text)
        | (Value::Number(_), Kind::Number | Kind::Money)
        | (Value::Bool(_), Kind::Boolean) => Ok(value.into_owned()),
        (Value::String(it), _) if it.trim().is_empty() => Ok(Value::Null),
        (Value::String(it), _) => of_text(property, it),
        (Value::Number(it), Kind::Time) => {
            let found = it.as_f64().and_then(|it| property.times.read_number(it));
            found
                .map(|it| it.rfc3339().into())
                .ok_or_else(|| wrong(property, &it.to_string()))
        }
        (other, Kind::Text) if !other.is_array() && !other.is_object() => {
            Ok(text(other).map_or(Value::Null, Value::String))
        }
        (other, Kind::Boolean) if other.is_number() => {
            let plain = text(other).unwrap_or_default();
            boolean(&plain).ok_or_else(|| wrong(property, &plain))
        }
        (other, _) => Err(wrong(property, &other.to_string())),
    }
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "예" => Some(Value::Bool(true)),
        "false" | "no" | "n" | "0" | "아니오" | "아니요" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn wrong(property: &Property, text: &str) -> Fault {
    let expected = match property.kind {
        Kind::Auto | Kind::Text => "a text",
        Kind::Number => "a number",
        Kind::Money => "an amount of money",
        Kind::Boolean => "a boolean",
        Kind::Time => "a time",
        Kind::Json => "JSON",
    };
    Fault::column(
        &property.column,
        format!("{} is not {expected}", shown(text)),
    )
}

/// The cell in a message, cut where it is long.
fn shown(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS_SHOWN_MAX {
        return format!("`{text}`");
    }
    let head: String = text.chars().take(CELL_CHARS_SHOWN_MAX).collect();
    format!("`{head}…`")
}
