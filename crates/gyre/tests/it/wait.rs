//! Waiting for something to become true: looking again and again until a deadline.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until there is something; fails after `seconds`, saying what was waited for.
pub(crate) async fn within<T>(
    seconds: u64,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let looking = async {
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(seconds), looking).await;
    found.unwrap_or_else(|_| panic!("not within {seconds} s: {what}"))
}
