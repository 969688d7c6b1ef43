//! Funnel matching for one person: pure, no columns.
//!
//! Source: charts.md 2.2. A chain from an entry takes, for each next step, the earliest unused event at or
//! after the step before; all of it within the window of the entry, inclusive. A person's chain is the one with
//! the most steps, among equals the one of the earliest entry.

use smallvec::SmallVec;

/// One event of a person that matches at least one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepEvent {
    /// Event time, milliseconds UTC.
    pub time: i64,
    /// One bit for each step it matches; bit 0 only if it may begin a chain.
    pub steps: u32,
}

/// Places of events: one for each step reached.
pub(crate) type Places = SmallVec<[usize; 8]>;

/// The representative chain of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Index of the event that serves each step reached.
    pub events: Places,
}

impl Chain {
    /// How many steps were reached.
    pub fn depth(&self) -> usize {
        self.events.len()
    }
}

/// The representative chain, or `None` without an entry.
///
/// `events` are in the total order of the person. Cost: one pass and, from the entry found, one more; people with
/// events of equal time are matched entry by entry.
pub fn longest_chain(events: &[StepEvent], steps: usize, window_ms: i64) -> Option<Chain> {
    if events.windows(2).all(|pair| pair[0].time < pair[1].time) {
        let depth = depth_in_one_pass(events, steps, window_ms);
        if depth == 0 {
            return None;
        }
        return entries(events).find_map(|entry| {
            let chain = chain_in_order(events, entry, depth, window_ms);
            (chain.len() == depth).then_some(Chain { events: chain })
        });
    }
    let mut best = Places::new();
    for entry in entries(events) {
        let chain = chain_with_ties(events, entry, steps, window_ms);
        if chain.len() > best.len() {
            best = chain;
        }
        if best.len() == steps {
            break;
        }
    }
    (!best.is_empty()).then_some(Chain { events: best })
}

fn entries(events: &[StepEvent]) -> impl Iterator<Item = usize> {
    events
        .iter()
        .enumerate()
        .filter(|(_, it)| it.steps & 1 != 0)
        .map(|(i, _)| i)
}

/// Depth by keeping, for each step, the latest entry that has reached it. Needs strictly ascending times.
fn depth_in_one_pass(events: &[StepEvent], steps: usize, window_ms: i64) -> usize {
    let mut latest_entry = [None::<i64>; 32];
    let mut depth = 0;
    for event in events {
        for step in (0..steps).rev() {
            if event.steps & (1 << step) == 0 {
                continue;
            }
            let entry = match step.checked_sub(1) {
                None => Some(event.time),
                Some(before) => latest_entry[before].filter(|it| event.time - it <= window_ms),
            };
            if entry.is_some() {
                latest_entry[step] = latest_entry[step].max(entry);
                depth = depth.max(step + 1);
            }
        }
        if depth == steps {
            break;
        }
    }
    depth
}

fn chain_in_order(events: &[StepEvent], entry: usize, depth: usize, window_ms: i64) -> Places {
    let mut chain = Places::from_elem(entry, 1);
    for (place, event) in events.iter().enumerate().skip(entry + 1) {
        if chain.len() == depth || event.time - events[entry].time > window_ms {
            break;
        }
        if event.steps & (1 << chain.len()) != 0 {
            chain.push(place);
        }
    }
    chain
}

