//! The funnel operator: a row per chain that counts, with its times and group.
//!
//! Shape: (person `UInt32`, unit `UInt32`, segments `UInt32` bit mask, group `UInt32`, `is_first` Boolean, bucket
//! `UInt32`, t1..tK Int64 nullable), a row per chain and group tuple. A *unit* is what is counted: the person, the person
//! with their held values, an attempt; the rows with `is_first` are one per unit. Units of time: milliseconds UTC.
//! Ties: the total order (time, client counter, arrival, sender's id). Cost: one scan of (node, time) of the
//! steps' events; memory of one bucket's matching events. Source: charts.md 2.2.

mod chains;
pub(crate) mod matching;
mod plan;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type};
use gyre_model::chart::{BreakdownAt, FunnelCount, FunnelOrder};
use gyre_model::value::Scalar;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::exec::BucketOperator;
use crate::gather::{Entry, Gather};
use crate::groups::{GroupDict, NO_GROUP};
use crate::prepare::Segments;
use crate::units::Units;
use crate::{QueryError, Snapshot};

use chains::{Rules, Served};
use matching::{StepEvent, longest_chain};

pub use plan::FunnelPlan;

/// Group of chains that did not reach the step whose event groups them.
pub(crate) const DID_NOT_REACH: &str = "(did not reach)";
/// The time of a step that was skipped.
const SKIPPED: i64 = i64::MIN;

/// The operator.
#[derive(Debug)]
pub struct FunnelOperator {
    rules: Rules,
    /// Bits of the steps.
    steps: u32,
    /// Bits of everything the rules look at.
    looked_at: u32,
    entry: EntryRule,
    segments: Segments,
    groups: GroupRule,
    held: usize,
    gather: Gather,
    dict: Arc<GroupDict>,
    schema: SchemaRef,
}

/// Which entries are looked at together.
#[derive(Debug)]
enum EntryRule {
    /// All of the range.
    Range,
    /// Those of each of these units of time apart.
    Units(Units),
}

#[derive(Debug)]
struct GroupRule {
    at: BreakdownAt,
    /// Properties of a tuple; 0 without groups.
    properties: usize,
}

/// One row of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelRow {
    /// Who.
    pub person: u32,
    /// Which of the person's units.
    pub unit: u32,
    /// One bit per segment they are in.
    pub segments: u32,
    /// Group tuple.
    pub group: u32,
    /// Whether this is the first of the unit's rows.
    pub is_first: bool,
    /// Unit of time of the entry, where they are looked at apart.
    pub bucket: u32,
    /// Time of each step up to the last that was reached.
    times: SmallVec<[i64; 4]>,
}

impl FunnelRow {
    /// When a step was reached, if it was.
    pub fn time(&self, step: usize) -> Option<i64> {
        self.times.get(step).copied().filter(|it| *it != SKIPPED)
    }

    /// When the first step was reached.
    pub fn entered(&self) -> i64 {
        self.times[0]
    }

    /// How many steps were reached.
    pub fn depth(&self) -> usize {
        self.times.iter().filter(|it| **it != SKIPPED).count()
    }
}

impl FunnelOperator {
    /// Plans the scan.
    ///
    /// # Errors
    /// A field error if the question needs more selectors than one scan holds.
    pub fn new(
        snapshot: &Snapshot,
        plan: FunnelPlan,
        dict: Arc<GroupDict>,
    ) -> Result<Self, QueryError> {
        let mut fields = vec![
            Field::new("person", DataType::UInt32, false),
            Field::new("unit", DataType::UInt32, false),
            Field::new("segments", DataType::UInt32, false),
            Field::new("group", DataType::UInt32, false),
            Field::new("is_first", DataType::Boolean, false),
            Field::new("bucket", DataType::UInt32, false),
        ];
        for step in 1..=plan.spec.steps.len() {
            fields.push(Field::new(format!("t{step}"), DataType::Int64, true));
        }
        let wanted = plan.wanted(snapshot)?;
        let (rules, held) = (plan.rules(), plan.spec.hold.len());
        let steps = ((1_u64 << plan.spec.steps.len()) - 1) as u32;
        let enders = rules.enders.iter().fold(0, |bits, it| bits | it.bit);
        let groups = GroupRule {
            at: plan.spec.breakdown_at,
            properties: plan.group_by.len(),
        };
        let reading = plan.reading();
        let common = (plan.tables, plan.as_of);
        Ok(Self {
            steps,
            looked_at: steps | enders | rules.stream,
            rules,
            entry: match plan.edges {
                Some(edges) => EntryRule::Units(Units::new(edges)),
                None => EntryRule::Range,
            },
            segments: plan.segments,
            groups,
            held,
            gather: Gather::of_list(snapshot, common, wanted, reading, Arc::clone(&dict)),
            dict,
            schema: Arc::new(Schema::new(fields)),
        })
    }

