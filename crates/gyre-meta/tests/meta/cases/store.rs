//! The store as a whole.

use gyre_base::WorkspaceId;
use gyre_meta::{CampaignState, Meta};

use super::{campaign, with_workspace};

pub(crate) async fn writers_queue_and_are_never_locked_out(meta: Meta) {
    let workspace = WorkspaceId::random();
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let meta = meta.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                let made = campaign(workspace, CampaignState::Draft);
                meta.campaign_create(&made).await.unwrap();
                meta.campaign_get(workspace, made.id).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(meta.campaigns_list(workspace).await.unwrap().len(), 160);
}

pub(crate) async fn a_database_is_opened_again(meta: Meta) {
    meta.ping().await.unwrap();
    let workspace = with_workspace(&meta).await;
    meta.close().await;
    assert!(meta.ping().await.is_err(), "closed");
    assert!(meta.workspace_get(workspace).await.is_err(), "closed");
}
