//! Reading a body that is JSON or a form, whatever its label says.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

/// A body by what its first byte is.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// Begins as a JSON object or list.
    Json(Cow<'a, str>),
    /// Anything else: `key=value&key=value`.
    Form(Vec<(String, String)>),
}

impl<'a> Content<'a> {
    /// Looks at a body. Bytes that are not UTF-8 become replacement characters rather than lose the request.
    pub(crate) fn read(body: &'a [u8]) -> Self {
        let text = match String::from_utf8_lossy(body) {
            Cow::Borrowed(it) => Cow::Borrowed(trim(it)),
            Cow::Owned(it) => Cow::Owned(trim(&it).to_owned()),
        };
        if text.starts_with(['{', '[']) {
            Self::Json(text)
        } else {
            Self::Form(form_pairs(&text))
        }
    }

    /// The JSON text, or nothing.
    pub(crate) fn json(&self) -> Option<&str> {
        match self {
            Self::Json(text) => Some(text),
            Self::Form(_) => None,
        }
    }

    /// One field of the form, or nothing.
    pub(crate) fn form(&self, name: &str) -> Option<&str> {
        match self {
            Self::Json(_) => None,
            Self::Form(pairs) => {
                let pair = pairs.iter().find(|it| it.0 == name)?;
                Some(&pair.1)
            }
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// Splits a query or a form into decoded pairs, in order.
pub(crate) fn form_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|it| !it.is_empty())
        .map(|it| it.split_once('=').unwrap_or((it, "")))
        .map(|(name, value)| (percent_decode(name), percent_decode(value)))
        .collect()
}

/// Undoes `%41` and `+`; what is not a valid escape stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match (first, escaped) {
            (_, Some((high, low))) => {
                out.push(high << 4 | low);
                rest = &after[2..];
                continue;
            }
            (b'+', None) => out.push(b' '),
            (other, None) => out.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|it| it as u8)
}

/// The elements of a JSON list, each as its text; `None` if it is not a list.
pub(crate) fn list(raw: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw).ok()
}

/// The lines of a text that has one JSON object per line, each as its text.
///
/// A bad line is a bad event; a text without a single good one is no list of events.
pub(crate) fn lines(text: &str) -> Option<Vec<&str>> {
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|it| !it.is_empty()).collect();
    let is_good = |it: &&str| it.starts_with('{') && value(it).is_ok();
    lines.iter().any(is_good).then_some(lines)
}

/// One JSON value. Halves of surrogate pairs, which JavaScript writes when it cuts a text, become U+FFFD.
pub(crate) fn value(raw: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(raw).or_else(|error| match mend_surrogates(raw) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// The text with every lone `\ud800`-`\udfff` escape replaced; `None` if there is none.
fn mend_surrogates(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    let mut out = String::with_capacity(raw.len());
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(unit) = escaped_unit(raw, at) else {
            // another escape: step over the escaped byte, which may be a backslash
            at += 2;
            continue;
        };
        let is_pair = matches!(unit, 0xd800..=0xdbff)
            && matches!(escaped_unit(raw, at + 6), Some(0xdc00..=0xdfff));
        if is_pair {
            at += 12;
        } else {
            if matches!(unit, 0xd800..=0xdfff) {
                out.push_str(&raw[copied..at]);
                out.push_str("\\ufffd");
                copied = at + 6;
            }
            at += 6;
        }
    }
    out.push_str(&raw[copied..]);
    (copied > 0).then_some(out)
}

/// The UTF-16 unit of a `\uXXXX` escape at `at`.
fn escaped_unit(raw: &str, at: usize) -> Option<u16> {
    let digits = raw.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_decoded() {
        let pairs =
            form_pairs("api_key=a%20b&identification=%5B%7B%22x%22%3A1%7D%5D&flag&s=1+1&bad=%zz%e");
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let expected = [
            ("api_key", "a b"),
            ("identification", r#"[{"x":1}]"#),
            ("flag", ""),
            ("s", "1 1"),
            ("bad", "%zz%e"),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn json_is_known_by_its_first_letter() {
        assert_eq!(Content::read("\u{feff} {}\n".as_bytes()).json(), Some("{}"));
        assert_eq!(Content::read(b"a=1").form("a"), Some("1"));
        assert_eq!(
            Content::read(b"{\"a\":\"\xff\"}").json(),
            Some("{\"a\":\"\u{fffd}\"}")
        );
    }

    #[test]
    fn half_a_surrogate_pair_does_not_lose_an_event() {
        let cases = [
            (r#""cut \ud83d""#, json!("cut \u{fffd}")),
            (r#""\ude00 b""#, json!("\u{fffd} b")),
            (r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}\u{1f600}")),
            (r#""\\ud83d \ud83d""#, json!("\\ud83d \u{fffd}")),
        ];
        for (raw, expected) in cases {
            assert_eq!(value(raw).unwrap(), expected, "{raw}");
        }
        assert!(value(r#""\u12""#).is_err());
    }
}
