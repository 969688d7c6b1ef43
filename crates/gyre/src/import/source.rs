//! Input files: plain, gzip or zstd by their names, with their bytes counted for the progress bar.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::ImportError;

/// Buffer between a decoder and its reader.
const BUFFER_BYTES: usize = 1024 * 1024;

/// The file's name without its folders.
pub(super) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Bytes of all files as they lie on disk; fails at the first that is not there.
pub(super) fn total_bytes(paths: &[PathBuf]) -> Result<u64, ImportError> {
    let length = |path: &PathBuf| {
        std::fs::metadata(path)
            .map(|it| it.len())
            .map_err(|source| ImportError::File {
                path: path.clone(),
                source,
            })
    };
    paths.iter().map(length).sum()
}

/// Opens a file for reading, unpacked.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> io::Result<Box<dyn BufRead>> {
    let file = bar.wrap_read(File::open(path)?);
    let extension = path.extension().and_then(|it| it.to_str());
    Ok(match extension {
        Some("zst") => {
            let unpacked = zstd::Decoder::new(file)?;
            Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked))
        }
        Some("gz") => {
            let unpacked = flate2::read::MultiGzDecoder::new(file);
            Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked))
        }
        _ => Box::new(BufReader::with_capacity(BUFFER_BYTES, file)),
    })
}
