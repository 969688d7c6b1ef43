//! Numbers and amounts of money as people write them.

use serde_json::{Number, Value};

/// Marks beside an amount that say which money it is.
const CURRENCIES: &[&str] = &[
    "KRW", "USD", "EUR", "GBP", "JPY", "CNY", "US$", "원", "₩", "￦", "$", "€", "£", "¥", "円",
];

/// Reads a number written as JSON writes them, or with groups of thousands, or with a decimal comma.
///
/// `1,234` has groups if they are of three digits; `decimal` says which of `.` and `,` begins the fraction.
pub(crate) fn number(text: &str, decimal: char) -> Option<Value> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|it: char| it.is_ascii_digit() || it == decimal) {
        return None;
    }
    let group = if decimal == ',' { '.' } else { ',' };
    let (whole, fraction) = match digits.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let is_group = |it: char| it == group || matches!(it, ' ' | '\u{a0}' | '\u{202f}' | '\'');
    let mut parts = whole.split(is_group);
    let first = parts.next().unwrap_or_default();
    let mut plain = format!("{sign}{first}");
    let mut is_grouped = false;
    for part in parts {
        if part.len() != 3 || !part.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        is_grouped = true;
        plain.push_str(part);
    }
    if is_grouped && !(1..=3).contains(&first.len()) {
        return None;
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    parse(&plain)
}

/// A whole number as one, any other as the nearest double; neither infinite nor `nan`.
fn parse(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    text.parse::<f64>()
        .ok()
        .and_then(Number::from_f64)
        .map(Value::Number)
}

/// Reads an amount: a number with its currency beside it, negative with a sign, in brackets or behind a triangle.
pub(crate) fn money(text: &str, decimal: char) -> Option<Value> {
    let mut rest = text.trim();
    let mut is_negative = false;
    if let Some(inner) = rest.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        (is_negative, rest) = (true, inner.trim());
    }
    // a sign may stand before or behind the currency: `-₩500`, `₩-500`, `500-`
    for _ in 0..4 {
        let before = rest;
        if let Some(it) = rest.strip_prefix(['-', '\u{2212}', '△', '▲']) {
            (is_negative, rest) = (!is_negative, it.trim());
        }
        if let Some(it) = rest.strip_suffix('-') {
            (is_negative, rest) = (!is_negative, it.trim());
        }
        for mark in CURRENCIES {
            rest = rest.strip_prefix(mark).unwrap_or(rest).trim();
            rest = rest.strip_suffix(mark).unwrap_or(rest).trim();
        }
        if before == rest {
            break;
        }
    }
    if rest.starts_with(['-', '+']) {
        return None;
    }
    let amount = number(rest, decimal)?;
    Some(if is_negative {
        negated(&amount)
    } else {
        amount
    })
}

fn negated(amount: &Value) -> Value {
    match (amount.as_i64().and_then(i64::checked_neg), amount.as_f64()) {
        (Some(whole), _) => Value::from(whole),
        (None, Some(number)) => Number::from_f64(-number).map_or(Value::Null, Value::Number),
        (None, None) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_with_groups_and_either_decimal_mark() {
        for (text, decimal, expected) in [
            ("12.5", '.', Some(json!(12.5))),
            ("-3", '.', Some(json!(-3))),
            ("1,234,567", '.', Some(json!(1_234_567))),
            ("1.234,56", ',', Some(json!(1234.56))),
            ("1 234,5", ',', Some(json!(1234.5))),
            ("1e3", '.', Some(json!(1000.0))),
            (
                "12345678901234567890",
                '.',
                Some(json!(1.234_567_890_123_456_7e19)),
            ),
            (".5", '.', Some(json!(0.5))),
            ("1,23", '.', None),
            ("12,345,6", '.', None),
            ("1234,567", '.', None),
            ("", '.', None),
            ("nan", '.', None),
            ("inf", '.', None),
            ("1e999", '.', None),
            ("many", '.', None),
        ] {
            assert_eq!(number(text, decimal), expected, "{text}");
        }
    }

    #[test]
    fn amounts_are_read_with_their_currency() {
        for (text, decimal, expected) in [
            ("₩12,500", '.', Some(json!(12_500))),
            ("12,500원", '.', Some(json!(12_500))),
            ("-₩500", '.', Some(json!(-500))),
            ("₩-500", '.', Some(json!(-500))),
            ("△1,000", '.', Some(json!(-1_000))),
            ("(1,000)", '.', Some(json!(-1_000))),
            ("500-", '.', Some(json!(-500))),
            ("US$ 9.99", '.', Some(json!(9.99))),
            ("1.234,56 €", ',', Some(json!(1234.56))),
            ("KRW 0", '.', Some(json!(0))),
            ("free", '.', None),
            ("₩", '.', None),
            ("", '.', None),
        ] {
            assert_eq!(money(text, decimal), expected, "{text}");
        }
    }
}
