//! Isolation: the same ids in two workspaces are two things.

use gyre_base::CampaignId;
use gyre_meta::{CampaignState, Channel, Meta, MetaError, Subscription, SubscriptionState};

use super::messages::{insert, planned};
use super::{at, campaign, with_workspace};

pub(crate) async fn nothing_of_one_workspace_is_seen_from_another(meta: Meta) {
    let ours = with_workspace(&meta).await;
    let theirs = with_workspace(&meta).await;
    let made = campaign(ours, CampaignState::Draft);
    meta.campaign_create(&made).await.unwrap();
    let missing = meta.campaign_get(theirs, made.id).await.unwrap_err();
    assert!(matches!(missing, MetaError::NotFound { .. }));
    assert!(meta.campaigns_list(theirs).await.unwrap().is_empty());
    let update = meta
        .campaign_update_draft(theirs, made.id, 1, "x", "{}", at(1))
        .await;
    assert!(matches!(update.unwrap_err(), MetaError::NotFound { .. }));
    assert!(meta.campaign_delete_draft(theirs, made.id).await.is_err());
    let mut twin = campaign(theirs, CampaignState::Draft);
    twin.id = made.id;
    meta.campaign_create(&twin).await.unwrap();
    meta.campaign_delete_draft(theirs, made.id).await.unwrap();
    assert_eq!(meta.campaign_get(ours, made.id).await.unwrap(), made);

    let message = planned(ours, CampaignId::random(), 1);
    insert(&meta, &message).await;
    assert!(meta.message_get(theirs, message.id).await.is_err());
    let found = meta
        .messages_by_person(theirs, &[message.person], None, 10)
        .await
        .unwrap();
    assert!(found.is_empty());
    let counts = meta.messages_count(theirs, message.campaign).await.unwrap();
    assert!(counts.is_empty());

    let config = Channel {
        workspace: ours,
        channel: "email".to_owned(),
        config: "sealed".to_owned(),
        updated_at: at(0),
    };
    meta.channel_put(&config).await.unwrap();
    assert_eq!(meta.channel_get(theirs, "email").await.unwrap(), None);
    let no = Subscription {
        workspace: theirs,
        channel: "email".to_owned(),
        address: "kim@shop.test".to_owned(),
        state: SubscriptionState::Unsubscribed,
        source: "one-click".to_owned(),
        updated_at: at(0),
    };
    meta.subscription_put(&no, &[]).await.unwrap();
    let found = meta
        .subscription_get(ours, "email", "kim@shop.test")
        .await
        .unwrap();
    assert_eq!(found, None);
}
