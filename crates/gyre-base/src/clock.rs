//! Time as a parameter: everything that waits or stamps asks a [`Clock`].

use std::fmt::Debug;

use futures::future::BoxFuture;

use crate::time::Timestamp;

/// Source of the present and of waiting.
///
/// Implemented by the system clock in the command and by the virtual clock of `gyre-testkit`.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present, in milliseconds UTC.
    fn now(&self) -> Timestamp;

    /// Completes when [`Clock::now`] has reached `at`; at once if it already has.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;

    /// Completes `ms` milliseconds from now.
    fn sleep_ms(&self, ms: i64) -> BoxFuture<'static, ()> {
        self.sleep_until(self.now().plus_ms(ms))
    }
}
