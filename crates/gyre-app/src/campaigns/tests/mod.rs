//! Campaigns under a virtual clock, on SQLite, with providers and people that fail when told.

mod crash;
mod sending;
mod support;
mod tracking;

use gyre_base::{Timestamp, WeekStart, WorkspaceId};
use gyre_meta::{Meta, Workspace};

/// A workspace to work in.
pub(crate) async fn test_workspace(meta: &Meta) -> WorkspaceId {
    let workspace = Workspace {
        id: WorkspaceId::random(),
        name: "Shop".to_owned(),
        timezone: "Asia/Seoul".to_owned(),
        week_start: WeekStart::Monday,
        currency: "KRW".to_owned(),
        created_at: Timestamp(0),
    };
    meta.workspace_create(&workspace).await.unwrap();
    workspace.id
}
