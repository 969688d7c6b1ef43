//! Lines of JSON: events as the server takes them, passed on as they are; rows for a map; people.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::event::{EventObject, IDENTIFY, text};
use crate::lines::{LINE_BYTES_MAX, Line};
use crate::mapping::{Cell, Record};
use crate::row::{Fault, IdMaker, Place, Row};

/// Names of a person's id in a line about a person.
const PERSON: &[&str] = &[
    "user_id",
    "userId",
    "external_id",
    "distinct_id",
    "$distinct_id",
    "id",
];
const DEVICE: &[&str] = &["device_id", "deviceId", "anonymous_id", "anonymousId"];
/// Names of the object with a person's properties.
const PROPERTIES: &[&str] = &[
    "properties",
    "$properties",
    "user_properties",
    "traits",
    "$set",
];

/// Names of an event's own id, as the server knows them, and its kind of call.
#[derive(Deserialize)]
struct Peek {
    insert_id: Option<Value>,
    #[serde(rename = "insertId")]
    insert_id_camel: Option<Value>,
    #[serde(rename = "messageId")]
    message_id: Option<Value>,
    uuid: Option<Value>,
    id: Option<Value>,
    #[serde(rename = "type")]
    call: Option<Value>,
}

impl Peek {
    fn insert_id(&self) -> Option<String> {
        let names = [
            &self.insert_id,
            &self.insert_id_camel,
            &self.message_id,
            &self.uuid,
            &self.id,
        ];
        names.into_iter().flatten().find_map(|it| match it {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }
}

/// The line as an object.
pub(crate) fn object(line: &Line<'_>) -> Result<Map<String, Value>, Fault> {
    check(line)?;
    serde_json::from_slice(line.text).map_err(|it| not_json(&it))
}

fn check(line: &Line<'_>) -> Result<(), Fault> {
    if line.is_too_long {
        let reason = format!("is longer than {LINE_BYTES_MAX} bytes");
        return Err(Fault::row(reason));
    }
    if line.text.first() != Some(&b'{') {
        return Err(Fault::row("is not a JSON object"));
    }
    if std::str::from_utf8(line.text).is_err() {
        return Err(Fault::row("is not UTF-8"));
    }
    Ok(())
}

fn not_json(error: &serde_json::Error) -> Fault {
    Fault::row(format!("is not JSON, column {}: {error}", error.column()))
}

/// An event whose fields the server knows: its own text, marked as of the past, with an insert id.
pub(crate) fn event(line: &Line<'_>, place: Place, ids: &IdMaker) -> Row {
    let peek = check(line).and_then(|()| {
        let peek: Result<Peek, _> = serde_json::from_slice(line.text);
        peek.map_err(|it| not_json(&it))
    });
    let peek = match peek {
        Ok(peek) => peek,
        Err(fault) => return Row::bad(place, fault, line.text),
    };
    let mut fields = vec![("historical", Value::Bool(true))];
    let insert_id = peek.insert_id().unwrap_or_else(|| {
        let id = ids.make(&place, line.text);
        // a call in Segment's manner knows its id by another name
        let name = if peek.call.is_some() {
            "messageId"
        } else {
            "insert_id"
        };
        fields.push((name, id.as_str().into()));
        id
    });
    Row::Event {
        place,
        insert_id,
        line: with_fields(line.text, &fields),
    }
}

/// The object with these fields in front, its own text untouched.
///
/// A field of the same name in the object itself would come later and win, so a null that stands for one is taken
/// out.
fn with_fields(object: &[u8], fields: &[(&str, Value)]) -> Vec<u8> {
    let stands_there = |name: &str| {
        let quoted = format!("\"{name}\"");
        object
            .windows(quoted.len())
            .any(|it| it == quoted.as_bytes())
    };
    if fields.iter().any(|(name, _)| stands_there(name))
        && let Ok(Value::Object(mut map)) = serde_json::from_slice(object)
    {
        for (name, value) in fields {
            if map.get(*name).is_none_or(Value::is_null) {
                map.insert((*name).to_owned(), value.clone());
            }
        }
        return Value::Object(map).to_string().into_bytes();
    }
    let mut line = Vec::with_capacity(object.len() + 120);
    line.push(b'{');
    for (name, value) in fields {
        line.extend_from_slice(format!("\"{name}\":{value},").as_bytes());
    }
    let inner = object[1..].trim_ascii_start();
    if inner == b"}" {
        line.pop();
    }
    line.extend_from_slice(inner);
    line
}

/// An object whose fields are a map's columns; `a.b` is the field `b` of the object `a`.
pub(crate) struct JsonRecord<'a> {
    pub(crate) object: &'a Map<String, Value>,
    pub(crate) columns: &'a [String],
}

impl Record for JsonRecord<'_> {
    fn cell(&self, idx: usize) -> Cell<'_> {
        let found = self.columns.get(idx).and_then(|it| find(self.object, it));
        match found {
            None | Some(Value::Null) => Cell::Empty,
            Some(value) => Cell::Value(std::borrow::Cow::Borrowed(value)),
        }
    }
}

