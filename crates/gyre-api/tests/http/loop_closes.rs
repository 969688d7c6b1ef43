//! Events in, numbers and people out, over HTTP.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::Server;
use crate::server::{API_KEY, WRITE_KEY};

async fn with_shoppers() -> Server {
    let server = Server::start().await;
    let mut events = Vec::new();
    for i in 0..5 {
        let user = format!("u{i}");
        let set = json!({"$set": {"email": format!("{user}@shop.test"), "first_name": format!("Kim{i}")}});
        events.push(
            json!({"event": "view", "user_id": user, "insert_id": format!("v{i}"),
            "properties": {"category": "shoes"}, "user_properties": set}),
        );
        if i < 2 {
            events
                .push(json!({"event": "purchase", "user_id": user, "insert_id": format!("p{i}")}));
        }
    }
    server.track(WRITE_KEY, &Value::Array(events)).await;
    server
}

fn funnel() -> Value {
    json!({"kind": "funnel", "range": {"last": 7, "unit": "day"},
        "steps": [{"event": "view"}, {"event": "purchase"}]})
}

#[tokio::test]
async fn a_number_leads_to_its_people_and_they_to_a_cohort() {
    let server = with_shoppers().await;
    let answer = server.post("/api/v1/query", funnel()).await.expect(200);
    assert_eq!(answer["kind"], "funnel");
    assert_eq!(answer["range"]["timezone"], "Asia/Seoul");
    assert_eq!(answer["as_of"], "2026-03-10T09:00:00.000Z");
    assert_eq!(answer["stats"]["cached"], false);
    let dropped = &answer["result"]["rows"][0]["steps"][1]["dropped"];
    assert_eq!(dropped["value"], 3, "{answer}");

    let body = json!({"cell": dropped["cell"], "limit": 2});
    let page = server.post("/api/v1/people/list", body).await.expect(200);
    assert_eq!((&page["total"], &page["units"]), (&json!(3), &json!(3)));
    assert_eq!(page["people"].as_array().unwrap().len(), 2);
    let body = json!({"cell": dropped["cell"], "limit": 2, "cursor": page["next"]});
    let rest = server.post("/api/v1/people/list", body).await.expect(200);
    assert_eq!(
        (rest["people"].as_array().unwrap().len(), &rest["next"]),
        (1, &Value::Null)
    );

    let body = json!({"name": "Did not buy", "cell": dropped["cell"]});
    let cohort = server.post("/api/v1/cohorts", body).await.expect(201);
    assert_eq!(
        (&cohort["kind"], &cohort["source"]),
        (&json!("static"), &json!("cell"))
    );
    assert_eq!(
        (&cohort["size"], &cohort["definition"]),
        (&json!(3), &Value::Null)
    );
    let id = cohort["id"].as_str().unwrap();
    let people = server
        .get(&format!("/api/v1/cohorts/{id}/people"))
        .await
        .expect(200);
    assert_eq!(people["total"], 3);
    assert_eq!(people["people"][0]["email"], "u2@shop.test", "{people}");
    let history = server
        .get(&format!("/api/v1/cohorts/{id}/history"))
        .await
        .expect(200);
    assert_eq!(history["history"][0]["size"], 3);
}

