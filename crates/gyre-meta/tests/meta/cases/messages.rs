//! The ledger and its outbox.

use std::collections::BTreeSet;

use gyre_base::{CampaignId, MessageId, Timestamp, WorkspaceId};
use gyre_meta::{
    Gate, Message, MessageClaim, MessageCursor, MessageInsert, Meta, MetaError, OutboxItem,
    PersonMessageCursor, Subscription, SubscriptionState, Transition,
};
use gyre_model::message::MessageState;
use uuid::Uuid;

use super::at;

pub(crate) fn planned(workspace: WorkspaceId, campaign: CampaignId, person: u32) -> Message {
    Message {
        workspace,
        id: MessageId(Uuid::new_v5(&campaign.0, &person.to_le_bytes())),
        campaign,
        dispatch: Uuid::from_u128(1),
        variant: "A".to_owned(),
        person,
        external_id: Some(format!("u{person}")),
        channel: "email".to_owned(),
        address: Some(format!("u{person}@shop.test")),
        state: MessageState::Planned,
        reason: None,
        attempt: 0,
        lease_owner: None,
        lease_until: None,
        due_at: at(i64::from(person)),
        provider_message_id: None,
        planned_at: at(i64::from(person)),
        updated_at: at(0),
    }
}

fn event(id: &str) -> OutboxItem {
    OutboxItem {
        id: id.to_owned(),
        body: format!(r#"{{"id": "{id}"}}"#),
    }
}

pub(crate) async fn insert(meta: &Meta, message: &Message) {
    insert_all(meta, std::slice::from_ref(message)).await;
}

async fn insert_all(meta: &Meta, messages: &[Message]) -> u64 {
    let inserts: Vec<MessageInsert> = messages
        .iter()
        .map(|it| MessageInsert {
            message: it.clone(),
            outbox: vec![event(&format!("{}/planned", it.id))],
        })
        .collect();
    meta.messages_insert(messages[0].workspace, &inserts, at(0))
        .await
        .unwrap()
}

fn some(n: u32) -> Vec<Message> {
    let (workspace, campaign) = (WorkspaceId::random(), CampaignId::random());
    (0..n)
        .map(|person| planned(workspace, campaign, person))
        .collect()
}

async fn claim(meta: &Meta, like: &Message, n: u32, owner: &str, now: Timestamp) -> Vec<Message> {
    let claim = MessageClaim {
        workspace: like.workspace,
        campaign: like.campaign,
        n,
        owner: owner.to_owned(),
        now,
        lease_until: now.plus_ms(1_000),
    };
    meta.messages_claim(&claim).await.unwrap()
}

fn step(of: &Message, from: MessageState, to: MessageState, ms: i64) -> Transition {
    Transition::new(of.workspace, of.id, from, to, at(ms))
}

async fn outbox_ids(meta: &Meta) -> Vec<String> {
    let page = meta.outbox_page(1_000).await.unwrap();
    page.into_iter().map(|it| it.id).collect()
}

pub(crate) async fn planning_twice_makes_one_row_and_one_event(meta: Meta) {
    let messages = some(3);
    assert_eq!(insert_all(&meta, &messages[..2]).await, 2);
    let waiting = meta.outbox_page(10).await.unwrap();
    let done: Vec<_> = waiting
        .into_iter()
        .map(|it| (it.workspace, it.id))
        .collect();
    assert_eq!(done.len(), 2);
    meta.outbox_delete(&done).await.unwrap();
    assert!(meta.outbox_page(10).await.unwrap().is_empty());

    assert_eq!(
        insert_all(&meta, &messages).await,
        1,
        "two of three are there already"
    );
    assert_eq!(
        outbox_ids(&meta).await,
        vec![format!("{}/planned", messages[2].id)]
    );
    let stored = meta
        .message_get(messages[0].workspace, messages[0].id)
        .await
        .unwrap();
    assert_eq!(stored, messages[0]);
}

pub(crate) async fn many_rows_are_planned_in_chunks(meta: Meta) {
    let messages = some(1_234);
    assert_eq!(insert_all(&meta, &messages).await, 1_234);
    assert_eq!(insert_all(&meta, &messages).await, 0);
    let like = &messages[0];
    let counts = meta
        .messages_count_by_state(like.workspace, like.campaign)
        .await
        .unwrap();
    assert_eq!(counts, vec![(MessageState::Planned, 1_234)]);
    assert_eq!(outbox_ids(&meta).await.len(), 1_000, "a page is bounded");
    let page = meta.outbox_page(2_000).await.unwrap();
    let order: Vec<&str> = page.iter().map(|it| it.id.as_str()).collect();
    let planned: Vec<String> = messages
        .iter()
        .map(|it| format!("{}/planned", it.id))
        .collect();
    assert_eq!(
        order, planned,
        "events leave in the order they were written"
    );
}

pub(crate) async fn a_claim_takes_what_is_due_in_order(meta: Meta) {
    let mut messages = some(6);
    messages[1].state = MessageState::Held;
    messages[3].state = MessageState::Held;
    messages[3].due_at = at(1_000);
    messages[4].state = MessageState::Control;
    insert_all(&meta, &messages).await;
    let like = &messages[0];
    let first = claim(&meta, like, 2, "w", at(100)).await;
    let people = |of: &[Message]| of.iter().map(|it| it.person).collect::<Vec<_>>();
    assert_eq!(people(&first), vec![0, 1]);
    assert_eq!(first[0].state, MessageState::Reserved);
    assert_eq!(first[0].lease_owner.as_deref(), Some("w"));
    assert_eq!(first[0].lease_until, Some(at(1_100)));
    let second = claim(&meta, like, 10, "w", at(100)).await;
    assert_eq!(
        people(&second),
        vec![2, 5],
        "person 3 is held, person 4 gets nothing"
    );
    assert!(claim(&meta, like, 10, "w", at(999)).await.is_empty());
    assert_eq!(
        people(&claim(&meta, like, 10, "w", at(1_000)).await),
        vec![3]
    );
}

pub(crate) async fn two_workers_never_get_the_same_row(meta: Meta) {
    let messages = some(300);
    insert_all(&meta, &messages).await;
    let mut workers = Vec::new();
    for worker in 0..6 {
        let (meta, like) = (meta.clone(), messages[0].clone());
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let rows = claim(&meta, &like, 7, &format!("w{worker}"), at(1_000)).await;
                if rows.is_empty() {
                    return taken;
                }
                taken.extend(rows.into_iter().map(|it| it.person));
            }
        }));
    }
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    let distinct: BTreeSet<u32> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len(), "a row was taken twice");
    assert_eq!(distinct.len(), 300, "a row was left");
}

