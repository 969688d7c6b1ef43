//! Webhooks and postbacks of other systems: any body at an address with a secret in it, read by the source's map.
//!
//! What arrives is taken as it is; a payload that the map makes nothing of goes to quarantine, so that a change at the
//! sender's loses nothing. The map is not here: [`crate::WebhookMaps`].

use gyre_model::Event;
use gyre_model::event::Rejection;

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::envelope::Envelope;
use crate::parse;

/// Name in envelopes.
pub(crate) const NAME: &str = "webhook";

#[derive(Debug)]
pub(crate) struct Webhook;

impl Dialect for Webhook {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        match plain_path {
            "/webhook" => Some(Endpoint::events("webhook")),
            "/postback" => Some(Endpoint::events_or_query("postback")),
            _ => None,
        }
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        if request.body.trim_ascii().is_empty() {
            let detail = "the request has neither a body nor a query";
            return Err(Refusal::Unreadable(detail.to_owned()));
        }
        Ok(Claim {
            events_count: 1,
            ..Claim::default()
        })
    }

    fn accepted(&self, _receipt: &Receipt<'_>) -> Answer {
        Answer::text(200, "ok")
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let status = match refusal {
            Refusal::MissingKey | Refusal::BadKey(_) => 401,
            Refusal::Unreadable(_) => 400,
            Refusal::TooLarge(_) => 413,
            Refusal::Overloaded(_) => 429,
            Refusal::Unavailable(_) => 503,
            Refusal::TooSlow => 408,
            Refusal::Method => 405,
        };
        Answer::text(status, &refusal.message()).after(refusal.retry_after_s())
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        // only the reader has the maps
        parse::unreadable(envelope)
    }
}
