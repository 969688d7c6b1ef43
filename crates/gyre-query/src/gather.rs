//! Matching events, person after person, each person's in the total order: what funnels, retention, sessions and
//! paths are made of.
//!
//! Ties: the total order (time, client counter, arrival, sender's id). Memory: the matching events of one bucket,
//! and those of people spread over several buckets, at most [`ENTRIES_MAX`].

use std::cmp::Ordering;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use gyre_base::Timestamp;
use gyre_lake::{BUCKET_NODES, ColumnData};
use gyre_model::filter::{Filter, PropertyRef};
use gyre_model::selector::{Occurrence, Selector};
use gyre_model::value::Scalar;
use smallvec::SmallVec;

use crate::bind::{BindContext, BoundGroups, BoundSelector, BoundValue, EventTest};
use crate::groups::{GroupDict, NO_GROUP};
use crate::prepare::{PersonTables, PreparedSelector};
use crate::scan::{Scan, ScanRun, Share};
use crate::segmentation::{BoundNumber, NumericMeasure};
use crate::tie::TieColumns;
use crate::{QueryError, Snapshot};

/// Most matching events of one person; beyond it the query fails rather than runs for minutes.
const EVENTS_PER_PERSON_MAX: usize = 1_000_000;
/// Most matching events held at once by one partition: 24 bytes each, 768 MB.
const ENTRIES_MAX: usize = 32 << 20;

/// Events that are read, within half-open times.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) select: PreparedSelector,
    pub(crate) span: (i64, i64),
}

/// What is read of each matching event besides its time.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Properties that split rows.
    pub(crate) group_by: Vec<PropertyRef>,
    /// A number.
    pub(crate) number: Option<NumericMeasure>,
    /// Properties read one by one.
    pub(crate) properties: Vec<PropertyRef>,
    /// Properties whose plain values are read.
    pub(crate) held: Vec<PropertyRef>,
    /// Session and device.
    pub(crate) has_sessions: bool,
}

/// A selector that takes one occurrence of each person.
#[derive(Debug)]
struct Occurs {
    /// Its bit.
    bit: u32,
    /// The bit of what is counted.
    counted: u32,
    nth: u32,
}

#[derive(Debug)]
pub(crate) struct Own {
    selectors: Vec<BoundSelector>,
    groups: BoundGroups,
    number: Option<BoundNumber>,
    properties: Vec<BoundGroups>,
    held: Vec<BoundValue>,
    session: Option<Arc<ColumnData>>,
    device: Option<Arc<ColumnData>>,
    /// Read where two events of one person have the same time, which is seldom.
    ties: OnceLock<TieColumns>,
}

/// A matching event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) time: i64,
    pub(crate) person: u32,
    /// One bit per selector that takes it.
    pub(crate) mask: u32,
    chunk: u32,
    row: u32,
}

/// Reads the matching events.
#[derive(Debug)]
pub(crate) struct Gather {
    wanted: Vec<Wanted>,
    occurs: Vec<Occurs>,
    reading: Reading,
    scan: Scan<Own>,
    dict: Arc<GroupDict>,
}

/// Selectors of one bit each, and what decides on their occurrences.
#[derive(Debug, Default)]
pub(crate) struct WantedList {
    wanted: Vec<Wanted>,
    /// Bit, occurrence and what is counted over all history.
    deciders: Vec<(usize, u32, Wanted)>,
}

impl WantedList {
    /// Adds a selector with the chart's filter; its bit is the number of those before.
    ///
    /// The n-th of its type is decided over all history without any filter, the first that matches with them.
    pub(crate) fn add(
        &mut self,
        snapshot: &Snapshot,
        select: &Selector,
        filter: &Filter,
        span: (i64, i64),
    ) {
        let prepared = PreparedSelector::new(snapshot, select, filter);
        let decider = match select.occurrence {
            None => None,
            Some(Occurrence::FirstMatching) => Some((1, prepared.clone())),
            Some(Occurrence::NthEver(nth)) => {
                let all = select.unfiltered();
                Some((nth, PreparedSelector::new(snapshot, &all, &Filter::pass())))
            }
        };
        if let Some((nth, counted)) = decider {
            let history = Wanted {
                select: counted,
                span: (i64::MIN, span.1),
            };
            self.deciders.push((self.wanted.len(), nth, history));
        }
        let select = prepared;
        self.wanted.push(Wanted { select, span });
    }

