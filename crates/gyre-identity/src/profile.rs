//! Properties of a person as a fold of operations, at any instant.
//!
//! Operations are ordered by event time, then by arrival. Where an anonymous device's operation and the
//! user's own disagree, the user's wins: the device's are folded first. Source: collect.md 2.3 and 3.2.

use std::sync::Arc;

use gyre_model::event::PropOpKind;
use gyre_model::people::NodeKind;
use gyre_model::value::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::apply::apply;

/// Operations of one device that are all kept; from then on repeats are told apart as those of a user are.
const DEVICE_OPS_MAX: usize = 256;

/// One operation as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredOp {
    /// Event time, milliseconds UTC.
    pub time: i64,
    /// Order of arrival over the workspace.
    pub seq: u64,
    /// What to do.
    pub op: PropOpKind,
    /// Property.
    pub key: Arc<str>,
    /// Operand.
    pub value: Value,
}

/// Applies operations in order to `properties`.
pub fn fold<'a>(properties: &mut Map<String, Value>, ops: impl IntoIterator<Item = &'a StoredOp>) {
    for it in ops {
        apply(properties, it);
    }
}

/// Adds an operation where its event time puts it; false if it changes nothing.
///
/// Of a stretch of time in which a property is set to one value again and again, the first and the last are kept:
/// whatever arrives late in between then finds the property as it was and leaves it as it is now. Browsers repeat
/// dozens of first values at every sign-in; of those only one before all that is known counts.
///
/// On a device an operation may be of one user and the next of another, so that of those all are kept, up to a bound.
pub(crate) fn insert_op(ops: &mut Vec<StoredOp>, new: StoredOp, kind: NodeKind) -> bool {
    let at = ops.partition_point(|it| (it.time, it.seq) < (new.time, new.seq));
    if kind == NodeKind::Device && ops.len() < DEVICE_OPS_MAX {
        ops.insert(at, new);
        return true;
    }
    let is_close = |it: &StoredOp| *it.key == *new.key || it.op == PropOpKind::ClearAll;
    if new.op == PropOpKind::SetOnce {
        let before = ops[..at].iter().rev().find(|it| is_close(it));
        let has_value = |it: &StoredOp| matches!(it.op, PropOpKind::Set | PropOpKind::SetOnce);
        if before.is_some_and(has_value) {
            return false;
        }
    }
    if new.op != PropOpKind::Set {
        ops.insert(at, new);
        return true;
    }
    let is_same = |place: usize| {
        let it = &ops[place];
        it.op == PropOpKind::Set && it.value == new.value
    };
    let mut before = (0..at).rev().filter(|it| is_close(&ops[*it]));
    let (last, last_but_one) = (before.next(), before.next());
    let mut after = (at..ops.len()).filter(|it| is_close(&ops[*it]));
    let (next, next_but_one) = (after.next(), after.next());
    let is_again = |it: Option<usize>| it.is_some_and(is_same);
    if is_again(last) && is_again(next) {
        return false;
    }
    let inside = match (last, next) {
        (Some(it), _) if is_same(it) && is_again(last_but_one) => Some(it),
        (_, Some(it)) if is_same(it) && is_again(next_but_one) => Some(it),
        _ => None,
    };
    ops.insert(at, new);
    if let Some(place) = inside {
        ops.remove(if place < at { place } else { place + 1 });
    }
    true
}

