//! The tracking plan, the catalogue, warnings and the replay of quarantine, as a client sees them.

use serde_json::{Value, json};

use crate::Server;
use crate::server::WRITE_KEY;

const OTHER: &str = "test-api-key-of-the-other-workspace";

fn plan() -> Value {
    json!({"mode": "enforce", "default_action": "flag", "unplanned": "flag", "events": [
        {"name": "order", "description": "주문", "owner": "kim", "action": "block",
            "schema": {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}},
        {"name": "view", "schema": {"properties": {"sku": {"type": "string"}}}}]})
}

impl Server {
    /// Rules hold from the millisecond after what was taken.
    fn tick(&self) {
        use gyre_base::Clock;
        self.clock.jump_to(self.clock.now().plus_ms(1_000));
    }
}

#[tokio::test]
async fn a_plan_is_written_in_versions_and_read_back() {
    let server = Server::start().await;
    let empty = server.get("/api/v1/plan").await.expect(200);
    assert_eq!(
        (&empty["version"], &empty["mode"]),
        (&json!(0), &json!("off"))
    );
    let first = server
        .call("PUT", "/api/v1/plan", Some(plan()))
        .await
        .expect(200);
    assert_eq!(first["version"], 1);
    assert_eq!(first["events"][0]["schema"], plan()["events"][0]["schema"]);
    // what was exported is imported as it is
    let shown = server.get("/api/v1/plan").await.expect(200);
    assert_eq!(shown, first);
    server
        .call("PUT", "/api/v1/plan", Some(shown))
        .await
        .expect(200);

    let request = |version: &str| {
        axum::http::Request::put("/api/v1/plan")
            .header(
                "authorization",
                format!("Bearer {}", crate::server::API_KEY),
            )
            .header("content-type", "application/json")
            .header("if-match", version)
            .body(axum::body::Body::from(plan().to_string()))
            .unwrap()
    };
    server
        .send(request("\"1\""))
        .await
        .problem(409, "plan-changed");
    let third = server.send(request("\"2\"")).await.expect(200);
    assert_eq!(third["version"], 3);
    server
        .send(request("new"))
        .await
        .problem(422, "invalid-field");
    let versions = server
        .get("/api/v1/plan/versions?limit=2")
        .await
        .expect(200);
    assert_eq!(versions["versions"][0]["version"], 3);
    assert_eq!(
        (&versions["versions"][1]["events"], &versions["next"]),
        (&json!(2), &json!("2"))
    );

    let csv = server.get("/api/v1/plan.csv").await;
    assert_eq!(csv.status, 200);
    assert!(csv.body.contains("order,total,number,yes,"), "{}", csv.body);
}

