//! Requests of real SDKs, sent to the collector and read back: each answer and each event is compared whole.

use std::fs;
use std::path::PathBuf;

use gyre_collect::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Stand, form_of, gzip, post, with};

/// How an SDK puts its JSON into a body.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Wrap {
    /// The field `data` of a form has it.
    Json,
    /// The field `data` of a form has it in base64.
    Base64,
}

#[derive(Clone, Deserialize)]
struct Captured {
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    headers: serde_json::Map<String, Value>,
    gzip: bool,
    #[serde(default)]
    wrap: Option<Wrap>,
    /// Fields beside `data`.
    #[serde(default)]
    form: serde_json::Map<String, Value>,
    /// Nothing for a `GET`.
    #[serde(default)]
    body: Value,
}

impl Captured {
    fn incoming(&self) -> Incoming {
        let json = self.body.to_string().into_bytes();
        let mut body = match self.wrap {
            _ if self.body.is_null() => Vec::new(),
            None => json,
            Some(Wrap::Base64) => form_of(&json).into_bytes(),
            Some(Wrap::Json) => {
                let escaped = self.body.to_string().replace('%', "%25");
                let escaped = escaped.replace('&', "%26").replace('+', "%2B");
                format!("data={}", escaped.replace(' ', "+")).into_bytes()
            }
        };
        for (name, value) in &self.form {
            body.extend(format!("&{name}={}", value.as_str().unwrap()).into_bytes());
        }
        let mut incoming = post(&self.path, if self.gzip { gzip(&body) } else { body });
        incoming.method.clone_from(&self.method);
        incoming.query.clone_from(&self.query);
        for (name, value) in &self.headers {
            let value = value.as_str().unwrap().to_owned();
            incoming.headers.push((name.clone(), value));
        }
        incoming
    }
}

fn file(folder: &str, name: &str) -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests");
    tests.join(folder).join(name).with_extension("json")
}

fn read(name: &str) -> Vec<Captured> {
    let captured = fs::read_to_string(file("fixtures", name)).unwrap();
    serde_json::from_str(&captured).unwrap()
}

/// The events of requests, each of which must be answered with 200 and `answer`.
#[track_caller]
fn events_of(requests: impl IntoIterator<Item = Incoming>, answer: Option<&str>) -> Value {
    let stand = Stand::new();
    for request in requests {
        let given = stand.handle(request);
        assert_eq!(given.status, 200, "{:?}", given.body);
        if let Some(answer) = answer {
            assert_eq!(String::from_utf8_lossy(&given.body), answer);
        }
    }
    let events = stand.events().into_iter().map(|it| match it {
        Ok(event) => json!(event),
        Err(rejection) => json!({"rejected": rejection.reason}),
    });
    Value::Array(events.collect())
}

/// Sends a capture and compares the events with the golden file.
#[track_caller]
fn check_events(name: &str, answer: Option<&str>) -> Value {
    let found = events_of(read(name).iter().map(Captured::incoming), answer);
    let golden = fs::read_to_string(file("golden", name)).unwrap_or_default();
    let expected: Value = serde_json::from_str(&golden).unwrap_or_default();
    assert!(
        found == expected,
        "{name} reads as\n{}",
        serde_json::to_string_pretty(&found).unwrap()
    );
    found
}

#[track_caller]
fn check(name: &str) {
    check_events(name, None);
}

/// The same, with the exact answer; then the same JSON in every other wrapping and under every label.
#[track_caller]
fn check_wrapped(name: &str, answer: &str) {
    let expected = check_events(name, Some(answer));
    let posts: Vec<Captured> = read(name)
        .into_iter()
        .filter(|it| !it.body.is_null())
        .collect();
    let has_gets = posts.len() < read(name).len();
    let expected = if has_gets {
        events_of(posts.iter().map(Captured::incoming), Some(answer))
    } else {
        expected
    };
    for (gzip, wrap, label) in [
        (false, None, "application/json"),
        (true, None, "text/plain"),
        (true, None, "application/x-www-form-urlencoded"),
        (false, None, "application/x-www-form-urlencoded"),
        (false, Some(Wrap::Base64), "text/plain"),
        (false, Some(Wrap::Json), "application/json"),
        (true, Some(Wrap::Base64), "application/octet-stream"),
    ] {
        let requests = posts.iter().map(|it| {
            let mut it = it.clone();
            it.gzip = gzip;
            it.wrap = wrap;
            if wrap.is_none() {
                // a body that is JSON has nothing beside it
                for (name, value) in std::mem::take(&mut it.form) {
                    it.query = format!("{}&{name}={}", it.query, value.as_str().unwrap());
                }
            }
            it.headers.retain(|name, _| !name.starts_with("content-"));
            with(it.incoming(), "content-type", label)
        });
        let found = events_of(requests, Some(answer));
        assert!(
            found == expected,
            "{name} as {label}, {gzip} {wrap:?}: {found}"
        );
    }
}

#[test]
fn amplitude_browser() {
    check("amplitude_browser");
}

#[test]
fn amplitude_node() {
    check("amplitude_node");
}

#[test]
fn amplitude_python_batch() {
    check("amplitude_py_batch");
}

#[test]
fn amplitude_python() {
    check("amplitude_py");
}

#[test]
fn amplitude_node_batch() {
    check("amplitude_node_batch");
}

#[test]
fn segment_python() {
    check("segment_py");
}

#[test]
fn rudder_node_plain() {
    check("rudder_node_nogzip");
}

#[test]
fn rudder_python() {
    check("rudder_py");
}

#[test]
fn segment_node() {
    check("segment_node");
}

#[test]
fn segment_python_gzip() {
    check("segment_py_gzip");
}

#[test]
fn rudder_node_mislabelled() {
    check("rudder_node");
}

const POSTHOG_OK: &str = r#"{"status":"Ok"}"#;
const MIXPANEL_OK: &str = r#"{"status":1,"error":null}"#;

#[test]
fn posthog_node_in_every_wrapping() {
    check_wrapped("posthog_node", POSTHOG_OK);
}

#[test]
fn posthog_python_in_every_wrapping() {
    check_wrapped("posthog_py", POSTHOG_OK);
}

#[test]
fn posthog_python_gzip() {
    check_events("posthog_py_gzip", Some(POSTHOG_OK));
}

#[test]
fn posthog_browser_in_every_wrapping() {
    check_wrapped("posthog_browser", POSTHOG_OK);
}

#[test]
fn posthog_node_newer_wire() {
    let results = read("posthog_node_v1").remove(0);
    let results = results.body["batch"].as_array().unwrap().iter();
    let results: Vec<String> = results
        .map(|it| format!(r#"{}:{{"result":"ok"}}"#, it["uuid"]))
        .collect();
    let answer = format!(r#"{{"results":{{{}}}}}"#, results.join(","));
    check_wrapped("posthog_node_v1", &answer);
}

#[test]
fn mixpanel_node_in_every_wrapping() {
    check_wrapped("mixpanel_node", MIXPANEL_OK);
}

#[test]
fn mixpanel_python_in_every_wrapping() {
    check_wrapped("mixpanel_py", MIXPANEL_OK);
}

#[test]
fn mixpanel_browser_in_every_wrapping() {
    check_wrapped("mixpanel_browser", "1");
}

#[test]
fn snowplow_node() {
    check_events("snowplow_node", Some("ok"));
}

#[test]
fn jitsu_browser_and_node() {
    check_events("jitsu_js", Some(r#"{"success":true}"#));
}
