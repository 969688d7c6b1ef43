//! Events as they arrive, for looking at.

use gyre_base::SECOND_MS;
use gyre_model::plan::VIOLATIONS;

pub use crate::engine::live::{LiveEvent, Outcome};
use crate::engine::oversight::PLAN;
use crate::engine::person_token;
use crate::{App, AppError, CanRead};

/// Longest wait for the next event, in seconds: shorter than a server waits for its connections at its end.
pub const LIVE_WAIT_SECONDS_MAX: u32 = 5;

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct LiveFilter {
    /// Name of the event.
    pub event: Option<String>,
    /// User id or device id.
    pub id: Option<String>,
    /// Dialect.
    pub source: Option<String>,
    /// What became of it.
    pub outcome: Option<OutcomeKind>,
    /// Only events that violate the tracking plan.
    pub is_violating: bool,
}

/// What became of an event, without the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// It counts.
    Accepted,
    /// It came before.
    Repeated,
    /// It was refused.
    Rejected,
}

/// One event and who it is of.
#[derive(Clone, Debug)]
pub struct LiveRow {
    /// The event.
    pub live: LiveEvent,
    /// Token of the person, if it is of one.
    pub person: Option<String>,
}

/// Events that passed.
#[derive(Clone, Debug)]
pub struct LivePage {
    /// The oldest first.
    pub events: Vec<LiveRow>,
    /// Number to go on from.
    pub last: u64,
}

impl LiveFilter {
    fn wants(&self, it: &LiveEvent) -> bool {
        let (kind, event) = match &it.outcome {
            Outcome::Accepted { event, .. } => (OutcomeKind::Accepted, Some(event)),
            Outcome::Repeated(event) => (OutcomeKind::Repeated, Some(event)),
            Outcome::Rejected(_) => (OutcomeKind::Rejected, None),
        };
        let is_named = match (&self.event, event) {
            (None, _) => true,
            (Some(name), Some(event)) => event.name == *name,
            (Some(_), None) => false,
        };
        let is_of = match (self.id.as_deref(), event) {
            (None, _) => true,
            (Some(id), Some(event)) => {
                event.user_id.as_deref() == Some(id) || event.device_id.as_deref() == Some(id)
            }
            (Some(_), None) => false,
        };
        let is_from = self
            .source
            .as_ref()
            .is_none_or(|wanted| *wanted == it.source);
        let has_come_so = self.outcome.is_none_or(|wanted| wanted == kind);
        let violates = match &it.outcome {
            Outcome::Rejected(it) => it.reason == PLAN,
            Outcome::Accepted { event, .. } | Outcome::Repeated(event) => {
                event.properties.contains_key(VIOLATIONS)
            }
        };
        (violates || !self.is_violating) && is_named && is_of && is_from && has_come_so
    }
}

impl App {
    /// Events after `number`; waits up to `wait_seconds` for one if there is none.
    pub async fn live_events(
        &self,
        access: &CanRead,
        filter: &LiveFilter,
        number: Option<u64>,
        limit: usize,
        wait_seconds: u32,
    ) -> Result<LivePage, AppError> {
        let handle = self.engine.handle(access.workspace());
        let mut number = number;
        let end = self
            .clock
            .now()
            .plus_ms(i64::from(wait_seconds) * SECOND_MS);
        let (events, last) = loop {
            let (events, last) = handle.live.after(number, limit, |it| filter.wants(it));
            let left_ms = end.since(self.clock.now());
            if !events.is_empty() || left_ms <= 0 {
                break (events, last);
            }
            number = Some(last);
            tokio::select! {
                () = handle.live.wait_past(last) => {}
                () = self.clock.sleep_ms(left_ms) => {}
            }
        };
        let map = handle.newest().map;
        let events = events.into_iter().map(|live| {
            let node = match &live.outcome {
                Outcome::Accepted { event, node } => node.map(|it| (it, event.time)),
                Outcome::Repeated(_) | Outcome::Rejected(_) => None,
            };
            let person = node.map(|(node, time)| person_token(map.person(node, time.ms())));
            LiveRow { live, person }
        });
        Ok(LivePage {
            events: events.collect(),
            last,
        })
    }
}
