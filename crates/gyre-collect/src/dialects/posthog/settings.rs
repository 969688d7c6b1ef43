//! What PostHog's libraries ask for: flags, of which there are none, and how to behave.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::content;
use crate::dialects::{Endpoint, Purpose};

const FLAGS: &str = "flags";
const CONFIG: &str = "config";
const CONFIG_SCRIPT: &str = "config.js";

pub(super) fn endpoint(plain_path: &str) -> Option<Endpoint> {
    let (name, methods): (_, &[&str]) = match plain_path {
        "/flags" | "/decide" => (FLAGS, &["POST", "GET"]),
        other => (in_array(other)?.1, &["GET"]),
    };
    Some(Endpoint {
        name,
        purpose: Purpose::Settings,
        methods,
    })
}

/// The key in `/array/<key>/config`.
pub(super) fn key(plain_path: &str) -> Option<String> {
    in_array(plain_path).map(|it| content::percent_decode(it.0))
}

fn in_array(plain_path: &str) -> Option<(&str, &'static str)> {
    let (key, file) = plain_path.strip_prefix("/array/")?.split_once('/')?;
    let name = match file {
        "config" => CONFIG,
        "config.js" => CONFIG_SCRIPT,
        _ => return None,
    };
    (!key.is_empty()).then_some((key, name))
}

/// The answer for a good key.
pub(super) fn of(endpoint: &str, key: &str) -> Answer {
    match endpoint {
        CONFIG => Answer::json(200, &config(key)),
        CONFIG_SCRIPT => {
            // texts inside JSON are texts inside a script, but for what would end the script's element
            let key_text = script_text(&Value::from(key));
            let config = script_text(&config(key));
            let script = format!(
                "(function() {{\n  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {{}};\n  \
                 window._POSTHOG_REMOTE_CONFIG[{key_text}] = {{\"config\": {config}, \"siteApps\": []}};\n}})();\n"
            );
            Answer::text_of(200, "application/javascript; charset=utf-8", script)
        }
        _ => Answer::json(200, &flags()),
    }
}

fn script_text(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// No flags, in the words of every version of the endpoint.
fn flags() -> Value {
    json!({
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": false,
        "config": {"enable_collect_everything": true},
        "supportedCompression": ["gzip-js"],
        "sessionRecording": false,
        "siteApps": [],
        "isAuthenticated": false,
        "toolbarParams": {},
    })
}

/// Events and nothing else: no recordings, surveys, heat maps or flags.
///
/// Nothing is said of `surveys`: the browser library loads a script for them when told that there are none.
fn config(key: &str) -> Value {
    json!({
        "token": key,
        "supportedCompression": ["gzip-js"],
        "hasFeatureFlags": false,
        "analytics": {"endpoint": "/i/v0/e/"},
        "elementsChainAsString": true,
        "autocapture_opt_out": false,
        "autocaptureExceptions": false,
        "errorTracking": {"autocaptureExceptions": false, "suppressionRules": []},
        "capturePerformance": false,
        "captureDeadClicks": false,
        "heatmaps": false,
        "sessionRecording": false,
        "siteApps": [],
        "isAuthenticated": false,
        "toolbarParams": {},
    })
}