/// The field of that name, else the one of that path.
fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let (head, rest) = path.split_once('.')?;
    find(object.get(head)?.as_object()?, rest)
}

/// A line about a person: an id, and properties in an object of their own or beside it.
pub(crate) fn profile(mut object: Map<String, Value>) -> Result<EventObject, Fault> {
    let mut named = |names: &[&str]| {
        let name = names
            .iter()
            .find(|it| object.get(**it).and_then(text).is_some())?;
        object.remove(*name).as_ref().and_then(text)
    };
    let (user_id, device_id) = (named(PERSON), named(DEVICE));
    // PostHog lists every id of a person, the one that identified it first
    let listed = match object.remove("distinct_ids") {
        Some(Value::Array(ids)) => ids.first().and_then(text),
        _ => None,
    };
    let user_id = user_id.or(listed);
    if user_id.is_none() && device_id.is_none() {
        return Err(Fault::column("user_id", "nobody is named"));
    }
    let inner = PROPERTIES
        .iter()
        .find(|it| object.get(**it).is_some_and(Value::is_object));
    let properties = match inner.and_then(|it| object.remove(*it)) {
        Some(Value::Object(properties)) => properties,
        _ => object,
    };
    let mut event = EventObject::new(IDENTIFY, None);
    event.put_text("user_id", user_id);
    event.put_text("device_id", device_id);
    event.put_set(
        properties
            .into_iter()
            .filter(|it| !it.1.is_null())
            .collect(),
    );
    Ok(event)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Row {
        let line = Line {
            row: 1,
            text: text.as_bytes(),
            is_too_long: false,
        };
        let ids = IdMaker::Event {
            file: "a.ndjson".to_owned(),
        };
        event(&line, Place::row(1), &ids)
    }

    #[track_caller]
    fn sent(row: Row) -> (String, String) {
        match row {
            Row::Event {
                insert_id, line, ..
            } => (insert_id, String::from_utf8(line).unwrap()),
            Row::Bad { fault, .. } => panic!("{fault}"),
        }
    }

    #[test]
    fn a_line_with_an_id_of_its_own_keeps_it() {
        for (line, id) in [
            (r#"{"event":"A",  "insert_id":"i1"}"#, "i1"),
            (r#"{"event":"A","messageId":"m1"}"#, "m1"),
            (r#"{"event":"A","uuid":7}"#, "7"),
        ] {
            let expected = format!("{{\"historical\":true,{}", &line[1..]);
            assert_eq!(sent(read(line)), (id.to_owned(), expected));
        }
    }

    #[test]
    fn a_null_is_no_id_and_an_empty_object_is_an_event() {
        let (id, line) = sent(read(r#"{"insert_id":null,"a":1}"#));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["insert_id"], &line["a"]), (&json!(id), &json!(1)));
        let (_, line) = sent(read("{ }"));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["historical"], true);
    }

    #[test]
    fn a_bad_line_says_why() {
        for (line, about) in [
            ("{\"event\":", "is not JSON, column 9: "),
            ("[1]", "is not a JSON object"),
        ] {
            let Row::Bad { fault, raw, .. } = read(line) else {
                panic!("{line}");
            };
            assert!(fault.to_string().starts_with(about), "{fault}");
            assert_eq!(raw, line);
        }
    }

    #[test]
    fn people_are_read_in_every_usual_shape() {
        let of = |line: Value| {
            let Value::Object(map) = line else { panic!() };
            let row = profile(map).unwrap().into_row(
                Place::row(1),
                &IdMaker::Profile {
                    content: "c".to_owned(),
                },
                b"",
            );
            serde_json::from_str::<Value>(&sent(row).1).unwrap()
        };
        let expected = json!({"event": "$identify", "user_id": "u1", "user_properties": {"$set": {"plan": "pro"}},
            "historical": true, "insert_id": "profile:c:1"});
        for line in [
            json!({"user_id": "u1", "plan": "pro", "gone": null}),
            json!({"userId": "u1", "traits": {"plan": "pro"}}),
            json!({"$distinct_id": "u1", "$properties": {"plan": "pro"}}),
            json!({"distinct_ids": ["u1", "anon"], "properties": {"plan": "pro"}, "created_at": "2026-03-01"}),
        ] {
            assert_eq!(of(line), expected);
        }
    }
}
