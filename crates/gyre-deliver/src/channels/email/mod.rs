//! The e-mail channel: MIME, and the providers that take it.

mod mime;
pub mod smtp;

use async_trait::async_trait;

pub use mime::{MimeMessage, OutgoingEmail, address_of};

use crate::outcome::Outcome;

/// Names of the providers that this version has.
pub const PROVIDERS: &[&str] = &["smtp"];

/// Asked once, when everything but the message itself has been agreed with the provider: what must be on record before
/// bytes leave is written here, and what forbids the message is asked here for the last time.
#[async_trait]
pub trait Handoff: Send + Sync {
    /// Whether the message may leave now.
    async fn allow(&self) -> bool;
}

/// Lets every message leave: test messages, which are in no ledger.
#[derive(Clone, Copy, Debug)]
pub struct AlwaysAllow;

#[async_trait]
impl Handoff for AlwaysAllow {
    async fn allow(&self) -> bool {
        true
    }
}

/// Code of the transient outcome of a message that [`Handoff::allow`] forbade.
pub const WITHHELD: &str = "withheld";

/// Takes finished e-mails.
#[async_trait]
pub trait EmailProvider: std::fmt::Debug + Send + Sync {
    /// Public name, one of [`PROVIDERS`].
    fn name(&self) -> &'static str;

    /// Hands one message over and waits for the answer.
    ///
    /// `handoff` is asked right before the message leaves. Before that, nothing of it was delivered whatever happens;
    /// after that, cancelling the future is the same as losing the answer.
    async fn send(&self, message: &MimeMessage, handoff: &dyn Handoff) -> Outcome;

    /// Does what sending does short of sending; a sentence on what it found.
    async fn check(&self) -> Result<String, String>;
}
