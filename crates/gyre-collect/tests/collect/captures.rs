//! Requests of real SDKs, sent to the collector and read back.

use std::fs;
use std::path::PathBuf;

use gyre_collect::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Stand, gzip, post};

#[derive(Deserialize)]
struct Captured {
    method: String,
    path: String,
    headers: serde_json::Map<String, Value>,
    gzip: bool,
    body: Value,
}

impl Captured {
    fn incoming(&self) -> Incoming {
        let body = self.body.to_string().into_bytes();
        let mut incoming = post(&self.path, if self.gzip { gzip(&body) } else { body });
        incoming.method.clone_from(&self.method);
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

/// Sends a capture and compares the events with the golden file.
#[track_caller]
fn check(name: &str) {
    let captured = fs::read_to_string(file("fixtures", name)).unwrap();
    let captured: Vec<Captured> = serde_json::from_str(&captured).unwrap();
    let stand = Stand::new();
    for request in &captured {
        let answer = stand.handle(request.incoming());
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
    let events: Vec<Value> = stand
        .events()
        .into_iter()
        .map(|it| match it {
            Ok(event) => json!(event),
            Err(rejection) => json!({"rejected": rejection.reason}),
        })
        .collect();
    let golden = fs::read_to_string(file("golden", name)).unwrap_or_default();
    let expected: Value = serde_json::from_str(&golden).unwrap_or_default();
    let found = Value::Array(events);
    assert!(
        found == expected,
        "{name} reads as\n{}",
        serde_json::to_string_pretty(&found).unwrap()
    );
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
