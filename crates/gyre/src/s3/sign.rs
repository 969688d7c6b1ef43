//! Signatures of requests: AWS Signature Version 4 for a GET without a body.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::fmt::Write;

use gyre_base::{Secret, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// SHA-256 of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Who signs, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) secret: &'a Secret,
    pub(super) region: &'a str,
    pub(super) now: Timestamp,
}

/// A text with everything percent-encoded but letters, digits and `-._~`, and slashes if they are kept.
pub(super) fn encoded(text: &str, keeps_slashes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_plain || (keeps_slashes && byte == b'/') {
            out.push(char::from(byte));
        } else {
            // writing to a String cannot fail
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl Signer<'_> {
    /// The headers of a request to this host.
    pub(super) fn headers(
        &self,
        host: &str,
        path: &str,
        query: &str,
    ) -> [(&'static str, String); 3] {
        let (day, instant) = self.instant();
        let region = self.region;
        let names = "host;x-amz-content-sha256;x-amz-date";
        let request = format!(
            "GET\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{EMPTY}\nx-amz-date:{instant}\n\n{names}\n{EMPTY}"
        );
        let scope = format!("{day}/{region}/s3/aws4_request");
        let hashed = hex::encode(Sha256::digest(request.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{instant}\n{scope}\n{hashed}");
        let mut key = format!("AWS4{}", self.secret.reveal()).into_bytes();
        for part in [day.as_str(), region, "s3", "aws4_request"] {
            key = hmac(&key, part);
        }
        let signature = hex::encode(hmac(&key, &text));
        let id = self.access_key_id;
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={id}/{scope},SignedHeaders={names},Signature={signature}"
        );
        [
            ("authorization", authorization),
            ("x-amz-content-sha256", EMPTY.to_owned()),
            ("x-amz-date", instant),
        ]
    }

    /// `20130524` and `20130524T000000Z`.
    fn instant(&self) -> (String, String) {
        let text = self.now.rfc3339();
        let digits: String = text
            .chars()
            .take_while(|it| *it != '.')
            .filter(|it| it.is_ascii_digit() || *it == 'T')
            .collect();
        let day = digits.split('T').next().unwrap_or_default().to_owned();
        (day, format!("{}Z", digits.trim_end_matches('Z')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_manual_is_signed_as_there() {
        // "GET Bucket (List Objects)" of the page above
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let signer = Signer {
            access_key_id: "AKIAIOSFODNN7EXAMPLE",
            secret: &secret,
            region: "us-east-1",
            now: Timestamp::parse("2013-05-24T00:00:00Z").unwrap(),
        };
        let headers = signer.headers("examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J");
        assert_eq!(headers[2].1, "20130524T000000Z");
        assert_eq!(
            headers[0].1,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
             Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn keys_are_encoded_byte_by_byte() {
        assert_eq!(encoded("a b/ü~", true), "a%20b/%C3%BC~");
        assert_eq!(encoded("a/b", false), "a%2Fb");
    }
}
