//! The folder of received mail and its index.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyre_base::Timestamp;
use mail_parser::{HeaderValue, Message, MessageParser};
use parking_lot::Mutex;

use crate::error::DeliverError;

/// Most messages kept; the oldest go first. At 10 KB each that is 100 MB.
pub const MESSAGES_MAX: usize = 10_000;

/// One line of the mailbox's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxSummary {
    /// Name of the message in the mailbox; sorts by arrival.
    pub id: String,
    /// Envelope recipients, with commas.
    pub to: String,
    /// The `From` header.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// A message as it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxMessage {
    /// What the list shows of it.
    pub summary: InboxSummary,
    /// Headers as they were written, in order.
    pub headers: Vec<(String, String)>,
    /// HTML body.
    pub html: Option<String>,
    /// Plain text body.
    pub text: Option<String>,
}

#[derive(Debug)]
struct State {
    /// Oldest first.
    index: VecDeque<InboxSummary>,
    next_seq: u64,
}

/// The mailbox; clones share it. All methods touch files: call them off the async workers.
#[derive(Clone, Debug)]
pub struct Mailbox {
    dir: Arc<Path>,
    state: Arc<Mutex<State>>,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DeliverError {
    let path = path.to_owned();
    move |source| DeliverError::Mailbox { path, source }
}

impl Mailbox {
    /// Opens the folder, which is made if it is absent, and reads its index.
    pub fn open(dir: &Path) -> Result<Self, DeliverError> {
        fs::create_dir_all(dir).map_err(failed(dir))?;
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed(dir))? {
            let path = entry.map_err(failed(dir))?.path();
            match path.extension().and_then(|it| it.to_str()) {
                Some("eml") => names.push(path),
                // left by a death between writing and renaming
                Some("part") => fs::remove_file(&path).map_err(failed(&path))?,
                _ => {}
            }
        }
        names.sort();
        let mut index = VecDeque::new();
        for path in names {
            let bytes = fs::read(&path).map_err(failed(&path))?;
            if let Some(summary) = id_of(&path).and_then(|id| summarize(id, &bytes)) {
                index.push_back(summary);
            }
        }
        let last = index.back().and_then(|it| parse_id(&it.id));
        let mailbox = Self {
            dir: Arc::from(dir),
            state: Arc::new(Mutex::new(State {
                index,
                next_seq: last.map_or(0, |(_, seq)| seq + 1),
            })),
        };
        mailbox.trim()?;
        Ok(mailbox)
    }

    /// Keeps one message. Returns its id once the file has its name.
    pub fn store(
        &self,
        from: &str,
        to: &[String],
        bytes: &[u8],
        received_at: Timestamp,
    ) -> Result<String, DeliverError> {
        let id = {
            let mut state = self.state.lock();
            state.next_seq += 1;
            format!("{:015}-{:08}", received_at.ms().max(0), state.next_seq - 1)
        };
        let mut content = format!("Return-Path: <{from}>\r\n").into_bytes();
        content.extend(format!("Delivered-To: {}\r\n", to.join(", ")).into_bytes());
        content.extend_from_slice(bytes);
        let part = self.dir.join(format!("{id}.part"));
        let path = self.path(&id);
        let mut file = fs::File::create(&part).map_err(failed(&part))?;
        file.write_all(&content).map_err(failed(&part))?;
        drop(file);
        fs::rename(&part, &path).map_err(failed(&path))?;
        if let Some(summary) = summarize(id.clone(), &content) {
            let mut state = self.state.lock();
            let at = state.index.partition_point(|it| it.id < summary.id);
            state.index.insert(at, summary);
        }
        self.trim()?;
        Ok(id)
    }

    /// A page of the list, newest first: `limit` messages that came before the message `before`.
    pub fn list(&self, before: Option<&str>, limit: usize) -> Vec<InboxSummary> {
        let state = self.state.lock();
        let newest_first = state.index.iter().rev();
        newest_first
            .filter(|it| before.is_none_or(|before| it.id.as_str() < before))
            .take(limit)
            .cloned()
            .collect()
    }

    /// How many messages there are.
    pub fn count(&self) -> usize {
        self.state.lock().index.len()
    }

