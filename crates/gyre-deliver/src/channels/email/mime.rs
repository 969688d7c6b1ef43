//! An e-mail as bytes.

use std::time::{Duration, UNIX_EPOCH};

use gyre_base::{MessageId, Timestamp};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::error::DeliverError;
use crate::html::text_of;

/// Longest value of one header, after RFC 5322's 998 bytes a line.
const HEADER_BYTES_MAX: usize = 998;
/// Most headers that an author adds.
const HEADERS_MAX: usize = 50;

/// Headers that are ours to write.
const RESERVED: &[&str] = &[
    "bcc",
    "cc",
    "date",
    "dkim-signature",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

/// An e-mail ready to be written down.
#[derive(Clone, Debug)]
pub struct OutgoingEmail {
    /// The ledger's id.
    pub message_id: MessageId,
    /// Which call to the provider this is, from 1.
    pub attempt: i64,
    /// When it is sent.
    pub date: Timestamp,
    /// `Shop <hello@shop.test>`.
    pub from: String,
    /// The person's address.
    pub to: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Subject; line breaks become spaces.
    pub subject: String,
    /// HTML body.
    pub html: Option<String>,
    /// Plain text; made from the HTML when absent.
    pub text: Option<String>,
    /// The author's own headers.
    pub headers: Vec<(String, String)>,
    /// Address that unsubscribes by one POST (RFC 8058).
    pub unsubscribe_url: Option<String>,
    /// Envelope sender; the address of `from` when absent.
    pub return_path: Option<String>,
}

/// A finished message and its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MimeMessage {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipient.
    pub to: String,
    /// Headers and body with CRLF line ends.
    pub bytes: Vec<u8>,
}

fn refuse<T>(field: &'static str, detail: impl Into<String>) -> Result<T, DeliverError> {
    Err(DeliverError::Mime {
        field,
        detail: detail.into(),
    })
}

fn mailbox(field: &'static str, text: &str) -> Result<Mailbox, DeliverError> {
    if text.len() > HEADER_BYTES_MAX || text.chars().any(char::is_control) {
        return refuse(field, "is not an address");
    }
    let text = text.trim();
    if let Ok(mailbox) = text.parse() {
        return Ok(mailbox);
    }
    // people write `Gift shop (UK) <hello@shop.test>`: the name is taken as it is and quoted when it is sent
    let parts = text.strip_suffix('>').and_then(|it| it.rsplit_once('<'));
    let Some((name, address)) = parts else {
        return refuse(field, "is not an address");
    };
    match address.trim().parse() {
        Ok(address) => {
            let name = name.trim().trim_matches('"').to_owned();
            Ok(Mailbox::new(
                Some(name).filter(|it| !it.is_empty()),
                address,
            ))
        }
        Err(_) => refuse(field, "is not an address"),
    }
}

/// The bare address of `Shop <hello@shop.test>`, or of itself; `None` if it is none.
pub fn address_of(text: &str) -> Option<String> {
    mailbox("address", text).ok().map(|it| it.email.to_string())
}

impl OutgoingEmail {
    /// Writes the message down, or says which field is wrong.
    pub fn to_mime(&self) -> Result<MimeMessage, DeliverError> {
        let from = mailbox("from", &self.from)?;
        let to = mailbox("to", &self.to)?;
        let envelope_from = match &self.return_path {
            Some(path) => mailbox("return_path", path)?.email.to_string(),
            None => from.email.to_string(),
        };
        let envelope_to = to.email.to_string();
        let domain = from.email.domain().to_owned();
        let date = UNIX_EPOCH + Duration::from_millis(self.date.ms().max(0).unsigned_abs());
        let mut builder = lettre::Message::builder()
            .from(from)
            .to(to)
            .date(date)
            .subject(one_line(&self.subject))
            .message_id(Some(format!(
                "<{}.{}@{domain}>",
                self.message_id, self.attempt
            )));
        if let Some(reply_to) = self.reply_to.as_deref().filter(|it| !it.trim().is_empty()) {
            builder = builder.reply_to(mailbox("reply_to", reply_to)?);
        }
        for (name, value) in self.extra_headers()? {
            builder = builder.raw_header(HeaderValue::new(name, value));
        }
        let text = match (&self.text, &self.html) {
            (Some(text), _) => text.clone(),
            (None, Some(html)) => text_of(html),
            (None, None) => return refuse("html", "is missing"),
        };
        let built = match &self.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, html.clone())),
            None => builder.singlepart(SinglePart::plain(text)),
        };
        match built {
            Ok(message) => Ok(MimeMessage {
                from: envelope_from,
                to: envelope_to,
                bytes: message.formatted(),
            }),
            Err(error) => refuse("message", format!("cannot be written: {error}")),
        }
    }

    fn extra_headers(&self) -> Result<Vec<(HeaderName, String)>, DeliverError> {
        if self.headers.len() > HEADERS_MAX {
            return refuse("headers", format!("are more than {HEADERS_MAX}"));
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let lower = name.to_ascii_lowercase();
            if RESERVED.contains(&lower.as_str()) || lower.starts_with("content-") {
                return refuse("headers", format!("may not hold `{name}`"));
            }
            let name_fits = !name.is_empty()
                && name
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_');
            let Ok(header) = HeaderName::new_from_ascii(name.clone()) else {
                return refuse(
                    "headers",
                    format!("hold `{name}`, which is no header's name"),
                );
            };
            if !name_fits {
                return refuse(
                    "headers",
                    format!("hold `{name}`, which is no header's name"),
                );
            }
            if value.len() > HEADER_BYTES_MAX || value.chars().any(char::is_control) {
                return refuse(
                    "headers",
                    format!("hold a value of `{name}` that is not one line"),
                );
            }
            headers.push((header, value.clone()));
        }
        if let Some(url) = &self.unsubscribe_url {
            if !crate::tracking::is_web_url(url) || url.contains(['<', '>', ',']) {
                return refuse("unsubscribe_url", "is not a web address");
            }
            let pairs = [
                ("List-Unsubscribe", format!("<{url}>")),
                (
                    "List-Unsubscribe-Post",
                    "List-Unsubscribe=One-Click".to_owned(),
                ),
            ];
            for (name, value) in pairs {
                headers.push((HeaderName::new_from_ascii_str(name), value));
            }
        }
        Ok(headers)
    }
}

