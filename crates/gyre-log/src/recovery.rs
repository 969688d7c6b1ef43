//! Opening a directory: check the chain of segments, cut what no append was ever told of, make the rest durable.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::disk::{Disk, SegmentFile};
use crate::format::{FRAME_HEADER_BYTES, FrameHeader, SegmentHeader};
use crate::segment::{self, Next, Opened, Segment};
use crate::{LogConfig, LogError, Position};

/// What opening a log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Where the oldest record still kept begins.
    pub first: Position,
    /// The durable end: the next record goes here.
    pub end: Position,
    /// Files of the log.
    pub segments_count: usize,
    /// Bytes cut from the last segment: records that were being written and were never acknowledged.
    pub cut_bytes: u64,
    /// The file that was cut.
    pub cut_path: Option<PathBuf>,
}

/// The segment that is written to.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) segment: Segment,
    pub(crate) file: Box<dyn SegmentFile>,
    /// Position after its last durable frame.
    pub(crate) end: u64,
}

impl Active {
    /// Makes the segment that starts at `start`, durable with its directory entry.
    pub(crate) fn create(disk: &dyn Disk, cfg: &LogConfig, start: u64) -> Result<Self, LogError> {
        let path = segment::path(&cfg.dir, start);
        let header = SegmentHeader {
            start,
            salt: random_salt(),
        };
        let mut file = disk
            .create(&path)
            .map_err(|it| LogError::io("create", &path, it))?;
        file.write_at(0, &header.encode())
            .map_err(|it| LogError::io("write", &path, it))?;
        file.sync().map_err(|it| LogError::io("sync", &path, it))?;
        disk.sync_dir(&cfg.dir)
            .map_err(|it| LogError::io("sync", &cfg.dir, it))?;
        let segment = Segment {
            path,
            start,
            salt: header.salt,
        };
        Ok(Self {
            segment,
            file,
            end: start,
        })
    }
}

/// Brings a directory to a state in which everything readable is durable.
pub(crate) fn recover(
    disk: &dyn Disk,
    cfg: &LogConfig,
) -> Result<(Vec<Segment>, Active, Recovery), LogError> {
    let mut segments = Vec::new();
    let mut limits = Vec::new();
    let mut cut_path = None;
    let mut cut_bytes = 0;
    let files = segment::list(&cfg.dir)?;
    let mut next_start = files.first().map_or(0, |it| it.0);
    for (idx, (start, path)) in files.iter().enumerate() {
        match segment::open(*start, path)? {
            Opened::Segment { segment, limit } => {
                segments.push(segment);
                limits.push(limit);
            }
            // Only the newest file can have died at birth; it is made again when it is needed.
            Opened::Unborn if idx + 1 == files.len() => {
                cut_bytes = path.metadata().map_or(0, |it| it.len());
                cut_path = Some(path.clone());
                disk.remove(path)
                    .map_err(|it| LogError::io("remove", path, it))?;
            }
            Opened::Unborn => {
                return Err(LogError::Damaged {
                    path: path.clone(),
                    position: Position(*start),
                    detail: "its header is missing",
                });
            }
        }
    }
    for (idx, limit) in limits.iter().enumerate() {
        if let Some(following) = segments.get(idx + 1)
            && following.start != *limit
        {
            let at = following.start.min(*limit);
            return Err(segments[idx].damaged(at, "it does not end where the next one starts"));
        }
        next_start = *limit;
    }
    let (active, cut) = match segments.last() {
        Some(last) => reopen(disk, cfg, last, next_start)?,
        None => (Active::create(disk, cfg, next_start)?, 0),
    };
    if segments.is_empty() {
        segments.push(active.segment.clone());
    }
    if cut > 0 {
        cut_bytes += cut;
        cut_path = Some(active.segment.path.clone());
    }
    let report = Recovery {
        first: Position(segments[0].start),
        end: Position(active.end),
        segments_count: segments.len(),
        cut_bytes,
        cut_path,
    };
    Ok((segments, active, report))
}

/// Scans the last segment, cuts a torn tail, and makes the rest durable again.
fn reopen(
    disk: &dyn Disk,
    cfg: &LogConfig,
    last: &Segment,
    limit: u64,
) -> Result<(Active, u64), LogError> {
    let mut frames = last.frames(last.start, limit)?;
    let mut end = last.start;
    let mut group = last.start;
    let bad = loop {
        match frames.next()? {
            Next::Frame(frame) => {
                end = frame.next;
                group = frame.header.group;
            }
            Next::End => break None,
            Next::Bad(detail) => break Some(detail),
        }
    };
    assert!(
        group <= end && end <= limit,
        "recovered records lie inside the file"
    );
    if let Some(detail) = bad
        && later_group_follows(last, end, limit)?
    {
        return Err(last.damaged(end, detail));
    }
    let path = &last.path;
    let mut file = disk
        .open(path)
        .map_err(|it| LogError::io("open", path, it))?;
    if end < limit {
        file.truncate(last.offset(end))
            .map_err(|it| LogError::io("truncate", path, it))?;
    }
    // The last group may be in the page cache only, and after a failed sync the kernel calls such pages clean:
    // writing the bytes once more is what makes the sync below mean something.
    let from = if end == last.start {
        0
    } else {
        last.offset(group)
    };
    let bytes = read_range(last, from, last.offset(end))?;
    file.write_at(from, &bytes)
        .map_err(|it| LogError::io("write", path, it))?;
    file.sync().map_err(|it| LogError::io("sync", path, it))?;
    disk.sync_dir(&cfg.dir)
        .map_err(|it| LogError::io("sync", &cfg.dir, it))?;
    let active = Active {
        segment: last.clone(),
        file,
        end,
    };
    Ok((active, limit - end))
}

/// Whether a true frame after `bad` says that its group began later: then `bad` had been durable, and is damage.
fn later_group_follows(last: &Segment, bad: u64, limit: u64) -> Result<bool, LogError> {
    let tail = read_range(last, last.offset(bad), last.offset(limit))?;
    for (skipped, window) in tail.windows(FRAME_HEADER_BYTES).enumerate() {
        let Some(head) = window.first_chunk::<FRAME_HEADER_BYTES>() else {
            continue;
        };
        let header = FrameHeader::decode(head);
        let position = bad + skipped as u64;
        let body_at = skipped + FRAME_HEADER_BYTES;
        if header.group > bad
            && header.group <= position
            && let Some(stored) = tail.get(body_at..body_at + header.stored as usize)
            && header.holds(last.salt, position, stored)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read_range(segment: &Segment, from: u64, to: u64) -> Result<Vec<u8>, LogError> {
    let fail = |source| LogError::io("read", &segment.path, source);
    let mut file = File::open(&segment.path).map_err(fail)?;
    file.seek(SeekFrom::Start(from)).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(to - from).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// Randomness of the standard library's hash maps: it guards against accidents and forged bodies, not for secrets.
fn random_salt() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}
