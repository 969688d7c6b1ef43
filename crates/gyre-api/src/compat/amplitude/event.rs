//! An event in the fields of Amplitude's Export API.
//!
//! What we do not keep is null, as it often is at Amplitude; `user_properties` are the person's as they stand now, where
//! Amplitude has them as of the event. Context that Amplitude has no field for is in `data`.

use gyre_base::Timestamp;
use gyre_query::WholeEvent;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::amplitude_id;

/// Fields of the context: (Amplitude's name, ours).
const CONTEXT: &[(&str, &str)] = &[
    ("adid", "adid"),
    ("city", "city"),
    ("country", "country"),
    ("device_brand", "device_brand"),
    ("device_carrier", "carrier"),
    ("device_family", "device_family"),
    ("device_manufacturer", "device_manufacturer"),
    ("device_model", "device_model"),
    ("device_type", "device_type"),
    ("dma", "dma"),
    ("idfa", "idfa"),
    ("ip_address", "ip"),
    ("language", "language"),
    ("library", "library"),
    ("location_lat", "location_lat"),
    ("location_lng", "location_lng"),
    ("os_name", "os_name"),
    ("os_version", "os_version"),
    ("platform", "platform"),
    ("region", "region"),
    ("start_version", "start_version"),
    ("version_name", "app_version"),
];
/// Fields that say nothing here.
const EMPTY: &[&str] = &[
    "$schema",
    "amplitude_attribution_ids",
    "amplitude_event_type",
    "client_upload_time",
    "is_attribution_event",
    "paying",
    "sample_rate",
    "user_creation_time",
];
/// What Amplitude says where an event has no session.
const NO_SESSION: i64 = -1;

/// `2026-03-01 00:12:33.120000`, UTC.
pub(super) fn time(ms: i64) -> String {
    let text = Timestamp(ms).rfc3339().replace('T', " ");
    format!("{}000", text.trim_end_matches('Z'))
}

/// `2026-03-01`, UTC.
pub(super) fn day(ms: i64) -> String {
    Timestamp(ms).rfc3339().chars().take(10).collect()
}

/// The event in Amplitude's fields, of the workspace `app`.
pub(super) fn event(whole: WholeEvent, user_properties: &Map<String, Value>, app: u64) -> Value {
    let uuid = uuid_of(&whole, app);
    let WholeEvent {
        person,
        user_id,
        device_id,
        session,
        seq,
        event,
    } = whole;
    let mut context = event.context;
    let mut fields = Map::new();
    let received = time(event.received);
    for (name, value) in [
        ("app", json!(app)),
        ("uuid", json!(uuid)),
        ("$insert_id", json!(event.insert_id)),
        ("amplitude_id", json!(amplitude_id(person))),
        ("user_id", json!(user_id)),
        ("device_id", json!(device_id)),
        ("session_id", json!(session.unwrap_or(NO_SESSION))),
        ("event_id", json!(seq)),
        ("event_type", json!(event.event)),
        ("event_time", json!(time(event.time))),
        ("client_event_time", json!(time(event.time))),
        ("server_received_time", json!(received)),
        ("server_upload_time", json!(received)),
        ("processed_time", json!(received)),
        ("event_properties", Value::Object(event.properties)),
        ("user_properties", Value::Object(user_properties.clone())),
        ("group_properties", json!({})),
        ("groups", json!({})),
    ] {
        fields.insert(name.to_owned(), value);
    }
    for (name, ours) in CONTEXT {
        let value = context.shift_remove(*ours).unwrap_or_default();
        fields.insert((*name).to_owned(), value);
    }
    for name in EMPTY {
        fields.insert((*name).to_owned(), Value::Null);
    }
    fields.insert("data".to_owned(), Value::Object(context));
    Value::Object(fields)
}

/// An id of the event that is the same in every export.
fn uuid_of(whole: &WholeEvent, app: u64) -> Uuid {
    let event = &whole.event;
    let text = format!(
        "{app}/{:?}/{:?}/{}/{}/{}/{:?}",
        whole.user_id, whole.device_id, event.event, event.time, whole.seq, event.insert_id
    );
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}
