//! What a reader hands on: an event as a line of JSON, or what is wrong with a row.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::Digest;

/// Longest text of a bad row that is kept for the person who repairs it; a row of a till is under 1 KB.
pub const RAW_BYTES_MAX: usize = 64 * 1024;
/// Longest name of a file or a part inside an insert id: two of them, the row and the hash stay under 1,024 bytes.
const NAME_BYTES_MAX: usize = 300;

/// Where a row stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Rows of the whole file up to and with this one, from 1: what an interrupted import counts by.
    pub ordinal: u64,
    /// The file inside an archive.
    pub part: Option<Arc<str>>,
    /// Line of the text or row of the table, from 1.
    pub row: u64,
}

impl Place {
    /// The row of a source that has nothing but rows.
    pub fn row(row: u64) -> Self {
        Self {
            ordinal: row,
            part: None,
            row,
        }
    }
}

/// `7`, or `part.json.gz:7` inside an archive.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Some(part) => write!(f, "{part}:{}", self.row),
            None => write!(f, "{}", self.row),
        }
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column or field it is about.
    pub column: Option<String>,
    /// For a person.
    pub reason: String,
}

impl Fault {
    /// A fault of the row as a whole.
    pub fn row(reason: impl Into<String>) -> Self {
        Self {
            column: None,
            reason: reason.into(),
        }
    }

    /// A fault of one column or field.
    pub fn column(column: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            column: Some(column.into()),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "column `{column}`: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// One row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// An event as a line of JSON, as `POST /v1/events` takes it; of a lookup table a row as an object.
    Event {
        /// Where it stood.
        place: Place,
        /// Its id, which is in the line too.
        insert_id: String,
        /// Without a line's end.
        line: Vec<u8>,
    },
    /// A row that is none.
    Bad {
        /// Where it stood.
        place: Place,
        /// What is wrong.
        fault: Fault,
        /// The row itself, at most [`RAW_BYTES_MAX`] of it.
        raw: String,
    },
}

impl Row {
    /// Where it stood.
    pub fn place(&self) -> &Place {
        match self {
            Self::Event { place, .. } | Self::Bad { place, .. } => place,
        }
    }

    /// A row of a lookup table: an object of its columns, without an id.
    pub(crate) fn plain(place: Place, columns: Map<String, Value>, content: &[u8]) -> Self {
        match serde_json::to_vec(&Value::Object(columns)) {
            Ok(line) => Self::Event {
                place,
                insert_id: String::new(),
                line,
            },
            Err(error) => Self::bad(place, Fault::row(error.to_string()), content),
        }
    }

    pub(crate) fn bad(place: Place, fault: Fault, raw: &[u8]) -> Self {
        let raw = &raw[..raw.len().min(RAW_BYTES_MAX)];
        Self::Bad {
            place,
            fault,
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }
}

/// How a row without an insert id gets one: the same at every run over the same file.
#[derive(Clone, Debug)]
pub(crate) enum IdMaker {
    /// Of the file's name, the row's place and its content, so that a file that has grown doubles nothing.
    Event {
        /// Name of the file.
        file: String,
    },
    /// Of the whole file's content and the row's place: a person set back to what stood there a week ago in another
    /// file is no repeat.
    Profile {
        /// Hash of the file.
        content: String,
    },
}

impl IdMaker {
    pub(crate) fn make(&self, place: &Place, content: &[u8]) -> String {
        match self {
            Self::Event { file } => {
                let hash = hex::encode(&sha2::Sha256::digest(content)[..8]);
                let file = short(file);
                match &place.part {
                    Some(part) => format!("{file}/{}:{}:{hash}", short(part), place.row),
                    None => format!("{file}:{}:{hash}", place.row),
                }
            }
            Self::Profile { content } => format!("profile:{content}:{}", place.ordinal),
        }
    }
}

/// The name, or its hash where it is too long for an id.
fn short(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    hex::encode(&sha2::Sha256::digest(name.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_id_depends_on_place_and_content_and_stays_short() {
        let maker = IdMaker::Event {
            file: "a.csv".to_owned(),
        };
        let id = maker.make(&Place::row(2), b"x");
        assert!(id.starts_with("a.csv:2:"), "{id}");
        assert_eq!(id, maker.make(&Place::row(2), b"x"));
        assert_ne!(id, maker.make(&Place::row(2), b"y"));
        assert_ne!(id, maker.make(&Place::row(3), b"x"));
        let long = IdMaker::Event {
            file: "f".repeat(5_000),
        };
        let place = Place {
            part: Some("p".repeat(5_000).into()),
            ..Place::row(u64::MAX)
        };
        assert!(long.make(&place, b"x").len() < 1_024);
    }

    #[test]
    fn a_profile_is_known_by_its_file_and_row() {
        let maker = |content: &str| IdMaker::Profile {
            content: content.to_owned(),
        };
        assert_eq!(
            maker("abc").make(&Place::row(2), b"x"),
            maker("abc").make(&Place::row(2), b"y")
        );
        assert_ne!(
            maker("abc").make(&Place::row(2), b"x"),
            maker("abd").make(&Place::row(2), b"x")
        );
    }
}
