//! Properties that Mixpanel's and PostHog's libraries put on every event, and where they belong.
//!
//! Both spell them with a dollar and nearly alike: PostHog's browser library was Mixpanel's once. What says where
//! an event happened moves into the context under the names that every dialect uses there; the rest stays.

use serde_json::{Map, Value};

/// Their names and the context's.
const PLACES: &[(&str, &str)] = &[
    ("$app_build", "app_build"),
    ("$app_build_number", "app_build"),
    ("$app_name", "app_name"),
    ("$app_namespace", "app_namespace"),
    ("$app_version", "app_version"),
    ("$app_version_string", "app_version"),
    ("$brand", "device_brand"),
    ("$browser", "browser"),
    ("$browser_language", "language"),
    ("$browser_version", "browser_version"),
    ("$carrier", "carrier"),
    ("$city", "city"),
    ("$current_url", "page_url"),
    ("$device", "device_family"),
    ("$device_brand", "device_brand"),
    ("$device_manufacturer", "device_manufacturer"),
    ("$device_model", "device_model"),
    ("$device_type", "device_type"),
    ("$geoip_city_name", "city"),
    ("$geoip_country_name", "country"),
    ("$geoip_subdivision_1_name", "region"),
    ("$host", "page_host"),
    ("$ip", "ip"),
    ("$lib_version", "library_version"),
    ("$locale", "locale"),
    ("$manufacturer", "device_manufacturer"),
    ("$model", "device_model"),
    ("$network_carrier", "carrier"),
    ("$os", "os_name"),
    ("$os_name", "os_name"),
    ("$os_version", "os_version"),
    ("$pathname", "page_path"),
    ("$raw_user_agent", "user_agent"),
    ("$referrer", "referrer"),
    ("$referring_domain", "referring_domain"),
    ("$region", "region"),
    ("$screen_height", "screen_height"),
    ("$screen_width", "screen_width"),
    ("$timezone", "timezone"),
    ("$title", "page_title"),
    ("$user_agent", "user_agent"),
    ("mp_country_code", "country"),
    ("utm_campaign", "utm_campaign"),
    ("utm_content", "utm_content"),
    ("utm_id", "utm_id"),
    ("utm_medium", "utm_medium"),
    ("utm_source", "utm_source"),
    ("utm_term", "utm_term"),
];

/// Takes from an event's properties what belongs into its context, under the context's names.
///
/// Where two spellings of one are there, the first of the list wins and the other stays a property.
pub(crate) fn take(properties: &mut Map<String, Value>) -> Map<String, Value> {
    let mut context = Map::new();
    for (name, place) in PLACES {
        if context.contains_key(*place) || !properties.contains_key(*name) {
            continue;
        }
        if let Some(value) = properties.shift_remove(*name) {
            context.insert((*place).to_owned(), value);
        }
    }
    context
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_where_moves_and_what_says_what_stays() {
        let Value::Object(mut properties) = json!({
            "$os": "iOS", "$current_url": "https://shop.test/", "utm_source": "news",
            "$el_text": "Buy", "total": 5, "$manufacturer": "B", "$device_manufacturer": "A"
        }) else {
            panic!("not an object");
        };
        let context = take(&mut properties);
        assert_eq!(
            Value::Object(context),
            json!({"os_name": "iOS", "page_url": "https://shop.test/", "utm_source": "news", "device_manufacturer": "A"})
        );
        assert_eq!(
            Value::Object(properties),
            json!({"$el_text": "Buy", "total": 5, "$manufacturer": "B"})
        );
    }
}
