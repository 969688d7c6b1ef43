//! Ids in paths: one that is none names nothing.

use std::str::FromStr;

use axum::http::StatusCode;

use crate::problem::Problem;

/// The id in a path.
pub(crate) fn read_id<T: FromStr>(what: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        let detail = format!("there is no {what} `{text}`");
        Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
    })
}
