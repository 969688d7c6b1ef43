//! Values during a rendering: borrowed from the data and the template wherever they can be.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::ast::Op;
use crate::number::write_float;

/// What a template computes with.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A text of the template or of the data.
    Str(&'a str),
    /// A text that was made.
    Text(Rc<str>),
    /// An array or an object of the data.
    Json(&'a Json),
    List(Rc<Vec<Value<'a>>>),
    Map(Rc<Vec<(Rc<str>, Value<'a>)>>),
    Range(i64, i64),
    Empty,
    Blank,
    Loop(Rc<LoopState>),
    /// The variables of a scope, by its number.
    Scope(usize),
}

/// Where a loop is.
#[derive(Debug)]
pub(crate) struct LoopState {
    pub(crate) name: Rc<str>,
    pub(crate) length: usize,
    pub(crate) idx: Cell<usize>,
    pub(crate) parent: Option<Rc<LoopState>>,
    /// Columns, of a `tablerow`.
    pub(crate) cols: Option<i64>,
}

impl LoopState {
    fn property(self: &Rc<Self>, key: &str) -> Option<Value<'static>> {
        let idx = self.idx.get();
        let number = |it: usize| Some(Value::Int(it as i64));
        match key {
            "index" => number(idx + 1),
            "index0" => number(idx),
            "rindex" => number(self.length.saturating_sub(idx)),
            "rindex0" => number(self.length.saturating_sub(idx + 1)),
            "length" => number(self.length),
            "first" => Some(Value::Bool(idx == 0)),
            "last" => Some(Value::Bool(idx + 1 == self.length)),
            "name" if self.cols.is_none() => Some(Value::Text(Rc::clone(&self.name))),
            "parentloop" if self.cols.is_none() => Some(
                self.parent
                    .as_ref()
                    .map_or(Value::Nil, |it| Value::Loop(Rc::clone(it))),
            ),
            _ => self.column(key),
        }
    }

    fn column(&self, key: &str) -> Option<Value<'static>> {
        let cols = self.cols?;
        let idx = self.idx.get() as i64;
        let (row, col0) = if cols > 0 {
            (idx / cols, idx % cols)
        } else {
            (0, idx)
        };
        match key {
            "row" => Some(Value::Int(row + 1)),
            "col" => Some(Value::Int(col0 + 1)),
            "col0" => Some(Value::Int(col0)),
            "col_first" => Some(Value::Bool(col0 == 0)),
            "col_last" => Some(Value::Bool(col0 + 1 == cols)),
            _ => None,
        }
    }
}

/// A made text.
pub(crate) fn text<'a>(text: impl Into<Rc<str>>) -> Value<'a> {
    Value::Text(text.into())
}

impl<'a> Value<'a> {
    pub(crate) fn of(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(it) => Self::Bool(*it),
            Json::Number(it) => match (it.as_i64(), it.as_f64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, Some(float)) => Self::Float(float),
                (None, None) => Self::Nil,
            },
            Json::String(it) => Self::Str(it),
            Json::Array(_) | Json::Object(_) => Self::Json(json),
        }
    }

    /// A copy of JSON that does not live as long as the rendering.
    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::String(it) => text(it.as_str()),
            Json::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            Json::Object(map) => Self::Map(Rc::new(
                map.iter()
                    .map(|(key, it)| (Rc::from(key.as_str()), Self::from_json(it)))
                    .collect(),
            )),
            Json::Null => Self::Nil,
            Json::Bool(it) => Self::Bool(*it),
            Json::Number(it) => match (it.as_i64(), it.as_f64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, float) => float.map_or(Self::Nil, Self::Float),
            },
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Nil | Self::Empty | Self::Blank => Json::Null,
            Self::Bool(it) => Json::Bool(*it),
            Self::Int(it) => Json::from(*it),
            Self::Float(it) => Json::from(*it),
            Self::Json(it) => (*it).clone(),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(pairs) => Json::Object(
                pairs
                    .iter()
                    .map(|(key, it)| (key.to_string(), it.to_json()))
                    .collect(),
            ),
            Self::Str(_) | Self::Text(_) | Self::Range(..) | Self::Loop(_) | Self::Scope(_) => {
                Json::String(self.text().into_owned())
            }
        }
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(items))
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// All but `nil` and `false`.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Json(Json::Object(_)))
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::List(_) | Self::Json(Json::Array(_)))
    }

    /// The text if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(it) => Some(it),
            Self::Text(it) => Some(it),
            _ => None,
        }
    }

    /// As it is written.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self.as_str() {
            Some(it) => Cow::Borrowed(it),
            None => match self {
                Self::Nil | Self::Empty | Self::Blank => Cow::Borrowed(""),
                Self::Bool(true) => Cow::Borrowed("true"),
                Self::Bool(false) => Cow::Borrowed("false"),
                _ => {
                    let mut out = String::new();
                    self.write(&mut out);
                    Cow::Owned(out)
                }
            },
        }
    }

    /// As filters of texts read it: arrays are shown with their brackets.
    pub(crate) fn to_s(&self) -> Cow<'_, str> {
        if !self.is_list() {
            return self.text();
        }
        let mut out = String::new();
        self.inspect(&mut out);
        Cow::Owned(out)
    }

    /// Appends what an output of the value shows.
    pub(crate) fn write(&self, out: &mut String) {
        // writing to a text cannot fail
        match self {
            Self::Nil | Self::Empty | Self::Blank => {}
            Self::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
            Self::Int(it) => {
                let _ = write!(out, "{it}");
            }
            Self::Float(it) => write_float(*it, out),
            Self::Str(it) => out.push_str(it),
            Self::Text(it) => out.push_str(it),
            Self::Json(Json::Array(items)) => items.iter().for_each(|it| Value::of(it).write(out)),
            Self::List(items) => items.iter().for_each(|it| it.write(out)),
            Self::Json(_) | Self::Map(_) => self.inspect(out),
            Self::Range(from, to) => {
                let _ = write!(out, "{from}..{to}");
            }
            Self::Loop(it) if it.cols.is_some() => out.push_str("Liquid::TablerowloopDrop"),
            Self::Loop(_) => out.push_str("Liquid::ForloopDrop"),
            Self::Scope(_) => out.push_str("Liquid::SelfDrop"),
        }
    }

    /// Appends the value as Ruby shows it inside a hash.
    pub(crate) fn inspect(&self, out: &mut String) {
        match self {
            Self::Nil => out.push_str("nil"),
            Self::Str(_) | Self::Text(_) => inspect_text(&self.text(), out),
            _ if self.is_list() => {
                out.push('[');
                for (i, item) in self.items().iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    item.inspect(out);
                }
                out.push(']');
            }
            _ if self.is_map() => {
                out.push('{');
                for (i, (key, item)) in self.pairs().iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    inspect_text(key.as_str().unwrap_or_default(), out);
                    out.push_str("=>");
                    item.inspect(out);
                }
                out.push('}');
            }
            _ => self.write(out),
        }
    }

    /// The members of an array; of anything else nothing.
    pub(crate) fn items(&self) -> Cow<'_, [Value<'a>]> {
        match self {
            Self::List(items) => Cow::Borrowed(items.as_slice()),
            Self::Json(Json::Array(items)) => Cow::Owned(items.iter().map(Value::of).collect()),
            _ => Cow::Borrowed(&[]),
        }
    }

    /// Names and values of an object, in order.
    pub(crate) fn pairs(&self) -> Vec<(Value<'a>, Value<'a>)> {
        match self {
            Self::Map(pairs) => pairs
                .iter()
                .map(|(key, it)| (Value::Text(Rc::clone(key)), it.clone()))
                .collect(),
            Self::Json(Json::Object(map)) => map
                .iter()
                .map(|(key, it)| (Value::Str(key), Value::of(it)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// How many members or letters there are; nothing for what has no size.
    pub(crate) fn size(&self) -> Option<usize> {
        match self {
            Self::List(items) => Some(items.len()),
            Self::Json(Json::Array(items)) => Some(items.len()),
            Self::Map(pairs) => Some(pairs.len()),
            Self::Json(Json::Object(map)) => Some(map.len()),
            Self::Str(_) | Self::Text(_) => Some(self.text().chars().count()),
            Self::Range(from, to) => Some(range_len(*from, *to)),
            _ => None,
        }
    }

    /// Follows one step of a path in brackets: a key of an object and nothing else.
    pub(crate) fn key(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Map(pairs) => {
                let found = pairs.iter().find(|(it, _)| &**it == key);
                found.map(|(_, it)| it.clone())
            }
            Self::Json(Json::Object(map)) => map.get(key).map(Value::of),
            Self::Loop(state) => state.property(key),
            _ => None,
        }
    }

    /// Follows one step of a path by name; `None` where there is nothing.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'a>> {
        let found = self.key(key);
        if found.is_some() || matches!(self, Self::Loop(_)) {
            return found;
        }
        match key {
            "size" => match self {
                Self::Int(_) => Some(Value::Int(8)),
                _ => self.size().map(|it| Value::Int(it as i64)),
            },
            "first" => self.first(),
            "last" if !self.is_map() => self.last(),
            _ => None,
        }
    }

    pub(crate) fn first(&self) -> Option<Value<'a>> {
        match self {
            Self::List(items) => items.first().cloned(),
            Self::Json(Json::Array(items)) => items.first().map(Value::of),
            Self::Range(from, to) => (from <= to).then_some(Value::Int(*from)),
            Self::Str(_) | Self::Text(_) => {
                let letter = self.text().chars().next()?;
                Some(text(letter.to_string()))
            }
            Self::Map(_) | Self::Json(_) => {
                let (key, value) = self.pairs().into_iter().next()?;
                Some(Value::list(vec![key, value]))
            }
            _ => None,
        }
    }

    pub(crate) fn last(&self) -> Option<Value<'a>> {
        match self {
            Self::List(items) => items.last().cloned(),
            Self::Json(Json::Array(items)) => items.last().map(Value::of),
            Self::Range(from, to) => (from <= to).then_some(Value::Int(*to)),
            Self::Str(_) | Self::Text(_) => {
                let letter = self.text().chars().next_back()?;
                Some(text(letter.to_string()))
            }
            _ => None,
        }
    }

    /// The member at `idx`, counted from the end if it is negative.
    pub(crate) fn at(&self, idx: i64) -> Option<Value<'a>> {
        let place = |len: usize| {
            let idx = if idx < 0 { idx + len as i64 } else { idx };
            usize::try_from(idx).ok()
        };
        match self {
            Self::List(items) => items.get(place(items.len())?).cloned(),
            Self::Json(Json::Array(items)) => items.get(place(items.len())?).map(Value::of),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Range(..) => false,
            _ => self.size() == Some(0),
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Nil | Self::Bool(false) => true,
            Self::Str(_) | Self::Text(_) => self.text().trim().is_empty(),
            _ => self.is_empty(),
        }
    }

    /// What Ruby calls the kind of value.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "NilClass",
            Self::Bool(true) => "TrueClass",
            Self::Bool(false) => "FalseClass",
            Self::Int(_) => "Integer",
            Self::Float(_) => "Float",
            Self::Str(_) | Self::Text(_) | Self::Empty | Self::Blank => "String",
            Self::Json(Json::Array(_)) | Self::List(_) => "Array",
            Self::Json(_) | Self::Map(_) => "Hash",
            Self::Range(..) => "Range",
            Self::Loop(_) | Self::Scope(_) => "Drop",
        }
    }
}