pub(crate) async fn a_step_needs_its_state_and_its_lease(meta: Meta) {
    use MessageState::{Bounced, Delivered, HandedOff, Held, Reserved, Sent};

    let message = some(1).remove(0);
    insert(&meta, &message).await;
    let early = Transition {
        owner: Some("w".to_owned()),
        ..step(&message, Reserved, HandedOff, 1)
    };
    let refused = meta.message_transition(&early).await.unwrap_err();
    assert!(
        refused.on_constraint("messages_state"),
        "planned: {refused:?}"
    );
    claim(&meta, &message, 1, "w", at(1)).await;
    let stranger = Transition {
        owner: Some("other".to_owned()),
        ..early.clone()
    };
    assert!(
        meta.message_transition(&stranger).await.is_err(),
        "another worker's lease"
    );

    let hand_off = Transition {
        lease_until: Some(at(5_000)),
        attempt: Some(1),
        ..early
    };
    let handed = meta.message_transition(&hand_off).await.unwrap();
    assert_eq!((handed.state, handed.attempt), (HandedOff, 1));
    assert_eq!(
        handed.lease_owner.as_deref(),
        Some("w"),
        "the lease goes on"
    );
    assert_eq!(handed.lease_until, Some(at(5_000)));
    let retry = Transition {
        owner: Some("w".to_owned()),
        reason: Some("throttled".to_owned()),
        due_at: Some(at(60)),
        ..step(&message, HandedOff, Held, 3)
    };
    let held = meta.message_transition(&retry).await.unwrap();
    assert_eq!(
        (held.lease_owner, held.lease_until, held.due_at),
        (None, None, at(60))
    );
    assert_eq!(
        (held.reason.as_deref(), held.attempt),
        (Some("throttled"), 1)
    );

    claim(&meta, &message, 1, "w", at(60)).await;
    let sent = Transition {
        owner: Some("w".to_owned()),
        provider_message_id: Some("p-1".to_owned()),
        ..step(&message, Reserved, Sent, 61)
    };
    meta.message_transition(&sent).await.unwrap();
    let feedback = Transition {
        from: vec![Sent, Delivered],
        ..step(&message, Sent, Bounced, 70)
    };
    let bounced = meta.message_transition(&feedback).await.unwrap();
    assert_eq!((bounced.state, bounced.updated_at), (Bounced, at(70)));
    let found = meta
        .message_by_provider_id(message.workspace, "p-1")
        .await
        .unwrap();
    assert_eq!(found, Some(bounced));
    let mut stray = feedback;
    stray.id = MessageId::random();
    let missing = meta.message_transition(&stray).await.unwrap_err();
    assert!(matches!(missing, MetaError::NotFound { what: "message" }));
}

