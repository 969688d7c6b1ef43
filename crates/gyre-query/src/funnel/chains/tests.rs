//! The worked examples of the definition, and a slow reference.

use proptest::prelude::*;

use super::*;
use crate::funnel::matching::longest_chain;

const MINUTE: i64 = 60_000;
/// The bit of `X`, an excluded event.
const ENDER: u32 = 1 << 20;
/// The bit of every event: the stream.
const STREAM: u32 = 1 << 21;

fn rules(steps: usize, window_minutes: i64) -> Rules {
    Rules {
        optional: vec![false; steps],
        window_ms: window_minutes * MINUTE,
        tolerance_ms: 0,
        order: FunnelOrder::Ordered,
        count: FunnelCount::People,
        entry: FunnelEntry::Longest,
        enders: Vec::new(),
        stream: STREAM,
        entries: (i64::MIN, i64::MAX),
    }
}

/// Reads `A0 B30`: a letter and minutes; the letter matches every step that is that letter.
fn events(text: &str, steps: &str) -> Vec<StepEvent> {
    text.split_whitespace()
        .map(|it| {
            let (letter, minutes) = it.split_at(1);
            let of = |(place, step): (usize, char)| u32::from(letter.starts_with(step)) << place;
            let steps = steps.chars().enumerate().map(of).fold(STREAM, |a, b| a | b);
            let ender = if letter == "X" { ENDER } else { 0 };
            StepEvent {
                time: (minutes.parse::<f64>().unwrap() * MINUTE as f64) as i64,
                steps: steps | ender,
            }
        })
        .collect()
}