/// Members of a range that runs upwards.
pub(crate) fn range_len(from: i64, to: i64) -> usize {
    if to < from {
        return 0;
    }
    usize::try_from(to.saturating_sub(from).saturating_add(1)).unwrap_or(usize::MAX)
}

fn inspect_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ => out.push(letter),
        }
    }
    out.push('"');
}

/// Whether two values are equal, as `==` sees it.
pub(crate) fn equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Empty | Value::Blank, Value::Empty | Value::Blank) => false,
        (Value::Empty, other) | (other, Value::Empty) => other.is_empty(),
        (Value::Blank, other) | (other, Value::Blank) => other.is_blank(),
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => {
            same_float(*a as f64, *b)
        }
        (Value::Float(a), Value::Float(b)) => same_float(*a, *b),
        (Value::Range(a, b), Value::Range(c, d)) => a == c && b == d,
        (Value::Loop(a), Value::Loop(b)) => Rc::ptr_eq(a, b),
        (Value::Scope(a), Value::Scope(b)) => a == b,
        _ => match (left.as_str(), right.as_str()) {
            (Some(a), Some(b)) => a == b,
            (None, None) if left.is_list() && right.is_list() => {
                let (a, b) = (left.items(), right.items());
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
            }
            (None, None) if left.is_map() && right.is_map() => {
                left.size() == right.size()
                    && left.pairs().iter().all(|(key, value)| {
                        let other = right.get(key.as_str().unwrap_or_default());
                        other.is_some_and(|it| equal(value, &it))
                    })
            }
            _ => false,
        },
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a.partial_cmp(&b) == Some(std::cmp::Ordering::Equal)
}

