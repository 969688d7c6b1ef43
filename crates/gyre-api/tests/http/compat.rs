//! Reads in the words of Amplitude and Braze, from sending to reading.

use std::collections::BTreeMap;
use std::io::Read;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::Server;
use crate::server::{API_KEY, Answer, WRITE_KEY};

const OTHER: &str = "test-api-key-of-the-other-workspace";

/// A request as Amplitude's clients make it: `-u api_key:secret_key`.
fn basic(secret: &str, path: &str) -> Request<Body> {
    let credentials = STANDARD.encode(format!("{WRITE_KEY}:{secret}"));
    Request::get(path)
        .header(header::AUTHORIZATION, format!("Basic {credentials}"))
        .body(Body::empty())
        .unwrap()
}

async fn amplitude(server: &Server, path: &str) -> Answer {
    server.send(basic(API_KEY, path)).await
}

async fn bytes(server: &Server, path: &str) -> Vec<u8> {
    let answer = server.router.clone().oneshot(basic(API_KEY, path)).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/zip");
    answer
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes()
        .into()
}

/// Names and lines of an archive's files.
fn unpacked(archive: Vec<u8>) -> BTreeMap<String, Vec<Value>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        let lines = text.lines().map(|it| serde_json::from_str(it).unwrap());
        files.insert(name, lines.collect());
    }
    files
}

/// A visitor who becomes a user in two uploads an hour apart, and somebody else.
async fn with_people() -> Server {
    let server = Server::start().await;
    let first = json!([
        {"event": "View", "device_id": "d-1", "insert_id": "1", "time": "2026-03-10T08:59:00Z", "session_id": 1_773_133_000_000_i64,
         "properties": {"page": "/"}, "context": {"platform": "Web", "country": "South Korea", "ip": "203.0.113.7"}, "historical": true},
        {"event": "Order", "user_id": "u-1", "device_id": "d-1", "insert_id": "2", "time": "2026-03-10T08:59:30Z",
         "session_id": 1_773_133_000_000_i64, "properties": {"total": 12.5}, "historical": true,
         "context": {"platform": "iOS", "country": "South Korea", "os_name": "iOS", "os_version": "19"},
         "user_properties": {"plan": "pro", "email": "Kim@shop.test", "first_name": "Kim"}},
    ]);
    server.track(WRITE_KEY, &first).await;
    server.clock.advance_ms(3_600_000).await;
    let second = json!([
        {"event": "purchase", "user_id": "u-1", "insert_id": "3", "time": "2026-03-10T09:59:00Z", "historical": true,
         "properties": {"product_id": "sku-1", "revenue": 20.0}},
        {"event": "View", "user_id": "u-2", "insert_id": "4", "time": "2026-03-10T09:59:30Z", "historical": true},
    ]);
    server.track(WRITE_KEY, &second).await;
    server
}

