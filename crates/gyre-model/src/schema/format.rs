//! The formats that are asserted; any other is an annotation, as the standard has it.

use std::net::{Ipv4Addr, Ipv6Addr};

use uuid::Uuid;

/// A format of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Date,
    Email,
    Uri,
    Uuid,
    Ipv4,
    Ipv6,
}

impl Format {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "email" => Self::Email,
            "uri" => Self::Uri,
            "uuid" => Self::Uuid,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            _ => return None,
        })
    }

    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::DateTime => text.parse::<jiff::Timestamp>().is_ok(),
            Self::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
            Self::Email => is_email(text),
            Self::Uri => is_uri(text),
            Self::Uuid => text.len() == 36 && Uuid::try_parse(text).is_ok(),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        }
    }
}

/// A local part and a domain with no space in them; whether mail arrives there only sending tells.
fn is_email(text: &str) -> bool {
    let is_plain = !text.chars().any(|it| it.is_whitespace() || it.is_control());
    let sides = text.rsplit_once('@');
    is_plain
        && sides.is_some_and(|(local, domain)| {
            let has_ends = domain.starts_with('.') || domain.ends_with('.');
            !local.is_empty() && !domain.is_empty() && !has_ends && !domain.contains("..")
        })
}

/// A scheme, a colon and something without spaces.
fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|it: char| it.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.'))
            && !rest.is_empty()
            && !rest
                .chars()
                .any(|it| it.is_whitespace() || matches!(it, '<' | '>' | '"'))
    })
}
