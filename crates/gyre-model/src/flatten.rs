//! Nested properties under dotted paths, so that each has a type and a column of its own.
//!
//! `{"cart": {"total": 5}}` gets `cart.total` beside `cart`, which stays whole. Lists stay as they were sent: what is
//! in their objects is found by path when a question asks. Source: collect.md 2.2.

use gyre_base::limits::{FLATTEN_DEPTH_MAX, NAME_BYTES_MAX, PROPERTIES_MAX};
use serde_json::{Map, Value};

/// Adds the members of nested objects, down to [`FLATTEN_DEPTH_MAX`] names; a name that is there already stands.
///
/// Members beyond the limits of depth, name length and count are in their whole object only.
pub fn flatten(properties: &mut Map<String, Value>) {
    if !properties.values().any(Value::is_object) {
        return;
    }
    let mut found = Vec::new();
    for (key, value) in properties.iter() {
        // what begins so is a library's own: operators, not properties
        if let Value::Object(members) = value
            && !key.starts_with('$')
        {
            collect(key, members, 2, &mut found);
        }
    }
    for (path, value) in found {
        if properties.len() >= PROPERTIES_MAX {
            return;
        }
        properties.entry(path).or_insert(value);
    }
}

/// Members of an object whose paths have `depth` names.
fn collect(
    prefix: &str,
    members: &Map<String, Value>,
    depth: usize,
    found: &mut Vec<(String, Value)>,
) {
    if depth > FLATTEN_DEPTH_MAX {
        return;
    }
    for (key, value) in members {
        if prefix.len() + 1 + key.len() > NAME_BYTES_MAX || found.len() >= PROPERTIES_MAX {
            continue;
        }
        let path = format!("{prefix}.{key}");
        match value {
            Value::Object(inner) => collect(&path, inner, depth + 1, found),
            Value::Null => {}
            other => found.push((path, other.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(properties: Value, added: Value) {
        let [Value::Object(before), Value::Object(added)] = [properties, added] else {
            panic!("not objects");
        };
        let mut after = before.clone();
        flatten(&mut after);
        for (key, value) in &before {
            assert_eq!(
                after.shift_remove(key).as_ref(),
                Some(value),
                "{key} stands"
            );
        }
        assert_eq!(after, added);
    }

    #[test]
    fn members_have_paths_and_keep_their_types() {
        check(
            json!({"total": 5, "cart": {"total": 5, "is_gift": true, "code": "007", "tags": ["a", "b"], "none": null, "empty": {}}}),
            json!({"cart.total": 5, "cart.is_gift": true, "cart.code": "007", "cart.tags": ["a", "b"]}),
        );
        check(json!({"a": {"b": {"c": 1}}}), json!({"a.b.c": 1}));
        check(
            json!({"items": [{"id": 1}], "a": null, "b": "x"}),
            json!({}),
        );
    }

    #[test]
    fn a_name_that_is_there_stands() {
        check(
            json!({"a.b": "own", "a": {"b": 1, "c": 2}}),
            json!({"a.c": 2}),
        );
    }

    #[test]
    fn depth_names_and_number_are_bounded() {
        check(
            json!({"a": {"b": {"c": {"d": {"e": 5, "f": {"g": 6}}}}}}),
            json!({"a.b.c.d.e": 5}),
        );
        let long = "k".repeat(NAME_BYTES_MAX - 2);
        check(
            json!({"a": {&long: 1, format!("{long}k"): 2}}),
            json!({format!("a.{long}"): 1}),
        );
        let many: Map<String, Value> = (0..PROPERTIES_MAX)
            .map(|it| (it.to_string(), json!(1)))
            .collect();
        let mut properties = Map::from_iter([("a".to_owned(), Value::Object(many))]);
        flatten(&mut properties);
        assert_eq!(properties.len(), PROPERTIES_MAX);
    }
}
