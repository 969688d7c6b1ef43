//! Files of other tools, of tills and of shops as events: lines of JSON as `POST /v1/events` takes them.
//!
//! Pure readers with bounded memory: a file comes in as `Read + Seek`, rows go out through a closure. Nothing here opens
//! a path, speaks HTTP or reads a clock; the command does. Entry points: [`ImportFile`], [`Preview`], [`suggest_map`].
//! Tables of things that are neither events nor people (products, shops) are not read.

mod container;
mod csv_table;
mod encoding;
mod event;
mod failure;
mod format;
mod json_lines;
mod lines;
mod map;
mod mapping;
mod meter;
mod number_text;
mod parquet_table;
mod parquet_value;
mod preview;
mod reader;
mod row;
mod suggest;
mod time_text;
mod tools;

use std::io::{self, Read};

use sha2::Digest;

pub use failure::ImportFailure;
pub use format::Format;
pub use lines::LINE_BYTES_MAX;
pub use map::{RowKind, TableMap};
pub use meter::Meter;
pub use preview::{ColumnProblem, Preview};
pub use reader::{ImportFile, ImportOptions, Sample};
pub use row::{Fault, Place, RAW_BYTES_MAX, Row};
pub use suggest::{Suggestion, suggest_map};
pub use tools::{TOOLS, Tool, ToolEvent};

/// Hash of everything that a reader gives, as 32 hexadecimal digits.
pub fn content_hash(mut input: impl Read) -> io::Result<String> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..count]);
    }
    Ok(hex::encode(&hasher.finalize()[..16]))
}
