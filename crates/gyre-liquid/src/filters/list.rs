//! Filters of arrays and objects.

use std::cmp::Ordering;
use std::collections::HashSet;

use gyre_base::limits::RENDERED_BYTES_MAX;

use super::{Args, Context, FilterDef, bounded, braze, filter};
use crate::number::{Calculation, Number, calculate};
use crate::render_loops::Items;
use crate::value::{Value, equal};

/// Most members of an array that a filter makes.
const MEMBERS_MAX: usize = 200_000;

pub(super) const TABLE: &[FilterDef] = &[
    filter("size", (0, 0), |input, _, _| {
        Ok(match &input {
            Value::Int(_) => Value::Int(8),
            other => Value::Int(other.size().unwrap_or_default() as i64),
        })
    }),
    filter("first", (0, 0), |input, _, _| {
        Ok(input.first().unwrap_or(Value::Nil))
    }),
    filter("last", (0, 0), |input, _, _| {
        Ok(if input.is_map() { None } else { input.last() }.unwrap_or(Value::Nil))
    }),
    filter("join", (0, 1), join),
    filter("reverse", (0, 0), |input, _, _| {
        let mut all = members(&input)?;
        all.reverse();
        Ok(Value::list(all))
    }),
    filter("concat", (1, 1), |input, args, _| {
        let other = args.value(0);
        if !other.is_list() && !matches!(other, Value::Range(..)) {
            return Err("concat filter requires an array argument".to_owned());
        }
        let mut all = members(&input)?;
        all.extend(members(other)?);
        within(all.len())?;
        Ok(Value::list(all))
    }),
    filter("compact", (0, 1), |input, args, _| {
        let mut all = members(&input)?;
        let mut kept = Vec::with_capacity(all.len());
        for item in all.drain(..) {
            let value = if args.has(0) {
                property(&item, args)?
            } else {
                item.clone()
            };
            if !value.is_nil() {
                kept.push(item);
            }
        }
        Ok(Value::list(kept))
    }),
    filter("map", (1, 1), |input, args, _| {
        let all = members(&input)?;
        let mapped: Result<Vec<_>, String> = all.iter().map(|it| property(it, args)).collect();
        Ok(Value::list(mapped?))
    }),
    filter("uniq", (0, 1), uniq),
    filter("sort", (0, 1), |input, args, _| sort(&input, args)),
    filter("sort_natural", (0, 1), |input, args, _| {
        sort_natural(&input, args)
    }),
    filter("sum", (0, 1), sum),
    filter("where", (1, 2), |input, args, _| {
        matching(&input, args, true)
    }),
    filter("reject", (1, 2), |input, args, _| {
        matching(&input, args, false)
    }),
    filter("find", (1, 2), |input, args, _| {
        let all = members(&input)?;
        Ok(position(&all, args)?.map_or(Value::Nil, |it| all[it].clone()))
    }),
    filter("find_index", (1, 2), |input, args, _| {
        let found = position(&members(&input)?, args)?;
        Ok(found.map_or(Value::Nil, |it| Value::Int(it as i64)))
    }),
    filter("has", (1, 2), |input, args, _| {
        Ok(Value::Bool(position(&members(&input)?, args)?.is_some()))
    }),
    braze("property_accessor", (1, 1), |input, args, _| {
        Ok(match args.value(0) {
            Value::Int(idx) => input.at(*idx),
            name => input.get(&name.text()),
        }
        .unwrap_or(Value::Nil))
    }),
];

fn within(count: usize) -> Result<(), String> {
    if count > MEMBERS_MAX {
        return Err(format!("an array has more than {MEMBERS_MAX} members"));
    }
    Ok(())
}

/// The members that array filters work on: nested arrays are one flat array, one value is an array of itself.
fn members<'a>(input: &Value<'a>) -> Result<Vec<Value<'a>>, String> {
    let mut found = Vec::new();
    match input {
        Value::Nil | Value::Empty | Value::Blank => {}
        Value::Range(..) => {
            let items = Items::of(input);
            within(items.len())?;
            found.extend((0..items.len()).map(|it| items.at(it)));
        }
        _ if input.is_list() => flatten(input, &mut found)?,
        other => found.push(other.clone()),
    }
    Ok(found)
}

fn flatten<'a>(list: &Value<'a>, found: &mut Vec<Value<'a>>) -> Result<(), String> {
    for item in list.items().iter() {
        if item.is_list() {
            flatten(item, found)?;
        } else {
            found.push(item.clone());
        }
        within(found.len())?;
    }
    Ok(())
}

/// The property that the first argument names. Of what has no properties this is a mistake.
fn property<'a>(item: &Value<'a>, args: &Args<'a>) -> Result<Value<'a>, String> {
    let name = args.value(0);
    match item {
        _ if item.is_map() || matches!(item, Value::Loop(_)) => {
            let found = match item {
                Value::Loop(_) => item.get(&name.text()),
                _ => item
                    .pairs()
                    .into_iter()
                    .find(|(key, _)| equal(key, name))
                    .map(|it| it.1),
            };
            Ok(found.unwrap_or(Value::Nil))
        }
        Value::Nil => Ok(Value::Nil),
        // a text has what it contains
        Value::Str(_) | Value::Text(_) => {
            let name_text = name.text();
            let has = item.text().contains(&*name_text);
            Ok(if has { name.clone() } else { Value::Nil })
        }
        _ => Err(format!("cannot select the property '{}'", name.text())),
    }
}

