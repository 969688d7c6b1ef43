//! Mixpanel: events, imports, and properties of people and groups.
//!
//! Its server libraries never send again and read the body: `1`, or with `verbose` an object with `status` 1,
//! whatever the HTTP status. The key is the token inside each event.

mod event;
mod profile;

use gyre_base::limits::BODY_BYTES_MAX;
use gyre_model::Event;
use gyre_model::event::Rejection;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::content::{self, Content};
use crate::draft::Upload;
use crate::envelope::Envelope;
use crate::incoming::Incoming;
use crate::payload::{Payload, PayloadError};
use crate::{fields, parse};

#[derive(Debug)]
pub(crate) struct Mixpanel;

const TRACK: &str = "track";
const ENGAGE: &str = "engage";
const GROUPS: &str = "groups";
const IMPORT: &str = "import";
const EXPECTED: &str = "the body is not JSON with events, plain, as lines, or in the field `data`";

/// The parts of an entry that say whose it is.
#[derive(Debug, Default, Deserialize)]
struct Entry<'a> {
    #[serde(borrow, rename = "$token")]
    dollar_token: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// The token of an event or a profile.
    fn token(&self) -> Option<String> {
        let text = |raw: &RawValue| fields::text(&content::value(raw.get()).ok()?);
        let own = self.dollar_token.and_then(text);
        own.or_else(|| {
            let inside: Entry<'_> = serde_json::from_str(self.properties?.get()).ok()?;
            inside.token.and_then(text)
        })
    }

    /// Whether PostHog's key stands where Mixpanel has none.
    fn is_posthog(&self, endpoint: &str) -> bool {
        let is_engage = endpoint == ENGAGE && self.dollar_token.is_none();
        self.api_key.is_some() || self.batch.is_some() || (is_engage && self.token.is_some())
    }
}

/// The entries of a body: a list, one, or one per line.
fn entries(json: &str) -> Option<Vec<&str>> {
    if let Some(list) = content::list(json) {
        return Some(list.into_iter().map(RawValue::get).collect());
    }
    match serde_json::from_str::<Entry<'_>>(json) {
        Ok(_) => Some(vec![json]),
        Err(_) => content::lines(json),
    }
}

fn first_token(entries: &[&str]) -> Option<String> {
    let mut entries = entries.iter();
    entries.find_map(|it| serde_json::from_str::<Entry<'_>>(it).ok()?.token())
}

/// Whether a parameter of the query, else of the form, says yes.
fn is_asked(receipt: &Receipt<'_>, name: &str) -> bool {
    let told = receipt.incoming.query_param(name).or_else(|| {
        let content = Content::read(&receipt.envelope.body);
        content.form(name).map(str::to_owned)
    });
    told.is_some_and(|it| it == "1" || it.eq_ignore_ascii_case("true"))
}

fn key_beside(incoming: &Incoming, payload: &Payload<'_>) -> Option<String> {
    incoming.header_key().or_else(|| {
        ["token", "api_key"].iter().find_map(|name| {
            let form = payload.form(name).map(str::to_owned);
            form.or_else(|| incoming.query_param(name))
        })
    })
}

impl Dialect for Mixpanel {
    fn name(&self) -> &'static str {
        "mixpanel"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        let name = match plain_path {
            "/track" => TRACK,
            "/engage" => ENGAGE,
            "/groups" => GROUPS,
            "/import" => IMPORT,
            _ => return None,
        };
        Some(Endpoint::events_or_query(name))
    }

    fn fits(&self, request: &Request<'_>) -> bool {
        let Ok(payload) = Payload::read(&request.body, request.bytes_max) else {
            return false;
        };
        let entries = entries(&payload.json).unwrap_or_default();
        let first = entries
            .first()
            .map(|it| serde_json::from_str::<Entry<'_>>(it));
        first.is_some_and(|it| it.is_ok_and(|it| !it.is_posthog(request.endpoint.name)))
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let payload = Payload::read(&request.body, request.bytes_max);
        let payload = payload.map_err(|error| error.refusal(EXPECTED))?;
        let entries = entries(&payload.json);
        let entries = entries.ok_or_else(|| PayloadError::Unreadable.refusal(EXPECTED))?;
        let key = first_token(&entries);
        Ok(Claim {
            key: key.or_else(|| key_beside(request.incoming, &payload)),
            events_count: entries.len(),
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        let is_verbose = is_asked(receipt, "verbose");
        if receipt.envelope.endpoint == IMPORT && !is_verbose {
            let imported = self.parse(receipt.envelope);
            let imported = imported.iter().filter(|it| it.is_ok()).count();
            let body = json!({"code": 200, "num_records_imported": imported, "status": "OK"});
            return Answer::json(200, &body);
        }
        if is_verbose {
            return Answer::json(200, &json!({"status": 1, "error": null}));
        }
        if is_asked(receipt, "img") {
            return Answer::pixel();
        }
        Answer::text(200, "1")
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let status = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => 401,
            Refusal::Unreadable(_) => 400,
            Refusal::TooLarge(_) => 413,
            Refusal::TooSlow => 408,
            Refusal::Overloaded(_) | Refusal::Unavailable(_) => 503,
            Refusal::Method => 405,
        };
        let body = json!({"status": 0, "error": refusal.message()});
        Answer::json(status, &body).after(refusal.retry_after_s())
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        let Ok(payload) = Payload::read(&envelope.body, BODY_BYTES_MAX) else {
            return parse::unreadable(envelope);
        };
        let Some(entries) = entries(&payload.json) else {
            return parse::unreadable(envelope);
        };
        let endpoint = envelope.endpoint.as_str();
        let upload = Upload {
            envelope,
            sent_at: None,
            is_historical: endpoint == IMPORT,
        };
        let token = first_token(&entries);
        let token = token.as_deref();
        parse::each(&entries, &upload, |raw| match endpoint {
            ENGAGE => profile::person(raw, token),
            GROUPS => profile::group(raw, token),
            _ => event::draft(raw, token),
        })
    }
}
