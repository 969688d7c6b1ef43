//! Filters as a table of plain functions, and the numeric ones.
//!
//! A filter gets its input and evaluated arguments and never fails on a missing value: nothing is an empty text or zero.

#![allow(clippy::unnecessary_wraps, reason = "all filters have one signature")]

use std::fmt;

use gyre_base::limits::RENDERED_BYTES_MAX;
use liquid_core::model::{Value, ValueView};
use liquid_core::parser::{FilterArguments, ParameterReflection};
use liquid_core::{Error, Expression, Filter, FilterReflection, ParseFilter, Result, Runtime};

use crate::runtime::Settings;
use crate::value::Number;

/// Evaluated arguments of a filter.
pub(crate) struct Args {
    positional: Vec<Value>,
    keyword: Vec<(String, Value)>,
    pub(crate) settings: Settings,
}

impl Args {
    /// The argument at `idx`; nil if it is absent.
    pub(crate) fn value(&self, idx: usize) -> &Value {
        self.positional.get(idx).unwrap_or(&Value::Nil)
    }

    /// Whether there is an argument at `idx`.
    pub(crate) fn has(&self, idx: usize) -> bool {
        idx < self.positional.len()
    }

    /// The argument as text.
    pub(crate) fn text(&self, idx: usize) -> String {
        self.value(idx).to_kstr().into_string()
    }

    /// The argument as a number.
    pub(crate) fn number(&self, idx: usize) -> Number {
        Number::of(self.value(idx))
    }

    /// A named argument.
    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        self.keyword
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, it)| it)
    }
}

/// What a filter does.
pub(crate) type Apply = fn(&dyn ValueView, &Args) -> Result<Value>;

/// One filter: its name, how many arguments it needs and takes, and what it does.
#[derive(Clone, Copy)]
pub(crate) struct FilterDef {
    name: &'static str,
    needs: usize,
    takes: usize,
    apply: Apply,
}

/// Shorthand for a table's line.
pub(crate) const fn filter(
    name: &'static str,
    (needs, takes): (usize, usize),
    apply: Apply,
) -> FilterDef {
    FilterDef {
        name,
        needs,
        takes,
        apply,
    }
}

/// All tables.
pub(crate) const FILTERS: &[&[FilterDef]] = &[
    NUMERIC,
    crate::text_filters::TEXT,
    crate::list_filters::LISTS,
    crate::hash_filters::HASHES,
];

impl fmt::Debug for FilterDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FilterReflection for FilterDef {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for FilterDef {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let positional: Vec<Expression> = arguments.positional.collect();
        if positional.len() < self.needs || positional.len() > self.takes {
            let detail = format!(
                "filter `{}` takes {} to {} arguments, not {}",
                self.name,
                self.needs,
                self.takes,
                positional.len()
            );
            return Err(Error::with_msg(detail));
        }
        let keyword = arguments
            .keyword
            .map(|(key, it)| (key.to_owned(), it))
            .collect();
        Ok(Box::new(Call {
            def: *self,
            positional,
            keyword,
        }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

#[derive(Debug)]
struct Call {
    def: FilterDef,
    positional: Vec<Expression>,
    keyword: Vec<(String, Expression)>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.def.name)
    }
}

impl Filter for Call {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let evaluate =
            |it: &Expression| it.evaluate(runtime).map(liquid_core::ValueCow::into_owned);
        let mut args = Args {
            positional: Vec::with_capacity(self.positional.len()),
            keyword: Vec::new(),
            settings: *runtime.registers().get_mut::<Settings>(),
        };
        for expression in &self.positional {
            args.positional.push(evaluate(expression)?);
        }
        for (key, expression) in &self.keyword {
            args.keyword.push((key.clone(), evaluate(expression)?));
        }
        (self.def.apply)(input, &args)
    }
}

/// A text result, refused when it is longer than a message may be.
pub(crate) fn bounded(text: String) -> Result<Value> {
    if text.len() > RENDERED_BYTES_MAX {
        let detail = format!("text is longer than {RENDERED_BYTES_MAX} bytes");
        return Err(Error::with_msg(detail));
    }
    Ok(Value::scalar(text))
}

const NUMERIC: &[FilterDef] = &[
    filter("abs", (0, 0), |input, _| {
        Ok(match Number::of(input) {
            Number::Whole(it) => Value::scalar(it.saturating_abs()),
            Number::Float(it) => Value::scalar(it.abs()),
        })
    }),
    filter("plus", (1, 1), |input, args| {
        Ok(both(input, args, i64::checked_add, |a, b| a + b))
    }),
    filter("minus", (1, 1), |input, args| {
        Ok(both(input, args, i64::checked_sub, |a, b| a - b))
    }),
    filter("times", (1, 1), |input, args| {
        Ok(both(input, args, i64::checked_mul, |a, b| a * b))
    }),
    filter("divided_by", (1, 1), divided_by),
    filter("modulo", (1, 1), modulo),
    filter("at_least", (1, 1), |input, args| {
        let (a, b) = (Number::of(input), args.number(0));
        Ok(if a.float() < b.float() { b } else { a }.value())
    }),
    filter("at_most", (1, 1), |input, args| {
        let (a, b) = (Number::of(input), args.number(0));
        Ok(if a.float() > b.float() { b } else { a }.value())
    }),
    filter("ceil", (0, 0), |input, _| {
        Ok(Value::scalar(Number::of(input).float().ceil() as i64))
    }),
    filter("floor", (0, 0), |input, _| {
        Ok(Value::scalar(Number::of(input).float().floor() as i64))
    }),
    filter("round", (0, 1), round),
];

fn both(
    input: &dyn ValueView,
    args: &Args,
    whole: fn(i64, i64) -> Option<i64>,
    float: fn(f64, f64) -> f64,
) -> Value {
    let (a, b) = (Number::of(input), args.number(0));
    if let (Number::Whole(a), Number::Whole(b)) = (a, b)
        && let Some(it) = whole(a, b)
    {
        return Value::scalar(it);
    }
    Value::scalar(float(a.float(), b.float()))
}

fn divided_by(input: &dyn ValueView, args: &Args) -> Result<Value> {
    match (Number::of(input), args.number(0)) {
        (_, Number::Whole(0)) => Err(Error::with_msg("divided by 0")),
        (Number::Whole(a), Number::Whole(b)) => Ok(Value::scalar(floor_div(a, b))),
        (a, b) => Ok(Value::scalar(a.float() / b.float())),
    }
}

/// Ruby divides towards minus infinity.
fn floor_div(a: i64, b: i64) -> i64 {
    let quotient = a.wrapping_div(b);
    if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) {
        quotient - 1
    } else {
        quotient
    }
}

fn modulo(input: &dyn ValueView, args: &Args) -> Result<Value> {
    match (Number::of(input), args.number(0)) {
        (_, Number::Whole(0)) => Err(Error::with_msg("divided by 0")),
        (Number::Whole(a), Number::Whole(b)) => {
            let rest = a.wrapping_rem(b);
            let is_other_side = rest != 0 && (rest < 0) != (b < 0);
            Ok(Value::scalar(if is_other_side { rest + b } else { rest }))
        }
        (a, b) => {
            let (a, b) = (a.float(), b.float());
            Ok(Value::scalar(a - b * (a / b).floor()))
        }
    }
}

fn round(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let number = Number::of(input);
    let digits = args.number(0).float();
    if digits <= 0.0 || matches!(number, Number::Whole(_)) {
        return Ok(Value::scalar(number.float().round() as i64));
    }
    let scale = 10_f64.powf(digits.min(15.0));
    Ok(Value::scalar((number.float() * scale).round() / scale))
}
