//! The SMTP side of the development mailbox.

use std::future::Future;
use std::io;
use std::sync::Arc;

use gyre_base::Clock;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::store::Mailbox;

/// Bounds of one listener.
#[derive(Clone, Copy, Debug)]
pub struct ListenerLimits {
    /// Largest message, announced with SIZE.
    pub message_bytes_max: usize,
    /// Most recipients of a message.
    pub recipients_max: usize,
    /// Most connections at once; more wait to be accepted.
    pub connections_max: usize,
    /// A client that is silent this long is sent away.
    pub idle_ms_max: i64,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 10 * 1024 * 1024,
            recipients_max: 100,
            connections_max: 200,
            idle_ms_max: 300_000,
        }
    }
}

/// Longest command line; RFC 5321 asks for 512, SMTPUTF8 and SIZE add some.
const COMMAND_BYTES_MAX: usize = 2_048;
/// Longest line of a body: RFC 5322 allows 998, some senders write longer.
const BODY_LINE_BYTES_MAX: usize = 1024 * 1024;

/// Serves until `stop` completes; open connections are dropped then.
pub async fn serve(
    listener: TcpListener,
    mailbox: Mailbox,
    clock: Arc<dyn Clock>,
    limits: ListenerLimits,
    stop: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut stop => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (place, accepted) = accepted => {
                let (Ok(place), Ok((tcp, _))) = (place, accepted) else {
                    // out of descriptors, or a client that was gone already: try again a little later
                    clock.sleep_ms(100).await;
                    continue;
                };
                let (mailbox, clock) = (mailbox.clone(), Arc::clone(&clock));
                connections.spawn(async move {
                    let _place = place;
                    let mut session = Session { stream: BufReader::new(tcp), mailbox, clock, limits };
                    if let Err(error) = session.run().await {
                        tracing::debug!(error = %error, "development mailbox lost a client");
                    }
                });
            }
        }
    }
}

/// The message that a client is about to send.
#[derive(Default)]
struct Transaction {
    from: Option<String>,
    to: Vec<String>,
}