    /// Reads the answer back.
    pub fn rows(batches: &[RecordBatch]) -> Vec<FunnelRow> {
        let mut rows = Vec::new();
        for batch in batches {
            let ints = |i: usize| batch.column(i).as_primitive::<UInt32Type>();
            let (people, units, segments, groups) = (ints(0), ints(1), ints(2), ints(3));
            let (firsts, buckets) = (batch.column(4).as_boolean(), ints(5));
            let times: Vec<_> = (6..batch.num_columns())
                .map(|i| batch.column(i).as_primitive::<Int64Type>())
                .collect();
            for row in 0..batch.num_rows() {
                let time = |column: &&Int64Array| {
                    if column.is_valid(row) {
                        column.value(row)
                    } else {
                        SKIPPED
                    }
                };
                let mut reached: SmallVec<[i64; 4]> = times.iter().map(time).collect();
                while reached.last() == Some(&SKIPPED) {
                    reached.pop();
                }
                rows.push(FunnelRow {
                    person: people.value(row),
                    unit: units.value(row),
                    segments: segments.value(row),
                    group: groups.value(row),
                    is_first: firsts.value(row),
                    bucket: buckets.value(row),
                    times: reached,
                });
            }
        }
        rows
    }

    /// Matches one person's events.
    fn match_person(&self, person: &[Entry], out: &mut Output) -> Result<(), QueryError> {
        let segments = self.segments.mask(person[0].person);
        if segments == 0 {
            return Ok(());
        }
        out.unit = 0;
        if self.held == 0 {
            return self.match_unit(person, segments, out);
        }
        // a person's events with the same held values are a unit; without one of them they are in none
        let mut units: Vec<(u32, Vec<Entry>)> = Vec::new();
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        for event in person {
            let held: Vec<Scalar> = (0..self.held)
                .map(|it| self.gather.held(event, it))
                .collect();
            let is_in = held
                .iter()
                .all(|it| !matches!(it, Scalar::Null | Scalar::List(_)));
            if !is_in {
                continue;
            }
            let tuple = self.dict.tuple_of(&held)?;
            let place = *places.entry(tuple).or_insert_with(|| {
                units.push((tuple, Vec::new()));
                units.len() - 1
            });
            units[place].1.push(*event);
        }
        for (_, events) in units {
            self.match_unit(&events, segments, out)?;
        }
        Ok(())
    }

    /// Matches the events of a person, or of a person with their held values.
    fn match_unit(
        &self,
        events: &[Entry],
        segments: u32,
        out: &mut Output,
    ) -> Result<(), QueryError> {
        match &self.entry {
            EntryRule::Range => {
                self.load(events, out, |_| true);
                self.match_loaded(events, (segments, 0), out)
            }
            EntryRule::Units(units) => {
                let mut entered: SmallVec<[usize; 8]> = events
                    .iter()
                    .filter(|it| it.mask & self.entry_bits() != 0)
                    .filter_map(|it| units.index(it.time))
                    .collect();
                entered.dedup();
                for unit in entered {
                    self.load(events, out, |it| units.index(it.time) == Some(unit));
                    self.match_loaded(events, (segments, unit as u32), out)?;
                }
                Ok(())
            }
        }
    }

