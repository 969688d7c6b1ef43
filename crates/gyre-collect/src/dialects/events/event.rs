//! One event of our own endpoint, under any of the names its fields have elsewhere.

use gyre_model::EventKind;
use serde_json::{Map, Value};

use crate::dialects::amplitude::groups;
use crate::dialects::segment::message;
use crate::draft::{Draft, Fault};
use crate::fields::Fields;
use crate::{context, ops};

/// Names of an event's own id.
pub(super) const INSERT_ID: &[&str] = &["insert_id", "insertId", "messageId", "uuid", "id"];
const NAME: &[&str] = &["event", "event_type", "name", "type"];
const USER: &[&str] = &["user_id", "userId", "external_id"];
const DEVICE: &[&str] = &["device_id", "deviceId", "anonymous_id", "anonymousId"];

/// Fields beside the properties that say where an event happened; any other is a property.
const CONTEXT: &[&str] = &[
    "adid",
    "android_id",
    "app_build",
    "app_name",
    "app_version",
    "carrier",
    "channel",
    "city",
    "country",
    "device_brand",
    "device_family",
    "device_manufacturer",
    "device_model",
    "device_type",
    "dma",
    "idfa",
    "idfv",
    "ip",
    "language",
    "library",
    "library_name",
    "library_version",
    "locale",
    "location_lat",
    "location_lng",
    "os_name",
    "os_version",
    "platform",
    "referrer",
    "referring_domain",
    "region",
    "screen_height",
    "screen_width",
    "timezone",
    "user_agent",
    "utm_campaign",
    "utm_content",
    "utm_medium",
    "utm_source",
    "utm_term",
    "version_name",
];

/// Reads one event.
pub(super) fn draft(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    if is_segment_message(&fields) {
        return message::draft(raw, None);
    }
    let name = fields.take_text(NAME);
    let mut draft = Draft::new(EventKind::Track);
    draft.user_id = fields.take(USER);
    draft.device_id = fields.take(DEVICE);
    let distinct_id = fields.take(&["distinct_id"]);
    if draft.user_id.is_none() && distinct_id != draft.device_id {
        draft.user_id = distinct_id;
    }
    draft.previous_id = fields.take(&["previous_id", "previousId"]);
    draft.insert_id = fields.take_text(INSERT_ID);
    draft.client_time = fields.take_time(&["time", "timestamp", "ts"]);
    draft.sent_at = fields.take_time(&["sent_at", "sentAt", "client_upload_time"]);
    draft.is_historical = fields.take_flag(&["historical", "historical_migration"]);
    draft.client_seq = fields.take_integer(&["event_id", "seq"]);
    draft.session_id = fields.take_integer(&["session_id", "sessionId"]);
    draft.groups = groups(fields.take_map(&["groups"])?);
    user_properties(&mut draft, &mut fields)?;
    draft.properties = fields.take_map(&["properties", "event_properties"])?;
    draft.context = context::flatten(fields.take_map(&["context"])?);
    for (key, value) in fields.rest() {
        if CONTEXT.contains(&key.as_str()) {
            context::put(&mut draft.context, &key, value);
        } else if !is_key(&key) {
            draft.properties.entry(key).or_insert(value);
        }
    }
    let is_bare = draft.properties.is_empty();
    draft.kind = match name.as_deref() {
        Some("identify" | "$identify") if is_bare => EventKind::Identify,
        Some("group" | "$group" | "$groupidentify") if !draft.groups.is_empty() => EventKind::Group,
        Some("alias" | "$alias" | "$create_alias") if draft.previous_id.is_some() => {
            EventKind::Alias
        }
        _ => EventKind::Track,
    };
    draft.name = match draft.kind {
        EventKind::Identify => Some("$identify".to_owned()),
        EventKind::Group => Some("$groupidentify".to_owned()),
        EventKind::Alias => Some("$alias".to_owned()),
        _ => name,
    };
    Ok(draft)
}

/// `{"type": "page", "name": "Home"}` and its like, where `type` is the call and not the event's name.
fn is_segment_message(fields: &Fields) -> bool {
    let call = fields.get("type").and_then(Value::as_str);
    let Some(call) = call.filter(|it| message::CALLS.contains(it)) else {
        return false;
    };
    let has_event = fields.get("event").is_some();
    let is_named_elsewhere = fields.get("event_type").is_some();
    !is_named_elsewhere && has_event == (call == "track")
}

/// Collects operations from `user_properties` and from operators that stand beside it.
fn user_properties(draft: &mut Draft, fields: &mut Fields) -> Result<(), Fault> {
    let mut properties = fields.take_map(&["user_properties", "traits"])?;
    let mut beside = Map::new();
    for name in ["$set", "$setOnce", "$set_once", "$add", "$union", "$unset"] {
        if let Some(value) = fields.take(&[name]) {
            // one operator in both places: what stands beside comes second
            let is_twice = properties.contains_key(name);
            let place = if is_twice {
                &mut beside
            } else {
                &mut properties
            };
            place.insert(name.to_owned(), value);
        }
    }
    draft.user_ops = ops::read(properties);
    draft.user_ops.extend(ops::read(beside));
    Ok(())
}

/// A key sent beside a single event is not one of its properties.
fn is_key(name: &str) -> bool {
    matches!(name, "api_key" | "writeKey" | "write_key")
}
