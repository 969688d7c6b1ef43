//! Jitsu: Segment's messages at addresses of its own.
//!
//! Its key is `id:secret` in the header `X-Write-Key`; the part before the colon is the write key, as the name
//! is of `Authorization: Basic`.

mod pixel;

use gyre_model::Event;
use gyre_model::event::Rejection;

use super::segment::{self, message};
use super::{Claim, Dialect, Endpoint, Purpose, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::content::Content;
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::parse;

#[derive(Debug)]
pub(crate) struct Jitsu;

/// Paths below `/api/s/`, `/api/s/s2s/` and `/api/px/`, and the names of the endpoints there.
const CALLS: &[(&str, [&str; 3])] = &[
    ("alias", ["alias", "server-alias", "pixel-alias"]),
    ("batch", ["batch", "server-batch", "pixel-event"]),
    ("group", ["group", "server-group", "pixel-group"]),
    (
        "identify",
        ["identify", "server-identify", "pixel-identify"],
    ),
    ("page", ["page", "server-page", "pixel-page"]),
    ("screen", ["screen", "server-screen", "pixel-screen"]),
    ("track", ["track", "server-track", "pixel-track"]),
];
/// Any other path: the message says what it is.
const ANY: [&str; 3] = ["event", "server-event", "pixel-event"];
/// Names of endpoints that servers send to, whose clocks are right.
const SERVER: &str = "server-";
const PIXEL: &str = "pixel-";

/// The name of the endpoint at `call` under the `column`th folder.
fn endpoint_name(call: &str, column: usize) -> Option<&'static str> {
    let is_one = !call.is_empty() && !call.contains('/');
    let known = CALLS.iter().find(|it| it.0 == call);
    is_one.then(|| known.map_or(ANY, |it| it.1)[column])
}

/// The call that an endpoint's name stands for; `event` leaves it to the message.
fn call_of(endpoint: &str) -> Option<&str> {
    let call = endpoint.strip_prefix(SERVER).unwrap_or(endpoint);
    let call = call.strip_prefix(PIXEL).unwrap_or(call);
    (call != "event" && call != "batch").then_some(call)
}

/// The key without the secret behind it.
fn bare_key(key: String) -> Option<String> {
    let bare = key.split_once(':').map(|it| it.0.to_owned());
    Some(bare.unwrap_or(key)).filter(|it| !it.is_empty() && it != "***")
}

/// The message of a picture's query, else nothing.
fn pixel_message(endpoint: &str, body: &[u8]) -> Option<Result<String, Refusal>> {
    endpoint.starts_with(PIXEL).then(|| {
        let query = String::from_utf8_lossy(body);
        pixel::message(&query)
    })
}

impl Dialect for Jitsu {
    fn name(&self) -> &'static str {
        "jitsu"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        if plain_path == "/p.js" {
            return Some(Endpoint {
                name: "script",
                purpose: Purpose::Absent,
                methods: &["GET"],
            });
        }
        if let Some(call) = plain_path.strip_prefix("/api/px/") {
            return Some(Endpoint {
                methods: &["GET"],
                ..Endpoint::events(endpoint_name(call, 2)?)
            });
        }
        let call = plain_path.strip_prefix("/api/s/")?;
        let name = match call.strip_prefix("s2s/") {
            Some(call) => endpoint_name(call, 1),
            None => endpoint_name(call, 0),
        };
        name.map(Endpoint::events)
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let incoming = request.incoming;
        let in_query = || {
            let mut names = ["writekey", "writeKey"].iter();
            names.find_map(|it| incoming.query_param(it))
        };
        let in_header = incoming.header_key();
        if let Some(message) = pixel_message(request.endpoint.name, &request.body) {
            let message = message?;
            let in_message = segment::opened(&message, "event").and_then(|it| it.key);
            let key = in_header.or_else(in_query).or(in_message);
            return Ok(Claim {
                key: key.and_then(bare_key),
                events_count: 1,
                ..Claim::default()
            });
        }
        let content = Content::read(&request.body);
        let endpoint = list_or_one(request.endpoint.name);
        let opened = content.json().and_then(|it| segment::opened(it, endpoint));
        let opened = opened.ok_or_else(segment::unreadable)?;
        let key = in_header.or_else(in_query).or(opened.key);
        Ok(Claim {
            key: key.and_then(bare_key),
            events_count: opened.messages.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        if receipt.envelope.endpoint.starts_with(PIXEL) {
            return Answer::pixel();
        }
        segment::Segment.accepted(receipt)
    }

    fn absent(&self) -> Answer {
        let text = "Gyre ships no script of Jitsu's: take @jitsu/js from a package registry and name this host to it\n";
        Answer::text(404, text)
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        segment::Segment.refused(refusal)
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let endpoint = envelope.endpoint.as_str();
        let call = call_of(endpoint);
        let mut upload = Upload {
            envelope,
            sent_at: None,
            is_historical: endpoint.starts_with(SERVER),
        };
        if let Some(message) = pixel_message(endpoint, &envelope.body) {
            return match message {
                Ok(message) => parse::each(&[message], &upload, |raw| message::draft(raw, call)),
                Err(_) => parse::unreadable(envelope),
            };
        }
        let content = Content::read(&envelope.body);
        let opened = content
            .json()
            .and_then(|it| segment::opened(it, list_or_one(endpoint)));
        let Some(opened) = opened else {
            return parse::unreadable(envelope);
        };
        upload.sent_at = opened.sent_at;
        parse::each(&opened.messages, &upload, |raw| message::draft(raw, call))
    }
}

/// Segment's name of an endpoint for lists or for one message.
fn list_or_one(endpoint: &str) -> &'static str {
    if endpoint.ends_with("batch") {
        "batch"
    } else {
        "event"
    }
}
