//! Messages in the address of a picture: for mail and pages where no script runs.
//!
//! Segment's has the message as JSON, in base64 or not, under `data`; Segment's and Rudder's may have its fields one
//! by one instead, `properties.subject=Hello`. Values of fields are text: nothing says that `5` was a number.

use gyre_base::limits::COLLECT_INLINE_BYTES_MAX;
use serde_json::{Map, Value};

use crate::{content, payload};

/// Deepest `a.b.c` of a field's name that becomes objects; what is deeper keeps its dots.
const DEPTH_MAX: usize = 5;

/// The message in a query; nothing if it has neither `data` nor fields.
pub(super) fn message(query: &str) -> Option<String> {
    let pairs = content::form_pairs(query);
    let data = pairs.iter().find(|it| it.0 == "data");
    if let Some(message) = data.and_then(|it| json(&it.1)) {
        return Some(message);
    }
    if pairs.is_empty() {
        return None;
    }
    let mut message = Map::new();
    for (name, value) in pairs {
        let path: Vec<&str> = name.splitn(DEPTH_MAX, '.').collect();
        // `properties={"a":1}` is an object as well
        let value = match content::value(&value) {
            Ok(object @ Value::Object(_)) => object,
            _ => Value::String(value),
        };
        put(&mut message, &path, &name, value);
    }
    Some(Value::Object(message).to_string())
}

/// A JSON object, in base64 or plain.
fn json(data: &str) -> Option<String> {
    let is_object = |text: &str| matches!(content::value(text), Ok(Value::Object(_)));
    if is_object(data) {
        return Some(data.to_owned());
    }
    let text = payload::unwrap(data, COLLECT_INLINE_BYTES_MAX).ok()?;
    is_object(&text).then_some(text)
}

/// Puts a value at a path; where something else is in the way, under its whole name.
fn put(map: &mut Map<String, Value>, path: &[&str], name: &str, value: Value) {
    let is_path = path.iter().all(|it| !it.is_empty());
    match path {
        [folder, rest @ ..] if is_path && !rest.is_empty() => {
            let new = || Value::Object(Map::new());
            match map.entry(*folder).or_insert_with(new) {
                Value::Object(inner) => put(inner, rest, &rest.join("."), value),
                _ => _ = map.entry(name).or_insert(value),
            }
        }
        _ => _ = map.entry(name).or_insert(value),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Option<&Value>) {
        let found = message(query).map(|it| serde_json::from_str::<Value>(&it).unwrap());
        assert_eq!(found.as_ref(), expected, "{query}");
    }

    #[test]
    fn data_is_json_in_any_base64_or_none() {
        let expected = json!({"userId": "u", "event": "Opened >?~"});
        // `{"userId":"u","event":"Opened >?~"}` has letters in which the alphabets differ
        let standard = STANDARD.encode(r#"{"userId":"u","event":"Opened >?~"}"#);
        let url_safe = URL_SAFE.encode(r#"{"userId":"u","event":"Opened >?~"}"#);
        assert_ne!(standard, url_safe);
        for data in [
            standard.clone(),
            standard.replace('+', "%2B").replace('=', "%3D"),
            standard.trim_end_matches('=').to_owned(),
            url_safe.trim_end_matches('=').to_owned(),
            "%7B%22userId%22:%22u%22,%22event%22:%22Opened%20%3E?~%22%7D".to_owned(),
        ] {
            check(&format!("data={data}&x=1"), Some(&expected));
        }
    }

    #[test]
    fn fields_with_dots_become_objects() {
        check(
            "writeKey=k&event=Email%20Opened&properties.subject=The+Daily&properties.n=5&context.page.url=https%3A%2F%2Fx.test",
            Some(&json!({
                "writeKey": "k", "event": "Email Opened",
                "properties": {"subject": "The Daily", "n": "5"},
                "context": {"page": {"url": "https://x.test"}}
            })),
        );
        check(
            "properties=%7B%22a%22%3A1%7D&properties.b=2",
            Some(&json!({"properties": {"a": 1, "b": "2"}})),
        );
        check(
            "a=1&a.b=2&c.=3",
            Some(&json!({"a": "1", "a.b": "2", "c.": "3"})),
        );
        check(
            "data=%25%25&event=A",
            Some(&json!({"data": "%%", "event": "A"})),
        );
        check("", None);
    }

    #[test]
    fn depth_is_bounded() {
        let name = "a.".repeat(5_000);
        let found = message(&format!("{name}b=1")).unwrap();
        let found: Value = serde_json::from_str(&found).unwrap();
        assert!(found.pointer("/a/a/a/a").is_some_and(Value::is_object));
    }
}
