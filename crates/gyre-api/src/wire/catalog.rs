//! What there is to ask about: events and properties.

use std::collections::BTreeMap;

use gyre_app::catalog::{self, CatalogEventRow, CatalogPropertyRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// Where an event or a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatalogStatus {
    /// Seen lately, and planned if there is a plan.
    Live,
    /// In the tracking plan and never seen.
    Planned,
    /// Seen, and not in the tracking plan.
    Unexpected,
    /// Not seen for thirty days.
    Stale,
    /// Left out of lists.
    Hidden,
    /// Kept out.
    Blocked,
}

/// An event name and how often it happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogEvent {
    /// Name, verbatim.
    pub name: String,
    /// Events.
    pub count: u64,
    /// Distinct people; null where counting them would cost a scan.
    #[schema(required)]
    pub people: Option<u64>,
    /// The earliest.
    #[schema(required)]
    pub first_seen: Option<Instant>,
    /// The latest.
    #[schema(required)]
    pub last_seen: Option<Instant>,
    /// Whether it is something a person did.
    pub active: bool,
    /// Where it stands.
    pub status: CatalogStatus,
    /// Events on each of the last 14 days (UTC), the oldest first; empty if nothing is known of them.
    pub volume: Vec<u64>,
    /// Name shown instead.
    #[schema(required)]
    pub display_name: Option<String>,
    /// What it means.
    #[schema(required)]
    pub description: Option<String>,
    /// Who answers for it.
    #[schema(required)]
    pub owner: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Whether lists leave it out.
    pub hidden: bool,
    /// Whether it is kept out.
    pub blocked: bool,
    /// Name that counts it as its own.
    #[schema(required)]
    pub merge_into: Option<String>,
}

/// Every event name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogEvents {
    /// The most frequent first.
    pub events: Vec<CatalogEvent>,
}

/// Which events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Whether events that are hidden or merged into another are listed too; not if absent.
    #[serde(default)]
    pub all: bool,
}

/// Which properties.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PropertiesQuery {
    /// Name of the event whose properties are meant; absent: of every event.
    pub event: Option<String>,
    /// Whether properties that are hidden or merged into another are listed too; not if absent.
    #[serde(default)]
    pub all: bool,
}

/// The event whose property is meant.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PropertyEventQuery {
    /// Name of the event; absent: the property of every event.
    pub event: Option<String>,
}

/// Type of a property's values.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum PropertyType {
    Text,
    Number,
    Boolean,
    List,
    Object,
    Time,
}

/// A property that events or people have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogProperty {
    /// How definitions refer to it: `event.category`, `profile.country`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Type of most of its values.
    #[serde(rename = "type")]
    pub kind: PropertyType,
    /// Some of its values, the most frequent first.
    pub samples: Vec<Value>,
    /// Where it stands.
    pub status: CatalogStatus,
    /// How often each JSON type was seen (`string`, `integer`, `number`, `boolean`, `array`, `object`, `null`); empty
    /// for properties of people and of where an event happened.
    pub types: BTreeMap<String, u64>,
    /// Estimate of different values.
    #[schema(required)]
    pub distinct: Option<u64>,
    /// Share of events that lack it or have null, 0 to 1.
    #[schema(required)]
    pub null_rate: Option<f64>,
    /// The earliest event with it.
    #[schema(required)]
    pub first_seen: Option<Instant>,
    /// The latest event with it.
    #[schema(required)]
    pub last_seen: Option<Instant>,
    /// Name shown instead.
    #[schema(required)]
    pub display_name: Option<String>,
    /// What it means.
    #[schema(required)]
    pub description: Option<String>,
    /// Who answers for it.
    #[schema(required)]
    pub owner: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Whether lists leave it out.
    pub hidden: bool,
    /// Whether it is kept out of events.
    pub blocked: bool,
    /// Property that is read from it where that is missing.
    #[schema(required)]
    pub merge_into: Option<String>,
}

/// Properties, by reference.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogProperties {
    /// The properties.
    pub properties: Vec<CatalogProperty>,
}

/// A change of what is written about an event or a property; what is absent stays, null takes away.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "read by the domain's own reader; this documents it"
)]
pub struct CatalogPatch {
    /// Name shown instead.
    pub display_name: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Labels, all of them.
    pub tags: Option<Vec<String>>,
    /// Whether lists leave it out.
    pub hidden: Option<bool>,
    /// Whether it is kept out from now on.
    pub blocked: Option<bool>,
    /// Name that counts it as its own.
    pub merge_into: Option<String>,
}

