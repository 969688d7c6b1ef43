//! Properties of people and groups: one entry of `/engage` or `/groups`.

use gyre_model::{EventKind, PropOpKind};
use serde_json::{Map, Value};

use super::event::{Ids, check_token, is_address};
use crate::draft::{Draft, Fault};
use crate::fields::Fields;
use crate::{context, ops};

/// Deletes the whole profile.
const DELETE: &str = "$delete";
/// Orders to the server. The time is that of the last visit and not of the change, which takes effect when it arrives.
const PLUMBING: &[&str] = &["$ignore_alias", "$ignore_time", "$time"];

/// Operations on one person's properties.
pub(super) fn person(raw: &str, token: Option<&str>) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    check_token(fields.take(&["$token"]).as_ref(), token)?;
    let mut draft = Draft::new(EventKind::Identify);
    draft.name = Some("$identify".to_owned());
    let ids = Ids {
        distinct: fields.take(&["$distinct_id", "distinct_id"]),
        user: fields.take(&["$user_id"]),
        device: fields.take(&["$device_id"]),
    };
    ids.name(&mut draft);
    let address = fields.take(&["$ip"]).filter(is_address);
    let address = address.map(|it| ("ip".to_owned(), it));
    let mut operators = Map::new();
    for (key, value) in fields.rest() {
        if key == DELETE {
            draft
                .user_ops
                .push(ops::op(PropOpKind::ClearAll, String::new(), Value::Null));
        } else if ops::operator(&key).is_some() {
            operators.insert(key, value);
        } else if !PLUMBING.contains(&key.as_str()) {
            let key = key.trim_start_matches('$');
            context::put(&mut draft.context, key, value);
        }
    }
    // what deletes stands before what writes, in whichever order they were sent
    draft.user_ops.extend(ops::read(operators));
    draft.context.extend(address);
    Ok(draft)
}

/// What a group is given: plain under `$set`, the other operators as they stand.
pub(super) fn group(raw: &str, token: Option<&str>) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    check_token(fields.take(&["$token"]).as_ref(), token)?;
    let mut draft = Draft::new(EventKind::Group);
    draft.name = Some("$groupidentify".to_owned());
    let group_type = fields.take_text(&["$group_key"]);
    let key = fields.take_text(&["$group_id"]);
    let Some(group) = group_type.zip(key) else {
        let detail = "a group has a `$group_key` and a `$group_id`";
        return Err(Fault::new("missing-group", detail));
    };
    draft.groups.push(group);
    for (key, value) in fields.rest() {
        match (key.as_str(), value) {
            ("$set", Value::Object(set)) => draft.properties.extend(set),
            (it, _) if PLUMBING.contains(&it) => {}
            (_, value) => _ = draft.properties.insert(key, value),
        }
    }
    Ok(draft)
}
