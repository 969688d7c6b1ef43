//! Events whole, with the identifiers they came with: for taking them elsewhere.
//!
//! [`each_received`] walks what reached us in a range, [`history`] one person's events. What another product calls the
//! fields is not known here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use gyre_identity::People;
use gyre_lake::{ColumnData, LakeError, NO_NODE, Segment};
use gyre_model::people::NodeKind;
use serde_json::{Map, Value};

use crate::timeline::{Place, find, put, value_at};
use crate::{QueryError, Snapshot, TimelineEvent};

/// One event and who it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeEvent {
    /// Whose event it is by what is known now.
    pub person: u32,
    /// The user id it came with, or that its device had at the time.
    pub user_id: Option<String>,
    /// The device id it came with.
    pub device_id: Option<String>,
    /// The client's session.
    pub session: Option<i64>,
    /// The client's counter, 0 if it has none.
    pub seq: i64,
    /// The event itself.
    pub event: TimelineEvent,
}

/// How often a person did one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSummary {
    /// Event name.
    pub event: String,
    /// How often.
    pub count: usize,
    /// First time, milliseconds UTC.
    pub first: i64,
    /// Last time, milliseconds UTC.
    pub last: i64,
}

/// A person's events, some of them whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The page that was asked for.
    pub events: Vec<WholeEvent>,
    /// Number of all their events.
    pub events_count: usize,
    /// Number of their sessions, of those that clients counted.
    pub sessions_count: usize,
    /// Time from first to last event of each session, added up, in milliseconds.
    pub sessions_ms: i64,
    /// Each event name once, by name.
    pub by_event: Vec<EventSummary>,
}

/// Which of a person's events to read whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// Only this event; the totals are of all events nevertheless.
    pub event: Option<String>,
    /// Oldest first instead of newest first.
    pub is_oldest_first: bool,
    /// How many to pass over.
    pub offset: usize,
    /// How many to read.
    pub limit: usize,
}

/// The columns of a chunk, looked up once for all its rows.
struct OpenChunk {
    nodes: Arc<ColumnData>,
    times: Arc<ColumnData>,
    received: Arc<ColumnData>,
    devices: Option<Arc<ColumnData>>,
    sessions: Option<Arc<ColumnData>>,
    seqs: Option<Arc<ColumnData>>,
    insert_ids: Option<Arc<ColumnData>>,
    values: Vec<(String, Arc<ColumnData>)>,
}

impl OpenChunk {
    fn open(segment: &Segment, chunk: usize) -> Result<Option<Self>, LakeError> {
        let column = |name: &str| segment.column(chunk, name);
        let (Some(nodes), Some(times), Some(received)) =
            (column("node")?, column("time")?, column("received")?)
        else {
            return Ok(None);
        };
        let mut values = Vec::new();
        for name in segment.column_names() {
            let is_value = name.starts_with("p.") || name.starts_with("c.") || name == "extra:j";
            if is_value && let Some(data) = column(name)? {
                values.push((name.to_owned(), data));
            }
        }
        Ok(Some(Self {
            nodes,
            times,
            received,
            devices: column("device")?,
            sessions: column("session")?,
            seqs: column("seq")?,
            insert_ids: column("insert_id")?,
            values,
        }))
    }

    fn read(&self, snapshot: &Snapshot, name: &str, row: usize) -> Option<WholeEvent> {
        let int = |data: &Option<Arc<ColumnData>>| data.as_ref()?.ints().map(|it| it[row]);
        let node = self.nodes.nodes()?[row];
        let time = self.times.ints()?[row];
        let device = self.devices.as_ref().and_then(|it| it.nodes());
        let device = device.map(|it| it[row]).filter(|it| *it != NO_NODE);
        let person = snapshot.map.person(node, time);
        let (user_id, device_id) = identifiers(&snapshot.people.read(), person, node, device);
        let mut event = TimelineEvent {
            insert_id: self
                .insert_ids
                .as_ref()
                .and_then(|it| it.text(row).map(str::to_owned)),
            event: name.to_owned(),
            time,
            received: self.received.ints()?[row],
            properties: Map::new(),
            context: Map::new(),
        };
        for (column, data) in &self.values {
            match value_at(data, row, column.ends_with(":j")) {
                Some(Value::Object(extra)) if column == "extra:j" => {
                    for (column, value) in extra {
                        put(&mut event, &column, value);
                    }
                }
                Some(value) => put(&mut event, column, value),
                None => {}
            }
        }
        Some(WholeEvent {
            person,
            user_id,
            device_id,
            session: int(&self.sessions).filter(|it| *it != i64::MIN),
            seq: int(&self.seqs).unwrap_or(0),
            event,
        })
    }
}