#[tokio::test]
async fn a_wrong_schema_is_pointed_at() {
    let server = Server::start().await;
    let mut wrong = plan();
    wrong["events"][1]["schema"]["properties"]["sku"] =
        json!({"$ref": "https://shop.test/sku.json"});
    let answer = server.call("PUT", "/api/v1/plan", Some(wrong)).await;
    let problem = answer.problem(422, "invalid-field");
    let pointer = &problem["errors"][0]["pointer"];
    assert_eq!(pointer, "/events/1/schema/properties/sku/$ref", "{problem}");
    let none = server.get("/api/v1/plan").await.expect(200);
    assert_eq!(none["version"], 0, "nothing was written");
    let query = server.get("/api/v1/plan/violations?since=yesterday").await;
    query.problem(422, "invalid-field");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, whole")]
async fn an_event_that_violates_the_plan_is_kept_out_fixed_and_let_in() {
    let server = Server::start().await;
    server
        .call("PUT", "/api/v1/plan", Some(plan()))
        .await
        .expect(200);
    server.tick();
    let events = json!([
        {"event": "order", "user_id": "u1", "insert_id": "1", "properties": {"total": "5"}},
        {"event": "view", "user_id": "u1", "insert_id": "2", "properties": {"sku": 7}},
        {"event": "other", "user_id": "u1", "insert_id": "3"},
    ]);
    let checked = server
        .post("/api/v1/plan/check", json!({"events": events}))
        .await
        .expect(200);
    let results = &checked["results"];
    assert_eq!(
        (&results[0]["would_block"], &results[0]["planned"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(results[1]["violations"][0]["rule"], "type");
    assert_eq!(results[2]["violations"][0]["rule"], "unplanned");

    server.track(WRITE_KEY, &events).await;
    let page = server
        .get("/api/v1/quarantine?reason=plan&source=gyre")
        .await
        .expect(200);
    let row = &page["rejections"][0];
    assert_eq!(row["raw"]["name"], "order", "{page}");
    assert!(
        row["detail"].as_str().unwrap().contains("`total`"),
        "{page}"
    );
    let none = server
        .get("/api/v1/quarantine?reason=blocked")
        .await
        .expect(200);
    assert_eq!(none["rejections"], json!([]));
    let live = server
        .get("/api/v1/events/live?violating=true")
        .await
        .expect(200);
    let live = live["events"].as_array().unwrap().clone();
    assert_eq!(live.len(), 3, "{live:?}");
    assert_eq!(live[1]["properties"]["$violations"], json!(["sku:type"]));
    assert_eq!(live[1]["properties"]["$plan_version"], 1);

    let found = server.get("/api/v1/plan/violations").await.expect(200);
    assert_eq!(found["violations"].as_array().unwrap().len(), 3, "{found}");
    assert_eq!(found["blocked"][0]["blocked"], 1, "{found}");
    let warnings = server.get("/api/v1/warnings").await.expect(200);
    assert_eq!(warnings["warnings"][0]["code"], "unplanned", "{warnings}");
    assert_eq!(warnings["warnings"][0]["sample"]["insert_id"], "3");

    // charts can ask for it
    let query = json!({"kind": "segmentation", "range": {"last": 7, "unit": "day"}, "series": [{"select":
        {"event": "view", "where": {"property": "event.$violations", "op": "is", "values": ["sku:type"]}}}]});
    let answer = server.post("/api/v1/query", query).await.expect(200);
    assert_eq!(
        answer["result"]["series"][0]["total"]["value"], 1,
        "{answer}"
    );

    let replay = json!({"reason": "plan"});
    let refused = server
        .post("/api/v1/quarantine/replay", replay.clone())
        .await
        .expect(200);
    assert_eq!(
        (&refused["replayed"], &refused["still_refused"]),
        (&json!(1), &json!(1))
    );
    let mut fixed = plan();
    fixed["events"][0]["schema"]["properties"]["total"] = json!({"type": ["number", "string"]});
    server
        .call("PUT", "/api/v1/plan", Some(fixed))
        .await
        .expect(200);
    server.tick();
    let outcome = server
        .post("/api/v1/quarantine/replay", replay)
        .await
        .expect(200);
    assert_eq!(
        (&outcome["accepted"], &outcome["still_refused"]),
        (&json!(1), &json!(0))
    );
    let catalog = server.get("/api/v1/catalog/events").await.expect(200);
    let order = catalog["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "order");
    assert_eq!(order.unwrap()["count"], 1, "{catalog}");
    server
        .post("/api/v1/quarantine/replay", json!({}))
        .await
        .problem(422, "invalid-field");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, whole")]
async fn the_catalogue_says_what_is_known_and_what_was_written() {
    let server = Server::start().await;
    let view = |i: usize| {
        json!({"event": "view", "user_id": "u1", "insert_id": format!("{i}"),
            "properties": {"sku": format!("s{}", i % 3), "size": if i.is_multiple_of(2) { json!(i) } else { Value::Null }}})
    };
    let events: Vec<Value> = (0..40).map(view).collect();
    server.track(WRITE_KEY, &Value::Array(events)).await;
    let proposal = server
        .post("/api/v1/plan/infer", json!({"events": null}))
        .await
        .expect(200);
    let schema = &proposal["events"][0]["schema"];
    assert_eq!(schema["required"], json!(["sku"]), "{proposal}");
    assert_eq!(
        schema["properties"]["size"]["type"],
        json!(["null", "integer"])
    );

    let mut plan = plan();
    plan["mode"] = json!("off");
    server
        .call("PUT", "/api/v1/plan", Some(plan))
        .await
        .expect(200);
    let patch =
        json!({"display_name": "상품 조회", "owner": "kim", "tags": ["core"], "description": null});
    let entry = server
        .call("PATCH", "/api/v1/catalog/events/view", Some(patch))
        .await
        .expect(200);
    assert_eq!(
        (&entry["event"], &entry["display_name"]),
        (&json!("view"), &json!("상품 조회"))
    );
    let catalog = server.get("/api/v1/catalog/events").await.expect(200);
    let events = catalog["events"].as_array().unwrap();
    assert_eq!(
        (events.len(), &events[0]["status"]),
        (2, &json!("live")),
        "{catalog}"
    );
    assert_eq!(
        (&events[0]["tags"], &events[0]["owner"]),
        (&json!(["core"]), &json!("kim"))
    );
    assert_eq!(events[0]["volume"][13], 40, "{catalog}");
    assert_eq!(
        (&events[1]["name"], &events[1]["status"]),
        (&json!("order"), &json!("planned"))
    );

    let properties = server
        .get("/api/v1/catalog/properties?event=view")
        .await
        .expect(200);
    let find = |name: &str| {
        let list = properties["properties"].as_array().unwrap();
        list.iter().find(|it| it["ref"] == name).unwrap().clone()
    };
    let (sku, size) = (find("event.sku"), find("event.size"));
    assert_eq!(
        (&sku["types"], &sku["distinct"]),
        (&json!({"string": 40}), &json!(3)),
        "{sku}"
    );
    assert_eq!(size["null_rate"], 0.5, "{size}");
    assert_eq!(
        (&sku["status"], &size["status"]),
        (&json!("live"), &json!("unexpected"))
    );

    let bulk = json!({"names": ["view", "order"], "set": {"hidden": true}});
    server
        .post("/api/v1/catalog/events/bulk", bulk)
        .await
        .expect(200);
    let listed = server.get("/api/v1/catalog/events").await.expect(200);
    assert_eq!(listed["events"], json!([]));
    let all = server
        .get("/api/v1/catalog/events?all=true")
        .await
        .expect(200);
    assert_eq!(all["events"][0]["status"], "hidden");
    let hide = json!({"hidden": true});
    let path = "/api/v1/catalog/properties/sku?event=view";
    server.call("PATCH", path, Some(hide)).await.expect(200);
    let listed = server
        .get("/api/v1/catalog/properties?event=view")
        .await
        .expect(200);
    assert!(!listed.to_string().contains("event.sku"), "{listed}");
    let wrong = json!({"merge_into": "view"});
    let refused = server
        .call("PATCH", "/api/v1/catalog/events/view", Some(wrong))
        .await;
    assert_eq!(
        refused.problem(422, "invalid-field")["errors"][0]["pointer"],
        "/merge_into"
    );
}

#[tokio::test]
async fn a_blocked_event_goes_to_quarantine_until_it_is_let_in_or_removed() {
    let server = Server::start().await;
    let other = server.add_workspace(OTHER).await;
    assert_ne!(other, server.workspace);
    let block = |it: bool| Some(json!({"blocked": it}));
    server
        .call("PATCH", "/api/v1/catalog/events/view", block(true))
        .await
        .expect(200);
    server.tick();
    let events = json!([{"event": "view", "user_id": "u1", "insert_id": "1"}]);
    server.track(WRITE_KEY, &events).await;
    server.track(&format!("{OTHER}-write"), &events).await;
    let page = server.get("/api/v1/quarantine").await.expect(200);
    assert_eq!(page["rejections"][0]["reason"], "blocked", "{page}");
    let catalog = server.get("/api/v1/catalog/events").await.expect(200);
    assert_eq!(catalog["events"][0]["status"], "blocked", "{catalog}");
    for (path, list) in [
        ("/api/v1/quarantine", "rejections"),
        ("/api/v1/warnings", "warnings"),
    ] {
        let theirs = server.call_as(OTHER, "GET", path, None).await.expect(200);
        assert_eq!(theirs[list], json!([]), "{path}");
    }
    let ids = json!({"ids": [page["rejections"][0]["id"]]});
    let theirs = server
        .call_as(OTHER, "DELETE", "/api/v1/quarantine", Some(ids.clone()))
        .await;
    assert_eq!(theirs.expect(200)["deleted"], 0);
    let theirs = server
        .call_as(
            OTHER,
            "POST",
            "/api/v1/quarantine/replay",
            Some(ids.clone()),
        )
        .await;
    assert_eq!(theirs.expect(200)["replayed"], 0);
    let plans = server
        .call_as(OTHER, "GET", "/api/v1/plan", None)
        .await
        .expect(200);
    assert_eq!(plans["version"], 0);

    server
        .call("PATCH", "/api/v1/catalog/events/view", block(false))
        .await
        .expect(200);
    server.tick();
    let outcome = server
        .post("/api/v1/quarantine/replay", ids)
        .await
        .expect(200);
    assert_eq!(outcome["accepted"], 1, "{outcome}");
    let catalog = server.get("/api/v1/catalog/events").await.expect(200);
    assert_eq!(
        (
            &catalog["events"][0]["count"],
            &catalog["events"][0]["status"]
        ),
        (&json!(1), &json!("live"))
    );

    server.track(WRITE_KEY, &json!([{"user_id": "u1"}])).await;
    let both = json!({"reason": "missing-event-name", "ids": []});
    server
        .call("DELETE", "/api/v1/quarantine", Some(both))
        .await
        .problem(422, "invalid-field");
    let reason = json!({"reason": "missing-event-name"});
    let answer = server
        .call("DELETE", "/api/v1/quarantine", Some(reason))
        .await;
    assert_eq!(answer.expect(200)["deleted"], 1);
}
