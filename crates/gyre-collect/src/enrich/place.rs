//! Country, region and city of an address, from a database of MaxMind's format that the operator supplies.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use gyre_base::{Blame, Failure};
use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

/// Largest file that is read: GeoLite2 City has 60 MB, GeoIP2 Enterprise some 500 MB.
const FILE_BYTES_MAX: u64 = 2 << 30;

/// A database of places, in memory.
pub struct PlaceDatabase {
    reader: Reader<Vec<u8>>,
}

impl fmt::Debug for PlaceDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metadata = self.reader.metadata();
        f.debug_struct("PlaceDatabase")
            .field("database_type", &metadata.database_type)
            .field("build_epoch", &metadata.build_epoch)
            .finish_non_exhaustive()
    }
}

/// Why there is no database.
#[derive(Debug, Error)]
pub enum PlaceDatabaseError {
    /// The file cannot be read.
    #[error("failed to read the place database `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is larger than any such database.
    #[error("the place database `{}` has {bytes} bytes, where {FILE_BYTES_MAX} are taken", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// How many.
        bytes: u64,
    },
    /// The file is no database of MaxMind's format.
    #[error("the place database `{}` is not in MaxMind's format", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: MaxMindDbError,
    },
}

impl Failure for PlaceDatabaseError {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "place-database-file",
            Self::TooLarge { .. } => "place-database-too-large",
            Self::Format { .. } => "place-database-format",
        }
    }

    fn blame(&self) -> Blame {
        Blame::Caller
    }
}

/// What such databases have of an address; country databases have only the first.
#[derive(Debug, Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    country: Option<Named<'a>>,
    #[serde(borrow)]
    subdivisions: Option<Vec<Named<'a>>>,
    #[serde(borrow)]
    city: Option<Named<'a>>,
}

#[derive(Debug, Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    names: Option<Names<'a>>,
}

#[derive(Debug, Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl Named<'_> {
    fn name(&self) -> Option<&str> {
        self.names.as_ref()?.en
    }
}

impl PlaceDatabase {
    /// Reads a `.mmdb` file. Blocks; the whole file is kept in memory.
    pub fn open(path: &Path) -> Result<Self, PlaceDatabaseError> {
        let file = |source| PlaceDatabaseError::File {
            path: path.to_owned(),
            source,
        };
        let bytes = std::fs::metadata(path).map_err(file)?.len();
        if bytes > FILE_BYTES_MAX {
            let path = path.to_owned();
            return Err(PlaceDatabaseError::TooLarge { path, bytes });
        }
        let content = std::fs::read(path).map_err(file)?;
        let reader = Reader::from_source(content).map_err(|source| PlaceDatabaseError::Format {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self { reader })
    }

    /// Fills in where the context's `ip` is, if the event does not say where it was.
    pub(super) fn fill(&self, context: &mut Map<String, Value>) {
        let is_told = ["country", "region", "city"]
            .iter()
            .any(|it| context.contains_key(*it));
        let ip = context.get("ip").and_then(Value::as_str);
        let Some(ip) = ip
            .and_then(|it| it.parse::<IpAddr>().ok())
            .filter(|_| !is_told)
        else {
            return;
        };
        // an address that the database does not have, and a record that is none, say nothing
        let found = self.reader.lookup(ip.to_canonical());
        let Some(place) = found
            .ok()
            .and_then(|it| it.decode::<Place<'_>>().ok().flatten())
        else {
            return;
        };
        let region = place.subdivisions.as_deref().and_then(<[_]>::first);
        for (key, named) in [
            ("country", place.country.as_ref()),
            ("region", region),
            ("city", place.city.as_ref()),
        ] {
            if let Some(name) = named.and_then(Named::name) {
                context.insert(key.to_owned(), Value::from(name));
            }
        }
    }
}