    /// One message, whole.
    pub fn get(&self, id: &str) -> Result<Option<InboxMessage>, DeliverError> {
        let Some(bytes) = self.raw(id)? else {
            return Ok(None);
        };
        let parsed = MessageParser::new().parse(&bytes);
        let Some((parsed, summary)) = parsed.zip(summarize(id.to_owned(), &bytes)) else {
            return Ok(None);
        };
        let headers = parsed
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), unfolded(value)))
            .collect();
        Ok(Some(InboxMessage {
            summary,
            headers,
            html: part(&parsed, true),
            text: part(&parsed, false),
        }))
    }

    /// One message's bytes as they arrived, behind the two lines of the envelope.
    pub fn raw(&self, id: &str) -> Result<Option<Vec<u8>>, DeliverError> {
        // an id is digits and a dash: nothing else ever becomes a path
        if parse_id(id).is_none() {
            return Ok(None);
        }
        let path = self.path(id);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path)(error)),
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.eml"))
    }

    fn trim(&self) -> Result<(), DeliverError> {
        loop {
            let oldest = {
                let mut state = self.state.lock();
                if state.index.len() <= MESSAGES_MAX {
                    return Ok(());
                }
                state.index.pop_front()
            };
            let Some(oldest) = oldest else {
                return Ok(());
            };
            let path = self.path(&oldest.id);
            fs::remove_file(&path).map_err(failed(&path))?;
        }
    }
}

fn id_of(path: &Path) -> Option<String> {
    let id = path.file_stem()?.to_str()?;
    parse_id(id).map(|_| id.to_owned())
}

fn parse_id(id: &str) -> Option<(i64, u64)> {
    let (at, seq) = id.split_once('-')?;
    let is_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if !is_digits(at) || !is_digits(seq) {
        return None;
    }
    Some((at.parse().ok()?, seq.parse().ok()?))
}

fn summarize(id: String, bytes: &[u8]) -> Option<InboxSummary> {
    let (received_ms, _) = parse_id(&id)?;
    let parsed = MessageParser::new().parse_headers(bytes)?;
    let header = |name: &str| {
        let (_, value) = parsed
            .headers_raw()
            .find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some(unfolded(value))
    };
    let from = parsed.from().and_then(|it| it.first()).map(|it| {
        let address = it.address().unwrap_or_default();
        match it.name() {
            Some(name) => format!("{name} <{address}>"),
            None => address.to_owned(),
        }
    });
    Some(InboxSummary {
        id,
        to: header("Delivered-To").unwrap_or_default(),
        from: from.or_else(|| header("From")).unwrap_or_default(),
        subject: match parsed.header("Subject") {
            Some(HeaderValue::Text(subject)) => subject.to_string(),
            _ => String::new(),
        },
        received_at: Timestamp(received_ms),
    })
}

fn unfolded(value: &str) -> String {
    let lines: Vec<&str> = value.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// The first body that was written as HTML, or as plain text; a body made from the other kind does not count.
fn part(message: &Message<'_>, is_html: bool) -> Option<String> {
    let bodies = if is_html {
        &message.html_body
    } else {
        &message.text_body
    };
    bodies.iter().find_map(|idx| {
        let part = message.parts.get(*idx as usize)?;
        match (&part.body, is_html) {
            (mail_parser::PartType::Html(html), true) => Some(html.to_string()),
            (mail_parser::PartType::Text(text), false) => Some(text.to_string()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: Shop <hello@shop.test>\r\nSubject: =?utf-8?B?7JWI64WV?=\r\nX-A: b\r\n c\r\n\r\nbody\r\n";

    #[test]
    fn mail_is_kept_listed_and_read_back_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(dir.path()).unwrap();
        let to = ["kim@person.test".to_owned()];
        let first = mailbox
            .store("b@shop.test", &to, MAIL, Timestamp(1_000))
            .unwrap();
        let second = mailbox
            .store("b@shop.test", &to, MAIL, Timestamp(1_000))
            .unwrap();
        fs::write(dir.path().join("000-000.part"), b"half").unwrap();
        for mailbox in [mailbox, Mailbox::open(dir.path()).unwrap()] {
            let ids: Vec<String> = mailbox.list(None, 10).into_iter().map(|it| it.id).collect();
            assert_eq!(ids, [second.clone(), first.clone()]);
            assert_eq!(mailbox.list(Some(&second), 10)[0].id, first);
            let message = mailbox.get(&first).unwrap().unwrap();
            assert_eq!(message.summary.subject, "안녕");
            assert_eq!(message.summary.to, "kim@person.test");
            assert_eq!(message.summary.from, "Shop <hello@shop.test>");
            assert_eq!(message.text.as_deref().map(str::trim_end), Some("body"));
            assert_eq!(message.html, None);
            assert!(
                message
                    .headers
                    .contains(&("X-A".to_owned(), "b c".to_owned()))
            );
        }
        assert!(!dir.path().join("000-000.part").exists());
    }

    #[test]
    fn an_id_never_leaves_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(dir.path()).unwrap();
        for id in ["../etc/passwd", "", "1", "1-", "-1", "1-2/../3", "../1-2"] {
            assert_eq!(mailbox.get(id).unwrap(), None, "{id}");
        }
    }
}
