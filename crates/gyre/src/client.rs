//! A client of a running server: sends events, reads the development inbox, follows tracked links.
//!
//! Waits and retries through the [`Clock`]. Speaks HTTP, and HTTPS to a server behind a proxy.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use gyre_base::failure::error_chain;
use gyre_base::{Blame, Clock, Failure, Retry, SECOND_MS, Secret, Timestamp};
use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

/// Longest answer read: an inbox page or a mail's HTML.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Tries of one batch while the server is away or busy: with pauses of at most 15 s some four minutes, which is
/// longer than a restart takes.
const TRIES_MAX: u32 = 20;
/// Longest pause between two tries, in milliseconds.
const PAUSE_MS_MAX: i64 = 15 * SECOND_MS;
/// What a reader of mail calls itself: a browser, so that its clicks count as a person's.
const READER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// zstd level of request bodies: as fast as the loopback, a tenth of the bytes.
const ZSTD_LEVEL: i32 = 1;

/// What can go wrong between us and the server.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address of a server.
    #[error("`{url}` is not an address such as http://127.0.0.1:8080")]
    Address {
        /// As it was given.
        url: String,
    },
    /// No answer.
    #[error("no answer from {url}")]
    Unreachable {
        /// What was asked.
        url: Url,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The key is not known there.
    #[error("the server does not accept the {kind} key")]
    Key {
        /// `write` or `API`.
        kind: &'static str,
    },
    /// An answer that is no success.
    #[error("{url} answered {status}: {body}")]
    Refused {
        /// What was asked.
        url: Url,
        /// Its status.
        status: StatusCode,
        /// The beginning of its body.
        body: String,
    },
    /// A success that cannot be read.
    #[error("the answer of {url} cannot be read")]
    Answer {
        /// What was asked.
        url: Url,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Packing the body failed.
    #[error("cannot compress a request")]
    Pack(#[source] std::io::Error),
}

impl Failure for ClientError {
    fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "bad-server-address",
            Self::Unreachable { .. } => "server-unreachable",
            Self::Key { .. } => "key-refused",
            Self::Refused { .. } => "server-refused",
            Self::Answer { .. } => "unreadable-answer",
            Self::Pack(_) => "cannot-compress",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unreachable { .. } => Retry::AfterMs(SECOND_MS),
            Self::Refused { status, .. } if is_busy(*status) => Retry::AfterMs(SECOND_MS),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Address { .. } | Self::Key { .. } => Blame::Caller,
            Self::Pack(_) => Blame::Us,
            _ => Blame::Upstream,
        }
    }
}

fn is_busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// A connection to one server.
#[derive(Clone, Debug)]
pub struct GyreClient {
    http: reqwest::Client,
    base: Url,
    write_key: Secret,
    api_key: Option<Secret>,
    clock: Arc<dyn Clock>,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Events that were not taken: insert id and reason.
    pub refused: BTreeMap<String, String>,
}

/// A message in the development inbox.
#[derive(Clone, Debug, Deserialize)]
pub struct InboxMessage {
    /// Its id there.
    pub id: String,
    /// Who it went to.
    pub to: String,
    /// When: milliseconds or RFC 3339.
    pub received_at: Value,
}

/// One page of the development inbox, newest first.
#[derive(Clone, Debug, Deserialize)]
pub struct InboxPage {
    /// Messages.
    pub messages: Vec<InboxMessage>,
    /// Cursor of the next page.
    #[serde(default)]
    pub next: Option<String>,
}

impl InboxMessage {
    /// When it arrived.
    pub fn received_at(&self) -> Option<Timestamp> {
        match &self.received_at {
            Value::Number(ms) => ms.as_i64().map(Timestamp),
            Value::String(text) => Timestamp::parse(text),
            _ => None,
        }
    }
}

