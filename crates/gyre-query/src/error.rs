//! What can go wrong with a query.

use gyre_base::{Blame, Failure};
use gyre_model::FieldError;

/// A query that gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question itself is wrong.
    #[error("{0}")]
    Field(FieldError),
    /// A segment could not be read.
    #[error("failed to read events")]
    Lake(#[from] gyre_lake::LakeError),
    /// The plan failed.
    #[error("failed to run the query")]
    Plan(#[source] datafusion_common::DataFusionError),
    /// The caller went away.
    #[error("the query was cancelled")]
    Cancelled,
    /// A bound was reached; the answer would have been cut.
    #[error("{detail}")]
    TooLarge {
        /// Which bound, and what to change.
        detail: String,
    },
}

impl From<FieldError> for QueryError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl Failure for QueryError {
    fn code(&self) -> &'static str {
        match self {
            Self::Field(_) => "invalid-query",
            Self::Lake(_) => "events-unreadable",
            Self::Plan(_) => "query-failed",
            Self::Cancelled => "query-cancelled",
            Self::TooLarge { .. } => "query-too-large",
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Field(_) | Self::TooLarge { .. } | Self::Cancelled => Blame::Caller,
            Self::Lake(_) | Self::Plan(_) => Blame::Us,
        }
    }
}
