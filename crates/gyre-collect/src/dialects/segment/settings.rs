//! What the browser libraries of Segment and of Rudder ask for before they send anything: where to, and that every
//! event is wanted.

use serde_json::{Value, json};

use crate::dialects::{Endpoint, Purpose};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    name: "settings",
    purpose: Purpose::Settings,
    methods: &["GET"],
};

/// Rudder's browser library asks `/sourceConfig/?writeKey=...`.
pub(super) const RUDDER: Endpoint = Endpoint {
    name: "source_config",
    purpose: Purpose::Settings,
    methods: &["GET"],
};

/// The key in `projects/<key>/settings`.
pub(super) fn key(path: &str) -> Option<&str> {
    let key = path.strip_prefix("projects/")?.strip_suffix("/settings")?;
    (!key.is_empty() && !key.contains('/')).then_some(key)
}

/// Settings that make the library send everything here, one by one, and no measurements of itself.
pub(super) fn of(key: &str, base_url: &str) -> Value {
    let (protocol, host) = base_url.split_once("://").unwrap_or(("https", base_url));
    let all = json!({"__default": {"enabled": true, "integrations": {}}});
    json!({
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": format!("{}/v1", host.trim_end_matches('/')),
                "protocol": protocol,
                "unbundledIntegrations": [],
                "addBundledMetadata": true,
                "maybeBundledConfigIds": {},
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {"track": all, "identify": {"__default": {"enabled": true}}, "group": {"__default": {"enabled": true}}},
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": false,
        "remotePlugins": [],
    })
}

/// A source that is on, has no destinations of its own, and measures nothing of itself.
///
/// It names no data planes: the library then sends where it was told to, which is here.
pub(super) fn of_rudder(key: &str) -> Value {
    let off = json!({"enabled": false});
    json!({
        "source": {
            "id": "gyre",
            "name": "gyre",
            "workspaceId": "gyre",
            "writeKey": key,
            "enabled": true,
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "connections": [],
            "destinations": [],
            "dataplanes": {},
        },
        "updatedAt": "2026-01-01T00:00:00.000Z",
    })
}
