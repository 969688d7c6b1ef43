//! Our own endpoint: a list, lines, or an object with events, generously spelled, and an answer for each event.
//!
//! `POST /v1/events` with `Authorization: Bearer <write key>`. The answer has one entry per event, under the
//! event's own id or, without one, under its place: `ok`, or `drop` with the reason.

mod event;

use gyre_base::Timestamp;
use gyre_model::Event;
use gyre_model::event::Rejection;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::content::{self, Content};
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::{fields, parse, results};

#[derive(Debug)]
pub(crate) struct Events;

/// The parts of an object around its events.
#[derive(Debug, Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    events: Option<&'a RawValue>,
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
    #[serde(borrow, alias = "writeKey", alias = "write_key")]
    api_key: Option<&'a RawValue>,
    #[serde(borrow, alias = "sentAt", alias = "client_upload_time")]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, alias = "historical_migration")]
    historical: Option<&'a RawValue>,
}

/// A body, read as far as its events.
#[derive(Debug, Default)]
struct Opened<'a> {
    key: Option<String>,
    sent_at: Option<Timestamp>,
    is_historical: bool,
    events: Vec<&'a str>,
}

fn open(text: &str) -> Option<Opened<'_>> {
    if let Some(list) = content::list(text) {
        return Some(Opened {
            events: list.into_iter().map(RawValue::get).collect(),
            ..Opened::default()
        });
    }
    let Ok(body) = serde_json::from_str::<Body<'_>>(text) else {
        let events = content::lines(text)?;
        return Some(Opened {
            events,
            ..Opened::default()
        });
    };
    let value = |raw: Option<&RawValue>| content::value(raw?.get()).ok();
    let events = match body.events.or(body.batch) {
        Some(events) => content::list(events.get())?
            .into_iter()
            .map(RawValue::get)
            .collect(),
        None => vec![text],
    };
    Some(Opened {
        key: value(body.api_key).and_then(|it| fields::text(&it)),
        sent_at: value(body.sent_at).and_then(|it| fields::time(&it)),
        is_historical: value(body.historical) == Some(Value::Bool(true)),
        events,
    })
}

impl Dialect for Events {
    fn name(&self) -> &'static str {
        "gyre"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        (plain_path == "/v1/events").then_some(Endpoint::events("events"))
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let content = Content::read(&request.body);
        let Some(opened) = content.json().and_then(open) else {
            let detail = "the body is neither a JSON list or object of events nor lines of JSON";
            return Err(Refusal::Unreadable(detail.to_owned()));
        };
        let incoming = request.incoming;
        let key = incoming.header_key().or(opened.key);
        Ok(Claim {
            key: key.or_else(|| incoming.query_param("write_key")),
            events_count: opened.events.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        results::answer(&self.parse(receipt.envelope), event::INSERT_ID)
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let (status, error) = match refusal {
            Refusal::MissingKey => (401, "missing_write_key"),
            Refusal::BadKey(_) => (401, "invalid_write_key"),
            Refusal::Unreadable(_) => (400, "invalid_request"),
            Refusal::TooLarge(_) => (413, "payload_too_large"),
            Refusal::TooSlow => (408, "request_timeout"),
            Refusal::Overloaded(_) => (429, "overloaded"),
            Refusal::Unavailable(_) => (503, "unavailable"),
            Refusal::Method => (405, "method_not_allowed"),
        };
        results::problem(status, error, refusal)
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let content = Content::read(&envelope.body);
        let Some(opened) = content.json().and_then(open) else {
            return parse::unreadable(envelope);
        };
        let upload = Upload {
            envelope,
            sent_at: opened.sent_at,
            is_historical: opened.is_historical,
        };
        parse::each(&opened.events, &upload, event::draft)
    }
}
