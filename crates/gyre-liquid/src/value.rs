//! JSON values as the engine sees them, and look-ups that find nothing instead of failing.

use liquid_core::model::{Object, ScalarCow, Value, ValueView};
use serde_json::Value as Json;

/// Converts a JSON value.
pub(crate) fn from_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::Nil,
        Json::Bool(it) => Value::scalar(*it),
        Json::Number(it) => match (it.as_i64(), it.as_f64()) {
            (Some(whole), _) => Value::scalar(whole),
            (None, Some(float)) => Value::scalar(float),
            (None, None) => Value::Nil,
        },
        Json::String(it) => Value::scalar(it.clone()),
        Json::Array(items) => Value::Array(items.iter().map(from_json).collect()),
        Json::Object(map) => Value::Object(
            map.iter()
                .map(|(key, it)| (key.clone().into(), from_json(it)))
                .collect(),
        ),
    }
}

/// Converts back, for `json` filters.
pub(crate) fn to_json(value: &dyn ValueView) -> Json {
    if let Some(list) = value.as_array() {
        return Json::Array(list.values().map(to_json).collect());
    }
    if let Some(map) = value.as_object() {
        let pairs = map.iter().map(|(key, it)| (key.into_string(), to_json(it)));
        return Json::Object(pairs.collect());
    }
    let Some(scalar) = value.as_scalar() else {
        return Json::Null;
    };
    match scalar.type_name() {
        "whole number" => scalar.to_integer().map_or(Json::Null, Json::from),
        "fractional number" => scalar.to_float().map_or(Json::Null, Json::from),
        "boolean" => scalar.to_bool().map_or(Json::Null, Json::from),
        _ => Json::String(scalar.to_kstr().into_string()),
    }
}

/// Follows `path` in `value`; `None` where there is nothing.
pub(crate) fn find_json(value: &Json, path: &[ScalarCow<'_>]) -> Option<Value> {
    let Some((index, rest)) = path.split_first() else {
        return Some(from_json(value));
    };
    match value {
        Json::Array(items) => {
            if let Some(number) = index.to_integer() {
                let len = i64::try_from(items.len()).ok()?;
                let at = if number < 0 { len + number } else { number };
                return find_json(items.get(usize::try_from(at).ok()?)?, rest);
            }
            match index.to_kstr().as_str() {
                "first" => find_json(items.first()?, rest),
                "last" => find_json(items.last()?, rest),
                "size" => Some(Value::scalar(items.len() as i64)),
                _ => None,
            }
        }
        Json::Object(map) => {
            let key = index.to_kstr();
            match map.get(key.as_str()) {
                Some(inner) => find_json(inner, rest),
                None if key.as_str() == "size" => Some(Value::scalar(map.len() as i64)),
                None => None,
            }
        }
        Json::String(text) if index.to_kstr().as_str() == "size" => {
            Some(Value::scalar(text.chars().count() as i64))
        }
        _ => None,
    }
}

/// Follows `path` in the variables of a frame; `None` where there is nothing.
pub(crate) fn find_in(vars: &Object, path: &[ScalarCow<'_>]) -> Option<Value> {
    liquid_core::model::try_find(vars, path).map(liquid_core::ValueCow::into_owned)
}

/// A number as filters read it: texts are parsed, everything else is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other.
    Float(f64),
}

impl Number {
    pub(crate) fn of(value: &dyn ValueView) -> Self {
        let Some(scalar) = value.as_scalar() else {
            return Self::Whole(0);
        };
        match scalar.type_name() {
            "whole number" => Self::Whole(scalar.to_integer().unwrap_or(0)),
            "fractional number" => Self::Float(scalar.to_float().unwrap_or(0.0)),
            _ => Self::parse(scalar.to_kstr().as_str()),
        }
    }

    fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Self::Whole(whole);
        }
        let is_decimal = text.contains('.') && !text.starts_with('.') && !text.ends_with('.');
        match text.parse::<f64>() {
            Ok(float) if is_decimal && float.is_finite() => Self::Float(float),
            _ => Self::Whole(leading_whole(text)),
        }
    }

    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Whole(it) => it as f64,
            Self::Float(it) => it,
        }
    }

    pub(crate) fn value(self) -> Value {
        match self {
            Self::Whole(it) => Value::scalar(it),
            Self::Float(it) => Value::scalar(it),
        }
    }
}

/// The whole number that a text begins with, as Ruby's `to_i` reads it.
fn leading_whole(text: &str) -> i64 {
    let digits_from = usize::from(text.starts_with('-') || text.starts_with('+'));
    let end = text[digits_from..]
        .find(|it: char| !it.is_ascii_digit())
        .map_or(text.len(), |it| it + digits_from);
    text[..end].parse().unwrap_or(0)
}