pub(crate) async fn events_are_written_only_with_their_step(meta: Meta) {
    let messages = some(3);
    insert_all(&meta, &messages).await;
    let rows = claim(&meta, &messages[0], 2, "w", at(100)).await;
    let steps: Vec<Transition> = messages
        .iter()
        .map(|it| Transition {
            owner: Some("w".to_owned()),
            outbox: vec![event(&format!("{}/sent", it.person))],
            ..step(it, MessageState::Reserved, MessageState::Sent, 101)
        })
        .collect();
    let taken = meta.messages_transition(&steps).await.unwrap();
    let done: Vec<bool> = taken.iter().map(Option::is_some).collect();
    assert_eq!(
        done,
        vec![true, true, false],
        "the third was not claimed: {rows:?}"
    );
    let ids = outbox_ids(&meta).await;
    assert_eq!(
        ids[3..],
        ["0/sent", "1/sent"],
        "after the three of planning"
    );
}

pub(crate) async fn nothing_is_handed_off_to_who_unsubscribed_meanwhile(meta: Meta) {
    let messages = some(2);
    insert_all(&meta, &messages).await;
    claim(&meta, &messages[0], 2, "w", at(100)).await;
    let no = Subscription {
        workspace: messages[0].workspace,
        channel: "email".to_owned(),
        address: "U0@shop.test".to_owned(),
        state: SubscriptionState::Unsubscribed,
        source: "one-click".to_owned(),
        updated_at: at(101),
    };
    meta.subscription_put(&no, &[]).await.unwrap();
    let steps: Vec<Transition> = messages
        .iter()
        .map(|it| Transition {
            owner: Some("w".to_owned()),
            gate: Gate::NotUnsubscribed,
            lease_until: Some(at(2_000)),
            ..step(it, MessageState::Reserved, MessageState::HandedOff, 102)
        })
        .collect();
    let taken = meta.messages_transition(&steps).await.unwrap();
    assert!(taken[0].is_none(), "unsubscribed");
    assert!(taken[1].is_some());
    let open = Transition {
        gate: Gate::Open,
        ..steps[0].clone()
    };
    assert!(
        meta.message_transition(&open).await.is_ok(),
        "transactional mail is not asked"
    );
}

pub(crate) async fn an_ended_lease_is_decided_by_what_may_have_left(meta: Meta) {
    let messages = some(3);
    insert_all(&meta, &messages).await;
    claim(&meta, &messages[0], 3, "w", at(100)).await;
    let hand_off = Transition {
        owner: Some("w".to_owned()),
        lease_until: Some(at(1_100)),
        ..step(
            &messages[1],
            MessageState::Reserved,
            MessageState::HandedOff,
            100,
        )
    };
    meta.message_transition(&hand_off).await.unwrap();
    let sent = step(
        &messages[2],
        MessageState::Reserved,
        MessageState::Sent,
        100,
    );
    meta.message_transition(&sent).await.unwrap();

    let events = |it: &Message| vec![event(&format!("{}/{}", it.person, it.state.name()))];
    let early = meta
        .messages_release_expired(at(1_099), 10, events)
        .await
        .unwrap();
    assert!(early.is_empty());
    let mut released = meta
        .messages_release_expired(at(1_100), 10, events)
        .await
        .unwrap();
    released.sort_by_key(|it| it.person);
    let states: Vec<_> = released.iter().map(|it| (it.person, it.state)).collect();
    assert_eq!(
        states,
        vec![(0, MessageState::Planned), (1, MessageState::Unknown)]
    );
    assert_eq!(released[1].reason.as_deref(), Some("answer-lost"));
    assert_eq!(
        (released[0].lease_owner.as_deref(), released[0].lease_until),
        (None, None)
    );
    let ids: BTreeSet<String> = outbox_ids(&meta).await.into_iter().collect();
    assert!(
        ids.contains("0/planned") && ids.contains("1/unknown"),
        "{ids:?}"
    );
    let again = claim(&meta, &messages[0], 3, "w2", at(1_200)).await;
    assert_eq!(again.len(), 1, "only what had not left is tried again");
}

