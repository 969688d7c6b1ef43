//! A request as it arrived, free of any HTTP library.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;

use crate::content;

/// One HTTP request.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// `POST` and the like, upper case.
    pub method: String,
    /// Path without the query, as sent.
    pub path: String,
    /// Query without the question mark; empty if there is none.
    pub query: String,
    /// Headers in order; names in any case.
    pub headers: Vec<(String, String)>,
    /// Body as sent, compressed or not.
    pub body: Bytes,
    /// The client's address, proxies already resolved.
    pub peer_ip: Option<IpAddr>,
}

impl Incoming {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// The path without slashes at its end: every route exists with and without one.
    pub(crate) fn plain_path(&self) -> &str {
        plain(&self.path)
    }

    /// One parameter of the query.
    pub(crate) fn query_param(&self, name: &str) -> Option<String> {
        let pairs = content::form_pairs(&self.query);
        pairs.into_iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// The key in the headers: `Authorization: Basic base64(key:)`, `Authorization: Bearer key`, or `X-Write-Key`.
    pub(crate) fn header_key(&self) -> Option<String> {
        let from_header = self.header("authorization").and_then(|it| {
            let (scheme, rest) = it.split_once(' ')?;
            let rest = rest.trim();
            if scheme.eq_ignore_ascii_case("bearer") {
                return Some(rest.to_owned());
            }
            if !scheme.eq_ignore_ascii_case("basic") {
                return None;
            }
            let bytes = STANDARD
                .decode(rest)
                .or_else(|_| STANDARD_NO_PAD.decode(rest));
            let text = String::from_utf8(bytes.ok()?).ok()?;
            let key = text.split_once(':').map_or(text.as_str(), |it| it.0);
            Some(key.to_owned())
        });
        from_header
            .or_else(|| self.header("x-write-key").map(str::to_owned))
            .filter(|it| !it.is_empty())
    }
}

/// A path without slashes at its end.
pub(crate) fn plain(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, expected: Option<&str>) {
        let incoming = Incoming {
            method: "POST".to_owned(),
            path: "/v1/batch/".to_owned(),
            query: String::new(),
            headers: vec![(name.to_owned(), value.to_owned())],
            body: Bytes::new(),
            peer_ip: None,
        };
        assert_eq!(incoming.header_key().as_deref(), expected, "{value}");
        assert_eq!(incoming.plain_path(), "/v1/batch");
    }

    #[test]
    fn the_key_is_found_in_every_usual_header() {
        check(
            "authorization",
            "Basic V1JJVEVLRVlfVEVTVDo=",
            Some("WRITEKEY_TEST"),
        );
        check(
            "Authorization",
            "basic V1JJVEVLRVlfVEVTVDo",
            Some("WRITEKEY_TEST"),
        );
        check("AUTHORIZATION", "Bearer  abc", Some("abc"));
        check("X-Write-Key", "abc", Some("abc"));
        check("authorization", "Bearer ", None);
        check("authorization", "Basic %%%", None);
        check("authorization", "abc", None);
    }
}
