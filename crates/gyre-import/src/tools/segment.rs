//! Segment's archives: its raw messages, one a line, as the server reads them anyway.

use serde_json::{Map, Value};

use super::{Fields, Tool, ToolEvent, time};
use crate::event::{EventObject, text};
use crate::row::Fault;

/// The calls of the tracking API.
const CALLS: &[&str] = &["track", "identify", "page", "screen", "group", "alias"];
/// What an archive adds to a message, and a key that must not travel.
const PLUMBING: &[&str] = &[
    "writeKey",
    "projectId",
    "_metadata",
    "receivedAt",
    "version",
];

pub(super) struct Segment;

impl Tool for Segment {
    fn name(&self) -> &'static str {
        "segment"
    }

    fn doc(&self) -> &'static str {
        "Segment's archives: raw messages"
    }

    fn fits(&self, object: &Map<String, Value>) -> bool {
        let call = object.get("type").and_then(Value::as_str);
        call.is_some_and(|it| CALLS.contains(&it))
            && (object.contains_key("messageId") || object.contains_key("anonymousId"))
    }

    fn read(&self, mut object: Map<String, Value>) -> Result<ToolEvent, Fault> {
        let told = object.get("type").and_then(Value::as_str);
        match told {
            Some(call) if CALLS.contains(&call) => {}
            Some(call) => {
                return Err(Fault::column("type", format!("no call is named `{call}`")));
            }
            None => return Err(Fault::column("type", "the message says no call")),
        }
        let is_track = told == Some("track");
        if is_track && object.get("event").and_then(text).is_none() {
            return Err(Fault::column("event", "the event has no name"));
        }
        if told != Some("group") && !names_someone(&object) {
            return Err(Fault::column("userId`, `anonymousId", "nobody is named"));
        }
        // an archive may know only when Segment got the message
        let has_time = |name: &str| object.get(name).and_then(time).is_some();
        if !has_time("timestamp") && !has_time("originalTimestamp") {
            let mut fields = Fields::new(object.clone());
            let received = fields.take_time(&["sentAt", "receivedAt"])?;
            object.insert("timestamp".to_owned(), received.rfc3339().into());
        }
        object.retain(|name, _| !PLUMBING.contains(&name.as_str()));
        Ok(ToolEvent(EventObject::ready(object)))
    }
}

fn names_someone(object: &Map<String, Value>) -> bool {
    let named = ["userId", "anonymousId", "user_id", "anonymous_id"];
    named
        .iter()
        .any(|it| object.get(*it).and_then(text).is_some())
}
