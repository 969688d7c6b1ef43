//! Filters as tables of plain functions.
//!
//! A filter gets its input and evaluated arguments and never fails on a missing value: nothing is an empty text or zero.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "all filters have one signature"
)]

mod date;
mod encode;
mod html;
mod list;
mod numeric;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use gyre_base::Timestamp;
use gyre_base::limits::RENDERED_BYTES_MAX;

use crate::number::Number;
use crate::value::{Value, text as made};

/// What a filter needs to know beyond its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// The instant that `now` means.
    pub(crate) now: Option<Timestamp>,
}

/// Evaluated arguments.
#[derive(Debug)]
pub(crate) struct Args<'a> {
    pub(crate) positional: Vec<Value<'a>>,
    pub(crate) named: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Args<'a> {
    /// The argument at `idx`; nil if it is absent.
    pub(crate) fn value(&self, idx: usize) -> &Value<'a> {
        self.positional.get(idx).unwrap_or(&Value::Nil)
    }

    pub(crate) fn has(&self, idx: usize) -> bool {
        idx < self.positional.len()
    }

    pub(crate) fn text(&self, idx: usize) -> std::borrow::Cow<'_, str> {
        self.value(idx).to_s()
    }

    pub(crate) fn number(&self, idx: usize) -> Number {
        Number::of(self.value(idx))
    }

    /// A whole number; an error for what is none. `None` if the argument is absent.
    pub(crate) fn whole(&self, idx: usize) -> Result<Option<i64>, String> {
        match self.positional.get(idx) {
            None => Ok(None),
            Some(Value::Int(it)) => Ok(Some(*it)),
            // whole numbers beyond 64 bits arrive as decimals
            Some(Value::Float(it)) if it.abs() >= 9.2e18 => Ok(Some(*it as i64)),
            Some(other) => match other.to_s().trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err("invalid integer".to_owned()),
            },
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Value<'a>> {
        let found = self.named.iter().find(|(key, _)| *key == name);
        found.map(|(_, it)| it)
    }
}

/// What a filter does.
pub(crate) type Apply = for<'a> fn(Value<'a>, &Args<'a>, &Context) -> Result<Value<'a>, String>;

/// Which dialects have a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    All,
    Braze,
}

/// One filter: its name, how many arguments it needs and takes at most, and what it does.
#[derive(Clone, Copy)]
pub(crate) struct FilterDef {
    pub(crate) name: &'static str,
    pub(crate) needs: usize,
    pub(crate) most: usize,
    pub(crate) takes: Takes,
    pub(crate) apply: Apply,
}

impl fmt::Debug for FilterDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A line of a table, for a filter of Liquid.
const fn filter(name: &'static str, (needs, most): (usize, usize), apply: Apply) -> FilterDef {
    FilterDef {
        name,
        needs,
        most,
        takes: Takes::All,
        apply,
    }
}

/// A line of a table, for a filter that Braze adds.
const fn braze(name: &'static str, (needs, most): (usize, usize), apply: Apply) -> FilterDef {
    FilterDef {
        name,
        needs,
        most,
        takes: Takes::Braze,
        apply,
    }
}

const TABLES: &[&[FilterDef]] = &[
    numeric::TABLE,
    text::TABLE,
    html::TABLE,
    encode::TABLE,
    list::TABLE,
    date::TABLE,
];

/// A filter by its name.
pub(crate) fn find(name: &str) -> Option<&'static FilterDef> {
    static BY_NAME: OnceLock<HashMap<&'static str, &'static FilterDef>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| {
        let all = TABLES.iter().flat_map(|it| it.iter());
        all.map(|it| (it.name, it)).collect()
    });
    by_name.get(name).copied()
}

/// A text result, refused when it is longer than a message may be.
fn bounded<'a>(text: String) -> Result<Value<'a>, String> {
    if text.len() > RENDERED_BYTES_MAX {
        return Err(format!("text is longer than {RENDERED_BYTES_MAX} bytes"));
    }
    Ok(made(text))
}
