//! People.

use gyre_app::people as app;
use gyre_base::Timestamp;
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

impl From<app::PersonRow> for PersonRef {
    fn from(it: app::PersonRow) -> Self {
        Self {
            person: it.person,
            external_id: it.external_id,
            name: it.name,
            email: it.email,
        }
    }
}

impl From<app::PersonRow> for PersonRow {
    fn from(it: app::PersonRow) -> Self {
        Self {
            person: it.person,
            external_id: it.external_id,
            name: it.name,
            email: it.email,
            country: it.country,
            first_seen: it.first_seen.map(Into::into),
            last_seen: it.last_seen.map(Into::into),
            events: it.events,
        }
    }
}

impl From<gyre_app::charts::CellPage> for CellPeople {
    fn from(it: gyre_app::charts::CellPage) -> Self {
        let people = it.people.into_iter().map(|(row, entered_at)| CellPerson {
            person: row.person,
            external_id: row.external_id,
            entered_at: Some(entered_at.into()),
            name: row.name,
            email: row.email,
        });
        Self {
            total: it.total,
            units: it.units,
            people: people.collect(),
            next: it.next,
        }
    }
}

impl From<app::PeoplePage> for PeoplePage {
    fn from(it: app::PeoplePage) -> Self {
        Self {
            people: it.people.into_iter().map(Into::into).collect(),
            next: it.next,
        }
    }
}

impl From<app::PersonPage> for Person {
    fn from(it: app::PersonPage) -> Self {
        let identifiers = it.identifiers.into_iter().map(|(kind, value)| Identifier {
            kind: kind.to_owned(),
            value,
        });
        let cohorts = it
            .cohorts
            .into_iter()
            .map(|(id, name)| PersonCohort { id, name });
        let subscriptions = it.subscriptions.into_iter();
        let subscriptions =
            subscriptions.map(|(channel, address, state, updated_at)| PersonSubscription {
                channel,
                address,
                state,
                updated_at: updated_at.into(),
            });
        Self {
            person: it.row.person,
            external_id: it.row.external_id,
            identifiers: identifiers.collect(),
            properties: it.properties,
            first_seen: it.row.first_seen.map(Into::into),
            last_seen: it.row.last_seen.map(Into::into),
            events: it.row.events,
            cohorts: cohorts.collect(),
            subscriptions: subscriptions.collect(),
        }
    }
}

impl From<app::TimelinePage> for Timeline {
    fn from(it: app::TimelinePage) -> Self {
        let events = it.events.into_iter().map(|event| TimelineEvent {
            // an event that came without an id is named by what and when it is
            id: event
                .insert_id
                .unwrap_or_else(|| format!("{}.{}", event.time, event.event)),
            event: event.event,
            time: Timestamp(event.time).into(),
            properties: event.properties,
            context: event.context,
        });
        Self {
            events: events.collect(),
            next: it.next,
        }
    }
}