/// Events of equal time are interchangeable: the next step may stand before the last one in the order.
fn chain_with_ties(events: &[StepEvent], entry: usize, steps: usize, window_ms: i64) -> Places {
    let start = events[entry].time;
    let mut chain = Places::from_elem(entry, 1);
    while chain.len() < steps {
        let last = events[chain[chain.len() - 1]].time;
        let from = events.partition_point(|it| it.time < last);
        let next = (from..events.len())
            .take_while(|it| events[*it].time - start <= window_ms)
            .find(|it| events[*it].steps & (1 << chain.len()) != 0 && !chain.contains(it));
        match next {
            Some(place) => chain.push(place),
            None => break,
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads `A0 B30`: a letter and minutes; the letter matches every step that is that letter.
    fn events(text: &str, steps: &str) -> Vec<StepEvent> {
        text.split_whitespace()
            .filter_map(|it| {
                let (letter, minutes) = it.split_at(1);
                let mask = steps
                    .chars()
                    .enumerate()
                    .filter(|(_, step)| letter.starts_with(*step))
                    .fold(0, |mask, (i, _)| mask | 1 << i);
                let time = (minutes.parse::<f64>().unwrap() * 60_000.0) as i64;
                (mask != 0).then_some(StepEvent { time, steps: mask })
            })
            .collect()
    }

    #[track_caller]
    fn check(text: &str, steps: &str, window_minutes: i64, expected: &[i64]) {
        let events = events(text, steps);
        let chain = longest_chain(&events, steps.len(), window_minutes * 60_000);
        let times: Vec<i64> = chain
            .map(|it| it.events.iter().map(|i| events[*i].time / 60_000).collect())
            .unwrap_or_default();
        assert_eq!(times, expected, "{text}");
    }

    #[test]
    fn f1_the_longest_chain_wins() {
        check("A0 A30 B45 C75", "ABC", 60, &[30, 45, 75]);
    }

    #[test]
    fn f2_a_later_entry_may_convert() {
        check("A0 A50 B70", "AB", 60, &[50, 70]);
    }

    #[test]
    fn f3_the_window_is_inclusive_and_the_earliest_entry_stands() {
        check("A0 A20 B60", "AB", 60, &[0, 60]);
        check("A0 A20 B60", "AB", 59, &[20, 60]);
    }

    #[test]
    fn f4_one_event_serves_one_step() {
        check("A0 A10 B20", "AAB", 60, &[0, 10, 20]);
        check("A0 B20", "AAB", 60, &[0]);
    }

    #[test]
    fn f6_order_decides_except_at_equal_times() {
        check("B10 A11", "AB", 60, &[11]);
        check("B10 A10", "AB", 60, &[10, 10]);
        check("B10 A10 A10 C10", "ABAC", 60, &[10, 10, 10, 10]);
    }

    #[test]
    fn the_population_example_reaches_5_4_3() {
        let people = [
            "A0 B10 C20",
            "A0 A50 B70 C80",
            "B5 A10 C20",
            "A0 B30 C61",
            "B1 C2",
            "A0 X5 B6 C7",
        ];
        let mut reached = [0; 3];
        for person in people {
            let events = events(person, "ABC");
            let depth = longest_chain(&events, 3, 60 * 60_000).map_or(0, |it| it.depth());
            reached.iter_mut().take(depth).for_each(|it| *it += 1);
        }
        assert_eq!(reached, [5, 4, 3]);
    }

    /// Straight from the definition: every entry, greedy.
    fn reference(events: &[StepEvent], steps: usize, window: i64) -> Option<Chain> {
        let mut best: Option<Chain> = None;
        for entry in 0..events.len() {
            if events[entry].steps & 1 == 0 {
                continue;
            }
            let chain = Chain {
                events: chain_with_ties(events, entry, steps, window),
            };
            if best.as_ref().is_none_or(|it| chain.depth() > it.depth()) {
                best = Some(chain);
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_fast_path_agrees_with_the_definition(
            gaps in prop::collection::vec((0..4_i64, 1..16_u32), 0..14), steps in 1..5_usize, window in 0..12_i64,
        ) {
            let mut time = 0;
            let events: Vec<StepEvent> = gaps
                .into_iter()
                .map(|(gap, mask)| {
                    time += gap;
                    StepEvent { time, steps: mask & ((1 << steps) - 1) }
                })
                .filter(|it| it.steps != 0)
                .collect();
            prop_assert_eq!(longest_chain(&events, steps, window), reference(&events, steps, window));
        }
    }
}
