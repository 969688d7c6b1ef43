//! What there is to ask about: events and properties.

use gyre_base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

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
}

/// Every event name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogEvents {
    /// The most frequent first.
    pub events: Vec<CatalogEvent>,
}

/// Which properties.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PropertiesQuery {
    /// Name of the event whose properties are meant; absent: of every event.
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
}

/// Properties, by reference.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CatalogProperties {
    /// The properties.
    pub properties: Vec<CatalogProperty>,
}

impl From<gyre_query::CatalogEvent> for CatalogEvent {
    fn from(it: gyre_query::CatalogEvent) -> Self {
        Self {
            name: it.name,
            count: it.count,
            people: None,
            first_seen: Some(Timestamp(it.first_seen).into()),
            last_seen: Some(Timestamp(it.last_seen).into()),
            active: it.is_active,
        }
    }
}

impl From<gyre_query::CatalogProperty> for CatalogProperty {
    fn from(it: gyre_query::CatalogProperty) -> Self {
        Self {
            kind: match it.kind {
                "number" => PropertyType::Number,
                "boolean" => PropertyType::Boolean,
                "list" => PropertyType::List,
                "object" => PropertyType::Object,
                "time" => PropertyType::Time,
                _ => PropertyType::Text,
            },
            reference: it.reference,
            samples: it.samples,
        }
    }
}
