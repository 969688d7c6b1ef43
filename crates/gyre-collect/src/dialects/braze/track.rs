//! Attributes, events and purchases.

use gyre_model::{EventKind, PropOp, PropOpKind};
use serde_json::{Map, Value};

use super::id::Ids;
use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};
use crate::{context, ops, revenue};

/// Fields of attributes that say how to take the others.
const UPDATE_ONLY: &str = "_update_existing_only";
const MERGE_OBJECTS: &str = "_merge_objects";

/// What purchases are called.
const PURCHASE: &str = "purchase";

fn draft(kind: EventKind, ids: Ids) -> Draft {
    let mut draft = Draft::new(kind);
    draft.user_id = ids.user.map(Value::String);
    draft.device_id = ids.device.map(Value::String);
    draft.is_exact = true;
    draft
}

/// Properties of a person.
pub(super) fn attributes(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let ids = Ids::take(&mut fields)?;
    let mut draft = draft(EventKind::Identify, ids);
    draft.name = Some("$identify".to_owned());
    let is_merge = fields.take_flag(&[MERGE_OBJECTS]);
    for name in [UPDATE_ONLY, "app_id", "push_token_import"] {
        if let Some(value) = fields.take(&[name]) {
            context::put(&mut draft.context, name.trim_start_matches('_'), value);
        }
    }
    for (key, value) in fields.rest_with_nulls() {
        operations(&mut draft.user_ops, &key, value, is_merge);
    }
    Ok(draft)
}

/// What one attribute does: null unsets, objects of operators operate, anything else is set.
fn operations(ops: &mut Vec<PropOp>, key: &str, value: Value, is_merge: bool) {
    let mut push = |kind: PropOpKind, value: Value| ops.push(ops::op(kind, key.to_owned(), value));
    match value {
        Value::Null => push(PropOpKind::Unset, Value::Null),
        Value::Object(map) if is_operators(&map) => {
            // in this order, whatever order they stand in
            for (operator, kind) in OPERATORS {
                if let Some(operand) = map.get(*operator) {
                    let is_deep = is_merge && *kind == PropOpKind::UpdateItems;
                    let kind = if is_deep {
                        PropOpKind::MergeItems
                    } else {
                        *kind
                    };
                    push(kind, operand.clone());
                }
            }
        }
        Value::Object(map) if is_merge => push(PropOpKind::MergeObject, Value::Object(map)),
        value => push(PropOpKind::Set, value),
    }
}

const OPERATORS: &[(&str, PropOpKind)] = &[
    ("inc", PropOpKind::Add),
    ("add", PropOpKind::MoveToEnd),
    ("remove", PropOpKind::Remove),
    ("$add", PropOpKind::Append),
    ("$update", PropOpKind::UpdateItems),
    ("$remove", PropOpKind::RemoveItems),
];

/// An object with nothing but operators is none of the person's own.
fn is_operators(map: &Map<String, Value>) -> bool {
    let is_operator = |key: &String| OPERATORS.iter().any(|it| it.0 == key);
    let fits = |(key, value): (&String, &Value)| match key.as_str() {
        "inc" => !value.is_object(),
        _ => value.is_array(),
    };
    !map.is_empty() && map.keys().all(is_operator) && map.iter().all(fits)
}

/// The instant that Braze insists on.
fn time(draft: &mut Draft, fields: &mut Fields) -> Result<(), Fault> {
    draft.client_time = fields.take_time(&["time"]);
    match draft.client_time {
        Some(_) => Ok(()),
        None => Err(Fault::new(
            "missing-time",
            "'time' is required, as ISO 8601",
        )),
    }
}

/// Keeps what has no place of its own beside the event.
fn remainder(mut draft: Draft, fields: Fields) -> Draft {
    for (key, value) in fields.rest() {
        context::put(&mut draft.context, key.trim_start_matches('_'), value);
    }
    draft
}

/// Something that happened.
pub(super) fn event(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let ids = Ids::take_all(&mut fields)?;
    let mut draft = draft(EventKind::Track, ids);
    draft.name = fields.take_text(&["name"]);
    if draft.name.is_none() {
        return Err(Fault::new("missing-event-name", "'name' is required"));
    }
    time(&mut draft, &mut fields)?;
    draft.properties = fields.take_map(&["properties"])?;
    Ok(remainder(draft, fields))
}

/// Something that was bought.
pub(super) fn purchase(raw: &str) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let ids = Ids::take_all(&mut fields)?;
    let mut draft = draft(EventKind::Track, ids);
    draft.name = Some(PURCHASE.to_owned());
    time(&mut draft, &mut fields)?;
    let wrong = |name: &str, what: &str| {
        Fault::new("bad-purchase", format!("'{name}' is required, {what}"))
    };
    let product = fields.take_text(&["product_id"]);
    let product = product.ok_or_else(|| wrong("product_id", "a text"))?;
    let currency = fields.take_text(&["currency"]).map(|it| it.to_uppercase());
    let currency =
        currency.filter(|it| it.len() == 3 && it.bytes().all(|it| it.is_ascii_uppercase()));
    let currency = currency.ok_or_else(|| wrong("currency", "three letters as in ISO 4217"))?;
    let price = fields.take(&["price"]).filter(Value::is_number);
    let price = price.ok_or_else(|| wrong("price", "a number"))?;
    let quantity = match fields.take(&["quantity"]) {
        None => 1,
        Some(it) => fields::integer(&it).ok_or_else(|| wrong("quantity", "a whole number"))?,
    };
    draft.properties = Map::from_iter([
        ("product_id".to_owned(), Value::from(product)),
        ("currency".to_owned(), Value::from(currency)),
        ("price".to_owned(), price),
        ("quantity".to_owned(), Value::from(quantity)),
    ]);
    revenue::fill(&mut draft.properties);
    for (key, value) in fields.take_map(&["properties"])? {
        draft.properties.entry(key).or_insert(value);
    }
    Ok(remainder(draft, fields))
}
