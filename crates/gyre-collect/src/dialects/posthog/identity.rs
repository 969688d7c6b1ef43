//! Whose a distinct id is.
//!
//! PostHog has one kind of id for people and browsers. Ours are two, and which one it is stands in the event: a
//! browser that nobody signed in to says so, or repeats its own id. Any other is a known person's.

use gyre_base::Timestamp;
use serde_json::{Map, Value};

use crate::draft::Draft;
use crate::{fields, uuid};

/// What an event says of its sender, taken out of its properties.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) distinct_id: Option<Value>,
    device_id: Option<Value>,
    /// The browser library's word for whether somebody signed in.
    is_identified: Option<bool>,
    /// Whether the event makes a person; without one the sender does not know whose it is.
    has_person: Option<bool>,
    pub(super) is_server: bool,
}

impl Sender {
    pub(super) fn take(
        distinct_id: Option<Value>,
        has_person: Option<bool>,
        properties: &mut Map<String, Value>,
    ) -> Self {
        let mut take = |name: &str| properties.shift_remove(name).filter(|it| !it.is_null());
        let inside = take("distinct_id");
        let dollar = take("$distinct_id");
        let told = |value: Option<Value>| value.as_ref().and_then(fields::flag);
        Self {
            distinct_id: distinct_id.or(inside).or(dollar),
            device_id: take("$device_id"),
            is_identified: told(take("$is_identified")),
            has_person: has_person.or_else(|| told(take("$process_person_profile"))),
            is_server: told(take("$is_server")) == Some(true),
        }
    }

    /// Whether the distinct id is a browser's or nobody's, and not a known person's.
    ///
    /// A server that wants no person for an event may still say a user's id; made up for the event is only what
    /// looks like it.
    pub(super) fn is_anonymous(&self) -> bool {
        self.is_identified == Some(false)
            || (self.distinct_id.is_some() && self.distinct_id == self.device_id)
            || (self.has_person == Some(false) && self.has_random_id())
    }

    fn has_random_id(&self) -> bool {
        let id = self.distinct_id.as_ref().and_then(Value::as_str);
        id.is_some_and(|it| uuid::version(it).is_some())
    }

    /// An event of whoever the id is.
    pub(super) fn name(self, draft: &mut Draft) {
        if self.is_anonymous() {
            // the id that a sign-up will name; the device's own may be older than a reset
            draft.device_id = self.distinct_id;
        } else {
            draft.user_id = self.distinct_id;
            draft.device_id = self.device_id;
        }
    }

    /// A sign-up: the id is a person's from now on, and was `anonymous_id` before.
    pub(super) fn identify(self, anonymous_id: Option<Value>, draft: &mut Draft) {
        let was = anonymous_id.or(self.device_id);
        draft.device_id = was.filter(|it| Some(it) != self.distinct_id.as_ref());
        draft.user_id = self.distinct_id;
    }

    /// Two ids of one person. The Python library names the anonymous one first, the others the person's;
    /// a browser says the new name of whom it does not know yet.
    pub(super) fn alias(self, alias: Option<Value>, is_python: bool, draft: &mut Draft) {
        if is_python || self.is_anonymous() {
            draft.user_id = alias;
            draft.previous_id = self.distinct_id;
        } else {
            draft.user_id = self.distinct_id;
            draft.previous_id = alias;
        }
    }

    /// A group's properties. Server libraries make an id up: of the group's name, or at random. Such an id is nobody.
    pub(super) fn group(self, group: Option<&(String, String)>, draft: &mut Draft) {
        let is_browser = self.device_id.is_some() || self.is_identified.is_some();
        let made_up = group.map(|(group_type, key)| format!("${group_type}_{key}"));
        let id = self.distinct_id.as_ref().and_then(Value::as_str);
        let is_made_up = id.is_some() && id == made_up.as_deref();
        if is_browser || !(is_made_up || self.has_random_id()) {
            self.name(draft);
        }
    }
}

/// The start of a session in milliseconds: its id is a UUID of version 7, which begins with that instant.
pub(super) fn session_start(id: &Value) -> Option<i64> {
    match id {
        Value::String(it) => uuid::time(it)
            .map(Timestamp::ms)
            .or_else(|| it.parse().ok()),
        other => fields::integer(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_session_begins_when_its_id_was_made() {
        let start = session_start(&json!("01a1ffa9-1a75-7095-8281-dd72fd34686d"));
        assert_eq!(start, Some(1_795_290_634_869));
        assert_eq!(session_start(&json!("12")), Some(12));
        for none in [
            json!("cdfc9b65-ab49-4b62-a8c1-6b23a122a426"),
            json!("x"),
            json!({}),
        ] {
            assert_eq!(session_start(&none), None, "{none}");
        }
    }
}
