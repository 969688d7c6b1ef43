//! The newest events of a workspace as they pass, kept for a short while in memory.
//!
//! A view for people at set-up and debugging, not a record: under load only the last events of each part are kept,
//! and a restart begins anew. The numbers tell how many were left out.

use std::collections::VecDeque;

use gyre_base::Timestamp;
use gyre_model::Event;
use gyre_model::event::Rejection;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Events kept at most.
const EVENTS_MAX: usize = 1_000;
/// Bytes they may take as they arrived; the newest stays in any case.
const BYTES_MAX: usize = 8 << 20;

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It counts.
    Accepted {
        /// The event.
        event: Box<Event>,
        /// Its node; the person behind it may change with what is learnt later.
        node: Option<u32>,
    },
    /// It came before and counts once.
    Repeated(Box<Event>),
    /// It could not be understood.
    Rejected(Box<Rejection>),
}

/// One event that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveEvent {
    /// Number since the start of the process, ascending, with gaps where events were left out.
    pub number: u64,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Dialect it arrived in.
    pub source: String,
    /// What became of it.
    pub outcome: Outcome,
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<(LiveEvent, usize)>,
    bytes: usize,
    passed: u64,
}

/// The newest events of one workspace.
#[derive(Debug)]
pub(crate) struct LiveTail {
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
}

impl Default for LiveTail {
    fn default() -> Self {
        Self {
            ring: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }
}

impl LiveTail {
    /// Counts events that pass without being kept.
    pub(crate) fn skip(&self, count: u64) {
        self.ring.lock().passed += count;
    }

    /// Keeps an event that took `bytes` on arrival.
    pub(crate) fn push(
        &self,
        received_at: Timestamp,
        source: &str,
        outcome: Outcome,
        bytes: usize,
    ) {
        let ring = &mut *self.ring.lock();
        ring.passed += 1;
        ring.bytes += bytes;
        let event = LiveEvent {
            number: ring.passed,
            received_at,
            source: source.to_owned(),
            outcome,
        };
        ring.events.push_back((event, bytes));
        while ring.events.len() > 1 && (ring.events.len() > EVENTS_MAX || ring.bytes > BYTES_MAX) {
            if let Some((_, bytes)) = ring.events.pop_front() {
                ring.bytes -= bytes;
            }
        }
    }

    /// Wakes whoever waits, if anything passed.
    pub(crate) fn announce(&self) {
        let passed = self.ring.lock().passed;
        self.newest.send_if_modified(|it| {
            let is_newer = *it != passed;
            *it = passed;
            is_newer
        });
    }

    /// Completes when an event after `number` has passed.
    pub(crate) async fn wait_past(&self, number: u64) {
        let mut newest = self.newest.subscribe();
        // the sender lives as long as this, so the only outcome is that the condition holds
        let _ = newest.wait_for(|it| *it > number).await;
    }

    /// The kept events after `number` that `wants`, the oldest first, and the number of the newest that passed.
    ///
    /// At most `limit`: without `number` the newest ones, else the next ones; the second value is then the number
    /// to go on from. A number beyond the newest is from before a restart and counts as none.
    pub(crate) fn after(
        &self,
        number: Option<u64>,
        limit: usize,
        wants: impl Fn(&LiveEvent) -> bool,
    ) -> (Vec<LiveEvent>, u64) {
        let ring = self.ring.lock();
        let events = || ring.events.iter().map(|(it, _)| it);
        let number = number.filter(|it| *it <= ring.passed);
        let Some(number) = number else {
            let mut found: Vec<LiveEvent> = events()
                .rev()
                .filter(|it| wants(it))
                .take(limit)
                .cloned()
                .collect();
            found.reverse();
            return (found, ring.passed);
        };
        let newer = events().filter(|it| it.number > number && wants(it));
        let found: Vec<LiveEvent> = newer.take(limit).cloned().collect();
        let last = match found.last() {
            Some(it) if found.len() == limit => it.number,
            _ => ring.passed,
        };
        (found, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyre_model::EventKind;

    fn push(tail: &LiveTail, name: &str, bytes: usize) {
        let event = Event::new(EventKind::Track, name, Timestamp(1));
        let outcome = Outcome::Accepted {
            event: Box::new(event),
            node: Some(1),
        };
        tail.push(Timestamp(1), "events", outcome, bytes);
    }

    fn numbers(events: &[LiveEvent]) -> Vec<u64> {
        events.iter().map(|it| it.number).collect()
    }

    #[test]
    fn the_newest_are_kept_within_count_and_bytes() {
        let tail = LiveTail::default();
        for _ in 0..EVENTS_MAX + 5 {
            push(&tail, "a", 10);
        }
        let (events, last) = tail.after(None, usize::MAX, |_| true);
        assert_eq!(
            (events.len(), events[0].number, last),
            (EVENTS_MAX, 6, 1_005)
        );
        push(&tail, "large", BYTES_MAX + 1);
        let (events, _) = tail.after(None, usize::MAX, |_| true);
        assert_eq!(
            numbers(&events),
            [1_006],
            "one that is too large alone stays alone"
        );
    }

    #[test]
    fn reading_goes_on_where_it_stopped_and_restarts_begin_anew() {
        let tail = LiveTail::default();
        for name in ["a", "b", "a"] {
            push(&tail, name, 1);
        }
        tail.skip(10);
        push(&tail, "b", 1);
        let (first, last) = tail.after(Some(0), 2, |_| true);
        assert_eq!((numbers(&first), last), (vec![1, 2], 2));
        let (rest, last) = tail.after(Some(last), 10, |_| true);
        assert_eq!((numbers(&rest), last), (vec![3, 14], 14));
        let is_b = |it: &LiveEvent| matches!(&it.outcome, Outcome::Accepted { event, .. } if event.name == "b");
        assert_eq!(numbers(&tail.after(None, 1, is_b).0), [14]);
        assert_eq!(
            numbers(&tail.after(Some(900), 9, |_| true).0),
            [1, 2, 3, 14]
        );
    }

    #[tokio::test]
    async fn waiting_ends_with_the_next_announcement() {
        let tail = std::sync::Arc::new(LiveTail::default());
        let waiting = tokio::spawn({
            let tail = std::sync::Arc::clone(&tail);
            async move { tail.wait_past(0).await }
        });
        push(&tail, "a", 1);
        tail.announce();
        waiting.await.unwrap();
    }
}
