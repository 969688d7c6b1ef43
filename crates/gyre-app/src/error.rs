//! Why a use case failed.

use gyre_base::{Blame, Failure, Retry};
use gyre_deliver::DeliverError;
use gyre_import::ImportFailure;
use gyre_meta::MetaError;
use gyre_model::FieldError;
use gyre_query::QueryError;

use crate::auth::AuthError;
use crate::engine::EngineError;
use crate::imports::{DiskError, ObjectError};

/// A use case that failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A field of the request is wrong.
    #[error("{0}")]
    Field(FieldError),
    /// There is no such thing in this workspace.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What was asked for.
        what: &'static str,
        /// By which id.
        id: String,
    },
    /// The thing is not in a state that allows it.
    #[error("{detail}")]
    Conflict {
        /// Stable kebab-case name.
        code: &'static str,
        /// What stands in the way.
        detail: String,
    },
    /// The engine failed.
    #[error("failed to use the engine")]
    Engine(#[source] EngineError),
    /// A secret could not be made or checked.
    #[error("failed to make or check a secret")]
    Auth(#[source] AuthError),
    /// The store failed.
    #[error("failed to use the store")]
    Meta(#[source] MetaError),
    /// A channel or the inbox failed.
    #[error("failed to use the channel")]
    Deliver(#[source] DeliverError),
    /// A file of an import could not be kept.
    #[error("failed to use the folder of imports")]
    Disk(#[from] DiskError),
    /// A file cannot be imported.
    #[error("cannot import it: {0}")]
    Import(#[from] ImportFailure),
    /// Objects to be imported could not be had.
    #[error("cannot read the source: {0}")]
    Objects(#[from] ObjectError),
}

impl AppError {
    /// There is no such thing.
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound {
            what,
            id: id.into(),
        }
    }
}

impl From<FieldError> for AppError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<EngineError> for AppError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Query(it) => it.into(),
            other => Self::Engine(other),
        }
    }
}

impl From<QueryError> for AppError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Field(it) => Self::Field(it),
            QueryError::TooLarge { detail } => Self::Conflict {
                code: "query-too-large",
                detail,
            },
            other => Self::Engine(EngineError::Query(other)),
        }
    }
}

impl From<AuthError> for AppError {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl From<MetaError> for AppError {
    fn from(error: MetaError) -> Self {
        Self::Meta(error)
    }
}

impl Failure for AppError {
    fn code(&self) -> &'static str {
        match self {
            Self::Field(_) => "invalid-field",
            Self::NotFound { .. } => "not-found",
            Self::Conflict { code, .. } => code,
            Self::Engine(it) => it.code(),
            Self::Auth(it) => it.code(),
            Self::Meta(it) => it.code(),
            Self::Deliver(it) => it.code(),
            Self::Disk(it) => it.code(),
            Self::Import(it) => it.code(),
            Self::Objects(it) => it.code(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Field(_) | Self::NotFound { .. } | Self::Conflict { .. } => Retry::Never,
            Self::Engine(it) => it.retry(),
            Self::Auth(it) => it.retry(),
            Self::Meta(it) => it.retry(),
            Self::Deliver(it) => it.retry(),
            Self::Disk(it) => it.retry(),
            Self::Import(it) => it.retry(),
            Self::Objects(it) => it.retry(),
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Field(_) | Self::NotFound { .. } | Self::Conflict { .. } => Blame::Caller,
            Self::Engine(it) => it.blame(),
            Self::Auth(it) => it.blame(),
            Self::Meta(it) => it.blame(),
            Self::Deliver(it) => it.blame(),
            Self::Disk(it) => it.blame(),
            Self::Import(it) => it.blame(),
            Self::Objects(it) => it.blame(),
        }
    }
}
