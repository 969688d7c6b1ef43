//! Segment's tracking API, which Rudder's and Jitsu's libraries speak as well.
//!
//! A batch with bad events is 200: rudder-sdk-node ends its process on anything else. Only a wrong key and
//! a body that cannot be read at all are refused.

pub(crate) mod message;
mod settings;

use gyre_base::Timestamp;
use gyre_model::Event;
use gyre_model::event::Rejection;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Claim, Dialect, Endpoint, Purpose, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::content::{self, Content};
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::{fields, parse};

#[derive(Debug)]
pub(crate) struct Segment;

/// The parts of a body outside its messages.
#[derive(Debug, Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
    #[serde(borrow, rename = "writeKey")]
    write_key: Option<&'a RawValue>,
    #[serde(borrow, rename = "sentAt")]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow)]
    historical: Option<&'a RawValue>,
}

/// A body, read as far as its list of messages.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    pub(crate) key: Option<String>,
    pub(crate) sent_at: Option<Timestamp>,
    is_historical: bool,
    pub(crate) messages: Vec<&'a str>,
    is_batch: bool,
}

/// Lists the messages without reading them. At the endpoint of one message, the body is the message.
pub(crate) fn opened<'a>(text: &'a str, endpoint: &str) -> Option<Opened<'a>> {
    let body: Body<'a> = serde_json::from_str(text).ok()?;
    let value = |raw: Option<&RawValue>| content::value(raw?.get()).ok();
    let messages = match body.batch {
        Some(batch) => content::list(batch.get())?
            .into_iter()
            .map(RawValue::get)
            .collect(),
        None if is_batch(endpoint) => return None,
        None => vec![text],
    };
    Some(Opened {
        key: value(body.write_key).and_then(|it| fields::text(&it)),
        sent_at: value(body.sent_at).and_then(|it| fields::time(&it)),
        is_historical: value(body.historical) == Some(Value::Bool(true)),
        messages,
        is_batch: body.batch.is_some(),
    })
}

/// The refusal of a body without messages.
pub(crate) fn unreadable() -> Refusal {
    Refusal::Unreadable("the body is not a JSON object with messages".to_owned())
}

fn is_batch(endpoint: &str) -> bool {
    endpoint == "batch" || endpoint == "import"
}

impl Dialect for Segment {
    fn name(&self) -> &'static str {
        "segment"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        if plain_path == "/batch" {
            return Some(Endpoint::events("batch"));
        }
        let name = match plain_path.strip_prefix("/v1/")? {
            "batch" | "b" => "batch",
            "import" => "import",
            "track" | "t" => "track",
            "identify" | "i" => "identify",
            "page" | "p" => "page",
            "screen" | "s" => "screen",
            "group" | "g" => "group",
            "alias" | "a" => "alias",
            // the library's measurements of itself
            "m" => {
                return Some(Endpoint {
                    purpose: Purpose::Discard,
                    ..Endpoint::events("metrics")
                });
            }
            other => {
                settings::key(other)?;
                return Some(settings::ENDPOINT);
            }
        };
        Some(Endpoint::events(name))
    }

    fn fits(&self, request: &Request<'_>) -> bool {
        let content = Content::read(&request.body);
        content
            .json()
            .and_then(|it| opened(it, request.endpoint.name))
            .is_some_and(|it| it.is_batch)
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let incoming = request.incoming;
        if request.endpoint.purpose == Purpose::Settings {
            let path = incoming.plain_path().strip_prefix("/v1/");
            return Ok(Claim {
                key: path.and_then(settings::key).map(content::percent_decode),
                ..Claim::default()
            });
        }
        let content = Content::read(&request.body);
        let opened = content
            .json()
            .and_then(|it| opened(it, request.endpoint.name));
        let Some(opened) = opened else {
            return Err(unreadable());
        };
        let key = incoming.header_key().or(opened.key);
        Ok(Claim {
            key: key.or_else(|| incoming.query_param("writeKey")),
            events_count: opened.messages.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, _receipt: &Receipt<'_>) -> Answer {
        Answer::json(200, &json!({"success": true}))
    }

    fn discarded(&self) -> Answer {
        Answer::json(200, &json!({"success": true}))
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let (status, code) = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => (401, "invalid_write_key"),
            Refusal::Unreadable(_) => (400, "invalid_request"),
            Refusal::TooLarge(_) => (413, "payload_too_large"),
            Refusal::Overloaded(_) => (429, "rate_limited"),
            Refusal::Unavailable(_) => (503, "unavailable"),
            Refusal::Method => (405, "method_not_allowed"),
        };
        let body = json!({"code": code, "message": refusal.message()});
        Answer::json(status, &body).after(refusal.retry_after_s())
    }

    fn settings(&self, _endpoint: &str, key: &str, base_url: &str) -> Answer {
        Answer::json(200, &settings::of(key, base_url))
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let content = Content::read(&envelope.body);
        let endpoint = envelope.endpoint.as_str();
        let Some(opened) = content.json().and_then(|it| opened(it, endpoint)) else {
            return parse::unreadable(envelope);
        };
        let upload = Upload {
            envelope,
            sent_at: opened.sent_at,
            is_historical: opened.is_historical || endpoint == "import",
        };
        let call = (!is_batch(endpoint)).then_some(endpoint);
        parse::each(&opened.messages, &upload, |raw| message::draft(raw, call))
    }
}
