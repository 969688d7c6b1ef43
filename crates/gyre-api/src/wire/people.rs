//! People.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// A person in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonRef {
    /// Token of the person, `~17`.
    pub person: String,
    /// The user id; null for an anonymous person.
    #[schema(required)]
    pub external_id: Option<String>,
    /// Name, if known.
    #[schema(required)]
    pub name: Option<String>,
    /// Address, if known.
    #[schema(required)]
    pub email: Option<String>,
}

/// Which people stand behind a number.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CellPeopleQuery {
    /// Token of the number.
    pub cell: String,
    /// Most people, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A person behind a number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CellPerson {
    /// Token of the person.
    pub person: String,
    /// The user id.
    #[schema(required)]
    pub external_id: Option<String>,
    /// When they came to be counted.
    #[schema(required)]
    pub entered_at: Option<Instant>,
    /// Name, if known.
    #[schema(required)]
    pub name: Option<String>,
    /// Address, if known.
    #[schema(required)]
    pub email: Option<String>,
}

/// People behind a number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CellPeople {
    /// Distinct people.
    pub total: u64,
    /// The number itself, where it counts something else than people.
    pub units: u64,
    /// This page.
    pub people: Vec<CellPerson>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// Which people to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PeopleQuery {
    /// Part of an id, a name or an address.
    pub search: Option<String>,
    /// Most people, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A person in the list of all people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonRow {
    /// Token of the person.
    pub person: String,
    /// The user id.
    #[schema(required)]
    pub external_id: Option<String>,
    /// Name, if known.
    #[schema(required)]
    pub name: Option<String>,
    /// Address, if known.
    #[schema(required)]
    pub email: Option<String>,
    /// Country, if known.
    #[schema(required)]
    pub country: Option<String>,
    /// Their first event.
    #[schema(required)]
    pub first_seen: Option<Instant>,
    /// Their latest event.
    #[schema(required)]
    pub last_seen: Option<Instant>,
    /// Their events.
    pub events: u64,
}

/// A page of people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeoplePage {
    /// This page.
    pub people: Vec<PersonRow>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// An identifier of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Identifier {
    /// `user` or `device`.
    pub kind: String,
    /// Verbatim.
    pub value: String,
}

/// A cohort that a person is in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonCohort {
    /// Id.
    pub id: String,
    /// Shown name.
    pub name: String,
}

/// What an address agreed to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonSubscription {
    /// `email` and the like.
    pub channel: String,
    /// Address.
    pub address: String,
    /// `opted_in`, `subscribed` or `unsubscribed`.
    pub state: String,
    /// Since when.
    pub updated_at: Instant,
}

/// A person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// Token of the person.
    pub person: String,
    /// The user id.
    #[schema(required)]
    pub external_id: Option<String>,
    /// Every identifier.
    pub identifiers: Vec<Identifier>,
    /// Properties as they stand now.
    #[schema(value_type = Object)]
    pub properties: Map<String, Value>,
    /// Their first event.
    #[schema(required)]
    pub first_seen: Option<Instant>,
    /// Their latest event.
    #[schema(required)]
    pub last_seen: Option<Instant>,
    /// Their events.
    pub events: u64,
    /// Cohorts they are in.
    pub cohorts: Vec<PersonCohort>,
    /// What their addresses agreed to.
    pub subscriptions: Vec<PersonSubscription>,
}

/// Which events of a person.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// Most events, 1 to 1,000; 100 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Only events of this name.
    pub event: Option<String>,
}

/// An event of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineEvent {
    /// Id.
    pub id: String,
    /// Name.
    pub event: String,
    /// When it happened.
    pub time: Instant,
    /// Its properties.
    #[schema(value_type = Object)]
    pub properties: Map<String, Value>,
    /// Where it happened.
    #[schema(value_type = Object)]
    pub context: Map<String, Value>,
}

/// Events of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Timeline {
    /// Newest first.
    pub events: Vec<TimelineEvent>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}
