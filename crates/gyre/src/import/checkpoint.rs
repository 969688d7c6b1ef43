//! How far an import has come, in a small file beside the imported one, so that the next run goes on from there.
//!
//! Nothing is lost or doubled without it: it saves the way, the insert ids guard the events.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::Digest;

use super::{ImportArgs, ImportError, ImportReport, name_of, unreadable};

/// Bytes at either end of a file by which it is known again.
const END_BYTES: u64 = 1024 * 1024;
/// Ends the name of a state file.
const SUFFIX: &str = ".gyre-import";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    /// Hash of the file's ends and of everything that decides what its rows become and where they go.
    job: String,
    /// Rows from the first on that have been answered.
    rows: u64,
    /// Whether there are no more.
    is_done: bool,
}

/// The state of one file's import.
#[derive(Debug)]
pub(super) struct Checkpoint {
    file: PathBuf,
    path: PathBuf,
    saved: Saved,
    /// Whether it must be possible to write it.
    is_asked: bool,
    is_unwritable: bool,
}

impl Checkpoint {
    /// Finds the state that an interrupted run left, unless `--restart` or another file, map or server.
    pub(super) fn open(args: &ImportArgs, file: &Path, map: &str) -> Result<Self, ImportError> {
        let job = job_of(args, file, map).map_err(unreadable(file))?;
        let path = match &args.state {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(|source| ImportError::Unwritable {
                    path: folder.clone(),
                    source,
                })?;
                let place = std::path::absolute(file).map_err(unreadable(file))?;
                let hash = sha2::Sha256::digest(place.as_os_str().as_encoded_bytes());
                folder.join(format!(
                    "{}.{}{SUFFIX}",
                    name_of(file),
                    hex::encode(&hash[..4])
                ))
            }
            None => file.with_file_name(format!("{}{SUFFIX}", name_of(file))),
        };
        let found = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice::<Saved>(&text).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(ImportError::File { path, source }),
        };
        let saved = found.filter(|it| it.job == job && !args.restart);
        Ok(Self {
            file: file.to_path_buf(),
            path,
            saved: saved.unwrap_or_else(|| Saved {
                job,
                ..Saved::default()
            }),
            is_asked: args.state.is_some(),
            is_unwritable: false,
        })
    }

    /// The imported file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Rows from the first on that need not be sent again.
    pub(super) fn rows(&self) -> u64 {
        self.saved.rows
    }

    /// Whether the whole file is done.
    pub(super) fn is_done(&self) -> bool {
        self.saved.is_done
    }

    /// Notes that all rows up to this one have been answered.
    pub(super) fn save(&mut self, rows: u64, report: &mut ImportReport) -> Result<(), ImportError> {
        if rows <= self.saved.rows {
            return Ok(());
        }
        self.saved.rows = rows;
        self.write(report)
    }

    /// Notes that the file is done; kept until the other files are, too.
    pub(super) fn done(&mut self, report: &mut ImportReport) -> Result<(), ImportError> {
        self.saved.is_done = true;
        self.write(report)
    }

    fn write(&mut self, report: &mut ImportReport) -> Result<(), ImportError> {
        if self.is_unwritable {
            return Ok(());
        }
        let text = serde_json::to_vec(&self.saved).unwrap_or_default();
        let new = self.path.with_extension("gyre-import-new");
        let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &self.path));
        match written {
            Ok(()) => Ok(()),
            Err(source) if self.is_asked => Err(ImportError::Unwritable {
                path: self.path.clone(),
                source,
            }),
            Err(error) => {
                // a folder that is only read must not stop an import that could do without
                self.is_unwritable = true;
                let name = name_of(&self.file);
                report.notes.push(format!(
                    "{name}: if it is interrupted it begins anew, its folder takes no state ({error}); see --state"
                ));
                Ok(())
            }
        }
    }

    /// Removes the state: everything is done.
    pub(super) fn remove(self) -> Result<(), ImportError> {
        match std::fs::remove_file(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound && !self.is_unwritable => {
                let path = self.path;
                Err(ImportError::Unwritable { path, source })
            }
            _ => Ok(()),
        }
    }
}

fn job_of(args: &ImportArgs, path: &Path, map: &str) -> io::Result<String> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut ends = Vec::new();
    file.by_ref().take(END_BYTES).read_to_end(&mut ends)?;
    file.seek(SeekFrom::Start(bytes.saturating_sub(END_BYTES)))?;
    file.take(END_BYTES).read_to_end(&mut ends)?;
    let mut hasher = sha2::Sha256::new();
    let length = bytes.to_le_bytes();
    let (format, kind) = (args.format.name(), format!("{:?}", args.kind));
    let key = args.write_key.as_deref().unwrap_or_default();
    for part in [
        &length[..],
        &ends,
        format.as_bytes(),
        kind.as_bytes(),
        map.as_bytes(),
        args.url.as_bytes(),
        key.as_bytes(),
    ] {
        // with its length, so that no two lists of parts are one text
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Ok(hex::encode(&hasher.finalize()[..16]))
}