/// Values of one property over time: (from this instant on, value), ascending.
///
/// `device_ops` and `user_ops` are ordered; the user's are folded over the devices'.
pub fn values_over_time(
    device_ops: &[&StoredOp],
    user_ops: &[&StoredOp],
    key: &str,
) -> Vec<(i64, Scalar)> {
    let of_key = |ops: &[&StoredOp]| -> Vec<StoredOp> {
        let keep = |it: &&&StoredOp| &*it.key == key || it.op == PropOpKind::ClearAll;
        ops.iter()
            .filter(keep)
            .map(|it| StoredOp::clone(it))
            .collect()
    };
    let (device_ops, user_ops) = (of_key(device_ops), of_key(user_ops));
    let mut times: Vec<i64> = device_ops
        .iter()
        .chain(&user_ops)
        .map(|it| it.time)
        .collect();
    times.sort_unstable();
    times.dedup();
    let mut out: Vec<(i64, Scalar)> = Vec::with_capacity(times.len());
    let mut put = |time: i64, properties: &Map<String, Value>| {
        let value = properties.get(key).map_or(Scalar::Null, Scalar::from_json);
        if out.last().is_none_or(|(_, last)| *last != value) {
            out.push((time, value));
        }
    };
    if device_ops.is_empty() {
        // one list of operations: a single pass gives every value
        let mut properties = Map::new();
        let mut ops = user_ops.iter().peekable();
        for time in times {
            while let Some(it) = ops.next_if(|it| it.time <= time) {
                apply(&mut properties, it);
            }
            put(time, &properties);
        }
        return out;
    }
    for time in times {
        let mut properties = Map::new();
        fold(
            &mut properties,
            device_ops.iter().take_while(|it| it.time <= time),
        );
        fold(
            &mut properties,
            user_ops.iter().take_while(|it| it.time <= time),
        );
        put(time, &properties);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn op(time: i64, op: PropOpKind, value: Value) -> StoredOp {
        StoredOp {
            time,
            seq: time as u64,
            op,
            key: "x".into(),
            value,
        }
    }

    #[track_caller]
    fn check(ops: &[(PropOpKind, Value)], expected: &Value) {
        let mut properties = Map::new();
        let ops: Vec<StoredOp> = ops
            .iter()
            .enumerate()
            .map(|(i, (kind, value))| op(i as i64, *kind, value.clone()))
            .collect();
        fold(&mut properties, &ops);
        let expected = Some(expected).filter(|it| !it.is_null());
        assert_eq!(properties.get("x"), expected, "{ops:?}");
    }

    #[test]
    fn operations_mean_what_the_sdks_promise() {
        use PropOpKind::{
            Add, Append, ClearAll, MergeItems, MergeObject, MoveToEnd, PostInsert, PreInsert,
            Prepend, Remove, RemoveItems, Set, SetOnce, Union, Unset, UpdateItems,
        };
        check(&[(Set, json!("a")), (Set, json!("b"))], &json!("b"));
        check(&[(SetOnce, json!("a")), (SetOnce, json!("b"))], &json!("a"));
        check(&[(Add, json!(2)), (Add, json!(0.5))], &json!(2.5));
        check(&[(Set, json!("a")), (Add, json!(1))], &json!("a"));
        check(
            &[(Append, json!("a")), (Append, json!(["a", "b"]))],
            &json!(["a", "a", "b"]),
        );
        check(
            &[(Set, json!(["a"])), (Prepend, json!(["b", "c"]))],
            &json!(["b", "c", "a"]),
        );
        check(
            &[(PostInsert, json!("a")), (PostInsert, json!(["a", "b"]))],
            &json!(["a", "b"]),
        );
        check(
            &[(Set, json!(["a"])), (PreInsert, json!(["b", "a"]))],
            &json!(["b", "a"]),
        );
        check(
            &[(Set, json!(["a", "b", "a"])), (Remove, json!("a"))],
            &json!(["b"]),
        );
        check(&[(Remove, json!("a"))], &json!(null));
        check(&[(Set, json!(1)), (Unset, json!(null))], &json!(null));
        check(&[(Set, json!(1)), (ClearAll, json!(null))], &json!(null));
        check(
            &[(Set, json!(["a", "b", "a"])), (Union, json!(["b", "c"]))],
            &json!(["a", "b", "c"]),
        );
        check(
            &[
                (Set, json!(["a", "b"])),
                (MoveToEnd, json!(["a", "c", "c"])),
            ],
            &json!(["b", "a", "c"]),
        );
        check(
            &[(Set, json!([1, 2])), (Remove, json!(1.0))],
            &json!([2]), // one number
        );
        check(
            &[
                (Set, json!({"a": {"b": 1, "c": 2}, "d": [1]})),
                (MergeObject, json!({"a": {"c": null, "e": 3}, "d": [2]})),
            ],
            &json!({"a": {"b": 1, "e": 3}, "d": [2]}),
        );
        check(&[(MergeObject, json!({"a": null}))], &json!({}));
        let pets = json!([{"id": 1, "name": "Gus"}, {"id": 2, "name": "Gerald"}]);
        let one = |new: Value| json!([{"$identifier_key": "id", "$identifier_value": 1, "$new_object": new}]);
        check(
            &[(Set, pets.clone()), (UpdateItems, one(json!({"id": 1})))],
            &json!([{"id": 1}, {"id": 2, "name": "Gerald"}]),
        );
        check(
            &[(Set, pets.clone()), (MergeItems, one(json!({"age": 3})))],
            &json!([{"id": 1, "name": "Gus", "age": 3}, {"id": 2, "name": "Gerald"}]),
        );
        check(
            &[(Set, pets), (RemoveItems, one(json!({})))],
            &json!([{"id": 2, "name": "Gerald"}]),
        );
        check(&[(RemoveItems, one(json!({})))], &json!(null));
    }

    #[test]
    fn of_equal_values_the_first_and_the_last_are_kept() {
        let mut ops = Vec::new();
        let mut put = |time: i64, value: &str| {
            let new = op(time, PropOpKind::Set, json!(value));
            insert_op(&mut ops, new, NodeKind::User);
            ops.iter().map(|it| it.time).collect::<Vec<_>>()
        };
        assert_eq!(put(1, "a"), [1]);
        assert_eq!(put(5, "a"), [1, 5]);
        assert_eq!(put(9, "a"), [1, 9]);
        assert_eq!(put(3, "a"), [1, 9]);
        assert_eq!(put(0, "a"), [0, 9], "an earlier first");
        assert_eq!(put(4, "b"), [0, 4, 9], "late, and in between");
        let mut properties = Map::new();
        fold(&mut properties, &ops);
        assert_eq!(properties["x"], json!("a"));
    }

    #[test]
    fn the_users_own_value_wins_over_an_anonymous_one() {
        let device = op(5, PropOpKind::Set, json!("free"));
        let user = op(3, PropOpKind::Set, json!("pro"));
        let values = values_over_time(&[&device], &[&user], "x");
        assert_eq!(values, vec![(3, Scalar::Text("pro".into()))]);
    }

    #[test]
    fn values_over_time_list_each_change_once() {
        let ops = [
            op(1, PropOpKind::Set, json!("a")),
            op(2, PropOpKind::Set, json!("a")),
            op(4, PropOpKind::Set, json!("b")),
        ];
        let values = values_over_time(&[], &ops.iter().collect::<Vec<_>>(), "x");
        assert_eq!(
            values,
            vec![(1, Scalar::Text("a".into())), (4, Scalar::Text("b".into()))]
        );
    }
}
