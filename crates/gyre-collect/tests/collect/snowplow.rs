//! Snowplow's tracker protocol: answers byte for byte, and the rules of reading.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_base::{HOUR_MS, Timestamp};
use gyre_collect::parse;
use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::{Value, json};

use crate::support::{
    NOW, Stand, check, envelope, get, gzip, header, post, post_all_at_once, with,
};

const TP2: &str = "/com.snowplowanalytics.snowplow/tp2";

fn payload(key: &str) -> String {
    format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{{"e":"pv","url":"https://shop.test/","aid":"{key}","uid":"u-1","eid":"i-1"}}]}}"#
    )
}

fn read(event: &Value) -> Result<Event, Rejection> {
    parse(&envelope("snowplow", "tp2", &json!({"data": [event]}))).remove(0)
}

#[track_caller]
fn one(event: &Value) -> Event {
    read(event).unwrap()
}

fn described(schema: &str, data: &Value) -> Value {
    json!({"schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
        "data": {"schema": schema, "data": data}})
}

#[test]
fn both_ways_are_answered_as_trackers_read_it() {
    for path in [TP2.to_owned(), format!("{TP2}/")] {
        for body in [
            payload("app1").into_bytes(),
            gzip(payload("app1").as_bytes()),
        ] {
            check(
                with(post(&path, body), "content-type", "text/plain"),
                200,
                "ok",
            );
        }
    }
    let stand = Stand::new();
    let picture = stand.handle(get(
        "/i",
        "e=pv&url=https%3A%2F%2Fshop.test%2F&aid=app1&uid=u-1&eid=i-1",
    ));
    assert_eq!(
        (picture.status, header(&picture, "content-type")),
        (200, Some("image/gif"))
    );
    stand.handle(post(TP2, payload("app1")));
    let events: Vec<Event> = stand.events().into_iter().map(Result::unwrap).collect();
    assert_eq!(events[0], events[1], "the same event either way");
}

