//! Filters that make a text fit into HTML.

use super::{FilterDef, bounded, filter};
use crate::value::Value;

pub(super) const TABLE: &[FilterDef] = &[
    filter("escape", (0, 0), |input, _, _| match &input {
        Value::Nil => Ok(Value::Nil),
        other => bounded(escaped(&other.to_s(), false)),
    }),
    filter("h", (0, 0), |input, _, _| match &input {
        Value::Nil => Ok(Value::Nil),
        other => bounded(escaped(&other.to_s(), false)),
    }),
    filter("escape_once", (0, 0), |input, _, _| {
        bounded(escaped(&input.to_s(), true))
    }),
    filter("strip_html", (0, 0), |input, _, _| {
        bounded(without_tags(&input.to_s()))
    }),
];

/// Replaces the five letters that mean something in HTML; `once` leaves what is escaped already.
fn escaped(text: &str, once: bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (i, letter) in text.char_indices() {
        match letter {
            '&' if once && is_entity(&text[i + 1..]) => out.push('&'),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

/// Whether what follows an ampersand makes it an entity: `amp;`, `#39;`, `#x27;`.
fn is_entity(text: &str) -> bool {
    let end = text.bytes().take(32).position(|it| it == b';');
    let Some(name) = end.and_then(|it| text.get(..it)) else {
        return false;
    };
    let all = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|it| is(&it));
    match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => all(hex, u8::is_ascii_hexdigit),
            None => all(number, u8::is_ascii_digit),
        },
        None => all(name, u8::is_ascii_alphanumeric),
    }
}

/// Takes out scripts, styles and comments with their text, then tags.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let tag = &rest[open..];
        let hidden = [
            ("<script", "</script>"),
            ("<style", "</style>"),
            ("<!--", "-->"),
        ]
        .iter()
        .find(|(from, _)| tag.starts_with(from));
        if let Some((from, to)) = hidden
            && let Some(end) = tag[from.len()..].find(to)
        {
            kept.push_str(&rest[..open]);
            rest = &tag[from.len() + end + to.len()..];
            continue;
        }
        kept.push_str(&rest[..=open]);
        rest = &tag[1..];
    }
    kept.push_str(rest);
    let mut out = String::with_capacity(kept.len());
    let mut rest = kept.as_str();
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else {
            break;
        };
        out.push_str(&rest[..open]);
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}
