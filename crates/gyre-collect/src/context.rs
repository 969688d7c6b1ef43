//! Where an event happened, flat, under Amplitude's names where it has one.

use serde_json::{Map, Value};

/// Folders of Segment's context and what their keys become; others keep `folder_key`.
const RENAMED: &[(&str, &str)] = &[
    ("campaign_source", "utm_source"),
    ("campaign_medium", "utm_medium"),
    ("campaign_name", "utm_campaign"),
    ("campaign_term", "utm_term"),
    ("campaign_content", "utm_content"),
    ("campaign_id", "utm_id"),
    ("page_referrer", "referrer"),
    ("page_referring_domain", "referring_domain"),
    ("location_country", "country"),
    ("location_region", "region"),
    ("location_city", "city"),
    ("location_latitude", "location_lat"),
    ("location_longitude", "location_lng"),
    ("network_carrier", "carrier"),
    ("device_advertising_id", "advertising_id"),
    ("device_id", "vendor_device_id"),
    ("time_zone", "timezone"),
];

/// Folders that are flattened; any other object stays whole.
const FOLDERS: &[&str] = &[
    "app", "campaign", "device", "library", "location", "network", "os", "page", "referrer",
    "screen",
];

/// Flattens a context: `os.name` becomes `os_name`, `userAgent` becomes `user_agent`.
pub(crate) fn flatten(mut context: Map<String, Value>) -> Map<String, Value> {
    // `userAgent` and `user_agent` become one: which of them it is must not depend on their order
    context.sort_keys();
    let mut flat = Map::new();
    for (key, value) in context {
        let key = snake(&key);
        match value {
            Value::Object(mut folder) if FOLDERS.contains(&key.as_str()) => {
                folder.sort_keys();
                for (inner, value) in folder {
                    put(&mut flat, &format!("{key}_{}", snake(&inner)), value);
                }
            }
            value => put(&mut flat, &key, value),
        }
    }
    if let Some(library) = library_text(&flat) {
        put(&mut flat, "library", Value::String(library));
    }
    if !flat.contains_key("language")
        && let Some(locale) = flat.get("locale").cloned()
    {
        put(&mut flat, "language", locale);
    }
    if !flat.contains_key("platform")
        && let Some(platform) = platform(&flat)
    {
        put(&mut flat, "platform", Value::from(platform));
    }
    flat
}