    /// Bits that are used.
    pub(crate) fn len(&self) -> usize {
        self.wanted.len() + self.deciders.len()
    }
}

impl Gather {
    /// Plans the scan of at most 32 selectors.
    pub(crate) fn new(
        snapshot: &Snapshot,
        (tables, as_of): (PersonTables, Timestamp),
        wanted: Vec<Wanted>,
        reading: Reading,
        dict: Arc<GroupDict>,
    ) -> Self {
        debug_assert!(wanted.len() <= 32, "one bit per selector");
        let from = wanted.iter().map(|it| it.span.0).min().unwrap_or(0);
        let to = wanted.iter().map(|it| it.span.1).max().unwrap_or(0);
        let wants = |event: u32| wanted.iter().any(|it| it.select.takes(event));
        let scan = Scan::new(snapshot, tables, as_of, (from, to), wants);
        Self {
            wanted,
            occurs: Vec::new(),
            reading,
            scan,
            dict,
        }
    }

    /// Plans the scan of selectors that may take single occurrences; they use at most 32 bits.
    pub(crate) fn of_list(
        snapshot: &Snapshot,
        common: (PersonTables, Timestamp),
        list: WantedList,
        reading: Reading,
        dict: Arc<GroupDict>,
    ) -> Self {
        let mut wanted = list.wanted;
        let mut occurs = Vec::new();
        for (place, nth, decider) in list.deciders {
            occurs.push(Occurs {
                bit: 1 << place,
                counted: 1 << wanted.len(),
                nth,
            });
            wanted.push(decider);
        }
        Self {
            occurs,
            ..Self::new(snapshot, common, wanted, reading, dict)
        }
    }

    /// Number of partitions.
    pub(crate) fn partitions(&self) -> usize {
        self.scan.partitions()
    }

    /// Events in the runs that are read.
    pub(crate) fn rows(&self) -> u64 {
        self.scan.rows
    }

    /// Calls `each` with the events of each person of a partition, in the total order.
    pub(crate) fn run(
        &self,
        partition: usize,
        cancel: &AtomicBool,
        mut each: impl FnMut(&[Entry]) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let share = self.scan.share(partition);
        let mut entries = Vec::new();
        let mut scratch = Vec::new();
        self.scan.for_buckets(partition, cancel, |runs| {
            for run in runs {
                self.read_run(run, share, &mut entries)?;
            }
            match share {
                Share::Home => self.each_person(&mut entries, &mut scratch, &mut each),
                Share::Multi { .. } => Ok(()), // their rows are spread over all buckets
            }
        })?;
        self.each_person(&mut entries, &mut scratch, &mut each)
    }

    /// Group tuples of an event.
    pub(crate) fn groups(&self, entry: &Entry) -> Result<SmallVec<[u32; 1]>, QueryError> {
        match self.scan.bound(entry.chunk) {
            Some(bound) if !self.reading.group_by.is_empty() => {
                bound.own.groups.tuples(place(entry), &self.dict)
            }
            _ => Ok(SmallVec::from_elem(NO_GROUP, 1)),
        }
    }

    /// Tuples of one of the properties read one by one.
    pub(crate) fn property(
        &self,
        entry: &Entry,
        index: usize,
    ) -> Result<SmallVec<[u32; 1]>, QueryError> {
        match self.scan.bound(entry.chunk) {
            Some(bound) => bound.own.properties[index].tuples(place(entry), &self.dict),
            None => Ok(SmallVec::new()),
        }
    }

    /// Value of one of the held properties.
    pub(crate) fn held(&self, entry: &Entry, index: usize) -> Scalar {
        let bound = self.scan.bound(entry.chunk);
        bound.map_or(Scalar::Null, |it| it.own.held[index].value(place(entry)))
    }

    /// The number of an event.
    pub(crate) fn number(&self, entry: &Entry) -> Option<f64> {
        let own = &self.scan.bound(entry.chunk)?.own;
        own.number.as_ref()?.number(entry.row as usize)
    }

