//! Signing in, cookies, CSRF, keys, throttle.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::server::{API_KEY, WRITE_KEY};
use crate::{Answer, Server};

async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    let request = Request::post("/api/v1/session")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.unwrap()).await
}

async fn with_cookie(
    server: &Server,
    method: &str,
    path: &str,
    cookie: &str,
    csrf: Option<&str>,
    body: Value,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(csrf) = csrf {
        request = request.header("x-csrf-token", csrf);
    }
    server
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

#[tokio::test]
async fn nothing_of_the_api_is_open_to_strangers() {
    let server = Server::start().await;
    let contract = gyre_api::openapi();
    let mut count = 0;
    for (path, item) in contract["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if path == "/api/v1/session" && method == "post" {
                continue;
            }
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path.replace("{id}", "x"))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from("{}"));
            let answer = server.send(request.unwrap()).await;
            answer.problem(401, "not-signed-in");
            count += 1;
        }
    }
    assert!(count > 45, "{count} operations");
}

#[tokio::test]
async fn a_session_begins_lasts_and_ends() {
    let server = Server::start().await;
    sign_in(&server, "kim@shop.test", "wrong")
        .await
        .problem(401, "invalid-credentials");
    sign_in(&server, "lee@shop.test", "right")
        .await
        .problem(401, "invalid-credentials");

    let answer = sign_in(&server, "Kim@Shop.test", "right").await;
    let cookie = answer.header(&header::SET_COOKIE).to_owned();
    for part in [
        "gyre_session=",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
        "; Secure",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = answer.expect(200);
    assert_eq!(session["user"]["email"], "kim@shop.test");
    assert_eq!(session["user"]["role"], "admin");
    assert_eq!(session["workspace"]["timezone"], "Asia/Seoul");
    assert_eq!(session["workspace"]["week_start"], "monday");
    assert_eq!(session["features"], json!({"inbox": false, "demo": false}));
    let csrf = session["csrf"].as_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();

    let shown = with_cookie(&server, "GET", "/api/v1/session", cookie, None, Value::Null).await;
    assert_eq!(shown.expect(200), session);
    let patch = json!({"currency": "USD"});
    for wrong in [None, Some("made up")] {
        let path = "/api/v1/workspace";
        let answer = with_cookie(&server, "PATCH", path, cookie, wrong, patch.clone()).await;
        answer.problem(403, "csrf");
    }
    let path = "/api/v1/workspace";
    let changed = with_cookie(&server, "PATCH", path, cookie, Some(csrf), patch).await;
    assert_eq!(changed.expect(200)["currency"], "USD");

    let path = "/api/v1/session";
    with_cookie(&server, "DELETE", path, cookie, None, Value::Null)
        .await
        .problem(403, "csrf");
    let out = with_cookie(&server, "DELETE", path, cookie, Some(csrf), Value::Null).await;
    assert_eq!(out.status, 204);
    assert!(out.header(&header::SET_COOKIE).contains("Max-Age=0"));
    let gone = with_cookie(&server, "GET", path, cookie, None, Value::Null).await;
    gone.problem(401, "not-signed-in");
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let server = Server::start().await;
    for _ in 0..5 {
        sign_in(&server, "kim@shop.test", "wrong")
            .await
            .problem(401, "invalid-credentials");
    }
    let answer = sign_in(&server, "kim@shop.test", "right").await;
    answer.problem(429, "too-many-attempts");
    assert_eq!(answer.header(&header::RETRY_AFTER), "901");
    server.clock.advance_ms(15 * 60_000).await;
    sign_in(&server, "kim@shop.test", "right").await.expect(200);
}

#[tokio::test]
async fn keys_are_made_shown_once_and_revoked() {
    let server = Server::start().await;
    server
        .call_as("nonsense", "GET", "/api/v1/keys", None)
        .await
        .problem(401, "invalid-key");
    server
        .call_as(WRITE_KEY, "GET", "/api/v1/keys", None)
        .await
        .problem(401, "invalid-key");
    let session = server.get("/api/v1/session").await.expect(200);
    assert_eq!(
        (&session["user"], &session["csrf"]),
        (&Value::Null, &json!(""))
    );

    let made = server
        .post("/api/v1/keys", json!({"kind": "api", "name": " ci "}))
        .await
        .expect(201);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("gyre_api_"), "{made}");
    assert_eq!(made["name"], "ci");
    assert!(
        secret.starts_with(made["prefix"].as_str().unwrap()),
        "{made}"
    );
    server
        .call_as(secret, "GET", "/api/v1/workspace", None)
        .await
        .expect(200);
    let listed = server.get("/api/v1/keys").await;
    assert!(!listed.body.contains(secret) && !listed.body.contains(API_KEY));
    assert_eq!(listed.json()["keys"].as_array().unwrap().len(), 3);

    let path = format!("/api/v1/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(server.call("DELETE", &path, None).await.status, 204);
    server
        .call_as(secret, "GET", "/api/v1/workspace", None)
        .await
        .problem(401, "invalid-key");
    let listed = server.get("/api/v1/keys").await.expect(200);
    let mut keys = listed["keys"].as_array().unwrap().iter();
    let revoked = keys.find(|it| it["id"] == made["id"]).unwrap();
    assert_eq!(revoked["revoked_at"], "2026-03-10T09:00:00.000Z");
    server
        .call("DELETE", "/api/v1/keys/none", None)
        .await
        .problem(404, "not-found");
}
