//! Snowplow's tracker protocol, version 2: lists of events with short names and texts for values.
//!
//! Nothing in it is a secret; the write key is the app id (`aid`) that a tracker is started with. As the original
//! does, everything that can be read is accepted, and what is wrong with an event is seen later.

mod event;
mod names;

use gyre_model::Event;
use gyre_model::event::Rejection;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::content::{self, Content};
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::{fields, parse};

#[derive(Debug)]
pub(crate) struct Snowplow;

const PIXEL: &str = "i";

/// `payload_data` and the app id of an event.
#[derive(Debug, Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    aid: Option<&'a RawValue>,
}

/// The events of a body, each as JSON. The query of a picture is one event.
fn open(body: &[u8]) -> Option<Vec<String>> {
    let content = Content::read(body);
    if let Some(json) = content.json() {
        let body: Body<'_> = serde_json::from_str(json).ok()?;
        let events = content::list(body.data?.get())?;
        return Some(events.iter().map(|it| it.get().to_owned()).collect());
    }
    let Content::Form(pairs) = content else {
        return None;
    };
    let pairs = pairs.into_iter().map(|it| (it.0, Value::from(it.1)));
    let event: Map<String, Value> = pairs.collect();
    let is_event = event.contains_key("e");
    is_event.then(|| vec![Value::Object(event).to_string()])
}

fn app_id(events: &[String]) -> Option<String> {
    let mut events = events.iter();
    events.find_map(|it| {
        let event: Body<'_> = serde_json::from_str(it).ok()?;
        fields::text(&content::value(event.aid?.get()).ok()?)
    })
}

impl Dialect for Snowplow {
    fn name(&self) -> &'static str {
        "snowplow"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        match plain_path {
            "/com.snowplowanalytics.snowplow/tp2" => Some(Endpoint::events("tp2")),
            "/i" => Some(Endpoint {
                methods: &["GET"],
                ..Endpoint::events(PIXEL)
            }),
            _ => None,
        }
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let events = open(&request.body).ok_or_else(|| {
            let detail = "the body is not a payload with a list `data` of events";
            Refusal::Unreadable(detail.to_owned())
        })?;
        Ok(Claim {
            key: app_id(&events).or_else(|| request.incoming.header_key()),
            events_count: events.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        if receipt.envelope.endpoint == PIXEL {
            return Answer::pixel();
        }
        Answer::text(200, "ok")
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        // trackers do not send again after 400 and 401, and do after anything else
        let status = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => 401,
            Refusal::Unreadable(_) => 400,
            Refusal::TooLarge(_) => 413,
            Refusal::TooSlow => 408,
            Refusal::Overloaded(_) | Refusal::Unavailable(_) => 503,
            Refusal::Method => 405,
        };
        Answer::text(status, &refusal.message()).after(refusal.retry_after_s())
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let Some(events) = open(&envelope.body) else {
            return parse::unreadable(envelope);
        };
        let upload = Upload {
            envelope,
            sent_at: None,
            is_historical: false,
        };
        parse::each(&events, &upload, event::draft)
    }
}
