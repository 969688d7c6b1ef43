//! The tracking plan.

use gyre_app::plan::{PlanCheck, PlanVersionView, PlanView, PlanViolations};
use gyre_collect::ledger::{BlockedSummary, Treatment, ViolationSummary};
use gyre_model::plan;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// One planned event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanEvent {
    /// Name, verbatim.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// JSON Schema 2020-12 of the properties; for `$identify` of the person's properties.
    #[schema(value_type = Object)]
    pub schema: Value,
    /// `flag`, `omit` or `block`; the plan's own default if null.
    #[schema(required)]
    pub action: Option<String>,
}

/// The newest tracking plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrackingPlan {
    /// Its number; 0 if none was ever written.
    pub version: u32,
    /// From which arrivals on it holds.
    #[schema(required)]
    pub valid_from: Option<Instant>,
    /// `off`, `shadow` (violations are noted) or `enforce` (actions are taken).
    pub mode: String,
    /// What becomes of violations of events that say nothing else: `flag`, `omit` or `block`.
    pub default_action: String,
    /// What becomes of events that are not planned: `allow`, `flag` or `block`.
    pub unplanned: String,
    /// Its events.
    pub events: Vec<PlanEvent>,
}

/// The next version of the plan; `version` and `valid_from` of the answer to a reading may stay in it.
#[derive(Clone, Debug, ToSchema)]
#[allow(
    dead_code,
    reason = "read by the domain's own reader; this documents it"
)]
pub struct TrackingPlanPut {
    /// `off`, `shadow` or `enforce`; `off` if absent.
    pub mode: Option<String>,
    /// `flag`, `omit` or `block`; `flag` if absent.
    pub default_action: Option<String>,
    /// `allow`, `flag` or `block`; `allow` if absent.
    pub unplanned: Option<String>,
    /// Its events, at most 2,000.
    pub events: Option<Vec<PlanEvent>>,
}

/// One version of the plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanVersion {
    /// Its number.
    pub version: u32,
    /// From which arrivals on it holds.
    pub valid_from: Instant,
    /// When it was written.
    pub created_at: Instant,
    /// Id of the user who wrote it; null if a key did.
    #[schema(required)]
    pub created_by: Option<String>,
    /// `off`, `shadow` or `enforce`.
    pub mode: String,
    /// How many events it has.
    pub events: u64,
}

/// Versions of the plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanVersions {
    /// The newest first.
    pub versions: Vec<PlanVersion>,
    /// Cursor of the next page; null after the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// Events to make proposals of.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInfer {
    /// Their names; every event that is not planned yet if null.
    pub events: Option<Vec<String>>,
}

/// Proposed entries of the plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanProposal {
    /// One for each event.
    pub events: Vec<PlanEvent>,
}

/// Events to be held against the plan.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCheckBody {
    /// Each with `event` (or `name`) and `properties`, as our own endpoint takes them; at most 1,000.
    #[schema(value_type = Vec<Object>)]
    pub events: Value,
}

/// One thing that is wrong with an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanFinding {
    /// Dotted path of the property; empty for the whole event.
    pub property: String,
    /// Keyword of the schema, or `unplanned`.
    pub rule: String,
    /// What is wrong, for a person.
    pub detail: String,
    /// What an enforced plan does: `flag`, `omit` or `block`.
    pub action: String,
}

/// What the plan says of one event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanVerdict {
    /// Name of the event.
    pub event: String,
    /// Whether it is in the plan.
    pub planned: bool,
    /// Whether an enforced plan keeps it out.
    pub would_block: bool,
    /// What is wrong with it.
    pub violations: Vec<PlanFinding>,
}

/// What the plan says of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanVerdicts {
    /// One for each event.
    pub results: Vec<PlanVerdict>,
}

/// From when on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SinceQuery {
    /// Only what arrived at or after this instant (RFC 3339); counts are then of its day (UTC) and later ones.
    pub since: Option<String>,
}

