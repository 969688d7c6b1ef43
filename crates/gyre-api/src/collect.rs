//! Collect endpoints: HTTP to the collector and back.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gyre_base::limits;
use gyre_collect::{Answer, Incoming};

use crate::body::{BodyError, read_body};
use crate::client::ClientIp;
use crate::state::ApiState;

/// Hands a request to the collector.
pub(crate) async fn collect(state: &ApiState, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_behind_proxy = state.config().is_behind_proxy;
    let ip = ClientIp::read(&parts.headers, &parts.extensions, is_behind_proxy);
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        // a header that is no text means nothing to any dialect
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let mut incoming = Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Bytes::new(),
        peer_ip: ip.0,
    };
    let clock = state.clock().as_ref();
    match read_body(body, limits::BODY_BYTES_MAX, clock).await {
        Ok(body) => {
            incoming.body = body;
            answer(state.collector().handle(incoming).await)
        }
        Err(BodyError::TooLarge) => answer(state.collector().refuse_too_large(&incoming)),
        Err(BodyError::TooSlow) => answer(state.collector().refuse_too_slow(&incoming)),
        Err(BodyError::Broken) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn answer(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
    }
    response
}
