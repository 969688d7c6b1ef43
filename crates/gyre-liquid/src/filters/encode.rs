//! Filters that digest, encode and escape.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{Args, Context, FilterDef, bounded, braze, filter};
use crate::value::Value;

/// Decoders that take texts with and without padding.
const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD_LAX: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LAX);
const URL_SAFE_LAX: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LAX);

/// An HMAC of the input with the first argument as key.
macro_rules! mac {
    ($input:expr, $args:expr, $hash:ty) => {
        match Hmac::<$hash>::new_from_slice($args.text(0).as_bytes()) {
            Ok(mut mac) => {
                mac.update($input.to_s().as_bytes());
                Ok(mac.finalize().into_bytes())
            }
            Err(_) => Err("hmac: the key cannot be used".to_owned()),
        }
    };
}

pub(super) const TABLE: &[FilterDef] = &[
    braze("md5", (0, 0), |input, _, _| {
        bounded(hex::encode(Md5::digest(input.to_s().as_bytes())))
    }),
    braze("sha1", (0, 0), |input, _, _| {
        bounded(hex::encode(Sha1::digest(input.to_s().as_bytes())))
    }),
    braze("sha2", (0, 0), sha256),
    braze("sha256", (0, 0), sha256),
    braze("hmac_sha1", (1, 1), |input, args, _| {
        bounded(hex::encode(mac!(input, args, Sha1)?))
    }),
    braze("hmac_sha1_hex", (1, 1), |input, args, _| {
        bounded(hex::encode(mac!(input, args, Sha1)?))
    }),
    braze("hmac_sha1_base64", (1, 1), |input, args, _| {
        bounded(STANDARD.encode(mac!(input, args, Sha1)?))
    }),
    braze("hmac_sha256", (1, 1), |input, args, _| {
        bounded(hex::encode(mac!(input, args, Sha256)?))
    }),
    braze("hmac_sha256_hex", (1, 1), |input, args, _| {
        bounded(hex::encode(mac!(input, args, Sha256)?))
    }),
    braze("hmac_sha256_base64", (1, 1), |input, args, _| {
        bounded(STANDARD.encode(mac!(input, args, Sha256)?))
    }),
    braze("hmac_sha512", (1, 1), |input, args, _| {
        bounded(hex::encode(mac!(input, args, Sha512)?))
    }),
    filter("base64_encode", (0, 0), |input, _, _| {
        bounded(STANDARD.encode(input.to_s().as_bytes()))
    }),
    filter("base64_url_safe_encode", (0, 0), |input, _, _| {
        bounded(URL_SAFE.encode(input.to_s().as_bytes()))
    }),
    filter("base64_decode", (0, 0), |input, _, _| {
        decoded(
            "base64_decode",
            STANDARD_LAX.decode(input.to_s().as_bytes()),
        )
    }),
    filter("base64_url_safe_decode", (0, 0), |input, _, _| {
        decoded(
            "base64_url_safe_decode",
            URL_SAFE_LAX.decode(input.to_s().as_bytes()),
        )
    }),
    filter("url_encode", (0, 0), |input, _, _| match &input {
        Value::Nil => Ok(Value::Nil),
        other => bounded(percent(&other.to_s(), "-_.~", true)),
    }),
    filter("url_decode", (0, 0), |input, _, _| match &input {
        Value::Nil => Ok(Value::Nil),
        other => url_decode(&other.to_s()),
    }),
    braze("url_param_escape", (0, 0), |input, _, _| {
        bounded(percent(&input.to_s(), "-_.~", false))
    }),
    braze("url_escape", (0, 0), |input, _, _| {
        bounded(percent(&input.to_s(), "-_.~!*'();:@&=+$,/?#[]", false))
    }),
    braze("json_escape", (0, 0), |input, _, _| {
        let quoted = serde_json::Value::String(input.to_s().into_owned()).to_string();
        bounded(quoted[1..quoted.len() - 1].to_owned())
    }),
    braze("as_json_string", (0, 0), |input, _, _| {
        bounded(input.to_json().to_string())
    }),
    braze("json", (0, 0), |input, _, _| {
        bounded(input.to_json().to_string())
    }),
    braze("json_parse", (0, 0), |input, _, _| {
        if input.is_list() || input.is_map() {
            return Ok(input);
        }
        match serde_json::from_str(&input.to_s()) {
            Ok(json) => Ok(Value::from_json(&json)),
            Err(_) => Err("json_parse: the text is not JSON".to_owned()),
        }
    }),
];

fn sha256<'a>(input: Value<'a>, _: &Args<'a>, _: &Context) -> Result<Value<'a>, String> {
    bounded(hex::encode(Sha256::digest(input.to_s().as_bytes())))
}

fn decoded<'a>(
    name: &str,
    bytes: Result<Vec<u8>, base64::DecodeError>,
) -> Result<Value<'a>, String> {
    match bytes.map(String::from_utf8) {
        Ok(Ok(text)) => bounded(text),
        _ => Err(format!("invalid base64 provided to {name}")),
    }
}

/// Percent-encodes every byte that is neither a letter, a digit nor in `kept`.
fn percent(text: &str, kept: &str, is_form: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else if is_form && byte == b' ' {
            encoded.push('+');
        } else {
            // writing to a text cannot fail
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn url_decode<'a>(text: &str) -> Result<Value<'a>, String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let pair = bytes
            .get(i + 1..i + 3)
            .and_then(|it| std::str::from_utf8(it).ok());
        let byte = pair
            .filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
            .and_then(|it| u8::from_str_radix(it, 16).ok());
        match (bytes[i], byte) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                i += 3;
                continue;
            }
            (b'+', _) => decoded.push(b' '),
            (other, _) => decoded.push(other),
        }
        i += 1;
    }
    match String::from_utf8(decoded) {
        Ok(text) => bounded(text),
        Err(_) => Err("invalid byte sequence in UTF-8".to_owned()),
    }
}
