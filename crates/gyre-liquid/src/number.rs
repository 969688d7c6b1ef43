//! Numbers as Ruby reads, computes and writes them: whole ones, and decimals without binary rounding.

use std::fmt::Write;

use crate::value::Value;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Whole(i64),
    Float(f64),
}

impl Number {
    /// Texts are parsed, everything else that is no number is zero.
    pub(crate) fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Int(it) => Self::Whole(*it),
            Value::Float(it) => Self::Float(*it),
            Value::Str(_) | Value::Text(_) => Self::parse(&value.text()),
            _ => Self::Whole(0),
        }
    }

    fn parse(text: &str) -> Self {
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let all = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        if all(digits)
            && all(fraction)
            && let Ok(float) = text.parse::<f64>()
        {
            return Self::Float(float);
        }
        Self::Whole(leading_whole(text))
    }

    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Whole(it) => it as f64,
            Self::Float(it) => it,
        }
    }

    /// Rounded towards zero.
    pub(crate) fn whole(self) -> i64 {
        match self {
            Self::Whole(it) => it,
            Self::Float(it) => it as i64,
        }
    }

    pub(crate) fn value<'a>(self) -> Value<'a> {
        match self {
            Self::Whole(it) => Value::Int(it),
            Self::Float(it) => Value::Float(it),
        }
    }
}

/// The whole number that a text begins with, as Ruby's `to_i` reads it; beyond 64 bits the nearest there is.
pub(crate) fn leading_whole(text: &str) -> i64 {
    let text = text.trim_start();
    let signs = usize::from(text.starts_with('-') || text.starts_with('+'));
    let end = text[signs..]
        .find(|it: char| !it.is_ascii_digit() && it != '_')
        .map_or(text.len(), |it| it + signs);
    let digits = text[..end].replace('_', "");
    if digits.len() == signs {
        return 0;
    }
    digits.parse().unwrap_or(if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    })
}

/// Appends a decimal in Ruby's manner: always with a point, with an exponent from 1e16 and below 1e-4.
pub(crate) fn write_float(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("NaN");
        return;
    }
    if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
        return;
    }
    let size = value.abs();
    if value != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        out.push_str(digits);
        if !digits.contains('.') {
            out.push_str(".0");
        }
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(it) => ('-', it),
            None => ('+', exponent),
        };
        // writing to a text cannot fail
        let _ = write!(out, "e{sign}{exponent:0>2}");
        return;
    }
    let from = out.len();
    let _ = write!(out, "{value}");
    if !out[from..].contains('.') {
        out.push_str(".0");
    }
}

/// The text of a decimal.
pub(crate) fn float_text(value: f64) -> String {
    let mut text = String::new();
    write_float(value, &mut text);
    text
}

/// A decimal as digits and how many of them stand after the point.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: i128,
    scale: u32,
}

/// Most digits after the point that are computed without rounding.
const SCALE_MAX: u32 = 18;

impl Decimal {
    fn of(number: Number) -> Option<Self> {
        let float = match number {
            Number::Whole(it) => {
                return Some(Self {
                    digits: i128::from(it),
                    scale: 0,
                });
            }
            Number::Float(it) => it,
        };
        if !float.is_finite() || float.abs() >= 1e18 {
            return None;
        }
        let text = format!("{float}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let scale = u32::try_from(fraction.len()).ok()?;
        if scale > SCALE_MAX {
            return None;
        }
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, scale })
    }

    fn float(self) -> f64 {
        let sign = if self.digits < 0 { "-" } else { "" };
        let scale = self.scale as usize;
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        format!("{sign}{whole}.{fraction}0").parse().unwrap_or(0.0)
    }
}

/// Both numbers with the same count of digits after the point.
fn aligned(a: Number, b: Number) -> Option<(i128, i128, u32)> {
    let (a, b) = (Decimal::of(a)?, Decimal::of(b)?);
    let scale = a.scale.max(b.scale);
    let up = |it: Decimal| {
        it.digits
            .checked_mul(10_i128.checked_pow(scale - it.scale)?)
    };
    Some((up(a)?, up(b)?, scale))
}

/// What a calculation does, for whole numbers, for decimals on one scale, and as a last resort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calculation {
    Plus,
    Minus,
    Times,
    DividedBy,
    Modulo,
}

/// Calculates as Liquid's filters do; whole numbers stay whole.
pub(crate) fn calculate(a: Number, what: Calculation, b: Number) -> Result<Number, String> {
    use Calculation::{DividedBy, Minus, Modulo, Plus, Times};
    let is_division = matches!(what, DividedBy | Modulo);
    if is_division && b.float() == 0.0 {
        return Err("divided by 0".to_owned());
    }
    if let (Number::Whole(a), Number::Whole(b)) = (a, b) {
        let whole = match what {
            Plus => a.checked_add(b),
            Minus => a.checked_sub(b),
            Times => a.checked_mul(b),
            DividedBy => a.checked_div(b).map(|it| {
                let is_below = a.rem_euclid(b) != 0 && (a < 0) != (b < 0);
                it - i64::from(is_below)
            }),
            Modulo => a.checked_rem(b).map(|it| {
                if it != 0 && (it < 0) != (b < 0) {
                    it + b
                } else {
                    it
                }
            }),
        };
        return whole
            .map(Number::Whole)
            .ok_or_else(|| "the number is too large".to_owned());
    }
    Ok(Number::Float(decimal(a, what, b)))
}

fn decimal(a: Number, what: Calculation, b: Number) -> f64 {
    let exact = aligned(a, b).and_then(|(x, y, scale)| {
        let (digits, scale) = match what {
            Calculation::Plus => (x.checked_add(y)?, scale),
            Calculation::Minus => (x.checked_sub(y)?, scale),
            Calculation::Times => (x.checked_mul(y)?, scale * 2),
            Calculation::Modulo => {
                let rest = x.checked_rem(y)?;
                let is_other_side = rest != 0 && (rest < 0) != (y < 0);
                (if is_other_side { rest + y } else { rest }, scale)
            }
            Calculation::DividedBy => return None,
        };
        Some(Decimal { digits, scale }.float())
    });
    let (x, y) = (a.float(), b.float());
    exact.unwrap_or_else(|| match what {
        Calculation::Plus => x + y,
        Calculation::Minus => x - y,
        Calculation::Times => x * y,
        Calculation::DividedBy => x / y,
        Calculation::Modulo => x - y * (x / y).floor(),
    })
}

/// Rounds half away from zero to `places` after the point.
pub(crate) fn round(number: Number, places: i64) -> Number {
    let float = match number {
        Number::Whole(it) if places >= 0 => return Number::Whole(it),
        other => other.float(),
    };
    if places <= 0 {
        let unit = 10_f64.powi(i32::try_from(-places.max(-300)).unwrap_or(300));
        return Number::Whole(((float / unit).round() * unit) as i64);
    }
    let places = u32::try_from(places).unwrap_or(u32::MAX);
    let rounded = Decimal::of(number).and_then(|it| {
        if it.scale <= places {
            return Some(float);
        }
        let unit = 10_i128.checked_pow(it.scale - places)?;
        let half = unit / 2 * it.digits.signum();
        let digits = (it.digits + half) / unit;
        Some(
            Decimal {
                digits,
                scale: places,
            }
            .float(),
        )
    });
    Number::Float(rounded.unwrap_or(float))
}
