//! One event of Snowplow's.

use gyre_model::EventKind;
use serde_json::{Map, Number, Value};

use super::names::{CONTEXT, ENTITIES, Is, PLATFORMS, PROPERTIES};
use crate::content;
use crate::context;
use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};
use crate::payload;

/// A self-describing event or entity is far smaller; in base64 it may be compressed.
const EMBEDDED_BYTES_MAX: usize = 1024 * 1024;

/// Reads one event.
pub(super) fn draft(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let mut draft = Draft::new(EventKind::Track);
    let mut whole = Map::new();
    let kind = fields.take_text(&["e"]);
    match kind.as_deref() {
        Some("ue") => {
            let event = embedded(&mut fields, ["ue_pr", "ue_px"])?;
            let event = event.and_then(|it| SelfDescribing::read(it.get("data")?.clone()));
            let event = event.ok_or_else(|| {
                let detail = "`ue_pr` or `ue_px` holds no self-describing event";
                Fault::new("unreadable-event", detail)
            })?;
            draft.name = Some(event.name().to_owned());
            whole.insert("schema".to_owned(), Value::from(event.schema));
            draft.properties = match event.data {
                Value::Object(data) => data,
                Value::Null => Map::new(),
                data => Map::from_iter([("data".to_owned(), data)]),
            };
        }
        // a structured event is called by what was done
        Some("se") => {
            let action = fields.get("se_ac").and_then(fields::text);
            draft.name = Some(action.unwrap_or_else(|| "event".to_owned()));
        }
        Some("pv") => draft.name = Some("page_view".to_owned()),
        Some("pp") => draft.name = Some("page_ping".to_owned()),
        Some("tr") => draft.name = Some("transaction".to_owned()),
        Some("ti") => draft.name = Some("transaction_item".to_owned()),
        Some(other) => {
            let detail = format!("no kind of event is called `{other}`");
            return Err(Fault::new("unknown-type", detail));
        }
        None => return Err(Fault::new("missing-type", "the event has no kind `e`")),
    }
    for (short, name, is) in PROPERTIES {
        if let Some(value) = fields.take(&[short]) {
            draft
                .properties
                .insert((*name).to_owned(), typed(value, *is));
        }
    }
    draft.insert_id = fields.take_text(&["eid"]);
    times(&mut draft, &mut fields);
    let entities = embedded(&mut fields, ["co", "cx"])?;
    draft.user_id = fields.take(&["uid"]);
    let network_id = fields.take(&["tnuid", "nuid"]);
    draft.device_id = fields.take(&["duid"]);
    platform(&mut draft, &mut fields, &mut whole);
    for (short, name) in CONTEXT {
        whole.extend(fields.take(&[short]).map(|it| ((*name).to_owned(), it)));
    }
    page(&mut whole);
    if let Some(size) = fields.take_text(&["res"])
        && let Some((width, height)) = size.split_once('x')
    {
        for (name, text) in [("screen_width", width), ("screen_height", height)] {
            whole.insert(name.to_owned(), typed(Value::from(text), Is::Number));
        }
    }
    entities_of(entities, &mut draft, &mut whole);
    draft.device_id = draft.device_id.or(network_id);
    draft.context = context::flatten(whole);
    // the app id is the key
    for (key, value) in fields.rest().filter(|it| it.0 != "aid") {
        context::put(&mut draft.context, &key, value);
    }
    Ok(draft)
}

/// When it happened, by the true clock if the tracker was told, else by the device's; and when it was sent.
fn times(draft: &mut Draft, fields: &mut Fields) {
    let device_time = fields.take_time(&["dtm"]);
    let true_time = fields.take_time(&["ttm"]);
    draft.is_exact = true_time.is_some();
    draft.client_time = true_time.or(device_time);
    draft.sent_at = fields.take_time(&["stm"]);
}

/// The platform, and the library of `tv`: `js-4.6.2`, `node-4.8.0`.
fn platform(draft: &mut Draft, fields: &mut Fields, whole: &mut Map<String, Value>) {
    if let Some(short) = fields.take_text(&["p"]) {
        draft.is_exact |= short == "srv";
        let known = PLATFORMS.iter().find(|it| it.0 == short);
        let platform = known.map_or(short.as_str(), |it| it.1);
        whole.insert("platform".to_owned(), Value::from(platform));
    }
    if let Some(tracker) = fields.take_text(&["tv"]) {
        let (name, version) = tracker.split_once('-').unwrap_or((&tracker, ""));
        let name = Value::from(format!("snowplow-{name}"));
        whole.insert("library_name".to_owned(), name);
        whole.insert("library_version".to_owned(), Value::from(version));
    }
}

