//! What happens around every request: its id, deadline, log line, metrics and security headers.

use std::panic::AssertUnwindSafe;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::{Either, select};
use gyre_base::SECOND_MS;
use tracing::Instrument;
use uuid::Uuid;

use crate::problem::Problem;
use crate::routes::imports::UPLOAD_PATH;
use crate::state::ApiState;

/// Longest time an API request may take.
const DEADLINE_MS: i64 = 120 * SECOND_MS;

/// Header that names the request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the console's pages may load: their own files only. Styles of chart tooltips and editors are inline.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// The outermost layer: names, times, logs and counts a request, and finishes its problem.
pub(crate) async fn around(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = Uuid::new_v4().simple().to_string();
    let started = state.clock().now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str);
    let route = route.to_owned();
    let span = tracing::info_span!("request", id = request_id, %method, route);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = answer.instrument(span.clone()).await.unwrap_or_else(|_| {
        state.metrics().panicked();
        let detail = "something went wrong here; the request id leads to it in the server's log";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "panic", detail).into_response()
    });
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id.clone_from(&request_id);
        response = problem.into_response();
        response.extensions_mut().remove::<Problem>();
    }
    let elapsed_ms = state.clock().now().since(started);
    let status = response.status().as_u16();
    state
        .metrics()
        .answered(&route, method.as_str(), status, elapsed_ms);
    span.in_scope(|| match status {
        500.. => tracing::warn!(status, elapsed_ms, "answered"),
        400.. => tracing::info!(status, elapsed_ms, "answered"),
        // what went well comes by the thousand; metrics count it
        _ => tracing::debug!(status, elapsed_ms, "answered"),
    });
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    secure(&mut response);
    response
}

/// Headers that keep pages from being misused; what a handler set itself stands.
fn secure(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONSOLE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// The layer of the API: a deadline, and answers that no cache keeps.
pub(crate) async fn around_api(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = if request.uri().path() == UPLOAD_PATH {
        // as long as bytes come: see its handler
        next.run(request).await
    } else {
        let deadline = state.clock().sleep_ms(DEADLINE_MS);
        match select(Box::pin(next.run(request)), deadline).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => {
                let detail = "the answer took too long and was given up";
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "deadline", detail).into_response()
            }
        }
    };
    let no_store = HeaderValue::from_static("no-store");
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}

/// Answer to a method that a route does not have.
pub(crate) async fn no_method(method: Method) -> Problem {
    let detail = format!("{method} is not possible here");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no-method", detail)
}