#[tokio::test]
async fn an_export_is_a_zip_of_hours_with_every_event_in_amplitudes_fields() {
    let server = with_people().await;
    let archive = bytes(&server, "/api/2/export?start=20260310T09&end=20260310T10").await;
    let files = unpacked(archive);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let app = names[0].split('/').next().unwrap();
    assert_eq!(app.len(), 6, "{app}");
    let expected = [9, 10].map(|hour| format!("{app}/{app}_2026-03-10_{hour}#0.json.gz"));
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(names, expected);
    let mut events: Vec<&Value> = files.values().flatten().collect();
    events.sort_by_key(|it| it["$insert_id"].to_string());
    assert_eq!(events.len(), 4);

    let order = events[1];
    let golden = json!({
        "event_type": "Order", "$insert_id": "2", "user_id": "u-1", "device_id": "d-1",
        "event_time": "2026-03-10 08:59:30.000000", "client_event_time": "2026-03-10 08:59:30.000000",
        "server_upload_time": "2026-03-10 09:00:00.000000", "server_received_time": "2026-03-10 09:00:00.000000",
        "processed_time": "2026-03-10 09:00:00.000000", "session_id": 1_773_133_000_000_i64, "event_id": 1,
        "event_properties": {"total": 12.5},
        "user_properties": {"plan": "pro", "email": "Kim@shop.test", "first_name": "Kim"},
        "platform": "iOS", "country": "South Korea", "os_name": "iOS", "os_version": "19", "city": null, "groups": {},
        "library": null, "paying": null,
    });
    for (name, value) in golden.as_object().unwrap() {
        assert_eq!(order.get(name), Some(value), "{name} of {order}");
    }
    assert_eq!(order["app"].to_string(), app);
    assert_eq!(order["uuid"].as_str().unwrap().len(), 36);
    // the visitor's event is the user's, and came without their id
    let view = events[0];
    assert_eq!(view["amplitude_id"], order["amplitude_id"]);
    assert_eq!(
        (&view["device_id"], &view["ip_address"]),
        (&json!("d-1"), &json!("203.0.113.7"))
    );
    assert_ne!(events[3]["amplitude_id"], order["amplitude_id"]);
    assert_eq!(events[2]["session_id"], -1);

    // the last hour is included, others are not
    let later = unpacked(bytes(&server, "/api/2/export/?start=20260310T10&end=20260310T10").await);
    assert_eq!(later.values().flatten().count(), 2);
}

#[tokio::test]
async fn an_export_of_nothing_or_of_too_much_is_refused_as_amplitude_does() {
    let server = with_people().await;
    for (query, status, kind) in [
        ("start=20260309T00&end=20260309T23", 404, "no_data"),
        ("end=20260310T09", 400, "missing_parameter"),
        ("start=2026-03-10&end=20260310T09", 400, "invalid_parameter"),
        (
            "start=20260310T10&end=20260310T09",
            400,
            "invalid_parameter",
        ),
        (
            "start=20250101T00&end=20260310T09",
            400,
            "invalid_parameter",
        ),
    ] {
        let answer = amplitude(&server, &format!("/api/2/export?{query}")).await;
        let body = answer.expect(status);
        assert_eq!(body["error"]["type"], kind, "{query}");
        assert_eq!(body["error"]["http_code"], status, "{query}");
    }
}

