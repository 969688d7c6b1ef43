//! Rows that failed, as lines of JSON, for the person who repairs them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use gyre_import::{Fault, Place};
use serde::Deserialize;
use serde_json::json;

use super::ImportError;
use super::checkpoint::Checkpoint;

/// The file of rejects, if one is wanted.
pub(super) struct Rejects(Option<Open>);

struct Open {
    path: PathBuf,
    writer: BufWriter<File>,
}

/// What an earlier run wrote of a row.
#[derive(Deserialize)]
struct Written {
    file: String,
    record: u64,
}

impl Rejects {
    /// Opens the file: anew, or, where an import goes on, with what is said of the rows that are done.
    pub(super) fn open(
        path: Option<&Path>,
        checkpoints: &[Checkpoint],
    ) -> Result<Self, ImportError> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let open = keep(path, checkpoints).map_err(|source| unwritable(path, source))?;
        Ok(Self(Some(open)))
    }

    /// Writes one row.
    pub(super) fn write(
        &mut self,
        file: &Path,
        place: &Place,
        fault: &Fault,
        raw: &str,
    ) -> Result<(), ImportError> {
        let Some(open) = &mut self.0 else {
            return Ok(());
        };
        let line = json!({"file": file.to_string_lossy(), "part": place.part.as_deref(), "row": place.row,
            "record": place.ordinal, "column": fault.column, "reason": fault.reason, "raw": raw});
        let written = writeln!(open.writer, "{line}");
        written.map_err(|source| unwritable(&open.path, source))
    }

    /// Hands what was written to the operating system.
    pub(super) fn flush(&mut self) -> Result<(), ImportError> {
        match &mut self.0 {
            Some(open) => open
                .writer
                .flush()
                .map_err(|source| unwritable(&open.path, source)),
            None => Ok(()),
        }
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        self.flush()
    }
}

fn unwritable(path: &Path, source: io::Error) -> ImportError {
    ImportError::Unwritable {
        path: path.to_path_buf(),
        source,
    }
}

/// Copies the lines about rows that are not read again.
fn keep(path: &Path, checkpoints: &[Checkpoint]) -> io::Result<Open> {
    let is_done = |line: &str| {
        let Ok(written) = serde_json::from_str::<Written>(line) else {
            return false;
        };
        checkpoints.iter().any(|it| {
            let is_same = it.file().to_string_lossy() == written.file;
            is_same && (it.is_done() || written.record <= it.rows())
        })
    };
    let new = path.with_extension("gyre-rejects-new");
    let mut writer = BufWriter::new(File::create(&new)?);
    match File::open(path) {
        Ok(old) => {
            for line in BufReader::new(old).lines() {
                let line = line?;
                if is_done(&line) {
                    writeln!(writer, "{line}")?;
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    writer.flush()?;
    std::fs::rename(&new, path)?;
    Ok(Open {
        path: path.to_path_buf(),
        writer,
    })
}
