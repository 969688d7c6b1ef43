//! Filters of lists and objects.

#![allow(clippy::unnecessary_wraps, reason = "all filters have one signature")]

use liquid_core::model::{Value, ValueView, ValueViewCmp};
use liquid_core::{Error, Result};

use crate::filters::{Args, FilterDef, bounded, filter};
use crate::value::Number;

pub(crate) const LISTS: &[FilterDef] = &[
    filter("first", (0, 0), |input, _| Ok(end(input, true))),
    filter("last", (0, 0), |input, _| Ok(end(input, false))),
    filter("size", (0, 0), |input, _| Ok(Value::scalar(size(input)))),
    filter("compact", (0, 1), |input, args| {
        let has_value = |it: &Value| {
            if args.has(0) {
                return !property(it, &args.text(0)).is_nil();
            }
            !it.is_nil()
        };
        Ok(Value::Array(
            items(input).into_iter().filter(has_value).collect(),
        ))
    }),
    filter("flatten", (0, 0), |input, _| {
        Ok(Value::Array(
            items(input).iter().flat_map(|it| items(it)).collect(),
        ))
    }),
    filter("join", (0, 1), join),
    filter("map", (1, 1), |input, args| {
        let key = args.text(0);
        Ok(Value::Array(
            items(input).iter().map(|it| property(it, &key)).collect(),
        ))
    }),
    filter("reverse", (0, 0), |input, _| {
        Ok(Value::Array(items(input).into_iter().rev().collect()))
    }),
    filter("sum", (0, 1), sum),
    filter("where", (1, 2), |input, args| {
        Ok(Value::Array(matching(input, args, true)))
    }),
    filter("reject", (1, 2), |input, args| {
        Ok(Value::Array(matching(input, args, false)))
    }),
    filter("find", (1, 2), |input, args| {
        Ok(matching(input, args, true)
            .into_iter()
            .next()
            .unwrap_or(Value::Nil))
    }),
    filter("find_index", (1, 2), |input, args| {
        let idx = items(input).iter().position(|it| matches(it, args));
        Ok(idx.map_or(Value::Nil, |it| Value::scalar(it as i64)))
    }),
    filter("has", (1, 2), |input, args| {
        Ok(Value::scalar(
            items(input).iter().any(|it| matches(it, args)),
        ))
    }),
    filter("property_accessor", (1, 1), |input, args| {
        Ok(property(input, &args.text(0)))
    }),
];

fn items(input: &dyn ValueView) -> Vec<Value> {
    if let Some(list) = input.as_array() {
        return list.values().map(ValueView::to_value).collect();
    }
    if input.is_nil() {
        return Vec::new();
    }
    vec![input.to_value()]
}

fn property(value: &dyn ValueView, key: &str) -> Value {
    value
        .as_object()
        .and_then(|it| it.get(key))
        .map_or(Value::Nil, ValueView::to_value)
}

/// Whether an item has the property of the first argument: equal to the second, or true without one.
fn matches(item: &Value, args: &Args) -> bool {
    let found = property(item, &args.text(0));
    if args.has(1) {
        return ValueViewCmp::new(&found) == ValueViewCmp::new(args.value(1));
    }
    !found.is_nil() && found.as_scalar().and_then(|it| it.to_bool()) != Some(false)
}

fn matching(input: &dyn ValueView, args: &Args, wanted: bool) -> Vec<Value> {
    items(input)
        .into_iter()
        .filter(|it| matches(it, args) == wanted)
        .collect()
}

fn end(input: &dyn ValueView, is_first: bool) -> Value {
    if let Some(list) = input.as_array() {
        let found = if is_first { list.first() } else { list.last() };
        return found.map_or(Value::Nil, ValueView::to_value);
    }
    if let Some(map) = input.as_object() {
        let pair = if is_first { map.iter().next() } else { None };
        return pair.map_or(Value::Nil, |(key, it)| {
            Value::array([Value::scalar(key.into_owned()), it.to_value()])
        });
    }
    Value::Nil
}

fn size(input: &dyn ValueView) -> i64 {
    if let Some(list) = input.as_array() {
        return list.size();
    }
    if let Some(map) = input.as_object() {
        return map.size();
    }
    match input.as_scalar() {
        Some(scalar) if scalar.type_name() == "string" => scalar.to_kstr().chars().count() as i64,
        Some(scalar) if scalar.type_name() == "whole number" => 8,
        _ => 0,
    }
}

fn join(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let separator = if args.has(0) {
        args.text(0)
    } else {
        " ".to_owned()
    };
    let parts: Vec<String> = items(input)
        .iter()
        .map(|it| it.to_kstr().into_string())
        .collect();
    let bytes = parts.iter().map(String::len).sum::<usize>();
    let total = bytes.saturating_add(separator.len().saturating_mul(parts.len()));
    if total > gyre_base::limits::RENDERED_BYTES_MAX {
        return Err(Error::with_msg("join: the text would be too long"));
    }
    bounded(parts.join(&separator))
}

fn sum(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let mut whole = 0_i64;
    let mut float = None;
    for item in items(input) {
        let value = if args.has(0) {
            property(&item, &args.text(0))
        } else {
            item
        };
        match (Number::of(&value), float) {
            (Number::Whole(it), None) => match whole.checked_add(it) {
                Some(sum) => whole = sum,
                None => float = Some(whole as f64 + it as f64),
            },
            (number, None) => float = Some(whole as f64 + number.float()),
            (number, Some(sum)) => float = Some(sum + number.float()),
        }
    }
    Ok(float.map_or_else(|| Value::scalar(whole), Value::scalar))
}