/// A change of many events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogBulkBody {
    /// Names of the events.
    pub names: Vec<String>,
    /// The change.
    pub set: Value,
}

/// A change of many events.
#[derive(Clone, Debug, ToSchema)]
#[allow(dead_code, reason = "documents the body")]
pub struct CatalogBulk {
    /// Names of the events, at most 1,000.
    pub names: Vec<String>,
    /// The change.
    pub set: CatalogPatch,
}

/// What is written about an event or a property.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogEntry {
    /// Name of the event; null for a property of all events.
    #[schema(required)]
    pub event: Option<String>,
    /// Name of the property; null for the event itself.
    #[schema(required)]
    pub property: Option<String>,
    /// Name shown instead.
    #[schema(required)]
    pub display_name: Option<String>,
    /// What it means.
    #[schema(required)]
    pub description: Option<String>,
    /// Who answers for it.
    #[schema(required)]
    pub owner: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Whether lists leave it out.
    pub hidden: bool,
    /// Whether it is kept out.
    pub blocked: bool,
    /// Name that counts it as its own.
    #[schema(required)]
    pub merge_into: Option<String>,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// What is written about events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogEntries {
    /// In the order of the request.
    pub entries: Vec<CatalogEntry>,
}

impl From<gyre_meta::CatalogEntry> for CatalogEntry {
    fn from(it: gyre_meta::CatalogEntry) -> Self {
        let named = |name: String| Some(name).filter(|it| !it.is_empty());
        Self {
            event: named(it.event),
            property: named(it.property),
            display_name: it.display_name,
            description: it.description,
            owner: it.owner,
            tags: it.tags,
            hidden: it.is_hidden,
            blocked: it.is_blocked,
            merge_into: it.merge_into,
            updated_at: it.updated_at.into(),
        }
    }
}

impl From<catalog::CatalogStatus> for CatalogStatus {
    fn from(it: catalog::CatalogStatus) -> Self {
        match it {
            catalog::CatalogStatus::Live => Self::Live,
            catalog::CatalogStatus::Planned => Self::Planned,
            catalog::CatalogStatus::Unexpected => Self::Unexpected,
            catalog::CatalogStatus::Stale => Self::Stale,
            catalog::CatalogStatus::Hidden => Self::Hidden,
            catalog::CatalogStatus::Blocked => Self::Blocked,
        }
    }
}

impl From<CatalogEventRow> for CatalogEvent {
    fn from(it: CatalogEventRow) -> Self {
        Self {
            name: it.name,
            count: it.count,
            people: None,
            first_seen: it.first_seen.map(Into::into),
            last_seen: it.last_seen.map(Into::into),
            active: it.is_active,
            status: it.status.into(),
            volume: it.volume,
            display_name: it.entry.display_name,
            description: it.entry.description,
            owner: it.entry.owner,
            tags: it.entry.tags,
            hidden: it.entry.is_hidden,
            blocked: it.entry.is_blocked,
            merge_into: it.entry.merge_into,
        }
    }
}

impl From<CatalogPropertyRow> for CatalogProperty {
    fn from(it: CatalogPropertyRow) -> Self {
        let learnt = it.learnt.as_ref();
        Self {
            kind: match it.kind {
                "number" => PropertyType::Number,
                "boolean" => PropertyType::Boolean,
                "list" => PropertyType::List,
                "object" => PropertyType::Object,
                "time" => PropertyType::Time,
                _ => PropertyType::Text,
            },
            types: learnt.map(catalog::types_of).unwrap_or_default(),
            distinct: learnt.map(|it| it.distinct),
            null_rate: learnt.map(gyre_collect::ledger::PropertySummary::null_rate),
            first_seen: learnt.map(|it| it.first_seen.into()),
            last_seen: learnt.map(|it| it.last_seen.into()),
            reference: it.reference,
            samples: it.samples,
            status: it.status.into(),
            display_name: it.entry.display_name,
            description: it.entry.description,
            owner: it.entry.owner,
            tags: it.entry.tags,
            hidden: it.entry.is_hidden,
            blocked: it.entry.is_blocked,
            merge_into: it.entry.merge_into,
        }
    }
}
