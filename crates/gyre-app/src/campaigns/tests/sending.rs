//! A campaign from launch to its end: who gets what, and what stops it.

use std::collections::BTreeMap;

use gyre_deliver::Outcome;
use gyre_meta::{CampaignState, Subscription, SubscriptionState};
use gyre_model::message::MessageState;
use serde_json::json;

use super::support::{Before, Stage};
use crate::campaigns::CampaignError;
use crate::campaigns::assignment::{Arm, arm};
use crate::campaigns::compiled;

async fn unsubscribe(stage: &Stage, address: &str) {
    let subscription = Subscription {
        workspace: stage.workspace,
        channel: "email".to_owned(),
        address: address.to_owned(),
        state: SubscriptionState::Unsubscribed,
        source: "api".to_owned(),
        updated_at: gyre_base::Clock::now(&stage.clock),
    };
    assert!(
        stage
            .meta
            .subscription_put(&subscription, &[])
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn everyone_has_one_row_and_gets_at_most_one_message() {
    let mut stage = Stage::new(300).await;
    stage.set_property(0, "email", json!(null));
    stage.set_property(1, "email", json!("not an address"));
    stage.set_property(3, "tier", json!("none"));
    unsubscribe(&stage, "u2@person.test").await;
    let id = stage
        .launch(|it| {
            it["messages"][0]["text"] = json!(
                "{% if custom_attribute.${tier} == 'none' %}{% abort_message('no tier') %}{% endif %}Hi"
            );
        })
        .await;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    stage.stop().await;

    let rows = stage.rows(id).await;
    assert_eq!(rows.len(), 300);
    let campaign = stage.meta.campaign_get(stage.workspace, id).await.unwrap();
    let draft = compiled(&campaign).unwrap().draft;
    let taken = stage.taken();
    for row in &rows {
        let key = row.external_id.as_deref().unwrap();
        let is_control = arm(id, &draft, key) == Arm::Control;
        let expected = match (key, is_control) {
            ("u0" | "u1", _) => MessageState::Unreachable,
            ("u2", _) => MessageState::Suppressed,
            ("u3", _) => MessageState::Aborted,
            (_, true) => MessageState::Control,
            (_, false) => MessageState::Sent,
        };
        assert_eq!(row.state, expected, "{row:?}");
        assert_eq!(row.variant, if is_control { "control" } else { "A" });
        let address = row.address.clone().unwrap_or_default();
        let times = usize::from(row.state == MessageState::Sent);
        assert_eq!(taken.get(&address).copied().unwrap_or(0), times, "{row:?}");
    }
    let counts = stage.counts(id).await;
    let control = counts[&MessageState::Control];
    // exactly those whom the assignment draws among the reachable; that it draws a tenth is tested with it
    let drawn = (4..300).filter(|it| arm(id, &draft, &format!("u{it}")) == Arm::Control);
    assert_eq!(control, drawn.count(), "{counts:?}");
    let events = stage.events();
    assert_eq!(events["campaign.enrolled_in_control"], control);
    assert_eq!(events["message.email.sent"], counts[&MessageState::Sent]);
    assert_eq!(events["message.email.skipped"], 2);
    assert_eq!(events["message.email.suppressed"], 1);
    assert_eq!(events["message.email.aborted"], 1);

    let log = stage.world.log.lock();
    let sent = log
        .iter()
        .find(|it| it.name == "message.email.sent")
        .unwrap();
    let expected = [
        ("campaign_name", json!("Spring")),
        ("variant", json!("A")),
        ("channel", json!("email")),
        ("category", json!("marketing")),
        ("tags", json!(["promo"])),
        ("provider", json!("postbox")),
        ("provider_message_id", json!("P1")),
        ("campaign_id", json!(id)),
    ];
    for (key, value) in expected {
        assert_eq!(sent.properties[key], value, "{key}");
    }
    assert!(sent.user_id.is_some());
}

#[tokio::test]
async fn a_message_is_rendered_tracked_and_has_its_way_out() {
    let mut stage = Stage::new(1).await;
    let id = stage.launch(|it| it["control"]["share"] = json!(0)).await;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    let mime = stage.postbox.taken.lock()[0].clone();
    assert_eq!(
        (mime.to.as_str(), mime.from.as_str()),
        ("u0@person.test", "hello@shop.test")
    );
    let text = String::from_utf8(mime.bytes).unwrap().replace("=\r\n", "");
    assert!(text.contains("Subject: Hi N0\r\n"), "{text}");
    assert!(text.contains("https://gyre.test/t/c/"), "{text}");
    assert!(text.contains("https://gyre.test/t/o/"), "{text}");
    assert!(text.contains("List-Unsubscribe: "), "{text}");
    assert!(
        text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
        "{text}"
    );
    assert!(!text.contains("https://shop.test/"), "{text}");
}

#[tokio::test]
async fn variants_get_the_people_that_their_shares_say() {
    let mut stage = Stage::new(1_500).await;
    let id = stage
        .launch(|it| {
            let message = it["messages"][0].clone();
            it["variants"] = json!([
                {"name": "A", "share": 4500, "messages": [message]},
                {"name": "B", "share": 4500, "messages": [message]}]);
            it["messages"] = json!(null);
        })
        .await;
    stage.concurrency = 64;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in stage.rows(id).await {
        *counts.entry(row.variant).or_default() += 1;
    }
    assert!(counts["A"].abs_diff(675) < 80, "{counts:?}");
    assert!(counts["B"].abs_diff(675) < 80, "{counts:?}");
    assert!(counts["control"].abs_diff(150) < 50, "{counts:?}");
}

#[tokio::test]
async fn whoever_opts_out_while_it_runs_gets_nothing_from_then_on() {
    let mut stage = Stage::new(40).await;
    let id = stage.launch(|it| it["control"]["share"] = json!(0)).await;
    let (meta, workspace) = (stage.meta.clone(), stage.workspace);
    // each opts out at the last moment before the handoff, if the number is even
    *stage.postbox.before.lock() = Some(Before(Box::new(move |to| {
        let (meta, to) = (meta.clone(), to.to_owned());
        Box::pin(async move {
            let number: u32 = to[1..].split('@').next().unwrap().parse().unwrap();
            if number.is_multiple_of(2) {
                let subscription = Subscription {
                    workspace,
                    channel: "email".to_owned(),
                    address: to,
                    state: SubscriptionState::Unsubscribed,
                    source: "one-click".to_owned(),
                    updated_at: gyre_base::Timestamp(1),
                };
                meta.subscription_put(&subscription, &[]).await.unwrap();
            }
        })
    })));
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    let counts = stage.counts(id).await;
    assert_eq!(counts[&MessageState::Suppressed], 20, "{counts:?}");
    assert_eq!(counts[&MessageState::Sent], 20);
    for address in stage.taken().into_keys() {
        let number: u32 = address[1..].split('@').next().unwrap().parse().unwrap();
        assert_eq!(number % 2, 1, "{address}");
    }
    assert_eq!(stage.events()["message.email.suppressed"], 20);
}

#[tokio::test]
async fn a_receipt_reaches_people_who_opted_out() {
    let mut stage = Stage::new(3).await;
    unsubscribe(&stage, "u1@person.test").await;
    let id = stage
        .launch(|it| {
            it["category"] = json!("transactional");
            it["control"] = json!(null);
        })
        .await;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    assert_eq!(stage.taken().len(), 3);
    let text = String::from_utf8(stage.postbox.taken.lock()[0].bytes.clone()).unwrap();
    assert!(!text.contains("List-Unsubscribe"));
}

#[tokio::test]
async fn pausing_holds_and_stopping_ends() {
    let mut stage = Stage::new(200).await;
    stage.concurrency = 4;
    let id = stage
        .launch(|it| it["limits"] = json!({"per_minute": 1200}))
        .await;
    stage.start();
    stage
        .wait_until("some were sent", || stage.taken().len() >= 10)
        .await;
    stage.campaigns.pause_in(stage.workspace, id).await.unwrap();
    for _ in 0..20 {
        stage.tick().await;
    }
    let at_pause = stage.taken().len();
    assert!(at_pause < 100, "{at_pause}");
    for _ in 0..300 {
        stage.tick().await;
    }
    assert_eq!(stage.taken().len(), at_pause);
    stage
        .campaigns
        .resume_in(stage.workspace, id)
        .await
        .unwrap();
    stage
        .wait_until("more were sent", || stage.taken().len() > at_pause + 10)
        .await;
    stage.campaigns.stop_in(stage.workspace, id).await.unwrap();
    stage.wait_for(id, CampaignState::Stopped).await;
    let counts = stage.counts(id).await;
    assert_eq!(counts[&MessageState::Sent], stage.taken().len());
    assert!(counts[&MessageState::Skipped] > 0, "{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), stage.rows(id).await.len());
    assert!(counts.keys().all(|it| it.is_final()), "{counts:?}");
    let again = stage.campaigns.resume_in(stage.workspace, id).await;
    assert!(
        matches!(
            again,
            Err(CampaignError::State {
                state: "stopped",
                action: "resumed"
            })
        ),
        "{again:?}"
    );
}

#[tokio::test]
async fn the_limit_per_minute_holds() {
    let mut stage = Stage::new(100).await;
    let id = stage
        .launch(|it| {
            it["limits"] = json!({"per_minute": 60});
            it["control"]["share"] = json!(0);
        })
        .await;
    let started_at = gyre_base::Clock::now(&stage.clock);
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    let took = gyre_base::Clock::now(&stage.clock).since(started_at);
    assert!(
        (98_000..115_000).contains(&took),
        "{took} ms for 100 messages at 60 a minute"
    );
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not() {
    let mut stage = Stage::new(3).await;
    *stage.postbox.answer.lock() = |to, nth| match (to, nth) {
        ("u0@person.test", 1 | 2) => Outcome::Transient {
            code: "4.2.0".to_owned(),
            reason: "450 4.2.0 greylisted".to_owned(),
            retry_after_ms: None,
        },
        ("u1@person.test", _) => Outcome::Rejected {
            code: "5.1.1".to_owned(),
            reason: "550 5.1.1 unknown".to_owned(),
            address_is_bad: true,
        },
        ("u2@person.test", _) => Outcome::Unknown {
            reason: "the answer was lost".to_owned(),
        },
        _ => super::support::accept(to, nth),
    };
    let id = stage.launch(|it| it["control"]["share"] = json!(0)).await;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    let mut states = BTreeMap::new();
    for row in stage.rows(id).await {
        states.insert(row.address.clone().unwrap(), (row.state, row.attempt));
    }
    assert_eq!(states["u0@person.test"], (MessageState::Sent, 3));
    assert_eq!(states["u1@person.test"], (MessageState::Rejected, 1));
    assert_eq!(states["u2@person.test"], (MessageState::Unknown, 1));
    assert_eq!(stage.postbox.asked.lock().len(), 5);
    let events = stage.events();
    assert_eq!(events["message.email.retry"], 2);
    assert_eq!(events["message.email.rejected"], 1);
    assert_eq!(events["message.email.handed_off"], 1);
}

#[tokio::test]
async fn a_server_that_is_down_costs_no_message_a_try() {
    let mut stage = Stage::new(30).await;
    *stage.postbox.answer.lock() = |_, _| Outcome::Transient {
        code: "lost-connect".to_owned(),
        reason: "connection refused".to_owned(),
        retry_after_ms: None,
    };
    let id = stage.launch(|it| it["control"]["share"] = json!(0)).await;
    stage.start();
    for _ in 0..1_500 {
        stage.tick().await;
    }
    let asked = stage.postbox.asked.lock().len();
    assert!(asked < 60, "{asked} tries of a server that is down");
    *stage.postbox.answer.lock() = super::support::accept;
    stage.wait_for(id, CampaignState::Done).await;
    assert_eq!(stage.counts(id).await[&MessageState::Sent], 30);
    assert!(stage.rows(id).await.iter().all(|it| it.attempt == 1));
    assert!(!stage.events().contains_key("message.email.retry"));
}

#[tokio::test]
async fn a_campaign_that_cannot_work_is_refused_where_it_is_wrong() {
    let stage = Stage::new(1).await;
    let document = json!({"name": "x", "messages": [{"channel": "email", "from": "a@b.test",
        "subject": "Hi {{ ${first_name }}", "html": "{% if %}"}]});
    match stage.campaigns.create_in(stage.workspace, &document).await {
        Err(CampaignError::Invalid(errors)) => {
            let pointers: Vec<&str> = errors.iter().map(|it| it.pointer.as_str()).collect();
            assert_eq!(pointers, ["/messages/0/subject", "/messages/0/html"]);
            assert!(errors[0].detail.contains("line 1"), "{errors:?}");
        }
        other => panic!("{other:?}"),
    }
    let id = stage.launch(|_| {}).await;
    let again = stage.campaigns.launch_in(stage.workspace, id).await;
    assert!(
        matches!(
            again,
            Err(CampaignError::State {
                state: "running",
                action: "launched"
            })
        ),
        "{again:?}"
    );
}