/// Whether an item has the property of the first argument: equal to the second, or true without one.
fn matches(item: &Value<'_>, args: &Args<'_>) -> Result<bool, String> {
    if let Some(text) = item.as_str() {
        // a text has the properties that it contains
        return Ok(!args.has(1) && text.contains(&*args.text(0)));
    }
    let found = match item {
        _ if item.is_map() || item.is_nil() => property_of(item, args),
        _ => return Err(format!("cannot select the property '{}'", args.text(0))),
    };
    Ok(if args.value(1).is_nil() {
        found.is_true()
    } else {
        equal(&found, args.value(1))
    })
}

fn property_of<'a>(item: &Value<'a>, args: &Args<'_>) -> Value<'a> {
    let name = args.text(0);
    let mut pairs = item.pairs().into_iter();
    pairs
        .find(|(key, _)| key.as_str() == Some(&name))
        .map_or(Value::Nil, |it| it.1)
}

fn position(all: &[Value<'_>], args: &Args<'_>) -> Result<Option<usize>, String> {
    for (i, item) in all.iter().enumerate() {
        if matches(item, args)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn matching<'a>(input: &Value<'a>, args: &Args<'a>, wanted: bool) -> Result<Value<'a>, String> {
    let mut found = Vec::new();
    for item in members(input)? {
        if matches(&item, args)? == wanted {
            found.push(item);
        }
    }
    Ok(Value::list(found))
}

fn join<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let separator = if args.has(0) {
        args.text(0)
    } else {
        " ".into()
    };
    let mut joined = String::new();
    for (i, item) in members(&input)?.iter().enumerate() {
        if i > 0 {
            joined.push_str(&separator);
        }
        item.write(&mut joined);
        if joined.len() > RENDERED_BYTES_MAX {
            return Err("join: the text would be too long".to_owned());
        }
    }
    bounded(joined)
}

fn uniq<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for item in members(&input)? {
        let value = if args.has(0) {
            property(&item, args)?
        } else {
            item.clone()
        };
        // 1 and '1' differ, and so do 1 and 1.0
        let mut key = String::from(value.kind());
        value.inspect(&mut key);
        if seen.insert(key) {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

/// Sorts by value. Nothing goes last; what cannot be compared is a mistake.
fn sort<'a>(input: &Value<'a>, args: &Args<'a>) -> Result<Value<'a>, String> {
    let keyed = keyed(input, args)?;
    let mut kinds = keyed.iter().map(|it| &it.0).filter(|it| !it.is_nil());
    let class = |it: &Value<'_>| match it {
        Value::Int(_) | Value::Float(_) => 0,
        Value::Str(_) | Value::Text(_) => 1,
        _ => 2,
    };
    let first = kinds.next().cloned();
    let wrong = first
        .as_ref()
        .and_then(|first| kinds.find(|it| class(it) != class(first) || class(it) == 2));
    if let (Some(first), Some(wrong)) = (&first, wrong) {
        let detail = format!(
            "comparison of {} with {} failed",
            first.kind(),
            wrong.kind()
        );
        return Err(detail);
    }
    let is_whole = keyed.iter().all(|it| !matches!(it.0, Value::Float(_)));
    Ok(sorted(keyed, |a, b| match (a, b) {
        (Value::Int(a), Value::Int(b)) if is_whole => a.cmp(b),
        // one order for all numbers, or it would be none
        _ if class(a) == 0 => Number::of(a).float().total_cmp(&Number::of(b).float()),
        _ => a.text().cmp(&b.text()),
    }))
}

fn sort_natural<'a>(input: &Value<'a>, args: &Args<'a>) -> Result<Value<'a>, String> {
    Ok(sorted(keyed(input, args)?, |a, b| {
        a.text().to_lowercase().cmp(&b.text().to_lowercase())
    }))
}

/// Members with what they are sorted by.
fn keyed<'a>(input: &Value<'a>, args: &Args<'a>) -> Result<Vec<(Value<'a>, Value<'a>)>, String> {
    let mut keyed = Vec::new();
    for item in members(input)? {
        let key = if args.value(0).is_nil() {
            item.clone()
        } else {
            property(&item, args)?
        };
        keyed.push((key, item));
    }
    Ok(keyed)
}

fn sorted<'a>(
    mut keyed: Vec<(Value<'a>, Value<'a>)>,
    compare: impl Fn(&Value<'a>, &Value<'a>) -> Ordering,
) -> Value<'a> {
    keyed.sort_by(|(a, _), (b, _)| match (a.is_nil(), b.is_nil()) {
        (false, false) => compare(a, b),
        (a, b) => a.cmp(&b),
    });
    Value::list(keyed.into_iter().map(|it| it.1).collect())
}

fn sum<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let mut total = Number::Whole(0);
    for item in members(&input)? {
        let value = if args.has(0) && !args.value(0).is_nil() {
            property(&item, args)?
        } else {
            item
        };
        total = calculate(total, Calculation::Plus, Number::of(&value))?;
    }
    Ok(total.value())
}
