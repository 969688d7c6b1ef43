//! The retention operator: who of each cohort came back in which interval.
//!
//! A member of a cohort is a person with a start in its calendar unit; the first start there is the anchor. Slots: for
//! each cohort its size and then its cells ([`RetentionPlan::slot`]). A return is a matching event after the anchor in
//! the total order. Cost: one scan of (node, time) of start and return events; memory of one bucket's matching
//! events. Source: charts.md 2.3 and part 3 ("Retention").

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use gyre_base::Timestamp;

use crate::exec::BucketOperator;
use crate::gather::{Entry, Gather, Reading, Wanted};
use crate::groups::GroupDict;
use crate::prepare::{PersonTables, PreparedSelector, cut_end};
use crate::segmentation::NumericMeasure;
use crate::tally::{Count, RowPlan, Tally, TallyCell};
use crate::units::Units;
use crate::{QueryError, Snapshot};

const START: u32 = 1;
const BACK: u32 = 2;
const TYPE: u32 = 4;

/// Which starts make a member.
#[derive(Clone, Debug)]
pub enum StartRule {
    /// The first of each cohort's unit.
    EveryBucket,
    /// The first event of this selector in all history, if it is a start in the range.
    FirstEver(PreparedSelector),
    /// The first start in all history, if it is in the range.
    FirstMatching,
}

/// What makes a cell.
#[derive(Clone, Debug)]
pub enum ReturnTest {
    /// A return in interval n.
    On,
    /// In n or any later one.
    OnOrAfter,
    /// In any up to n.
    OnOrBefore,
    /// In any from the first to the second, both included.
    Brackets(Vec<(usize, usize)>),
    /// In every one from 1 to n.
    Streak,
}

/// How intervals are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Calendar units between the anchor's and the return's.
    Calendar,
    /// Elapsed units of so many milliseconds since the anchor.
    Rolling(i64),
}

/// What the operator answers.
#[derive(Clone, Debug)]
pub struct RetentionPlan {
    /// Events that make a member.
    pub start: PreparedSelector,
    /// Events that are returns.
    pub back: PreparedSelector,
    /// Which starts count.
    pub rule: StartRule,
    /// What makes a cell.
    pub test: ReturnTest,
    /// How intervals are counted.
    pub clock: Clock,
    /// Half-open range of starts.
    pub range: (Timestamp, Timestamp),
    /// Edges of the calendar units: of the cohorts, then of every interval after the last.
    pub edges: Vec<i64>,
    /// How many units are cohorts.
    pub cohorts: usize,
    /// The last interval.
    pub last: usize,
    /// Whether the start itself is a return in interval 0.
    pub is_start_return: bool,
    /// The number summed over returns.
    pub number: Option<NumericMeasure>,
    /// Rows.
    pub rows: RowPlan,
    /// List this cell's people instead of counting.
    pub list: Option<TallyCell>,
    /// Tables of what filters and groups ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

impl RetentionPlan {
    /// Cells of each cohort.
    pub fn cells(&self) -> usize {
        match &self.test {
            ReturnTest::Brackets(it) => it.len(),
            _ => self.last + 1,
        }
    }

    /// Slot of a cohort's cell; without one, of its size.
    pub fn slot(&self, cohort: usize, cell: Option<usize>) -> usize {
        cohort * (self.cells() + 1) + cell.map_or(0, |it| it + 1)
    }

