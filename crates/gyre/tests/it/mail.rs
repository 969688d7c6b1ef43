//! Mail servers that campaigns send to: our development mailbox, and aiosmtpd, which is not ours.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;

use gyre::system_clock::SystemClock;
use gyre_deliver::mailbox::{InboxMessage, ListenerLimits, Mailbox, serve};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Most mails that a test lists.
const MAILS_MAX: usize = 10_000;

/// The development mailbox on a free port.
pub(crate) struct MailServer {
    mailbox: Mailbox,
    port: u16,
    _folder: TempDir,
    _stop: DropGuard,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(folder.path()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let clock = Arc::new(SystemClock);
        tokio::spawn(serve(
            listener,
            mailbox.clone(),
            clock,
            ListenerLimits::default(),
            stopped,
        ));
        Self {
            mailbox,
            port,
            _folder: folder,
            _stop: stop.drop_guard(),
        }
    }

    /// The channel's configuration that leads here.
    pub(crate) fn channel(&self) -> Value {
        json!({"provider": "smtp", "host": "127.0.0.1", "port": self.port, "security": "none", "connections": 5})
    }

    pub(crate) fn count(&self) -> usize {
        self.mailbox.count()
    }

    /// Every mail, oldest first.
    pub(crate) fn mails(&self) -> Vec<InboxMessage> {
        let mut mails: Vec<InboxMessage> = self
            .mailbox
            .list(None, MAILS_MAX)
            .iter()
            .map(|it| self.mailbox.get(&it.id).unwrap().unwrap())
            .collect();
        mails.reverse();
        mails
    }

    /// How many mails each address got.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for it in self.mailbox.list(None, MAILS_MAX) {
            *counts.entry(it.to).or_default() += 1;
        }
        counts
    }

    /// The only mail to an address.
    pub(crate) fn only_to(&self, address: &str) -> InboxMessage {
        let mut mails: Vec<InboxMessage> = self
            .mails()
            .into_iter()
            .filter(|it| it.summary.to == address)
            .collect();
        assert_eq!(mails.len(), 1, "mails to {address}");
        mails.remove(0)
    }
}

/// A header of a mail, or nothing.
pub(crate) fn header<'a>(mail: &'a InboxMessage, name: &str) -> &'a str {
    let found = mail
        .headers
        .iter()
        .find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map_or("", |it| it.1.as_str())
}

/// The path of the first of our own links of a kind (`/t/c/`) in a text.
pub(crate) fn link<'a>(text: &'a str, kind: &str) -> &'a str {
    let start = text
        .find(kind)
        .unwrap_or_else(|| panic!("no {kind} in {text}"));
    let rest = &text[start..];
    let end = rest.find(|it: char| matches!(it, '"' | '>' | '<' | ')') || it.is_whitespace());
    &rest[..end.unwrap_or(rest.len())]
}

/// aiosmtpd in a process of its own; it wants user `shop` and password `hunter2`.
pub(crate) struct ForeignServer {
    pub(crate) port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

/// A mail as aiosmtpd got it.
#[derive(Debug)]
pub(crate) struct ForeignMail {
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) raw: String,
}

impl ForeignServer {
    pub(crate) async fn start() -> Self {
        let python = std::env::var_os("GYRE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
        let import = Command::new(&python)
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status()
            .await;
        assert!(
            import.is_ok_and(|it| it.success()),
            "install aiosmtpd (python3 -m pip install aiosmtpd) or set GYRE_TEST_PYTHON to a Python that has it"
        );
        let mut process = Command::new(&python)
            .args(["-c", include_str!("aiosmtpd_server.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first: Value =
            serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        let port = first["port"].as_u64().unwrap() as u16;
        Self {
            port,
            lines,
            _process: process,
        }
    }

    /// The next mail that arrives.
    pub(crate) async fn next(&mut self) -> ForeignMail {
        let line = self
            .lines
            .next_line()
            .await
            .unwrap()
            .expect("aiosmtpd lives");
        let mail: Value = serde_json::from_str(&line).unwrap();
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        ForeignMail {
            to: text(&mail["to"][0]),
            from: text(&mail["from"]),
            raw: text(&mail["raw"]),
        }
    }
}

impl ForeignMail {
    /// Subject, HTML and plain text as a mail program shows them.
    pub(crate) fn read(&self) -> (String, String, String) {
        let parsed = MessageParser::new().parse(self.raw.as_bytes()).unwrap();
        let subject = parsed.subject().unwrap().to_owned();
        let (html, text) = (parsed.body_html(0).unwrap(), parsed.body_text(0).unwrap());
        (subject, html.into_owned(), text.into_owned())
    }
}
