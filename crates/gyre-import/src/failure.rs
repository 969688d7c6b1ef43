//! Why a file as a whole could not be read.

use gyre_base::{Blame, Failure, Retry};

use crate::format::Format;

/// Why a file could not be read; what is wrong with one row is a [`crate::Fault`].
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    /// Reading failed, or what was packed is damaged.
    #[error("cannot read it")]
    Read(#[from] std::io::Error),
    /// A damaged archive.
    #[error("cannot read it as a zip archive")]
    Zip(#[from] zip::result::ZipError),
    /// A damaged Parquet file.
    #[error("cannot read it as Parquet: {0}")]
    Parquet(String),
    /// A mapping that is no mapping.
    #[error("the map is wrong: {0}")]
    Map(String),
    /// The header lacks a column that the map names.
    #[error("it has no column `{column}`, which the map names as `{field}`; it has {present}")]
    Column {
        /// Which column.
        column: String,
        /// The map's field that names it.
        field: String,
        /// The columns that are there.
        present: String,
    },
    /// A table without a map.
    #[error("{0} needs a map that says which column is what")]
    MapMissing(Format),
    /// A map for a format whose fields are known.
    #[error("{0} needs no map: its fields are known")]
    MapUnwanted(Format),
    /// The content is not what the format says, or nothing that is known.
    #[error("{0}")]
    Format(String),
}

impl Failure for ImportFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "unreadable-file",
            Self::Zip(_) | Self::Parquet(_) => "damaged-file",
            Self::Map(_) | Self::MapMissing(_) | Self::MapUnwanted(_) => "bad-import-map",
            Self::Column { .. } => "missing-column",
            Self::Format(_) => "unknown-file-format",
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }

    fn blame(&self) -> Blame {
        Blame::Caller
    }
}
