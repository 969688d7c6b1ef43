//! Events as they are written to `POST /v1/events`: one JSON object per line.

use gyre_base::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Name of the event that only sets properties of a person.
pub const IDENTIFY: &str = "$identify";

/// One event to be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutEvent {
    /// Its name.
    pub event: String,
    /// The sender's id of it: repeats are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_id: Option<String>,
    /// When it happened; written as RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub time: Timestamp,
    /// Who, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// On which device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Whether it is of the past, and its time is right whatever the clocks say.
    #[serde(skip_serializing_if = "is_false")]
    pub historical: bool,
    /// In which visit: its start in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<i64>,
    /// Properties of the event.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
    /// Where it happened, and what else is not a property of it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
    /// Operations on the person's properties, by operator: `{"$set": {…}}`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub user_properties: Map<String, Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
fn rfc3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.rfc3339())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl OutEvent {
    /// An event of this name and time with nothing else.
    pub fn new(event: impl Into<String>, time: Timestamp) -> Self {
        Self {
            event: event.into(),
            insert_id: None,
            time,
            user_id: None,
            device_id: None,
            historical: false,
            session_id: None,
            properties: Map::new(),
            context: Map::new(),
            user_properties: Map::new(),
        }
    }

    /// With one more property.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }

    /// Marked as made up: in the properties, or in the context of a call that has none.
    #[must_use]
    pub fn simulated(mut self) -> Self {
        let marked = if self.event == IDENTIFY {
            &mut self.context
        } else {
            &mut self.properties
        };
        marked.insert("simulated".to_owned(), Value::Bool(true));
        self
    }

    /// Whether it is marked as made up.
    pub fn is_simulated(&self) -> bool {
        let mark = Some(&Value::Bool(true));
        self.properties.get("simulated") == mark || self.context.get("simulated") == mark
    }

    /// With one more property of the person set.
    #[must_use]
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        let set = self.user_properties.entry("$set");
        if let Value::Object(set) = set.or_insert_with(|| Value::Object(Map::new())) {
            set.insert(name.to_owned(), value.into());
        }
        self
    }
}

/// The events as lines of JSON.
pub fn to_lines(events: &[OutEvent]) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::with_capacity(events.len() * 256);
    for event in events {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_without_empty_fields() {
        let mut event = OutEvent::new("Product Viewed", Timestamp(1_767_225_600_000))
            .with("sku", "85123A")
            .with("price", 2.55)
            .setting("last_category", "lighting");
        event.user_id = Some("17850".to_owned());
        let lines = String::from_utf8(to_lines(&[event]).unwrap()).unwrap();
        assert_eq!(
            lines,
            concat!(
                r#"{"event":"Product Viewed","time":"2026-01-01T00:00:00.000Z","user_id":"17850","#,
                r#""properties":{"sku":"85123A","price":2.55},"#,
                r#""user_properties":{"$set":{"last_category":"lighting"}}}"#,
                "\n"
            )
        );
    }
}
