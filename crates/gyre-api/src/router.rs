//! All routes in one router.

use std::sync::OnceLock;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use gyre_collect::Collector;

use crate::openapi::openapi;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::{collect, compat, console, health, layers, routes, track};

/// The server's whole surface.
pub fn router(state: ApiState) -> Router {
    let (api, _) = routes::all().split_for_parts();
    let api = api
        .route("/api/v1/openapi.json", get(contract))
        .layer(from_fn_with_state(state.clone(), layers::around_api));
    Router::new()
        .merge(api)
        .route("/t/{kind}/{token}", any(track::track))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(everything_else)
        .method_not_allowed_fallback(layers::no_method)
        .layer(from_fn_with_state(state.clone(), layers::around))
        .with_state(state)
}

async fn contract() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| openapi().to_string());
    let mut response = text.as_str().into_response();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// What no route takes: events in any dialect, reads in other products' words, else a page or file of the console.
async fn everything_else(State(state): State<ApiState>, request: Request) -> Response {
    let path = request.uri().path();
    if let Some(read) = compat::read_at(path) {
        return compat::answer(&state, read, request).await;
    }
    if Collector::takes(path) {
        return collect::collect(&state, request).await;
    }
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_ours = ["/api/", "/t/"].iter().any(|it| path.starts_with(it));
    if !is_page || is_ours || path == "/api" {
        return Problem::no_route().into_response();
    }
    console::serve(path, request.headers())
}
