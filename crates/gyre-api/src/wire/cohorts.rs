//! Cohorts and audiences.
#![allow(
    missing_debug_implementations,
    reason = "the requests' types only describe; no value is ever made"
)]

use gyre_app::cohorts::REFRESH_MS;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::definition::Audience;
use super::instant::Instant;
use super::people::PersonRef;

/// Whether the members follow the people.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CohortKind {
    /// Evaluated again and again.
    #[default]
    Live,
    /// Fixed when it was made.
    Static,
}

/// What a cohort was made from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CohortSource {
    /// An audience.
    Definition,
    /// A number of a chart.
    Cell,
}

/// A cohort to be made.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum CohortCreate {
    /// From an audience.
    Definition {
        /// Shown name.
        name: String,
        /// Who.
        definition: Audience,
        /// `live` if absent.
        kind: Option<CohortKind>,
    },
    /// From a number of a chart.
    Cell {
        /// Shown name.
        name: String,
        /// Token of the number.
        cell: String,
        /// Save the rule instead of today's people.
        live: Option<bool>,
    },
}

/// A cohort.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Cohort {
    /// Id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Whether it is evaluated again.
    pub kind: CohortKind,
    /// The audience; null for people saved from a number.
    #[schema(value_type = Option<Audience>, required)]
    pub definition: Option<Value>,
    /// What it was made from.
    pub source: CohortSource,
    /// Members as of the newest good refresh.
    pub size: u64,
    /// Instant of the newest good refresh.
    #[schema(required)]
    pub refreshed_at: Option<Instant>,
    /// When it will be evaluated again; null for a static cohort.
    #[schema(required)]
    pub next_refresh_at: Option<Instant>,
    /// Why the newest refresh failed.
    #[schema(required)]
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When its name last changed.
    pub updated_at: Instant,
}

/// Every cohort.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CohortList {
    /// Newest first.
    pub cohorts: Vec<Cohort>,
}

/// A cohort's new name.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortPatch {
    /// Shown name, 1 to 200 characters.
    pub name: String,
}

/// Members of a cohort.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CohortPeople {
    /// All of them.
    pub total: u64,
    /// This page.
    pub people: Vec<PersonRef>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A cohort's size once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CohortSize {
    /// Instant of evaluation.
    pub as_of: Instant,
    /// Members then.
    pub size: u64,
}

/// How a cohort's size changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CohortHistory {
    /// Newest first.
    pub history: Vec<CohortSize>,
}

/// An audience that is being written.
#[derive(ToSchema)]
pub struct AudiencePreviewQuery {
    /// Who.
    pub definition: Audience,
}

/// How many people an audience is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AudiencePreview {
    /// People in it.
    pub size: u64,
    /// People known.
    pub of: u64,
    /// People in it who can be reached.
    pub reachable: Reachable,
    /// Ten of them.
    pub examples: Vec<PersonRef>,
}

/// People who can be reached, by channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reachable {
    /// By e-mail.
    pub email: u64,
}

/// [`CohortCreate`] as it is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortCreateBody {
    /// Shown name.
    pub name: String,
    /// Audience.
    pub definition: Option<Value>,
    /// `live` if absent.
    #[serde(default)]
    pub kind: CohortKind,
    /// Token of a number.
    pub cell: Option<String>,
    /// Save the rule behind the number.
    pub live: Option<bool>,
}

/// [`AudiencePreviewQuery`] as it is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudiencePreviewBody {
    /// Audience.
    pub definition: Value,
}

impl From<CohortKind> for gyre_meta::CohortKind {
    fn from(it: CohortKind) -> Self {
        match it {
            CohortKind::Live => Self::Live,
            CohortKind::Static => Self::Static,
        }
    }
}

impl From<gyre_meta::Cohort> for Cohort {
    fn from(it: gyre_meta::Cohort) -> Self {
        let is_live = it.kind == gyre_meta::CohortKind::Live;
        let is_audience = it.source == gyre_meta::CohortSource::Definition;
        let definition = it.definition.filter(|_| is_audience);
        let next = it.refreshed_at.filter(|_| is_live);
        Self {
            id: it.id.to_string(),
            name: it.name,
            kind: match it.kind {
                gyre_meta::CohortKind::Live => CohortKind::Live,
                gyre_meta::CohortKind::Static => CohortKind::Static,
            },
            definition: definition.and_then(|text| serde_json::from_str(&text).ok()),
            source: match it.source {
                gyre_meta::CohortSource::Definition => CohortSource::Definition,
                gyre_meta::CohortSource::Cell => CohortSource::Cell,
            },
            size: it.size.unwrap_or(0),
            refreshed_at: it.refreshed_at.map(Into::into),
            next_refresh_at: next.map(|at| at.plus_ms(REFRESH_MS).into()),
            error: it.refresh_error,
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        }
    }
}

impl From<gyre_app::cohorts::CohortPage> for CohortPeople {
    fn from(it: gyre_app::cohorts::CohortPage) -> Self {
        Self {
            total: it.total,
            people: it.people.into_iter().map(Into::into).collect(),
            next: it.next,
        }
    }
}

impl From<Vec<gyre_meta::CohortHistoryPoint>> for CohortHistory {
    /// A refresh that failed found no size and is left out.
    fn from(points: Vec<gyre_meta::CohortHistoryPoint>) -> Self {
        let sizes = points.into_iter().filter_map(|it| {
            Some(CohortSize {
                as_of: it.as_of.into(),
                size: it.size?,
            })
        });
        Self {
            history: sizes.collect(),
        }
    }
}

impl From<gyre_app::cohorts::AudiencePreview> for AudiencePreview {
    fn from(it: gyre_app::cohorts::AudiencePreview) -> Self {
        Self {
            size: it.size,
            of: it.of,
            reachable: Reachable {
                email: it.reachable_email,
            },
            examples: it.examples.into_iter().map(Into::into).collect(),
        }
    }
}
