//! The console's files, embedded in the binary.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "$GYRE_CONSOLE_FILES"]
struct Files;

/// Answers `GET` of any path that is no API: a file of the console, or its page, which routes by itself.
pub(crate) fn serve(path: &str, headers: &HeaderMap) -> Response {
    let name = path.trim_start_matches('/');
    match Files::get(name) {
        Some(file) if !name.is_empty() => answer(name, &file, headers),
        _ if name.starts_with("assets/") => Problem::no_route().into_response(),
        _ => match Files::get("index.html") {
            Some(file) => answer("index.html", &file, headers),
            None => Problem::no_route().into_response(),
        },
    }
}

fn answer(name: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|it| it.to_str().ok());
    let is_known = known.is_some_and(|it| it.split(',').any(|one| one.trim() == etag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data.to_vec()))
    };
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = match kind.type_().as_str() {
        "text" => format!("{kind}; charset=utf-8"),
        _ => kind.to_string(),
    };
    // files below assets/ carry a hash of their content in their name
    let cache = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind.as_str()),
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, cache),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}
