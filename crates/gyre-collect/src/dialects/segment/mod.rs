//! Segment's tracking API, which Rudder's and Jitsu's libraries speak as well, and what Rudder adds to it.
//!
//! A batch with bad events is 200: rudder-sdk-node ends its process on anything else. Only a wrong key and
//! a body that cannot be read at all are refused. Pictures are answered with a picture, whatever happened.

pub(crate) mod message;
mod pixel;
mod settings;

use std::borrow::Cow;

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
    #[serde(borrow)]
    api_key: Option<&'a RawValue>,
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
    has_api_key: bool,
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
        has_api_key: body.api_key.is_some(),
    })
}

/// The refusal of a body without messages.
pub(crate) fn unreadable() -> Refusal {
    Refusal::Unreadable("the body is not a JSON object with messages".to_owned())
}

/// The JSON of a body: as it came, or made of the query of a picture.
fn text<'a>(body: &'a [u8], endpoint: &str) -> Option<Cow<'a, str>> {
    if endpoint.starts_with(PIXEL) {
        let query = String::from_utf8_lossy(body);
        return pixel::message(&query).map(Cow::Owned);
    }
    match Content::read(body) {
        Content::Json(text) => Some(text),
        Content::Form(_) => None,
    }
}

fn is_batch(endpoint: &str) -> bool {
    endpoint == "batch" || endpoint == "import"
}

/// What the names of pictures' endpoints begin with.
const PIXEL: &str = "pixel.";

/// Pictures: (path below `/v1/pixel/` or `/pixel/v1/`, endpoint).
const PIXELS: &[(&str, &str)] = &[
    ("track", "pixel.track"),
    ("t", "pixel.track"),
    ("identify", "pixel.identify"),
    ("i", "pixel.identify"),
    ("page", "pixel.page"),
    ("p", "pixel.page"),
    ("screen", "pixel.screen"),
    ("s", "pixel.screen"),
    ("group", "pixel.group"),
    ("g", "pixel.group"),
    ("alias", "pixel.alias"),
    ("a", "pixel.alias"),
];

fn pixel_at(path: &str) -> Option<Endpoint> {
    let pixel = path
        .strip_prefix("/v1/pixel/")
        .or_else(|| path.strip_prefix("/pixel/v1/"))?;
    let (_, name) = PIXELS.iter().find(|it| it.0 == pixel)?;
    Some(Endpoint {
        methods: &["GET"],
        ..Endpoint::events(name)
    })
}

impl Dialect for Segment {
    fn name(&self) -> &'static str {
        "segment"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        match plain_path {
            "/batch" | "/beacon/v1/batch" => return Some(Endpoint::events("batch")),
            "/sourceConfig" => return Some(settings::RUDDER),
            _ => {}
        }
        if let Some(pixel) = pixel_at(plain_path) {
            return Some(pixel);
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
            "merge" => "merge",
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
        let text = text(&request.body, request.endpoint.name);
        let opened = text
            .as_deref()
            .and_then(|it| opened(it, request.endpoint.name));
        // PostHog's batch has its key in the body under this name
        opened.is_some_and(|it| it.is_batch && !it.has_api_key)
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let incoming = request.incoming;
        if request.endpoint.purpose == Purpose::Settings {
            let path = incoming.plain_path().strip_prefix("/v1/");
            let in_path = path.and_then(settings::key).map(content::percent_decode);
            let key = in_path.or_else(|| incoming.query_param("writeKey"));
            return Ok(Claim {
                key: key.or_else(|| incoming.header_key()),
                ..Claim::default()
            });
        }
        let text = text(&request.body, request.endpoint.name);
        let opened = text
            .as_deref()
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

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        if receipt.envelope.endpoint.starts_with(PIXEL) {
            return Answer::pixel();
        }
        Answer::json(200, &json!({"success": true}))
    }

    fn refused_at(&self, endpoint: &Endpoint, refusal: &Refusal) -> Answer {
        // nobody reads the answer, and a broken picture in a mail is seen by everybody
        if endpoint.name.starts_with(PIXEL) && *refusal != Refusal::Method {
            return Answer::pixel();
        }
        self.refused(refusal)
    }

    fn discarded(&self) -> Answer {
        Answer::json(200, &json!({"success": true}))
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let (status, code) = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => (401, "invalid_write_key"),
            Refusal::Unreadable(_) => (400, "invalid_request"),
            Refusal::TooLarge(_) => (413, "payload_too_large"),
            Refusal::TooSlow => (408, "request_timeout"),
            Refusal::Overloaded(_) => (429, "rate_limited"),
            Refusal::Unavailable(_) => (503, "unavailable"),
            Refusal::Method => (405, "method_not_allowed"),
        };
        let body = json!({"code": code, "message": refusal.message()});
        Answer::json(status, &body).after(refusal.retry_after_s())
    }

    fn settings(&self, endpoint: &Endpoint, key: &str, base_url: &str) -> Answer {
        let settings = if endpoint.name == settings::RUDDER.name {
            settings::of_rudder(key)
        } else {
            settings::of(key, base_url)
        };
        Answer::json(200, &settings)
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let endpoint = envelope.endpoint.as_str();
        let text = text(&envelope.body, endpoint);
        let Some(opened) = text.as_deref().and_then(|it| opened(it, endpoint)) else {
            return parse::unreadable(envelope);
        };
        let upload = Upload {
            envelope,
            sent_at: opened.sent_at,
            is_historical: opened.is_historical || endpoint == "import",
        };
        let one = endpoint.strip_prefix(PIXEL).unwrap_or(endpoint);
        let call = (!is_batch(endpoint)).then_some(one);
        parse::each(&opened.messages, &upload, |raw| message::draft(raw, call))
    }
}
