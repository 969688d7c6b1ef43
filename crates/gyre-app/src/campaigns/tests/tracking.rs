//! What comes back from messages: opens, clicks, opt-outs.

use gyre_meta::{CampaignState, SubscriptionState};
use serde_json::json;

use super::support::{Stage, links};
use crate::tracking::{TrackingAnswer, TrackingRequest, Visitor};

async fn sent() -> (Stage, gyre_meta::Message) {
    let mut stage = Stage::new(1).await;
    let id = stage.launch(|it| it["control"]["share"] = json!(0)).await;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    stage.stop().await;
    let row = stage.rows(id).await.remove(0);
    (stage, row)
}

fn path(url: &str) -> String {
    url.strip_prefix("https://gyre.test").unwrap().to_owned()
}

async fn ask(stage: &Stage, method: &str, path: &str, body: &[u8]) -> TrackingAnswer {
    let request = TrackingRequest {
        method,
        path,
        visitor: Visitor {
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
            ..Visitor::default()
        },
        accept_language: Some("ko-KR"),
        body,
    };
    stage.tracking().handle(request).await
}

fn header<'a>(answer: &'a TrackingAnswer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(it, _)| *it == name);
    found.map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn opens_and_clicks_become_events_of_the_person() {
    let (stage, row) = sent().await;
    let open = path(&links().open(row.workspace, row.id));
    let answer = ask(&stage, "GET", &open, b"").await;
    assert_eq!(
        (answer.status, header(&answer, "content-type")),
        (200, Some("image/gif"))
    );
    let url = "https://shop.test/?a=1&b=2";
    let click = path(&links().click(row.workspace, row.id, 4, url).unwrap());
    let answer = ask(&stage, "GET", &click, b"").await;
    assert_eq!(
        (answer.status, header(&answer, "location")),
        (302, Some(url))
    );
    let log = stage.world.log.lock();
    let opened = log
        .iter()
        .find(|it| it.name == "message.email.opened")
        .unwrap();
    assert_eq!(opened.properties["machine_open"], json!(false));
    assert_eq!(opened.user_id.as_deref(), Some("u0"));
    let clicked = log
        .iter()
        .find(|it| it.name == "message.email.clicked")
        .unwrap();
    assert_eq!(clicked.properties["url"], json!(url));
    assert_eq!(clicked.properties["link_id"], json!(4));
    assert_eq!(clicked.properties["is_suspected_bot"], json!(false));
    assert_eq!(clicked.properties["campaign_name"], json!("Spring"));
}

#[tokio::test]
async fn forged_tokens_lead_nowhere_and_tell_nothing() {
    let (stage, row) = sent().await;
    let before = stage.world.log.lock().len();
    let click = path(
        &links()
            .click(row.workspace, row.id, 0, "https://shop.test/")
            .unwrap(),
    );
    let open = path(&links().open(row.workspace, row.id));
    let token = click.strip_prefix("/t/c/").unwrap();
    let mut forged = token.to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    let wrong_kind = open.replace("/t/o/", "/t/c/");
    for path in [
        &format!("/t/c/{forged}"),
        &format!("/t/c/{}", &token[1..]),
        "/t/c/https://evil.test",
        "/t/c/",
        "/t/x/y",
        &wrong_kind,
        &format!("/t/u/{token}"),
        "/t/u/preview",
    ] {
        for method in ["GET", "POST"] {
            let answer = ask(&stage, method, path, b"").await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(header(&answer, "location"), None);
        }
    }
    assert_eq!(stage.world.log.lock().len(), before);
}

#[tokio::test]
async fn looking_changes_nothing_and_one_click_acts_once() {
    let (stage, row) = sent().await;
    let way_out = path(&links().unsubscribe(row.workspace, row.id));
    let state = async || {
        let address = row.address.as_deref().unwrap();
        let found = stage
            .meta
            .subscription_get(row.workspace, "email", address)
            .await;
        found.unwrap().map(|it| (it.state, it.source))
    };
    for method in ["GET", "HEAD"] {
        let answer = ask(&stage, method, &way_out, b"").await;
        assert_eq!(answer.status, 200);
        let page = String::from_utf8(answer.body).unwrap();
        assert!(
            page.contains("수신 거부") && page.contains("u*@person.test"),
            "{page}"
        );
        assert_eq!(state().await, None);
    }
    for _ in 0..2 {
        let answer = ask(&stage, "POST", &way_out, b"List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status, 200);
        stage.clock.advance_ms(5).await;
    }
    assert_eq!(
        state().await,
        Some((SubscriptionState::Unsubscribed, "one-click".to_owned()))
    );
    assert_eq!(stage.meta.outbox_page(10).await.unwrap().len(), 1);
    let answer = ask(&stage, "POST", &way_out, b"action=subscribe").await;
    assert!(
        String::from_utf8(answer.body)
            .unwrap()
            .contains("수신 거부")
    );
    assert_eq!(
        state().await,
        Some((SubscriptionState::Subscribed, "preferences".to_owned()))
    );
    let answer = ask(&stage, "DELETE", &way_out, b"").await;
    assert_eq!(answer.status, 405);
}
