//! From a record of the log to events: deterministic and total.
//!
//! What an event becomes depends on its record, on the clocks of its device at earlier records, and on what the
//! operator configured ([`ReadConfig`]). Nothing else is looked at, so the log can be replayed.

use gyre_model::event::Rejection;
use gyre_model::{Event, flatten};

use crate::clocks::DeviceClocks;
use crate::dialects::{self, internal};
use crate::draft::Fault;
use crate::enrich::{Enrichment, PlaceDatabase};
use crate::envelope::Envelope;
use crate::event_time::{self, TimeMode};
use crate::parse::rejection;

/// What reading depends on beside the records.
#[derive(Debug, Default)]
pub struct ReadConfig {
    /// How the times of devices are derived.
    pub time_mode: TimeMode,
    /// Where addresses are; without it events say of places what they say themselves.
    pub places: Option<PlaceDatabase>,
}

/// Reads records.
#[derive(Debug, Default)]
pub struct Reader {
    time_mode: TimeMode,
    enrichment: Enrichment,
}

impl Reader {
    /// A reader of this configuration.
    pub fn new(cfg: ReadConfig) -> Self {
        Self {
            time_mode: cfg.time_mode,
            enrichment: Enrichment::new(cfg.places),
        }
    }

    /// Reads the events of one request, in the order they were sent; what is not an event is a [`Rejection`].
    ///
    /// `clocks` must have seen the records before this one, and is taught this one.
    pub fn read(
        &self,
        envelope: &Envelope,
        clocks: &mut DeviceClocks,
    ) -> Vec<Result<Event, Rejection>> {
        let Some(dialect) = dialects::named(&envelope.dialect) else {
            let detail = format!("no dialect is called `{}`", envelope.dialect);
            let fault = Fault::new("unknown-dialect", detail);
            return vec![Err(rejection(
                fault,
                &String::from_utf8_lossy(&envelope.body),
            ))];
        };
        let mut events = dialect.parse(envelope);
        if dialect.name() == internal::NAME {
            return events;
        }
        let is_retry = envelope.hints.attempt > 0;
        clocks.settle(&mut events, is_retry, self.time_mode);
        for event in events.iter_mut().flatten() {
            event_time::mark(event);
            self.enrichment.fill(event);
            flatten(&mut event.properties);
        }
        events
    }
}

/// Reads a record on its own, by the rules that need nothing before it.
pub fn parse(envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
    Reader::default().read(envelope, &mut DeviceClocks::default())
}
