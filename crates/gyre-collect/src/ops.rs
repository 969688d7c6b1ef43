//! Operations on a person's properties, from Amplitude's, Mixpanel's and PostHog's spelling of them.

use std::collections::HashSet;

use gyre_model::people::reserved_property;
use gyre_model::{PropOp, PropOpKind};
use serde_json::{Map, Value};

/// Operators that hold a map of keys and operands, in the order in which one event's are applied.
///
/// The order is that of Amplitude's servers, which its SDKs name (`OrderedIdentifyOperations`): what clears comes
/// before what writes. `$union` is Mixpanel's.
const OPERATORS: &[(&str, PropOpKind)] = &[
    ("$clearAll", PropOpKind::ClearAll),
    ("$unset", PropOpKind::Unset),
    ("$set", PropOpKind::Set),
    ("$setOnce", PropOpKind::SetOnce),
    ("$set_once", PropOpKind::SetOnce),
    ("$add", PropOpKind::Add),
    ("$append", PropOpKind::Append),
    ("$prepend", PropOpKind::Prepend),
    ("$preInsert", PropOpKind::PreInsert),
    ("$postInsert", PropOpKind::PostInsert),
    ("$union", PropOpKind::Union),
    ("$remove", PropOpKind::Remove),
];

/// The operator of a key of `user_properties`, if it is one.
pub(crate) fn operator(key: &str) -> Option<PropOpKind> {
    let found = OPERATORS.iter().find(|it| it.0 == key);
    found.map(|it| it.1)
}

/// Reads a map of operators, of plain properties (which are set), or of both.
///
/// The outcome does not depend on the order of the map: operators come in the order of their list, plain properties
/// after `$set`, and the keys of each by name.
pub(crate) fn read(mut properties: Map<String, Value>) -> Vec<PropOp> {
    let mut ops = Vec::with_capacity(properties.len());
    for (name, kind) in OPERATORS {
        if let Some(operands) = properties.shift_remove(*name) {
            push_all(&mut ops, *kind, operands);
        }
        if *name == "$set" {
            let is_plain = |key: &String| operator(key).is_none();
            let keys = properties.keys().filter(|it| is_plain(it));
            let keys: Vec<String> = keys.cloned().collect();
            let plain = keys
                .into_iter()
                .filter_map(|it| properties.shift_remove_entry(&it));
            ops.extend(set_all(plain.collect()));
        }
    }
    ops
}

/// The operations of one operator; one without operands does nothing.
fn push_all(ops: &mut Vec<PropOp>, kind: PropOpKind, operands: Value) {
    match (kind, operands) {
        (PropOpKind::ClearAll, _) => ops.push(op(kind, String::new(), Value::Null)),
        (PropOpKind::Unset, Value::Object(map)) => {
            let mut keys: Vec<String> = map.into_iter().map(|it| it.0).collect();
            keys.sort_unstable();
            ops.extend(keys.into_iter().map(|key| op(kind, key, Value::Null)));
        }
        (PropOpKind::Unset, Value::Array(keys)) => {
            let keys = keys.iter().filter_map(Value::as_str);
            ops.extend(keys.map(|key| op(kind, key.to_owned(), Value::Null)));
        }
        (kind, Value::Object(mut map)) => {
            // what was not known the first time is no first value
            map.retain(|_, value| kind != PropOpKind::SetOnce || !value.is_null());
            map.sort_keys();
            ops.extend(map.into_iter().map(|(key, value)| op(kind, key, value)));
        }
        _ => {}
    }
}

/// Sets every property of a map, by name.
pub(crate) fn set_all(mut properties: Map<String, Value>) -> impl Iterator<Item = PropOp> {
    properties.sort_keys();
    let properties = properties.into_iter();
    properties.map(|(key, value)| op(PropOpKind::Set, key, value))
}

/// One operation.
pub(crate) fn op(op: PropOpKind, key: String, value: Value) -> PropOp {
    PropOp { op, key, value }
}

/// Most operations named in `violations`: more of them say nothing new.
const VIOLATIONS_MAX: usize = 20;

/// What cannot have an effect: adding what is no number. It is kept, and named for whoever looks.
pub(crate) fn violations(ops: &[PropOp]) -> Vec<String> {
    let is_wrong = |it: &&PropOp| it.op == PropOpKind::Add && !it.value.is_number();
    let named = ops.iter().filter(is_wrong).take(VIOLATIONS_MAX);
    named
        .map(|it| format!("`{}`: what is added is not a number", it.key))
        .collect()
}

/// Adds, behind each operation on a reserved property in another spelling, the same on its reserved name.
///
/// An event that speaks of the reserved name itself is taken at its word.
pub(crate) fn with_reserved(ops: Vec<PropOp>) -> Vec<PropOp> {
    let named: HashSet<&str> = ops
        .iter()
        .filter_map(|it| reserved_property(&it.key).filter(|name| *name == it.key))
        .collect();
    let mirrored: Vec<Option<PropOp>> = ops
        .iter()
        .map(|it| {
            let is_copied = matches!(
                it.op,
                PropOpKind::Set | PropOpKind::SetOnce | PropOpKind::Unset
            );
            let name = reserved_property(&it.key).filter(|name| is_copied && !named.contains(name));
            name.map(|name| op(it.op, name.to_owned(), it.value.clone()))
        })
        .collect();
    let pairs = ops.into_iter().zip(mirrored);
    pairs
        .flat_map(|(it, mirror)| [Some(it), mirror])
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(properties: Value, expected: &Value) {
        let Value::Object(map) = properties else {
            panic!("not an object");
        };
        let ops = with_reserved(read(map));
        let found: Vec<Value> = ops
            .iter()
            .map(|it| json!([it.op, it.key, it.value]))
            .collect();
        assert_eq!(&Value::Array(found), expected);
    }

    #[test]
    fn operators_are_applied_in_one_order_whatever_order_they_stand_in() {
        check(
            json!({"plain": [1], "$add": {"n": 2, "m": 1}, "$unset": {"gone": "-"}, "$set": {"plan": "pro"}}),
            &json!([
                ["unset", "gone", null],
                ["set", "plan", "pro"],
                ["set", "plain", [1]],
                ["add", "m", 1],
                ["add", "n", 2]
            ]),
        );
        check(
            json!({"$set_once": {"c": 1, "d": null}, "$unset": ["b", "a"], "$clearAll": "-", "$set": 5}),
            &json!([
                ["clear_all", "", null],
                ["unset", "b", null],
                ["unset", "a", null],
                ["set_once", "c", 1]
            ]),
        );
    }

    #[test]
    fn reserved_properties_are_written_under_both_names() {
        check(
            json!({"firstName": "Kim", "Email": "kim@shop.test", "n": 1}),
            &json!([
                ["set", "Email", "kim@shop.test"],
                ["set", "email", "kim@shop.test"],
                ["set", "firstName", "Kim"],
                ["set", "first_name", "Kim"],
                ["set", "n", 1]
            ]),
        );
        check(
            json!({"Email": "old@shop.test", "email": "kim@shop.test", "$add": {"Phone": 1}}),
            &json!([
                ["set", "Email", "old@shop.test"],
                ["set", "email", "kim@shop.test"],
                ["add", "Phone", 1]
            ]),
        );
    }
}
