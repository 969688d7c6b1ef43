//! Filters of numbers.

use super::{Args, Context, FilterDef, bounded, braze, filter};
use crate::number::{Calculation, Number, calculate, float_text, round};
use crate::value::Value;

pub(super) const TABLE: &[FilterDef] = &[
    filter("abs", (0, 0), |input, _, _| {
        Ok(match Number::of(&input) {
            Number::Whole(it) => Value::Int(it.saturating_abs()),
            Number::Float(it) => Value::Float(it.abs()),
        })
    }),
    filter("plus", (1, 1), |input, args, _| {
        both(&input, Calculation::Plus, args)
    }),
    filter("minus", (1, 1), |input, args, _| {
        both(&input, Calculation::Minus, args)
    }),
    filter("times", (1, 1), |input, args, _| {
        both(&input, Calculation::Times, args)
    }),
    filter("divided_by", (1, 1), |input, args, _| {
        both(&input, Calculation::DividedBy, args)
    }),
    filter("modulo", (1, 1), |input, args, _| {
        both(&input, Calculation::Modulo, args)
    }),
    filter("at_least", (1, 1), |input, args, _| {
        let (a, b) = (Number::of(&input), args.number(0));
        Ok(if a.float() < b.float() { b } else { a }.value())
    }),
    filter("at_most", (1, 1), |input, args, _| {
        let (a, b) = (Number::of(&input), args.number(0));
        Ok(if a.float() > b.float() { b } else { a }.value())
    }),
    filter("ceil", (0, 0), |input, _, _| whole(&input, f64::ceil)),
    filter("floor", (0, 0), |input, _, _| whole(&input, f64::floor)),
    filter("round", (0, 1), |input, args, _| {
        let places = match args.value(0) {
            Value::Nil => 0,
            _ => args.number(0).whole(),
        };
        let number = Number::of(&input);
        if let Number::Float(it) = number
            && !it.is_finite()
        {
            return Err("the number is not finite".to_owned());
        }
        Ok(round(number, places).value())
    }),
    braze("number_with_delimiter", (0, 1), |input, args, _| {
        let delimiter = if args.has(0) {
            args.text(0)
        } else {
            ",".into()
        };
        bounded(grouped(&input.to_s(), &delimiter))
    }),
    braze("money", (0, 0), money),
    braze("pluralize", (2, 2), |input, args, _| {
        let is_one = matches!(Number::of(&input), Number::Whole(1));
        Ok(args.value(usize::from(!is_one)).clone())
    }),
];

fn both<'a>(input: &Value<'a>, what: Calculation, args: &Args<'a>) -> Result<Value<'a>, String> {
    calculate(Number::of(input), what, args.number(0)).map(Number::value)
}

fn whole<'a>(input: &Value<'a>, rounding: fn(f64) -> f64) -> Result<Value<'a>, String> {
    Ok(match Number::of(input) {
        Number::Whole(it) => Value::Int(it),
        Number::Float(it) if !it.is_finite() => return Err("the number is not finite".to_owned()),
        Number::Float(it) => Value::Int(rounding(it) as i64),
    })
}

/// Two digits after the point: 145 is `145.00`, not `1.45` as in a shop.
fn money<'a>(input: Value<'a>, _: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    if input.is_blank() {
        return Ok(Value::Str(""));
    }
    let number = match Number::of(&input) {
        Number::Whole(it) => return bounded(format!("{it}.00")),
        float @ Number::Float(_) => round(float, 2),
    };
    let text = float_text(number.float());
    let digits = text.split_once('.').map_or(0, |it| it.1.len());
    bounded(text + if digits < 2 { "0" } else { "" })
}

/// `1234567.5` as `1,234,567.5`; texts that are no numbers stay as they are.
fn grouped(text: &str, delimiter: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut grouped = String::with_capacity(text.len() + text.len() / 3);
    if whole.len() > digits.len() {
        grouped.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push_str(delimiter);
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}
