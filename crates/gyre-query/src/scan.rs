//! Which runs a query reads, bucket by bucket, and how its partitions share them.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gyre_base::Timestamp;
use gyre_identity::{MULTI_FLAG, NOBODY};
use gyre_lake::Run;

use crate::bind::{BindContext, HotColumns};
use crate::prepare::PersonTables;
use crate::{QueryError, Snapshot};

/// A run and the chunk it lies in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanRun {
    /// Place in [`Scan::chunks`].
    pub(crate) chunk: u32,
    pub(crate) run: Run,
}

/// What a partition takes of each bucket's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// People whose nodes all lie in the bucket.
    Home,
    /// People whose nodes lie in several buckets and whose number is `index` modulo `of`.
    Multi { index: u32, of: u32 },
}

impl Share {
    /// The person, if this share takes them.
    #[inline]
    pub(crate) fn takes(self, flagged: u32) -> Option<u32> {
        let person = flagged & !MULTI_FLAG;
        let is_multi = flagged & MULTI_FLAG != 0;
        let takes = match self {
            Self::Home => !is_multi,
            // who was deleted is nobody, and flagged so that the shares above need not ask
            Self::Multi { index, of } => is_multi && person != NOBODY && person % of == index,
        };
        takes.then_some(person)
    }
}

/// The runs of one query. Chunks are bound when a partition first needs them.
#[derive(Debug)]
pub(crate) struct Scan<B> {
    pub(crate) snapshot: Snapshot,
    pub(crate) tables: PersonTables,
    pub(crate) as_of: Timestamp,
    /// (segment, chunk in it)
    chunks: Vec<(usize, usize)>,
    bound: Vec<OnceLock<Bound<B>>>,
    buckets: Vec<Vec<ScanRun>>,
    /// Events in the runs, for statistics.
    pub(crate) rows: u64,
    home: usize,
    next: AtomicUsize,
}

/// A chunk with its hot columns and what the operator made of it.
#[derive(Debug)]
pub(crate) struct Bound<B> {
    pub(crate) hot: HotColumns,
    pub(crate) own: B,
}

impl<B> Scan<B> {
    /// Finds the runs of the events that `wants`, within `[from, to)`.
    pub(crate) fn new(
        snapshot: &Snapshot,
        tables: PersonTables,
        as_of: Timestamp,
        (from, to): (i64, i64),
        wants: impl Fn(u32) -> bool,
    ) -> Self {
        let mut chunks = Vec::new();
        let mut buckets: BTreeMap<u32, Vec<ScanRun>> = BTreeMap::new();
        let mut rows = 0;
        for (segment_place, segment) in snapshot.lake.segments.iter().enumerate() {
            let (first, last) = segment.time_span();
            if last < from || first >= to {
                continue;
            }
            for (chunk_place, chunk) in segment.chunks().iter().enumerate() {
                let mut is_used = false;
                for run in chunk.runs.iter() {
                    if run.time_max < from || run.time_min >= to || !wants(run.event) {
                        continue;
                    }
                    is_used = true;
                    rows += u64::from(run.end - run.start);
                    let scan_run = ScanRun {
                        chunk: chunks.len() as u32,
                        run: *run,
                    };
                    buckets.entry(run.bucket).or_default().push(scan_run);
                }
                if is_used {
                    chunks.push((segment_place, chunk_place));
                }
            }
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let buckets: Vec<Vec<ScanRun>> = buckets.into_values().collect();
        Self {
            snapshot: snapshot.clone(),
            tables,
            as_of,
            bound: chunks.iter().map(|_| OnceLock::new()).collect(),
            chunks,
            home: cores.min(buckets.len()).max(1),
            buckets,
            rows,
            next: AtomicUsize::new(0),
        }
    }

    /// Number of partitions: people of one bucket are shared out by bucket, the others by number.
    pub(crate) fn partitions(&self) -> usize {
        if self.snapshot.map.has_multi() {
            self.home * 2
        } else {
            self.home
        }
    }

    /// Share of a partition.
    pub(crate) fn share(&self, partition: usize) -> Share {
        match partition.checked_sub(self.home) {
            None => Share::Home,
            Some(index) => Share::Multi {
                index: index as u32,
                of: self.home as u32,
            },
        }
    }

    /// Calls `each` with the buckets of a partition: home partitions take the next free one, the others all.
    pub(crate) fn for_buckets(
        &self,
        partition: usize,
        cancel: &AtomicBool,
        mut each: impl FnMut(&[ScanRun]) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let mut mine = 0;
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(QueryError::Cancelled);
            }
            let place = if partition < self.home {
                self.next.fetch_add(1, Ordering::Relaxed)
            } else {
                mine += 1;
                mine - 1
            };
            let Some(runs) = self.buckets.get(place) else {
                return Ok(());
            };
            each(runs)?;
        }
    }

    /// The chunk, bound by `bind` the first time.
    pub(crate) fn chunk(
        &self,
        place: u32,
        bind: impl FnOnce(&BindContext<'_>) -> Result<B, QueryError>,
    ) -> Result<&Bound<B>, QueryError> {
        let cell = &self.bound[place as usize];
        if let Some(bound) = cell.get() {
            return Ok(bound);
        }
        let ctx = self.context(place);
        let bound = Bound {
            hot: HotColumns::bind(&ctx)?,
            own: bind(&ctx)?,
        };
        // another partition may have been quicker; both made the same
        Ok(cell.get_or_init(|| bound))
    }

    /// A chunk that was bound before.
    pub(crate) fn bound(&self, place: u32) -> Option<&Bound<B>> {
        self.bound[place as usize].get()
    }

    /// Segment of a chunk and its place there: the same in every scan of a snapshot.
    pub(crate) fn place_of(&self, place: u32) -> (u32, u32) {
        let (segment, chunk) = self.chunks[place as usize];
        (segment as u32, chunk as u32)
    }

    /// Number of the name of a row's event.
    pub(crate) fn event_of(&self, place: u32, row: u32) -> u32 {
        let (segment, chunk) = self.chunks[place as usize];
        let runs = &self.snapshot.lake.segments[segment].chunks()[chunk].runs;
        let after = runs.partition_point(|it| it.start <= row);
        runs[after - 1].event
    }

    pub(crate) fn context(&self, place: u32) -> BindContext<'_> {
        let (segment, chunk) = self.chunks[place as usize];
        BindContext {
            segment: &self.snapshot.lake.segments[segment],
            chunk,
            tables: &self.tables,
            as_of: self.as_of,
        }
    }
}
