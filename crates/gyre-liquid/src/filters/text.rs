//! Filters of texts.

use std::borrow::Cow;

use gyre_base::limits::RENDERED_BYTES_MAX;

use super::{Args, Context, FilterDef, bounded, filter};
use crate::value::{Value, text as made};

pub(super) const TABLE: &[FilterDef] = &[
    filter("append", (1, 1), |input, args, _| {
        bounded([&*input.to_s(), &*args.text(0)].concat())
    }),
    filter("prepend", (1, 1), |input, args, _| {
        bounded([&*args.text(0), &*input.to_s()].concat())
    }),
    filter("upcase", (0, 0), |input, _, _| {
        bounded(input.to_s().to_uppercase())
    }),
    filter("downcase", (0, 0), |input, _, _| {
        bounded(input.to_s().to_lowercase())
    }),
    filter("capitalize", (0, 0), |input, _, _| {
        let text = input.to_s();
        let mut letters = text.chars();
        let first: String = letters
            .next()
            .map_or_else(String::new, |it| it.to_uppercase().collect());
        bounded(first + &letters.as_str().to_lowercase())
    }),
    filter("strip", (0, 0), |input, _, _| {
        Ok(part(input, |it| it.trim_matches(is_space)))
    }),
    filter("lstrip", (0, 0), |input, _, _| {
        Ok(part(input, |it| it.trim_start_matches(is_space)))
    }),
    filter("rstrip", (0, 0), |input, _, _| {
        Ok(part(input, |it| it.trim_end_matches(is_space)))
    }),
    filter("squish", (0, 0), |input, _, _| {
        if input.is_nil() {
            return Ok(Value::Nil);
        }
        bounded(words(&input.to_s()).collect::<Vec<_>>().join(" "))
    }),
    filter("strip_newlines", (0, 0), |input, _, _| {
        bounded(input.to_s().replace(['\r', '\n'], ""))
    }),
    filter("newline_to_br", (0, 0), |input, _, _| {
        bounded(input.to_s().replace("\r\n", "\n").replace('\n', "<br />\n"))
    }),
    filter("remove", (1, 1), |input, args, _| {
        bounded(input.to_s().replace(&*args.text(0), ""))
    }),
    filter("remove_first", (1, 1), |input, args, _| {
        bounded(input.to_s().replacen(&*args.text(0), "", 1))
    }),
    filter("remove_last", (1, 1), |input, args, _| {
        bounded(replace_last(&input.to_s(), &args.text(0), ""))
    }),
    filter("replace", (1, 2), replace),
    filter("replace_first", (1, 2), |input, args, _| {
        bounded(input.to_s().replacen(&*args.text(0), &args.text(1), 1))
    }),
    filter("replace_last", (2, 2), |input, args, _| {
        bounded(replace_last(&input.to_s(), &args.text(0), &args.text(1)))
    }),
    filter("split", (1, 1), split),
    filter("slice", (1, 2), slice),
    filter("truncate", (0, 2), truncate),
    filter("truncatewords", (0, 2), truncate_words),
    filter("default", (0, 1), default),
];

/// White space as Ruby strips it.
fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\0')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|it| !it.is_empty())
}

/// A part of a text, borrowed where the text is.
fn part(input: Value<'_>, cut: fn(&str) -> &str) -> Value<'_> {
    match input {
        Value::Str(it) => Value::Str(cut(it)),
        other => made(cut(&other.to_s())),
    }
}

/// Refuses before building: every occurrence may be replaced by a text as long as a message.
fn replace<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let (text, from, to) = (input.to_s(), args.text(0), args.text(1));
    let count = if from.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(&*from).count()
    };
    if count.saturating_mul(to.len()) > RENDERED_BYTES_MAX {
        return Err("replace: the text would be too long".to_owned());
    }
    bounded(text.replace(&*from, &to))
}

fn replace_last(text: &str, from: &str, to: &str) -> String {
    match text.rfind(from) {
        Some(at) => [&text[..at], to, &text[at + from.len()..]].concat(),
        None => text.to_owned(),
    }
}

/// Parts of a text; empty ones at the end are left out.
fn parts<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let mut parts: Vec<&str> = match separator {
        "" => text
            .char_indices()
            .map(|(i, it)| &text[i..i + it.len_utf8()])
            .collect(),
        " " => words(text).collect(),
        other => text.split(other).collect(),
    };
    while parts.last().is_some_and(|it| it.is_empty()) {
        parts.pop();
    }
    parts
}

fn split<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let separator = args.text(0);
    Ok(Value::list(match &input {
        Value::Str(it) => parts(it, &separator).into_iter().map(Value::Str).collect(),
        other => parts(&other.to_s(), &separator)
            .into_iter()
            .map(made)
            .collect(),
    }))
}

fn slice<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let Some(offset) = args.whole(0)? else {
        return Ok(Value::Nil);
    };
    let count = if args.value(1).is_nil() {
        1
    } else {
        args.whole(1)?.unwrap_or(1)
    };
    let items = input.is_list().then(|| input.items());
    let text = input.to_s();
    let len = items
        .as_ref()
        .map_or_else(|| text.chars().count(), |it| it.len()) as i64;
    let from = if offset < 0 {
        len.saturating_add(offset)
    } else {
        offset
    };
    let is_outside = from < 0 || from > len || count < 0;
    let (from, count) = if is_outside {
        (0, 0)
    } else {
        (from as usize, count as usize)
    };
    Ok(match items {
        Some(items) => Value::list(items.iter().skip(from).take(count).cloned().collect()),
        None => made(text.chars().skip(from).take(count).collect::<String>()),
    })
}

fn ellipsis<'t>(args: &'t Args<'_>) -> Cow<'t, str> {
    if args.has(1) {
        args.text(1)
    } else {
        "...".into()
    }
}

fn truncate<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    if input.is_nil() {
        return Ok(Value::Nil);
    }
    let length = args.whole(0)?.unwrap_or(50);
    let text = input.to_s();
    let ellipsis = ellipsis(args);
    let count = text.chars().count() as i64;
    if count <= length {
        return bounded(text.into_owned());
    }
    let keep = length
        .saturating_sub(ellipsis.chars().count() as i64)
        .max(0);
    let kept: String = text.chars().take(keep as usize).collect();
    bounded(kept + &ellipsis)
}

fn truncate_words<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    if input.is_nil() {
        return Ok(Value::Nil);
    }
    let count = args.whole(0)?.unwrap_or(15).max(1) as usize;
    let text = input.to_s();
    let mut found: Vec<&str> = words(&text).take(count.saturating_add(1)).collect();
    if found.len() <= count {
        return bounded(text.into_owned());
    }
    found.truncate(count);
    bounded(found.join(" ") + &ellipsis(args))
}

fn default<'a>(input: Value<'a>, args: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    let allows_false = args.named("allow_false").is_some_and(Value::is_true);
    let is_missing = match &input {
        Value::Nil => true,
        Value::Bool(false) => !allows_false,
        other => other.is_empty(),
    };
    if !is_missing {
        return Ok(input);
    }
    Ok(args.positional.first().cloned().unwrap_or(Value::Str("")))
}
