//! Maps that are ready made: what Airbridge, `AppsFlyer` and Adjust send, by their documentation.
//!
//! Airbridge: <https://help.airbridge.io/en/references/s2s-event>; `AppsFlyer`, Push API 2.0:
//! <https://support.appsflyer.com/hc/en-us/articles/207034356>; Adjust, callbacks:
//! <https://help.adjust.com/en/article/event-callbacks>. A person may change every one of them.

use serde_json::{Value, json};

/// Names of the presets, in the order they are shown.
pub const PRESETS: &[&str] = &["airbridge", "appsflyer", "adjust", "generic"];

/// The map of a preset; `None` if there is none of this name.
pub fn preset(name: &str) -> Option<Value> {
    match name {
        "airbridge" => Some(airbridge()),
        "appsflyer" => Some(appsflyer()),
        "adjust" => Some(adjust()),
        "generic" => Some(generic()),
        _ => None,
    }
}

fn paths(paths: &[&str]) -> Value {
    json!({"paths": paths})
}

fn number(names: &[&str]) -> Value {
    json!({"paths": names, "type": "number"})
}

/// Bodies nest (`user.externalUserID`), queries are flat (`externalUserID`): both are looked for.
fn airbridge() -> Value {
    json!({
        "event": {
            "paths": ["eventData.goal.category", "eventCategory", "event_category", "eventName", "event_name"],
            "values": {
                "9161": "Install", "9162": "Open", "9163": "Deeplink Open", "9168": "Foreground",
                "airbridge.user.signup": "Sign Up", "airbridge.user.signin": "Sign In",
                "airbridge.ecommerce.order.completed": "Order Completed",
                "airbridge.ecommerce.product.viewed": "Product Viewed",
                "airbridge.ecommerce.product.addedToCart": "Product Added"
            }
        },
        "time": paths(&["eventTimestamp", "event_timestamp", "eventDatetime", "event_datetime"]),
        "user_id": paths(&["user.externalUserID", "user.externalUserId", "externalUserID", "user_id"]),
        "device_id": paths(&["device.deviceUUID", "browser.clientID", "airbridgeDeviceID", "deviceUUID",
            "device.gaid", "device.ifa", "gaid", "idfa", "idfv"]),
        "insert_id": paths(&["eventUUID", "event_uuid", "eventID"]),
        "properties": {
            "action": paths(&["eventData.goal.action", "eventAction", "event_action"]),
            "label": paths(&["eventData.goal.label", "eventLabel", "event_label"]),
            "revenue": number(&["eventData.goal.value", "eventValue", "event_value"]),
            "currency": paths(&["eventData.goal.semanticAttributes.currency", "currency"]),
            "transaction_id": paths(&["eventData.goal.semanticAttributes.transactionID", "transactionID"]),
            "products": {"paths": ["eventData.goal.semanticAttributes.products", "products"], "type": "json"},
            "custom": {"paths": ["eventData.goal.customAttributes", "customAttributes"], "type": "json"},
            "channel": paths(&["attributionResult.attributedChannel", "trackingData.channel", "channel"]),
            "campaign": paths(&["attributionResult.attributedCampaign", "trackingData.campaign", "campaign"]),
            "ad_group": paths(&["attributionResult.attributedAdGroup", "trackingData.adGroup", "ad_group"]),
            "ad_creative": paths(&["attributionResult.attributedAdCreative", "trackingData.adCreative", "ad_creative"]),
            "os_name": paths(&["device.osName", "osName"]),
            "device_model": paths(&["device.deviceModel", "deviceModel"])
        },
        "user_properties": {
            "email": paths(&["user.externalUserEmail", "user.email"]),
            "phone": paths(&["user.externalUserPhone", "user.phone"])
        }
    })
}

/// `event_value` is JSON inside a text; times are UTC without saying so.
fn appsflyer() -> Value {
    json!({
        "event": {"path": "event_name", "values": {
            "install": "Install", "re-engagement": "Re-engagement", "re-attribution": "Re-attribution",
            "reinstall": "Reinstall", "af_purchase": "Order Completed", "af_complete_registration": "Sign Up",
            "af_login": "Sign In", "af_content_view": "Product Viewed", "af_add_to_cart": "Product Added"
        }},
        "time": "event_time",
        "user_id": "customer_user_id",
        "device_id": paths(&["appsflyer_id", "advertising_id", "idfa", "idfv"]),
        "properties": {
            "event_value": {"path": "event_value", "type": "json"},
            "revenue": number(&["event_revenue"]),
            "currency": "event_revenue_currency",
            "media_source": "media_source",
            "channel": "af_channel",
            "campaign": "campaign",
            "ad_set": "af_adset",
            "ad": "af_ad",
            "attribution_type": paths(&["conversion_type", "attributed_touch_type"])
        },
        "rest": true
    })
}

/// What comes is what the address names: `?event_name={event_name}&adid={adid}&created_at={created_at}`.
fn adjust() -> Value {
    json!({
        "event": {"paths": ["event_name", "event", "event_token", "activity_kind"], "values": {
            "install": "Install", "session": "Session", "reattribution": "Re-attribution",
            "reinstall": "Reinstall", "uninstall": "Uninstall"
        }},
        "time": paths(&["created_at", "time_spent_at", "installed_at"]),
        "user_id": paths(&["user_id", "external_device_id", "customer_user_id"]),
        "device_id": paths(&["adid", "gps_adid", "idfa", "idfv", "android_id"]),
        "insert_id": paths(&["nonce", "event_id", "callback_id", "random"]),
        "properties": {
            "revenue": number(&["revenue_float", "revenue"]),
            "currency": "currency",
            "network": paths(&["network_name", "tracker_name"]),
            "campaign": "campaign_name",
            "ad_group": "adgroup_name",
            "creative": "creative_name"
        },
        "rest": true
    })
}

fn generic() -> Value {
    json!({
        "event": paths(&["event", "event_name", "name", "type"]),
        "time": paths(&["time", "timestamp", "created_at", "occurred_at"]),
        "user_id": paths(&["user_id", "userId", "external_id", "customer_id", "customer.id"]),
        "device_id": paths(&["device_id", "deviceId", "anonymous_id", "anonymousId"]),
        "insert_id": paths(&["insert_id", "event_id", "id", "uuid"]),
        "rest": true
    })
}

#[cfg(test)]
mod tests {
    use gyre_model::Doc;

    use super::*;
    use crate::webhook::WebhookMap;

    #[test]
    fn every_preset_is_a_map() {
        for name in PRESETS {
            let map = preset(name).unwrap();
            WebhookMap::read(&Doc::root(&map)).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
        assert!(preset("nobody").is_none());
    }
}
