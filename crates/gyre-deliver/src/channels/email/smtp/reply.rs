//! Replies of SMTP servers and what they mean, as pure functions.
//!
//! The enhanced status (RFC 3463) decides over the basic code where there is one.

use crate::outcome::Outcome;

/// Where a session stood when something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Opening the connection.
    Connect,
    /// Banner and EHLO.
    Hello,
    /// STARTTLS and the handshake.
    Tls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, before its body.
    Data,
    /// Writing the body; its end has not left.
    Body,
    /// The whole body has left; the answer is awaited.
    Answer,
}

impl Stage {
    /// Name for reasons and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Hello => "hello",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Body => "body",
            Self::Answer => "answer",
        }
    }
}

/// A server's reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Texts of its lines.
    pub lines: Vec<String>,
}

impl Reply {
    /// Reads one line: code, whether more follow, text.
    pub fn parse_line(line: &str) -> Option<(u16, bool, &str)> {
        let code = line
            .get(..3)?
            .parse()
            .ok()
            .filter(|it| (200..600).contains(it))?;
        let rest = &line[3..];
        match rest.as_bytes().first() {
            None => Some((code, false, "")),
            Some(b' ') => Some((code, false, &rest[1..])),
            Some(b'-') => Some((code, true, &rest[1..])),
            Some(_) => None,
        }
    }

    /// Whether it says yes, or asks to go on.
    pub fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// Code and texts as one line.
    pub fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// The enhanced status, such as (5, 1, 1).
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let first = self.lines.first()?.split_whitespace().next()?;
        let mut parts = first.split('.').map(str::parse);
        let class: u16 = parts.next()?.ok()?;
        let status = (class, parts.next()?.ok()?, parts.next()?.ok()?);
        (parts.next().is_none() && class == self.code / 100).then_some(status)
    }

    /// The enhanced status, or else the basic code, as text.
    pub fn code_text(&self) -> String {
        match self.enhanced() {
            Some((a, b, c)) => format!("{a}.{b}.{c}"),
            None => self.code.to_string(),
        }
    }

    /// The id that servers tell with `queued as`.
    pub fn queue_id(&self) -> Option<String> {
        let text = self.lines.join(" ");
        let at = text.find("queued as ")? + "queued as ".len();
        let id = text[at..].split_whitespace().next()?;
        Some(id.trim_matches(|it: char| !it.is_alphanumeric()).to_owned())
    }

    /// What a refusal at `stage` means for the message.
    pub fn refusal(&self, stage: Stage) -> Outcome {
        debug_assert!(!self.is_positive(), "{self:?}");
        let code = self.code_text();
        let reason = self.text();
        let (is_ours, is_transient, address_is_bad) = match (self.code, self.enhanced()) {
            // credentials and submission rules: nobody's message would pass
            (530 | 534 | 535 | 538, _) => (true, false, false),
            (500..=599, _) if stage <= Stage::Auth => (true, false, false),
            // a full mailbox empties again
            (400..=499, _) | (_, Some((_, 2, 2))) => (false, true, false),
            (_, Some((_, 1, 1 | 2 | 3 | 6 | 10) | (_, 2, 1))) => {
                (false, false, stage == Stage::Rcpt)
            }
            (550 | 551 | 553, None) => (false, false, stage == Stage::Rcpt),
            _ => (false, false, false),
        };
        if is_ours {
            let reason = format!("refused at {}: {reason}", stage.name());
            return Outcome::Misconfigured { reason };
        }
        if is_transient {
            return Outcome::Transient {
                code,
                reason,
                retry_after_ms: None,
            };
        }
        Outcome::Rejected {
            code,
            reason,
            address_is_bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str) -> Reply {
        let (code, _, text) = Reply::parse_line(line).unwrap();
        Reply {
            code,
            lines: vec![text.to_owned()],
        }
    }

    #[track_caller]
    fn check(stage: Stage, line: &str, expected: &str) {
        let outcome = reply(line).refusal(stage);
        let got = match &outcome {
            Outcome::Rejected {
                code,
                address_is_bad: true,
                ..
            } => format!("address {code}"),
            Outcome::Rejected { code, .. } => format!("rejected {code}"),
            Outcome::Transient { code, .. } => format!("transient {code}"),
            other => other.name().to_owned(),
        };
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn replies_are_classified() {
        check(Stage::Rcpt, "550 5.1.1 no such user", "address 5.1.1");
        check(Stage::Rcpt, "550 5.1.10 null MX", "address 5.1.10");
        check(Stage::Rcpt, "550 5.2.1 disabled", "address 5.2.1");
        check(Stage::Rcpt, "550 no such user", "address 550");
        check(Stage::Rcpt, "550 5.7.1 policy", "rejected 5.7.1");
        check(Stage::Rcpt, "554 5.7.9 reputation", "rejected 5.7.9");
        check(Stage::Rcpt, "552 5.2.2 mailbox full", "transient 5.2.2");
        check(Stage::Rcpt, "452 4.2.2 mailbox full", "transient 4.2.2");
        check(Stage::Rcpt, "450 greylisted", "transient 450");
        check(Stage::Answer, "552 5.3.4 too big", "rejected 5.3.4");
        check(Stage::Answer, "550 5.1.1 not at the end", "rejected 5.1.1");
        check(Stage::Answer, "451 4.3.0 try later", "transient 4.3.0");
        check(Stage::Mail, "421 too many messages", "transient 421");
        check(Stage::Mail, "530 5.7.0 authenticate first", "misconfigured");
        check(Stage::Auth, "535 5.7.8 bad credentials", "misconfigured");
        check(Stage::Auth, "454 4.7.0 later", "transient 4.7.0");
        check(Stage::Hello, "554 no service here", "misconfigured");
        check(
            Stage::Rcpt,
            "550 4.1.1 class of another code",
            "address 550",
        );
    }

    #[test]
    fn queue_ids_are_found() {
        assert_eq!(
            reply("250 2.0.0 Ok: queued as 4F2B1").queue_id().as_deref(),
            Some("4F2B1")
        );
        assert_eq!(reply("250 OK").queue_id(), None);
    }

    #[test]
    fn lines_that_are_no_replies_are_refused() {
        for line in ["", "2", "25x hello", "250+hello", "999 no", "éé"] {
            assert_eq!(Reply::parse_line(line), None, "{line}");
        }
        assert_eq!(Reply::parse_line("250"), Some((250, false, "")));
    }
}
