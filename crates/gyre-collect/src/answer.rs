//! What a client gets back.

use bytes::Bytes;
use serde_json::Value;

use crate::incoming::Incoming;

/// GIF 89a, one by one pixel, its only colour transparent.
const PIXEL: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x00\x00\x00\x00\
\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

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

    /// A transparent picture of one pixel, for what cannot read anything else.
    pub(crate) fn pixel() -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "image/gif".to_owned())],
            body: Bytes::from_static(PIXEL),
        }
        .with("cache-control", "no-store")
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