#[tokio::test]
async fn a_live_cohort_is_saved_renamed_and_deleted() {
    let server = with_shoppers().await;
    let audience = json!({"did": {"event": "purchase"}});
    let body = json!({"definition": audience});
    let preview = server
        .post("/api/v1/audiences/preview", body)
        .await
        .expect(200);
    assert_eq!((&preview["size"], &preview["of"]), (&json!(2), &json!(5)));
    assert_eq!(preview["reachable"], json!({"email": 2}));
    let body = json!({"name": "Buyers", "definition": audience});
    let cohort = server.post("/api/v1/cohorts", body).await.expect(201);
    assert_eq!(
        (&cohort["kind"], &cohort["definition"]),
        (&json!("live"), &audience)
    );
    assert_eq!(cohort["next_refresh_at"], "2026-03-10T09:05:00.000Z");
    let path = format!("/api/v1/cohorts/{}", cohort["id"].as_str().unwrap());
    let patch = json!({"name": "Payers"});
    let renamed = server.call("PATCH", &path, Some(patch)).await.expect(200);
    assert_eq!(renamed["name"], "Payers");
    let person = server.get("/api/v1/people/u0").await.expect(200);
    assert_eq!(person["cohorts"][0]["name"], "Payers", "{person}");
    assert_eq!(server.call("DELETE", &path, None).await.status, 204);
    server.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_person_is_found_and_shown() {
    let server = with_shoppers().await;
    let found = server.get("/api/v1/people?search=kim3").await.expect(200);
    assert_eq!(found["people"][0]["external_id"], "u3", "{found}");
    let person = server.get("/api/v1/people/u1").await.expect(200);
    assert_eq!(person["properties"]["email"], "u1@shop.test");
    assert_eq!(person["events"], 2);
    let timeline = server
        .get("/api/v1/people/u1/timeline?limit=1")
        .await
        .expect(200);
    assert_eq!(timeline["events"].as_array().unwrap().len(), 1);
    assert!(timeline["next"].is_string());
    let by_token = format!("/api/v1/people/{}", person["person"].as_str().unwrap());
    assert_eq!(server.get(&by_token).await.expect(200), person);
    let messages = server.get("/api/v1/people/u1/messages").await.expect(200);
    assert_eq!(messages, json!({"messages": [], "next": null}));
    let status = server.get("/api/v1/status").await.expect(200);
    assert_eq!(
        (&status["events"], &status["people"]),
        (&json!(7), &json!(5))
    );
    assert_eq!(status["indexed_lag_ms"], 0);
    assert!(status["log_bytes"].as_u64().unwrap() > 0);
    let events = server.get("/api/v1/catalog/events").await.expect(200);
    assert_eq!(events["events"][0]["name"], "view", "{events}");
    let properties = server
        .get("/api/v1/catalog/properties?event=view")
        .await
        .expect(200);
    assert!(
        properties.to_string().contains("event.category"),
        "{properties}"
    );
}

#[tokio::test]
async fn a_question_is_answered_as_a_stream_when_asked_so() {
    let server = with_shoppers().await;
    let request = |query: Value| {
        Request::post("/api/v1/query")
            .header(header::AUTHORIZATION, format!("Bearer {API_KEY}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream")
            .body(Body::from(query.to_string()))
            .unwrap()
    };
    let answer = server.send(request(funnel())).await;
    assert_eq!(answer.header(&header::CONTENT_TYPE), "text/event-stream");
    let names: Vec<&str> = answer
        .body
        .lines()
        .filter_map(|it| it.strip_prefix("event: "))
        .collect();
    assert_eq!(names, ["progress", "result"]);
    let answer = server.send(request(json!({"kind": "pie"}))).await;
    assert!(answer.body.contains("event: problem"), "{}", answer.body);
}

#[tokio::test]
async fn a_campaign_is_written_previewed_and_deleted() {
    let server = with_shoppers().await;
    let message = json!({"channel": "email", "from": "Shop <a@shop.test>", "subject": "Hi {{${first_name}}}",
        "html": "<p>Hi {{${first_name}}}</p>"});
    let draft = json!({"name": "Spring", "tags": ["promo"], "messages": [message]});
    let answer = server.post("/api/v1/campaigns", draft.clone()).await;
    assert!(answer.body.starts_with("{\"id\":"), "{}", answer.body);
    let campaign = answer.expect(201);
    assert_eq!(
        (&campaign["state"], &campaign["name"]),
        (&json!("draft"), &json!("Spring"))
    );
    assert_eq!(campaign["messages"], draft["messages"]);
    let path = format!("/api/v1/campaigns/{}", campaign["id"].as_str().unwrap());
    assert_eq!(server.get(&path).await.expect(200), campaign);

    let body = json!({"as_person": "u1"});
    let preview = server
        .post(&format!("{path}/preview"), body)
        .await
        .expect(200);
    assert_eq!(preview["fields"]["subject"], "Hi Kim1", "{preview}");
    let page = server.get(preview["html_url"].as_str().unwrap()).await;
    assert!(page.body.contains("<p>Hi Kim1</p>"), "{}", page.body);
    let policy = page.header(&header::CONTENT_SECURITY_POLICY);
    assert!(
        policy.contains("sandbox") && !policy.contains("script"),
        "{policy}"
    );
    let body = json!({"message": message, "as_person": "u2"});
    let preview = server
        .post("/api/v1/campaigns/preview", body)
        .await
        .expect(200);
    assert_eq!(preview["fields"]["subject"], "Hi Kim2");

    server
        .post(&format!("{path}/launch"), json!({}))
        .await
        .problem(409, "channel-missing");
    server
        .post(&format!("{path}/pause"), json!({}))
        .await
        .problem(409, "campaign-state");
    let mut changed = draft;
    changed["name"] = json!("Summer");
    let changed = server.call("PUT", &path, Some(changed)).await.expect(200);
    assert_eq!(changed["name"], "Summer");
    let listed = server.get("/api/v1/campaigns").await.expect(200);
    assert_eq!(listed["campaigns"][0]["tags"], json!(["promo"]), "{listed}");
    let ledger = server
        .get(&format!("{path}/messages?state=sent"))
        .await
        .expect(200);
    assert_eq!(ledger, json!({"messages": [], "next": null}));
    assert_eq!(server.call("DELETE", &path, None).await.status, 204);
    server.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_channel_keeps_its_secrets() {
    let server = Server::start().await;
    let none = server.get("/api/v1/channels/email").await.expect(200);
    assert_eq!(none, json!({"provider": null}));
    let config = json!({"provider": "smtp", "host": "127.0.0.1", "port": 2525, "security": "none",
        "username": "shop", "password": "hunter2"});
    let answer = server
        .call("PUT", "/api/v1/channels/email", Some(config))
        .await;
    assert!(!answer.body.contains("hunter2"), "{}", answer.body);
    assert_eq!(answer.expect(200)["host"], "127.0.0.1");
    let shown = server.get("/api/v1/channels/email").await;
    assert!(!shown.body.contains("hunter2"), "{}", shown.body);
    assert_eq!(shown.json()["password_set"], true);
}

#[tokio::test]
async fn a_template_is_tried_out() {
    let server = Server::start().await;
    let body = json!({"template": "Hi {{${first_name}}}", "data": {"first_name": "Kim"}});
    let rendered = server
        .post("/api/v1/templates/render", body)
        .await
        .expect(200);
    assert_eq!(rendered["output"], "Hi Kim");
    assert_eq!(rendered["reads"], json!(["profile.first_name"]));
}

#[tokio::test]
async fn a_refused_event_is_shown_whole() {
    let server = Server::start().await;
    server.track(WRITE_KEY, &json!([{"user_id": "u1"}])).await;
    let page = server.get("/api/v1/quarantine").await.expect(200);
    let rejection = &page["rejections"][0];
    assert_eq!(rejection["raw"]["user_id"], "u1", "{page}");
    assert!(rejection["reason"].is_string());
    assert_eq!(page["next"], Value::Null);
}

#[tokio::test]
async fn events_are_seen_as_they_pass() {
    let server = Server::start().await;
    let event = |id: &str| json!([{"event": "view", "user_id": "u1", "insert_id": id}]);
    server.track(WRITE_KEY, &event("a")).await;
    server.track(WRITE_KEY, &event("a")).await;
    server.track(WRITE_KEY, &json!([{"user_id": "u2"}])).await;
    let page = server.get("/api/v1/events/live").await.expect(200);
    let list = page["events"].as_array().unwrap();
    let outcomes: Vec<&str> = list
        .iter()
        .filter_map(|it| it["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, ["accepted", "repeated", "rejected"], "{page}");
    assert_eq!(list[0]["event"], "view");
    assert!(list[0]["person"].is_string());
    assert_eq!(list[2]["raw"]["user_id"], "u2");

    let refused = server
        .get("/api/v1/events/live?outcome=rejected&after=0")
        .await
        .expect(200);
    assert_eq!(refused["events"].as_array().unwrap().len(), 1);
    let none = server.get("/api/v1/events/live?id=u9").await.expect(200);
    assert_eq!(
        (&none["events"], &none["last"]),
        (&json!([]), &page["last"])
    );

    server.track(WRITE_KEY, &event("b")).await;
    let next = format!("/api/v1/events/live?wait=5&after={}", page["last"]);
    let next = server.get(&next).await.expect(200);
    assert_eq!(next["events"][0]["insert_id"], "b", "{next}");
    assert_eq!(next["events"].as_array().unwrap().len(), 1);
    server
        .get("/api/v1/events/live?wait=6")
        .await
        .problem(422, "invalid-field");
}
