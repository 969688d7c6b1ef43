//! The bytes of a segment: its header and its frames. Frozen: a change is a new version beside this one.
//!
//! All integers are little-endian.
//!
//! ```text
//! header (32): magic "GYRELOG\0" | version u32 | reserved u32 | start u64 | salt u32 | crc32c u32 of the 28 bytes before
//! frame  (24): crc32c u32 | stored u32 | raw u32 | group u64 | flags u8 | zero u8 x 3 | `stored` bytes
//! ```
//!
//! A frame's checksum covers the segment's salt and the frame's own position as well, so that bytes which
//! look like a frame (inside a record, or left by another file) never pass for one.

use std::borrow::Cow;
use std::cell::RefCell;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};

/// Bytes before a segment's first frame.
pub(crate) const SEGMENT_HEADER_BYTES: u64 = 32;
/// Bytes of a frame before its body.
pub(crate) const FRAME_HEADER_BYTES: usize = 24;

const MAGIC: &[u8; 8] = b"GYRELOG\0";
const VERSION: u32 = 1;
const FLAG_ZSTD: u8 = 1;
/// Below this zstd saves less than its own header costs.
const COMPRESS_FROM_BYTES: usize = 256;
/// The fastest ordinary level: some 500 MB/s a core, JSON to about a fifth.
const ZSTD_LEVEL: i32 = 1;

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Position of the first frame.
    pub(crate) start: u64,
    /// Random number mixed into every checksum of the file.
    pub(crate) salt: u32,
}

/// Why a header was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Not a whole, valid header.
    Invalid,
    /// A valid one of another version.
    Version(u32),
}

impl SegmentHeader {
    pub(crate) fn encode(self) -> [u8; SEGMENT_HEADER_BYTES as usize] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES as usize];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.start.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        let whole = bytes.get(..SEGMENT_HEADER_BYTES as usize);
        let bytes = whole.ok_or(BadHeader::Invalid)?;
        if &bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..28]) != u32_at(bytes, 28) {
            return Err(BadHeader::Invalid);
        }
        match u32_at(bytes, 8) {
            VERSION => Ok(Self {
                start: u64_at(bytes, 16),
                salt: u32_at(bytes, 24),
            }),
            other => Err(BadHeader::Version(other)),
        }
    }
}

/// A record ready to be written: compressed where that helps.
#[derive(Debug)]
pub(crate) struct Sealed {
    stored: Bytes,
    raw_len: u32,
    flags: u8,
}

impl Sealed {
    pub(crate) fn new(body: Bytes) -> Self {
        let raw_len = u32::try_from(body.len()).expect("record_bytes_max is below 4 GiB");
        if body.len() >= COMPRESS_FROM_BYTES
            && let Some(small) = compress(&body)
            && small.len() < body.len()
        {
            return Self {
                stored: small.into(),
                raw_len,
                flags: FLAG_ZSTD,
            };
        }
        Self {
            stored: body,
            raw_len,
            flags: 0,
        }
    }

    /// Bytes in the file.
    pub(crate) fn frame_len(&self) -> usize {
        FRAME_HEADER_BYTES + self.stored.len()
    }

    /// Appends the frame that stands at `position` and belongs to the group that begins at `group`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, salt: u32, position: u64, group: u64) {
        debug_assert!(
            group <= position,
            "a group begins no later than its records"
        );
        let header = FrameHeader {
            crc: 0,
            stored: self.stored.len() as u32,
            raw_len: self.raw_len,
            group,
            flags: self.flags,
        };
        let mut bytes = header.encode();
        let crc = frame_crc(salt, position, &bytes, &self.stored);
        bytes[..4].copy_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&bytes);
        out.extend_from_slice(&self.stored);
    }
}

/// A frame's header as read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameHeader {
    crc: u32,
    /// Bytes of the body in the file.
    pub(crate) stored: u32,
    /// Bytes of the body when inflated.
    pub(crate) raw_len: u32,
    /// Where the frame's group begins: everything before it was durable when the frame was written.
    pub(crate) group: u64,
    flags: u8,
}

