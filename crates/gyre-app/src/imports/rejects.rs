//! The rows that a job could not import, as lines of JSON in its folder.
//!
//! The file is written before the job's progress is, and cut to what the progress says when the job goes on; so each
//! rejected row stands there once.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::json;

/// Its name.
pub(super) const FILE: &str = "rejects.ndjson";
/// Most bytes kept; a file that is wrong throughout fails before it fills the disk.
pub(super) const BYTES_MAX: u64 = 512 << 20;

/// One rejected row.
#[derive(Debug)]
pub(super) struct Reject<'a> {
    /// The file it stood in.
    pub(super) file: &'a str,
    /// The file inside an archive.
    pub(super) part: Option<&'a str>,
    /// Line of the text or row of the table, from 1.
    pub(super) row: u64,
    /// The column or field it is about.
    pub(super) field: Option<&'a str>,
    /// Stable name.
    pub(super) code: &'a str,
    /// For a person.
    pub(super) detail: &'a str,
    /// The row itself.
    pub(super) raw: &'a str,
}

/// The file, open at the end of what counts.
#[derive(Debug)]
pub(super) struct Rejects {
    file: File,
    bytes: u64,
    pending: Vec<u8>,
}

impl Rejects {
    /// Opens the file and cuts it to `bytes`.
    pub(super) fn open(folder: &Path, bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut options = OpenOptions::new();
        let file = options.create(true).write(true).truncate(false);
        let mut file = file.open(folder.join(FILE))?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        Ok(Self {
            file,
            bytes,
            pending: Vec::new(),
        })
    }

    /// Adds a row, in memory.
    pub(super) fn add(&mut self, it: &Reject<'_>) {
        let line = json!({"file": it.file, "part": it.part, "row": it.row, "field": it.field, "code": it.code,
            "detail": it.detail, "raw": it.raw});
        self.pending.extend_from_slice(line.to_string().as_bytes());
        self.pending.push(b'\n');
    }

    /// Puts what was added on disk; the length of the file.
    pub(super) fn sync(&mut self) -> io::Result<u64> {
        if !self.pending.is_empty() {
            self.file.write_all(&self.pending)?;
            self.file.sync_data()?;
            self.bytes += self.pending.len() as u64;
            self.pending.clear();
        }
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(row: u64) -> Reject<'static> {
        Reject {
            file: "a.csv",
            part: None,
            row,
            field: Some("price"),
            code: "bad-value",
            detail: "`x` is not a number",
            raw: "1,x",
        }
    }

    #[test]
    fn what_was_written_after_the_last_progress_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let mut rejects = Rejects::open(folder.path(), 0).unwrap();
        rejects.add(&reject(1));
        let bytes = rejects.sync().unwrap();
        rejects.add(&reject(2));
        rejects.sync().unwrap();
        drop(rejects);
        let mut rejects = Rejects::open(folder.path(), bytes).unwrap();
        rejects.add(&reject(2));
        rejects.sync().unwrap();
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        let rows = text.lines().map(|it| {
            let line: serde_json::Value = serde_json::from_str(it).unwrap();
            line["row"].as_u64().unwrap()
        });
        assert_eq!(rows.collect::<Vec<_>>(), [1, 2]);
    }
}
