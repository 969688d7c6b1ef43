//! The map of a source: which field of a payload is what. Written by a person, so every mistake is pointed at.
//!
//! ```json
//! {"each": "events", "event": {"path": "type", "values": {"paid": "Order Paid"}}, "user_id": "customer.id",
//!  "time": "created_at", "insert_id": "id", "properties": {"revenue": {"path": "total", "type": "number"}}}
//! ```

use std::collections::BTreeMap;

use gyre_model::doc::Read;
use gyre_model::event::PropOpKind;
use gyre_model::{Doc, EventKind};
use serde_json::{Map, Value};

use super::path::Path;
use crate::draft::{Draft, Fault};
use crate::{fields, ops};

/// Most properties that a map names, and most values that one field translates.
const ENTRIES_MAX: usize = 500;
/// Longest template.
const TEMPLATE_BYTES_MAX: usize = 2_000;

/// What a value becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// As it is.
    Any,
    Text,
    Number,
    Boolean,
    Time,
    /// JSON inside a text.
    Json,
}

const KINDS: &[(&str, Kind)] = &[
    ("any", Kind::Any),
    ("text", Kind::Text),
    ("number", Kind::Number),
    ("boolean", Kind::Boolean),
    ("time", Kind::Time),
    ("json", Kind::Json),
];

/// Where a value comes from.
#[derive(Clone, Debug)]
enum Take {
    Const(Value),
    /// The first of these that says something.
    Paths(Vec<Path>),
    /// Texts with fields between them; nothing where none of the fields says anything.
    Template(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Field(Path),
}

#[derive(Clone, Debug)]
struct Source {
    take: Take,
    kind: Kind,
    values: BTreeMap<String, Value>,
    default: Option<Value>,
}

/// A map, checked.
#[derive(Clone, Debug)]
pub struct WebhookMap {
    each: Option<Path>,
    event: Source,
    time: Option<Source>,
    user_id: Option<Source>,
    device_id: Option<Source>,
    insert_id: Option<Source>,
    properties: Vec<(String, Source)>,
    user_properties: Vec<(String, Source)>,
    has_rest: bool,
}

const FIELDS: &[&str] = &[
    "each",
    "event",
    "time",
    "user_id",
    "device_id",
    "insert_id",
    "properties",
    "user_properties",
    "rest",
];

impl WebhookMap {
    /// Reads a map; the error points at the field that is wrong.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        doc.only(FIELDS)?;
        let optional = |name: &str| doc.get(name).map(|it| Source::read(&it)).transpose();
        let named = |name: &str| -> Read<Vec<(String, Source)>> {
            let Some(properties) = doc.get(name) else {
                return Ok(Vec::new());
            };
            let object = properties.object()?;
            if object.len() > ENTRIES_MAX {
                return Err(properties.error(format!("has more than {ENTRIES_MAX} entries")));
            }
            let mut found = Vec::with_capacity(object.len());
            for key in object.keys() {
                if let Some(entry) = properties.get(key) {
                    found.push((key.clone(), Source::read(&entry)?));
                }
            }
            Ok(found)
        };
        let map = Self {
            each: doc.get("each").map(|it| path(&it)).transpose()?,
            event: Source::read(&doc.need("event")?)?,
            time: optional("time")?,
            user_id: optional("user_id")?,
            device_id: optional("device_id")?,
            insert_id: optional("insert_id")?,
            properties: named("properties")?,
            user_properties: named("user_properties")?,
            has_rest: match doc.get("rest") {
                Some(rest) => rest.boolean()?,
                None => false,
            },
        };
        if map.user_id.is_none() && map.device_id.is_none() {
            return Err(doc.error("needs `user_id` or `device_id`: an event is somebody's"));
        }
        Ok(map)
    }

