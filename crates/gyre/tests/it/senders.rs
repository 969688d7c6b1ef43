//! Bodies as the libraries of others send them, one builder per dialect.

use gyre_base::Timestamp;
use serde_json::{Value, json};

use crate::node::WRITE_KEY;

/// The first of March 2025, 00:00 UTC: a day on which tests' events happen.
pub(crate) const DAY: Timestamp = Timestamp(1_740_787_200_000);

/// A way of sending events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Amplitude,
    Segment,
    Own,
}

impl Dialect {
    pub(crate) const ALL: [Self; 3] = [Self::Amplitude, Self::Segment, Self::Own];

    /// Where it sends.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Amplitude => "/2/httpapi",
            Self::Segment => "/v1/batch",
            Self::Own => "/v1/events",
        }
    }

    /// Name of the events that a test sends by it.
    pub(crate) fn event_name(self) -> &'static str {
        match self {
            Self::Amplitude => "sent by amplitude",
            Self::Segment => "sent by segment",
            Self::Own => "sent by own",
        }
    }

    /// A request's body with these events.
    pub(crate) fn body(self, key: &str, events: &[Sent]) -> Value {
        let list: Vec<Value> = events.iter().map(|it| self.event(it)).collect();
        match self {
            Self::Amplitude | Self::Own => json!({"api_key": key, "events": list}),
            Self::Segment => json!({"writeKey": key, "batch": list}),
        }
    }

    /// The same with the right key.
    pub(crate) fn good_body(self, events: &[Sent]) -> String {
        self.body(WRITE_KEY, events).to_string()
    }

    fn event(self, sent: &Sent) -> Value {
        let name = self.event_name();
        let mut event = match self {
            Self::Amplitude => json!({"event_type": name, "insert_id": sent.id,
                "time": sent.at.ms(), "event_properties": {"n": 1}}),
            Self::Segment => json!({"type": "track", "event": name, "messageId": sent.id,
                "timestamp": sent.at.rfc3339(), "properties": {"n": 1}}),
            Self::Own => json!({"event": name, "insert_id": sent.id,
                "time": sent.at.rfc3339(), "properties": {"n": 1}}),
        };
        let (user, device) = match self {
            Self::Amplitude | Self::Own => ("user_id", "device_id"),
            Self::Segment => ("userId", "anonymousId"),
        };
        for (field, id) in [(user, &sent.user), (device, &sent.device)] {
            if let Some(id) = id {
                event[field] = json!(id);
            }
        }
        event
    }
}

/// One event, whatever the dialect.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) at: Timestamp,
}

impl Sent {
    /// An event of a user.
    pub(crate) fn by(user: &str, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            user: Some(user.to_owned()),
            device: None,
            at: DAY,
        }
    }

    /// An event of nobody.
    pub(crate) fn by_nobody(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            user: None,
            device: None,
            at: DAY,
        }
    }
}
