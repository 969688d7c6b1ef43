//! A collector on a log in a temporary directory, with a fixed clock and two keys.

use std::io::Write;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::BoxFuture;
use gyre_base::{Clock, Timestamp, WorkspaceId};
use gyre_collect::{
    Answer, CollectConfig, Collector, Envelope, Hints, Incoming, KeyDirectory, KeyDirectoryError,
    parse,
};
use gyre_log::{Log, LogConfig};
use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(7));
/// A minute or so after the captured requests were made: 2026-11-21T19:51:40Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_290_700_000);

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn sleep_until(&self, _at: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(futures::future::ready(()))
    }
}

/// Knows the keys of the captures; `BROKEN` makes it fail.
#[derive(Debug)]
struct Keys;

#[async_trait]
impl KeyDirectory for Keys {
    async fn write_key(&self, key: &str) -> Result<Option<WorkspaceId>, KeyDirectoryError> {
        match key {
            "APIKEY_TEST" | "WRITEKEY_TEST" | "phc_TEST" | "TOKEN_TEST" | "KEYID" | "app1" => {
                Ok(Some(WORKSPACE))
            }
            "BROKEN" => Err(KeyDirectoryError::new("the store is down")),
            _ => Ok(None),
        }
    }
}

pub(crate) struct Stand {
    pub(crate) collector: Collector,
    pub(crate) log: Log,
    runtime: tokio::runtime::Runtime,
    _dir: TempDir,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut LogConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut cfg = LogConfig::new(dir.path());
        change(&mut cfg);
        let (log, _) = Log::open(cfg).unwrap();
        let collector = Collector::new(
            Arc::new(Keys),
            log.clone(),
            Arc::new(FixedClock),
            CollectConfig::default(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        Self {
            collector,
            log,
            runtime,
            _dir: dir,
        }
    }

    pub(crate) fn handle(&self, incoming: Incoming) -> Answer {
        self.runtime.block_on(self.collector.handle(incoming))
    }

    pub(crate) fn close(&self) {
        self.runtime.block_on(self.log.close());
    }

    /// Everything the log has.
    pub(crate) fn envelopes(&self) -> Vec<Envelope> {
        let mut at = self.log.first();
        let mut found = Vec::new();
        while at < self.log.durable_end() {
            for record in self.log.read(at, 1 << 20).unwrap() {
                found.push(Envelope::decode(&record.body).unwrap());
                at = record.next;
            }
        }
        found
    }

    /// Everything the log has, read.
    pub(crate) fn events(&self) -> Vec<Result<Event, Rejection>> {
        self.envelopes().iter().flat_map(parse).collect()
    }
}

/// Sends one request alone and compares its answer.
#[track_caller]
pub(crate) fn check(incoming: Incoming, status: u16, body: &str) -> Answer {
    let answer = Stand::new().handle(incoming);
    let found = String::from_utf8_lossy(&answer.body);
    assert_eq!((answer.status, found.as_ref()), (status, body));
    answer
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|it| it.0 == name);
    found.map(|it| it.1.as_str())
}

/// Sends a request many times at once to a log with room for few of them; the answer to one that is too many.
///
/// All answers but the good ones must be alike.
pub(crate) fn post_all_at_once(incoming: &Incoming) -> Answer {
    let stand = Stand::with(|cfg| {
        cfg.record_bytes_max = 600;
        cfg.queue_bytes_max = 600;
    });
    let all = (0..200).map(|_| stand.collector.handle(incoming.clone()));
    let mut answers = stand.runtime.block_on(futures::future::join_all(all));
    answers.retain(|it| it.status != 200);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Incoming {
    Incoming {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: body.into(),
        peer_ip: Some("::ffff:198.51.100.9".parse().unwrap()),
    }
}

pub(crate) fn get(path: &str, query: impl Into<String>) -> Incoming {
    Incoming {
        method: "GET".to_owned(),
        query: query.into(),
        ..post(path, "")
    }
}

/// A form with the JSON in base64 in its field `data`, as a form encodes it.
pub(crate) fn form_of(json: &[u8]) -> String {
    let base64 = STANDARD.encode(json);
    format!(
        "data={}",
        base64
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D")
    )
}

pub(crate) fn with(mut incoming: Incoming, name: &str, value: &str) -> Incoming {
    incoming.headers.push((name.to_owned(), value.to_owned()));
    incoming
}

pub(crate) fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

/// An envelope of a body, as the collector would make it.
pub(crate) fn envelope(dialect: &str, endpoint: &str, body: &Value) -> Envelope {
    Envelope {
        workspace: WORKSPACE,
        received_at: NOW,
        dialect: dialect.to_owned(),
        endpoint: endpoint.to_owned(),
        peer_ip: None,
        user_agent: None,
        hints: Hints::default(),
        body: body.to_string().into(),
    }
}
