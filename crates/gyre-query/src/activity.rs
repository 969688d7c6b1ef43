//! The activity operator: in which calendar units each person did something. Lifecycle, stickiness and usage
//! intervals are counts over that.
//!
//! Slots are numbered by the question, see [`ActivityCount`]. Cost: one scan of (node, time) of the chosen events;
//! memory of one bucket's days: a person's events of one unit are one entry of 32 bytes. Source: charts.md 2.3 ("Usage
//! interval"), 2.4, 2.5 and part 3 ("Others").

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use gyre_base::Timestamp;
use gyre_identity::MULTI_FLAG;
use gyre_lake::BUCKET_NODES;
use rustc_hash::FxHashMap;

use crate::bind::{BindContext, BoundGroups, BoundSelector, EventTest};
use crate::exec::BucketOperator;
use crate::gather::sort_people;
use crate::groups::{GroupDict, NO_GROUP};
use crate::prepare::{PersonTables, PreparedSelector, cut_end};
use crate::scan::{Scan, ScanRun, Share};
use crate::tally::{Count, RowPlan, Tally, TallyCell};
use crate::units::Units;
use crate::{QueryError, Snapshot};

/// Most days of people who are looked at together: 32 bytes each, 1 GB.
const DAYS_MAX: usize = 32 << 20;

/// States of a lifecycle, in the order of their slots.
pub const LIFECYCLE_STATES: usize = 4;

/// What is counted of people's units.
#[derive(Clone, Debug)]
pub enum ActivityCount {
    /// Per unit but the first: new, current, resurrected, dormant; slot `(unit - 1) * 4 + state`.
    Lifecycle {
        /// Whose first event in all history decides who is new; besides the chosen events.
        first: PreparedSelector,
        /// Calendar start of each unit.
        starts: Vec<i64>,
    },
    /// Per period and person the number of units with enough events; slot `n`, 0 for everyone with one at least.
    Stickiness {
        /// The period of each unit.
        period_of: Vec<u32>,
        /// Events that make a unit count.
        at_least: u32,
        /// Whether a person with n units is in every slot up to n rather than in n only.
        is_cumulative: bool,
        /// Units of the longest period.
        longest: usize,
    },
    /// The median number of units between units; slot twice the median.
    UsageInterval,
}

/// What the operator answers.
#[derive(Clone, Debug)]
pub struct ActivityPlan {
    /// Events that count.
    pub select: PreparedSelector,
    /// Half-open units, ascending; what lies between two is not read.
    pub units: Vec<(i64, i64)>,
    /// What is counted.
    pub count: ActivityCount,
    /// Rows.
    pub rows: RowPlan,
    /// List this cell's people instead of counting.
    pub list: Option<TallyCell>,
    /// Tables of what filters and groups ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

impl ActivityPlan {
    /// Slots of a row.
    pub fn width(&self) -> usize {
        match &self.count {
            ActivityCount::Lifecycle { .. } => (self.units.len() - 1) * LIFECYCLE_STATES,
            ActivityCount::Stickiness { longest, .. } => longest + 1,
            ActivityCount::UsageInterval => 2 * self.units.len(),
        }
    }
}

#[derive(Debug)]
struct Own {
    select: BoundSelector,
    first: Option<BoundSelector>,
    groups: BoundGroups,
}

/// A person's events of one unit and row.
#[derive(Clone, Copy)]
struct Day {
    /// The first of them.
    first: i64,
    person: u32,
    unit: u32,
    count: u32,
    /// Place in [`Local::rows`].
    row: u32,
}

#[derive(Default)]
struct Local {
    days: Vec<Day>,
    scratch: Vec<Day>,
    /// Rows that days are put into, while they are read; a question without groups has one.
    rows: Vec<(u32, u32)>,
    row_ids: FxHashMap<(u32, u32), u32>,
    /// First event of the people of the bucket at hand, by place.
    firsts: Vec<i64>,
    /// First event of people of several buckets.
    multi_firsts: FxHashMap<u32, i64>,
}

impl Local {
    fn row_id(&mut self, row: (u32, u32)) -> u32 {
        let next = self.rows.len() as u32;
        let id = *self.row_ids.entry(row).or_insert(next);
        if id == next {
            self.rows.push(row);
        }
        id
    }

    fn saw(&mut self, share: Share, person: u32, time: i64) {
        let first = match share {
            Share::Home => &mut self.firsts[place_of(person)],
            Share::Multi { .. } => self.multi_firsts.entry(person).or_insert(i64::MAX),
        };
        *first = time.min(*first);
    }

