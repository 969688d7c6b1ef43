//! What came of handing a message to a provider.

/// Every answer that a provider can give; nothing else leaves this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Accepted {
        /// The provider's own id, if it told one.
        provider_message_id: Option<String>,
        /// The provider's words.
        detail: String,
    },
    /// It will never be taken.
    Rejected {
        /// Stable code: an SMTP enhanced status (`5.1.1`) or a name of ours (`mime-invalid`).
        code: String,
        /// The provider's words.
        reason: String,
        /// The address itself is at fault and should not be tried again.
        address_is_bad: bool,
    },
    /// It was certainly not taken; a later try may succeed.
    Transient {
        /// Stable code.
        code: String,
        /// The provider's words.
        reason: String,
        /// When the provider wants to be asked again; `None` leaves it to the caller's back-off.
        retry_after_ms: Option<i64>,
    },
    /// Nothing will be taken until an operator changes the channel's configuration.
    Misconfigured {
        /// What to mend.
        reason: String,
    },
    /// The whole message had left and the answer was lost: it may or may not have been taken.
    Unknown {
        /// How the answer was lost.
        reason: String,
    },
}

impl Outcome {
    /// Stable name, for metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Transient { .. } => "transient",
            Self::Misconfigured { .. } => "misconfigured",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// A provider's words without addresses, for logs: every word with an `@` is hidden.
#[derive(Clone, Copy, Debug)]
pub struct Redacted<'a>(pub &'a str);

impl std::fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, word) in self.0.split(' ').enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(if word.contains('@') {
                "<address>"
            } else {
                word
            })?;
        }
        Ok(())
    }
}
