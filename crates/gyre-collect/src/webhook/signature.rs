//! Signatures of payloads by Standard Webhooks 1.0: HMAC-SHA256 over id, instant and body.
//!
//! <https://www.standardwebhooks.com>. Signatures with public keys (`v1a`) are not checked, so they count as none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gyre_base::{MINUTE_MS, SECOND_MS, Secret, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::incoming::Incoming;

/// How far the sender's instant may be from ours: the standard's libraries allow five minutes.
const TOLERANCE_MS: i64 = 5 * MINUTE_MS;
/// What a secret begins with, as people copy it.
const PREFIX: &str = "whsec_";
/// Signatures looked at in one header: the standard expects two while a secret is being changed.
const SIGNATURES_MAX: usize = 10;

/// The bytes of a secret; `None` for what is none.
pub(crate) fn key_of(secret: &str) -> Option<Vec<u8>> {
    let text = secret.strip_prefix(PREFIX)?;
    let key = STANDARD.decode(text).ok()?;
    (16..=128).contains(&key.len()).then_some(key)
}

/// Whether a text is a signing secret: `whsec_` and 16 to 128 bytes in base64.
pub fn is_signing_secret(secret: &str) -> bool {
    key_of(secret).is_some()
}

/// Whether the request was signed with the secret just now; the error says what is wrong.
pub(crate) fn check(
    incoming: &Incoming,
    secret: &Secret,
    now: Timestamp,
) -> Result<(), &'static str> {
    let header = |name: &str| incoming.header(name);
    let id = header("webhook-id").ok_or("the header webhook-id is missing")?;
    let instant = header("webhook-timestamp").ok_or("the header webhook-timestamp is missing")?;
    let signatures =
        header("webhook-signature").ok_or("the header webhook-signature is missing")?;
    let seconds: i64 = instant
        .parse()
        .map_err(|_| "the header webhook-timestamp is no number of seconds")?;
    let at = Timestamp(seconds.saturating_mul(SECOND_MS));
    if now.since(at).abs() > TOLERANCE_MS {
        return Err("the header webhook-timestamp is not within five minutes of now");
    }
    let key = key_of(secret.reveal()).ok_or("the source's signing secret is unusable")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key)
        .map_err(|_| "the source's signing secret is unusable")?;
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(instant.as_bytes());
    mac.update(b".");
    mac.update(&incoming.body);
    let is_good = signatures
        .split(' ')
        .take(SIGNATURES_MAX)
        .filter_map(|it| it.strip_prefix("v1,"))
        .filter_map(|it| STANDARD.decode(it).ok())
        // compared in a time that does not tell where they differ
        .any(|it| mac.clone().verify_slice(&it).is_ok());
    if is_good {
        Ok(())
    } else {
        Err("no signature in the header webhook-signature fits")
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// The example of the standard's own specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[track_caller]
    fn verdict(headers: &[(&str, &str)], body: &str, now_s: i64) -> Result<(), &'static str> {
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: "/webhook".to_owned(),
            query: String::new(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            peer_ip: None,
        };
        check(
            &incoming,
            &Secret::new(SECRET),
            Timestamp(now_s * SECOND_MS),
        )
    }

    #[test]
    fn a_payload_is_taken_if_it_was_signed_just_now() {
        let at = AT.to_string();
        let signed = |signature: &'static str| {
            [
                ("webhook-id", ID),
                ("webhook-timestamp", at.as_str()),
                ("webhook-signature", signature),
            ]
        };
        assert_eq!(verdict(&signed(SIGNATURE), BODY, AT), Ok(()));
        assert_eq!(verdict(&signed(SIGNATURE), BODY, AT + 300), Ok(()));
        assert!(verdict(&signed(SIGNATURE), BODY, AT + 301).is_err());
        assert!(verdict(&signed(SIGNATURE), "{}", AT).is_err());
        let two = "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(verdict(&signed(two), BODY, AT), Ok(()));
        assert!(verdict(&signed("v1a,AAAA"), BODY, AT).is_err());
        for missing in 0..3 {
            let mut headers = signed(SIGNATURE).to_vec();
            headers.remove(missing);
            assert!(verdict(&headers, BODY, AT).is_err());
        }
    }

    #[test]
    fn a_secret_is_long_enough_to_be_one() {
        assert!(is_signing_secret(SECRET));
        for wrong in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%",
        ] {
            assert!(!is_signing_secret(wrong), "{wrong}");
        }
    }
}