    /// Slots of a row.
    pub fn width(&self) -> usize {
        self.cohorts * (self.cells() + 1)
    }
}

/// The operator.
#[derive(Debug)]
pub struct RetentionOperator {
    plan: RetentionPlan,
    units: Units,
    gather: Gather,
}

/// What one person did, and what became of one of their anchors.
#[derive(Default)]
struct Scratch {
    /// Cohort and place of each anchor.
    anchors: Vec<(usize, usize)>,
    /// By unit: one more than the place of the last return in it, 0 without one.
    last_back: Vec<u32>,
    /// By interval after an anchor.
    returned: Vec<bool>,
    /// By interval, the one after the last being everything later.
    sums: Vec<Count>,
    is_later: bool,
}

impl RetentionOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, plan: RetentionPlan, dict: Arc<GroupDict>) -> Self {
        let (from, to) = (plan.range.0.ms(), cut_end(plan.range.1, plan.as_of));
        let end = match (&plan.test, plan.clock) {
            (ReturnTest::OnOrAfter, _) => Timestamp::MAX,
            (_, Clock::Calendar) => {
                let last = plan.edges.len() - 1;
                Timestamp(plan.edges[(plan.cohorts + plan.last).min(last)])
            }
            (_, Clock::Rolling(unit)) => plan.range.1.plus_ms(unit * (plan.last as i64 + 1)),
        };
        let history = i64::MIN;
        let starts_from = match plan.rule {
            StartRule::EveryBucket => from,
            StartRule::FirstEver(_) | StartRule::FirstMatching => history,
        };
        let mut wanted = vec![
            Wanted {
                select: plan.start.clone(),
                span: (starts_from, to),
            },
            Wanted {
                select: plan.back.clone(),
                span: (from, cut_end(end, plan.as_of)),
            },
        ];
        if let StartRule::FirstEver(select) = &plan.rule {
            wanted.push(Wanted {
                select: select.clone(),
                span: (history, to),
            });
        }
        let reading = Reading {
            group_by: plan.rows.group_by.clone(),
            number: plan.number.clone(),
            ..Reading::default()
        };
        let common = (plan.tables.clone(), plan.as_of);
        let gather = Gather::new(snapshot, common, wanted, reading, dict);
        Self {
            units: Units::new(plan.edges.clone()),
            gather,
            plan,
        }
    }

    fn find_anchors(&self, events: &[Entry], anchors: &mut Vec<(usize, usize)>) {
        anchors.clear();
        let range = self.plan.range.0.ms()..self.plan.range.1.ms();
        let mut take = |place: usize| {
            let event = &events[place];
            if event.mask & START != 0
                && range.contains(&event.time)
                && let Some(cohort) = self.units.index(event.time)
                && anchors.last().is_none_or(|it| it.0 != cohort)
            {
                anchors.push((cohort, place));
            }
        };
        let first = |bit: u32| events.iter().position(|it| it.mask & bit != 0);
        match self.plan.rule {
            StartRule::EveryBucket => (0..events.len()).for_each(take),
            StartRule::FirstEver(_) => first(TYPE).into_iter().for_each(take),
            StartRule::FirstMatching => first(START).into_iter().for_each(&mut take),
        }
    }

    /// Calendar intervals without sums need only know which units have a return.
    fn mark_units(&self, events: &[Entry], scratch: &mut Scratch) {
        scratch.last_back.clear();
        scratch.last_back.resize(self.units.len() + 1, 0);
        for (place, event) in events.iter().enumerate() {
            if event.mask & BACK != 0 {
                let unit = self.units.index(event.time).unwrap_or(self.units.len());
                scratch.last_back[unit] = place as u32 + 1;
            }
        }
    }

    fn returns_by_unit(&self, (cohort, place): (usize, usize), scratch: &mut Scratch) {
        let last = self.plan.last;
        let units = &scratch.last_back[cohort..];
        scratch.returned[0] = units[0] as usize > place + 1;
        for interval in 1..=last {
            scratch.returned[interval] = units.get(interval).is_some_and(|it| *it > 0);
        }
        scratch.is_later = units.iter().skip(last + 1).any(|it| *it > 0);
    }

    fn returns_by_event(
        &self,
        events: &[Entry],
        (cohort, place): (usize, usize),
        scratch: &mut Scratch,
    ) {
        let last = self.plan.last;
        scratch.returned.fill(false);
        scratch.sums.fill(Count::default());
        scratch.is_later = false;
        let reads_later = matches!(self.plan.test, ReturnTest::OnOrAfter);
        for event in &events[place + 1..] {
            if event.mask & BACK == 0 {
                continue;
            }
            let interval = match self.plan.clock {
                Clock::Calendar => self
                    .units
                    .index(event.time)
                    .map_or(usize::MAX, |it| it - cohort),
                Clock::Rolling(unit) => ((event.time - events[place].time) / unit) as usize,
            };
            if interval > last {
                if !reads_later {
                    break; // events are in order of time
                }
                scratch.is_later = true;
                if self.plan.number.is_none() {
                    break;
                }
            } else {
                scratch.returned[interval] = true;
            }
            if let Some(number) = self.gather.number(event) {
                let sum = &mut scratch.sums[interval.min(last + 1)];
                sum.valued += 1;
                sum.sum += number;
            }
        }
    }

    /// Whether a cell counts the anchor, and the numbers of its returns.
    fn cell(&self, cell: usize, facts: &Facts, scratch: &Scratch) -> Option<Count> {
        let sums = &scratch.sums;
        let (is_in, sums) = match &self.plan.test {
            ReturnTest::On => (scratch.returned[cell], &sums[cell..=cell]),
            ReturnTest::OnOrAfter => (facts.latest.is_some_and(|it| it >= cell), &sums[cell..]),
            ReturnTest::OnOrBefore => (facts.earliest.is_some_and(|it| it <= cell), &sums[..=cell]),
            ReturnTest::Brackets(brackets) => {
                let (low, high) = brackets[cell];
                let any = scratch.returned[low..=high].iter().any(|it| *it);
                (any, &sums[low..=high])
            }
            ReturnTest::Streak => (cell <= facts.streak, &sums[cell..=cell]),
        };
        is_in.then(|| Count {
            count: 1,
            valued: sums.iter().map(|it| it.valued).sum(),
            sum: sums.iter().map(|it| it.sum).sum(),
        })
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
        let mut anchors = std::mem::take(&mut scratch.anchors);
        self.find_anchors(events, &mut anchors);
        let is_by_unit = self.plan.clock == Clock::Calendar && self.plan.number.is_none();
        if is_by_unit && !anchors.is_empty() {
            self.mark_units(events, scratch);
        }
        for anchor in &anchors {
            if is_by_unit {
                self.returns_by_unit(*anchor, scratch);
            } else {
                self.returns_by_event(events, *anchor, scratch);
            }
            scratch.returned[0] |= self.plan.is_start_return;
            let facts = Facts::of(scratch);
            let entry = &events[anchor.1];
            let member = (person, entry.time);
            let one = Count {
                count: 1,
                ..Count::default()
            };
            let groups = self.gather.groups(entry)?;
            let mut outcome = Ok(());
            self.plan.rows.each(segments, &groups, |row| {
                let mut put = |cell: Option<usize>, count: Count| {
                    let slot = self.plan.slot(anchor.0, cell);
                    if outcome.is_ok() {
                        outcome = tally.add(row, slot, member, count);
                    }
                };
                put(None, one);
                for cell in 0..self.plan.cells() {
                    if let Some(count) = self.cell(cell, &facts, scratch) {
                        put(Some(cell), count);
                    }
                }
            });
            outcome?;
        }
        scratch.anchors = anchors;
        Ok(())
    }
}

struct Facts {
    earliest: Option<usize>,
    latest: Option<usize>,
    /// Intervals from 1 on without a gap.
    streak: usize,
}

impl Facts {
    fn of(scratch: &Scratch) -> Self {
        let returned = &scratch.returned;
        let latest = returned.iter().rposition(|it| *it);
        Self {
            earliest: returned.iter().position(|it| *it),
            latest: if scratch.is_later {
                Some(usize::MAX)
            } else {
                latest
            },
            streak: returned.iter().skip(1).take_while(|it| **it).count(),
        }
    }
}

impl BucketOperator for RetentionOperator {
    fn name(&self) -> &'static str {
        "RetentionOperator"
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
        let mut scratch = Scratch {
            returned: vec![false; self.plan.last + 1],
            sums: vec![Count::default(); self.plan.last + 2],
            ..Scratch::default()
        };
        self.gather.run(partition, cancel, |events| {
            self.count_person(events, &mut scratch, &mut tally)
        })?;
        tally.into_batch()
    }
}