    /// Session that the client named, if any.
    pub(crate) fn session(&self, entry: &Entry) -> Option<i64> {
        let own = &self.scan.bound(entry.chunk)?.own;
        let session = own.session.as_ref()?.ints()?[entry.row as usize];
        (session != i64::MIN).then_some(session)
    }

    /// Device of an event; `NO_NODE` without one.
    pub(crate) fn device(&self, entry: &Entry) -> u32 {
        let own = self.scan.bound(entry.chunk).map(|it| &it.own);
        own.and_then(|it| it.device.as_ref()?.nodes())
            .map_or(gyre_lake::NO_NODE, |it| it[entry.row as usize])
    }

    /// Segment, chunk in it and row of an event.
    pub(crate) fn place_of(&self, entry: &Entry) -> (u32, u32, u32) {
        let (segment, chunk) = self.scan.place_of(entry.chunk);
        (segment, chunk, entry.row)
    }

    /// Number of the event's name.
    pub(crate) fn event(&self, entry: &Entry) -> u32 {
        self.scan.event_of(entry.chunk, entry.row)
    }

    fn bind(&self, ctx: &BindContext<'_>) -> Result<Own, QueryError> {
        let mut selectors = Vec::new();
        for it in &self.wanted {
            selectors.push(BoundSelector::bind(ctx, &it.select)?);
        }
        let mut properties = Vec::new();
        for it in &self.reading.properties {
            let one = std::slice::from_ref(it);
            properties.push(BoundGroups::bind(ctx, one, &self.dict)?);
        }
        let mut held = Vec::new();
        for it in &self.reading.held {
            held.push(BoundValue::bind(ctx, it)?);
        }
        let number = match &self.reading.number {
            Some(it) => Some(BoundNumber::bind(ctx, it)?),
            None => None,
        };
        let session_column = |name: &str| {
            if self.reading.has_sessions {
                ctx.column(name)
            } else {
                Ok(None)
            }
        };
        Ok(Own {
            selectors,
            groups: BoundGroups::bind(ctx, &self.reading.group_by, &self.dict)?,
            number,
            properties,
            held,
            session: session_column("session")?,
            device: session_column("device")?,
            ties: OnceLock::new(),
        })
    }

    /// Adds the matching events of one run.
    fn read_run(
        &self,
        it: &ScanRun,
        share: Share,
        entries: &mut Vec<Entry>,
    ) -> Result<(), QueryError> {
        let bound = self.scan.chunk(it.chunk, |ctx| self.bind(ctx))?;
        let (Some(nodes), Some(times)) = (bound.hot.nodes.nodes(), bound.hot.times.ints()) else {
            return Ok(());
        };
        // where the whole run lies inside a selector's times and its name is enough, no row is looked at
        let mut always = 0;
        let mut by_time: SmallVec<[(usize, bool); 8]> = SmallVec::new();
        let (mut from, mut to) = (i64::MAX, i64::MIN);
        for (i, (wanted, selector)) in self.wanted.iter().zip(&bound.own.selectors).enumerate() {
            let test = selector.for_event(it.run.event);
            let is_inside = wanted.span.0 <= it.run.time_min && it.run.time_max < wanted.span.1;
            match test {
                EventTest::Never => continue,
                EventTest::Always if is_inside => always |= 1 << i,
                EventTest::Always => by_time.push((i, false)),
                EventTest::ByRow => by_time.push((i, true)),
            }
            (from, to) = (from.min(wanted.span.0), to.max(wanted.span.1));
        }
        let map = &self.scan.snapshot.map;
        for row in it.run.start as usize..it.run.end as usize {
            let time = times[row];
            if time < from || time >= to {
                continue;
            }
            let Some(person) = share.takes(map.flagged_person(nodes[row], time)) else {
                continue;
            };
            let mut mask = always;
            for (i, is_by_row) in &by_time {
                let span = self.wanted[*i].span;
                let is_in = time >= span.0 && time < span.1;
                if is_in
                    && (!is_by_row
                        || bound.own.selectors[*i].passes(it.run.event, row, person, time))
                {
                    mask |= 1 << i;
                }
            }
            if mask != 0 {
                entries.push(Entry {
                    time,
                    person,
                    mask,
                    chunk: it.chunk,
                    row: row as u32,
                });
            }
        }
        if entries.len() > ENTRIES_MAX {
            let detail = format!(
                "more than {ENTRIES_MAX} events of people who are looked at together; take a shorter range"
            );
            return Err(QueryError::TooLarge { detail });
        }
        Ok(())
    }