impl GyreClient {
    /// A client of the server at `base`, which sends events with `write_key`.
    pub fn new(base: &str, write_key: Secret, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let bad = || ClientError::Address {
            url: base.to_owned(),
        };
        let base = Url::parse(base).map_err(|_| bad())?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(bad());
        }
        // whoever was first has installed the same one
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("gyre/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(Self {
            http: http.map_err(|source| ClientError::Unreachable {
                url: base.clone(),
                source,
            })?,
            base,
            write_key,
            api_key: None,
            clock,
        })
    }

    /// The same client, which also reads with `api_key`.
    #[must_use]
    pub fn with_api_key(mut self, api_key: Secret) -> Self {
        self.api_key = Some(api_key);
        self
    }

    /// Sends lines of JSON, one event each; returns when they are on the server's disk.
    ///
    /// Tries again while the server is away or busy: repeats are harmless where events carry an insert id.
    pub async fn send_lines(&self, lines: &[u8]) -> Result<SendReport, ClientError> {
        let body = zstd::encode_all(lines, ZSTD_LEVEL).map_err(ClientError::Pack)?;
        let body = Bytes::from(body);
        let mut tries = 0;
        loop {
            tries += 1;
            let (error, asked_ms) = match self.send_once(body.clone()).await {
                Ok(report) => return Ok(report),
                Err(failed) => failed,
            };
            let Retry::AfterMs(least_ms) = error.retry() else {
                return Err(error);
            };
            if tries == TRIES_MAX {
                return Err(error);
            }
            let pause_ms = asked_ms.unwrap_or(least_ms << tries.min(4));
            tracing::debug!(error = error_chain(&error), pause_ms, "will send again");
            let pause_ms = pause_ms.clamp(least_ms, PAUSE_MS_MAX);
            self.clock.sleep_ms(pause_ms).await;
        }
    }

    /// The error and how long the server asked us to wait.
    async fn send_once(&self, body: Bytes) -> Result<SendReport, (ClientError, Option<i64>)> {
        let url = self.url("/v1/events").map_err(|it| (it, None))?;
        let request = self
            .http
            .request(Method::POST, url.clone())
            .header(AUTHORIZATION, bearer(&self.write_key))
            .header(CONTENT_TYPE, "application/x-ndjson")
            .header(CONTENT_ENCODING, "zstd")
            .body(body);
        let answer = request.send().await.map_err(|source| {
            let url = url.clone();
            (ClientError::Unreachable { url, source }, None)
        })?;
        let asked_ms = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|it| it.to_str().ok()?.parse::<i64>().ok())
            .map(|seconds| seconds.saturating_mul(SECOND_MS));
        let status = answer.status();
        let body = read(&url, answer).await.map_err(|it| (it, None))?;
        if status.is_success() {
            return read_results(&url, &body).map_err(|it| (it, None));
        }
        Err((refusal(url, status, &body, "write"), asked_ms))
    }

    /// One page of the development inbox; `None` where the server keeps none.
    pub async fn inbox(&self, cursor: Option<&str>) -> Result<Option<InboxPage>, ClientError> {
        let mut url = self.url("/api/v1/inbox")?;
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        let Some(body) = self.get(url.clone()).await? else {
            return Ok(None);
        };
        let page = serde_json::from_slice(&body);
        page.map(Some)
            .map_err(|source| ClientError::Answer { url, source })
    }

    /// HTML of a message in the development inbox; `None` if it is gone.
    pub async fn inbox_html(&self, id: &str) -> Result<Option<String>, ClientError> {
        let url = self.url(&format!("/api/v1/inbox/{id}/html"))?;
        let body = self.get(url).await?;
        Ok(body.map(|it| String::from_utf8_lossy(&it).into_owned()))
    }

    /// Headers of a message in the development inbox; none if it is gone.
    pub async fn inbox_headers(&self, id: &str) -> Result<Vec<(String, String)>, ClientError> {
        #[derive(Deserialize)]
        struct Message {
            headers: Vec<(String, String)>,
        }
        let url = self.url(&format!("/api/v1/inbox/{id}"))?;
        let Some(body) = self.get(url.clone()).await? else {
            return Ok(Vec::new());
        };
        let message: Message =
            serde_json::from_slice(&body).map_err(|source| ClientError::Answer { url, source })?;
        Ok(message.headers)
    }

    /// Opens a tracking address, as a mail program or a browser does; the address it points to, if any.
    ///
    /// `path` is a path on the server itself, so that nothing a template says makes us call another host.
    pub async fn open_tracked(&self, path: &str) -> Result<Option<String>, ClientError> {
        let url = self.url(path)?;
        let request = self.http.get(url.clone()).header(USER_AGENT, READER);
        let answer = self.ask(request, &url).await?;
        let location = answer.headers().get(LOCATION);
        let location = location.and_then(|it| it.to_str().ok()).map(str::to_owned);
        let status = answer.status();
        if status.is_success() || status.is_redirection() {
            return Ok(location);
        }
        let body = read(&url, answer).await?;
        Err(refusal(url, status, &body, "API"))
    }

    /// Unsubscribes by one click at a tracking address of the server (RFC 8058).
    pub async fn unsubscribe(&self, path: &str) -> Result<(), ClientError> {
        let url = self.url(path)?;
        let request = self
            .http
            .post(url.clone())
            .header(USER_AGENT, READER)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("List-Unsubscribe=One-Click");
        let answer = self.ask(request, &url).await?;
        let status = answer.status();
        if status.is_success() || status.is_redirection() {
            return Ok(());
        }
        let body = read(&url, answer).await?;
        Err(refusal(url, status, &body, "API"))
    }

    fn url(&self, path: &str) -> Result<Url, ClientError> {
        let url = self.base.join(path).ok();
        // a path such as `//elsewhere/` would lead away
        url.filter(|it| it.origin() == self.base.origin())
            .ok_or_else(|| ClientError::Address {
                url: path.to_owned(),
            })
    }

    async fn ask(&self, request: RequestBuilder, url: &Url) -> Result<Response, ClientError> {
        request
            .send()
            .await
            .map_err(|source| ClientError::Unreachable {
                url: url.clone(),
                source,
            })
    }

    async fn get(&self, url: Url) -> Result<Option<Bytes>, ClientError> {
        let mut request = self.http.get(url.clone());
        if let Some(key) = &self.api_key {
            request = request.header(AUTHORIZATION, bearer(key));
        }
        let answer = self.ask(request, &url).await?;
        let status = answer.status();
        let body = read(&url, answer).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            it if it.is_success() => Ok(Some(body)),
            _ => Err(refusal(url, status, &body, "API")),
        }
    }
}

