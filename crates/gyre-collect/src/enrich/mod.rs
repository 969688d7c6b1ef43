//! What can be known of an event beside what it says: browser, place, campaign.
//!
//! Each is a function of the event (and, for places, of the operator's database) and fills in only what is not there:
//! what a sender says of itself stands. Sessions are not here: they need the events before.

mod agent;
mod page;
mod place;

use gyre_model::Event;

pub use place::{PlaceDatabase, PlaceDatabaseError};

/// Everything that events are filled in from.
#[derive(Debug, Default)]
pub(crate) struct Enrichment {
    agents: agent::Agents,
    places: Option<PlaceDatabase>,
}

impl Enrichment {
    pub(crate) fn new(places: Option<PlaceDatabase>) -> Self {
        Self {
            agents: agent::Agents::default(),
            places,
        }
    }

    /// Fills in what is missing.
    pub(crate) fn fill(&self, event: &mut Event) {
        self.agents.fill(&mut event.context);
        page::fill(event);
        if let Some(places) = &self.places {
            places.fill(&mut event.context);
        }
    }
}
