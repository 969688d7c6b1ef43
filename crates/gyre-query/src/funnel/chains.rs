//! Chains of one person under every rule a funnel can have: pure, no columns.
//!
//! [`longest_chain`](super::matching::longest_chain) is the fast way of the default rules; this is the general one.
//! A chain from an entry takes, for each next step, the earliest unused event that comes no more than the tolerance
//! before the step before; all of it within the window of the entry, inclusive.
//! Source: charts.md 2.2 and part 3 ("Funnels").

use gyre_model::chart::{FunnelCount, FunnelEntry, FunnelOrder};
use smallvec::SmallVec;

use super::matching::StepEvent;

/// Events that may be looked at for one person before the question is refused: seconds of work.
const LOOKS_MAX: u64 = 200_000_000;

/// Place of the event that serves each step; `None` for an optional step that was skipped.
pub(crate) type Served = SmallVec<[Option<usize>; 8]>;

/// An event between two steps that ends the chain there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ender {
    /// Its bit.
    pub(crate) bit: u32,
    /// The steps, from 1, between which it does.
    pub(crate) between: Option<(usize, usize)>,
}

/// How chains are made. The first bits of an event's mask are its steps.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// By step: whether it is optional.
    pub(crate) optional: Vec<bool>,
    pub(crate) window_ms: i64,
    pub(crate) tolerance_ms: i64,
    pub(crate) order: FunnelOrder,
    pub(crate) count: FunnelCount,
    pub(crate) entry: FunnelEntry,
    pub(crate) enders: Vec<Ender>,
    /// Bit of the stream in which an exact order is exact.
    pub(crate) stream: u32,
    /// Half-open times of entries, where any step may be one.
    pub(crate) entries: (i64, i64),
}

/// A person has too many events for rules that look at each entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// How a chain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// At the event of this place, the last of the chain.
    Converted(usize),
    /// At an event that ends it.
    Ended(usize),
    /// With its window.
    Open,
}

impl Rules {
    /// Whether [`longest_chain`](super::matching::longest_chain) says the same.
    pub(crate) fn are_plain(&self) -> bool {
        self.order == FunnelOrder::Ordered
            && self.count == FunnelCount::People
            && self.entry == FunnelEntry::Longest
            && self.tolerance_ms == 0
            && self.enders.is_empty()
            && !self.optional.contains(&true)
    }

    /// Every chain that counts, in the order of entries: one of a person, or one of each attempt.
    ///
    /// `events` are in the total order of the person.
    pub(crate) fn chains(&self, events: &[StepEvent]) -> Result<Vec<Served>, TooMany> {
        let mut looks = Looks(LOOKS_MAX);
        if self.order == FunnelOrder::Any {
            return Ok(self.any_order(events, &mut looks)?.into_iter().collect());
        }
        let entries = (0..events.len()).filter(|it| events[*it].steps & 1 != 0);
        let nothing = Used::default();
        match (self.count, self.entry) {
            (FunnelCount::People, FunnelEntry::First) => {
                let mut chains = Vec::new();
                for entry in entries.take(1) {
                    chains.push(self.chain(events, entry, &nothing, &mut looks)?.0);
                }
                Ok(chains)
            }
            (FunnelCount::People, FunnelEntry::Longest) => {
                let whole = self.optional.iter().filter(|it| !**it).count();
                let mut best: Option<(usize, Served)> = None;
                for entry in entries {
                    let (chain, _) = self.chain(events, entry, &nothing, &mut looks)?;
                    let depth = self.depth(&chain);
                    if best.as_ref().is_none_or(|it| depth > it.0) {
                        best = Some((depth, chain));
                    }
                    if depth == whole {
                        break;
                    }
                }
                Ok(best.into_iter().map(|it| it.1).collect())
            }
            (FunnelCount::Attempts, _) => self.attempts(events, &mut looks),
            (FunnelCount::EachEvent, _) => {
                let mut used = Used::of(events.len());
                let mut chains = Vec::new();
                for entry in entries {
                    let (chain, _) = self.chain(events, entry, &used, &mut looks)?;
                    for place in chain.iter().skip(1).flatten() {
                        used.0[*place] = true;
                    }
                    chains.push(chain);
                }
                Ok(chains)
            }
        }
    }

    /// Steps that are not optional and were reached.
    fn depth(&self, chain: &Served) -> usize {
        let steps = chain.iter().zip(&self.optional);
        steps
            .filter(|(place, skips)| place.is_some() && !**skips)
            .count()
    }

    fn attempts(&self, events: &[StepEvent], looks: &mut Looks) -> Result<Vec<Served>, TooMany> {
        let nothing = Used::default();
        let mut chains = Vec::new();
        let mut from = 0;
        while let Some(entry) = (from..events.len()).find(|it| events[*it].steps & 1 != 0) {
            let (chain, end) = self.chain(events, entry, &nothing, looks)?;
            chains.push(chain);
            from = match end {
                End::Converted(place) | End::Ended(place) => place.max(entry) + 1,
                End::Open => self.window_end(events, entry),
            };
        }
        Ok(chains)
    }

    /// Place of the first event beyond the window of an entry.
    fn window_end(&self, events: &[StepEvent], entry: usize) -> usize {
        let last = events[entry].time.saturating_add(self.window_ms);
        events.partition_point(|it| it.time <= last)
    }