/// The page's path, which other libraries read from its address and this one leaves to the server.
fn page(whole: &mut Map<String, Value>) {
    let Some(Value::String(url)) = whole.get("page_url") else {
        return;
    };
    let place = url.split(['?', '#']).next().unwrap_or_default();
    let after_scheme = place.split_once("://").map(|it| it.1);
    if let Some((_, path)) = after_scheme.and_then(|it| it.split_once('/')) {
        let path = Value::from(format!("/{path}"));
        whole.insert("page_path".to_owned(), path);
    }
}

/// A field as JSON text, or under its other name in base64; what is there and cannot be read is a fault.
fn embedded(
    fields: &mut Fields,
    [plain, wrapped]: [&'static str; 2],
) -> Result<Option<Value>, Fault> {
    let fault = |name: &str| Fault::new("unreadable-event", format!("`{name}` is not JSON"));
    if let Some(told) = fields.take(&[plain]) {
        return match told {
            Value::String(text) => content::value(&text).map(Some).map_err(|_| fault(plain)),
            value => Ok(Some(value)),
        };
    }
    let Some(text) = fields.take_text(&[wrapped]) else {
        return Ok(None);
    };
    let json = payload::unwrap(&text, EMBEDDED_BYTES_MAX).map_err(|_| fault(wrapped))?;
    content::value(&json).map(Some).map_err(|_| fault(wrapped))
}

/// `{"schema": "iglu:com.acme/order/jsonschema/1-0-0", "data": …}`
#[derive(Debug)]
struct SelfDescribing {
    schema: String,
    data: Value,
}

impl SelfDescribing {
    fn read(value: Value) -> Option<Self> {
        let Value::Object(mut map) = value else {
            return None;
        };
        let schema = map.get("schema")?.as_str()?.to_owned();
        let data = map.shift_remove("data").unwrap_or_default();
        Some(Self { schema, data })
    }

    /// What is described: the second part of the schema's address, or all of it.
    fn name(&self) -> &str {
        let name = self.schema.split('/').nth(1);
        name.filter(|it| !it.is_empty()).unwrap_or(&self.schema)
    }
}

/// Entities stand in the context whole under their names, several of one name as a list.
fn entities_of(entities: Option<Value>, draft: &mut Draft, whole: &mut Map<String, Value>) {
    let Some(Value::Array(entities)) =
        entities.and_then(|mut it| it.get_mut("data").map(Value::take))
    else {
        return;
    };
    let mut kept = Map::new();
    for entity in entities.into_iter().filter_map(SelfDescribing::read) {
        let name = entity.name().to_owned();
        for (_, inside, place) in ENTITIES.iter().filter(|it| it.0 == name) {
            if let Some(value) = entity.data.get(*inside) {
                whole.entry(*place).or_insert_with(|| value.clone());
            }
        }
        if name == "client_session" && draft.device_id.is_none() {
            draft.device_id = entity.data.get("userId").cloned();
        }
        match kept.get_mut(&name) {
            None => _ = kept.insert(name, entity.data),
            Some(Value::Array(list)) => list.push(entity.data),
            Some(first) => *first = Value::Array(vec![first.take(), entity.data]),
        }
    }
    for (name, data) in kept {
        let is_taken = whole.contains_key(&name);
        let name = if is_taken {
            format!("entity_{name}")
        } else {
            name
        };
        whole.insert(name, data);
    }
}

/// All values of the protocol are texts; a number that is none stays a text.
fn typed(value: Value, is: Is) -> Value {
    match (&value, is) {
        (Value::String(text), Is::Number) => {
            let whole = text.trim().parse::<i64>().ok().map(Value::from);
            let fraction = || {
                let number = text.trim().parse::<f64>().ok();
                number.and_then(Number::from_f64).map(Value::Number)
            };
            whole.or_else(fraction).unwrap_or(value)
        }
        _ => value,
    }
}