/// What became of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViolationTreatment {
    /// Noted with the event.
    Flagged,
    /// The property was taken out.
    Omitted,
    /// The event went to quarantine.
    Blocked,
}

/// Violations of one kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanViolation {
    /// Name of the event.
    pub event: String,
    /// Dotted path of the property; empty for the whole event.
    pub property: String,
    /// Keyword of the schema, or `unplanned`.
    pub rule: String,
    /// What was wrong the last time.
    pub detail: String,
    /// How often.
    pub count: u64,
    /// What became of it the last time.
    pub treatment: ViolationTreatment,
    /// First arrival.
    pub first_at: Instant,
    /// Last arrival.
    pub last_at: Instant,
    /// A value that was wrong.
    pub sample: Value,
}

/// Events that were kept out, or would have been if the plan were enforced.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanBlocked {
    /// Name of the event.
    pub event: String,
    /// Kept out.
    pub blocked: u64,
    /// Would have been kept out.
    pub would_block: u64,
    /// Last arrival.
    pub last_at: Instant,
}

/// What the plan found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanViolationList {
    /// The most frequent first.
    pub violations: Vec<PlanViolation>,
    /// Events that were kept out, or would have been.
    pub blocked: Vec<PlanBlocked>,
    /// Violations for which there was no room.
    pub left_out: u64,
}

impl From<plan::PlanEvent> for PlanEvent {
    fn from(it: plan::PlanEvent) -> Self {
        Self {
            name: it.name,
            description: it.description,
            owner: it.owner,
            schema: it.schema,
            action: it.action.map(|it| it.name().to_owned()),
        }
    }
}

impl From<PlanView> for TrackingPlan {
    fn from(it: PlanView) -> Self {
        Self {
            version: it.version,
            valid_from: it.valid_from.map(Into::into),
            mode: it.plan.mode.name().to_owned(),
            default_action: it.plan.default_action.name().to_owned(),
            unplanned: it.plan.unplanned.name().to_owned(),
            events: it.plan.events.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<PlanVersionView> for PlanVersion {
    fn from(it: PlanVersionView) -> Self {
        Self {
            version: it.version,
            valid_from: it.valid_from.into(),
            created_at: it.created_at.into(),
            created_by: it.created_by.map(|it| it.to_string()),
            mode: it.plan.mode.name().to_owned(),
            events: it.plan.events.len() as u64,
        }
    }
}

impl From<PlanCheck> for PlanVerdict {
    fn from(it: PlanCheck) -> Self {
        let findings = it.judgement.findings.into_iter().map(|it| PlanFinding {
            property: it.violation.property,
            rule: it.violation.rule,
            detail: it.violation.detail,
            action: it.action.name().to_owned(),
        });
        Self {
            event: it.event,
            planned: it.judgement.is_planned,
            would_block: it.judgement.would_block,
            violations: findings.collect(),
        }
    }
}

impl From<ViolationSummary> for PlanViolation {
    fn from(it: ViolationSummary) -> Self {
        Self {
            event: it.event,
            property: it.property,
            rule: it.rule,
            detail: it.detail,
            count: it.count,
            treatment: match it.treatment {
                Treatment::Flagged => ViolationTreatment::Flagged,
                Treatment::Omitted => ViolationTreatment::Omitted,
                Treatment::Blocked => ViolationTreatment::Blocked,
            },
            first_at: it.first_at.into(),
            last_at: it.last_at.into(),
            sample: it.sample,
        }
    }
}

impl From<BlockedSummary> for PlanBlocked {
    fn from(it: BlockedSummary) -> Self {
        Self {
            event: it.event,
            blocked: it.blocked,
            would_block: it.would_block,
            last_at: it.last_at.into(),
        }
    }
}

impl From<PlanViolations> for PlanViolationList {
    fn from(it: PlanViolations) -> Self {
        Self {
            violations: it.violations.into_iter().map(Into::into).collect(),
            blocked: it.blocked.into_iter().map(Into::into).collect(),
            left_out: it.left_out,
        }
    }
}