    /// The chain from an entry.
    fn chain(
        &self,
        events: &[StepEvent],
        entry: usize,
        used: &Used,
        looks: &mut Looks,
    ) -> Result<(Served, End), TooMany> {
        let end = self.window_end(events, entry);
        let mut chain = Served::from_elem(Some(entry), 1);
        let mut before = (0, entry);
        while chain.len() < self.optional.len() {
            let first = chain.len();
            let next = (first..self.optional.len()).find(|it| !self.optional[*it]);
            let free =
                |place: usize, chain: &Served| !chain.contains(&Some(place)) && !used.has(place);
            let mut found = None;
            if let Some(step) = next {
                let from = self.from(events, events[before.1].time);
                looks.take(end.saturating_sub(from))?;
                found = (from..end)
                    .find(|it| events[*it].steps & (1 << step) != 0 && free(*it, &chain));
            }
            let reach = found.unwrap_or(end);
            let step = next.unwrap_or(self.optional.len());
            let gap = before.1 + 1..reach.max(before.1 + 1);
            looks.take(gap.len())?;
            if next.is_some()
                && let Some(place) = gap
                    .clone()
                    .find(|it| self.is_ended_by(&events[*it], before.0 + 1, step + 1))
            {
                return Ok((trimmed(chain), End::Ended(place)));
            }
            if self.order == FunnelOrder::Exact
                && let Some(place) = found
                && gap
                    .clone()
                    .any(|it| self.is_apart(events, it, (before.1, place)))
            {
                return Ok((trimmed(chain), End::Open));
            }
            let mut last = events[before.1].time;
            for optional in first..step {
                let from = self.from(events, last);
                looks.take(reach.saturating_sub(from))?;
                let place = (from..reach).find(|it| {
                    events[*it].steps & (1 << optional) != 0
                        && free(*it, &chain)
                        && Some(*it) != found
                });
                if let Some(place) = place {
                    last = events[place].time;
                }
                chain.push(place);
            }
            let Some(place) = found else {
                return Ok((trimmed(chain), End::Open));
            };
            chain.push(Some(place));
            before = (step, place);
        }
        let last = chain.iter().flatten().max().copied().unwrap_or(entry);
        Ok((chain, End::Converted(last)))
    }

    /// Place from which the next step is looked for.
    fn from(&self, events: &[StepEvent], time: i64) -> usize {
        let earliest = time - self.tolerance_ms;
        events.partition_point(|it| it.time < earliest)
    }

    /// Whether an event that stands between these steps, from 1, ends a chain.
    fn is_ended_by(&self, event: &StepEvent, after: usize, before: usize) -> bool {
        self.enders.iter().any(|it| {
            event.steps & it.bit != 0
                && it
                    .between
                    .is_none_or(|(low, high)| low < before && after < high)
        })
    }

    /// Whether an event between two steps breaks an exact order: active, and at neither one's time.
    fn is_apart(&self, events: &[StepEvent], place: usize, steps: (usize, usize)) -> bool {
        let near =
            |other: usize| (events[place].time - events[other].time).abs() <= self.tolerance_ms;
        events[place].steps & self.stream != 0 && !near(steps.0) && !near(steps.1)
    }

    /// The largest number of distinct steps within one window; its events in the order of time.
    fn any_order(
        &self,
        events: &[StepEvent],
        looks: &mut Looks,
    ) -> Result<Option<Served>, TooMany> {
        let steps = self.optional.len();
        let all = ((1_u64 << steps) - 1) as u32;
        let mut best: Option<Served> = None;
        for entry in 0..events.len() {
            let time = events[entry].time;
            let is_entry =
                events[entry].steps & all != 0 && time >= self.entries.0 && time < self.entries.1;
            if !is_entry {
                continue;
            }
            let end = self.window_end(events, entry);
            looks.take(end - entry)?;
            let places = most_steps(&events[entry..end], all, steps);
            if best.as_ref().is_none_or(|it| places.len() > it.len()) {
                best = Some(places.into_iter().map(|it| Some(entry + it)).collect());
            }
            let is_whole = best.as_ref().is_some_and(|it| it.len() == steps);
            if is_whole || self.entry == FunnelEntry::First {
                break;
            }
        }
        Ok(best)
    }
}

/// Steps at the end that were skipped say nothing.
fn trimmed(mut chain: Served) -> Served {
    while chain.last() == Some(&None) {
        chain.pop();
    }
    chain
}

/// Places of events that serve as many distinct steps as can be, each event one: the earliest such.
///
/// Events in order of time join if a step can be found for all of them (augmenting paths). The first is always in.
fn most_steps(events: &[StepEvent], all: u32, steps: usize) -> Vec<usize> {
    let mut holder: Vec<Option<usize>> = vec![None; steps];
    let mut places = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if places.len() == steps {
            break;
        }
        if event.steps & all != 0 && seat(events, all, place, &mut holder, &mut 0) {
            places.push(place);
        }
    }
    places
}

/// Finds a step for an event, moving others to other steps if need be.
fn seat(
    events: &[StepEvent],
    all: u32,
    place: usize,
    holder: &mut [Option<usize>],
    tried: &mut u32,
) -> bool {
    for step in 0..holder.len() {
        let bit = 1 << step;
        if events[place].steps & all & bit == 0 || *tried & bit != 0 {
            continue;
        }
        *tried |= bit;
        let is_free = match holder[step] {
            None => true,
            Some(other) => seat(events, all, other, holder, tried),
        };
        if is_free {
            holder[step] = Some(place);
            return true;
        }
    }
    false
}

/// Which events serve a later step already; empty where none does.
#[derive(Default)]
struct Used(Vec<bool>);

impl Used {
    fn of(events: usize) -> Self {
        Self(vec![false; events])
    }

    fn has(&self, place: usize) -> bool {
        self.0.get(place).copied().unwrap_or(false)
    }
}

/// Work that is left.
struct Looks(u64);

impl Looks {
    fn take(&mut self, events: usize) -> Result<(), TooMany> {
        self.0 = self.0.checked_sub(events as u64).ok_or(TooMany)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
