//! What every public error can tell: a stable code, whether to try again, and whose fault it is.

use std::error::Error;

/// Whether trying the same thing again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It will fail again.
    Never,
    /// At once.
    Now,
    /// After this many milliseconds.
    AfterMs(i64),
    /// The outcome is unknown: a blind retry may double the effect.
    Unknown,
}

/// Who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The request is wrong.
    Caller,
    /// A bug or a full disk here.
    Us,
    /// A database, mail server or other peer.
    Upstream,
}

/// Implemented by every public error; HTTP, metrics and the outbox read it instead of texts.
pub trait Failure: Error {
    /// Stable kebab-case name; never renamed or reused.
    fn code(&self) -> &'static str;
    /// Whether to try again.
    fn retry(&self) -> Retry {
        Retry::Never
    }
    /// Who can mend it.
    fn blame(&self) -> Blame {
        Blame::Us
    }
}

/// The error and its sources as one text, for the one place that logs it.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(it) = source {
        text.push_str(": ");
        text.push_str(&it.to_string());
        source = it.source();
    }
    text
}
