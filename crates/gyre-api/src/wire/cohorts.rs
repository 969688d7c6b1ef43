//! Cohorts and audiences.
#![allow(
    missing_debug_implementations,
    reason = "the requests' types only describe; no value is ever made"
)]

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::definition::Audience;
use super::instant::Instant;
use super::people::PersonRef;

/// Whether the members follow the people.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CohortKind {
    /// Evaluated again and again.
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
