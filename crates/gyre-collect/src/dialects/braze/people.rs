//! Identities: aliases, profiles that become known, merges, deletions.
//!
//! Linking an alias, an address or a number to an `external_id` takes effect like any other evidence. Joining two
//! external ids, renaming one, renaming an alias and deleting a person are events of the kinds merge, alias and delete,
//! to which `gyre-identity` gives their effect.

use gyre_model::EventKind;
use serde_json::Value;

use super::id::{self, Ids};
use crate::content;
use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};

fn draft(kind: EventKind, name: &str) -> Draft {
    let mut draft = Draft::new(kind);
    draft.name = Some(name.to_owned());
    draft.is_exact = true;
    draft
}

fn required(fields: &mut Fields, name: &str) -> Result<String, Fault> {
    fields.take_text(&[name]).ok_or_else(|| {
        let detail = format!("'{name}' is required");
        Fault::new("missing-user", detail)
    })
}

/// Keeps what has no place of its own.
fn with_rest(mut draft: Draft, fields: Fields) -> Draft {
    for (key, value) in fields.rest() {
        draft.properties.entry(key).or_insert(value);
    }
    draft
}

/// `previous` is a profile that from now on is `user`'s.
fn link(user: String, previous: String) -> Draft {
    let mut draft = draft(EventKind::Alias, "$alias");
    draft.user_id = Some(Value::String(user));
    draft.previous_id = Some(Value::String(previous));
    draft
}

/// An alias, an address or a number that is a known user's.
pub(super) fn identify(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let user = required(&mut fields, "external_id")?;
    let ids = Ids::take_all(&mut fields)?;
    let previous = ids.one().ok_or_else(id::missing)?;
    Ok(with_rest(link(user, previous), fields))
}

/// A further alias of a user, or an alias that is all that is known of somebody.
pub(super) fn new_alias(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let user = fields.take_text(&["external_id"]);
    let label = required(&mut fields, "alias_label")?;
    let alias = id::named(&label, &required(&mut fields, "alias_name")?);
    let draft = if let Some(user) = user {
        link(user, alias)
    } else {
        let mut draft = draft(EventKind::Identify, "$identify");
        draft.device_id = Some(Value::String(alias));
        draft
    };
    Ok(with_rest(draft, fields))
}

/// An alias of another name.
pub(super) fn rename_alias(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let label = required(&mut fields, "alias_label")?;
    let old = required(&mut fields, "old_alias_name")?;
    let new = required(&mut fields, "new_alias_name")?;
    let mut draft = draft(EventKind::Alias, "$alias");
    draft.device_id = Some(Value::String(id::named(&label, &new)));
    draft.previous_id = Some(Value::String(id::named(&label, &old)));
    Ok(with_rest(draft, fields))
}

/// Two profiles that are one person.
pub(super) fn merge(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let gone = Ids::within(&mut fields, "identifier_to_merge")?;
    let kept = Ids::within(&mut fields, "identifier_to_keep")?;
    let is_link = kept.user.is_some() && gone.user.is_none();
    let previous = gone.one().ok_or_else(id::missing)?;
    let draft = match kept.user {
        Some(user) if is_link => link(user, previous),
        user => {
            let mut draft = draft(EventKind::Merge, "$merge");
            draft.user_id = user.map(Value::String);
            draft.device_id = kept.device.map(Value::String);
            draft.previous_id = Some(Value::String(previous));
            draft
        }
    };
    Ok(with_rest(draft, fields))
}

/// A user of another id; the old one still names them.
pub(super) fn rename(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let old = required(&mut fields, "current_external_id")?;
    let new = required(&mut fields, "new_external_id")?;
    let mut draft = draft(EventKind::Merge, "$merge");
    draft.user_id = Some(Value::String(new));
    draft.previous_id = Some(Value::String(old));
    draft
        .properties
        .insert("rename".to_owned(), Value::Bool(true));
    Ok(with_rest(draft, fields))
}

/// The text of a list of texts.
fn plain(raw: &str) -> Result<String, Fault> {
    let value = content::value(raw).ok();
    value
        .as_ref()
        .filter(|it| !it.is_object())
        .and_then(fields::text)
        .ok_or_else(|| Fault::new("missing-user", "an identifier is a text"))
}

/// An external id to delete.
pub(super) fn delete_external_id(raw: &str) -> Result<Draft, Fault> {
    let mut draft = draft(EventKind::Delete, "$delete");
    draft.user_id = Some(Value::String(plain(raw)?));
    Ok(draft)
}

/// An id of Braze's own to delete.
pub(super) fn delete_braze_id(raw: &str) -> Result<Draft, Fault> {
    let mut draft = draft(EventKind::Delete, "$delete");
    draft.device_id = Some(Value::String(format!("braze_id:{}", plain(raw)?)));
    Ok(draft)
}

/// An alias, an address or a number to delete.
pub(super) fn delete_person(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let mut draft = draft(EventKind::Delete, "$delete");
    let alias = fields
        .take_text(&["alias_label"])
        .zip(fields.take_text(&["alias_name"]));
    let device = match alias {
        Some((label, name)) => Some(id::named(&label, &name)),
        None => Ids::take_all(&mut fields)?.one(),
    };
    draft.device_id = device.map(Value::String);
    Ok(with_rest(draft, fields))
}
