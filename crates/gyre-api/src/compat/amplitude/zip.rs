//! A zip archive written from front to back, of files that are compressed already.
//!
//! Entries are stored as they are; sizes beyond the first format's are told in its 64-bit fields.

use flate2::Crc;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// "Look in the 64-bit field."
const LARGE: u32 = u32::MAX;
/// Version that a reader needs for 64-bit fields.
const VERSION: u16 = 45;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// 1980-01-01, the format's own zero: entries are named by their hour.
const DATE: u16 = (1 << 5) | 1;

/// What the directory at the end says of an entry.
#[derive(Debug)]
struct Entry {
    name: String,
    crc: u32,
    size: u32,
    offset: u64,
}

/// An archive that is being written.
#[derive(Debug, Default)]
pub(super) struct ZipWriter {
    offset: u64,
    entries: Vec<Entry>,
}

fn put16(to: &mut Vec<u8>, value: u16) {
    to.extend_from_slice(&value.to_le_bytes());
}

fn put32(to: &mut Vec<u8>, value: u32) {
    to.extend_from_slice(&value.to_le_bytes());
}

fn put64(to: &mut Vec<u8>, value: u64) {
    to.extend_from_slice(&value.to_le_bytes());
}

impl ZipWriter {
    /// The bytes of the next entry; `None` if it has 4 GiB or more.
    pub(super) fn entry(&mut self, name: String, content: &[u8]) -> Option<Vec<u8>> {
        let size = u32::try_from(content.len()).ok().filter(|it| *it < LARGE)?;
        let mut crc = Crc::new();
        crc.update(content);
        let crc = crc.sum();
        let mut bytes = Vec::with_capacity(content.len() + name.len() + 30);
        put32(&mut bytes, LOCAL_HEADER);
        for value in [VERSION, FLAGS, 0, 0, DATE] {
            put16(&mut bytes, value);
        }
        for value in [crc, size, size] {
            put32(&mut bytes, value);
        }
        put16(&mut bytes, u16::try_from(name.len()).ok()?);
        put16(&mut bytes, 0);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
        self.entries.push(Entry {
            name,
            crc,
            size,
            offset: self.offset,
        });
        self.offset += bytes.len() as u64;
        Some(bytes)
    }

    /// The bytes of the directory, which end the archive.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in &self.entries {
            central(&mut bytes, entry);
        }
        let (count, size) = (self.entries.len() as u64, bytes.len() as u64);
        let end_64 = self.offset + size;
        put32(&mut bytes, END_64);
        put64(&mut bytes, 44);
        put16(&mut bytes, VERSION);
        put16(&mut bytes, VERSION);
        put32(&mut bytes, 0);
        put32(&mut bytes, 0);
        for value in [count, count, size, self.offset] {
            put64(&mut bytes, value);
        }
        put32(&mut bytes, LOCATOR_64);
        put32(&mut bytes, 0);
        put64(&mut bytes, end_64);
        put32(&mut bytes, 1);
        put32(&mut bytes, END);
        let short = u16::try_from(count).unwrap_or(u16::MAX);
        for value in [0, 0, short, short] {
            put16(&mut bytes, value);
        }
        put32(&mut bytes, u32::try_from(size).unwrap_or(LARGE));
        put32(&mut bytes, u32::try_from(self.offset).unwrap_or(LARGE));
        put16(&mut bytes, 0);
        bytes
    }
}

fn central(bytes: &mut Vec<u8>, entry: &Entry) {
    let offset = u32::try_from(entry.offset).ok().filter(|it| *it < LARGE);
    put32(bytes, CENTRAL_HEADER);
    for value in [VERSION, VERSION, FLAGS, 0, 0, DATE] {
        put16(bytes, value);
    }
    for value in [entry.crc, entry.size, entry.size] {
        put32(bytes, value);
    }
    // `entry` took no longer name
    put16(bytes, u16::try_from(entry.name.len()).unwrap_or(u16::MAX));
    let extra_bytes = if offset.is_some() { 0 } else { 12 };
    for value in [extra_bytes, 0, 0, 0] {
        put16(bytes, value);
    }
    put32(bytes, 0);
    put32(bytes, offset.unwrap_or(LARGE));
    bytes.extend_from_slice(entry.name.as_bytes());
    if offset.is_none() {
        put16(bytes, 1);
        put16(bytes, 8);
        put64(bytes, entry.offset);
    }
}
