//! Two workspaces on one server see nothing of each other.

use serde_json::{Value, json};

use crate::Server;
use crate::server::WRITE_KEY;

const OTHER: &str = "test-api-key-of-the-other-workspace";

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

#[tokio::test]
async fn nothing_of_one_workspace_is_seen_from_another() {
    let server = Server::start().await;
    let other = server.add_workspace(OTHER).await;
    assert_ne!(other, server.workspace);
    let events = json!([{"event": "purchase", "user_id": "u1", "insert_id": "1"}]);
    server.track(WRITE_KEY, &events).await;

    let audience = json!({"did": {"event": "purchase"}});
    let body = json!({"name": "Buyers", "definition": audience});
    let cohort = server.post("/api/v1/cohorts", body).await.expect(201);
    assert_eq!(cohort["size"], 1, "{cohort}");
    let body = json!({"name": "Spring", "messages": [{"channel": "email", "from": "a@shop.test",
        "subject": "Hi", "html": "<p>Hi</p>"}]});
    let campaign = server.post("/api/v1/campaigns", body).await.expect(201);
    let query = json!({"kind": "segmentation", "range": {"last": 7, "unit": "day"},
        "series": [{"select": {"event": "purchase"}}]});
    let answer = server
        .post("/api/v1/query", query.clone())
        .await
        .expect(200);
    let total = &answer["result"]["series"][0]["total"];
    assert_eq!(total["value"], 1, "{answer}");

    let theirs = async |method: &str, path: &str, body: Option<Value>| {
        server.call_as(OTHER, method, path, body).await
    };
    let cell = json!({"cell": total["cell"]});
    theirs("POST", "/api/v1/people/list", Some(cell))
        .await
        .problem(422, "invalid-field");
    let answer = theirs("POST", "/api/v1/query", Some(query))
        .await
        .expect(200);
    assert_eq!(
        answer["result"]["series"][0]["total"]["value"], 0,
        "{answer}"
    );
    for (path, list) in [
        ("/api/v1/cohorts", "cohorts"),
        ("/api/v1/campaigns", "campaigns"),
        ("/api/v1/people", "people"),
        ("/api/v1/catalog/events", "events"),
        ("/api/v1/quarantine", "rejections"),
        ("/api/v1/events/live", "events"),
    ] {
        let listed = theirs("GET", path, None).await.expect(200);
        assert_eq!(listed[list], json!([]), "{path}");
    }
    let (cohort, campaign) = (id(&cohort), id(&campaign));
    for (method, path) in [
        ("GET", format!("/api/v1/cohorts/{cohort}")),
        ("GET", format!("/api/v1/cohorts/{cohort}/people")),
        ("GET", format!("/api/v1/cohorts/{cohort}/history")),
        ("POST", format!("/api/v1/cohorts/{cohort}/refresh")),
        ("DELETE", format!("/api/v1/cohorts/{cohort}")),
        ("GET", format!("/api/v1/campaigns/{campaign}")),
        ("GET", format!("/api/v1/campaigns/{campaign}/results")),
        ("GET", format!("/api/v1/campaigns/{campaign}/messages")),
        ("POST", format!("/api/v1/campaigns/{campaign}/launch")),
        ("POST", format!("/api/v1/campaigns/{campaign}/archive")),
        ("DELETE", format!("/api/v1/campaigns/{campaign}")),
        ("GET", "/api/v1/people/u1".to_owned()),
        ("GET", "/api/v1/people/~0".to_owned()),
        ("GET", "/api/v1/people/u1/timeline".to_owned()),
        ("GET", "/api/v1/people/u1/links".to_owned()),
        ("DELETE", "/api/v1/people/u1".to_owned()),
    ] {
        theirs(method, &path, None).await.problem(404, "not-found");
    }
    let nested = json!({"definition": {"cohort": cohort}});
    let preview = theirs("POST", "/api/v1/audiences/preview", Some(nested)).await;
    assert!(
        preview.status == 422 || preview.json()["size"] == 0,
        "{}",
        preview.body
    );
    let keys = server.get("/api/v1/keys").await.expect(200);
    let path = format!("/api/v1/keys/{}", id(&keys["keys"][0]));
    theirs("DELETE", &path, None)
        .await
        .problem(404, "not-found");
    server
        .get(&format!("/api/v1/cohorts/{cohort}"))
        .await
        .expect(200);
    server
        .get(&format!("/api/v1/campaigns/{campaign}"))
        .await
        .expect(200);
}
