//! Sessions: which session each event of a person belongs to, and the operator that counts sessions.
//!
//! A session is the client's, one per person, device and id (`-1` is out of session); events without one are cut by
//! gaps per person and device. Slots: for each bucket, and for the whole range after the last, the three of
//! [`SessionsPlan::slot`]. A session belongs, whole, to the bucket of its first event. Cost: one scan of (node, time,
//! session, device) of active events, [`SESSION_REACH_MS`] beyond the range; memory of one bucket's events.
//! Source: charts.md 2.6 and part 3 ("Order and time", "Others").

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use gyre_base::{DAY_MS, MINUTE_MS, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::exec::BucketOperator;
use crate::gather::{Entry, Gather, Reading, Wanted};
use crate::groups::GroupDict;
use crate::prepare::{PersonTables, PreparedSelector, cut_end};
use crate::tally::{Count, RowPlan, Tally, TallyCell};
use crate::units::Units;
use crate::{QueryError, Snapshot};

/// A gap of this length or more ends a session: the web's half hour.
pub(crate) const SESSION_GAP_MS: i64 = 30 * MINUTE_MS;
/// A session that is this old ends, whatever follows.
pub(crate) const SESSION_AGE_MS: i64 = DAY_MS;
/// How far beyond the range events are read, so that sessions at its edges are whole: a month of one session.
pub(crate) const SESSION_REACH_MS: i64 = 31 * DAY_MS;
/// The id that says an event is out of session.
const OUT_OF_SESSION: i64 = -1;

/// Every active event of the person: what sessions are cut from.
pub(crate) const ACTIVE: u32 = 1;
/// Those that the question is about.
const CHOSEN: u32 = 2;

/// Finds the session of each event of one person.
#[derive(Debug, Default)]
pub(crate) struct Assigner {
    named: FxHashMap<(u32, i64), u32>,
    /// By device: session, when it began, when it was last heard of.
    open: FxHashMap<u32, (u32, i64, i64)>,
}

impl Assigner {
    /// Fills `sessions` with a number per event, ascending in the order of first events; `None` is out of session.
    pub(crate) fn assign(
        &mut self,
        gather: &Gather,
        events: &[Entry],
        sessions: &mut Vec<Option<u32>>,
    ) {
        self.named.clear();
        self.open.clear();
        sessions.clear();
        let mut count = 0;
        for event in events {
            if event.mask & ACTIVE == 0 {
                sessions.push(None);
                continue;
            }
            let device = gather.device(event);
            let session = match gather.session(event) {
                Some(OUT_OF_SESSION) => None,
                Some(id) => Some(*self.named.entry((device, id)).or_insert(count)),
                None => {
                    let open = self
                        .open
                        .entry(device)
                        .or_insert((count, event.time, event.time));
                    let is_over = event.time - open.2 >= SESSION_GAP_MS
                        || event.time - open.1 >= SESSION_AGE_MS;
                    if is_over {
                        *open = (count, event.time, event.time);
                    }
                    open.2 = event.time;
                    Some(open.0)
                }
            };
            if session == Some(count) {
                count += 1;
            }
            sessions.push(session);
        }
    }
}

/// What the operator answers.
#[derive(Clone, Debug)]
pub struct SessionsPlan {
    /// Every active event.
    pub active: PreparedSelector,
    /// The active events that the question is about.
    pub chosen: PreparedSelector,
    /// Edges of the buckets.
    pub edges: Vec<i64>,
    /// Rows; groups are values of a session's first event.
    pub rows: RowPlan,
    /// List this cell's people instead of counting.
    pub list: Option<TallyCell>,
    /// Tables of what filters and groups ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

/// What a slot of sessions counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSlot {
    /// Sessions; `sum` is their milliseconds, `valued` their events.
    Sessions,
    /// People who have one.
    People,
    /// Sessions of one event.
    Bounces,
}

const SLOTS: usize = 3;

impl SessionsPlan {
    /// Buckets of the range.
    pub fn buckets(&self) -> usize {
        self.edges.len() - 1
    }

    /// Slot of a bucket; without one, of the range.
    pub fn slot(&self, bucket: Option<usize>, slot: SessionSlot) -> usize {
        let slot = match slot {
            SessionSlot::Sessions => 0,
            SessionSlot::People => 1,
            SessionSlot::Bounces => 2,
        };
        bucket.unwrap_or(self.buckets()) * SLOTS + slot
    }

    /// Slots of a row.
    pub fn width(&self) -> usize {
        (self.buckets() + 1) * SLOTS
    }
}

/// The operator.
#[derive(Debug)]
pub struct SessionsOperator {
    plan: SessionsPlan,
    units: Units,
    gather: Gather,
}

/// One session of the person at hand.
#[derive(Clone, Copy)]
struct Session {
    /// Place of its first event.
    first: usize,
    last: i64,
    events: u64,
}

#[derive(Default)]
struct Scratch {
    assigner: Assigner,
    ids: Vec<Option<u32>>,
    sessions: Vec<Option<Session>>,
    /// Rows and buckets in which the person was counted.
    seen: FxHashSet<((u32, u32), usize)>,
}

impl SessionsOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, plan: SessionsPlan, dict: Arc<GroupDict>) -> Self {
        let span = reach(&plan.edges, plan.as_of);
        let wanted = [&plan.active, &plan.chosen].map(|select| Wanted {
            select: select.clone(),
            span,
        });
        let reading = Reading {
            group_by: plan.rows.group_by.clone(),
            has_sessions: true,
            ..Reading::default()
        };
        let common = (plan.tables.clone(), plan.as_of);
        let gather = Gather::new(snapshot, common, wanted.into(), reading, dict);
        Self {
            units: Units::new(plan.edges.clone()),
            gather,
            plan,
        }
    }

    fn count_person(
        &self,
        events: &[Entry],
        scratch: &mut Scratch,
        tally: &mut Tally,
    ) -> Result<(), QueryError> {
        let person = events[0].person;
        let segments = self.plan.rows.segments.mask(person);
        if segments == 0 {
            return Ok(());
        }
        scratch
            .assigner
            .assign(&self.gather, events, &mut scratch.ids);
        scratch.sessions.clear();
        for (place, (event, id)) in events.iter().zip(&scratch.ids).enumerate() {
            let (Some(id), true) = (*id, event.mask & CHOSEN != 0) else {
                continue;
            };
            let id = id as usize;
            if scratch.sessions.len() <= id {
                scratch.sessions.resize(id + 1, None);
            }
            let session = scratch.sessions[id].get_or_insert(Session {
                first: place,
                last: event.time,
                events: 0,
            });
            session.last = event.time;
            session.events += 1;
        }
        scratch.seen.clear();
        for session in scratch.sessions.iter().flatten() {
            let entry = &events[session.first];
            let Some(bucket) = self.units.index(entry.time) else {
                continue; // it began outside the range
            };
            let groups = self.gather.groups(entry)?;
            let mut outcome = Ok(());
            self.plan.rows.each(segments, &groups, |row| {
                if outcome.is_ok() {
                    let member = (person, entry.time);
                    outcome = self.count_session(
                        session,
                        (row, bucket, member),
                        &mut scratch.seen,
                        tally,
                    );
                }
            });
            outcome?;
        }
        Ok(())
    }

    fn count_session(
        &self,
        session: &Session,
        (row, bucket, member): ((u32, u32), usize, (u32, i64)),
        seen: &mut FxHashSet<((u32, u32), usize)>,
        tally: &mut Tally,
    ) -> Result<(), QueryError> {
        let one = Count {
            count: 1,
            ..Count::default()
        };
        let whole = Count {
            count: 1,
            valued: session.events,
            sum: (session.last - member.1) as f64,
        };
        for bucket in [bucket, self.plan.buckets()] {
            let slot = |slot: SessionSlot| self.plan.slot(Some(bucket), slot);
            tally.add(row, slot(SessionSlot::Sessions), member, whole)?;
            if session.events == 1 {
                tally.add(row, slot(SessionSlot::Bounces), member, one)?;
            }
            if seen.insert((row, bucket)) {
                tally.add(row, slot(SessionSlot::People), member, one)?;
            }
        }
        Ok(())
    }
}

/// Half-open times that are read so that sessions at the edges of a range are whole.
pub(crate) fn reach(edges: &[i64], as_of: Timestamp) -> (i64, i64) {
    let from = edges
        .first()
        .map_or(0, |it| it.saturating_sub(SESSION_REACH_MS));
    let to = edges
        .last()
        .map_or(0, |it| it.saturating_add(SESSION_REACH_MS));
    (from, cut_end(Timestamp(to), as_of))
}

impl BucketOperator for SessionsOperator {
    fn name(&self) -> &'static str {
        "SessionsOperator"
    }

    fn schema(&self) -> SchemaRef {
        Tally::schema(self.plan.list.is_some())
    }

    fn partitions(&self) -> usize {
        self.gather.partitions()
    }

    fn rows(&self) -> u64 {
        self.gather.rows()
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        let mut tally = Tally::new(self.plan.width(), self.plan.list);
        let mut scratch = Scratch::default();
        self.gather.run(partition, cancel, |events| {
            self.count_person(events, &mut scratch, &mut tally)
        })?;
        tally.into_batch()
    }
}
