//! Reading: durable records only, in order, bounded by bytes.

use bytes::Bytes;

use crate::queue::Shared;
use crate::segment::{Next, Segment};
use crate::{LogError, Position};

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub position: Position,
    /// Where the record after it begins: read from here to go on.
    pub next: Position,
    /// What was appended.
    pub body: Bytes,
}

/// Reads from `from` until `bytes_max` bytes of bodies or a segment's end are reached; at least one record.
pub(crate) fn read(
    shared: &Shared,
    from: Position,
    bytes_max: usize,
) -> Result<Vec<Record>, LogError> {
    // the end first: a segment is in the list before the end moves into it
    let end = shared.end.borrow().durable;
    if from.0 > end {
        return Err(LogError::PastEnd {
            position: from,
            end: Position(end),
        });
    }
    let (segment, limit) = {
        let segments = shared.segments.read();
        let after = segments.partition_point(|it| it.start <= from.0);
        let Some(idx) = after.checked_sub(1) else {
            return Err(released(from, &segments));
        };
        let limit = segments.get(after).map_or(end, |it| it.start.min(end));
        (segments[idx].clone(), limit)
    };
    if from.0 >= limit {
        return Ok(Vec::new());
    }
    let mut frames = match segment.frames(from.0, limit) {
        Ok(frames) => frames,
        Err(error) => {
            // released between the look at the list and the opening of the file
            let segments = shared.segments.read();
            if segments.first().is_some_and(|it| it.start > from.0) {
                return Err(released(from, &segments));
            }
            return Err(error);
        }
    };
    let mut records = Vec::new();
    let mut bytes = 0;
    loop {
        match frames.next()? {
            Next::Frame(frame) => {
                let size = frame.header.raw_len as usize;
                if bytes + size > bytes_max && !records.is_empty() {
                    return Ok(records);
                }
                bytes += size;
                records.push(Record {
                    position: Position(frame.position),
                    next: Position(frame.next),
                    body: frame.body(&segment)?,
                });
            }
            Next::End => return Ok(records),
            // what was read before the damage is good; the damage is reported when it is reached
            Next::Bad(_) if !records.is_empty() => return Ok(records),
            Next::Bad(detail) => return Err(segment.damaged(from.0, detail)),
        }
    }
}

fn released(position: Position, segments: &[Segment]) -> LogError {
    LogError::Released {
        position,
        first: Position(segments.first().map_or(0, |it| it.start)),
    }
}
