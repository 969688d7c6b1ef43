//! The contract, the console's files, health and metrics.

use axum::body::Body;
use axum::http::{Request, header};

use crate::Server;

#[tokio::test]
async fn the_contract_is_served_as_it_is_checked_in() {
    let server = Server::start().await;
    let request = Request::get("/api/v1/openapi.json")
        .body(Body::empty())
        .unwrap();
    let answer = server.send(request).await;
    assert_eq!(answer.expect(200), gyre_api::openapi());
}

#[tokio::test]
async fn pages_are_the_consoles_and_guarded() {
    let server = Server::start().await;
    let page = server.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
    assert_eq!(
        page.header(&header::CONTENT_TYPE),
        "text/html; charset=utf-8"
    );
    assert_eq!(page.header(&header::CACHE_CONTROL), "no-cache");
    assert_eq!(page.header(&header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(page.header(&header::REFERRER_POLICY), "same-origin");
    let policy = page.header(&header::CONTENT_SECURITY_POLICY);
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    let deep = server.get("/campaigns/17").await;
    assert_eq!(
        (deep.status.as_u16(), &deep.body),
        (200, &page.body),
        "it routes by itself"
    );
    let known = Request::get("/").header(header::IF_NONE_MATCH, page.header(&header::ETAG));
    let known = server.send(known.body(Body::empty()).unwrap()).await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (304, ""));
}

#[tokio::test]
async fn answers_of_the_api_are_kept_by_no_cache() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/workspace").await;
    assert_eq!(answer.header(&header::CACHE_CONTROL), "no-store");
    assert_eq!(answer.header(&header::X_CONTENT_TYPE_OPTIONS), "nosniff");
}

#[tokio::test]
async fn health_and_metrics_are_open() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.body, "ok\n");
    assert_eq!(server.get("/readyz").await.body, "ready\n");
    server.get("/api/v1/cohorts/x").await;
    let metrics = server.get("/metrics").await;
    let expected =
        "gyre_http_requests_total{method=\"GET\",route=\"/api/v1/cohorts/{id}\",status=\"404\"} 1";
    assert!(metrics.body.contains(expected), "{}", metrics.body);
}

#[tokio::test]
async fn a_tracking_link_that_is_not_ours_leads_nowhere() {
    let server = Server::start().await;
    for path in ["/t/c/made-up", "/t/o/made-up.gif", "/t/u/made-up"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header(&header::LOCATION), "");
    }
}
