//! What a client gets back.

use bytes::Bytes;
use serde_json::Value;

use crate::incoming::Incoming;

/// A GIF of one transparent point.
const POINT: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// One HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text_of(status, "application/json", body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::text_of(status, "text/plain; charset=utf-8", body.to_owned())
    }

    pub(crate) fn text_of(status: u16, content_type: &str, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
        }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A picture of one transparent point, for senders that are pages' images.
    pub(crate) fn point() -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "image/gif".to_owned())],
            body: Bytes::from_static(POINT),
        }
        .with("cache-control", "no-store")
    }

    /// Says when to try again, if that is known.
    #[must_use]
    pub(crate) fn after(self, seconds: Option<u32>) -> Self {
        match seconds {
            Some(seconds) => self.with("retry-after", seconds.to_string()),
            None => self,
        }
    }

    /// The answer to a browser that asks whether it may send.
    pub(crate) fn preflight(incoming: &Incoming) -> Self {
        let headers = incoming.header("access-control-request-headers");
        Self {
            status: 204,
            headers: Vec::new(),
            body: Bytes::new(),
        }
        .with("access-control-allow-methods", "GET, POST, OPTIONS")
        // mirrored, not listed: old SDKs and proxies send headers of their own
        .with("access-control-allow-headers", headers.unwrap_or("*"))
        .with("access-control-max-age", "86400")
    }

    /// Adds what lets the page that asked read the answer.
    #[must_use]
    pub(crate) fn readable_by(self, origin: Option<&str>) -> Self {
        let Some(origin) = origin else {
            return self;
        };
        self.with("access-control-allow-origin", origin)
            .with("access-control-allow-credentials", "true")
            .with("vary", "Origin")
    }
}
