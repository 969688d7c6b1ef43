//! Tracking addresses of messages: opens, clicks, opt-outs.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gyre_app::tracking::{TrackingRequest, Visitor};
use gyre_base::limits;

use crate::body::read_body;
use crate::state::ApiState;

/// Hands a request to tracking and shows its answer.
pub(crate) async fn track(State(state): State<ApiState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let clock = state.clock().as_ref();
    let Ok(body) = read_body(body, limits::TRACKING_BODY_BYTES_MAX, clock).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let purposes = ["sec-purpose", "purpose", "x-moz"];
    let request = TrackingRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        visitor: Visitor {
            user_agent: text(&parts.headers, "user-agent"),
            purpose: purposes.iter().find_map(|it| text(&parts.headers, it)),
            is_head: parts.method == axum::http::Method::HEAD,
        },
        accept_language: text(&parts.headers, "accept-language"),
        body: &body,
    };
    let answer = state.tracking().handle(request).await;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
