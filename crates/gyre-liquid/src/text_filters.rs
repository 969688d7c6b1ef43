//! Filters of texts, dates and JSON.

#![allow(clippy::unnecessary_wraps, reason = "all filters have one signature")]

use std::fmt::Write;

use jiff::Zoned;
use jiff::tz::TimeZone;
use liquid_core::model::{Value, ValueView};
use liquid_core::{Error, Result};

use crate::filters::{Args, FilterDef, bounded, filter};
use crate::value::{Number, from_json, to_json};

fn text(input: &dyn ValueView) -> String {
    input.to_kstr().into_string()
}

pub(crate) const TEXT: &[FilterDef] = &[
    filter("append", (1, 1), |input, args| {
        bounded(text(input) + &args.text(0))
    }),
    filter("prepend", (1, 1), |input, args| {
        bounded(args.text(0) + &text(input))
    }),
    filter("upcase", (0, 0), |input, _| {
        bounded(text(input).to_uppercase())
    }),
    filter("downcase", (0, 0), |input, _| {
        bounded(text(input).to_lowercase())
    }),
    filter("strip", (0, 0), |input, _| {
        bounded(text(input).trim().to_owned())
    }),
    filter("lstrip", (0, 0), |input, _| {
        bounded(text(input).trim_start().to_owned())
    }),
    filter("rstrip", (0, 0), |input, _| {
        bounded(text(input).trim_end().to_owned())
    }),
    filter("strip_newlines", (0, 0), |input, _| {
        bounded(text(input).replace(['\r', '\n'], ""))
    }),
    filter("remove", (1, 1), |input, args| {
        bounded(text(input).replace(&args.text(0), ""))
    }),
    filter("remove_first", (1, 1), |input, args| {
        bounded(text(input).replacen(&args.text(0), "", 1))
    }),
    filter("remove_last", (1, 1), |input, args| {
        bounded(replace_last(&text(input), &args.text(0), ""))
    }),
    filter("replace", (1, 2), replace),
    filter("replace_first", (1, 2), |input, args| {
        bounded(text(input).replacen(&args.text(0), &args.text(1), 1))
    }),
    filter("replace_last", (2, 2), |input, args| {
        bounded(replace_last(&text(input), &args.text(0), &args.text(1)))
    }),
    filter("split", (1, 1), split),
    filter("truncate", (0, 2), truncate),
    filter("truncatewords", (0, 2), truncate_words),
    filter("default", (0, 1), default),
    filter("date", (0, 1), date),
    filter("time_zone", (1, 1), time_zone),
    filter("url_encode", (0, 0), |input, _| {
        bounded(percent(&text(input), "-_.", true))
    }),
    filter("url_param_escape", (0, 0), |input, _| {
        bounded(percent(&text(input), "-_.~", false))
    }),
    filter("url_escape", (0, 0), |input, _| {
        bounded(percent(&text(input), "-_.~!*'();:@&=+$,/?#[]", false))
    }),
    filter("json_escape", (0, 0), |input, _| {
        let quoted = serde_json::Value::String(text(input)).to_string();
        bounded(quoted[1..quoted.len() - 1].to_owned())
    }),
    filter("as_json_string", (0, 0), |input, _| {
        bounded(to_json(input).to_string())
    }),
    filter("json", (0, 0), |input, _| {
        bounded(to_json(input).to_string())
    }),
    filter(
        "json_parse",
        (0, 0),
        |input, _| match serde_json::from_str(&text(input)) {
            Ok(json) => Ok(from_json(&json)),
            Err(_) => Err(Error::with_msg("json_parse: the text is not JSON")),
        },
    ),
    filter("number_with_delimiter", (0, 1), |input, args| {
        let delimiter = if args.has(0) {
            args.text(0)
        } else {
            ",".to_owned()
        };
        bounded(grouped(&text(input), &delimiter))
    }),
    filter("money", (0, 0), |input, _| {
        bounded(format!("{:.2}", Number::of(input).float()))
    }),
    filter("pluralize", (2, 2), |input, args| {
        let is_one = matches!(Number::of(input), Number::Whole(1));
        bounded(args.text(usize::from(!is_one)))
    }),
];

/// Refuses before building: every occurrence may be replaced by a text as long as a message.
fn replace(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let (text, from, to) = (text(input), args.text(0), args.text(1));
    let count = if from.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(&from).count()
    };
    if count.saturating_mul(to.len()) > gyre_base::limits::RENDERED_BYTES_MAX {
        return Err(Error::with_msg("replace: the text would be too long"));
    }
    bounded(text.replace(&from, &to))
}

fn replace_last(text: &str, from: &str, to: &str) -> String {
    match text.rfind(from) {
        Some(at) => format!("{}{to}{}", &text[..at], &text[at + from.len()..]),
        None => text.to_owned(),
    }
}

fn split(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let (text, separator) = (text(input), args.text(0));
    let mut parts: Vec<&str> = match separator.as_str() {
        "" => {
            let letters = text.chars().map(|it| Value::scalar(it.to_string()));
            return Ok(Value::Array(letters.collect()));
        }
        " " => text.split_whitespace().collect(),
        other => text.split(other).collect(),
    };
    while parts.last().is_some_and(|it| it.is_empty()) {
        parts.pop();
    }
    let parts = parts.into_iter().map(|it| Value::scalar(it.to_owned()));
    Ok(Value::Array(parts.collect()))
}