    /// The parts of a payload that are an event each.
    pub(super) fn items<'a>(&self, root: &'a Value) -> Result<Vec<&'a Value>, Fault> {
        let Some(each) = &self.each else {
            return Ok(match root {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            });
        };
        match each.find(root, root) {
            Some(Value::Array(items)) => Ok(items.iter().collect()),
            Some(object @ Value::Object(_)) => Ok(vec![object]),
            _ => Err(Fault::new(
                "no-events",
                "where the map says that the events are, there is no list",
            )),
        }
    }

    /// One part of a payload as an event.
    pub(super) fn draft(
        &self,
        root: &Value,
        item: &Value,
        id: &dyn Fn(Option<String>) -> String,
    ) -> Result<Draft, Fault> {
        let mut draft = Draft::new(EventKind::Track);
        let get = |source: &Option<Source>, name: &str| match source {
            Some(source) => source.value(root, item, name),
            None => Ok(None),
        };
        let event = self.event.value(root, item, "event")?;
        draft.name = event.as_ref().and_then(fields::text);
        draft.user_id = get(&self.user_id, "user_id")?;
        draft.device_id = get(&self.device_id, "device_id")?;
        let own = get(&self.insert_id, "insert_id")?;
        draft.insert_id = Some(id(own.as_ref().and_then(fields::text)));
        if let Some(time) = get(&self.time, "time")? {
            let instant = fields::time(&time);
            let wrong = || {
                let detail = format!("`time`: {} is no instant", shown(&time));
                Fault::new("bad-value", detail)
            };
            draft.client_time = Some(instant.ok_or_else(wrong)?);
        }
        // the clock of the system that sent it, which is right
        draft.is_exact = true;
        for (key, source) in &self.properties {
            if let Some(value) = source.value(root, item, key)? {
                draft.properties.insert(key.clone(), value);
            }
        }
        if self.has_rest {
            self.take_rest(item, &mut draft.properties);
        }
        for (key, source) in &self.user_properties {
            if let Some(value) = source.value(root, item, key)? {
                let set = ops::op(PropOpKind::Set, key.clone(), value);
                draft.user_ops.push(set);
            }
        }
        let library = Value::from("webhook");
        draft.context.insert("library".to_owned(), library);
        Ok(draft)
    }

    /// Fields at the top that the map does not name.
    fn take_rest(&self, item: &Value, properties: &mut Map<String, Value>) {
        let Some(object) = item.as_object() else {
            return;
        };
        let singles = [&self.time, &self.user_id, &self.device_id, &self.insert_id];
        let all = singles.into_iter().flatten();
        let all = all.chain([&self.event]);
        let all = all.chain(self.properties.iter().map(|it| &it.1));
        let all = all.chain(self.user_properties.iter().map(|it| &it.1));
        let used: Vec<&str> = all.flat_map(Source::tops).collect();
        for (key, value) in object {
            let is_empty = value.is_null() || value.as_str().is_some_and(|it| it.trim().is_empty());
            if !is_empty && !used.contains(&key.as_str()) && !properties.contains_key(key) {
                properties.insert(key.clone(), value.clone());
            }
        }
    }
}

impl Source {
    fn read(doc: &Doc<'_>) -> Read<Self> {
        if doc.value().is_string() {
            return Ok(Self::of(Take::Paths(vec![path(doc)?])));
        }
        doc.only(&[
            "path", "paths", "const", "template", "type", "values", "default",
        ])?;
        let ways = ["path", "paths", "const", "template"];
        if ways.iter().filter(|it| doc.get(it).is_some()).count() != 1 {
            return Err(doc.error("needs one of `path`, `paths`, `const` and `template`"));
        }
        let take = if let Some(one) = doc.get("path") {
            Take::Paths(vec![path(&one)?])
        } else if let Some(many) = doc.get("paths") {
            let items = many.items(ENTRIES_MAX)?;
            let paths: Read<Vec<Path>> = items.iter().map(path).collect();
            Take::Paths(paths?)
        } else if let Some(template) = doc.get("template") {
            Take::Template(pieces(&template)?)
        } else {
            let constant = doc.need("const")?;
            if constant.value().is_object() || constant.value().is_array() {
                return Err(constant.error("expected a text, a number, true or false"));
            }
            Take::Const(constant.value().clone())
        };
        let mut source = Self::of(take);
        if let Some(kind) = doc.get("type") {
            source.kind = kind.one_of(KINDS)?;
        }
        if let Some(values) = doc.get("values") {
            let object = values.object()?;
            if object.len() > ENTRIES_MAX {
                return Err(values.error(format!("has more than {ENTRIES_MAX} entries")));
            }
            source.values = object.clone().into_iter().collect();
        }
        source.default = doc.get("default").map(|it| it.value().clone());
        Ok(source)
    }