#[test]
fn refusals_are_statuses_that_trackers_heed() {
    check(
        post(TP2, payload("nobody")),
        401,
        "no workspace has this write key",
    );
    check(
        post(TP2, r#"{"data":[{"e":"pv","uid":"u-1"}]}"#),
        401,
        "no write key in the request",
    );
    let keyless = post(TP2, r#"{"data":[{"e":"pv","uid":"u-1"}]}"#);
    check(with(keyless, "x-write-key", "app1"), 200, "ok");
    for unreadable in ["", "nonsense", "[]", "{}", r#"{"data":5}"#] {
        check(
            post(TP2, unreadable),
            400,
            "the body is not a payload with a list `data` of events",
        );
    }
    let large = Bytes::from(vec![b' '; BODY_BYTES_MAX + 1]);
    check(post(TP2, large), 413, "the body is over 20971520 bytes");
    check(
        post(TP2, payload("BROKEN")),
        503,
        "events cannot be stored at the moment",
    );
    let refused = post_all_at_once(&post(TP2, payload("app1")));
    assert_eq!(
        (refused.status, header(&refused, "retry-after")),
        (503, Some("3"))
    );
    assert_eq!(Stand::new().handle(post("/i", "")).status, 405);
}

#[test]
fn what_is_wrong_with_an_event_is_seen_later() {
    let body = r#"{"data":[{"e":"pv","uid":"u-1","aid":"app1"},{"e":"zz","uid":"u-1"},{"uid":"u-1"},{"e":"ue","uid":"u-1","ue_pr":"{"},{"e":"pv"},7]}"#;
    let stand = Stand::new();
    assert_eq!(stand.handle(post(TP2, body)).status, 200);
    let reasons: Vec<String> = stand
        .events()
        .into_iter()
        .map(|it| it.map_or_else(|it| it.reason, |it| it.name))
        .collect();
    assert_eq!(
        reasons,
        [
            "page_view",
            "unknown-type",
            "missing-type",
            "unreadable-event",
            "missing-user",
            "not-an-object"
        ]
    );
}

#[test]
fn a_self_describing_event_is_called_by_its_schema() {
    let event = described(
        "iglu:com.acme/order_placed/jsonschema/2-0-0",
        &json!({"total": 12.5, "q": "a?>~"}),
    );
    let plain = one(&json!({"e": "ue", "uid": "u", "eid": "i", "ue_pr": event.to_string()}));
    assert_eq!(plain.name, "order_placed");
    assert_eq!(
        Value::Object(plain.properties.clone()),
        json!({"total": 12.5, "q": "a?>~"})
    );
    assert_eq!(
        plain.context["schema"],
        "iglu:com.acme/order_placed/jsonschema/2-0-0"
    );
    for wrapped in [
        URL_SAFE_NO_PAD.encode(event.to_string()),
        STANDARD.encode(event.to_string()),
    ] {
        let found = one(&json!({"e": "ue", "uid": "u", "eid": "i", "ue_px": wrapped}));
        assert_eq!(found, plain);
    }
    assert_eq!(
        one(&json!({"e": "ue", "uid": "u", "eid": "i", "ue_pr": event})),
        plain,
        "not even a text"
    );
}

#[test]
fn entities_stand_in_the_context() {
    let entity = |schema: &str, data: Value| json!({"schema": format!("iglu:{schema}/jsonschema/1-0-0"), "data": data});
    let entities = json!({"schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0", "data": [
        entity("com.acme/product", json!({"sku": "a"})),
        entity("com.acme/product", json!({"sku": "b"})),
        entity("com.acme/language", json!({"level": 2})),
        entity("com.snowplowanalytics.snowplow/mobile_context", json!({"osType": "ios", "osVersion": "19", "deviceModel": "iPhone18,1", "carrier": "SKT"})),
        entity("com.snowplowanalytics.mobile/application", json!({"version": "1.2", "build": "7"})),
        entity("com.snowplowanalytics.snowplow/client_session", json!({"userId": "d-9", "sessionIndex": 3})),
    ]});
    let plain = one(&json!({"e": "pv", "uid": "u", "lang": "ko", "co": entities.to_string()}));
    let wrapped = one(
        &json!({"e": "pv", "uid": "u", "lang": "ko", "cx": URL_SAFE_NO_PAD.encode(entities.to_string())}),
    );
    assert_eq!(plain, wrapped);
    assert_eq!(plain.device_id.as_deref(), Some("d-9"));
    let context = plain.context;
    assert_eq!(context["product"], json!([{"sku": "a"}, {"sku": "b"}]));
    assert_eq!(
        (&context["language"], &context["entity_language"]),
        (&json!("ko"), &json!({"level": 2}))
    );
    for (name, value) in [
        ("os_name", "ios"),
        ("os_version", "19"),
        ("device_model", "iPhone18,1"),
        ("carrier", "SKT"),
        ("app_version", "1.2"),
        ("app_build", "7"),
    ] {
        assert_eq!(context[name], value, "{name}");
    }
}

#[test]
fn a_browsers_page_view_is_a_visit_of_a_page() {
    let found = one(
        &json!({"e": "pv", "p": "web", "tv": "js-4.6.2", "duid": "d-1", "nuid": "n-1", "sid": "s", "vid": "4",
        "url": "https://shop.test/p/1?utm_source=news&utm_campaign=a%20b&x=1#top", "page": "Shop", "refr": "https://g.test/",
        "res": "1440x900", "tz": "Asia/Seoul", "aid": "key", "ttm": null}),
    );
    assert_eq!(
        (
            found.name.as_str(),
            found.user_id,
            found.device_id.as_deref()
        ),
        ("page_view", None, Some("d-1"))
    );
    for (name, value) in [
        ("platform", json!("Web")),
        ("library", json!("snowplow-js/4.6.2")),
        ("page_path", json!("/p/1")),
        ("page_title", json!("Shop")),
        ("referrer", json!("https://g.test/")),
        ("utm_source", json!("news")),
        ("utm_campaign", json!("a b")),
        ("screen_width", json!(1440)),
        ("screen_height", json!(900)),
        ("timezone", json!("Asia/Seoul")),
        ("session_uuid", json!("s")),
    ] {
        assert_eq!(found.context.get(name), Some(&value), "{name}");
    }
    assert_eq!(found.context.get("aid"), None, "the key is no fact");
    let network = one(&json!({"e": "pp", "nuid": "n-1", "pp_may": "300"}));
    assert_eq!(
        (network.name.as_str(), network.device_id.as_deref()),
        ("page_ping", Some("n-1"))
    );
    assert_eq!(network.properties["scroll_y_max"], 300);
}

#[test]
fn a_structured_event_is_called_by_its_action_and_texts_become_numbers() {
    let found = one(
        &json!({"e": "se", "uid": "u", "se_ca": "shop", "se_ac": "add", "se_la": "red", "se_pr": "size", "se_va": "2.5"}),
    );
    assert_eq!(found.name, "add");
    assert_eq!(
        Value::Object(found.properties),
        json!({"category": "shop", "action": "add", "label": "red", "property": "size", "value": 2.5})
    );
    let found =
        one(&json!({"e": "tr", "uid": "u", "tr_id": "7", "tr_tt": "19.90", "tr_cu": "EUR"}));
    assert_eq!(found.name, "transaction");
    assert_eq!(
        Value::Object(found.properties),
        json!({"order_id": "7", "revenue": 19.9, "currency": "EUR"})
    );
    let found = one(&json!({"e": "se", "uid": "u", "se_va": "many"}));
    assert_eq!(
        (found.name.as_str(), &found.properties["value"]),
        ("event", &json!("many"))
    );
}

#[test]
fn a_true_time_and_a_servers_are_believed_and_a_devices_is_corrected() {
    let behind = (NOW.ms() - 2 * HOUR_MS).to_string();
    let time = |more: Value| {
        let mut event = json!({"e": "pv", "uid": "u", "dtm": behind, "stm": behind});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        one(&event).time
    };
    assert_eq!(time(json!({"p": "web"})), NOW);
    assert_eq!(time(json!({"p": "srv"})), NOW.plus_ms(-2 * HOUR_MS));
    assert_eq!(
        time(json!({"ttm": "1795290600000"})),
        Timestamp(1_795_290_600_000)
    );
}
