//! What one operation does to a person's properties.
//!
//! Source: collect.md 2.3. An operation that does not fit the value it meets changes nothing.

use gyre_model::event::PropOpKind;
use serde_json::{Map, Number, Value};

use crate::profile::StoredOp;

/// Applies one operation.
pub(crate) fn apply(properties: &mut Map<String, Value>, it: &StoredOp) {
    let key = &*it.key;
    let operand = &it.value;
    match it.op {
        PropOpKind::Set => {
            properties.insert(key.to_owned(), operand.clone());
        }
        PropOpKind::SetOnce => {
            properties.entry(key).or_insert_with(|| operand.clone());
        }
        PropOpKind::Add => add(properties, key, operand),
        PropOpKind::Append => edit_list(properties, key, |list| list.extend(items(operand))),
        PropOpKind::Prepend => edit_list(properties, key, |list| {
            list.splice(0..0, items(operand));
        }),
        PropOpKind::PostInsert => edit_list(properties, key, |list| {
            for item in items(operand) {
                if !has(list, &item) {
                    list.push(item);
                }
            }
        }),
        PropOpKind::PreInsert => edit_list(properties, key, |list| {
            let mut new = items(operand);
            new.retain(|item| !has(list, item));
            list.splice(0..0, new);
        }),
        PropOpKind::Union => edit_list(properties, key, |list| {
            let all = std::mem::take(list).into_iter().chain(items(operand));
            all.for_each(|item| {
                if !has(list, &item) {
                    list.push(item);
                }
            });
        }),
        PropOpKind::MoveToEnd => edit_list(properties, key, |list| {
            let all = std::mem::take(list).into_iter().chain(items(operand));
            for item in all {
                list.retain(|old| !is_same(old, &item));
                list.push(item);
            }
        }),
        PropOpKind::Remove => edit_present(properties, key, |list| {
            let gone = items(operand);
            list.retain(|item| !has(&gone, item));
        }),
        PropOpKind::MergeObject => {
            let old = properties.entry(key).or_insert(Value::Null);
            merge(old, operand);
        }
        PropOpKind::UpdateItems | PropOpKind::MergeItems => {
            edit_present(properties, key, |list| update_items(list, it.op, operand));
        }
        PropOpKind::RemoveItems => edit_present(properties, key, |list| {
            for gone in items(operand) {
                list.retain(|item| !is_match(item, &gone));
            }
        }),
        PropOpKind::Unset => {
            properties.shift_remove(key);
        }
        PropOpKind::ClearAll => properties.clear(),
    }
}

fn add(properties: &mut Map<String, Value>, key: &str, more: &Value) {
    let old = match properties.get(key) {
        None | Some(Value::Null) => Some(0.0),
        Some(old) => old.as_f64(),
    };
    // adding to what is not a number changes nothing
    if let (Some(old), Some(more)) = (old, more.as_f64()) {
        properties.insert(key.to_owned(), number(old + more));
    }
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// Equal, where `1` and `1.0` are one number.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn has(list: &[Value], item: &Value) -> bool {
    list.iter().any(|it| is_same(it, item))
}

/// Edits a property as a list: a missing one is empty, a single value is a list of one.
fn edit_list(properties: &mut Map<String, Value>, key: &str, edit: impl FnOnce(&mut Vec<Value>)) {
    let property = properties.entry(key).or_insert(Value::Null);
    let mut list = match property.take() {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => vec![other],
    };
    edit(&mut list);
    *property = Value::Array(list);
}

/// Like [`edit_list`], but leaves a missing property missing.
fn edit_present(
    properties: &mut Map<String, Value>,
    key: &str,
    edit: impl FnOnce(&mut Vec<Value>),
) {
    if properties.contains_key(key) {
        edit_list(properties, key, edit);
    }
}

/// Merges as RFC 7396 does: objects level by level, null deletes, anything else takes the place of the old value.
fn merge(old: &mut Value, new: &Value) {
    let Value::Object(new) = new else {
        old.clone_from(new);
        return;
    };
    if !old.is_object() {
        *old = Value::Object(Map::new());
    }
    let Value::Object(old) = old else {
        return;
    };
    for (key, value) in new {
        if value.is_null() {
            old.shift_remove(key);
        } else {
            merge(old.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// Whether an object of a list is the one that `$identifier_key` and `$identifier_value` name.
fn is_match(item: &Value, operand: &Value) -> bool {
    let wanted = operand.get("$identifier_value");
    let key = operand.get("$identifier_key").and_then(Value::as_str);
    match (key.and_then(|it| item.get(it)), wanted) {
        (Some(found), Some(wanted)) => is_same(found, wanted),
        _ => false,
    }
}

fn update_items(list: &mut [Value], op: PropOpKind, operand: &Value) {
    for update in items(operand) {
        let Some(new @ Value::Object(_)) = update.get("$new_object") else {
            continue;
        };
        for item in list.iter_mut().filter(|it| is_match(it, &update)) {
            match op {
                PropOpKind::MergeItems => merge(item, new),
                _ => item.clone_from(new),
            }
        }
    }
}
