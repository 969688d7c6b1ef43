//! PostHog's events: lines of JSON of a batch export, or a table of the same columns.

use serde_json::{Map, Value};

use super::{Fields, Tool, ToolEvent};
use crate::event::EventObject;
use crate::row::Fault;

/// PostHog's names of where an event happened, and ours.
const CONTEXT: &[(&str, &str)] = &[
    ("$app_build", "app_build"),
    ("$app_name", "app_name"),
    ("$app_version", "app_version"),
    ("$browser", "browser"),
    ("$browser_language", "language"),
    ("$browser_version", "browser_version"),
    ("$current_url", "page_url"),
    ("$device_manufacturer", "device_manufacturer"),
    ("$device_model", "device_model"),
    ("$device_type", "device_type"),
    ("$geoip_city_name", "city"),
    ("$geoip_country_code", "country"),
    ("$geoip_subdivision_1_name", "region"),
    ("$ip", "ip"),
    ("$lib", "library_name"),
    ("$lib_version", "library_version"),
    ("$os", "os_name"),
    ("$os_version", "os_version"),
    ("$pathname", "page_path"),
    ("$raw_user_agent", "user_agent"),
    ("$referrer", "referrer"),
    ("$referring_domain", "referring_domain"),
    ("$screen_height", "screen_height"),
    ("$screen_width", "screen_width"),
    ("$timezone", "timezone"),
    ("utm_campaign", "utm_campaign"),
    ("utm_content", "utm_content"),
    ("utm_medium", "utm_medium"),
    ("utm_source", "utm_source"),
    ("utm_term", "utm_term"),
];
/// Properties of PostHog's own bookkeeping.
const PLUMBING: &[&str] = &[
    "$insert_id",
    "$process_person_profile",
    "$sent_at",
    "$time",
    "distinct_id",
    "token",
];

pub(super) struct PostHog;

impl Tool for PostHog {
    fn name(&self) -> &'static str {
        "posthog"
    }

    fn doc(&self) -> &'static str {
        "PostHog's events, as lines of JSON or as a table"
    }

    fn fits(&self, object: &Map<String, Value>) -> bool {
        ["event", "distinct_id", "timestamp", "properties"]
            .iter()
            .all(|it| object.contains_key(*it))
    }

    fn fits_header(&self, header: &[&str]) -> bool {
        ["event", "distinct_id", "timestamp", "properties"]
            .iter()
            .all(|it| header.contains(it))
    }

    fn read(&self, object: Map<String, Value>) -> Result<ToolEvent, Fault> {
        let mut fields = Fields::new(object);
        let name = fields.take_text("event");
        let name = name.ok_or_else(|| Fault::column("event", "the event has no name"))?;
        let time = fields.take_time(&["timestamp"])?;
        let name = match name.as_str() {
            "$groupidentify" => "$groupidentify",
            "$create_alias" | "$merge_dangerously" => "$alias",
            "$set" => "$identify",
            other => other,
        };
        let mut event = EventObject::new(name, Some(time));
        let uuid = fields.take_text("uuid");
        let distinct_id = fields.take_text("distinct_id");
        let mut set = fields.take_map("set")?;
        let mut set_once = fields.take_map("set_once")?;
        let mut properties = Fields::new(fields.take_map("properties")?);
        let own_id = properties.take_text("$insert_id");
        event.put_text("insert_id", uuid.or(own_id));
        set.append(&mut properties.take_map("$set")?);
        set_once.append(&mut properties.take_map("$set_once")?);
        // a group's id, or one made up for the call, is nobody's
        if name != "$groupidentify" {
            identify(&mut event, distinct_id, &mut properties)?;
        }
        let mut groups = properties.take_map("$groups")?;
        if name == "$groupidentify" {
            let group_type = properties.take_text("$group_type").unwrap_or_default();
            let key = properties.take_text("$group_key").unwrap_or_default();
            groups.insert(group_type, key.into());
        }
        event.put_map("groups", groups);
        let mut operators = Map::new();
        for (operator, map) in [("$set", set), ("$setOnce", set_once)] {
            if !map.is_empty() {
                operators.insert(operator.to_owned(), Value::Object(map));
            }
        }
        event.put_map("user_properties", operators);
        finish(&mut event, name, properties)?;
        Ok(ToolEvent(event))
    }
}

/// Whose event it is: an id that is the device's own is no user's.
fn identify(
    event: &mut EventObject,
    distinct_id: Option<String>,
    properties: &mut Fields,
) -> Result<(), Fault> {
    let device_id = properties
        .take_text("$device_id")
        .or_else(|| properties.take_text("$anon_distinct_id"));
    let alias = properties.take_text("alias");
    let is_identified = properties
        .take("$is_identified")
        .and_then(|it| it.as_bool());
    let is_anonymous = is_identified == Some(false) || distinct_id == device_id;
    if distinct_id.is_none() {
        return Err(Fault::column("distinct_id", "nobody is named"));
    }
    let (user_id, device_id) = if is_anonymous {
        (None, device_id.or(distinct_id))
    } else {
        (distinct_id, device_id)
    };
    event.put_text("user_id", user_id);
    event.put_text("device_id", device_id);
    event.put_text("previous_id", alias);
    Ok(())
}

/// Puts the rest of the properties where they belong.
fn finish(event: &mut EventObject, name: &str, mut properties: Fields) -> Result<(), Fault> {
    let session = properties.take_text("$session_id");
    let group_set = properties.take_map("$group_set")?;
    let mut context = Map::new();
    for (theirs, ours) in CONTEXT {
        if let Some(value) = properties.take(theirs) {
            context.insert((*ours).to_owned(), value.take());
        }
    }
    if let Some(start_ms) = session.as_deref().and_then(uuid_time_ms) {
        event.put("session_id", start_ms.into());
    }
    for name in PLUMBING {
        properties.take(name);
    }
    // only an event without properties sets those of a person, or of a group
    let rest: Map<String, Value> = properties.rest().filter(|it| !it.1.is_null()).collect();
    match name {
        "$identify" | "$alias" => context.extend(rest),
        "$groupidentify" => event.put_map("properties", group_set),
        _ => event.put_map("properties", rest),
    }
    event.put_map("context", context);
    Ok(())
}

/// The time inside a UUID of version 7, such as PostHog's ids of sessions: when the session began.
fn uuid_time_ms(uuid: &str) -> Option<i64> {
    let plain: String = uuid.chars().filter(|it| *it != '-').collect();
    if plain.len() != 32 || !plain.is_ascii() || plain.as_bytes()[12] != b'7' {
        return None;
    }
    i64::from_str_radix(&plain[..12], 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_known_by_the_time_in_its_id() {
        let start = uuid_time_ms("019caa15-a6c0-7b3e-8f60-1f2e3d4c5b6a");
        assert_eq!(start, Some(0x019c_aa15_a6c0));
        assert_eq!(uuid_time_ms("019caa15-a6c0-4b3e-8f60-1f2e3d4c5b6a"), None);
        assert_eq!(uuid_time_ms("none"), None);
    }
}