struct Session {
    stream: BufReader<TcpStream>,
    mailbox: Mailbox,
    clock: Arc<dyn Clock>,
    limits: ListenerLimits,
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

impl Session {
    async fn run(&mut self) -> io::Result<()> {
        // answers to pipelined commands would wait for each other's acknowledgement, 40 ms each
        self.stream.get_ref().set_nodelay(true)?;
        self.answer("220 gyre development mailbox ESMTP").await?;
        let mut transaction = Transaction::default();
        loop {
            let line = match self.line(COMMAND_BYTES_MAX).await? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    self.answer("500 5.5.2 line too long").await?;
                    continue;
                }
                Line::End => return Ok(()),
            };
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    transaction = Transaction::default();
                    let size = self.limits.message_bytes_max;
                    let lines = format!(
                        "250-gyre\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES"
                    );
                    self.answer(&lines).await?;
                }
                "HELO" => {
                    transaction = Transaction::default();
                    self.answer("250 gyre").await?;
                }
                "MAIL" => {
                    let answer = self.mail(&mut transaction, rest);
                    self.answer(answer).await?;
                }
                "RCPT" => {
                    let answer = self.rcpt(&mut transaction, rest);
                    self.answer(answer).await?;
                }
                "DATA" if transaction.to.is_empty() => {
                    self.answer("503 5.5.1 no recipients yet").await?;
                }
                "DATA" => {
                    self.answer("354 end with a line of one dot").await?;
                    let Some(body) = self.body().await? else {
                        transaction = Transaction::default();
                        self.answer("552 5.3.4 message too big").await?;
                        continue;
                    };
                    let taken = std::mem::take(&mut transaction);
                    let answer = self.keep(taken, body).await;
                    self.answer(&answer).await?;
                }
                "RSET" => {
                    transaction = Transaction::default();
                    self.answer("250 2.0.0 ok").await?;
                }
                "NOOP" => self.answer("250 2.0.0 ok").await?,
                "VRFY" => self.answer("252 2.1.5 send and see").await?,
                "QUIT" => {
                    self.answer("221 2.0.0 bye").await?;
                    return Ok(());
                }
                _ => self.answer("502 5.5.1 command not implemented").await?,
            }
        }
    }

    fn mail(&self, transaction: &mut Transaction, rest: &str) -> &'static str {
        if transaction.from.is_some() {
            return "503 5.5.1 a sender was given already";
        }
        let Some((address, parameters)) = path(rest, "FROM:") else {
            return "501 5.5.4 expected FROM:<address>";
        };
        for parameter in parameters.split_ascii_whitespace() {
            let upper = parameter.to_ascii_uppercase();
            let size = upper.strip_prefix("SIZE=").map(str::parse::<usize>);
            match size {
                Some(Ok(size)) if size > self.limits.message_bytes_max => {
                    return "552 5.3.4 message too big";
                }
                Some(Err(_)) => return "501 5.5.4 SIZE is no number",
                Some(Ok(_)) => {}
                None if upper.starts_with("BODY=") || upper == "SMTPUTF8" => {}
                None => return "555 5.5.4 unknown parameter",
            }
        }
        transaction.from = Some(address.to_owned());
        "250 2.1.0 ok"
    }

    fn rcpt(&self, transaction: &mut Transaction, rest: &str) -> &'static str {
        if transaction.from.is_none() {
            return "503 5.5.1 no sender yet";
        }
        if transaction.to.len() == self.limits.recipients_max {
            return "452 4.5.3 too many recipients";
        }
        match path(rest, "TO:") {
            Some((address, _)) if address.contains('@') => {
                transaction.to.push(address.to_owned());
                "250 2.1.5 ok"
            }
            Some(_) => "553 5.1.3 not an address",
            None => "501 5.5.4 expected TO:<address>",
        }
    }

    async fn keep(&self, transaction: Transaction, body: Vec<u8>) -> String {
        let mailbox = self.mailbox.clone();
        let now = self.clock.now();
        let from = transaction.from.unwrap_or_default();
        let stored =
            tokio::task::spawn_blocking(move || mailbox.store(&from, &transaction.to, &body, now));
        match stored.await {
            Ok(Ok(id)) => format!("250 2.0.0 ok: queued as {id}"),
            Ok(Err(error)) => {
                let error = gyre_base::failure::error_chain(&error);
                tracing::warn!(error, "development mailbox cannot keep a message");
                "451 4.3.0 cannot keep it now".to_owned()
            }
            Err(_) => "451 4.3.0 cannot keep it now".to_owned(),
        }
    }

    /// Reads a body up to its dot; `None` if it was too big. The whole body is read in either case.
    async fn body(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut body = Vec::new();
        let mut is_too_big = false;
        loop {
            let line = match self.line(BODY_LINE_BYTES_MAX).await? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    is_too_big = true;
                    continue;
                }
                Line::End => {
                    let kind = io::ErrorKind::UnexpectedEof;
                    return Err(io::Error::new(
                        kind,
                        "the client left in the middle of a message",
                    ));
                }
            };
            if line == b".\r\n" || line == b".\n" {
                return Ok((!is_too_big).then_some(body));
            }
            let line = if line.starts_with(b".") {
                &line[1..]
            } else {
                &line[..]
            };
            if body.len() + line.len() > self.limits.message_bytes_max {
                is_too_big = true;
                body = Vec::new();
            }
            if !is_too_big {
                body.extend_from_slice(line);
            }
        }
    }

    /// One line with its end; a longer one is read to its end and forgotten.
    async fn line(&mut self, bytes_max: usize) -> io::Result<Line> {
        let timeout = self.clock.sleep_ms(self.limits.idle_ms_max);
        let stream = &mut self.stream;
        let read = async {
            let mut line = Vec::new();
            let mut is_too_long = false;
            loop {
                let available = stream.fill_buf().await?;
                if available.is_empty() {
                    return Ok(Line::End);
                }
                let end = available.iter().position(|it| *it == b'\n');
                let take = end.map_or(available.len(), |it| it + 1);
                is_too_long |= line.len() + take > bytes_max;
                if !is_too_long {
                    line.extend_from_slice(&available[..take]);
                }
                stream.consume(take);
                if end.is_some() {
                    return Ok(if is_too_long {
                        Line::TooLong
                    } else {
                        Line::Whole(line)
                    });
                }
            }
        };
        tokio::select! {
            biased;
            line = read => line,
            () = timeout => Err(io::Error::new(io::ErrorKind::TimedOut, "the client was silent too long")),
        }
    }

    async fn answer(&mut self, text: &str) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{text}\r\n").as_bytes()).await
    }
}

/// `FROM:<a@b> SIZE=1` as the address and what follows it.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest[keyword.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    let is_plain = !address.contains(|it: char| it.is_control() || it == '<' || it == ',');
    is_plain.then_some((address, parameters))
}
