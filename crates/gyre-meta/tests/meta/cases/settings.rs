//! Workspaces, users, sessions, keys, channels, subscriptions, quarantine.

use gyre_base::{KeyId, UserId, WeekStart};
use gyre_meta::{
    Channel, Key, KeyKind, Meta, MetaError, OutboxItem, QuarantineCursor, QuarantineFilter,
    Quarantined, Session, Subscription, SubscriptionState, WorkspaceChange,
};

use super::{at, user, with_workspace, workspace};

pub(crate) async fn a_workspace_is_made_and_changed(meta: Meta) {
    let made = workspace("Shop");
    meta.workspace_create(&made).await.unwrap();
    assert_eq!(meta.workspace_get(made.id).await.unwrap(), made);
    let change = WorkspaceChange {
        week_start: Some(WeekStart::Sunday),
        currency: Some("USD".to_owned()),
        ..WorkspaceChange::default()
    };
    let changed = meta.workspace_update(made.id, &change).await.unwrap();
    assert_eq!(
        (changed.week_start, changed.currency.as_str()),
        (WeekStart::Sunday, "USD")
    );
    assert_eq!(
        (changed.name.as_str(), changed.timezone.as_str()),
        ("Shop", "Asia/Seoul")
    );
    assert_eq!(meta.workspaces_list().await.unwrap(), vec![changed]);
    let missing = meta.workspace_get(workspace("x").id).await.unwrap_err();
    assert!(matches!(missing, MetaError::NotFound { what: "workspace" }));
}

pub(crate) async fn the_first_workspace_is_made_whole_and_once(meta: Meta) {
    let first = workspace("Shop");
    let admin = user(first.id, "kim@shop.test");
    let key = |hash: &str| Key {
        workspace: first.id,
        id: KeyId::random(),
        kind: KeyKind::Api,
        name: "first".to_owned(),
        hash: hash.to_owned(),
        prefix: String::new(),
        created_at: at(0),
        revoked_at: None,
    };
    let twice = [key("same"), key("same")];
    assert!(
        meta.workspace_bootstrap(&first, &admin, &twice)
            .await
            .is_err()
    );
    assert!(
        meta.workspaces_list().await.unwrap().is_empty(),
        "all or nothing"
    );
    let keys = [key("a"), key("b")];
    assert!(
        meta.workspace_bootstrap(&first, &admin, &keys)
            .await
            .unwrap()
    );
    assert_eq!(
        meta.users_list(first.id).await.unwrap(),
        vec![admin.clone()]
    );
    assert_eq!(meta.keys_list(first.id).await.unwrap().len(), 2);
    let again = meta.workspace_bootstrap(&workspace("x"), &admin, &[]).await;
    assert!(!again.unwrap(), "once");
}

pub(crate) async fn an_address_belongs_to_one_user(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let kim = user(workspace, "Kim@Shop.test");
    meta.user_create(&kim).await.unwrap();
    let found = meta.user_by_email("kim@shop.TEST").await.unwrap().unwrap();
    assert_eq!((found.id, found.email.as_str()), (kim.id, "kim@shop.test"));
    assert_eq!(meta.user_get(workspace, kim.id).await.unwrap(), found);
    assert_eq!(meta.users_list(workspace).await.unwrap(), vec![found]);
    assert_eq!(meta.user_by_email("lee@shop.test").await.unwrap(), None);
    let taken = meta
        .user_create(&user(workspace, "KIM@shop.test"))
        .await
        .unwrap_err();
    assert!(taken.on_constraint("users_email_key"), "{taken:?}");
    let stray = meta
        .user_create(&user(super::workspace("x").id, "a@b.test"))
        .await
        .unwrap_err();
    assert!(
        matches!(stray, MetaError::Conflict { .. }),
        "a user of no workspace: {stray:?}"
    );
}

pub(crate) async fn a_session_ends(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let kim = user(workspace, "kim@shop.test");
    meta.user_create(&kim).await.unwrap();
    let session = |token: &str, until| Session {
        token_hash: token.to_owned(),
        workspace,
        user: kim.id,
        csrf: "csrf".to_owned(),
        created_at: at(0),
        expires_at: at(until),
    };
    for (token, until) in [("a", 100), ("b", 200), ("c", 300)] {
        meta.session_create(&session(token, until)).await.unwrap();
    }
    let found = meta.session_get("a", at(99)).await.unwrap();
    assert_eq!(found, Some(session("a", 100)));
    assert_eq!(meta.session_get("a", at(100)).await.unwrap(), None, "ended");
    meta.session_extend("a", at(250)).await.unwrap();
    assert!(meta.session_get("a", at(249)).await.unwrap().is_some());
    meta.session_delete("c").await.unwrap();
    assert_eq!(meta.session_get("c", at(0)).await.unwrap(), None);
    assert_eq!(meta.sessions_delete_expired(at(200)).await.unwrap(), 1);
    assert_eq!(meta.session_get("b", at(0)).await.unwrap(), None);
    let stray = Session {
        user: UserId::random(),
        ..session("d", 1)
    };
    assert!(
        meta.session_create(&stray).await.is_err(),
        "a session of nobody"
    );
}