pub(crate) async fn a_live_lease_is_extended_and_a_lost_one_is_not(meta: Meta) {
    let messages = some(2);
    insert_all(&meta, &messages).await;
    claim(&meta, &messages[0], 1, "w", at(100)).await;
    claim(&meta, &messages[0], 1, "other", at(100)).await;
    let ids: Vec<MessageId> = messages.iter().map(|it| it.id).collect();
    let held = meta
        .messages_extend_lease(messages[0].workspace, "w", &ids, at(9_000))
        .await;
    assert_eq!(held.unwrap(), 1);
    let released = meta
        .messages_release_expired(at(5_000), 10, |_| Vec::new())
        .await
        .unwrap();
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].id, messages[1].id);
}

pub(crate) async fn the_ledger_is_counted_and_paged(meta: Meta) {
    let mut messages = some(50);
    for (i, message) in messages.iter_mut().enumerate() {
        if i % 5 == 0 {
            message.state = MessageState::Skipped;
            message.reason = Some("no-address".to_owned());
        }
        if i % 2 == 0 {
            "B".clone_into(&mut message.variant);
        }
    }
    insert_all(&meta, &messages).await;
    let (workspace, campaign) = (messages[0].workspace, messages[0].campaign);
    let by_campaign = meta.messages_count_by_campaign(workspace).await.unwrap();
    let by_campaign: Vec<_> = by_campaign.iter().map(|it| (it.state, it.count)).collect();
    assert_eq!(
        by_campaign,
        vec![(MessageState::Planned, 40), (MessageState::Skipped, 10)]
    );
    let counts = meta.messages_count(workspace, campaign).await.unwrap();
    let counts: Vec<_> = counts
        .iter()
        .map(|it| {
            (
                it.variant.as_str(),
                it.state.name(),
                it.reason.as_deref(),
                it.count,
            )
        })
        .collect();
    let expected = vec![
        ("A", "planned", None, 20),
        ("A", "skipped", Some("no-address"), 5),
        ("B", "planned", None, 20),
        ("B", "skipped", Some("no-address"), 5),
    ];
    assert_eq!(counts, expected);

    for (state, total) in [(None, 50), (Some(MessageState::Planned), 40)] {
        let mut seen = BTreeSet::new();
        let mut after = None;
        loop {
            let page = meta
                .messages_page(workspace, campaign, state, after, 7)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(MessageCursor {
                state: last.state,
                id: last.id,
            });
            assert!(
                page.iter().all(|it| seen.insert(it.id)),
                "a row was shown twice"
            );
        }
        assert_eq!(seen.len(), total);
    }
}

pub(crate) async fn a_person_sees_the_newest_first(meta: Meta) {
    let (workspace, mut messages) = (WorkspaceId::random(), Vec::new());
    for i in 0..5 {
        let mut message = planned(workspace, CampaignId::random(), 7 + i % 2);
        message.planned_at = at(i64::from(i / 2));
        insert(&meta, &message).await;
        messages.push(message);
    }
    let page = meta
        .messages_by_person(workspace, &[7, 8], None, 3)
        .await
        .unwrap();
    let last = page.last().unwrap();
    let after = PersonMessageCursor {
        planned_at: last.planned_at,
        id: last.id,
    };
    let rest = meta
        .messages_by_person(workspace, &[7, 8], Some(after), 3)
        .await
        .unwrap();
    let seen: Vec<Message> = page.into_iter().chain(rest).collect();
    messages.sort_by_key(|it| std::cmp::Reverse((it.planned_at, it.id)));
    assert_eq!(seen, messages);
    let one = meta
        .messages_by_person(workspace, &[8], None, 10)
        .await
        .unwrap();
    assert_eq!(one.len(), 2);
    assert!(
        meta.messages_by_person(workspace, &[], None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
