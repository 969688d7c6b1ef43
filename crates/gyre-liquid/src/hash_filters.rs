//! Filters that digest and encode, under Braze's names.

#![allow(clippy::unnecessary_wraps, reason = "all filters have one signature")]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hmac::{Hmac, KeyInit, Mac};
use liquid_core::model::{Value, ValueView};
use liquid_core::{Error, Result};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::filters::{Args, FilterDef, bounded, filter};

fn text(input: &dyn ValueView) -> String {
    input.to_kstr().into_string()
}

macro_rules! mac {
    ($input:expr, $args:expr, $hash:ty) => {{
        let key = $args.text(0);
        // HMAC takes a key of any length
        match Hmac::<$hash>::new_from_slice(key.as_bytes()) {
            Ok(mut mac) => {
                mac.update(text($input).as_bytes());
                Ok(mac.finalize().into_bytes().to_vec())
            }
            Err(_) => Err(Error::with_msg("hmac: the key cannot be used")),
        }
    }};
}

pub(crate) const HASHES: &[FilterDef] = &[
    filter("md5", (0, 0), |input, _| {
        bounded(hex::encode(Md5::digest(text(input))))
    }),
    filter("sha1", (0, 0), |input, _| {
        bounded(hex::encode(Sha1::digest(text(input))))
    }),
    filter("sha2", (0, 0), sha256),
    filter("sha256", (0, 0), sha256),
    filter("hmac_sha1", (1, 1), hmac_sha1_hex),
    filter("hmac_sha1_hex", (1, 1), hmac_sha1_hex),
    filter("hmac_sha1_base64", (1, 1), |input, args| {
        let digest: Result<Vec<u8>> = mac!(input, args, Sha1);
        bounded(STANDARD.encode(digest?))
    }),
    filter("hmac_sha256", (1, 1), hmac_sha256_hex),
    filter("hmac_sha256_hex", (1, 1), hmac_sha256_hex),
    filter("hmac_sha256_base64", (1, 1), |input, args| {
        let digest: Result<Vec<u8>> = mac!(input, args, Sha256);
        bounded(STANDARD.encode(digest?))
    }),
    filter("hmac_sha512", (1, 1), |input, args| {
        let digest: Result<Vec<u8>> = mac!(input, args, Sha512);
        bounded(hex::encode(digest?))
    }),
    filter("base64_encode", (0, 0), |input, _| {
        bounded(STANDARD.encode(text(input)))
    }),
    filter("base64_url_safe_encode", (0, 0), |input, _| {
        bounded(URL_SAFE.encode(text(input)))
    }),
    filter("base64_decode", (0, 0), |input, _| {
        decoded("base64_decode", STANDARD.decode(text(input)))
    }),
    filter("base64_url_safe_decode", (0, 0), |input, _| {
        decoded("base64_url_safe_decode", URL_SAFE.decode(text(input)))
    }),
];

fn decoded(name: &str, bytes: Result<Vec<u8>, base64::DecodeError>) -> Result<Value> {
    match bytes.map(String::from_utf8) {
        Ok(Ok(text)) => bounded(text),
        _ => Err(Error::with_msg(format!("{name}: the text is not base64"))),
    }
}

fn sha256(input: &dyn ValueView, _: &Args) -> Result<Value> {
    bounded(hex::encode(Sha256::digest(text(input))))
}

fn hmac_sha1_hex(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let digest: Result<Vec<u8>> = mac!(input, args, Sha1);
    bounded(hex::encode(digest?))
}

fn hmac_sha256_hex(input: &dyn ValueView, args: &Args) -> Result<Value> {
    let digest: Result<Vec<u8>> = mac!(input, args, Sha256);
    bounded(hex::encode(digest?))
}