fn truncate(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let length = if args.has(0) {
        args.number(0).float().max(0.0) as usize
    } else {
        50
    };
    let ellipsis = if args.has(1) {
        args.text(1)
    } else {
        "...".to_owned()
    };
    let text = text(input);
    if text.chars().count() <= length {
        return bounded(text);
    }
    let keep = length.saturating_sub(ellipsis.chars().count());
    bounded(text.chars().take(keep).collect::<String>() + &ellipsis)
}

fn truncate_words(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let count = if args.has(0) {
        args.number(0).float().max(1.0) as usize
    } else {
        15
    };
    let ellipsis = if args.has(1) {
        args.text(1)
    } else {
        "...".to_owned()
    };
    let text = text(input);
    let words: Vec<&str> = text
        .split_whitespace()
        .take(count.saturating_add(1))
        .collect();
    if words.len() <= count {
        return bounded(text);
    }
    bounded(words[..count].join(" ") + &ellipsis)
}

fn default(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let is_false = input.as_scalar().and_then(|it| it.to_bool()) == Some(false)
        && input
            .as_scalar()
            .is_some_and(|it| it.type_name() == "boolean");
    let allows_false = args
        .named("allow_false")
        .and_then(ValueView::as_scalar)
        .and_then(|it| it.to_bool())
        .unwrap_or(false);
    let is_empty_text = input
        .as_scalar()
        .is_some_and(|it| it.type_name() == "string" && it.to_kstr().is_empty());
    let is_empty = input.is_nil()
        || is_empty_text
        || input.as_array().is_some_and(|it| it.size() == 0)
        || input.as_object().is_some_and(|it| it.size() == 0);
    if is_empty || (is_false && !allows_false) {
        Ok(if args.has(0) {
            args.value(0).clone()
        } else {
            Value::scalar("")
        })
    } else {
        Ok(input.to_value())
    }
}

/// Reads an instant as people write it; keeps the offset of the text.
fn instant(text: &str, args: &Args) -> Option<Zoned> {
    let text = text.trim();
    if text == "now" || text == "today" {
        let now = args.settings.now?;
        let at = jiff::Timestamp::from_millisecond(now.ms()).ok()?;
        return Some(at.to_zoned(TimeZone::UTC));
    }
    if let Ok(seconds) = text.parse::<i64>() {
        let at = jiff::Timestamp::from_second(seconds).ok()?;
        return Some(at.to_zoned(TimeZone::UTC));
    }
    for format in [
        "%Y-%m-%d %H:%M:%S %z",
        "%Y-%m-%d %H:%M:%S %:z",
        "%Y-%m-%dT%H:%M:%S%.f%:z",
        "%a, %d %b %Y %H:%M:%S %z",
    ] {
        if let Ok(broken) = jiff::fmt::strtime::parse(format, text)
            && let Ok(zoned) = broken.to_zoned()
        {
            return Some(zoned);
        }
    }
    if let Some(at) = gyre_base::Timestamp::parse(text.trim_end_matches(" UTC")) {
        let at = jiff::Timestamp::from_millisecond(at.ms()).ok()?;
        return Some(at.to_zoned(TimeZone::UTC));
    }
    [
        "%B %d, %Y",
        "%b %d, %Y",
        "%d %B %Y",
        "%d %b %Y",
        "%m/%d/%Y",
        "%Y/%m/%d",
    ]
    .iter()
    .find_map(|format| jiff::civil::Date::strptime(format, text).ok())
    .and_then(|date| date.to_zoned(TimeZone::UTC).ok())
}

fn date(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let format = args.text(0);
    if format.is_empty() {
        return Ok(input.to_value());
    }
    let Some(zoned) = instant(&text(input), args) else {
        return Ok(input.to_value());
    };
    match jiff::fmt::strtime::format(&format, &zoned) {
        Ok(formatted) => bounded(formatted),
        Err(_) => Err(Error::with_msg(format!("date: cannot write `{format}`"))),
    }
}

fn time_zone(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let name = args.text(0);
    let Ok(zone) = TimeZone::get(&name) else {
        return Err(Error::with_msg(format!(
            "time_zone: there is no zone `{name}`"
        )));
    };
    match instant(&text(input), args) {
        Some(zoned) => {
            let local = zoned.with_time_zone(zone);
            bounded(local.strftime("%Y-%m-%d %H:%M:%S %z").to_string())
        }
        None => Ok(input.to_value()),
    }
}

/// Percent-encodes every byte that is neither a letter, a digit nor in `kept`.
fn percent(text: &str, kept: &str, is_form: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || kept.contains(letter) && byte.is_ascii() {
            encoded.push(letter);
        } else if is_form && byte == b' ' {
            encoded.push('+');
        } else {
            // writing to a text cannot fail
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// `1234567.5` as `1,234,567.5`; texts that are no numbers stay as they are.
fn grouped(text: &str, delimiter: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.trim_start_matches('-');
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut grouped = String::new();
    if whole.starts_with('-') {
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