/// The chains as texts: `A0 B10`.
#[track_caller]
fn check(rules: &Rules, text: &str, steps: &str, expected: &[&str]) {
    let names: Vec<&str> = text.split_whitespace().collect();
    let chains = rules.chains(&events(text, steps)).unwrap();
    let show = |it: Option<usize>| it.map_or("-", |it| names[it]);
    let shown: Vec<String> = chains
        .iter()
        .map(|it| it.iter().map(|it| show(*it)).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(shown, expected, "{text}");
}

fn excluding(steps: usize, between: Option<(usize, usize)>) -> Rules {
    Rules {
        enders: vec![Ender {
            bit: ENDER,
            between,
        }],
        ..rules(steps, 60)
    }
}

#[test]
fn f5_an_excluded_event_that_is_also_the_first_step_closes_and_opens_nothing() {
    let with_a = Rules {
        enders: vec![Ender {
            bit: 1,
            between: None,
        }],
        ..rules(2, 60)
    };
    check(&with_a, "A1 A2 A3 B4", "AB", &["A3 B4"]);
    let attempts = Rules {
        count: FunnelCount::Attempts,
        ..with_a
    };
    check(&attempts, "A1 A2 A3 B4", "AB", &["A1", "A3 B4"]);
}

#[test]
fn f6_tolerance_lets_a_step_come_a_little_early() {
    let text = "B0.166 A0.173"; // 9.96 s and 10.38 s
    check(&rules(2, 60), text, "AB", &["A0.173"]);
    for (tolerance_ms, expected) in [(419, "A0.173"), (420, "A0.173 B0.166")] {
        let rules = Rules {
            tolerance_ms,
            ..rules(2, 60)
        };
        check(&rules, text, "AB", &[expected]);
    }
}

#[test]
fn f7_attempts_are_open_one_at_a_time_and_each_event_may_begin_one() {
    let attempts = Rules {
        count: FunnelCount::Attempts,
        ..rules(2, 60)
    };
    check(&attempts, "A1 B2 A3 B4 A5", "AB", &["A1 B2", "A3 B4", "A5"]);
    check(&attempts, "A1 A2 A3 B4", "AB", &["A1 B4"]);
    check(&attempts, "A0 A61 B62", "AB", &["A0", "A61 B62"]);
    let each = Rules {
        count: FunnelCount::EachEvent,
        ..rules(2, 60)
    };
    check(&each, "A1 A2 A3 B4", "AB", &["A1 B4", "A2", "A3"]);
    let each = Rules {
        optional: vec![false; 3],
        ..each
    };
    check(&each, "A0 A1 B2", "AAB", &["A0 A1 B2", "A1"]);
}

#[test]
fn f9_an_exclusion_is_between_the_chosen_events() {
    let rules = excluding(3, Some((2, 3)));
    check(&rules, "A0 B10 X20 B30 C40", "ABC", &["A0 B10"]);
    check(&rules, "A0 B10 X20 A25 B30 C40", "ABC", &["A25 B30 C40"]);
    check(&rules, "A0 X5 B10 C40", "ABC", &["A0 B10 C40"]);
    check(&excluding(3, None), "A0 X5 B10 C40", "ABC", &["A0"]);
    check(&excluding(2, None), "A0 B10 X20", "AB", &["A0 B10"]);
}

#[test]
fn an_optional_step_is_taken_if_it_comes_before_the_next() {
    let rules = Rules {
        optional: vec![false, true, false],
        ..rules(3, 60)
    };
    check(&rules, "A0 B10 C20", "ABC", &["A0 B10 C20"]);
    check(&rules, "A0 C20 B30", "ABC", &["A0 - C20"]);
    check(&rules, "A0 B30", "ABC", &["A0 B30"]);
    check(&rules, "A0 X30", "ABC", &["A0"]);
    let last = Rules {
        optional: vec![false, false, true],
        ..rules.clone()
    };
    check(&last, "A0 B10 A20 B30 C70", "ABC", &["A0 B10"]);
    check(&last, "A0 B10 C60", "ABC", &["A0 B10 C60"]);
}

const POPULATION: [&str; 6] = [
    "A0 B10 C20",
    "A0 A50 B70 C80",
    "B5 A10 C20",
    "A0 B30 C61",
    "B1 C2",
    "A0 X5 B6 C7",
];

#[track_caller]
fn check_population(rules: &Rules, expected: [usize; 3]) {
    let mut reached = [0; 3];
    for person in POPULATION {
        for chain in rules.chains(&events(person, "ABC")).unwrap() {
            reached.iter_mut().take(chain.len()).for_each(|it| *it += 1);
        }
    }
    assert_eq!(reached, expected);
}

#[test]
fn the_population_example_in_every_order() {
    let ordered = rules(3, 60);
    check_population(&ordered, [5, 4, 3]);
    let first = Rules {
        entry: FunnelEntry::First,
        ..ordered.clone()
    };
    check_population(&first, [5, 3, 2]);
    let exact = Rules {
        order: FunnelOrder::Exact,
        ..ordered.clone()
    };
    check_population(&exact, [5, 3, 2]);
    let any = Rules {
        order: FunnelOrder::Any,
        ..ordered
    };
    check_population(&any, [6, 6, 4]);
}

#[test]
fn events_at_the_time_of_a_step_do_not_break_an_exact_order() {
    let exact = Rules {
        order: FunnelOrder::Exact,
        ..rules(2, 60)
    };
    check(&exact, "A0 X0 B5", "AB", &["A0 B5"]);
    check(&exact, "A0 X5 B5", "AB", &["A0 B5"]);
    check(&exact, "A0 X4 B5", "AB", &["A0"]);
    let tolerant = Rules {
        tolerance_ms: MINUTE,
        ..exact
    };
    check(&tolerant, "A0 X4 B5", "AB", &["A0 B5"]);
    check(&tolerant, "A0 X3 B5", "AB", &["A0"]);
}

#[test]
fn distinct_steps_in_any_order_need_distinct_events() {
    let any = Rules {
        order: FunnelOrder::Any,
        ..rules(2, 60)
    };
    check(&any, "A0", "AA", &["A0"]);
    check(&any, "A0 A10", "AA", &["A0 A10"]);
    check(&any, "B0 A10 C20", "AC", &["A10 C20"]);
}

#[test]
fn too_much_work_is_refused() {
    let times = (0..40_000_i64).map(|time| StepEvent { time, steps: 1 });
    let events: Vec<StepEvent> = times.collect();
    let tolerant = Rules {
        tolerance_ms: 1,
        ..rules(2, 60)
    };
    assert_eq!(tolerant.chains(&events), Err(TooMany));
}

/// Straight from the definition of the order `any`: every entry, every assignment of events to steps.
fn any_reference(events: &[StepEvent], steps: usize, window: i64) -> usize {
    fn best(events: &[StepEvent], step: usize, steps: usize, used: &mut Vec<usize>) -> usize {
        if step == steps {
            return used.len();
        }
        let mut most = best(events, step + 1, steps, used);
        for place in 0..events.len() {
            if events[place].steps & (1 << step) != 0 && !used.contains(&place) {
                used.push(place);
                most = most.max(best(events, step + 1, steps, used));
                used.pop();
            }
        }
        most
    }
    (0..events.len())
        .map(|entry| {
            let start = events[entry].time;
            let span: Vec<StepEvent> = events[entry..]
                .iter()
                .filter(|it| it.time - start <= window)
                .copied()
                .collect();
            best(&span, 0, steps, &mut Vec::new())
        })
        .max()
        .unwrap_or(0)
}

fn random_events() -> impl Strategy<Value = Vec<StepEvent>> {
    prop::collection::vec((0..4_i64, 1..16_u32), 0..9).prop_map(|gaps| {
        let mut time = 0;
        let event = |(gap, steps)| {
            time += gap;
            StepEvent { time, steps }
        };
        gaps.into_iter().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn without_options_it_is_the_longest_chain(events in random_events(), steps in 1..5_usize, window in 0..12_i64) {
        let rules = Rules { window_ms: window, ..rules(steps, 0) };
        let expected = longest_chain(&events, steps, window);
        let expected: Vec<Vec<usize>> = expected.into_iter().map(|it| it.events.to_vec()).collect();
        let chains = rules.chains(&events).unwrap();
        let chains: Vec<Vec<usize>> = chains.into_iter().map(|it| it.into_iter().flatten().collect()).collect();
        prop_assert_eq!(chains, expected);
    }

    #[test]
    fn any_order_finds_the_most_steps(events in random_events(), steps in 1..5_usize, window in 0..12_i64) {
        let rules = Rules { order: FunnelOrder::Any, window_ms: window, ..rules(steps, 0) };
        let chains = rules.chains(&events).unwrap();
        let most = chains.iter().map(SmallVec::len).max().unwrap_or(0);
        prop_assert_eq!(most, any_reference(&events, steps, window));
        for chain in chains {
            let places: Vec<usize> = chain.into_iter().flatten().collect();
            prop_assert!(places.windows(2).all(|it| it[0] < it[1]));
            prop_assert!(events[places[places.len() - 1]].time - events[places[0]].time <= window);
        }
    }

    #[test]
    fn attempts_do_not_overlap_and_each_event_begins_one(events in random_events(), window in 0..12_i64) {
        let base = Rules { window_ms: window, ..rules(3, 0) };
        let attempts = Rules { count: FunnelCount::Attempts, ..base.clone() };
        let mut last_end = -1_i64;
        for chain in attempts.chains(&events).unwrap() {
            let places: Vec<usize> = chain.iter().flatten().copied().collect();
            prop_assert!(places[0] as i64 > last_end, "opened while another was open");
            if chain.len() == 3 {
                last_end = places.iter().max().map_or(-1, |it| *it as i64);
            }
        }
        let each = Rules { count: FunnelCount::EachEvent, ..base };
        let chains = each.chains(&events).unwrap();
        let starts = events.iter().filter(|it| it.steps & 1 != 0).count();
        prop_assert_eq!(chains.len(), starts);
        let mut later: Vec<usize> = chains.iter().flat_map(|it| it.iter().skip(1).flatten().copied()).collect();
        let count = later.len();
        later.sort_unstable();
        later.dedup();
        prop_assert_eq!(later.len(), count, "an event served two chains");
    }
}