/// The user id and the device id of an event at `node` whose person is known by now.
fn identifiers(
    people: &People,
    person: u32,
    node: u32,
    device: Option<u32>,
) -> (Option<String>, Option<String>) {
    let value_of = |wanted: NodeKind, node: u32| match people.nodes().get(node) {
        Some((kind, value)) if kind == wanted => Some(value.into_owned()),
        _ => None,
    };
    let user = value_of(NodeKind::User, node).or_else(|| value_of(NodeKind::User, person));
    let device = device
        .and_then(|it| value_of(NodeKind::Device, it))
        .or_else(|| value_of(NodeKind::Device, node));
    (user, device)
}

/// Number of events that reached us in `range`, milliseconds UTC.
///
/// Cost: one scan of one column.
pub fn received_count(snapshot: &Snapshot, range: &Range<i64>) -> Result<usize, QueryError> {
    let mut count = 0;
    for segment in &snapshot.lake.segments {
        for chunk in 0..segment.chunks().len() {
            let received = segment.column(chunk, "received")?;
            let times = received.as_ref().and_then(|it| it.ints());
            let inside = times.into_iter().flatten().filter(|it| range.contains(it));
            count += inside.count();
        }
    }
    Ok(count)
}

/// Shows `visit` every event that reached us in `range`, milliseconds UTC, in no order, until it says `false`.
///
/// Cost: one scan of one column, and of all columns where something is in range; memory of one chunk. No lock is held
/// while `visit` runs.
pub fn each_received(
    snapshot: &Snapshot,
    range: &Range<i64>,
    visit: &mut dyn FnMut(WholeEvent) -> bool,
) -> Result<(), QueryError> {
    for segment in &snapshot.lake.segments {
        for (place, chunk) in segment.chunks().iter().enumerate() {
            let Some(received) = segment.column(place, "received")? else {
                continue;
            };
            let times = received.ints().unwrap_or_default();
            if !times.iter().any(|it| range.contains(it)) {
                continue;
            }
            let Some(open) = OpenChunk::open(segment, place)? else {
                continue;
            };
            for run in chunk.runs.iter() {
                let name = snapshot.lake.names.name(run.event);
                let rows = run.start as usize..run.end as usize;
                for row in rows.filter(|it| range.contains(&times[*it])) {
                    if let Some(event) = open.read(snapshot, name, row)
                        && !visit(event)
                    {
                        return Ok(());
                    }
                }
            }
        }
    }
    Ok(())
}

/// A person's history: totals of everything, and one page of events whole.
///
/// Ties on time stand in the order of arrival. Cost: the runs of the person's buckets.
pub fn history(
    snapshot: &Snapshot,
    person: u32,
    page: &HistoryPage,
) -> Result<History, QueryError> {
    let mut places = find(snapshot, person, None)?;
    places.sort_by_key(|it| (it.time, it.received, it.segment, it.row));
    let mut found = History {
        events_count: places.len(),
        by_event: by_event(snapshot, &places),
        ..History::default()
    };
    let sessions = sessions(snapshot, &places)?;
    found.sessions_count = sessions.len();
    found.sessions_ms = sessions.values().map(|(first, last)| last - first).sum();
    if let Some(wanted) = &page.event {
        places.retain(|it| snapshot.lake.names.name(it.event) == wanted);
    }
    if !page.is_oldest_first {
        places.reverse();
    }
    for place in places.iter().skip(page.offset).take(page.limit) {
        let name = snapshot.lake.names.name(place.event);
        let open = OpenChunk::open(&snapshot.lake.segments[place.segment], place.chunk)?;
        let event = open.and_then(|it| it.read(snapshot, name, place.row));
        found.events.extend(event);
    }
    Ok(found)
}

fn by_event(snapshot: &Snapshot, places: &[Place]) -> Vec<EventSummary> {
    let mut found: BTreeMap<&str, EventSummary> = BTreeMap::new();
    for place in places {
        let name = snapshot.lake.names.name(place.event);
        let summary = found.entry(name).or_insert_with(|| EventSummary {
            event: name.to_owned(),
            count: 0,
            first: place.time,
            last: place.time,
        });
        summary.count += 1;
        summary.last = summary.last.max(place.time);
    }
    found.into_values().collect()
}

/// First and last time of sessions, by device and id.
type Sessions = BTreeMap<(u32, i64), (i64, i64)>;

/// The sessions that clients counted.
fn sessions(snapshot: &Snapshot, places: &[Place]) -> Result<Sessions, QueryError> {
    let mut found = Sessions::new();
    for place in places {
        let segment = &snapshot.lake.segments[place.segment];
        let column = segment.column(place.chunk, "session")?;
        let session = column.as_ref().and_then(|it| it.ints());
        // below zero are "none" and "out of session"
        let Some(session) = session.map(|it| it[place.row]).filter(|it| *it >= 0) else {
            continue;
        };
        let devices = segment.column(place.chunk, "device")?;
        let device = devices.as_ref().and_then(|it| it.nodes());
        let device = device.map_or(NO_NODE, |it| it[place.row]);
        let span = found
            .entry((device, session))
            .or_insert((place.time, place.time));
        span.1 = span.1.max(place.time);
    }
    Ok(found)
}
