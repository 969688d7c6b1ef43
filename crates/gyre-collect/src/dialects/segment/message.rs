//! One message of Segment's.

use gyre_model::EventKind;
use serde_json::{Map, Value};

use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};
use crate::{context, ops};

/// The calls of the tracking API.
pub(crate) const CALLS: &[&str] = &["track", "identify", "page", "screen", "group", "alias"];
/// Segment's groups have no type of their own.
const GROUP_TYPE: &str = "group";

/// Reads one message; `call` is what the endpoint says it is, where the message does not.
pub(crate) fn draft(raw: &str, call: Option<&str>) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let told = fields.take_text(&["type"]);
    let call = told.as_deref().or(call).or_else(|| {
        // a message of an old library has no type; an event makes it a track
        fields.get("event").map(|_| "track")
    });
    let Some(call) = call else {
        return Err(Fault::new("missing-type", "the message has no type"));
    };
    let mut draft = Draft::new(EventKind::Track);
    let mut whole = fields.take_map(&["context"])?;
    let context_traits = whole.get("traits").and_then(Value::as_object).cloned();
    identifiers(&mut draft, &mut fields);
    times(&mut draft, &mut fields);
    draft.session_id = whole
        .get("sessionId")
        .or_else(|| whole.get("session_id"))
        .and_then(fields::integer);
    let group_id = fields.take_text(&["groupId"]);
    let group_id = group_id.or_else(|| whole.remove("groupId").as_ref().and_then(fields::text));
    let groups = group_id.map(|it| (GROUP_TYPE.to_owned(), it));
    draft.groups.extend(groups);
    draft.properties = fields.take_map(&["properties"])?;
    match call {
        "track" => draft.name = fields.take_text(&["event"]),
        "page" | "screen" => {
            draft.name = Some(call.to_owned());
            for key in ["name", "category"] {
                if let Some(value) = fields.take(&[key]) {
                    draft.properties.entry(key).or_insert(value);
                }
            }
        }
        "identify" => {
            draft.kind = EventKind::Identify;
            draft.name = Some("$identify".to_owned());
            let mut traits = fields.take_map(&["traits"])?;
            // Rudder's Python library has the traits in the context only
            if let Some(context_traits) = context_traits.filter(|_| traits.is_empty()) {
                traits = context_traits;
            }
            whole.remove("traits");
            draft.user_ops = ops::set_all(traits).collect();
        }
        "group" => {
            draft.kind = EventKind::Group;
            draft.name = Some("$groupidentify".to_owned());
            draft.properties.extend(fields.take_map(&["traits"])?);
        }
        "alias" => {
            draft.kind = EventKind::Alias;
            draft.name = Some("$alias".to_owned());
        }
        "merge" => merge(&mut draft, &mut fields)?,
        other => {
            let detail = format!("no call is named `{other}`");
            return Err(Fault::new("unknown-type", detail));
        }
    }
    draft.context = context::flatten(whole);
    remainder(&mut draft.context, fields);
    Ok(draft)
}

/// Rudder's merge: two identifiers with their types, `[{"type": "email", "value": "a@x.test"}, ...]`.
fn merge(draft: &mut Draft, fields: &mut Fields) -> Result<(), Fault> {
    draft.kind = EventKind::Merge;
    draft.name = Some("$merge".to_owned());
    let list = fields.take(&["mergeProperties"]).unwrap_or_default();
    let pair = |it: &Value| {
        let told = |key: &str| it.get(key).and_then(fields::text);
        told("type").zip(told("value"))
    };
    let pairs: Option<Vec<_>> = list
        .as_array()
        .map(|it| it.iter().filter_map(pair).collect());
    let Some([(type_a, a), (type_b, b)]) = pairs.as_deref() else {
        let detail = "`mergeProperties` is a list of two identifiers, each with `type` and `value`";
        return Err(Fault::new("missing-previous-id", detail));
    };
    let is_user = |name: &str| matches!(name, "user_id" | "userId");
    let is_device = |name: &str| matches!(name, "anonymous_id" | "anonymousId" | "device_id");
    // ids of other types are devices named after their type
    let id = |name: &str, value: &str| {
        if is_user(name) || is_device(name) {
            Value::from(value)
        } else {
            Value::from(format!("{name}:{value}"))
        }
    };
    let (kept, merged) = if is_user(type_b) && !is_user(type_a) {
        ((type_b, b), (type_a, a))
    } else {
        ((type_a, a), (type_b, b))
    };
    // it is about the pair, not about who sent it
    (draft.user_id, draft.device_id) = (None, None);
    let place = if is_user(kept.0) {
        &mut draft.user_id
    } else {
        &mut draft.device_id
    };
    *place = Some(id(kept.0, kept.1));
    draft.previous_id = Some(id(merged.0, merged.1));
    if is_user(kept.0) && !is_user(merged.0) {
        // a device and its user: evidence like any other
        draft.kind = EventKind::Alias;
    }
    Ok(())
}

fn identifiers(draft: &mut Draft, fields: &mut Fields) {
    draft.user_id = fields.take(&["userId", "user_id"]);
    draft.device_id = fields.take(&["anonymousId", "anonymous_id"]);
    draft.previous_id = fields.take(&["previousId", "previous_id"]);
    draft.insert_id = fields.take_text(&["messageId"]);
}

/// `originalTimestamp` is the device's own time. A message that has both was corrected by who forwarded it.
fn times(draft: &mut Draft, fields: &mut Fields) {
    let timestamp = fields.take_time(&["timestamp"]);
    let original = fields.take_time(&["originalTimestamp"]);
    draft.is_exact = timestamp.is_some() && original.is_some();
    draft.client_time = timestamp.or(original);
    draft.sent_at = fields.take_time(&["sentAt"]);
    let channel = fields.get("channel").and_then(Value::as_str);
    draft.is_exact |= channel == Some("server");
    draft.is_historical = fields.take_flag(&["historical"]);
}

/// Keeps what has no place of its own, without what only the libraries care for.
fn remainder(context: &mut Map<String, Value>, fields: Fields) {
    for (key, value) in fields.rest() {
        let is_plumbing = match key.as_str() {
            "_metadata" | "writeKey" | "receivedAt" | "batch" => true,
            "integrations" => value.as_object().is_some_and(|it| {
                it.is_empty() || (it.len() == 1 && it.get("All") == Some(&Value::Bool(true)))
            }),
            _ => false,
        };
        if !is_plumbing {
            context::put(context, &key, value);
        }
    }
}
