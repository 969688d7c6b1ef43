//! The workspace and its settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Workspace {
    /// Id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// IANA zone that days are cut by.
    pub timezone: String,
    /// First day of weeks.
    pub week_start: WeekStart,
    /// ISO 4217 code that revenue is shown in.
    pub currency: String,
}

/// First day of the week.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// ISO weeks.
    Monday,
    /// As in Korea's calendars.
    Sunday,
}

/// Settings to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspacePatch {
    /// Shown name, 1 to 200 characters.
    pub name: Option<String>,
    /// IANA zone name.
    pub timezone: Option<String>,
    /// First day of weeks.
    pub week_start: Option<WeekStart>,
    /// ISO 4217 code.
    pub currency: Option<String>,
}

impl From<gyre_meta::Workspace> for Workspace {
    fn from(it: gyre_meta::Workspace) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name,
            timezone: it.timezone,
            week_start: it.week_start.into(),
            currency: it.currency,
        }
    }
}

impl From<gyre_base::WeekStart> for WeekStart {
    fn from(it: gyre_base::WeekStart) -> Self {
        match it {
            gyre_base::WeekStart::Monday => Self::Monday,
            gyre_base::WeekStart::Sunday => Self::Sunday,
        }
    }
}

impl From<WeekStart> for gyre_base::WeekStart {
    fn from(it: WeekStart) -> Self {
        match it {
            WeekStart::Monday => Self::Monday,
            WeekStart::Sunday => Self::Sunday,
        }
    }
}

impl From<WorkspacePatch> for gyre_meta::WorkspaceChange {
    fn from(it: WorkspacePatch) -> Self {
        Self {
            name: it.name,
            timezone: it.timezone,
            week_start: it.week_start.map(Into::into),
            currency: it.currency,
        }
    }
}
