//! From a record of the log to events: deterministic and total.
//!
//! Two stages. [`Reader::parse`] is a function of the record alone and does nearly all of the work: any thread may
//! take any record. [`Reader::settle`] is what depends on the records before, the times of devices, and takes
//! records in the order of the log.
//!
//! What an event becomes depends on its record, on the clocks of its device at earlier records, and on what the
//! operator configured ([`ReadConfig`]). Nothing else is looked at, so the log can be replayed.

use gyre_model::event::Rejection;
use gyre_model::{Event, flatten};

use crate::clocks::DeviceClocks;
use crate::dialects::{self, internal, webhook};
use crate::draft::Fault;
use crate::enrich::{Enrichment, PlaceDatabase};
use crate::envelope::Envelope;
use crate::event_time::{self, TimeMode};
use crate::parse::rejection;
use crate::webhook::WebhookMaps;

/// What reading depends on beside the records.
#[derive(Debug, Default)]
pub struct ReadConfig {
    /// How the times of devices are derived.
    pub time_mode: TimeMode,
    /// Where addresses are; without it events say of places what they say themselves.
    pub places: Option<PlaceDatabase>,
    /// Every version of every source's map.
    pub maps: WebhookMaps,
}

/// A record, read as far as the records before it do not matter.
#[derive(Debug)]
pub struct Parsed {
    events: Vec<Result<Event, Rejection>>,
    /// Whether the times of devices are still to be derived.
    is_open: bool,
    /// Whether the sender says that it sent the same before.
    is_retry: bool,
}

impl Parsed {
    /// Events and rejections of the record.
    pub fn count(&self) -> usize {
        self.events.len()
    }

    /// Events that were read and settled before.
    pub(crate) fn complete(events: Vec<Event>) -> Self {
        Self {
            events: events.into_iter().map(Ok).collect(),
            is_open: false,
            is_retry: true,
        }
    }

    /// The events at these places, each of which is there, sent again: devices' clocks learn nothing from them.
    pub(crate) fn again(self, places: &[usize]) -> Self {
        let mut events: Vec<Option<Result<Event, Rejection>>> =
            self.events.into_iter().map(Some).collect();
        let wanted = places.iter().filter_map(|it| events[*it].take());
        Self {
            events: wanted.collect(),
            is_open: self.is_open,
            is_retry: true,
        }
    }

    /// Gives events without an id of their own one of their ids in quarantine.
    pub(crate) fn name_by(&mut self, ids: &[String]) {
        for (event, id) in self.events.iter_mut().zip(ids) {
            if let Ok(event) = event {
                event
                    .insert_id
                    .get_or_insert_with(|| format!("quarantine:{id}"));
            }
        }
    }
}

/// Reads records.
#[derive(Debug, Default)]
pub struct Reader {
    time_mode: TimeMode,
    enrichment: Enrichment,
    maps: WebhookMaps,
}

impl Reader {
    /// A reader of this configuration.
    pub fn new(cfg: ReadConfig) -> Self {
        Self {
            time_mode: cfg.time_mode,
            enrichment: Enrichment::new(cfg.places),
            maps: cfg.maps,
        }
    }

    /// The maps that it reads by: a version that is added here is read by from then on.
    pub fn maps(&self) -> &WebhookMaps {
        &self.maps
    }

    /// Reads the events of one request, in the order they were sent; what is not an event is a [`Rejection`].
    pub fn parse(&self, envelope: &Envelope) -> Parsed {
        let Some(dialect) = dialects::named(&envelope.dialect) else {
            let detail = format!("no dialect is called `{}`", envelope.dialect);
            let fault = Fault::new("unknown-dialect", detail);
            let raw = String::from_utf8_lossy(&envelope.body);
            return Parsed {
                events: vec![Err(rejection(fault, &raw))],
                is_open: false,
                is_retry: false,
            };
        };
        let mut events = if dialect.name() == webhook::NAME {
            self.maps.read(envelope)
        } else {
            dialect.parse(envelope)
        };
        // ours are complete
        let is_open = dialect.name() != internal::NAME;
        for event in events.iter_mut().flatten().filter(|_| is_open) {
            event_time::compare_with_id(event);
            self.enrichment.fill(event);
            flatten(&mut event.properties);
        }
        Parsed {
            events,
            is_open,
            is_retry: envelope.hints.attempt > 0,
        }
    }

    /// Derives the times of devices.
    ///
    /// `clocks` must have seen the workspace's records before this one, and is taught this one.
    pub fn settle(
        &self,
        parsed: Parsed,
        clocks: &mut DeviceClocks,
    ) -> Vec<Result<Event, Rejection>> {
        let mut events = parsed.events;
        if parsed.is_open {
            clocks.settle(&mut events, parsed.is_retry, self.time_mode);
            events
                .iter_mut()
                .flatten()
                .for_each(event_time::mark_if_late);
        }
        events
    }
}

/// Reads a record on its own, by the rules that need nothing before it.
pub fn parse(envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
    let reader = Reader::default();
    reader.settle(reader.parse(envelope), &mut DeviceClocks::default())
}
