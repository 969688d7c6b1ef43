//! Amplitude: HTTP V2, Batch, Identify, Group Identify and User Mapping.
//!
//! Always lenient: a bad event of a good request goes to quarantine and the answer is 200. Amplitude's strict mode,
//! which refuses the whole request, would be an option of the key, and keys have none.
//!
//! Its SDKs read the body, not the status: `code` in every JSON answer equals the status, or they send again
//! and again. A bad key and an unreadable body must be 400 with these very texts to be dropped at once.

mod event;

pub(crate) use event::groups;

use gyre_base::Timestamp;
use gyre_model::Event;
use gyre_model::event::Rejection;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request, key_start};
use crate::answer::Answer;
use crate::content::{self, Content};
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::{fields, parse};

#[derive(Debug)]
pub(crate) struct Amplitude;

/// The parts of a body outside its events.
#[derive(Debug, Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<&'a RawValue>,
    #[serde(borrow)]
    identification: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping: Option<&'a RawValue>,
    #[serde(borrow)]
    client_upload_time: Option<&'a RawValue>,
    #[serde(borrow)]
    historical: Option<&'a RawValue>,
}

/// A body, read as far as its list of events.
#[derive(Debug)]
struct Opened {
    key: Option<String>,
    sent_at: Option<Timestamp>,
    is_historical: bool,
    /// `None` if there is no list of events.
    events: Option<Vec<String>>,
}

/// The field of a form or a body that holds the events.
fn events_field(endpoint: &str) -> &'static str {
    match endpoint {
        "identify" | "groupidentify" => "identification",
        "usermap" => "mapping",
        _ => "events",
    }
}

/// Lists the events of a JSON body without reading them; a single one may stand without its list.
fn open_json(text: &str, endpoint: &str) -> Option<Opened> {
    let body: Body<'_> = serde_json::from_str(text).ok()?;
    let value = |raw: Option<&RawValue>| content::value(raw?.get()).ok();
    let events = match events_field(endpoint) {
        "identification" => body.identification,
        "mapping" => body.mapping,
        _ => body.events,
    };
    Some(Opened {
        key: value(body.api_key).and_then(|it| fields::text(&it)),
        sent_at: value(body.client_upload_time).and_then(|it| fields::time(&it)),
        is_historical: value(body.historical) == Some(Value::Bool(true)),
        events: events.and_then(|it| one_or_list(it.get())),
    })
}

fn one_or_list(raw: &str) -> Option<Vec<String>> {
    if raw.trim_start().starts_with('{') {
        return Some(vec![raw.to_owned()]);
    }
    let list = content::list(raw)?;
    Some(list.iter().map(|it| it.get().to_owned()).collect())
}

fn open(body: &[u8], endpoint: &str) -> Option<Opened> {
    let content = Content::read(body);
    if let Some(text) = content.json() {
        return open_json(text, endpoint);
    }
    let events = content
        .form(events_field(endpoint))
        .or_else(|| content.form("event"));
    Some(Opened {
        key: content.form("api_key").map(str::to_owned),
        sent_at: None,
        is_historical: false,
        events: events.and_then(one_or_list),
    })
}

impl Dialect for Amplitude {
    fn name(&self) -> &'static str {
        "amplitude"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        match plain_path {
            "/2/httpapi" => Some(Endpoint::events("httpapi")),
            "/batch" => Some(Endpoint::events("batch")),
            "/identify" => Some(Endpoint::events_or_query("identify")),
            "/groupidentify" => Some(Endpoint::events_or_query("groupidentify")),
            "/usermap" => Some(Endpoint::events_or_query("usermap")),
            _ => None,
        }
    }

    fn fits(&self, request: &Request<'_>) -> bool {
        open(&request.body, request.endpoint.name).is_some_and(|it| it.events.is_some())
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let opened = open(&request.body, request.endpoint.name);
        let unreadable = || Refusal::Unreadable("Invalid JSON request body".to_owned());
        let opened = opened.ok_or_else(unreadable)?;
        let events = opened.events.ok_or_else(unreadable)?;
        Ok(Claim {
            key: opened.key.or_else(|| request.incoming.header_key()),
            events_count: events.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        if events_field(&receipt.envelope.endpoint) != "events" {
            return Answer::text(200, "success");
        }
        // spelled out, because the order of the keys is part of the answer
        let body = json!({
            "code": 200,
            "events_ingested": receipt.events_count,
            "payload_size_bytes": receipt.incoming.body.len(),
            "server_upload_time": receipt.received_at,
        });
        Answer::json(200, &body)
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let message = refusal.message();
        match refusal {
            Refusal::BadKey(key) => {
                let error = format!("Invalid API key: {}", key_start(key));
                Answer::json(400, &json!({"code": 400, "error": error}))
            }
            Refusal::MissingKey => Answer::json(
                400,
                &json!({"code": 400, "error": "Request missing required field", "missing_field": "api_key"}),
            ),
            Refusal::Unreadable(_) => Answer::json(
                400,
                &json!({"code": 400, "error": message, "missing_field": "events"}),
            ),
            Refusal::TooLarge(_) => Answer::json(413, &json!({"code": 413, "error": message})),
            // without a code in its body the Python library would neither send again nor tell
            Refusal::TooSlow => Answer::json(408, &json!({"code": 408, "error": message})),
            Refusal::Method => Answer::json(405, &json!({"code": 405, "error": message})),
            Refusal::Overloaded(seconds) | Refusal::Unavailable(seconds) => {
                Answer::json(503, &json!({"code": 503, "error": message}))
                    .with("retry-after", seconds.to_string())
            }
        }
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let opened = open(&envelope.body, &envelope.endpoint);
        let Some((opened, events)) = opened.and_then(|mut it| {
            let events = it.events.take()?;
            Some((it, events))
        }) else {
            return parse::unreadable(envelope);
        };
        let upload = Upload {
            envelope,
            sent_at: opened.sent_at,
            is_historical: opened.is_historical,
        };
        let event_type = match envelope.endpoint.as_str() {
            "identify" => Some(event::IDENTIFY),
            "groupidentify" => Some(event::GROUP_IDENTIFY),
            _ => None,
        };
        parse::each(&events, &upload, |raw| match envelope.endpoint.as_str() {
            "usermap" => event::mapping(raw),
            _ => event::draft(raw, event_type),
        })
    }
}