/// Compares two values; an error where they have no order.
pub(crate) fn compare(left: &Value<'_>, op: Op, right: &Value<'_>) -> Result<bool, String> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match op {
        Op::Eq => return Ok(equal(left, right)),
        Op::Ne => return Ok(!equal(left, right)),
        Op::Contains => return Ok(contains(left, right)),
        Op::Lt | Op::Gt | Op::Le | Op::Ge => match order(left, right) {
            Ok(Some(order)) => order,
            Ok(None) => return Ok(false),
            Err(()) => {
                let right_name = match right {
                    Value::Int(_) | Value::Float(_) => right.text(),
                    _ => Cow::Borrowed(right.kind()),
                };
                return Err(format!(
                    "comparison of {} with {right_name} failed",
                    left.kind()
                ));
            }
        },
    };
    Ok(match op {
        Op::Lt => order == Less,
        Op::Gt => order == Greater,
        Op::Le => order != Greater,
        _ => order != Less || order == Equal,
    })
}

/// `Ok(None)` where a comparison is simply false, an error where it is a mistake.
pub(crate) fn order(left: &Value<'_>, right: &Value<'_>) -> Result<Option<std::cmp::Ordering>, ()> {
    let has_order = |it: &Value<'_>| {
        matches!(
            it,
            Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Text(_)
        )
    };
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Ok(Some(a.cmp(b))),
        (Value::Int(a), Value::Float(b)) => Ok((*a as f64).partial_cmp(b)),
        (Value::Float(a), Value::Int(b)) => Ok(a.partial_cmp(&(*b as f64))),
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b)),
        _ => match (left.as_str(), right.as_str()) {
            (Some(a), Some(b)) => Ok(Some(a.cmp(b))),
            _ if has_order(left) && has_order(right) => Err(()),
            _ => Ok(None),
        },
    }
}

fn contains(left: &Value<'_>, right: &Value<'_>) -> bool {
    if right.is_nil() {
        return false;
    }
    match left {
        Value::Str(_) | Value::Text(_) => {
            if matches!(right, Value::Bool(false)) {
                return false;
            }
            left.text().contains(&*right.text())
        }
        Value::Range(from, to) => match right {
            Value::Int(it) => from <= it && it <= to,
            _ => false,
        },
        Value::Map(pairs) => right
            .as_str()
            .is_some_and(|key| pairs.iter().any(|(it, _)| &**it == key)),
        Value::Json(Json::Object(map)) => right.as_str().is_some_and(|key| map.contains_key(key)),
        _ => left.items().iter().any(|it| equal(it, right)),
    }
}
