//! Campaigns.

use gyre_meta::{Campaign, CampaignState, CampaignStateChange, Meta, MetaError};
use uuid::Uuid;

use super::{at, campaign, with_workspace};

pub(crate) async fn a_campaign_is_kept_as_it_was_written(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let written = Campaign {
        definition: r#"{"name": "봄 쿠폰", "x": "'quotes' \"and\" \\ %_"}"#.to_owned(),
        ..campaign(workspace, CampaignState::Draft)
    };
    meta.campaign_create(&written).await.unwrap();
    assert_eq!(
        meta.campaign_get(workspace, written.id).await.unwrap(),
        written
    );
    let again = meta.campaign_create(&written).await.unwrap_err();
    assert!(again.on_constraint("campaigns_pkey"), "{again:?}");
    meta.campaign_delete_draft(workspace, written.id)
        .await
        .unwrap();
    let gone = meta.campaign_get(workspace, written.id).await.unwrap_err();
    assert!(matches!(gone, MetaError::NotFound { what: "campaign" }));
}

pub(crate) async fn a_draft_is_changed_by_whoever_knows_its_version(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let draft = campaign(workspace, CampaignState::Draft);
    meta.campaign_create(&draft).await.unwrap();
    let change =
        |version| meta.campaign_update_draft(workspace, draft.id, version, "Summer", "{}", at(5));
    let changed = change(1).await.unwrap();
    assert_eq!((changed.version, changed.name.as_str()), (2, "Summer"));
    assert_eq!((changed.created_at, changed.updated_at), (at(0), at(5)));
    assert!(
        change(1)
            .await
            .unwrap_err()
            .on_constraint("campaigns_version")
    );

    let running = campaign(workspace, CampaignState::Running);
    meta.campaign_create(&running).await.unwrap();
    let late = meta
        .campaign_update_draft(workspace, running.id, 1, "x", "{}", at(5))
        .await;
    assert!(late.unwrap_err().on_constraint("campaigns_state"));
    let late = meta.campaign_delete_draft(workspace, running.id).await;
    assert!(late.unwrap_err().on_constraint("campaigns_state"));
}

pub(crate) async fn a_campaign_moves_only_from_the_states_named(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let draft = campaign(workspace, CampaignState::Draft);
    meta.campaign_create(&draft).await.unwrap();
    let dispatch = Uuid::from_u128(7);
    let launch = CampaignStateChange {
        from: vec![CampaignState::Draft, CampaignState::Scheduled],
        to: CampaignState::Running,
        at: at(10),
        dispatch_id: Some(dispatch),
        launched_at: Some(at(10)),
        finished_at: None,
    };
    let launched = meta
        .campaign_set_state(workspace, draft.id, &launch)
        .await
        .unwrap();
    assert_eq!(launched.state, CampaignState::Running);
    assert_eq!(launched.dispatch_id, Some(dispatch));
    assert_eq!(launched.launched_at, Some(at(10)));
    let twice = meta.campaign_set_state(workspace, draft.id, &launch).await;
    assert!(twice.unwrap_err().on_constraint("campaigns_state"));

    meta.campaign_set_planned_all(workspace, draft.id, at(11))
        .await
        .unwrap();
    let finish = CampaignStateChange {
        from: vec![CampaignState::Running],
        to: CampaignState::Done,
        at: at(20),
        dispatch_id: None,
        launched_at: None,
        finished_at: Some(at(20)),
    };
    let done = meta
        .campaign_set_state(workspace, draft.id, &finish)
        .await
        .unwrap();
    assert!(done.planned_all);
    assert_eq!(done.dispatch_id, Some(dispatch), "kept");
    assert_eq!(done.launched_at, Some(at(10)), "kept");
    assert_eq!(done.finished_at, Some(at(20)));
}

pub(crate) async fn workers_see_the_running_campaigns_of_every_workspace(meta: Meta) {
    let mut expected = Vec::new();
    for state in [
        CampaignState::Running,
        CampaignState::Paused,
        CampaignState::Draft,
    ] {
        let workspace = with_workspace(&meta).await;
        let campaign = campaign(workspace, state);
        meta.campaign_create(&campaign).await.unwrap();
        if state != CampaignState::Draft {
            expected.push((workspace, campaign.id));
        }
    }
    expected.sort();
    let states = [CampaignState::Running, CampaignState::Paused];
    let seen = meta.campaigns_by_state(&states).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|it| (it.workspace, it.id)).collect();
    assert_eq!(seen, expected);
}
