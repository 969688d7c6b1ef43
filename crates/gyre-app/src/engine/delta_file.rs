//! Files of changes to people: Zstandard with checksum over a length, JSON, and insert keys.
//!
//! Format 1, frozen: `GYP1`, u64 length of the JSON, the JSON of [`PeopleDelta`], then 20 bytes per insert key (u128
//! and u32 day), little-endian, all compressed as one Zstandard frame with its content checksum.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use gyre_identity::PeopleDelta;

use super::EngineError;

const MAGIC: &[u8; 4] = b"GYP1";
const KEY_BYTES: usize = 20;

/// What one file holds.
#[derive(Debug, Default)]
pub(crate) struct DeltaFile {
    pub(crate) people: PeopleDelta,
    pub(crate) keys: Vec<(u128, u32)>,
}

impl DeltaFile {
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.keys.is_empty()
    }

    /// Writes the file; it is on disk when this returns. Returns its size.
    pub(crate) fn write(&self, path: &Path) -> Result<u64, EngineError> {
        self.try_write(path)
            .map_err(|source| EngineError::PeopleFile {
                action: "write",
                path: path.display().to_string(),
                source,
            })
    }

    fn try_write(&self, path: &Path) -> std::io::Result<u64> {
        let json = serde_json::to_vec(&self.people)?;
        let file = File::create(path)?;
        let mut encoder = zstd::Encoder::new(&file, 1)?;
        encoder.include_checksum(true)?;
        encoder.write_all(MAGIC)?;
        encoder.write_all(&(json.len() as u64).to_le_bytes())?;
        encoder.write_all(&json)?;
        for (key, day) in &self.keys {
            encoder.write_all(&key.to_le_bytes())?;
            encoder.write_all(&day.to_le_bytes())?;
        }
        encoder.finish()?;
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(file.metadata()?.len())
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, EngineError> {
        Self::try_read(path).map_err(|source| EngineError::PeopleFile {
            action: "read",
            path: path.display().to_string(),
            source,
        })
    }

    fn try_read(path: &Path) -> std::io::Result<Self> {
        let damaged =
            |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
        let mut bytes = Vec::new();
        zstd::Decoder::new(File::open(path)?)?.read_to_end(&mut bytes)?;
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| damaged("unknown format"))?;
        let (length, rest) = rest
            .split_first_chunk::<8>()
            .ok_or_else(|| damaged("ends in its head"))?;
        let length = u64::from_le_bytes(*length) as usize;
        let json = rest
            .get(..length)
            .ok_or_else(|| damaged("ends in its JSON"))?;
        let keys = &rest[length..];
        if keys.len() % KEY_BYTES != 0 {
            return Err(damaged("ends in a key"));
        }
        let keys = keys
            .chunks_exact(KEY_BYTES)
            .filter_map(|it| {
                let (key, day) = it.split_first_chunk::<16>()?;
                let day = day.first_chunk::<4>()?;
                Some((u128::from_le_bytes(*key), u32::from_le_bytes(*day)))
            })
            .collect();
        Ok(Self {
            people: serde_json::from_slice(json)?,
            keys,
        })
    }

    /// Joins a later file to this one.
    pub(crate) fn extend(&mut self, later: Self) {
        self.people.nodes.extend(later.people.nodes);
        self.people.links.extend(later.people.links);
        self.people.ops.extend(later.people.ops);
        self.people.activity.extend(later.people.activity);
        self.keys.extend(later.keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyre_model::people::NodeKind;

    fn sample() -> DeltaFile {
        let people = PeopleDelta {
            nodes: vec![(NodeKind::User, "u1".to_owned())],
            ..PeopleDelta::default()
        };
        DeltaFile {
            people,
            keys: vec![(7, 20_000), (u128::MAX, 20_001)],
        }
    }

    #[test]
    fn a_file_reads_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d");
        sample().write(&path).unwrap();
        let read = DeltaFile::read(&path).unwrap();
        assert_eq!(read.keys, sample().keys);
        assert_eq!(read.people.nodes, sample().people.nodes);
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d");
        sample().write(&path).unwrap();
        let good = std::fs::read(&path).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 0x10;
            std::fs::write(&path, &bad).unwrap();
            if let Ok(read) = DeltaFile::read(&path) {
                // header bits without meaning may change; the content may not
                assert_eq!(read.keys, sample().keys, "byte {place}");
                assert_eq!(read.people.nodes, sample().people.nodes, "byte {place}");
            }
        }
    }
}