fn bearer(key: &Secret) -> String {
    format!("Bearer {}", key.reveal())
}

async fn read(url: &Url, mut answer: Response) -> Result<Bytes, ClientError> {
    let mut body = Vec::new();
    loop {
        let chunk = answer.chunk().await;
        let chunk = chunk.map_err(|source| ClientError::Unreachable {
            url: url.clone(),
            source,
        })?;
        let Some(chunk) = chunk else {
            return Ok(Bytes::from(body));
        };
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(ClientError::Refused {
                url: url.clone(),
                status: answer.status(),
                body: format!("more than {ANSWER_BYTES_MAX} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
}

fn refusal(url: Url, status: StatusCode, body: &[u8], kind: &'static str) -> ClientError {
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return ClientError::Key { kind };
    }
    let body = String::from_utf8_lossy(body).chars().take(300).collect();
    ClientError::Refused { url, status, body }
}

/// Reads `{"results": {"<insert id>": {"result": "ok"|"warning"|"drop"|"retry", "details": …}}}`.
fn read_results(url: &Url, body: &[u8]) -> Result<SendReport, ClientError> {
    #[derive(Deserialize)]
    struct Results {
        #[serde(default)]
        results: BTreeMap<String, Outcome>,
    }
    #[derive(Deserialize)]
    struct Outcome {
        result: String,
        #[serde(default)]
        details: Value,
    }
    let read: Results = serde_json::from_slice(body).map_err(|source| ClientError::Answer {
        url: url.clone(),
        source,
    })?;
    let bad = |it: &Outcome| !matches!(it.result.as_str(), "ok" | "warning");
    let refused = read.results.into_iter().filter(|(_, it)| bad(it));
    Ok(SendReport {
        refused: refused
            .map(|(id, it)| match it.details {
                Value::String(reason) => (id, reason),
                Value::Null => (id, it.result),
                other => (id, other.to_string()),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests;
