//! Whether this process lives, is ready, and what it counts.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gyre_base::failure::error_chain;

use crate::state::ApiState;

/// `GET /healthz`: the process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers and charts show what was acknowledged before the start.
pub(crate) async fn readyz(State(state): State<ApiState>) -> (StatusCode, &'static str) {
    if let Err(error) = state.app().store_ping().await {
        tracing::warn!(error = error_chain(&error), "the store does not answer");
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        );
    }
    if !state.app().engine().is_caught_up() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "catching up with the log\n",
        );
    }
    (StatusCode::OK, "ready\n")
}

/// `GET /metrics`: everything counted, for Prometheus.
pub(crate) async fn metrics(State(state): State<ApiState>) -> Response {
    match state.metrics().text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!(error = error.to_string(), "failed to write the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
