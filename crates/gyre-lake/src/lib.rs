//! Event segments: columns sorted by bucket, event, node and time; written as Parquet, read through a cache.
//!
//! A segment's rows stand in **buckets** of 4,096 identity nodes ([`bucket_of`]); inside a bucket they are
//! sorted by event name, node, time and the tie-breakers of the total order. Recent events are segments in
//! memory with the same order, so a query sees one shape. Which segments exist is said by the manifest in
//! SQL, not here. This crate knows events and columns, but no chart and no person.

mod cache;
mod column;
mod columns;
mod lookup;
mod merge;
mod names;
mod parquet_file;
mod row;
mod segment;
mod store;

pub use cache::ColumnCache;
pub use column::{ColumnData, NULL_CODE};
pub use columns::{Columns, Run};
pub use lookup::{LookupColumn, LookupTable, LookupType, lookup_key};
pub use names::{EventId, Names};
pub use row::{ColumnNames, NO_NODE, Row, RowValue};
pub use segment::{Chunk, Segment};
pub use store::{LakeStore, LakeView, PendingFile, SegmentFile};

/// Nodes per bucket: their people's state (a few words each) stays in a core's cache.
pub const BUCKET_NODES: u32 = 1 << BUCKET_BITS;
/// Binary logarithm of [`BUCKET_NODES`].
pub const BUCKET_BITS: u32 = 12;

/// Bucket of a node. Node numbers are dense and given in order of arrival, so a range is as even as a hash
/// and keeps people who arrived together in few row groups.
pub const fn bucket_of(node: u32) -> u32 {
    node >> BUCKET_BITS
}

/// What can go wrong with segments.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A file could not be read or written.
    #[error("failed to {action} segment file `{path}`")]
    File {
        /// What was attempted.
        action: &'static str,
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A Parquet file could not be encoded or decoded.
    #[error("failed to {action} Parquet data of `{path}`")]
    Parquet {
        /// What was attempted.
        action: &'static str,
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A file is not what its manifest says.
    #[error("segment file `{path}` is damaged: {detail}")]
    Damaged {
        /// Which file.
        path: String,
        /// How.
        detail: String,
    },
}

impl gyre_base::Failure for LakeError {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "segment-file",
            Self::Parquet { .. } => "segment-parquet",
            Self::Damaged { .. } => "segment-damaged",
        }
    }
}