    fn first(&self, share: Share, person: u32) -> i64 {
        match share {
            Share::Home => self.firsts[place_of(person)],
            Share::Multi { .. } => *self.multi_firsts.get(&person).unwrap_or(&i64::MAX),
        }
    }
}

fn place_of(person: u32) -> usize {
    (person % BUCKET_NODES) as usize
}

/// The operator.
#[derive(Debug)]
pub struct ActivityOperator {
    plan: ActivityPlan,
    starts: Units,
    span: (i64, i64),
    scan: Scan<Own>,
    dict: Arc<GroupDict>,
}

impl ActivityOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, plan: ActivityPlan, dict: Arc<GroupDict>) -> Self {
        let end = plan.units.last().map_or(0, |it| it.1);
        let from = plan.units.first().map_or(0, |it| it.0);
        let span = (from, cut_end(Timestamp(end), plan.as_of));
        let first = match &plan.count {
            ActivityCount::Lifecycle { first, .. } => Some(first),
            _ => None,
        };
        let reach = (if first.is_some() { i64::MIN } else { from }, span.1);
        let wants =
            |event: u32| plan.select.takes(event) || first.is_some_and(|it| it.takes(event));
        let scan = Scan::new(snapshot, plan.tables.clone(), plan.as_of, reach, wants);
        let mut starts: Vec<i64> = plan.units.iter().map(|it| it.0).collect();
        starts.push(end);
        Self {
            starts: Units::new(starts),
            span,
            scan,
            dict,
            plan,
        }
    }

    fn bind(&self, ctx: &BindContext<'_>) -> Result<Own, QueryError> {
        let first = match &self.plan.count {
            ActivityCount::Lifecycle { first, .. } => Some(BoundSelector::bind(ctx, first)?),
            _ => None,
        };
        Ok(Own {
            select: BoundSelector::bind(ctx, &self.plan.select)?,
            first,
            groups: BoundGroups::bind(ctx, &self.plan.rows.group_by, &self.dict)?,
        })
    }

    fn unit(&self, time: i64) -> Option<usize> {
        let unit = self.starts.index(time)?;
        (time < self.plan.units[unit].1).then_some(unit)
    }

    fn read_run(&self, it: &ScanRun, share: Share, local: &mut Local) -> Result<(), QueryError> {
        let bound = self.scan.chunk(it.chunk, |ctx| self.bind(ctx))?;
        let (Some(nodes), Some(times)) = (bound.hot.nodes.nodes(), bound.hot.times.ints()) else {
            return Ok(());
        };
        let own = &bound.own;
        let select = own.select.for_event(it.run.event);
        let first = own
            .first
            .as_ref()
            .map_or(EventTest::Never, |own| own.for_event(it.run.event));
        let is_in = it.run.time_max >= self.span.0 && it.run.time_min < self.span.1;
        if first == EventTest::Never && (select == EventTest::Never || !is_in) {
            return Ok(());
        }
        let map = &self.scan.snapshot.map;
        let is_grouped = !self.plan.rows.group_by.is_empty();
        for row in it.run.start as usize..it.run.end as usize {
            let time = times[row];
            if time >= self.span.1 || (first == EventTest::Never && time < self.span.0) {
                continue;
            }
            let Some(person) = share.takes(map.flagged_person(nodes[row], time)) else {
                continue;
            };
            let passes = |test: EventTest, own: &BoundSelector| match test {
                EventTest::Never => false,
                EventTest::Always => true,
                EventTest::ByRow => own.passes(it.run.event, row, person, time),
            };
            if let Some(own) = &own.first
                && passes(first, own)
            {
                local.saw(share, person, time);
            }
            if time < self.span.0 || !passes(select, &own.select) {
                continue;
            }
            let Some(unit) = self.unit(time) else {
                continue;
            };
            let day = Day {
                first: time,
                person,
                unit: unit as u32,
                count: 1,
                row: 0,
            };
            if is_grouped {
                let segments = self.plan.rows.segments.mask(person);
                let groups = own.groups.tuples((row, person, time), &self.dict)?;
                self.plan.rows.each(segments, &groups, |row| {
                    let row = local.row_id(row);
                    push_day(&mut local.days, Day { row, ..day });
                });
            } else {
                push_day(&mut local.days, day);
            }
        }
        if local.days.len() > DAYS_MAX {
            let detail = format!(
                "more than {DAYS_MAX} days of people who are looked at together; take a shorter range"
            );
            return Err(QueryError::TooLarge { detail });
        }
        Ok(())
    }

    /// Counts every person of the bucket that was read and forgets them.
    fn count_people(
        &self,
        share: Share,
        local: &mut Local,
        tally: &mut Tally,
    ) -> Result<(), QueryError> {
        let (mut days, mut scratch) = (
            std::mem::take(&mut local.days),
            std::mem::take(&mut local.scratch),
        );
        let key = |it: &Day| (it.row, it.unit, it.first);
        sort_people(&mut days, &mut scratch, |it| it.person, key);
        let mut units: Vec<Day> = Vec::new();
        for own in days.chunk_by(|a, b| (a.person, a.row) == (b.person, b.row)) {
            units.clear();
            for day in own {
                match units.last_mut().filter(|it| it.unit == day.unit) {
                    Some(same) => same.count = same.count.saturating_add(day.count),
                    None => units.push(*day),
                }
            }
            let person = own[0].person;
            if !self.plan.rows.group_by.is_empty() {
                let row = local.rows[own[0].row as usize];
                self.count_units(row, &units, i64::MAX, tally)?;
                continue;
            }
            let segments = self.plan.rows.segments.mask(person);
            let first = local.first(share, person);
            let mut outcome = Ok(());
            self.plan.rows.each(segments, &[NO_GROUP], |row| {
                if outcome.is_ok() {
                    outcome = self.count_units(row, &units, first, tally);
                }
            });
            outcome?;
        }
        days.clear();
        (local.days, local.scratch) = (days, scratch);
        local.rows.clear();
        local.row_ids.clear();
        local.firsts.fill(i64::MAX);
        Ok(())
    }

    fn count_units(
        &self,
        row: (u32, u32),
        units: &[Day],
        first: i64,
        tally: &mut Tally,
    ) -> Result<(), QueryError> {
        let person = units[0].person;
        let one = Count {
            count: 1,
            ..Count::default()
        };
        match &self.plan.count {
            ActivityCount::Lifecycle { starts, .. } => {
                let first = first.min(units[0].first);
                self.each_state(units, first, starts, |slot, at| {
                    tally.add(row, slot, (person, at), one)
                })
            }
            ActivityCount::Stickiness {
                period_of,
                at_least,
                is_cumulative,
                ..
            } => {
                let enough = |it: &&Day| it.count >= *at_least;
                let period = |it: &Day| period_of[it.unit as usize];
                for own in units.chunk_by(|a, b| period(a) == period(b)) {
                    let days = own.iter().filter(enough).count();
                    let Some(day) = own.iter().find(enough) else {
                        continue;
                    };
                    let member = (person, day.first);
                    tally.add(row, 0, member, one)?;
                    let least = if *is_cumulative { 1 } else { days };
                    for slot in least..=days {
                        tally.add(row, slot, member, one)?;
                    }
                }
                Ok(())
            }
            ActivityCount::UsageInterval => {
                let mut gaps: Vec<u32> =
                    units.windows(2).map(|it| it[1].unit - it[0].unit).collect();
                gaps.sort_unstable();
                let Some(last) = gaps.len().checked_sub(1) else {
                    return Ok(()); // one unit has no interval
                };
                let twice = gaps[last / 2] + gaps[last.div_ceil(2)];
                tally.add(row, twice as usize, (person, units[0].first), one)
            }
        }
    }

    /// Calls `put` with the slot of every state and the instant it began.
    fn each_state(
        &self,
        units: &[Day],
        first: i64,
        starts: &[i64],
        mut put: impl FnMut(usize, i64) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let [new, current, resurrected, dormant] = [0, 1, 2, 3];
        let slot = |unit: u32, state: usize| (unit as usize - 1) * LIFECYCLE_STATES + state;
        let mut before: Option<u32> = None;
        for day in units {
            let follows = before.is_some_and(|it| it + 1 == day.unit);
            before = Some(day.unit);
            if day.unit > 0 {
                let state = if first >= starts[day.unit as usize] {
                    new
                } else if follows {
                    current
                } else {
                    resurrected
                };
                put(slot(day.unit, state), day.first)?;
            }
        }
        for (i, day) in units.iter().enumerate() {
            let next = day.unit + 1;
            let comes = units.get(i + 1).is_some_and(|it| it.unit == next);
            if let Some((start, _)) = self.plan.units.get(next as usize)
                && !comes
                && *start <= self.plan.as_of.ms()
            {
                put(slot(next, dormant), *start)?; // what has not begun has no one dormant
            }
        }
        Ok(())
    }
}

