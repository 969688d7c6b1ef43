//! A payload as a value, and the ids of its events.

use std::hash::Hasher;

use serde_json::{Map, Value};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::content::{self, Content};
use crate::envelope::Envelope;

/// JSON as it is; a query or a form as an object of texts, of which the last of a name counts.
pub(crate) fn read(body: &[u8]) -> Option<Value> {
    match Content::read(body) {
        Content::Json(text) => content::value(&text).ok(),
        Content::Form(pairs) => {
            let fields: Map<String, Value> = pairs
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)))
                .collect();
            // what has not a single name with a value is no form but some other text
            let has_value = fields.values().any(|it| it.as_str() != Some(""));
            has_value.then_some(Value::Object(fields))
        }
    }
}

/// How the events of one payload get their ids: a payload that is sent again must not count again.
pub(crate) struct Ids<'a> {
    source: &'a str,
    payload: String,
}

impl<'a> Ids<'a> {
    pub(crate) fn of(envelope: &'a Envelope) -> Self {
        let hints = &envelope.hints;
        let payload = hints.delivery.clone().unwrap_or_else(|| {
            let mut hasher = SipHasher13::new();
            hasher.write(&envelope.body);
            format!("{:032x}", hasher.finish128().as_u128())
        });
        Self {
            source: hints.source.as_deref().unwrap_or_default(),
            payload,
        }
    }

    /// The id of an event: its own, or its payload's and its place.
    pub(crate) fn id(&self, own: Option<String>, idx: Option<usize>) -> String {
        let source = self.source;
        match (own, idx) {
            (Some(own), _) => format!("{source}:{own}"),
            (None, None) => format!("{source}/{}", self.payload),
            (None, Some(idx)) => format!("{source}/{}/{idx}", self.payload),
        }
    }
}