    fn of(take: Take) -> Self {
        Self {
            take,
            kind: Kind::Any,
            values: BTreeMap::new(),
            default: None,
        }
    }

    fn tops(&self) -> impl Iterator<Item = &str> {
        let paths: Vec<&Path> = match &self.take {
            Take::Const(_) => Vec::new(),
            Take::Paths(paths) => paths.iter().collect(),
            Take::Template(pieces) => pieces
                .iter()
                .filter_map(|it| match it {
                    Piece::Field(path) => Some(path),
                    Piece::Text(_) => None,
                })
                .collect(),
        };
        paths.into_iter().filter_map(Path::top)
    }

    /// The value; `None` where there is none, a fault where it is not of its type.
    fn value(&self, root: &Value, item: &Value, name: &str) -> Result<Option<Value>, Fault> {
        let found = match &self.take {
            Take::Const(value) => Some(value.clone()),
            Take::Paths(paths) => paths.iter().find_map(|it| it.find(root, item)).cloned(),
            Take::Template(pieces) => template(pieces, root, item),
        };
        let Some(found) = found else {
            return Ok(self.default.clone());
        };
        let translated = fields::text(&found).and_then(|it| self.values.get(&it));
        let found = translated.cloned().unwrap_or(found);
        let expected = match self.kind {
            Kind::Any => return Ok(Some(found)),
            Kind::Text => "a text",
            Kind::Number => "a number",
            Kind::Boolean => "true or false",
            Kind::Time => "an instant",
            Kind::Json => "JSON",
        };
        typed(&found, self.kind).map(Some).ok_or_else(|| {
            let detail = format!("`{name}`: {} is not {expected}", shown(&found));
            Fault::new("bad-value", detail)
        })
    }
}

fn typed(value: &Value, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Any => Some(value.clone()),
        Kind::Text => fields::text(value).map(Value::String),
        Kind::Number => match value {
            Value::Number(_) => Some(value.clone()),
            Value::String(text) => {
                let plain = text.trim();
                let whole = plain.parse::<i64>().map(Value::from);
                whole.ok().or_else(|| {
                    let number: f64 = plain.parse().ok()?;
                    serde_json::Number::from_f64(number).map(Value::Number)
                })
            }
            _ => None,
        },
        Kind::Boolean => match value {
            Value::Number(it) if it.as_i64() == Some(1) => Some(true),
            Value::Number(it) if it.as_i64() == Some(0) => Some(false),
            Value::String(it) if it == "1" => Some(true),
            Value::String(it) if it == "0" => Some(false),
            other => fields::flag(other),
        }
        .map(Value::Bool),
        Kind::Time => fields::time(value).map(|it| Value::String(it.rfc3339())),
        Kind::Json => match value {
            Value::String(text) => crate::content::value(text).ok(),
            other => Some(other.clone()),
        },
    }
}

/// The value in a message, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() {
        return format!("`{cut}…`");
    }
    format!("`{cut}`")
}

fn path(doc: &Doc<'_>) -> Read<Path> {
    doc.check(Path::parse(doc.text()?))
}

/// `Order {order.id}` as its pieces.
fn pieces(doc: &Doc<'_>) -> Read<Vec<Piece>> {
    let mut rest = doc.text()?;
    if rest.len() > TEMPLATE_BYTES_MAX {
        return Err(doc.error(format!("the template is over {TEMPLATE_BYTES_MAX} bytes")));
    }
    let mut pieces = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((field, after)) = after.split_once('}') else {
            return Err(doc.error("a `{` without its `}`"));
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Field(doc.check(Path::parse(field.trim()))?));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

fn template(pieces: &[Piece], root: &Value, item: &Value) -> Option<Value> {
    let mut text = String::new();
    let mut says_something = false;
    for piece in pieces {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Field(path) => {
                if let Some(part) = path.find(root, item).and_then(fields::text) {
                    says_something = true;
                    text.push_str(&part);
                }
            }
        }
    }
    says_something.then_some(Value::String(text))
}
