//! Errors of this crate that are no provider's answer.

use std::path::PathBuf;

use gyre_base::{Blame, Failure, Retry};

/// Why something could not be set up or stored.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// A message cannot be written down as MIME.
    #[error("`{field}` of the message {detail}")]
    Mime {
        /// Field of the message.
        field: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// HTML that the rewriter refuses.
    #[error("failed to rewrite the html: {detail}")]
    Html {
        /// What is wrong.
        detail: String,
    },
    /// A channel's configuration is not usable.
    #[error("channel configuration is not usable: {detail}")]
    Config {
        /// What to mend.
        detail: String,
    },
    /// A file of the development mailbox.
    #[error("failed to keep mail in `{path}`")]
    Mailbox {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
}

impl Failure for DeliverError {
    fn code(&self) -> &'static str {
        match self {
            Self::Mime { .. } => "message-invalid",
            Self::Html { .. } => "html-invalid",
            Self::Config { .. } => "channel-config-invalid",
            Self::Mailbox { .. } => "mailbox-unavailable",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Mailbox { .. } => Retry::Now,
            Self::Mime { .. } | Self::Html { .. } | Self::Config { .. } => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Mailbox { .. } => Blame::Us,
            Self::Mime { .. } | Self::Html { .. } | Self::Config { .. } => Blame::Caller,
        }
    }
}
