//! The JSON inside a body, however it is wrapped: in the field `data` of a form or a query, in base64, compressed in that.
//!
//! As everywhere, what the bytes are decides and not what a header or a parameter says of them.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::content::Content;
use crate::dialects::Refusal;
use crate::inflate::{InflateError, inflate};

/// Why there is no JSON in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadError {
    /// Neither JSON nor anything that holds JSON.
    Unreadable,
    /// It would inflate to more than is allowed.
    TooLarge,
}

impl PayloadError {
    /// The refusal of a request with such a body; `detail` says what was expected.
    pub(crate) fn refusal(self, detail: &str) -> Refusal {
        match self {
            Self::Unreadable => Refusal::Unreadable(detail.to_owned()),
            Self::TooLarge => Refusal::body_too_large(),
        }
    }
}

/// A body and what stands beside its JSON.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    /// Begins as a JSON object or list; may be several lines of them.
    pub(crate) json: Cow<'a, str>,
    form: Vec<(String, String)>,
}

impl<'a> Payload<'a> {
    /// Unwraps a body, inflating what is compressed inside to at most `bytes_max` bytes.
    pub(crate) fn read(body: &'a [u8], bytes_max: usize) -> Result<Self, PayloadError> {
        let form = match Content::read(body) {
            Content::Json(json) => {
                let form = Vec::new();
                return Ok(Self { json, form });
            }
            Content::Form(form) => form,
        };
        let data = form.iter().find(|it| it.0 == "data").map(|it| it.1.trim());
        let json = match data {
            Some(json) if is_json(json) => json.to_owned(),
            Some(data) => unwrap(data, bytes_max)?,
            None => unwrap(&String::from_utf8_lossy(body), bytes_max)?,
        };
        let json = Cow::Owned(json);
        Ok(Self { json, form })
    }

    /// A parameter beside `data`.
    pub(crate) fn form(&self, name: &str) -> Option<&str> {
        let pair = self.form.iter().find(|it| it.0 == name)?;
        Some(pair.1.as_str()).filter(|it| !it.is_empty())
    }
}

/// The JSON text in base64, compressed or not.
pub(crate) fn unwrap(text: &str, bytes_max: usize) -> Result<String, PayloadError> {
    let bytes = base64(text).ok_or(PayloadError::Unreadable)?;
    let bytes = inflate(&Bytes::from(bytes), bytes_max).map_err(|error| match error {
        InflateError::TooLarge(_) => PayloadError::TooLarge,
        InflateError::Broken(_) => PayloadError::Unreadable,
    })?;
    match Content::read(&bytes) {
        Content::Json(json) => Ok(json.into_owned()),
        Content::Form(_) => Err(PayloadError::Unreadable),
    }
}

fn is_json(text: &str) -> bool {
    text.starts_with(['{', '['])
}

/// Base64 of either alphabet, with or without padding and line breaks; a `+` may have become a space in a form.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .trim()
        .chars()
        .filter(|it| !matches!(it, '\r' | '\n' | '\t'))
        .map(|it| match it {
            '-' | ' ' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let cfg = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, cfg).decode(plain).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Has the bytes that the two alphabets write differently.
    const JSON: &str = r#"{"event":"a?>~~ÿ","x":[1,2]}"#;

    fn gzip(raw: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(raw).unwrap();
        encoder.finish().unwrap()
    }

    #[track_caller]
    fn check(body: &str) {
        let payload = Payload::read(body.as_bytes(), 1_000);
        assert_eq!(payload.unwrap().json, JSON, "{body}");
    }

    #[test]
    fn every_wrapping_holds_the_same_json() {
        check(JSON);
        let raws = [JSON.as_bytes().to_vec(), gzip(JSON.as_bytes())];
        for raw in &raws {
            for base64 in [
                STANDARD.encode(raw),
                STANDARD_NO_PAD.encode(raw),
                URL_SAFE.encode(raw),
                URL_SAFE_NO_PAD.encode(raw),
            ] {
                check(&base64);
                check(&format!("data={base64}")); // `+` arrives as a space
                check(&format!(
                    "ip=0&data={}&verbose=1",
                    base64.replace('+', "%2B")
                ));
                let (start, end) = base64.split_at(10);
                check(&format!("{start}\r\n{end}\n"));
            }
        }
        check(&format!("data={}", JSON.replace('"', "%22")));
    }

    #[test]
    fn what_stands_beside_the_data_is_found() {
        let payload = Payload::read(b"data=%7B%7D&verbose=1&api_key=", 10).unwrap();
        assert_eq!(payload.form("verbose"), Some("1"));
        assert_eq!(payload.form("api_key"), None);
    }

    #[test]
    fn what_holds_no_json_is_said_to() {
        for body in ["", "data=", "data=%%", "nonsense", "a=b", "data=aGVsbG8="] {
            let error = Payload::read(body.as_bytes(), 10).unwrap_err();
            assert_eq!(error, PayloadError::Unreadable, "{body}");
        }
        let bomb = STANDARD.encode(gzip(" ".repeat(100_000).as_bytes()));
        let error = Payload::read(bomb.as_bytes(), 99_999).unwrap_err();
        assert_eq!(error, PayloadError::TooLarge);
    }
}
