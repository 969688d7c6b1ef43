//! Property values as charts compare them.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde_json::Value;

/// One property value: typed, hashable, with a total order for sorting rows.
///
/// `1` and `1.0` are the same number; `"1"` is another value. Objects are kept as JSON text.
#[derive(Clone, Debug)]
pub enum Scalar {
    /// Missing, null, or an empty list.
    Null,
    /// True or false.
    Bool(bool),
    /// Any JSON number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list of values.
    List(Vec<Scalar>),
    /// An object, as canonical JSON text.
    Object(String),
}

impl Scalar {
    /// Reads a JSON value.
    pub fn from_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            Value::Number(it) => it.as_f64().map_or(Self::Null, Self::Number),
            Value::String(it) => Self::Text(it.clone()),
            Value::Array(items) if items.is_empty() => Self::Null,
            Value::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            Value::Object(_) => Self::Object(value.to_string()),
        }
    }

    /// The value as JSON; a whole number is written without a fraction.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(it) => Value::Bool(*it),
            Self::Number(it) if it.fract() == 0.0 && it.abs() < 9e15 => Value::from(*it as i64),
            Self::Number(it) => {
                serde_json::Number::from_f64(*it).map_or(Value::Null, Value::Number)
            }
            Self::Text(it) => Value::String(it.clone()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Object(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        }
    }

    /// Whether the value is missing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(it) => Some(*it),
            Self::List(items) if items.len() == 1 => items[0].as_number(),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(it) => Some(it),
            _ => None,
        }
    }

    /// The value as a person reads it: rows of equal measure are ordered by it.
    pub fn display(&self) -> String {
        match self {
            Self::Text(it) => it.clone(),
            other => other.to_json().to_string(),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::List(_) => 4,
            Self::Object(_) => 5,
        }
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scalar {}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            // -0.0 and 0.0 are one value, as `1` and `1.0` are
            (Self::Number(a), Self::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Text(a), Self::Text(b)) | (Self::Object(a), Self::Object(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Null => {}
            Self::Bool(it) => it.hash(state),
            Self::Number(it) => (it + 0.0).to_bits().hash(state),
            Self::Text(it) | Self::Object(it) => it.hash(state),
            Self::List(items) => items.hash(state),
        }
    }
}

/// Reads `path` (`items/category`) in a JSON value; a list on the way means any of its elements.
pub fn at_path(value: &Value, path: &[&str]) -> Scalar {
    let Some((first, rest)) = path.split_first() else {
        return Scalar::from_json(value);
    };
    match value {
        Value::Array(items) => {
            let found: Vec<Scalar> = items
                .iter()
                .map(|it| at_path(it, path))
                .flat_map(|it| match it {
                    Scalar::List(inner) => inner,
                    Scalar::Null => Vec::new(),
                    other => vec![other],
                })
                .collect();
            if found.is_empty() {
                Scalar::Null
            } else {
                Scalar::List(found)
            }
        }
        Value::Object(map) => map.get(*first).map_or(Scalar::Null, |it| at_path(it, rest)),
        _ => Scalar::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_one_type_and_texts_another() {
        assert_eq!(Scalar::from_json(&json!(1)), Scalar::from_json(&json!(1.0)));
        assert_ne!(Scalar::from_json(&json!(1)), Scalar::from_json(&json!("1")));
        assert_eq!(Scalar::from_json(&json!(1.0)).to_json().to_string(), "1");
    }

    #[test]
    fn an_empty_list_is_missing_and_an_empty_text_is_not() {
        assert!(Scalar::from_json(&json!([])).is_null());
        assert!(!Scalar::from_json(&json!("")).is_null());
    }

    #[test]
    fn a_path_reads_any_element_of_a_list() {
        let items = json!({"items": [{"category": "a"}, {"category": "b"}, {}]});
        let found = at_path(&items, &["items", "category"]);
        assert_eq!(found.to_json(), json!(["a", "b"]));
        assert!(at_path(&items, &["items", "size"]).is_null());
    }
}
