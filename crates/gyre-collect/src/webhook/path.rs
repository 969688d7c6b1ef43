//! Where a field stands in a payload: `order.lines[0].sku`, `$.shop.id` from the payload's root.

use serde_json::Value;

/// Longest path: PostgreSQL's and Braze's names are under 256 bytes each, and nobody nests ten of them.
const PATH_BYTES_MAX: usize = 1_000;

/// A path, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    is_of_root: bool,
}

impl Path {
    /// Reads a path.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (text, is_of_root) = match text.strip_prefix("$.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        if text.trim().is_empty() {
            return Err("expected the path of a field, such as `order.id`".to_owned());
        }
        if text.len() > PATH_BYTES_MAX {
            return Err(format!("the path is over {PATH_BYTES_MAX} bytes"));
        }
        Ok(Self {
            // `a[0].b` and `a.0.b` are the same
            text: text.replace('[', ".").replace(']', ""),
            is_of_root,
        })
    }

    /// The name of the field at the top that the path goes through.
    pub(crate) fn top(&self) -> Option<&str> {
        (!self.is_of_root).then(|| self.text.split('.').next().unwrap_or_default())
    }

    /// The value there; nothing for null and for empty texts, which say nothing.
    pub(crate) fn find<'a>(&self, root: &'a Value, item: &'a Value) -> Option<&'a Value> {
        let mut at = if self.is_of_root { root } else { item };
        let mut rest = self.text.as_str();
        loop {
            // a name may have dots itself
            if let Some(found) = at.get(rest) {
                return says_something(found);
            }
            let (step, after) = match rest.split_once('.') {
                Some((step, after)) => (step, Some(after)),
                None => (rest, None),
            };
            at = match at {
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                other => other.get(step)?,
            };
            match after {
                Some(after) => rest = after,
                None => return says_something(at),
            }
        }
    }
}

fn says_something(value: &Value) -> Option<&Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &Value) {
        let root = json!({"shop": {"id": 7}, "items": [1]});
        let item = json!({"order": {"lines": [{"sku": "a"}, {"sku": "b"}]}, "a.b": 1, "empty": " ", "none": null});
        let found = Path::parse(path).unwrap().find(&root, &item).cloned();
        assert_eq!(found.unwrap_or(Value::Null), *expected, "{path}");
    }

    #[test]
    fn a_field_is_found_however_deep_it_stands() {
        check("order.lines[1].sku", &json!("b"));
        check("order.lines.0.sku", &json!("a"));
        check("order.lines[2].sku", &Value::Null);
        check("order.lines.sku", &Value::Null);
        check("a.b", &json!(1));
        check("$.shop.id", &json!(7));
        check("shop.id", &Value::Null);
        check("empty", &Value::Null);
        check("none", &Value::Null);
        assert!(Path::parse(" ").is_err());
        assert!(Path::parse(&"a".repeat(2_000)).is_err());
    }
}
