//! Segment files: their names, their list, and reading frames out of one.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::format::{
    BadHeader, FRAME_HEADER_BYTES, FrameHeader, SEGMENT_HEADER_BYTES, SegmentHeader,
};
use crate::{LogError, Position};

const SUFFIX: &str = ".seg";

/// One file of the log.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Position of its first frame.
    pub(crate) start: u64,
    pub(crate) salt: u32,
}

impl Segment {
    /// Where in the file a position stands.
    pub(crate) fn offset(&self, position: u64) -> u64 {
        assert!(position >= self.start, "position lies in this segment");
        SEGMENT_HEADER_BYTES + (position - self.start)
    }

    pub(crate) fn damaged(&self, position: u64, detail: &'static str) -> LogError {
        LogError::Damaged {
            path: self.path.clone(),
            position: Position(position),
            detail,
        }
    }

    /// Opens the file for reading frames from `position` up to `limit`.
    pub(crate) fn frames(&self, position: u64, limit: u64) -> Result<Frames<'_>, LogError> {
        let fail = |source| LogError::io("read", &self.path, source);
        let mut file = File::open(&self.path).map_err(fail)?;
        file.seek(SeekFrom::Start(self.offset(position)))
            .map_err(fail)?;
        Ok(Frames {
            segment: self,
            file: BufReader::with_capacity(READ_AHEAD_BYTES, file),
            position,
            limit,
        })
    }
}

/// One system call for a few hundred usual records.
const READ_AHEAD_BYTES: usize = 128 * 1024;

/// Reader of consecutive frames.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    segment: &'a Segment,
    file: BufReader<File>,
    position: u64,
    limit: u64,
}

/// A frame whose checksum holds.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) position: u64,
    pub(crate) next: u64,
    pub(crate) header: FrameHeader,
    pub(crate) stored: Vec<u8>,
}

impl Frame {
    /// The record, inflated.
    pub(crate) fn body(self, segment: &Segment) -> Result<Bytes, LogError> {
        let damaged = || segment.damaged(self.position, "the record does not inflate");
        match self.header.open(&self.stored).ok_or_else(damaged)? {
            std::borrow::Cow::Owned(raw) => Ok(raw.into()),
            std::borrow::Cow::Borrowed(_) => Ok(self.stored.into()),
        }
    }
}

/// What stands at a position.
#[derive(Debug)]
pub(crate) enum Next {
    Frame(Frame),
    /// The limit is reached exactly.
    End,
    /// Neither a frame nor the end: torn or damaged.
    Bad(&'static str),
}

impl Frames<'_> {
    pub(crate) fn next(&mut self) -> Result<Next, LogError> {
        let left = self.limit - self.position;
        if left == 0 {
            return Ok(Next::End);
        }
        if left < FRAME_HEADER_BYTES as u64 {
            return Ok(Next::Bad("it ends inside a frame header"));
        }
        let mut head = [0; FRAME_HEADER_BYTES];
        if !self.fill(&mut head)? {
            return Ok(Next::Bad("it ends inside a frame header"));
        }
        let header = FrameHeader::decode(&head);
        if header.frame_len() > left {
            return Ok(Next::Bad("a frame is longer than what is left"));
        }
        let mut stored = vec![0; header.stored as usize];
        if !self.fill(&mut stored)? {
            return Ok(Next::Bad("it ends inside a frame"));
        }
        if !header.holds(self.segment.salt, self.position, &stored) {
            return Ok(Next::Bad("a checksum does not hold"));
        }
        let frame = Frame {
            position: self.position,
            next: self.position + header.frame_len(),
            header,
            stored,
        };
        self.position = frame.next;
        Ok(Next::Frame(frame))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, LogError> {
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(it) if it.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(it) => Err(LogError::io("read", &self.segment.path, it)),
        }
    }
}

/// Path of the segment that starts at `start`; names sort as their starts do.
pub(crate) fn path(dir: &Path, start: u64) -> PathBuf {
    dir.join(format!("{start:020}{SUFFIX}"))
}

/// The segment files of a directory in order, with the start that each name states.
pub(crate) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, LogError> {
    let fail = |source| LogError::io("list", dir, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let start = name
            .to_str()
            .and_then(|it| it.strip_suffix(SUFFIX))
            .and_then(|it| it.parse().ok());
        if let Some(start) = start {
            found.push((start, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What the beginning of a segment file says.
#[derive(Debug)]
pub(crate) enum Opened {
    Segment {
        segment: Segment,
        /// Position after the file's last byte.
        limit: u64,
    },
    /// The header never reached the disk whole: the file holds no record.
    Unborn,
}

/// Reads and checks the header of one file.
pub(crate) fn open(start: u64, path: &Path) -> Result<Opened, LogError> {
    let fail = |source| LogError::io("read", path, source);
    let mut file = File::open(path).map_err(fail)?;
    let len = file.metadata().map_err(fail)?.len();
    let mut head = Vec::new();
    Read::by_ref(&mut file)
        .take(SEGMENT_HEADER_BYTES)
        .read_to_end(&mut head)
        .map_err(fail)?;
    let damaged = |detail| LogError::Damaged {
        path: path.to_owned(),
        position: Position(start),
        detail,
    };
    match SegmentHeader::decode(&head) {
        Ok(header) if header.start != start => Err(damaged("its name and its header differ")),
        Ok(header) => Ok(Opened::Segment {
            segment: Segment {
                path: path.to_owned(),
                start,
                salt: header.salt,
            },
            limit: start + (len - SEGMENT_HEADER_BYTES),
        }),
        Err(BadHeader::Version(version)) => Err(LogError::UnknownVersion {
            path: path.to_owned(),
            version,
        }),
        // Frames are written only after the header was synced, so a file with frames had a valid one.
        Err(BadHeader::Invalid) if len > SEGMENT_HEADER_BYTES => {
            Err(damaged("its header is not valid"))
        }
        Err(BadHeader::Invalid) => Ok(Opened::Unborn),
    }
}
