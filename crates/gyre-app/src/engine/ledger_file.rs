//! Files of what was learnt of a workspace's events: Zstandard with checksum over the magic and JSON.
//!
//! Format 1: `GYL1` and the JSON of [`Ledger`]. A file is named by the log position it stands for and is written
//! before that position is committed. The newest one at or before the committed position is the one that counts: a
//! later one is of a commit that never came, and what it counted is counted again when the log is read again.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use gyre_collect::Ledger;
use gyre_log::Position;

use super::EngineError;

const MAGIC: &[u8] = b"GYL1";
const FOLDER: &str = "ledger";

fn name(position: Position) -> String {
    format!("l{:020}.gyl", position.0)
}

fn position_of(path: &Path) -> Option<Position> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_prefix('l')?.strip_suffix(".gyl")?;
    Some(Position(digits.parse().ok()?))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(Error) -> EngineError {
    let path = path.display().to_string();
    move |source| EngineError::PeopleFile {
        action,
        path,
        source,
    }
}

/// Every file and the position it stands for.
fn files(folder: &Path) -> std::io::Result<Vec<(Position, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(position) = position_of(&path) {
            found.push((position, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Writes the ledger as of a position; it is on disk when this returns.
pub(crate) fn write(
    workspace: &Path,
    position: Position,
    ledger: &Ledger,
) -> Result<(), EngineError> {
    let folder = workspace.join(FOLDER);
    let path = folder.join(name(position));
    let write = || -> std::io::Result<()> {
        let json = serde_json::to_vec(ledger)?;
        let file = File::create(&path)?;
        let mut encoder = zstd::Encoder::new(&file, 1)?;
        encoder.include_checksum(true)?;
        encoder.write_all(MAGIC)?;
        encoder.write_all(&json)?;
        encoder.finish()?;
        file.sync_all()?;
        File::open(&folder)?.sync_all()
    };
    write().map_err(failed("write", &path))
}

/// Removes what the newest file at or before a committed position replaces.
pub(crate) fn remove_replaced(workspace: &Path, committed: Position) {
    let Ok(mut files) = files(&workspace.join(FOLDER)) else {
        return;
    };
    files.retain(|it| it.0 <= committed);
    files.pop();
    for (_, path) in files {
        // what cannot be deleted now is only wasted space
        let _ = std::fs::remove_file(path);
    }
}

/// The ledger as of a committed position, empty if nothing was learnt yet; removes files that do not count.
pub(crate) fn load(workspace: &Path, committed: Position) -> Result<Ledger, EngineError> {
    let folder = workspace.join(FOLDER);
    let list = || -> std::io::Result<Vec<(Position, PathBuf)>> {
        std::fs::create_dir_all(&folder)?;
        files(&folder)
    };
    let mut files = list().map_err(failed("list the files of", &folder))?;
    let later = files.split_off(files.partition_point(|it| it.0 <= committed));
    let newest = files.pop();
    for (_, path) in files.iter().chain(&later) {
        std::fs::remove_file(path).map_err(failed("remove", path))?;
    }
    let Some((_, path)) = newest else {
        return Ok(Ledger::default());
    };
    read(&path).map_err(failed("read", &path))
}

fn read(path: &Path) -> std::io::Result<Ledger> {
    let mut bytes = Vec::new();
    zstd::Decoder::new(File::open(path)?)?.read_to_end(&mut bytes)?;
    let json = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "unknown format"))?;
    Ok(serde_json::from_slice(json)?)
}

#[cfg(test)]
mod tests {
    use gyre_base::Timestamp;
    use gyre_model::{Event, EventKind};

    use super::*;

    fn ledger(events: usize) -> Ledger {
        let mut ledger = Ledger::default();
        for _ in 0..events {
            ledger.take(
                &Event::new(EventKind::Track, "view", Timestamp(5)),
                "events",
            );
        }
        ledger
    }

    fn count(ledger: &Ledger) -> u64 {
        let events = ledger.statistics.events(Timestamp(5));
        events.iter().map(|it| it.count).sum()
    }

    #[test]
    fn what_was_written_for_a_commit_that_never_came_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(count(&load(path, Position(0)).unwrap()), 0);
        for (position, events) in [(10, 1), (20, 2), (30, 3)] {
            write(path, Position(position), &ledger(events)).unwrap();
        }
        // committed between two files: the commit before had nothing new
        assert_eq!(count(&load(path, Position(25)).unwrap()), 2);
        assert_eq!(
            files(&path.join(FOLDER)).unwrap().len(),
            1,
            "the others are gone"
        );
        write(path, Position(30), &ledger(4)).unwrap();
        // committed further on without news: the newest stays
        remove_replaced(path, Position(40));
        assert_eq!(count(&load(path, Position(40)).unwrap()), 4);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        load(folder.path(), Position(0)).unwrap();
        write(folder.path(), Position(10), &ledger(3)).unwrap();
        let path = folder.path().join(FOLDER).join(name(Position(10)));
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(load(folder.path(), Position(10)).is_err());
    }
}