    /// Bits that may begin a chain.
    fn entry_bits(&self) -> u32 {
        match self.rules.order {
            FunnelOrder::Any => self.steps,
            _ => 1,
        }
    }

    /// What the rules look at; only chosen events begin a chain.
    fn load(&self, events: &[Entry], out: &mut Output, is_entry: impl Fn(&Entry) -> bool) {
        let is_any = self.rules.order == FunnelOrder::Any;
        out.events.clear();
        out.events.extend(events.iter().map(|it| StepEvent {
            time: it.time,
            steps: it.mask & self.looked_at & if is_any || is_entry(it) { !0 } else { !1 },
        }));
    }

    fn match_loaded(
        &self,
        events: &[Entry],
        (segments, bucket): (u32, u32),
        out: &mut Output,
    ) -> Result<(), QueryError> {
        let rules = self.rules_of(bucket);
        let rules = rules.as_ref().unwrap_or(&self.rules);
        let first_unit = out.unit;
        for chain in chains_of(rules, &out.events)? {
            let at = Place {
                segments,
                bucket,
                is_first: true,
            };
            if self.groups.at == BreakdownAt::PerValue && self.groups.properties > 0 {
                // everyone's row has the chain that no value limits
                out.push(events, &chain, (NO_GROUP, at));
            } else {
                for (i, group) in self.groups_of(events, &chain)?.into_iter().enumerate() {
                    let at = Place {
                        is_first: i == 0,
                        ..at
                    };
                    out.push(events, &chain, (group, at));
                }
            }
            out.unit += 1;
        }
        if self.groups.at == BreakdownAt::PerValue && self.groups.properties > 0 {
            self.match_values(events, rules, (segments, bucket, first_unit), out)?;
        }
        Ok(())
    }

    /// Where any step may begin a chain, those of one unit of time.
    fn rules_of(&self, bucket: u32) -> Option<Rules> {
        let EntryRule::Units(units) = &self.entry else {
            return None;
        };
        if self.rules.order != FunnelOrder::Any {
            return None;
        }
        let span = units.span(bucket as usize)?;
        let (from, to) = self.rules.entries;
        Some(Rules {
            entries: (span.0.max(from), span.1.min(to)),
            ..self.rules.clone()
        })
    }

    /// A funnel of its own for each value of the first step.
    fn match_values(
        &self,
        events: &[Entry],
        rules: &Rules,
        (segments, bucket, unit): (u32, u32, u32),
        out: &mut Output,
    ) -> Result<(), QueryError> {
        let mut values: Vec<u32> = Vec::new();
        let mut of_event: Vec<SmallVec<[u32; 1]>> = vec![SmallVec::new(); events.len()];
        for (place, event) in events.iter().enumerate() {
            if out.events[place].steps & 1 != 0 {
                of_event[place] = self.gather.groups(event)?;
                values.extend(&of_event[place]);
            }
        }
        values.sort_unstable();
        values.dedup();
        let all = out.events.clone();
        for value in values {
            out.events.clone_from(&all);
            for (event, values) in out.events.iter_mut().zip(&of_event) {
                if !values.contains(&value) {
                    event.steps &= !1;
                }
            }
            let at = Place {
                segments,
                bucket,
                is_first: false,
            };
            let next = out.unit;
            for chain in chains_of(rules, &out.events)? {
                if rules.count == FunnelCount::People {
                    out.unit = unit; // the same person again
                }
                out.push(events, &chain, (value, at));
                out.unit = next.max(out.unit + 1);
            }
        }
        Ok(())
    }

