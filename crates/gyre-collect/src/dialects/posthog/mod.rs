//! PostHog, both of its wires: the old one of all its libraries, and the newer one with a result for each event.
//!
//! Its libraries count exactly 200 as delivered, and its browser library forgets a batch on 429, so that too much
//! at once is 503. A batch with bad events is 200. Bodies come as JSON, compressed under any label, in base64,
//! or in the field `data` of a form or a query.

mod body;
mod event;
mod identity;
mod settings;
mod v1;

pub(crate) use v1::PostHogV1;

use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::json;

use super::{Claim, Dialect, Endpoint, Purpose, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::parse;
use crate::payload::PayloadError;
use body::{KeyPlace, Opened};
use event::Call;

#[derive(Debug)]
pub(crate) struct PostHog;

/// The endpoint for properties of people, whose entries have no event name.
const ENGAGE: &str = "engage";
const EXPECTED: &str = "the body is not JSON with events, plain, in base64 or in the field `data`";

impl Dialect for PostHog {
    fn name(&self) -> &'static str {
        "posthog"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        let name = match plain_path {
            "/batch" => "batch",
            "/e" | "/i/v0/e" => "e",
            "/capture" => "capture",
            "/track" => "track",
            "/engage" => ENGAGE,
            // recordings of screens
            "/s" => {
                return Some(Endpoint {
                    purpose: Purpose::Discard,
                    ..Endpoint::events("s")
                });
            }
            // scripts that the browser library loads for recordings, surveys and the like
            other if other.starts_with("/static/") => {
                return Some(Endpoint {
                    name: "static",
                    purpose: Purpose::Absent,
                    methods: &["GET"],
                });
            }
            other => return settings::endpoint(other),
        };
        Some(Endpoint::events_or_query(name))
    }

    fn fits(&self, request: &Request<'_>) -> bool {
        body::with(&request.body, request.bytes_max, |opened| {
            if request.endpoint.name != "batch" {
                return opened.key.is_some();
            }
            // `/batch` is Segment's too, whose key has another name or stands in a header, and whose events may have
            // a property that is called like a key
            opened.is_batch
                && match opened.key_place {
                    KeyPlace::Beside => true,
                    KeyPlace::Segments => false,
                    KeyPlace::Inside => {
                        opened.key.is_some() && request.incoming.header_key().is_none()
                    }
                }
        })
        .unwrap_or(false)
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let incoming = request.incoming;
        let in_query = || {
            incoming
                .query_param("token")
                .or_else(|| incoming.query_param("api_key"))
        };
        if request.endpoint.purpose == Purpose::Settings {
            let in_path = settings::key(incoming.plain_path());
            let in_body = || body::with(&request.body, request.bytes_max, |it| it.key.clone());
            return Ok(Claim {
                key: in_path
                    .or_else(|| in_body().ok().flatten())
                    .or_else(in_query)
                    .or_else(|| incoming.header_key()),
                ..Claim::default()
            });
        }
        let claim = |opened: &Opened<'_>| Claim {
            key: opened.key.clone(),
            events_count: opened.events.len(),
            sent_at: body::sent_at_of_query(incoming),
        };
        let claim = body::with(&request.body, request.bytes_max, claim);
        let claim = claim.map_err(|error| error.refusal(EXPECTED))?;
        Ok(Claim {
            key: claim
                .key
                .or_else(in_query)
                .or_else(|| incoming.header_key()),
            ..claim
        })
    }

    fn accepted(&self, _receipt: &Receipt<'_>) -> Answer {
        Answer::json(200, &json!({"status": "Ok"}))
    }

    fn discarded(&self) -> Answer {
        Answer::json(200, &json!({"status": "Ok"}))
    }

    fn absent(&self) -> Answer {
        Answer::text(
            404,
            "Gyre takes PostHog's events and ships none of its scripts",
        )
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let status = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => 401,
            Refusal::Unreadable(_) => 400,
            Refusal::TooLarge(_) => 413,
            Refusal::TooSlow => 408,
            // never 429: the browser library would forget the batch
            Refusal::Overloaded(_) | Refusal::Unavailable(_) => 503,
            Refusal::Method => 405,
        };
        Answer::text(status, &refusal.message()).after(refusal.retry_after_s())
    }

    fn settings(&self, endpoint: &Endpoint, key: &str, _base_url: &str) -> Answer {
        settings::of(endpoint.name, key)
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        read(envelope).unwrap_or_else(|_| parse::unreadable(envelope))
    }
}

/// The events of a body of either wire.
fn read(envelope: &Envelope) -> Result<Vec<Result<Event, Rejection>>, PayloadError> {
    body::with(&envelope.body, body::BYTES_MAX, |opened| {
        let upload = Upload {
            envelope,
            // a header or a query is written anew at each try, a body is not
            sent_at: envelope.hints.sent_at.or(opened.sent_at),
            is_historical: opened.is_historical,
        };
        let call = Call {
            is_engage: envelope.endpoint == ENGAGE,
            received_at: envelope.received_at,
            agent: envelope.user_agent.as_deref(),
        };
        parse::each(&opened.events, &upload, |raw| event::draft(raw, &call))
    })
}