pub(crate) async fn a_revoked_key_opens_nothing(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let key = Key {
        workspace,
        id: KeyId::random(),
        kind: KeyKind::Write,
        name: "site".to_owned(),
        hash: "h1".to_owned(),
        prefix: "gyre_write_ab".to_owned(),
        created_at: at(0),
        revoked_at: None,
    };
    meta.key_create(&key).await.unwrap();
    assert_eq!(meta.key_by_hash("h1").await.unwrap(), Some(key.clone()));
    let again = Key {
        id: KeyId::random(),
        ..key.clone()
    };
    let taken = meta.key_create(&again).await.unwrap_err();
    assert!(taken.on_constraint("keys_hash_key"), "{taken:?}");

    let revoked = meta.key_revoke(workspace, key.id, at(5)).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(at(5)));
    assert_eq!(
        meta.key_revoke(workspace, key.id, at(9)).await.unwrap(),
        revoked
    );
    assert_eq!(meta.key_by_hash("h1").await.unwrap(), None);
    assert_eq!(meta.keys_list(workspace).await.unwrap(), vec![revoked]);
    let missing = meta
        .key_revoke(workspace, KeyId::random(), at(5))
        .await
        .unwrap_err();
    assert!(matches!(missing, MetaError::NotFound { what: "key" }));
}

pub(crate) async fn a_channel_is_written_over(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    assert_eq!(meta.channel_get(workspace, "email").await.unwrap(), None);
    let channel = |config: &str, ms| Channel {
        workspace,
        channel: "email".to_owned(),
        config: config.to_owned(),
        updated_at: at(ms),
    };
    meta.channel_put(&channel("sealed 1", 1)).await.unwrap();
    meta.channel_put(&channel("sealed 2", 2)).await.unwrap();
    let found = meta.channel_get(workspace, "email").await.unwrap();
    assert_eq!(found, Some(channel("sealed 2", 2)));
}

pub(crate) async fn a_subscription_is_what_was_said_last(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let said = |address: &str, state, ms| Subscription {
        workspace,
        channel: "email".to_owned(),
        address: address.to_owned(),
        state,
        source: "one-click".to_owned(),
        updated_at: at(ms),
    };
    let event = OutboxItem {
        id: "unsubscribed/kim".to_owned(),
        body: "{}".to_owned(),
    };
    let no = said("Kim@Shop.test", SubscriptionState::Unsubscribed, 10);
    assert!(
        meta.subscription_put(&no, std::slice::from_ref(&event))
            .await
            .unwrap()
    );
    let older = said("kim@shop.test", SubscriptionState::OptedIn, 5);
    let late = OutboxItem {
        id: "late".to_owned(),
        body: "{}".to_owned(),
    };
    assert!(!meta.subscription_put(&older, &[late]).await.unwrap());
    let waiting = meta.outbox_page(10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].workspace, &waiting[0].id),
        (workspace, &event.id)
    );

    let found = meta
        .subscription_get(workspace, "email", "KIM@shop.test")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.state, SubscriptionState::Unsubscribed);
    let other = said("lee@shop.test", SubscriptionState::OptedIn, 1);
    assert!(meta.subscription_put(&other, &[]).await.unwrap());
    let mut addresses: Vec<String> = (0..250).map(|i| format!("{i}@shop.test")).collect();
    addresses.extend(["lee@shop.test".to_owned(), "KIM@shop.test".to_owned()]);
    let many = meta
        .subscriptions_get_many(workspace, "email", &addresses)
        .await
        .unwrap();
    assert_eq!(many.len(), 2);
    assert!(
        meta.subscriptions_get_many(workspace, "sms", &addresses)
            .await
            .unwrap()
            .is_empty()
    );
    let by_address = meta
        .subscriptions_by_address(workspace, "lee@shop.test")
        .await
        .unwrap();
    assert_eq!(by_address, vec![other]);
}

pub(crate) async fn quarantine_is_idempotent_and_paged(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let row = |i: i64| Quarantined {
        id: format!("{i:06}"),
        received_at: at(i / 2),
        dialect: "amplitude".to_owned(),
        reason: if i % 3 == 0 {
            "missing-user"
        } else {
            "not-an-object"
        }
        .to_owned(),
        detail: "expected a user".to_owned(),
        raw: "{}".to_owned(),
    };
    let rows: Vec<Quarantined> = (0..150).map(row).collect();
    meta.quarantine_insert(workspace, &rows).await.unwrap();
    meta.quarantine_insert(workspace, &rows).await.unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = meta
            .quarantine_page(workspace, &QuarantineFilter::default(), after.as_ref(), 40)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(QuarantineCursor {
            received_at: last.received_at,
            id: last.id.clone(),
        });
        seen.extend(page);
    }
    let newest_first: Vec<Quarantined> = rows.into_iter().rev().collect();
    assert_eq!(seen, newest_first);
    let counts = meta.quarantine_count_by_reason(workspace).await.unwrap();
    let counts: Vec<_> = counts
        .iter()
        .map(|it| (it.reason.as_str(), it.count))
        .collect();
    assert_eq!(counts, vec![("not-an-object", 100), ("missing-user", 50)]);
}
