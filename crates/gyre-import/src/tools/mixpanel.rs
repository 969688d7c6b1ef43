//! Mixpanel's raw export: a line has an event and its properties, among which stand time and person.

use gyre_base::Timestamp;
use serde_json::{Map, Value};

use super::{Fields, Tool, ToolEvent};
use crate::event::{EventObject, text};
use crate::row::Fault;

/// Mixpanel's names of where an event happened, and ours.
const CONTEXT: &[(&str, &str)] = &[
    ("$app_version_string", "app_version"),
    ("$brand", "device_brand"),
    ("$browser", "browser"),
    ("$browser_version", "browser_version"),
    ("$carrier", "carrier"),
    ("$city", "city"),
    ("$current_url", "page_url"),
    ("$device", "device_type"),
    ("$initial_referrer", "initial_referrer"),
    ("$lib_version", "library_version"),
    ("$manufacturer", "device_manufacturer"),
    ("$model", "device_model"),
    ("$os", "os_name"),
    ("$os_version", "os_version"),
    ("$referrer", "referrer"),
    ("$referring_domain", "referring_domain"),
    ("$region", "region"),
    ("$screen_height", "screen_height"),
    ("$screen_width", "screen_width"),
    ("mp_country_code", "country"),
    ("mp_lib", "library_name"),
    ("utm_campaign", "utm_campaign"),
    ("utm_content", "utm_content"),
    ("utm_medium", "utm_medium"),
    ("utm_source", "utm_source"),
    ("utm_term", "utm_term"),
];
/// Properties of Mixpanel's own bookkeeping.
const PLUMBING: &[&str] = &[
    "$distinct_id_before_identity",
    "$import",
    "$mp_api_endpoint",
    "$mp_api_timestamp_ms",
    "mp_processing_time_ms",
    "mp_sent_by_lib_version",
    "token",
];
/// Begins the ids that Mixpanel makes for devices.
const DEVICE_PREFIX: &str = "$device:";

pub(super) struct Mixpanel;

impl Tool for Mixpanel {
    fn name(&self) -> &'static str {
        "mixpanel"
    }

    fn doc(&self) -> &'static str {
        "Mixpanel's raw data export"
    }

    fn fits(&self, object: &Map<String, Value>) -> bool {
        let properties = object.get("properties").and_then(Value::as_object);
        object.contains_key("event")
            && properties
                .is_some_and(|it| it.contains_key("distinct_id") && it.contains_key("time"))
    }

    fn read(&self, mut object: Map<String, Value>) -> Result<ToolEvent, Fault> {
        let name = object.get("event").and_then(text);
        let name = name.ok_or_else(|| Fault::column("event", "the event has no name"))?;
        let Some(Value::Object(properties)) = object.remove("properties") else {
            return Err(Fault::column("properties", "is not a JSON object"));
        };
        let mut fields = Fields::new(properties);
        let precise = fields.take("mp_event_time_ms").and_then(|it| it.as_i64());
        let mut event = EventObject::new(
            &name,
            Some(match precise {
                Some(ms) if ms > 0 => Timestamp(ms),
                _ => fields.take_time(&["time"])?,
            }),
        );
        event.put_text("insert_id", fields.take_text("$insert_id"));
        let (user_id, device_id) = person(&mut fields)?;
        event.put_text("user_id", user_id);
        event.put_text("device_id", device_id);
        let mut context = Map::new();
        for (theirs, ours) in CONTEXT {
            if let Some(value) = fields.take(theirs) {
                context.insert((*ours).to_owned(), value.take());
            }
        }
        for name in PLUMBING {
            fields.take(name);
        }
        fields.take("time");
        let rest = fields.rest().filter(|it| !it.1.is_null());
        event.put_map("properties", rest.collect());
        event.put_map("context", context);
        Ok(ToolEvent(event))
    }
}

/// Whose event it is: in the present manner `$user_id` and `$device_id`, before that one id for either.
fn person(fields: &mut Fields) -> Result<(Option<String>, Option<String>), Fault> {
    let distinct_id = fields.take_text("distinct_id");
    let user_id = fields.take_text("$user_id");
    let device_id = fields.take_text("$device_id");
    let is_device = |it: &str| it.starts_with(DEVICE_PREFIX) || Some(it) == device_id.as_deref();
    let (devices, users): (Vec<String>, Vec<String>) =
        distinct_id.into_iter().partition(|it| is_device(it));
    let from_distinct = devices.into_iter().next();
    let from_distinct = from_distinct.map(|it| it.trim_start_matches(DEVICE_PREFIX).to_owned());
    let user_id = user_id.or_else(|| users.into_iter().next());
    let device_id = device_id.or(from_distinct);
    if user_id.is_none() && device_id.is_none() {
        return Err(Fault::column("distinct_id", "nobody is named"));
    }
    Ok((user_id, device_id))
}