/// Writes one value unless it says nothing.
pub(crate) fn put(flat: &mut Map<String, Value>, key: &str, value: Value) {
    let is_empty = match &value {
        Value::Null => true,
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if is_empty {
        return;
    }
    let renamed = RENAMED.iter().find(|it| it.0 == key);
    flat.insert(renamed.map_or(key, |it| it.1).to_owned(), value);
}

/// `userAgent` and `User Agent` to `user_agent`.
fn snake(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    let mut was_lower = false;
    for letter in key.chars() {
        if letter.is_uppercase() {
            if was_lower {
                out.push('_');
            }
            out.extend(letter.to_lowercase());
        } else {
            out.push(if letter == ' ' || letter == '-' {
                '_'
            } else {
                letter
            });
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
    }
    out
}

fn library_text(flat: &Map<String, Value>) -> Option<String> {
    let name = flat.get("library_name")?.as_str()?;
    let version = flat.get("library_version").and_then(Value::as_str);
    Some(version.map_or_else(|| name.to_owned(), |it| format!("{name}/{it}")))
}

fn platform(flat: &Map<String, Value>) -> Option<&'static str> {
    let os = flat.get("os_name").and_then(Value::as_str).unwrap_or("");
    let library = flat.get("library_name").and_then(Value::as_str);
    match os.to_ascii_lowercase().as_str() {
        "ios" | "ipados" => Some("iOS"),
        "android" => Some("Android"),
        _ if library.is_some_and(|it| WEB_LIBRARIES.contains(&it)) => Some("Web"),
        _ => None,
    }
}

/// Libraries that run in browsers only.
const WEB_LIBRARIES: &[&str] = &["analytics.js", "mixpanel-web", "posthog-js"];

/// Libraries that run on servers, whose clock is right and whose address is not the person's.
const SERVER_LIBRARIES: &[&str] = &[
    "@segment/analytics-node",
    "amplitude-go",
    "amplitude-java",
    "amplitude-node",
    "amplitude-node-ts",
    "amplitude-python",
    "analytics-go",
    "analytics-java",
    "analytics-node",
    "analytics-php",
    "analytics-python",
    "analytics-ruby",
    "analytics-rust",
    "analytics.net",
    "mixpanel-go",
    "mixpanel-java",
    "mixpanel-node",
    "mixpanel-php",
    "mixpanel-python",
    "mixpanel-ruby",
    "posthog-dotnet",
    "posthog-elixir",
    "posthog-go",
    "posthog-java",
    "posthog-node",
    "posthog-php",
    "posthog-python",
    "posthog-rs",
    "posthog-ruby",
    "rudder-analytics-go",
    "rudder-analytics-java",
    "rudder-analytics-php",
    "rudder-analytics-python",
    "rudder-analytics-ruby",
    "rudder-sdk-python",
];

/// Whether the context names a library for servers.
pub(crate) fn is_server_library(context: &Map<String, Value>) -> bool {
    let named = context
        .get("library_name")
        .or_else(|| context.get("library"));
    let Some(named) = named.and_then(Value::as_str) else {
        return false;
    };
    // `name/version`, where a scoped name has a slash of its own
    let name = match named.rsplit_once('/') {
        Some((name, version)) if version.starts_with(|it: char| it.is_ascii_digit()) => name,
        _ => named,
    };
    SERVER_LIBRARIES.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(context: Value, expected: &Value) {
        let Value::Object(context) = context else {
            panic!("not an object");
        };
        let mut flat = Value::Object(flatten(context));
        flat.sort_all_objects();
        assert_eq!(flat.to_string(), expected.to_string());
    }

    #[test]
    fn a_segment_context_is_flattened_under_amplitudes_names() {
        check(
            json!({
                "app": {"name": "Shop", "version": "1.2", "build": 7},
                "campaign": {"source": "news", "name": "c1", "medium": "email"},
                "device": {"id": "d1", "advertisingId": "ad", "manufacturer": "Apple"},
                "os": {"name": "iOS", "version": "19.1"},
                "page": {"url": "https://shop.test/p", "path": "/p", "referrer": "https://g.test/", "title": ""},
                "library": {"name": "analytics-ios", "version": "4.1.6"},
                "locale": "ko-KR", "timezone": "Asia/Seoul", "userAgent": "UA", "ip": "203.0.113.7",
                "network": {"carrier": "SKT", "wifi": true},
                "traits": {"plan": "pro"}, "active": null
            }),
            &json!({
                "advertising_id": "ad", "app_build": 7, "app_name": "Shop", "app_version": "1.2", "carrier": "SKT",
                "device_manufacturer": "Apple", "ip": "203.0.113.7", "language": "ko-KR",
                "library": "analytics-ios/4.1.6", "library_name": "analytics-ios", "library_version": "4.1.6",
                "locale": "ko-KR", "network_wifi": true, "os_name": "iOS", "os_version": "19.1",
                "page_path": "/p", "page_url": "https://shop.test/p", "platform": "iOS",
                "referrer": "https://g.test/", "timezone": "Asia/Seoul", "traits": {"plan": "pro"},
                "user_agent": "UA", "utm_campaign": "c1", "utm_medium": "email", "utm_source": "news",
                "vendor_device_id": "d1"
            }),
        );
    }

    #[test]
    fn servers_are_known_by_their_library() {
        let named = |key: &str, name: &str| {
            is_server_library(&Map::from_iter([(key.to_owned(), Value::from(name))]))
        };
        assert!(named("library", "amplitude-node-ts/1.5.73"));
        assert!(named("library_name", "@segment/analytics-node"));
        assert!(named("library", "@segment/analytics-node/3.1.0"));
        assert!(named("library_name", "analytics-python"));
        assert!(!named("library", "amplitude-ts/2.44.0"));
        assert!(!named("library_name", "analytics.js"));
        assert!(!is_server_library(&Map::new()));
    }
}