    /// Calls `each` for every person of `entries` and empties it.
    fn each_person(
        &self,
        entries: &mut Vec<Entry>,
        scratch: &mut Vec<Entry>,
        each: &mut impl FnMut(&[Entry]) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        sort_people(entries, scratch, |it| it.person, |it| it.time);
        for person in entries.chunk_by_mut(|a, b| a.person == b.person) {
            if person.len() > EVENTS_PER_PERSON_MAX {
                let detail =
                    format!("a person has more than {EVENTS_PER_PERSON_MAX} matching events");
                return Err(QueryError::TooLarge { detail });
            }
            for tied in person.chunk_by_mut(|a, b| a.time == b.time) {
                if tied.len() > 1 {
                    self.sort_ties(tied)?;
                }
            }
            for it in &self.occurs {
                it.keep_one(person);
            }
            each(person)?;
        }
        entries.clear();
        Ok(())
    }

    fn sort_ties(&self, tied: &mut [Entry]) -> Result<(), QueryError> {
        for it in &*tied {
            if let Some(bound) = self.scan.bound(it.chunk)
                && bound.own.ties.get().is_none()
            {
                let ties = TieColumns::bind(&self.scan.context(it.chunk))?;
                bound.own.ties.get_or_init(|| ties);
            }
        }
        let ties = |it: &Entry| self.scan.bound(it.chunk)?.own.ties.get();
        tied.sort_by(|a, b| match (ties(a), ties(b)) {
            (Some(left), Some(right)) => left.compare(a.row as usize, right, b.row as usize),
            _ => Ordering::Equal,
        });
        Ok(())
    }
}

impl Occurs {
    /// Takes the bit from every event of a person but the n-th that is counted.
    fn keep_one(&self, events: &mut [Entry]) {
        let mut seen = 0;
        for it in events {
            if it.mask & self.counted != 0 {
                seen += 1;
                if seen == self.nth {
                    continue;
                }
            }
            it.mask &= !self.bit;
        }
    }
}

fn place(entry: &Entry) -> (usize, u32, i64) {
    (entry.row as usize, entry.person, entry.time)
}

/// Sorts by person and `key`. The people of one bucket are few and their numbers close together: they are counted
/// out, which is several times faster than comparing.
pub(crate) fn sort_people<T: Copy, K: Ord>(
    items: &mut Vec<T>,
    scratch: &mut Vec<T>,
    person: impl Fn(&T) -> u32,
    key: impl Fn(&T) -> K,
) {
    let Some(lowest) = items.iter().map(&person).min() else {
        return;
    };
    let first = lowest / BUCKET_NODES * BUCKET_NODES;
    let place = |it: &T| (person(it) - first) as usize;
    if items.len() < 64 || items.iter().any(|it| place(it) >= BUCKET_NODES as usize) {
        items.sort_unstable_by_key(|it| (person(it), key(it)));
        return;
    }
    let mut ends = [0_u32; BUCKET_NODES as usize];
    for it in &*items {
        ends[place(it)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    scratch.clear();
    scratch.resize(items.len(), items[0]);
    for it in items.iter().rev() {
        let end = &mut ends[place(it)];
        *end -= 1;
        scratch[*end as usize] = *it;
    }
    std::mem::swap(items, scratch);
    for one in items.chunk_by_mut(|a, b| person(a) == person(b)) {
        one.sort_unstable_by_key(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counting_people_out_is_sorting_them(
            base in 0..3_u32, people in prop::collection::vec((0..6_000_u32, 0..5_i64), 0..300), is_narrow in any::<bool>(),
        ) {
            let entry = |(person, time): (u32, i64)| {
                (base * BUCKET_NODES + if is_narrow { person % BUCKET_NODES } else { person }, time)
            };
            let mut entries: Vec<(u32, i64)> = people.into_iter().map(entry).collect();
            let mut expected = entries.clone();
            expected.sort_unstable();
            sort_people(&mut entries, &mut Vec::new(), |it| it.0, |it| it.1);
            prop_assert_eq!(entries, expected);
        }
    }
}
