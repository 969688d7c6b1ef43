//! The clock of a running process: the only place that reads the machine's time.

use std::time::Duration;

use futures::future::BoxFuture;
use gyre_base::{Clock, Timestamp};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the edge that the rest takes its time from"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(since.map_or(0, |it| it.as_millis() as i64))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the edge that the rest waits by"
    )]
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let wait = at.since(self.now()).max(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(wait as u64)))
    }
}
