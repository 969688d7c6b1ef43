//! Amplitude's Export API: hourly lines of JSON, `<project>_YYYY-MM-DD_H#n.json.gz`, in a zip or alone.

use serde_json::{Map, Value};

use super::{Fields, Tool, ToolEvent, put_user_properties};
use crate::event::{EventObject, text};
use crate::row::Fault;

/// Fields that say where an event happened, under the names that the server knows.
const CONTEXT: &[&str] = &[
    "adid",
    "carrier",
    "city",
    "country",
    "device_brand",
    "device_family",
    "device_manufacturer",
    "device_model",
    "device_type",
    "dma",
    "idfa",
    "language",
    "library",
    "location_lat",
    "location_lng",
    "os_name",
    "os_version",
    "platform",
    "region",
    "start_version",
    "user_agent",
    "version_name",
];
/// Fields of Amplitude's own bookkeeping, which mean nothing elsewhere.
const PLUMBING: &[&str] = &[
    "$schema",
    "amplitude_attribution_ids",
    "app",
    "client_event_time",
    "client_upload_time",
    "data",
    "data_type",
    "event_id",
    "global_user_properties",
    "group_properties",
    "is_attribution_event",
    "partner_id",
    "processed_time",
    "sample_rate",
    "server_received_time",
    "server_upload_time",
    "source_id",
    "user_creation_time",
];

pub(super) struct Amplitude;

impl Tool for Amplitude {
    fn name(&self) -> &'static str {
        "amplitude"
    }

    fn doc(&self) -> &'static str {
        "Amplitude's Export API: the zip, one of its hours, or its lines"
    }

    fn fits(&self, object: &Map<String, Value>) -> bool {
        object.contains_key("event_type") && object.contains_key("event_time")
    }

    fn read(&self, object: Map<String, Value>) -> Result<ToolEvent, Fault> {
        let mut fields = Fields::new(object);
        let name = fields.take_text("event_type");
        let name = name.ok_or_else(|| Fault::column("event_type", "the event has no name"))?;
        let mut event = EventObject::new(&name, Some(fields.take_time(&["event_time"])?));
        let insert_id = fields
            .take_text("$insert_id")
            .or_else(|| fields.take_text("insert_id"));
        let uuid = fields.take_text("uuid");
        event.put_text("insert_id", insert_id.or(uuid));
        let (user_id, device_id) = (fields.take_text("user_id"), fields.take_text("device_id"));
        // a person whom Amplitude knows by nothing but its own number
        let amplitude_id = fields.take_text("amplitude_id");
        let number = amplitude_id.filter(|_| user_id.is_none() && device_id.is_none());
        let device_id = device_id.or_else(|| number.map(|it| format!("amplitude:{it}")));
        if user_id.is_none() && device_id.is_none() {
            return Err(Fault::column("user_id`, `device_id", "nobody is named"));
        }
        event.put_text("user_id", user_id);
        event.put_text("device_id", device_id);
        if let Some(session_id) = fields.take("session_id").and_then(|it| it.as_i64()) {
            // -1 is Amplitude's word for none
            if session_id >= 0 {
                event.put("session_id", session_id.into());
            }
        }
        event.put_map("groups", fields.take_map("groups")?);
        event.put_map("properties", fields.take_map("event_properties")?);
        put_user_properties(&mut event, fields.take_map("user_properties")?);
        let mut context = Map::new();
        if let Some(ip) = fields.take_text("ip_address") {
            context.insert("ip".to_owned(), ip.into());
        }
        for name in CONTEXT {
            if let Some(value) = fields.take(name)
                && text(value).is_some()
            {
                context.insert((*name).to_owned(), value.take());
            }
        }
        for (name, value) in fields.rest() {
            let says_nothing = match &value {
                Value::Null => true,
                Value::String(it) => it.is_empty(),
                Value::Object(it) => it.is_empty(),
                _ => false,
            };
            if !says_nothing && !PLUMBING.contains(&name.as_str()) {
                context.insert(name, value);
            }
        }
        event.put_map("context", context);
        Ok(ToolEvent(event))
    }
}