/// A subject is one line whatever the template rendered.
fn one_line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_what_people_write() {
        for text in [
            "hello@shop.test",
            "Shop <hello@shop.test>",
            "Gift shop (UK) <hello@shop.test>",
            "가게, 서울 <hello@shop.test>",
        ] {
            assert_eq!(
                address_of(text).as_deref(),
                Some("hello@shop.test"),
                "{text}"
            );
        }
        assert_eq!(address_of("Shop <hello>"), None);
        assert_eq!(address_of("Shop"), None);
    }
    use mail_parser::MessageParser;

    fn email() -> OutgoingEmail {
        OutgoingEmail {
            message_id: MessageId(uuid::Uuid::nil()),
            attempt: 2,
            date: Timestamp::parse("2026-03-01T09:00:00Z").unwrap(),
            from: "가게 <hello@shop.test>".to_owned(),
            to: "kim@person.test".to_owned(),
            reply_to: Some("Help <help@shop.test>".to_owned()),
            subject: "지원님, 50% 할인\r\nBcc: x@evil.test".to_owned(),
            html: Some("<p>안녕 <b>you</b></p>".to_owned()),
            text: None,
            headers: vec![("X-Campaign".to_owned(), "spring".to_owned())],
            unsubscribe_url: Some("https://t.test/t/u/abc".to_owned()),
            return_path: None,
        }
    }

    #[test]
    fn a_message_reads_back_as_it_was_written() {
        let mime = email().to_mime().unwrap();
        assert_eq!(
            (mime.from.as_str(), mime.to.as_str()),
            ("hello@shop.test", "kim@person.test")
        );
        let parsed = MessageParser::new().parse(&mime.bytes).unwrap();
        assert_eq!(parsed.subject(), Some("지원님, 50% 할인 Bcc: x@evil.test"));
        assert!(parsed.bcc().is_none());
        assert_eq!(
            parsed.body_html(0).unwrap().trim_end(),
            "<p>안녕 <b>you</b></p>"
        );
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), "안녕 you");
        assert_eq!(
            parsed.message_id(),
            Some("00000000-0000-0000-0000-000000000000.2@shop.test")
        );
        let text = String::from_utf8(mime.bytes).unwrap();
        assert!(
            text.contains("List-Unsubscribe: <https://t.test/t/u/abc>\r\n"),
            "{text}"
        );
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert!(
            text.contains("Date: Sun, 01 Mar 2026 09:00:00 +0000\r\n"),
            "{text}"
        );
        assert!(text.contains("X-Campaign: spring\r\n"));
    }

    #[track_caller]
    fn check_refused(change: impl FnOnce(&mut OutgoingEmail), expected: &str) {
        let mut email = email();
        change(&mut email);
        match email.to_mime() {
            Err(DeliverError::Mime { field, .. }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_injected() {
        check_refused(|it| it.to = "a@b.test\r\nBcc: c@d.test".to_owned(), "to");
        check_refused(
            |it| it.to = "a@b.test>\r\nRCPT TO:<x@y.test".to_owned(),
            "to",
        );
        check_refused(|it| it.from = "Shop\n<a@b.test>".to_owned(), "from");
        check_refused(|it| it.reply_to = Some("nobody".to_owned()), "reply_to");
        for (name, value) in [
            ("X-A", "b\r\nBcc: c@d.test"),
            ("X-A: b\r\nBcc", "c"),
            ("Bcc", "c@d.test"),
            ("Content-Type", "text/plain"),
            ("List-Unsubscribe", "<https://evil.test>"),
            ("", "x"),
        ] {
            check_refused(
                |it| it.headers = vec![(name.to_owned(), value.to_owned())],
                "headers",
            );
        }
        check_refused(
            |it| it.unsubscribe_url = Some("javascript:1".to_owned()),
            "unsubscribe_url",
        );
    }
}