#[tokio::test]
async fn a_user_is_found_by_any_id_and_shown_with_their_events() {
    let server = with_people().await;
    let found = amplitude(&server, "/api/2/usersearch?user=u-1")
        .await
        .expect(200);
    assert_eq!(found["type"], "match_user_or_device_id");
    let user = found["matches"][0].clone();
    assert_eq!(
        json!({"user_id": user["user_id"], "last_seen": user["last_seen"]}),
        json!({"user_id": "u-1", "last_seen": "2026-03-10"})
    );
    let id = user["amplitude_id"].to_string();
    for (text, kind) in [
        ("d-1", "match_user_or_device_id"),
        (id.as_str(), "match_amplitude_id"),
    ] {
        let found = amplitude(&server, &format!("/api/2/usersearch/?user={text}"))
            .await
            .expect(200);
        assert_eq!(
            (&found["type"], &found["matches"]),
            (&json!(kind), &json!([user])),
            "{text}"
        );
    }
    let found = amplitude(&server, "/api/2/usersearch?user=u-")
        .await
        .expect(200);
    let users: Vec<&Value> = found["matches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["user_id"])
        .collect();
    assert_eq!(
        (&found["type"], users),
        (
            &json!("match_user_id_prefix"),
            vec![&json!("u-1"), &json!("u-2")]
        )
    );
    let none = amplitude(&server, "/api/2/usersearch?user=nobody")
        .await
        .expect(200);
    assert_eq!(none["matches"], json!([]));
    amplitude(&server, "/api/2/usersearch").await.expect(400);

    let path = format!("/api/2/useractivity?user={id}");
    let shown = amplitude(&server, &path).await.expect(200);
    let data = &shown["userData"];
    let golden = json!({
        "user_id": "u-1", "num_events": 3, "num_sessions": 1, "usage_time": 30_000, "first_used": "2026-03-10",
        "last_used": "2026-03-10", "device_ids": ["d-1"], "merged_amplitude_ids": [],
        "properties": {"plan": "pro", "email": "Kim@shop.test", "first_name": "Kim"},
    });
    for (name, value) in golden.as_object().unwrap() {
        assert_eq!(data.get(name), Some(value), "{name} of {data}");
    }
    assert_eq!(data["canonical_amplitude_id"].to_string(), id);
    let types = |answer: &Value| -> Vec<String> {
        let events = answer["events"].as_array().unwrap().iter();
        events
            .map(|it| it["event_type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(types(&shown), ["purchase", "Order", "View"]);
    let page = amplitude(&server, &format!("{path}&offset=1&limit=1"))
        .await
        .expect(200);
    assert_eq!(types(&page), ["Order"]);
    let page = amplitude(&server, &format!("{path}&direction=earliest&limit=2"))
        .await
        .expect(200);
    assert_eq!(types(&page), ["View", "Order"]);
    for (query, status) in [
        ("user=u-1", 400),
        ("user=1000000999999", 404),
        (&format!("user={id}&limit=1001"), 400),
        (&format!("user={id}&direction=sideways"), 400),
        (&format!("user={id}&offset=-1"), 400),
    ] {
        amplitude(&server, &format!("/api/2/useractivity?{query}"))
            .await
            .expect(status);
    }
}

#[tokio::test]
async fn a_profile_has_what_was_asked_for() {
    let server = with_people().await;
    let body = json!({"name": "Buyers", "definition": {"did": {"event": "purchase"}}});
    let cohort = server.post("/api/v1/cohorts", body).await.expect(201);
    let bare = amplitude(&server, "/v1/userprofile?user_id=u-1")
        .await
        .expect(200);
    assert_eq!(
        bare,
        json!({"userData": {"recommendations": null, "user_id": "u-1", "device_id": "d-1", "amp_props": null,
            "cohort_ids": null}})
    );
    let path = "/v1/userprofile?device_id=d-1&get_recs=true&get_amp_props=true&get_cohort_ids=true";
    let full = amplitude(&server, path).await.expect(200);
    assert_eq!(full["userData"]["user_id"], "u-1");
    assert_eq!(full["userData"]["amp_props"]["plan"], "pro");
    assert_eq!(full["userData"]["cohort_ids"], json!([cohort["id"]]));
    assert_eq!(full["userData"]["recommendations"], json!([]));
    let unknown = amplitude(&server, "/v1/userprofile?user_id=nobody")
        .await
        .expect(404);
    assert_eq!(
        unknown,
        json!({"error": "User id and device id not seen before"})
    );
    amplitude(&server, "/v1/userprofile").await.expect(400);
}

#[tokio::test]
async fn braze_exports_people_by_their_ids() {
    let server = with_people().await;
    let alias = json!([{"event": "Signed up", "user_id": "u-1", "device_id": "alias:crm:c-7", "insert_id": "5",
        "time": "2026-03-10T09:59:45Z", "historical": true}]);
    server.track(WRITE_KEY, &alias).await;
    let body = json!({"external_ids": ["u-1", "nobody"], "user_aliases": [{"alias_name": "c-7", "alias_label": "crm"},
        {"alias_name": "c-8", "alias_label": "crm"}]});
    let answer = server.post("/users/export/ids", body).await.expect(201);
    assert_eq!(answer["message"], "success");
    assert_eq!(
        answer["invalid_user_ids"],
        json!(["nobody", {"alias_name": "c-8", "alias_label": "crm"}])
    );
    let users = answer["users"].as_array().unwrap();
    assert_eq!(users.len(), 1, "named twice, told once");
    let golden = json!({
        "external_id": "u-1", "email": "Kim@shop.test", "first_name": "Kim", "custom_attributes": {"plan": "pro"},
        "user_aliases": [{"alias_name": "c-7", "alias_label": "crm"}], "created_at": "2026-03-10T08:59:00.000Z",
        "custom_events": [
            {"name": "Order", "first": "2026-03-10T08:59:30.000Z", "last": "2026-03-10T08:59:30.000Z", "count": 1},
            {"name": "Signed up", "first": "2026-03-10T09:59:45.000Z", "last": "2026-03-10T09:59:45.000Z", "count": 1},
            {"name": "View", "first": "2026-03-10T08:59:00.000Z", "last": "2026-03-10T08:59:00.000Z", "count": 1},
        ],
        "purchases": [{"name": "sku-1", "first": "2026-03-10T09:59:00.000Z", "last": "2026-03-10T09:59:00.000Z", "count": 1}],
        "total_revenue": 20.0,
    });
    for (name, value) in golden.as_object().unwrap() {
        assert_eq!(users[0].get(name), Some(value), "{name} of {}", users[0]);
    }
    let braze_id = users[0]["braze_id"].clone();
    for body in [
        json!({"email_address": "kim@SHOP.test", "fields_to_export": ["external_id"]}),
        json!({"device_id": "d-1", "fields_to_export": ["external_id", "push_tokens"]}),
        json!({"braze_id": braze_id, "fields_to_export": ["external_id"]}),
    ] {
        let answer = server
            .post("/users/export/ids/", body.clone())
            .await
            .expect(201);
        assert_eq!(answer["users"], json!([{"external_id": "u-1"}]), "{body}");
        assert!(answer.get("invalid_user_ids").is_none(), "{answer}");
    }
    let many: Vec<String> = (0..51).map(|it| it.to_string()).collect();
    for body in [
        json!({"external_ids": many}),
        json!({}),
        json!({"external_ids": "u-1"}),
        json!({"email_address": "a@b.test", "phone": "1"}),
        json!({"external_ids": ["u-1"], "fields_to_export": []}),
    ] {
        let answer = server
            .post("/users/export/ids", body.clone())
            .await
            .expect(400);
        assert!(answer["message"].is_string(), "{body}");
    }
    server
        .get("/users/export/ids")
        .await
        .problem(405, "no-method");
}

#[tokio::test]
async fn reads_need_a_key_that_reads_and_see_one_workspace() {
    let server = with_people().await;
    server.add_workspace(OTHER).await;
    let id = amplitude(&server, "/api/2/usersearch?user=u-1")
        .await
        .expect(200);
    let id = id["matches"][0]["amplitude_id"].to_string();
    let reads = [
        "/api/2/export?start=20260310T09&end=20260310T10".to_owned(),
        format!("/api/2/useractivity?user={id}"),
        "/api/2/usersearch?user=u-1".to_owned(),
        "/v1/userprofile?user_id=u-1".to_owned(),
    ];
    for path in &reads {
        let refused = server.send(basic(WRITE_KEY, path)).await;
        assert_eq!(refused.status, 403, "a write key: {path}");
        assert!(
            refused.json()["error"]
                .to_string()
                .contains("write key cannot read"),
            "{}",
            refused.body
        );
        let strangers = server.send(basic("nobody's", path)).await;
        assert_eq!(strangers.status, 401, "{path}");
        let unnamed = server
            .send(Request::get(path.as_str()).body(Body::empty()).unwrap())
            .await;
        assert_eq!(unnamed.status, 401, "{path}");
        let below = format!("/c/{WRITE_KEY}{path}");
        assert_eq!(amplitude(&server, &below).await.status, 200, "{below}");
        let crossed = server.send(basic(OTHER, path)).await;
        let is_empty = crossed.status == 404 || crossed.body.contains(r#""matches":[]"#);
        assert!(is_empty, "{path} from another workspace: {}", crossed.body);
    }
    let body = json!({"external_ids": ["u-1"]});
    let call = async |key: &str| {
        server
            .call_as(key, "POST", "/users/export/ids", Some(body.clone()))
            .await
    };
    call(WRITE_KEY).await.expect(403);
    assert_eq!(
        call("nobody's").await.expect(401)["message"],
        "Invalid API key"
    );
    let crossed = call(OTHER).await.expect(201);
    assert_eq!(
        (&crossed["users"], &crossed["invalid_user_ids"]),
        (&json!([]), &json!(["u-1"]))
    );
}
