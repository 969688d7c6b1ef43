//! Why a read is not answered, before it is said in a product's words.

use axum::http::StatusCode;
use gyre_base::Failure;
use gyre_base::failure::error_chain;

/// A read that is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// Stable name.
    pub(super) kind: &'static str,
    /// What is wrong, for a person.
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
        }
    }

    /// A parameter is missing or cannot be read.
    pub(super) fn bad(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, message)
    }

    /// An error of ours: logged here, once, with its sources; the caller learns nothing of it.
    pub(super) fn internal(error: &(impl Failure + 'static)) -> Self {
        tracing::error!(
            error = error_chain(error),
            code = error.code(),
            "a read failed"
        );
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            error.code(),
            "something went wrong here",
        )
    }
}
