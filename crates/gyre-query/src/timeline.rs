//! One person's events, newest first, with everything they carry.

use std::cmp::Reverse;
use std::sync::Arc;

use gyre_identity::BUCKET_BITS;
use gyre_lake::{ColumnData, LakeError, Segment};
use serde_json::{Map, Value};

use crate::{QueryError, Snapshot};

/// One event of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEvent {
    /// The sender's id of the event, if it had one.
    pub insert_id: Option<String>,
    /// Event name.
    pub event: String,
    /// Event time, milliseconds UTC.
    pub time: i64,
    /// When it reached us, milliseconds UTC.
    pub received: i64,
    /// Properties.
    pub properties: Map<String, Value>,
    /// Where it happened.
    pub context: Map<String, Value>,
}

/// Where a page begins: events at `time` of which the first `skip` were shown, then older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineCursor {
    /// Time of the last event shown.
    pub time: i64,
    /// How many of that time were shown.
    pub skip: usize,
}

/// Where an event stands.
pub(crate) struct Place {
    pub(crate) time: i64,
    pub(crate) received: i64,
    pub(crate) segment: usize,
    pub(crate) chunk: usize,
    pub(crate) row: usize,
    pub(crate) event: u32,
}

/// A page of a person's events, and where the next begins.
pub fn timeline(
    snapshot: &Snapshot,
    person: u32,
    event: Option<&str>,
    cursor: Option<TimelineCursor>,
    limit: usize,
) -> Result<(Vec<TimelineEvent>, Option<TimelineCursor>), QueryError> {
    let mut places = find(snapshot, person, event)?;
    places.sort_by_key(|it| Reverse((it.time, it.received, it.segment, it.row)));
    if let Some(cursor) = cursor {
        let mut skip = cursor.skip;
        places.retain(|it| {
            if it.time == cursor.time && skip > 0 {
                skip -= 1;
                return false;
            }
            it.time <= cursor.time
        });
    }
    let next = (places.len() > limit).then(|| {
        let time = places[limit - 1].time;
        let mut skip = places[..limit].iter().filter(|it| it.time == time).count();
        if let Some(cursor) = cursor.filter(|it| it.time == time) {
            skip += cursor.skip;
        }
        TimelineCursor { time, skip }
    });
    places.truncate(limit);
    let events: Result<Vec<_>, _> = places.iter().map(|it| read_event(snapshot, it)).collect();
    Ok((events?, next))
}

/// Places of a person's events, of all or of one name, in no order.
pub(crate) fn find(
    snapshot: &Snapshot,
    person: u32,
    event: Option<&str>,
) -> Result<Vec<Place>, LakeError> {
    let nodes = snapshot.people.read().nodes_of(&snapshot.map, person);
    let event = match event {
        None => None,
        Some(name) => match snapshot.lake.names.id(name) {
            Some(id) => Some(id),
            None => return Ok(Vec::new()),
        },
    };
    let mut places = Vec::new();
    for (segment_place, segment) in snapshot.lake.segments.iter().enumerate() {
        for (chunk_place, chunk) in segment.chunks().iter().enumerate() {
            for run in chunk.runs.iter() {
                let in_bucket = |node: &&u32| **node >> BUCKET_BITS == run.bucket;
                if event.is_some_and(|it| it != run.event) || !nodes.iter().any(|it| in_bucket(&it))
                {
                    continue;
                }
                let column = |name: &str| segment.column(chunk_place, name);
                let (Some(node_column), Some(times), Some(received)) =
                    (column("node")?, column("time")?, column("received")?)
                else {
                    continue;
                };
                let (Some(row_nodes), Some(times), Some(received)) =
                    (node_column.nodes(), times.ints(), received.ints())
                else {
                    continue;
                };
                let (start, end) = (run.start as usize, run.end as usize);
                for node in nodes.iter().filter(|it| in_bucket(it)) {
                    // a run is sorted by node
                    let first = start + row_nodes[start..end].partition_point(|it| it < node);
                    let mine = row_nodes[first..end].iter().take_while(|it| *it == node);
                    for row in first..first + mine.count() {
                        if snapshot.map.person(*node, times[row]) == person {
                            places.push(Place {
                                time: times[row],
                                received: received[row],
                                segment: segment_place,
                                chunk: chunk_place,
                                row,
                                event: run.event,
                            });
                        }
                    }
                }
            }
        }
    }
    Ok(places)
}

fn read_event(snapshot: &Snapshot, place: &Place) -> Result<TimelineEvent, QueryError> {
    let segment = &snapshot.lake.segments[place.segment];
    let mut event = TimelineEvent {
        insert_id: None,
        event: snapshot.lake.names.name(place.event).to_owned(),
        time: place.time,
        received: place.received,
        properties: Map::new(),
        context: Map::new(),
    };
    for name in segment.column_names() {
        if name == "insert_id" {
            let ids = segment.column(place.chunk, name)?;
            event.insert_id = ids.and_then(|it| it.text(place.row).map(str::to_owned));
            continue;
        }
        if name == "extra:j" {
            if let Some(Value::Object(extra)) = json_at(segment, place, name)? {
                extra
                    .into_iter()
                    .for_each(|(name, value)| put(&mut event, &name, value));
            }
            continue;
        }
        if (name.starts_with("p.") || name.starts_with("c."))
            && let Some(value) = json_at(segment, place, name)?
        {
            put(&mut event, name, value);
        }
    }
    Ok(event)
}

/// `p.<name>:<type>` into properties, `c.<name>:<type>` into context.
pub(crate) fn put(event: &mut TimelineEvent, column: &str, value: Value) {
    let Some((name, _)) = column.rsplit_once(':') else {
        return;
    };
    if let Some(name) = name.strip_prefix("p.") {
        event.properties.insert(name.to_owned(), value);
    } else if let Some(name) = name.strip_prefix("c.") {
        event.context.insert(name.to_owned(), value);
    }
}

fn json_at(segment: &Arc<Segment>, place: &Place, name: &str) -> Result<Option<Value>, LakeError> {
    let Some(column) = segment.column(place.chunk, name)? else {
        return Ok(None);
    };
    Ok(value_at(&column, place.row, name.ends_with(":j")))
}

pub(crate) fn value_at(column: &ColumnData, row: usize, is_json: bool) -> Option<Value> {
    match column {
        ColumnData::Text { .. } | ColumnData::Id(_) => {
            let text = column.text(row)?;
            if is_json {
                serde_json::from_str(text).ok()
            } else {
                Some(Value::from(text))
            }
        }
        ColumnData::Number(values) if values[row].is_nan() => None,
        ColumnData::Number(values) => {
            Some(gyre_model::value::Scalar::Number(values[row]).to_json())
        }
        ColumnData::Bool(values) if values[row] > 1 => None,
        ColumnData::Bool(values) => Some(Value::Bool(values[row] == 1)),
        ColumnData::Int(_) | ColumnData::Node(_) => None,
    }
}