    /// Group tuples of a chain: one, or several where a list counts in each of its elements.
    fn groups_of(
        &self,
        events: &[Entry],
        chain: &Served,
    ) -> Result<SmallVec<[u32; 1]>, QueryError> {
        if self.groups.properties == 0 {
            return Ok(SmallVec::from_elem(NO_GROUP, 1));
        }
        let tuple_of_all = |it: Scalar| self.dict.tuple_of(&vec![it; self.groups.properties]);
        let defined = |mut places: Box<dyn Iterator<Item = usize> + '_>| {
            let found = places.find_map(|place| match self.gather.groups(&events[place]) {
                Ok(tuples) if self.is_defined(&tuples) => Some(Ok(tuples)),
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            });
            found.unwrap_or_else(|| Ok(SmallVec::from_elem(tuple_of_all(Scalar::Null)?, 1)))
        };
        let mut places: SmallVec<[usize; 8]> = chain.iter().flatten().copied().collect();
        match self.groups.at {
            BreakdownAt::Step(step) => {
                if let Some(place) = chain.get(step - 1).copied().flatten() {
                    return self.gather.groups(&events[place]);
                }
                let text = Scalar::Text(DID_NOT_REACH.into());
                Ok(SmallVec::from_elem(tuple_of_all(text)?, 1))
            }
            BreakdownAt::FirstDefined => defined(Box::new(places.into_iter())),
            BreakdownAt::LastDefined => {
                places.reverse();
                defined(Box::new(places.into_iter()))
            }
            BreakdownAt::PerValue => Ok(SmallVec::new()), // matched value by value
        }
    }

    fn is_defined(&self, tuples: &[u32]) -> bool {
        let has_all = |tuple: &u32| !self.dict.tuple_values(*tuple).iter().any(Scalar::is_null);
        !tuples.is_empty() && tuples.iter().all(has_all)
    }
}

/// Every chain that counts.
fn chains_of(rules: &Rules, events: &[StepEvent]) -> Result<SmallVec<[Served; 1]>, QueryError> {
    if rules.are_plain() {
        let chain = longest_chain(events, rules.optional.len(), rules.window_ms);
        let served = chain.map(|it| it.events.into_iter().map(Some).collect());
        return Ok(served.into_iter().collect());
    }
    let chains = rules.chains(events);
    chains.map(SmallVec::from_vec).map_err(|_| {
        let detail =
            "a person has too many events for these options; take a shorter range".to_owned();
        QueryError::TooLarge { detail }
    })
}

/// Where the rows of a chain belong.
#[derive(Clone, Copy)]
struct Place {
    segments: u32,
    bucket: u32,
    is_first: bool,
}

#[derive(Default)]
struct Output {
    events: Vec<StepEvent>,
    /// Number of the person's next unit.
    unit: u32,
    people: Vec<u32>,
    units: Vec<u32>,
    segments: Vec<u32>,
    groups: Vec<u32>,
    firsts: Vec<bool>,
    buckets: Vec<u32>,
    times: Vec<Vec<Option<i64>>>,
}

impl Output {
    /// Adds a chain's row of one group.
    fn push(&mut self, events: &[Entry], chain: &Served, (group, at): (u32, Place)) {
        self.people.push(events[0].person);
        self.units.push(self.unit);
        self.segments.push(at.segments);
        self.groups.push(group);
        self.firsts.push(at.is_first);
        self.buckets.push(at.bucket);
        for (step, column) in self.times.iter_mut().enumerate() {
            let place = chain.get(step).copied().flatten();
            column.push(place.map(|it| events[it].time));
        }
    }
}

impl BucketOperator for FunnelOperator {
    fn name(&self) -> &'static str {
        "FunnelOperator"
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn partitions(&self) -> usize {
        self.gather.partitions()
    }

    fn rows(&self) -> u64 {
        self.gather.rows()
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        let mut out = Output {
            times: vec![Vec::new(); self.rules.optional.len()],
            ..Output::default()
        };
        self.gather
            .run(partition, cancel, |it| self.match_person(it, &mut out))?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(out.people)),
            Arc::new(UInt32Array::from(out.units)),
            Arc::new(UInt32Array::from(out.segments)),
            Arc::new(UInt32Array::from(out.groups)),
            Arc::new(BooleanArray::from(out.firsts)),
            Arc::new(UInt32Array::from(out.buckets)),
        ];
        for times in out.times {
            columns.push(Arc::new(Int64Array::from(times)));
        }
        RecordBatch::try_new(self.schema(), columns).map_err(|it| QueryError::Plan(it.into()))
    }
}
