//! The cases, by resource.

pub(crate) mod campaigns;
pub(crate) mod cohorts;
pub(crate) mod governance;
pub(crate) mod identity;
pub(crate) mod imports;
pub(crate) mod isolation;
pub(crate) mod lake;
pub(crate) mod leases;
pub(crate) mod messages;
pub(crate) mod settings;
pub(crate) mod store;

use gyre_base::{CampaignId, Timestamp, UserId, WeekStart, WorkspaceId};
use gyre_meta::{Campaign, CampaignState, Meta, Role, User, Workspace};

/// An instant of the cases: 2026-03-01T00:00:00Z plus `ms`.
pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp(1_772_323_200_000 + ms)
}

pub(crate) fn workspace(name: &str) -> Workspace {
    Workspace {
        id: WorkspaceId::random(),
        name: name.to_owned(),
        timezone: "Asia/Seoul".to_owned(),
        week_start: WeekStart::Monday,
        currency: "KRW".to_owned(),
        created_at: at(0),
    }
}

pub(crate) async fn with_workspace(meta: &Meta) -> WorkspaceId {
    let workspace = workspace("Shop");
    meta.workspace_create(&workspace).await.unwrap();
    workspace.id
}

pub(crate) fn user(workspace: WorkspaceId, email: &str) -> User {
    User {
        workspace,
        id: UserId::random(),
        email: email.to_owned(),
        name: "Kim".to_owned(),
        role: Role::Admin,
        password_hash: "$argon2id$…".to_owned(),
        created_at: at(0),
    }
}

pub(crate) fn campaign(workspace: WorkspaceId, state: CampaignState) -> Campaign {
    Campaign {
        workspace,
        id: CampaignId::random(),
        name: "Spring".to_owned(),
        state,
        definition: r#"{"name": "Spring"}"#.to_owned(),
        dispatch_id: None,
        planned_all: false,
        created_at: at(0),
        updated_at: at(0),
        launched_at: None,
        finished_at: None,
        version: 1,
    }
}
