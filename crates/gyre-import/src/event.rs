//! An event under way to its line of JSON: the fields that `POST /v1/events` takes, in one order.

use gyre_base::Timestamp;
use serde_json::{Map, Value};

use crate::row::{Fault, IdMaker, Place, Row};

/// Name of the event that only sets properties of a person.
pub(crate) const IDENTIFY: &str = "$identify";
/// Names of an event's own id, as the server knows them.
const INSERT_ID: &[&str] = &["insert_id", "insertId", "messageId", "uuid", "id"];

/// The fields of one event.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventObject(Map<String, Value>);

impl EventObject {
    /// An event of this name and time.
    pub(crate) fn new(event: &str, time: Option<Timestamp>) -> Self {
        let mut object = Self::default();
        object.put("event", event.into());
        if let Some(time) = time {
            object.put("time", time.rfc3339().into());
        }
        object
    }

    /// An event whose fields have the server's names already.
    pub(crate) fn ready(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// Sets a field unless the value says nothing.
    pub(crate) fn put(&mut self, name: &str, value: Value) {
        let is_empty = match &value {
            Value::Null => true,
            Value::String(it) => it.is_empty(),
            Value::Object(it) => it.is_empty(),
            Value::Array(_) | Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            self.0.insert(name.to_owned(), value);
        }
    }

    pub(crate) fn put_map(&mut self, name: &str, map: Map<String, Value>) {
        self.put(name, Value::Object(map));
    }

    /// Sets properties of the person, as at the time of the event.
    pub(crate) fn put_set(&mut self, properties: Map<String, Value>) {
        if !properties.is_empty() {
            let set = Map::from_iter([("$set".to_owned(), Value::Object(properties))]);
            self.put_map("user_properties", set);
        }
    }

    pub(crate) fn put_text(&mut self, name: &str, text: Option<String>) {
        self.put(name, text.map_or(Value::Null, Value::String));
    }

    /// The finished row: of the past, and with an insert id.
    ///
    /// `content` is what the row's own id is made of where it has none.
    pub(crate) fn into_row(mut self, place: Place, ids: &IdMaker, content: &[u8]) -> Row {
        self.put("historical", Value::Bool(true));
        let is_call = self.0.get("type").is_some_and(Value::is_string);
        let own = own_id(&self.0, is_call);
        let insert_id = own.unwrap_or_else(|| {
            let id = ids.make(&place, content);
            // a call in Segment's manner knows its id by another name
            let name = if is_call { "messageId" } else { "insert_id" };
            self.put(name, id.as_str().into());
            id
        });
        match serde_json::to_vec(&Value::Object(self.0)) {
            Ok(line) => Row::Event {
                place,
                insert_id,
                line,
            },
            Err(error) => Row::bad(place, Fault::row(error.to_string()), content),
        }
    }
}

fn own_id(fields: &Map<String, Value>, is_call: bool) -> Option<String> {
    let names = if is_call { &INSERT_ID[2..3] } else { INSERT_ID };
    names.iter().find_map(|name| match fields.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A scalar as text; a whole number of a column of doubles is written as one. `None` for what says nothing.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(it) => Some(it.trim().to_owned()).filter(|it| !it.is_empty()),
        Value::Number(it) => Some(match it.as_f64() {
            // tools that know no missing integers write ids as doubles: 17850.0
            Some(number) if it.is_f64() && number.fract() == 0.0 && number.abs() < 9e15 => {
                (number as i64).to_string()
            }
            _ => it.to_string(),
        }),
        Value::Bool(it) => Some(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_of_columns_of_doubles_are_whole() {
        for (value, expected) in [
            (json!(17850.0), Some("17850")),
            (json!(17850), Some("17850")),
            (json!(1.5), Some("1.5")),
            (json!(" a "), Some("a")),
            (json!(""), None),
            (json!(null), None),
            (json!([1]), None),
        ] {
            assert_eq!(text(&value).as_deref(), expected, "{value}");
        }
    }
}
