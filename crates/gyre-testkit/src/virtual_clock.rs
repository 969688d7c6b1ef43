//! A clock that stands still until a test moves it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use gyre_base::{Clock, Timestamp};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Turns given to other tasks after a sleeper is woken, so that it can act and go to sleep again before time
/// moves on. A task that passes its work through a dozen channels still gets there.
const TURNS_PER_WAKE: usize = 32;

/// Virtual time, shared by all clones.
///
/// [`VirtualClock::advance_to`] wakes sleepers in the order they are due, each at its own instant: a sleeper that
/// goes to sleep again within the advanced span is woken again within it.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<State>>);

struct State {
    now: Timestamp,
    next_ticket: u64,
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            now,
            next_ticket: 0,
            sleepers: BTreeMap::new(),
        })))
    }

    /// A clock that shows this RFC 3339 time or date.
    pub fn at_text(text: &str) -> Self {
        let now = Timestamp::parse(text);
        Self::at(now.expect("a time such as 2026-03-01T09:00:00Z"))
    }

    /// When the earliest sleeper that still waits is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let mut state = self.0.lock();
        state.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        state.sleepers.keys().next().map(|(due, _)| *due)
    }

    /// How many sleepers still wait.
    pub fn sleepers(&self) -> usize {
        let mut state = self.0.lock();
        state.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        state.sleepers.len()
    }

    /// Moves time to `at`, waking everyone due on the way; does nothing if that is past.
    pub async fn advance_to(&self, at: Timestamp) {
        self.settle().await;
        while let Some(sleeper) = self.take_due(at) {
            // a sleeper that gave up meanwhile is no error
            let _ = sleeper.send(());
            self.settle().await;
        }
        self.jump_to(at);
        self.settle().await;
    }

    /// Moves time on by `ms` milliseconds, waking everyone due on the way.
    pub async fn advance_ms(&self, ms: i64) {
        let at = self.now().plus_ms(ms);
        self.advance_to(at).await;
    }

    /// Lets other tasks run until they wait again, without moving time.
    pub async fn settle(&self) {
        for _ in 0..TURNS_PER_WAKE {
            tokio::task::yield_now().await;
        }
    }

    /// Sets time to `at` at one stroke, as a clock does that is corrected or wakes from suspension; everyone due
    /// is woken at `at`, not at the instant they asked for. Time never runs backwards.
    pub fn jump_to(&self, at: Timestamp) {
        let woken = {
            let mut state = self.0.lock();
            state.now = state.now.max(at);
            let later = state.sleepers.split_off(&(at.plus_ms(1), 0));
            std::mem::replace(&mut state.sleepers, later)
        };
        for sleeper in woken.into_values() {
            let _ = sleeper.send(());
        }
    }

    fn take_due(&self, until: Timestamp) -> Option<oneshot::Sender<()>> {
        let mut state = self.0.lock();
        let (due, _) = *state.sleepers.keys().next().filter(|it| it.0 <= until)?;
        let (_, sleeper) = state.sleepers.pop_first()?;
        state.now = state.now.max(due);
        Some(sleeper)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut state = self.0.lock();
        if at <= state.now {
            return Box::pin(std::future::ready(()));
        }
        let (tx, rx) = oneshot::channel();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.sleepers.insert((at, ticket), tx);
        Box::pin(async move {
            // the sender lives in the clock: it is dropped unsent only when the clock itself is gone
            if rx.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtualClock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Diary = Arc<Mutex<Vec<(String, i64)>>>;

    fn start() -> (VirtualClock, Diary) {
        (VirtualClock::at(Timestamp(0)), Diary::default())
    }

    fn sleeper(clock: &VirtualClock, diary: &Diary, name: &str, dues: &[i64]) {
        let (clock, diary, name) = (clock.clone(), diary.clone(), name.to_owned());
        let dues = dues.to_vec();
        tokio::spawn(async move {
            for due in dues {
                clock.sleep_until(Timestamp(due)).await;
                diary.lock().push((name.clone(), clock.now().ms()));
            }
        });
    }

    #[tokio::test]
    async fn sleepers_wake_in_due_order_each_at_its_own_instant() {
        let (clock, diary) = start();
        sleeper(&clock, &diary, "late", &[50]);
        sleeper(&clock, &diary, "twice", &[10, 30]);
        sleeper(&clock, &diary, "middle", &[20]);
        clock.advance_ms(40).await;
        let seen: Vec<_> = diary.lock().clone();
        let expected = [("twice", 10), ("middle", 20), ("twice", 30)];
        assert_eq!(seen, expected.map(|(name, at)| (name.to_owned(), at)));
        assert_eq!(
            (clock.now(), clock.next_due()),
            (Timestamp(40), Some(Timestamp(50)))
        );
    }

    #[tokio::test]
    async fn time_stands_still_until_it_is_moved() {
        let (clock, diary) = start();
        sleeper(&clock, &diary, "never", &[1]);
        clock.settle().await;
        assert!(diary.lock().is_empty());
        assert_eq!(clock.now(), Timestamp(0));
    }

    #[tokio::test]
    async fn a_jump_wakes_everyone_at_its_end() {
        let (clock, diary) = start();
        sleeper(&clock, &diary, "a", &[10]);
        sleeper(&clock, &diary, "b", &[20]);
        clock.settle().await;
        clock.jump_to(Timestamp(100));
        clock.settle().await;
        assert_eq!(
            *diary.lock(),
            [("a".to_owned(), 100), ("b".to_owned(), 100)]
        );
        clock.jump_to(Timestamp(5));
        assert_eq!(clock.now(), Timestamp(100), "time does not run backwards");
    }

    #[tokio::test]
    async fn a_sleeper_that_gave_up_is_forgotten() {
        let (clock, _) = start();
        drop(clock.sleep_ms(10));
        assert_eq!((clock.next_due(), clock.sleepers()), (None, 0));
    }

    #[tokio::test]
    async fn waiting_for_the_past_does_not_wait() {
        let clock = VirtualClock::at_text("2026-03-01");
        clock.sleep_until(Timestamp(0)).await;
        clock.sleep_ms(0).await;
    }
}
