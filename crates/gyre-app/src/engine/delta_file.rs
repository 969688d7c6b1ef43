//! Files of changes to people: Zstandard with checksum over lengths, JSON, and insert keys.
//!
//! Format 2, frozen: `GYP2`, u64 length of the JSON, the JSON of [`PeopleDelta`], u64 length of the next JSON, a list of
//! (key of the device, [`DeviceClock`]), then 20 bytes per insert key (u128 and u32 day), little-endian, all compressed
//! as one Zstandard frame with its content checksum. Format 1, `GYP1`, has no clocks and no length of theirs.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use gyre_collect::DeviceClock;
use gyre_identity::PeopleDelta;

use rustc_hash::FxHashSet;

use super::EngineError;

const MAGIC_1: &[u8] = b"GYP1";
const MAGIC: &[u8] = b"GYP2";
const KEY_BYTES: usize = 20;

/// What one file holds.
#[derive(Debug, Default)]
pub(crate) struct DeltaFile {
    pub(crate) people: PeopleDelta,
    pub(crate) keys: Vec<(u128, u32)>,
    /// What is known of devices' clocks, by the key of the device; later ones count.
    pub(crate) clocks: Vec<(u64, DeviceClock)>,
}

impl DeltaFile {
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.keys.is_empty() && self.clocks.is_empty()
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
        let people = serde_json::to_vec(&self.people)?;
        let clocks = serde_json::to_vec(&self.clocks)?;
        let file = File::create(path)?;
        let mut encoder = zstd::Encoder::new(&file, 1)?;
        encoder.include_checksum(true)?;
        encoder.write_all(MAGIC)?;
        for json in [people, clocks] {
            encoder.write_all(&(json.len() as u64).to_le_bytes())?;
            encoder.write_all(&json)?;
        }
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
        let (rest, has_clocks) = match (bytes.strip_prefix(MAGIC), bytes.strip_prefix(MAGIC_1)) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return Err(damaged("unknown format")),
        };
        let (people, rest) = block(rest).ok_or_else(|| damaged("ends in its people"))?;
        let (clocks, keys) = if has_clocks {
            block(rest).ok_or_else(|| damaged("ends in its clocks"))?
        } else {
            (&b"[]"[..], rest)
        };
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
            people: serde_json::from_slice(people)?,
            keys,
            clocks: serde_json::from_slice(clocks)?,
        })
    }

    /// Joins a later file to this one.
    pub(crate) fn extend(&mut self, later: Self) {
        self.people.extend(later.people);
        self.keys.extend(later.keys);
        // of each device the newest state is all there is to know
        let newer: FxHashSet<u64> = later.clocks.iter().map(|it| it.0).collect();
        self.clocks.retain(|it| !newer.contains(&it.0));
        self.clocks.extend(later.clocks);
    }
}

/// A length and that many bytes, and what follows.
fn block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    rest.split_at_checked(length)
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
            clocks: vec![(u64::MAX, clock(300)), (5, clock(-7_200_000))],
        }
    }

    fn clock(delay_ms: i64) -> DeviceClock {
        let lows = format!(r#"[{{"upload":1,"received_at":1772323200000,"delay_ms":{delay_ms}}}]"#);
        serde_json::from_str(&format!(r#"{{"uploads":1,"lows":{lows}}}"#)).unwrap()
    }

    #[test]
    fn format_1_is_read_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d");
        let json = br#"{"nodes":[["user","u1"]],"links":[],"ops":[],"activity":[]}"#;
        let mut bytes = b"GYP1".to_vec();
        bytes.extend((json.len() as u64).to_le_bytes());
        bytes.extend(json);
        bytes.extend(7_u128.to_le_bytes());
        bytes.extend(20_000_u32.to_le_bytes());
        std::fs::write(&path, zstd::encode_all(&bytes[..], 1).unwrap()).unwrap();
        let read = DeltaFile::read(&path).unwrap();
        assert_eq!(read.people.nodes, sample().people.nodes);
        assert_eq!((read.keys, read.clocks), (vec![(7, 20_000)], vec![]));
    }

    #[test]
    fn of_joined_files_the_newest_clock_counts() {
        let mut joined = sample();
        joined.extend(DeltaFile {
            clocks: vec![(5, clock(1))],
            ..DeltaFile::default()
        });
        assert_eq!(joined.clocks, [(u64::MAX, clock(300)), (5, clock(1))]);
    }

    #[test]
    fn a_file_reads_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d");
        sample().write(&path).unwrap();
        let read = DeltaFile::read(&path).unwrap();
        assert_eq!(read.keys, sample().keys);
        assert_eq!(read.clocks, sample().clocks);
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
