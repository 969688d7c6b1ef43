//! What goes wrong, and what nobody may learn from it.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use futures::stream;
use serde_json::json;

use crate::server::API_KEY;
use crate::{Answer, Server};

fn post(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {API_KEY}"))
        .header(header::CONTENT_TYPE, kind)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_body_that_cannot_be_read_says_why() {
    let server = Server::start().await;
    let path = "/api/v1/keys";
    let answer = server.send(post(path, "text/plain", "{}")).await;
    answer.problem(415, "not-json");
    let answer = server
        .send(post(path, "application/json", "{\"kind\": "))
        .await;
    answer.problem(400, "invalid-json");
    let answer = server.post(path, json!({"kind": "api"})).await;
    let problem = answer.problem(422, "invalid-field");
    assert_eq!(problem["errors"][0]["pointer"], "/name", "{problem}");
    let answer = server
        .post(path, json!({"kind": "api", "name": "x", "nmae": 1}))
        .await;
    let problem = answer.problem(422, "invalid-field");
    assert_eq!(problem["errors"][0]["pointer"], "/nmae", "{problem}");
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(3 * 1024 * 1024));
    let answer = server.send(post(path, "application/json", large)).await;
    answer.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_definition_that_is_wrong_is_pointed_at() {
    let server = Server::start().await;
    let query = json!({"kind": "funnel", "range": {"last": 7, "unit": "day"},
        "steps": [{"event": "A"}, {"event": "B", "where": {"property": "event.x", "op": "wat"}}]});
    let problem = server
        .post("/api/v1/query", query)
        .await
        .problem(422, "invalid-field");
    assert_eq!(
        problem["errors"][0]["pointer"], "/steps/1/where/op",
        "{problem}"
    );
    let body = json!({"name": "x", "definition": {"dit": {"event": "A"}}});
    let problem = server
        .post("/api/v1/cohorts", body)
        .await
        .problem(422, "invalid-field");
    assert!(
        problem["errors"][0]["pointer"]
            .as_str()
            .unwrap()
            .starts_with("/definition")
    );
    let body = json!({"name": "x"});
    server
        .post("/api/v1/cohorts", body)
        .await
        .problem(422, "invalid-field");
    let body = json!({"name": "x", "messages": [{"channel": "sms"}]});
    let problem = server
        .post("/api/v1/campaigns", body)
        .await
        .problem(422, "invalid-request");
    assert_eq!(
        problem["errors"][0]["pointer"], "/messages/0/channel",
        "{problem}"
    );
    let body = json!({"template": "{{ a"});
    let problem = server
        .post("/api/v1/templates/render", body)
        .await
        .problem(422, "template-invalid");
    assert_eq!(problem["errors"][0]["line"], 1, "{problem}");
    server
        .get("/api/v1/people?limit=0")
        .await
        .problem(422, "invalid-field");
    server
        .get("/api/v1/people?limit=x")
        .await
        .problem(400, "invalid-query");
    server
        .get("/api/v1/people?lim=1")
        .await
        .problem(400, "invalid-query");
    server
        .get("/api/v1/people?cursor=x")
        .await
        .problem(422, "invalid-field");
    let patch = json!({"timezone": "Asia/Soul"});
    let problem = server.call("PATCH", "/api/v1/workspace", Some(patch)).await;
    assert_eq!(
        problem.problem(422, "invalid-field")["errors"][0]["pointer"],
        "/timezone"
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::start().await;
    for path in [
        "/api/v1/cohorts/x",
        "/api/v1/cohorts/00000000-0000-0000-0000-000000000000",
        "/api/v1/campaigns/00000000-0000-0000-0000-000000000000",
        "/api/v1/campaigns/00000000-0000-0000-0000-000000000000/results",
        "/api/v1/messages/00000000-0000-0000-0000-000000000000",
        "/api/v1/people/nobody",
        "/api/v1/people/nobody/timeline",
        "/api/v1/inbox",
        "/api/v1/inbox/x/html",
    ] {
        server.get(path).await.problem(404, "not-found");
    }
    for path in [
        "/api",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v2/query",
        "/assets/none.js",
        "/t/x",
    ] {
        server.get(path).await.problem(404, "no-route");
    }
    server
        .call("POST", "/nothing", None)
        .await
        .problem(404, "no-route");
    server
        .call("DELETE", "/api/v1/query", None)
        .await
        .problem(405, "no-method");
}

#[tokio::test]
async fn a_failure_of_ours_leaks_nothing() {
    let server = Server::start().await;
    server.meta.close().await;
    let answer = server.get("/api/v1/keys").await;
    let problem = answer.problem(503, "database-unavailable");
    for word in ["pool", "sqlite", "closed", "select", "meta.db"] {
        assert!(!answer.body.to_lowercase().contains(word), "{problem}");
    }
    assert_eq!(answer.header(&header::RETRY_AFTER), "2");
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/healthz").await.status, 200);
}

/// The answer to a request whose body never ends, after `deadlines` of them wait and a minute has passed.
async fn sent_slowly(server: &Server, path: &str, deadlines: usize) -> Answer {
    let forever = stream::pending::<Result<Bytes, Infallible>>();
    let request = post(path, "application/json", Body::from_stream(forever));
    let before = server.clock.sleepers();
    let (answer, ()) = tokio::join!(server.send(request), async {
        while server.clock.sleepers() < before + deadlines {
            tokio::task::yield_now().await;
        }
        server.clock.advance_ms(61_000).await;
    });
    answer
}

#[tokio::test]
async fn a_client_that_sends_too_slowly_is_not_waited_for() {
    let server = Server::start().await;
    // the API has a deadline for the whole request too
    let answer = sent_slowly(&server, "/api/v1/keys", 2).await;
    answer.problem(408, "body-too-slow");
    for (path, body) in [
        (
            "/v1/events",
            r#"{"error":"request_timeout","error_description":"the body did not arrive in time"}"#,
        ),
        // its Python library reads the body and no status
        (
            "/2/httpapi",
            r#"{"code":408,"error":"the body did not arrive in time"}"#,
        ),
        ("/e/", "the body did not arrive in time"),
    ] {
        let answer = sent_slowly(&server, path, 1).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (408, body),
            "{path}"
        );
    }
    let answer = sent_slowly(&server, "/users/export/ids", 1).await;
    assert_eq!(
        answer.expect(408)["message"],
        "the body did not arrive in time"
    );
}
