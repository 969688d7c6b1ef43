//! One event of Amplitude's.

use gyre_model::EventKind;
use serde_json::{Map, Value};

use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};
use crate::{context, ops, revenue};

pub(super) const IDENTIFY: &str = "$identify";
pub(super) const GROUP_IDENTIFY: &str = "$groupidentify";
/// What current SDKs call the event of their revenue call.
const REVENUE: &str = "revenue_amount";

/// Reads one event; `event_type` is what the endpoint says it is.
pub(super) fn draft(raw: &str, event_type: Option<&str>) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let told = fields.take_text(&["event_type"]);
    let name = event_type.map(str::to_owned).or(told);
    let kind = match name.as_deref() {
        Some(IDENTIFY) => EventKind::Identify,
        Some(GROUP_IDENTIFY) => EventKind::Group,
        _ => EventKind::Track,
    };
    let mut draft = Draft::new(kind);
    draft.user_id = fields.take(&["user_id"]);
    draft.device_id = fields.take(&["device_id"]);
    draft.insert_id = fields.take_text(&["insert_id", "$insert_id"]);
    draft.client_time = fields.take_time(&["time", "timestamp"]);
    draft.client_seq = fields.take_integer(&["event_id"]);
    draft.session_id = fields.take_integer(&["session_id"]);
    draft.properties = fields.take_map(&["event_properties"])?;
    draft.user_ops = ops::read(fields.take_map(&["user_properties"])?);
    draft.groups = groups(fields.take_map(&["groups"])?);
    if let Some(group_type) = fields.take_text(&["group_type"]) {
        let keys = fields.take(&["group_value"]).unwrap_or_default();
        draft
            .groups
            .extend(groups(Map::from_iter([(group_type, keys)])));
    }
    if draft.kind == EventKind::Group {
        group_properties(&mut draft, &mut fields)?;
    }
    revenue(&mut draft, &mut fields, name.as_deref());
    if let Some(Value::String(library)) = fields.get("library")
        && let Some((name, version)) = library.rsplit_once('/')
    {
        let (name, version) = (Value::from(name), Value::from(version));
        context::put(&mut draft.context, "library_name", name);
        context::put(&mut draft.context, "library_version", version);
    }
    for (key, value) in fields.rest() {
        context::put(&mut draft.context, &key, value);
    }
    draft.name = name;
    Ok(draft)
}

/// What a group is given: plain under `$set`, the other operators as they stand.
fn group_properties(draft: &mut Draft, fields: &mut Fields) -> Result<(), Fault> {
    let mut of_group = fields.take_map(&["group_properties"])?;
    let set = match of_group.get("$set") {
        Some(Value::Object(_)) => of_group.shift_remove("$set"),
        _ => None,
    };
    draft.properties.extend(of_group);
    if let Some(Value::Object(set)) = set {
        draft.properties.extend(set);
    }
    Ok(())
}

/// Reads one mapping of `/usermap`: `{"user_id", "global_user_id"}`, or `{"user_id", "unmap": true}`.
///
/// A request about identity, kept as an event: the source's stream is to be the global user's as well.
pub(super) fn mapping(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let user_id = fields.take(&["user_id"]);
    if user_id.is_none() {
        return Err(Fault::new("missing-user", "a mapping has a `user_id`"));
    }
    let global = fields.take(&["global_user_id"]);
    let mut draft = if fields.take_flag(&["unmap"]) {
        let mut draft = Draft::new(EventKind::Unmerge);
        draft.name = Some("$unmerge".to_owned());
        draft.user_id = user_id;
        draft.previous_id = global;
        draft
    } else {
        let Some(global) = global else {
            let detail = "a mapping has a `global_user_id`, or `unmap`";
            return Err(Fault::new("missing-previous-id", detail));
        };
        let mut draft = Draft::new(EventKind::Merge);
        draft.name = Some("$merge".to_owned());
        draft.user_id = Some(global);
        draft.previous_id = user_id;
        // its properties stay its own
        let view_only = ("view_only".to_owned(), Value::Bool(true));
        draft.properties = Map::from_iter([view_only]);
        draft
    };
    draft.is_exact = true;
    for (key, value) in fields.rest() {
        draft.properties.entry(key).or_insert(value);
    }
    Ok(draft)
}

/// Moves the revenue fields that stand beside the properties into them.
fn revenue(draft: &mut Draft, fields: &mut Fields, name: Option<&str>) {
    let mut is_priced = name == Some(REVENUE);
    for key in [
        "price",
        "quantity",
        "revenue",
        "productId",
        "revenueType",
        "currency",
    ] {
        let Some(value) = fields.take(&[key]) else {
            continue;
        };
        is_priced |= key == "price";
        draft.properties.entry(key).or_insert(value);
    }
    if is_priced {
        revenue::fill(&mut draft.properties);
    }
}

/// `{"org": ["acme", "beta"], "plan": "pro"}` as pairs.
pub(crate) fn groups(mut groups: Map<String, Value>) -> Vec<(String, String)> {
    groups.sort_keys();
    let mut pairs = Vec::new();
    for (group_type, keys) in groups {
        let keys = match keys {
            Value::Array(keys) => keys,
            key => vec![key],
        };
        let keys = keys.iter().filter_map(fields::text);
        pairs.extend(keys.map(|key| (group_type.clone(), key)));
    }
    pairs
}
