//! A scripted SMTP server and the messages that tests send.

use std::net::SocketAddr;
use std::sync::Arc;

use gyre_base::{Clock, Secret, Timestamp};
use gyre_deliver::MimeMessage;
use gyre_deliver::channels::email::smtp::{Security, SmtpConfig, SmtpProvider};
use gyre_testkit::VirtualClock;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the scripted server does at one command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Answers with this.
    Say(&'static str),
    /// Closes the connection without an answer.
    Hang,
    /// Never answers.
    Silence,
}

/// Commands that have a rule of their own; all others are answered with yes.
pub(crate) type Rules = fn(connection: usize, nth: usize, command: &str) -> Option<Act>;

/// A server that follows rules and notes what it hears.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) async fn start(features: &'static str, rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scripted = Self {
            address: listener.local_addr().unwrap(),
            heard: Arc::default(),
        };
        let heard = Arc::clone(&scripted.heard);
        tokio::spawn(async move {
            for connection in 0.. {
                let (tcp, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(tcp, connection, features, rules, Arc::clone(&heard)));
            }
        });
        scripted
    }

    pub(crate) fn count(&self, command: &str) -> usize {
        let heard = self.heard.lock();
        heard.iter().filter(|it| it.starts_with(command)).count()
    }
}

async fn serve(
    tcp: TcpStream,
    connection: usize,
    features: &'static str,
    rules: Rules,
    heard: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(tcp);
    let mut counts: Vec<String> = Vec::new();
    let mut pending = "CONNECT".to_owned();
    loop {
        heard.lock().push(pending.clone());
        let word = pending.split(' ').next().unwrap().to_owned();
        let nth = counts.iter().filter(|it| **it == word).count();
        counts.push(word.clone());
        let usual = match word.as_str() {
            "CONNECT" => "220 scripted".to_owned(),
            "EHLO" => format!("250-scripted\r\n{features}250 HELP"),
            "DATA" => "354 go on".to_owned(),
            "AUTH" => "235 welcome".to_owned(),
            "." => "250 2.0.0 Ok: queued as Q1".to_owned(),
            _ => "250 ok".to_owned(),
        };
        let answer = match rules(connection, nth, &pending) {
            None => usual,
            Some(Act::Say(text)) => text.to_owned(),
            Some(Act::Hang) => return,
            Some(Act::Silence) => std::future::pending().await,
        };
        if stream
            .get_mut()
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
        if answer.starts_with("421") {
            return;
        }
        if word == "DATA" && answer.starts_with("354") {
            // BODY is asked before the first line, so that a rule can hang up in the middle
            if let Some(Act::Hang) = rules(connection, nth, "BODY") {
                return;
            }
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                if line == ".\r\n" {
                    break;
                }
            }
            ".".clone_into(&mut pending);
            continue;
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        pending = line.trim_end().to_owned();
        assert!(!pending.is_empty());
    }
}

pub(crate) fn config(address: SocketAddr) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: address.port(),
        security: Security::None,
        credentials: None,
        connections: 2,
        per_second: None,
        per_connection: 100,
        hello_name: "gyre.test".to_owned(),
        ca_certificate: None,
    }
}

pub(crate) fn with_login(mut config: SmtpConfig) -> SmtpConfig {
    config.credentials = Some(("shop".to_owned(), Secret::new("secret")));
    config
}

pub(crate) fn clock() -> VirtualClock {
    VirtualClock::at(Timestamp::parse("2026-03-01T09:00:00Z").unwrap())
}

pub(crate) fn provider(config: SmtpConfig, clock: &VirtualClock) -> SmtpProvider {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    SmtpProvider::new(config, clock).unwrap()
}

pub(crate) fn message() -> MimeMessage {
    MimeMessage {
        from: "hello@shop.test".to_owned(),
        to: "kim@person.test".to_owned(),
        bytes: b"Subject: Hi\r\n\r\n.dots\r\n..\r\nend".to_vec(),
    }
}
