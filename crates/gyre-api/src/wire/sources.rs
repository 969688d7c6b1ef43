//! Sources: where events come from, and how they fare.

use gyre_app::sources as app;
use gyre_base::Secret;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::instant::Instant;

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A write key, with which SDKs send.
    Sdk,
    /// Bodies of JSON from another system.
    Webhook,
    /// Queries, forms or bodies from another system.
    Postback,
}

/// What a source that is made can be.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceCreateKind {
    /// Bodies of JSON from another system.
    Webhook,
    /// Queries, forms or bodies from another system.
    Postback,
}

/// One dialect of a source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DialectHealth {
    /// Its name.
    pub dialect: String,
    /// Events in the last day.
    pub events_day: u64,
    /// Libraries that sent them.
    pub libraries: Vec<String>,
}

/// How a source fares; hours and days to ten minutes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourceHealth {
    /// When the last event came, within 30 days.
    #[schema(required)]
    pub last_event_at: Option<Instant>,
    /// Events in the last hour.
    pub events_hour: u64,
    /// Events in the last day.
    pub events_day: u64,
    /// Requests in the last day that were not taken.
    pub rejected_day: u64,
    /// Events in the last day that were put into quarantine.
    pub quarantined_day: u64,
    /// Events in the last day that were taken with a warning.
    pub warnings_day: u64,
    /// Dialects seen in the last day.
    pub dialects: Vec<DialectHealth>,
}

/// A source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Source {
    /// Id; of an SDK's source the id of its write key.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// First characters of its key or secret.
    #[schema(required)]
    pub key_prefix: Option<String>,
    /// Address that payloads are sent to; only once, when the source is made, because it holds the secret.
    #[schema(required)]
    pub url: Option<String>,
    /// The preset it was made from.
    #[schema(required)]
    pub preset: Option<String>,
    /// Which field of a payload is what.
    #[schema(required)]
    pub map: Option<Value>,
    /// Version of the map; payloads are read by the version that held when they came.
    #[schema(required)]
    pub map_version: Option<u64>,
    /// Whether payloads must be signed.
    pub is_signed: bool,
    /// Whether anything is taken from it.
    pub is_enabled: bool,
    /// How it fares.
    pub health: SourceHealth,
    /// When it was made.
    pub created_at: Instant,
}

/// Every source of the workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourceList {
    /// Write keys first, then in the order they were made.
    pub sources: Vec<Source>,
}

/// A source to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceCreate {
    /// Shown name, 1 to 200 characters.
    pub name: String,
    /// What it is.
    pub kind: SourceCreateKind,
    /// `airbridge`, `appsflyer`, `adjust` or `generic`: the map it begins with.
    pub preset: String,
    /// A map instead of the preset's.
    pub map: Option<Value>,
    /// `whsec_…`: payloads must be signed with it, by Standard Webhooks.
    pub signing_secret: Option<String>,
}

/// What of a source is to be changed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceChange {
    /// Shown name.
    pub name: Option<String>,
    /// Whether payloads are taken.
    pub is_enabled: Option<bool>,
    /// The map, for payloads that come from now on.
    pub map: Option<Value>,
    /// `whsec_…`; null takes payloads without signature.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    pub signing_secret: Option<Option<String>>,
}

/// Tells null from absent.
#[expect(
    clippy::option_option,
    reason = "absent, null and a text mean three things"
)]
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A payload to be tried: one of the two.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourcePreviewRequest {
    /// A body of JSON.
    pub body: Option<Value>,
    /// A query or a form, `a=b&c=d`.
    pub query: Option<String>,
    /// A map to be tried instead of the source's.
    pub map: Option<Value>,
}

/// What is wrong with a part of a payload.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourceProblem {
    /// Stable name.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// The part, as it arrived.
    pub raw: Value,
}

/// What a payload would become.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SourcePreview {
    /// Its events, whole.
    pub events: Vec<Value>,
    /// What would go to quarantine.
    pub problems: Vec<SourceProblem>,
}

/// A payload as it arrived.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecentPayload {
    /// When.
    pub received_at: Instant,
    /// The body as JSON; the fields of a query or form; a text of whatever else it is.
    pub payload: Value,
    /// Whether something of it was put into quarantine.
    pub is_quarantined: bool,
}

/// Newest payloads of a source.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecentPayloads {
    /// At most 20 since the server started, newest first.
    pub payloads: Vec<RecentPayload>,
}

impl From<app::Health> for SourceHealth {
    fn from(it: app::Health) -> Self {
        let dialects = it.dialects.into_iter().map(|it| DialectHealth {
            dialect: it.dialect,
            events_day: it.events_day,
            libraries: it.libraries,
        });
        Self {
            last_event_at: it.last_event_at.map(Into::into),
            events_hour: it.events_hour,
            events_day: it.events_day,
            rejected_day: it.rejected_day,
            quarantined_day: it.quarantined_day,
            warnings_day: it.warnings_day,
            dialects: dialects.collect(),
        }
    }
}

impl From<app::SourceView> for Source {
    fn from(it: app::SourceView) -> Self {
        let health = it.health.into();
        match it.source {
            app::SourceOf::Sdk {
                id,
                name,
                prefix,
                created_at,
            } => Self {
                id,
                name,
                kind: SourceKind::Sdk,
                key_prefix: Some(prefix),
                url: None,
                preset: None,
                map: None,
                map_version: None,
                is_signed: false,
                is_enabled: true,
                health,
                created_at: created_at.into(),
            },
            app::SourceOf::Webhook(source) => Self {
                id: source.id.to_string(),
                name: source.name,
                kind: match source.kind {
                    gyre_meta::SourceKind::Webhook => SourceKind::Webhook,
                    gyre_meta::SourceKind::Postback => SourceKind::Postback,
                },
                key_prefix: Some(source.prefix),
                url: None,
                preset: Some(source.preset),
                map: serde_json::from_str(&source.map).ok(),
                map_version: Some(source.map_version),
                is_signed: source.sealed.is_some(),
                is_enabled: source.is_enabled,
                health,
                created_at: source.created_at.into(),
            },
        }
    }
}

impl From<SourceCreate> for app::SourceNew {
    fn from(it: SourceCreate) -> Self {
        Self {
            name: it.name,
            kind: match it.kind {
                SourceCreateKind::Webhook => gyre_meta::SourceKind::Webhook,
                SourceCreateKind::Postback => gyre_meta::SourceKind::Postback,
            },
            preset: it.preset,
            map: it.map,
            signing: it.signing_secret.map(Secret::new),
        }
    }
}

impl From<SourceChange> for app::SourceChange {
    fn from(it: SourceChange) -> Self {
        Self {
            name: it.name,
            is_enabled: it.is_enabled,
            map: it.map,
            signing: it.signing_secret.map(|it| it.map(Secret::new)),
        }
    }
}

impl From<app::Payload> for RecentPayload {
    fn from(it: app::Payload) -> Self {
        Self {
            received_at: it.received_at.into(),
            payload: app::payload_value(&it.body)
                .unwrap_or_else(|| String::from_utf8_lossy(&it.body).into_owned().into()),
            is_quarantined: it.is_quarantined,
        }
    }
}
