//! A message in the query of a picture: JSON in base64 under `data`, and fields by their dotted names over it.

use gyre_base::limits::COLLECT_INLINE_BYTES_MAX;
use serde_json::{Map, Value};

use crate::content;
use crate::dialects::Refusal;
use crate::payload;

/// Parameters that are orders to the server. The key is kept where it is looked for.
const PLUMBING: &[&str] = &[
    "cookie_domain",
    "data",
    "process_headers",
    "writeKey",
    "writekey",
];
/// `context.page.url` is three; deeper names than this are no fields of a message.
const DEPTH_MAX: usize = 8;

/// The message as JSON.
pub(super) fn message(query: &str) -> Result<String, Refusal> {
    let pairs = content::form_pairs(query);
    let mut message = Map::new();
    if let Some((_, data)) = pairs.iter().find(|it| it.0 == "data") {
        let json = payload::unwrap(data, COLLECT_INLINE_BYTES_MAX);
        let json = json.map_err(|error| error.refusal("`data` is not JSON in base64"))?;
        message = match content::value(&json) {
            Ok(Value::Object(map)) => map,
            _ => {
                return Err(Refusal::Unreadable(
                    "`data` is not a JSON object".to_owned(),
                ));
            }
        };
    }
    for (name, value) in pairs {
        if !PLUMBING.contains(&name.as_str()) {
            let path: Vec<&str> = name.split('.').collect();
            if path.len() > DEPTH_MAX {
                let detail = format!("a parameter names more than {DEPTH_MAX} levels");
                return Err(Refusal::Unreadable(detail));
            }
            put(&mut message, &path, value);
        }
    }
    Ok(Value::Object(message).to_string())
}

/// Writes a field at its place, through what is no object there.
fn put(map: &mut Map<String, Value>, path: &[&str], value: String) {
    match path {
        [] => {}
        [name] => _ = map.insert((*name).to_owned(), Value::String(value)),
        [name, inner @ ..] => {
            let folder = map
                .entry(*name)
                .or_insert_with(|| Value::Object(Map::new()));
            if !folder.is_object() {
                *folder = Value::Object(Map::new());
            }
            if let Value::Object(folder) = folder {
                put(folder, inner, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_picture_carries_a_message() {
        let query = "writekey=k&data=eyJldmVudCI6IkEiLCJjb250ZXh0Ijp7InBhZ2UiOjV9fQ%3D%3D&userId=u-1&context.page.url=%2Fx";
        let message: Value = serde_json::from_str(&message(query).unwrap()).unwrap();
        assert_eq!(
            message,
            json!({"event": "A", "userId": "u-1", "context": {"page": {"url": "/x"}}})
        );
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let deep = format!("{}=1", ["a"; DEPTH_MAX + 1].join("."));
        for query in ["data=%%", "data=WzFd", &deep] {
            assert!(message(query).is_err(), "{query}");
        }
    }
}