/// Adds a day; runs are sorted by node and time, so events of one person and unit usually come in a row.
fn push_day(days: &mut Vec<Day>, day: Day) {
    match days.last_mut() {
        Some(last) if (last.person, last.unit, last.row) == (day.person, day.unit, day.row) => {
            last.count = last.count.saturating_add(1);
            last.first = last.first.min(day.first);
        }
        _ => days.push(day),
    }
}

impl BucketOperator for ActivityOperator {
    fn name(&self) -> &'static str {
        "ActivityOperator"
    }

    fn schema(&self) -> SchemaRef {
        Tally::schema(self.plan.list.is_some())
    }

    fn partitions(&self) -> usize {
        self.scan.partitions()
    }

    fn rows(&self) -> u64 {
        self.scan.rows
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        const { assert!(BUCKET_NODES < MULTI_FLAG, "a person's number has no flag") };
        let share = self.scan.share(partition);
        let mut tally = Tally::new(self.plan.width(), self.plan.list);
        let mut local = Local {
            firsts: vec![i64::MAX; BUCKET_NODES as usize],
            ..Local::default()
        };
        self.scan.for_buckets(partition, cancel, |runs| {
            for run in runs {
                self.read_run(run, share, &mut local)?;
            }
            match share {
                Share::Home => self.count_people(share, &mut local, &mut tally),
                Share::Multi { .. } => Ok(()), // their rows are spread over all buckets
            }
        })?;
        self.count_people(share, &mut local, &mut tally)?;
        tally.into_batch()
    }
}
