//! Events as they arrive.

use gyre_app::live::{self, Outcome};
use gyre_model::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// Which events, and from where on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LiveQuery {
    /// `last` of the answer before; the newest events if absent.
    pub after: Option<u64>,
    /// Seconds to wait for an event if there is none, 0 to 5; 0 if absent.
    pub wait: Option<u32>,
    /// Most events, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// Name of the event.
    pub event: Option<String>,
    /// User id or device id.
    pub id: Option<String>,
    /// Dialect it arrived in.
    pub source: Option<String>,
    /// What became of it.
    pub outcome: Option<LiveOutcome>,
    /// Only events that violate the tracking plan.
    #[serde(default)]
    pub violating: bool,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveOutcome {
    /// It counts.
    Accepted,
    /// It came before and counts once.
    Repeated,
    /// It could not be understood and is in quarantine.
    Rejected,
}

/// One event that passed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LiveEvent {
    /// Ascending; gaps are events that were left out under load or by the filter.
    pub number: u64,
    /// When it reached us.
    pub received_at: Instant,
    /// Dialect it arrived in.
    pub source: String,
    /// What became of it.
    pub outcome: LiveOutcome,
    /// Name; null if it was not understood.
    #[schema(required)]
    pub event: Option<String>,
    /// Token of the person; null if it is of none.
    #[schema(required)]
    pub person: Option<String>,
    /// User id as sent.
    #[schema(required)]
    pub user_id: Option<String>,
    /// Device id as sent.
    #[schema(required)]
    pub device_id: Option<String>,
    /// The sender's id of the event.
    #[schema(required)]
    pub insert_id: Option<String>,
    /// When it happened; null if it was not understood.
    #[schema(required)]
    pub time: Option<Instant>,
    /// Properties.
    pub properties: Map<String, Value>,
    /// Where it happened.
    pub context: Map<String, Value>,
    /// Why it was refused: a stable reason.
    #[schema(required)]
    pub reason: Option<String>,
    /// Why it was refused, for a person.
    #[schema(required)]
    pub detail: Option<String>,
    /// The refused event as it arrived.
    #[schema(required)]
    pub raw: Option<Value>,
}

/// Events that passed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LivePage {
    /// The oldest first.
    pub events: Vec<LiveEvent>,
    /// Number to go on from.
    pub last: u64,
}

impl LiveQuery {
    /// The filter it asks for.
    pub fn filter(self) -> live::LiveFilter {
        let outcome = self.outcome.map(|it| match it {
            LiveOutcome::Accepted => live::OutcomeKind::Accepted,
            LiveOutcome::Repeated => live::OutcomeKind::Repeated,
            LiveOutcome::Rejected => live::OutcomeKind::Rejected,
        });
        live::LiveFilter {
            event: self.event,
            id: self.id,
            source: self.source,
            outcome,
            is_violating: self.violating,
        }
    }
}

impl LiveEvent {
    fn empty(it: &live::LiveEvent, outcome: LiveOutcome) -> Self {
        Self {
            number: it.number,
            received_at: it.received_at.into(),
            source: it.source.clone(),
            outcome,
            event: None,
            person: None,
            user_id: None,
            device_id: None,
            insert_id: None,
            time: None,
            properties: Map::new(),
            context: Map::new(),
            reason: None,
            detail: None,
            raw: None,
        }
    }

    fn with(self, event: Event) -> Self {
        Self {
            event: Some(event.name),
            user_id: event.user_id,
            device_id: event.device_id,
            insert_id: event.insert_id,
            time: Some(event.time.into()),
            properties: event.properties,
            context: event.context,
            ..self
        }
    }
}

impl From<live::LiveRow> for LiveEvent {
    fn from(row: live::LiveRow) -> Self {
        let live::LiveRow { live, person } = row;
        let empty = |outcome| Self {
            person: person.clone(),
            ..Self::empty(&live, outcome)
        };
        match live.outcome.clone() {
            Outcome::Accepted { event, .. } => empty(LiveOutcome::Accepted).with(*event),
            Outcome::Repeated(event) => empty(LiveOutcome::Repeated).with(*event),
            Outcome::Rejected(it) => Self {
                reason: Some(it.reason),
                detail: Some(it.detail),
                raw: Some(it.raw),
                ..empty(LiveOutcome::Rejected)
            },
        }
    }
}

impl From<live::LivePage> for LivePage {
    fn from(it: live::LivePage) -> Self {
        Self {
            events: it.events.into_iter().map(Into::into).collect(),
            last: it.last,
        }
    }
}
