//! Freshness: whether the store answers, how large the log is, how far questions are behind it.

use gyre_collect::Envelope;
use gyre_log::Position;

use crate::{App, AppError, EngineError};

impl App {
    /// Asks the store something trivial.
    pub async fn store_ping(&self) -> Result<(), AppError> {
        Ok(self.meta.ping().await?)
    }

    /// Bytes of records that the log keeps.
    pub fn log_bytes(&self) -> u64 {
        let log = &self.engine.inner.log;
        log.durable_end().0.saturating_sub(log.first().0)
    }

    /// Age of the oldest record that questions do not see yet, in milliseconds; 0 if they see everything.
    pub async fn indexed_lag_ms(&self) -> Result<i64, AppError> {
        let position = self.engine.indexed();
        if self.engine.is_caught_up() {
            return Ok(0);
        }
        let log = self.engine.inner.log.clone();
        let start = position.max(log.first());
        let oldest = tokio::task::spawn_blocking(move || oldest_at(&log, start)).await;
        let oldest = oldest.unwrap_or(Ok(None)); // a panic was reported where it happened
        let received_at = oldest.map_err(EngineError::from)?;
        let now = self.clock.now();
        Ok(received_at.map_or(0, |it| now.since(it).max(0)))
    }
}

/// When the record at a position arrived.
fn oldest_at(
    log: &gyre_log::Log,
    position: Position,
) -> Result<Option<gyre_base::Timestamp>, gyre_log::LogError> {
    let records = log.read(position, 1)?;
    let envelope = records
        .first()
        .and_then(|it| Envelope::decode(&it.body).ok());
    Ok(envelope.map(|it| it.received_at))
}
