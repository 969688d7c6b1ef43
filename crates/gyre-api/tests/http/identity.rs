//! Who is who, over HTTP: by hand and as other products' APIs ask for it.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::server::WRITE_KEY;
use crate::{Answer, Server};

async fn with_people() -> Server {
    let server = Server::start().await;
    let set = |value: Value| json!({"$set": value});
    let events = json!([
        {"event": "view", "user_id": "u1", "device_id": "d1", "insert_id": "1", "user_properties": set(json!({"city": "Seoul"}))},
        {"event": "view", "user_id": "u2", "insert_id": "2", "user_properties": set(json!({"plan": "pro"}))},
        {"event": "view", "device_id": "d1", "insert_id": "3"},
        {"event": "view", "device_id": "d9", "insert_id": "4"},
    ]);
    server.track(WRITE_KEY, &events).await;
    server
}

/// A request of another product's API, with a write key.
async fn told(server: &Server, path: &str, body: Value) -> Answer {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {WRITE_KEY}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()));
    let answer = server.send(request.unwrap()).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    server.settle().await;
    answer
}

async fn people(server: &Server) -> Vec<String> {
    let page = server.get("/api/v1/people").await.expect(200);
    let name = |it: &Value| {
        let id = it["external_id"].as_str();
        id.unwrap_or("anonymous").to_owned()
    };
    let mut names: Vec<String> = page["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn two_people_are_merged_and_parted_again() {
    let server = with_people().await;
    let path = "/api/v1/people/u1/merge";
    let ask = json!({"into": "u2", "reason": "one customer", "dry_run": true});
    let preview = server.post(path, ask).await.expect(200);
    assert_eq!(preview["link"], Value::Null);
    let counts = |events: u64, properties: u64, identifiers: u64| json!({"events": events, "properties": properties, "identifiers": identifiers});
    assert_eq!(preview["from"], counts(2, 1, 2), "{preview}");
    assert_eq!(preview["into"], counts(1, 1, 1), "{preview}");
    assert_eq!(preview["merged"], counts(3, 2, 3), "{preview}");
    assert_eq!(people(&server).await, ["anonymous", "u1", "u2"]);

    let ask = json!({"into": "u2", "reason": "one customer"});
    let merged = server.post(path, ask.clone()).await.expect(200);
    let person = server.get("/api/v1/people/u1").await.expect(200);
    assert_eq!(person["external_id"], "u2");
    assert_eq!(person["person"], merged["person"]);
    assert_eq!(
        (&person["events"], &person["properties"]["city"]),
        (&json!(3), &json!("Seoul")),
        "{person}"
    );
    assert_eq!(people(&server).await, ["anonymous", "u2"]);
    let links = server.get("/api/v1/people/u2/links").await.expect(200);
    let of = |rule: &str| {
        let all = links["links"].as_array().unwrap();
        all.iter().find(|it| it["rule"] == rule).cloned().unwrap()
    };
    assert_eq!(of("merge")["reason"], "one customer");
    assert_eq!(of("merge")["actor"], "api");
    assert_eq!(of("merge")["id"], merged["link"]);
    assert_eq!(
        of("evidence")["from"],
        json!({"kind": "device_id", "value": "d1"})
    );

    let again = server.post(path, ask).await.expect(200);
    assert_eq!(again["link"], Value::Null, "nothing is left to link");
    let undo = format!("/api/v1/links/{}/undo", merged["link"].as_str().unwrap());
    assert_eq!(server.call("POST", &undo, None).await.status, 204);
    assert_eq!(people(&server).await, ["anonymous", "u1", "u2"]);
    server
        .call("POST", &undo, None)
        .await
        .problem(404, "not-found");
    let links = server.get("/api/v1/people/u1/links").await.expect(200);
    let undone = links["links"].as_array().unwrap().iter();
    assert_eq!(
        undone.filter(|it| it["undone"]["actor"] == "api").count(),
        1
    );
}

#[tokio::test]
async fn a_merge_that_is_wrong_names_its_field() {
    let server = with_people().await;
    let path = "/api/v1/people/u1/merge";
    for (body, pointer) in [
        (json!({"into": "nobody", "reason": "x"}), "/into"),
        (json!({"into": "u2", "reason": " "}), "/reason"),
    ] {
        let problem = server.post(path, body).await.problem(422, "invalid-field");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let body = json!({"into": "u2", "reason": "x"});
    server
        .post("/api/v1/people/nobody/merge", body)
        .await
        .problem(404, "not-found");
    for link in ["x", "7-1-2"] {
        let path = format!("/api/v1/links/{link}/undo");
        server
            .call("POST", &path, None)
            .await
            .problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_anonymous_person_is_merged_by_token() {
    let server = with_people().await;
    let page = server.get("/api/v1/people").await.expect(200);
    let anonymous = page["people"].as_array().unwrap().iter();
    let mut anonymous = anonymous.filter(|it| it["external_id"].is_null());
    let token = anonymous.next().unwrap()["person"].as_str().unwrap();
    let body = json!({"into": "u2", "reason": "told us by phone"});
    let path = format!("/api/v1/people/{token}/merge");
    server.post(&path, body).await.expect(200);
    assert_eq!(people(&server).await, ["u1", "u2"]);
    let person = server.get("/api/v1/people/d9").await.expect(200);
    assert_eq!(person["external_id"], "u2");
}

#[tokio::test]
async fn a_deleted_person_is_gone_at_once_and_comes_back_as_somebody_new() {
    let server = with_people().await;
    assert_eq!(
        server
            .call("DELETE", "/api/v1/people/u1", None)
            .await
            .status,
        204
    );
    for path in [
        "/api/v1/people/u1",
        "/api/v1/people/u1/timeline",
        "/api/v1/people/u1/links",
    ] {
        server.get(path).await.problem(404, "not-found");
    }
    assert_eq!(people(&server).await, ["anonymous", "u2"]);
    server
        .call("DELETE", "/api/v1/people/u1", None)
        .await
        .problem(404, "not-found");
    let back = json!([{"event": "view", "user_id": "u1", "insert_id": "9"}]);
    server.track(WRITE_KEY, &back).await;
    let person = server.get("/api/v1/people/u1").await.expect(200);
    assert_eq!(
        (&person["events"], &person["properties"]),
        (&json!(1), &json!({}))
    );
    let suppress = "/api/v1/people/u1?suppress=true";
    assert_eq!(server.call("DELETE", suppress, None).await.status, 204);
    let back = json!([{"event": "view", "user_id": "u1", "insert_id": "10"}]);
    server.track(WRITE_KEY, &back).await;
    server
        .get("/api/v1/people/u1")
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn brazes_requests_take_effect() {
    let server = with_people().await;
    let merge = json!({"merge_updates": [{"identifier_to_merge": {"external_id": "u1"}, "identifier_to_keep": {"external_id": "u2"}}]});
    told(&server, "/users/merge", merge).await;
    assert_eq!(people(&server).await, ["anonymous", "u2"]);
    let rename =
        json!({"external_id_renames": [{"current_external_id": "u2", "new_external_id": "u3"}]});
    told(&server, "/users/external_ids/rename", rename).await;
    assert_eq!(people(&server).await, ["anonymous", "u3"]);
    let alias = |name: &str| json!({"alias_label": "crm", "alias_name": name});
    told(&server, "/users/track", json!({"events": [{"user_alias": alias("7"), "name": "view", "time": "2026-03-10T08:00:00Z"}]})).await;
    let update = json!({"alias_updates": [{"alias_label": "crm", "old_alias_name": "7", "new_alias_name": "8"}]});
    told(&server, "/users/alias/update", update).await;
    let identify =
        json!({"aliases_to_identify": [{"external_id": "u3", "user_alias": alias("8")}]});
    told(&server, "/users/identify", identify).await;
    let person = server.get("/api/v1/people/u3").await.expect(200);
    assert_eq!(person["events"], 4, "{person}");
    told(&server, "/users/delete", json!({"external_ids": ["u3"]})).await;
    assert_eq!(people(&server).await, ["anonymous"]);
}

#[tokio::test]
async fn amplitudes_user_map_counts_together_until_it_is_unmapped() {
    let server = with_people().await;
    let map = json!({"api_key": WRITE_KEY, "mapping": [{"user_id": "u1", "global_user_id": "u2"}]});
    told(&server, "/usermap", map).await;
    assert_eq!(people(&server).await, ["anonymous", "u2"]);
    let person = server.get("/api/v1/people/u2").await.expect(200);
    assert_eq!(
        (&person["events"], &person["properties"]),
        (&json!(3), &json!({"plan": "pro"}))
    );
    let unmap = json!({"api_key": WRITE_KEY, "mapping": [{"user_id": "u1", "unmap": true}]});
    told(&server, "/usermap", unmap).await;
    assert_eq!(people(&server).await, ["anonymous", "u1", "u2"]);
}

#[tokio::test]
async fn a_question_pins_a_version_of_the_people() {
    let server = with_people().await;
    let query = |version: Option<&Value>| {
        let mut query = json!({"kind": "segmentation", "range": {"last": 7, "unit": "day"}, "interval": "day",
            "series": [{"select": {"event": "view"}, "measure": "people"}]});
        if let Some(version) = version {
            query["people_version"] = version.clone();
        }
        query
    };
    let total = |answer: &Value| answer["result"]["series"][0]["total"].clone();
    let before = server.post("/api/v1/query", query(None)).await.expect(200);
    assert_eq!(total(&before)["value"], 3);
    let merge = json!({"into": "u2", "reason": "one customer"});
    server
        .post("/api/v1/people/u1/merge", merge)
        .await
        .expect(200);
    let after = server.post("/api/v1/query", query(None)).await.expect(200);
    assert_eq!(total(&after)["value"], 2);
    assert_ne!(after["people_version"], before["people_version"]);
    let pinned = query(Some(&before["people_version"]));
    let pinned = server.post("/api/v1/query", pinned).await.expect(200);
    assert_eq!(total(&pinned)["value"], 3);
    assert_eq!(pinned["people_version"], before["people_version"]);
    let body = json!({"cell": total(&pinned)["cell"]});
    let listed = server.post("/api/v1/people/list", body).await.expect(200);
    assert_eq!(listed["total"], 3);
    let wrong = query(Some(&json!(-1)));
    let problem = server.post("/api/v1/query", wrong).await;
    let problem = problem.problem(422, "invalid-field");
    assert_eq!(problem["errors"][0]["pointer"], "/people_version");
}

#[tokio::test]
async fn a_workspace_decides_its_rules() {
    let server = with_people().await;
    let path = "/api/v1/identity";
    let rules = server.get(path).await.expect(200);
    let expected = json!({"device_rule": "last_user", "profile_rule": "identified_wins", "devices_per_week": null, "blocked": []});
    assert_eq!(rules, expected);
    let patch = json!({"device_rule": "until_reset", "devices_per_week": 5, "blocked": ["qa-.*"]});
    let changed = server.call("PATCH", path, Some(patch)).await.expect(200);
    assert_eq!(
        (&changed["device_rule"], &changed["devices_per_week"]),
        (&json!("until_reset"), &json!(5))
    );
    assert_eq!(server.get(path).await.expect(200), changed);
    let event = json!([{"event": "view", "user_id": "qa-1", "device_id": "dq", "insert_id": "20"}]);
    server.track(WRITE_KEY, &event).await;
    server
        .get("/api/v1/people/qa-1")
        .await
        .problem(404, "not-found");
    server.get("/api/v1/people/dq").await.expect(200);
    for (patch, pointer) in [
        (json!({"device_rule": "x"}), "/device_rule"),
        (json!({"profile_rule": "x"}), "/profile_rule"),
        (json!({"devices_per_week": 501}), "/devices_per_week"),
        (json!({"blocked": ["ok", "("]}), "/blocked/1"),
    ] {
        let problem = server.call("PATCH", path, Some(patch)).await;
        let problem = problem.problem(422, "invalid-field");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
}
