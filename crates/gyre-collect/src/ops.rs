//! Operations on a person's properties, from Amplitude's, Mixpanel's and PostHog's spelling of them.

use std::collections::HashSet;

use gyre_model::people::reserved_property;
use gyre_model::{PropOp, PropOpKind};
use serde_json::{Map, Value};

/// Operators that hold a map of keys and operands.
const OPERATORS: &[(&str, PropOpKind)] = &[
    ("$set", PropOpKind::Set),
    ("$setOnce", PropOpKind::SetOnce),
    ("$set_once", PropOpKind::SetOnce),
    ("$add", PropOpKind::Add),
    ("$append", PropOpKind::Append),
    ("$prepend", PropOpKind::Prepend),
    ("$preInsert", PropOpKind::PreInsert),
    ("$postInsert", PropOpKind::PostInsert),
    ("$union", PropOpKind::PostInsert),
    ("$remove", PropOpKind::Remove),
    ("$unset", PropOpKind::Unset),
];

/// The operator of a key of `user_properties`, if it is one.
pub(crate) fn operator(key: &str) -> Option<PropOpKind> {
    let found = OPERATORS.iter().find(|it| it.0 == key);
    found.map(|it| it.1)
}

/// Reads a map of operators, of plain properties (which are set), or of both, in its order.
pub(crate) fn read(properties: Map<String, Value>) -> Vec<PropOp> {
    let mut ops = Vec::with_capacity(properties.len());
    for (key, value) in properties {
        if key == "$clearAll" {
            ops.push(op(PropOpKind::ClearAll, String::new(), Value::Null));
            continue;
        }
        match (operator(&key), value) {
            (None, value) => ops.push(op(PropOpKind::Set, key, value)),
            (Some(PropOpKind::Unset), Value::Object(map)) => {
                let keys = map.into_iter().map(|it| it.0);
                ops.extend(keys.map(|key| op(PropOpKind::Unset, key, Value::Null)));
            }
            (Some(PropOpKind::Unset), Value::Array(keys)) => {
                let keys = keys.iter().filter_map(Value::as_str);
                ops.extend(keys.map(|key| op(PropOpKind::Unset, key.to_owned(), Value::Null)));
            }
            (Some(kind), Value::Object(map)) => {
                // what was not known the first time is no first value
                let map = map
                    .into_iter()
                    .filter(|it| kind != PropOpKind::SetOnce || !it.1.is_null());
                ops.extend(map.map(|(key, value)| op(kind, key, value)));
            }
            // an operator without operands does nothing
            (Some(_), _) => {}
        }
    }
    ops
}

/// Sets every property of a map.
pub(crate) fn set_all(properties: Map<String, Value>) -> impl Iterator<Item = PropOp> {
    let properties = properties.into_iter();
    properties.map(|(key, value)| op(PropOpKind::Set, key, value))
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

fn op(op: PropOpKind, key: String, value: Value) -> PropOp {
    PropOp { op, key, value }
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
    fn operators_and_plain_properties_are_read_in_their_order() {
        check(
            json!({"$set": {"plan": "pro"}, "$add": {"n": 2}, "$unset": {"gone": "-"}, "plain": [1]}),
            &json!([
                ["set", "plan", "pro"],
                ["add", "n", 2],
                ["unset", "gone", null],
                ["set", "plain", [1]]
            ]),
        );
        check(
            json!({"$clearAll": "-", "$unset": ["a", "b"], "$set_once": {"c": 1, "d": null}, "$set": 5}),
            &json!([
                ["clear_all", "", null],
                ["unset", "a", null],
                ["unset", "b", null],
                ["set_once", "c", 1]
            ]),
        );
    }

    #[test]
    fn reserved_properties_are_written_under_both_names() {
        check(
            json!({"firstName": "Kim", "Email": "kim@shop.test", "n": 1}),
            &json!([
                ["set", "firstName", "Kim"],
                ["set", "first_name", "Kim"],
                ["set", "Email", "kim@shop.test"],
                ["set", "email", "kim@shop.test"],
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
