//! Our own events: they never come over HTTP and are already what they mean.

use gyre_model::Event;
use gyre_model::event::Rejection;

use super::{Claim, Dialect, Endpoint, Receipt, Refusal, Request};
use crate::answer::Answer;
use crate::envelope::Envelope;
use crate::parse;

pub(crate) const NAME: &str = "internal";

#[derive(Debug)]
pub(crate) struct Internal;

impl Dialect for Internal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn endpoint(&self, _plain_path: &str) -> Option<Endpoint> {
        None
    }

    fn check(&self, _request: &Request<'_>) -> Result<Claim, Refusal> {
        Err(Refusal::Method)
    }

    fn accepted(&self, _receipt: &Receipt<'_>) -> Answer {
        self.refused(&Refusal::Method)
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        Answer::text(405, &refusal.message())
    }

    fn parse(&self, envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
        match serde_json::from_slice::<Vec<Event>>(&envelope.body) {
            Ok(events) => events.into_iter().map(Ok).collect(),
            Err(_) => parse::unreadable(envelope),
        }
    }
}
