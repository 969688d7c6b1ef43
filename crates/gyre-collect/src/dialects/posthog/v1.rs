//! PostHog's newer wire: the key in a header, and an answer for each event by its uuid.

use gyre_model::Event;
use gyre_model::event::Rejection;

use super::{EXPECTED, body, read};
use crate::answer::Answer;
use crate::dialects::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::envelope::Envelope;
use crate::{parse, results};

#[derive(Debug)]
pub(crate) struct PostHogV1;

impl Dialect for PostHogV1 {
    fn name(&self) -> &'static str {
        "posthog-v1"
    }

    fn endpoint(&self, plain_path: &str) -> Option<Endpoint> {
        (plain_path == "/i/v1/analytics/events").then_some(Endpoint::events("events"))
    }

    fn check(&self, request: &Request<'_>) -> Result<Claim, Refusal> {
        let incoming = request.incoming;
        let opened = body::with(&request.body, request.bytes_max, |it| {
            it.is_batch.then(|| (it.key.clone(), it.events.len()))
        });
        let opened = opened.map_err(|error| error.refusal(EXPECTED))?;
        let (key, events_count) =
            opened.ok_or_else(|| Refusal::Unreadable("the body has no list `batch`".to_owned()))?;
        Ok(Claim {
            key: incoming.header_key().or(key),
            events_count,
            ..Claim::default()
        })
    }

    fn accepted(&self, receipt: &Receipt<'_>) -> Answer {
        results::answer(&self.parse(receipt.envelope), &["uuid"])
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        let (status, error) = match refusal {
            Refusal::MissingKey => (401, "missing_api_key"),
            Refusal::BadKey(_) => (401, "invalid_api_key"),
            Refusal::Unreadable(_) => (400, "invalid_request"),
            Refusal::TooLarge(_) => (413, "payload_too_large"),
            Refusal::TooSlow => (408, "request_timeout"),
            Refusal::Overloaded(_) => (503, "overloaded"),
            Refusal::Unavailable(_) => (503, "unavailable"),
            Refusal::Method => (405, "method_not_allowed"),
        };
        results::problem(status, error, refusal)
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        read(envelope).unwrap_or_else(|_| parse::unreadable(envelope))
    }
}