impl FrameHeader {
    fn encode(self) -> [u8; FRAME_HEADER_BYTES] {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.crc.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.stored.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.raw_len.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.group.to_le_bytes());
        bytes[20] = self.flags;
        bytes
    }

    /// Reads a header; says nothing yet of its truth.
    pub(crate) fn decode(bytes: &[u8; FRAME_HEADER_BYTES]) -> Self {
        Self {
            crc: u32_at(bytes, 0),
            stored: u32_at(bytes, 4),
            raw_len: u32_at(bytes, 8),
            group: u64_at(bytes, 12),
            flags: bytes[20],
        }
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_len(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.stored)
    }

    /// Whether header and body are what was written at `position`.
    pub(crate) fn holds(&self, salt: u32, position: u64, stored: &[u8]) -> bool {
        self.group <= position
            && stored.len() == self.stored as usize
            && self.crc == frame_crc(salt, position, &self.encode(), stored)
    }

    /// The record, inflated; `None` if the body does not inflate to its stated length.
    pub(crate) fn open<'a>(&self, stored: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let raw_len = self.raw_len as usize;
        match self.flags {
            0 => (stored.len() == raw_len).then_some(Cow::Borrowed(stored)),
            FLAG_ZSTD => {
                let raw = decompress(stored, raw_len)?;
                (raw.len() == raw_len).then_some(Cow::Owned(raw))
            }
            _ => None,
        }
    }
}

fn frame_crc(salt: u32, position: u64, header: &[u8; FRAME_HEADER_BYTES], stored: &[u8]) -> u32 {
    let mut crc = crc32c::crc32c(&salt.to_le_bytes());
    crc = crc32c::crc32c_append(crc, &position.to_le_bytes());
    crc = crc32c::crc32c_append(crc, &header[4..]);
    crc32c::crc32c_append(crc, stored)
}

// A zstd context is some hundred kilobytes; one per thread, not one per record.
thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::new(ZSTD_LEVEL).ok());
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> =
        RefCell::new(Decompressor::new().ok());
}

fn compress(raw: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|it| it.as_mut()?.compress(raw).ok())
}

fn decompress(stored: &[u8], raw_len: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|it| it.as_mut()?.decompress(stored, raw_len).ok())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(body: Vec<u8>, salt: u32, position: u64) -> Vec<u8> {
        let mut out = Vec::new();
        Sealed::new(body.into()).write(&mut out, salt, position, position);
        out
    }

    fn read(bytes: &[u8], salt: u32, position: u64) -> Option<Vec<u8>> {
        let (head, stored) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>()?;
        let header = FrameHeader::decode(head);
        if !header.holds(salt, position, stored) {
            return None;
        }
        header.open(stored).map(Cow::into_owned)
    }

    proptest! {
        #[test]
        fn a_frame_reads_back(body in proptest::collection::vec(0_u8..4, 0..2_000), salt: u32, position: u64) {
            let bytes = frame(body.clone(), salt, position);
            prop_assert_eq!(read(&bytes, salt, position), Some(body));
        }

        #[test]
        fn any_flipped_bit_is_noticed(body in proptest::collection::vec(any::<u8>(), 0..400), at: prop::sample::Index, bit in 0_u32..8) {
            let mut bytes = frame(body, 7, 1_000);
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            // the three reserved bytes are not read back, so a flip there changes nothing
            prop_assume!(!(21..24).contains(&at));
            prop_assert_eq!(read(&bytes, 7, 1_000), None);
        }
    }

    #[test]
    fn a_frame_is_true_only_at_its_own_place_in_its_own_segment() {
        let bytes = frame(b"record".to_vec(), 7, 1_000);
        assert!(read(&bytes, 7, 1_000).is_some());
        assert!(read(&bytes, 7, 1_001).is_none());
        assert!(read(&bytes, 8, 1_000).is_none());
    }

    #[test]
    fn a_header_reads_back_and_notices_damage() {
        let header = SegmentHeader {
            start: 99,
            salt: 12,
        };
        let bytes = header.encode();
        assert_eq!(SegmentHeader::decode(&bytes), Ok(header));
        for at in 0..bytes.len() {
            let mut damaged = bytes;
            damaged[at] ^= 1;
            assert_eq!(
                SegmentHeader::decode(&damaged),
                Err(BadHeader::Invalid),
                "{at}"
            );
            assert_eq!(SegmentHeader::decode(&bytes[..at]), Err(BadHeader::Invalid));
        }
    }

    #[test]
    fn a_newer_version_is_told_apart_from_damage() {
        let mut bytes = SegmentHeader { start: 0, salt: 0 }.encode();
        bytes[8] = 2;
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&bytes), Err(BadHeader::Version(2)));
    }
}
