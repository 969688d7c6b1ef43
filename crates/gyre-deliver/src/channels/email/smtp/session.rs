//! One SMTP session: a connection that knows how far it has come.

use std::future::Future;
use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gyre_base::Clock;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::config::{Security, SmtpConfig};
use super::reply::{Reply, Stage};
use super::tls::Tls;
use super::wire::{read_reply, stuffed};
use crate::channels::email::{Handoff, MimeMessage, WITHHELD};
use crate::outcome::Outcome;

/// Longest wait for one answer; RFC 5321 asks for minutes, mass senders cannot wait that long.
const ANSWER_MS_MAX: i64 = 60_000;
/// Longest wait for the answer to a whole message: servers scan it first (RFC 5321 4.5.3.2.6 asks for 10 minutes).
const DELIVERY_MS_MAX: i64 = 600_000;
/// Longest wait for a connection.
const CONNECT_MS_MAX: i64 = 20_000;

pub(super) type Plain = TcpStream;
pub(super) type Secure = TlsStream<TcpStream>;

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// Why a session could not go on.
#[derive(Debug)]
pub(super) struct Stop {
    /// Where it stood.
    pub(super) stage: Stage,
    /// What happened.
    pub(super) cause: Cause,
}

/// What stopped a session.
#[derive(Debug)]
pub(super) enum Cause {
    /// The server said no.
    Refused(Reply),
    /// The connection failed, was closed, or nothing came in time.
    Lost(String),
    /// The server cannot do what the configuration asks for.
    Lacks(String),
    /// The caller forbade the message at the last moment.
    Withheld,
    /// The server cannot take this one message.
    Unfit(&'static str, String),
}

impl Stop {
    /// What it means for the message.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.cause {
            Cause::Refused(reply) => reply.refusal(self.stage),
            Cause::Lost(reason) if self.stage == Stage::Answer => Outcome::Unknown {
                reason: format!("the answer was lost: {reason}"),
            },
            Cause::Lost(reason) => Outcome::Transient {
                code: format!("lost-{}", self.stage.name()),
                reason: reason.clone(),
                retry_after_ms: None,
            },
            Cause::Lacks(reason) => Outcome::Misconfigured {
                reason: reason.clone(),
            },
            Cause::Withheld => Outcome::Transient {
                code: WITHHELD.to_owned(),
                reason: "it was withheld before it left".to_owned(),
                retry_after_ms: None,
            },
            Cause::Unfit(code, reason) => Outcome::Rejected {
                code: (*code).to_owned(),
                reason: reason.clone(),
                address_is_bad: false,
            },
        }
    }

    /// Whether a fresh connection may help at once: servers close idle and long-used ones (421 after N is normal).
    pub(super) fn is_worn_out(&self) -> bool {
        let is_before_body = self.stage < Stage::Body;
        match &self.cause {
            Cause::Lost(_) => is_before_body,
            Cause::Refused(reply) => reply.code == 421 && is_before_body,
            Cause::Lacks(_) | Cause::Withheld | Cause::Unfit(..) => false,
        }
    }
}

#[derive(Clone, Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a word that a server says or does not"
)]
struct Features {
    size: Option<usize>,
    is_8bit: bool,
    is_utf8: bool,
    is_pipelined: bool,
    has_starttls: bool,
    auth: Vec<String>,
}

impl Features {
    fn of(reply: &Reply) -> Self {
        let mut features = Self::default();
        for line in reply.lines.iter().skip(1) {
            let upper = line.to_ascii_uppercase();
            let mut words = upper.split([' ', '=']).filter(|it| !it.is_empty());
            match words.next() {
                Some("SIZE") => features.size = words.next().and_then(|it| it.parse().ok()),
                Some("8BITMIME") => features.is_8bit = true,
                Some("SMTPUTF8") => features.is_utf8 = true,
                Some("PIPELINING") => features.is_pipelined = true,
                Some("STARTTLS") => features.has_starttls = true,
                Some("AUTH") => features.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        features
    }
}

/// A session that is ready to take messages.
pub(super) struct Session {
    stream: BufReader<Box<dyn Stream>>,
    features: Features,
    clock: Arc<dyn Clock>,
    /// Messages taken so far.
    pub(super) sent: u32,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session(sent {})", self.sent)
    }
}

fn lost(stage: Stage, error: &io::Error) -> Stop {
    Stop {
        stage,
        cause: Cause::Lost(format!("{}: {error}", stage.name())),
    }
}

fn lacks(stage: Stage, reason: impl Into<String>) -> Stop {
    Stop {
        stage,
        cause: Cause::Lacks(reason.into()),
    }
}

async fn within<T>(
    clock: &Arc<dyn Clock>,
    ms: i64,
    work: impl Future<Output = io::Result<T>> + Send,
) -> io::Result<T> {
    tokio::select! {
        biased;
        done = work => done,
        () = clock.sleep_ms(ms) => Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came in time")),
    }
}

impl Session {
    /// Connects, greets, and authenticates.
    pub(super) async fn open(
        config: &SmtpConfig,
        tls: Option<&Tls>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Stop> {
        let address = (config.host.as_str(), config.port);
        let tcp = within(&clock, CONNECT_MS_MAX, TcpStream::connect(address))
            .await
            .map_err(|it| lost(Stage::Connect, &it))?;
        // commands are small and answered one by one: waiting to fill a packet only adds delay
        tcp.set_nodelay(true)
            .map_err(|it| lost(Stage::Connect, &it))?;
        let features = Features::default();
        let mut session = match (config.security, tls) {
            (Security::Tls, Some(tls)) => {
                let stream = handshake(tls, tcp, &clock).await?;
                Self::over(Box::new(stream), features, clock)
            }
            (Security::StartTls, Some(tls)) => {
                let mut greeting = PlainSession::new(tcp, Arc::clone(&clock));
                greeting.greet(&config.hello_name).await?;
                let tcp = greeting.start_tls().await?;
                let stream = handshake(tls, tcp, &clock).await?;
                let mut session = Self::over(Box::new(stream), features, clock);
                session.hello(&config.hello_name).await?;
                session.authenticate(config).await?;
                return Ok(session);
            }
            (Security::None, _) => Self::over(Box::new(tcp), features, clock),
            (Security::Tls | Security::StartTls, None) => {
                return Err(lacks(Stage::Tls, "TLS is not set up"));
            }
        };
        session.expect(Stage::Hello, ANSWER_MS_MAX).await?;
        session.hello(&config.hello_name).await?;
        session.authenticate(config).await?;
        Ok(session)
    }

    fn over(stream: Box<dyn Stream>, features: Features, clock: Arc<dyn Clock>) -> Self {
        Self {
            stream: BufReader::new(stream),
            features,
            clock,
            sent: 0,
        }
    }

    async fn hello(&mut self, name: &str) -> Result<(), Stop> {
        let reply = self.command(Stage::Hello, &format!("EHLO {name}")).await?;
        self.features = Features::of(&reply);
        Ok(())
    }

    async fn authenticate(&mut self, config: &SmtpConfig) -> Result<(), Stop> {
        let Some((username, password)) = &config.credentials else {
            return Ok(());
        };
        let offers = |name: &str| self.features.auth.iter().any(|it| it == name);
        if offers("PLAIN") {
            let token = STANDARD.encode(format!("\0{username}\0{}", password.reveal()));
            self.command(Stage::Auth, &format!("AUTH PLAIN {token}"))
                .await?;
        } else if offers("LOGIN") {
            self.command(Stage::Auth, "AUTH LOGIN").await?;
            self.command(Stage::Auth, &STANDARD.encode(username))
                .await?;
            self.command(Stage::Auth, &STANDARD.encode(password.reveal()))
                .await?;
        } else {
            let offered = self.features.auth.join(", ");
            let reason =
                format!("the server offers neither AUTH PLAIN nor LOGIN (it offers: {offered})");
            return Err(lacks(Stage::Auth, reason));
        }
        Ok(())
    }

    /// Asks whether the connection is alive.
    pub(super) async fn noop(&mut self) -> Result<(), Stop> {
        self.command(Stage::Mail, "NOOP").await.map(|_| ())
    }

    /// Says good-bye and waits shortly for the answer.
    pub(super) async fn quit(mut self) {
        let farewell = async {
            self.stream.get_mut().write_all(b"QUIT\r\n").await?;
            self.stream.get_mut().flush().await?;
            let mut line = String::new();
            self.stream.read_line(&mut line).await
        };
        // whatever comes of it, the connection is done with
        let _ = within(&self.clock, 2_000, farewell).await;
    }

    /// Hands one message over. The session is of no more use after an error.
    pub(super) async fn deliver(
        &mut self,
        message: &MimeMessage,
        handoff: &dyn Handoff,
    ) -> Result<Reply, Stop> {
        self.offer(message).await?;
        if !handoff.allow().await {
            // closing the connection now delivers nothing: the body never ended
            return Err(Stop {
                stage: Stage::Body,
                cause: Cause::Withheld,
            });
        }
        let body = stuffed(&message.bytes);
        // an error of this write means that the end of the body was not taken: the message cannot be delivered
        let write = self.stream.get_mut().write_all(&body);
        within(&self.clock, DELIVERY_MS_MAX, write)
            .await
            .map_err(|it| lost(Stage::Body, &it))?;
        let flush = self.stream.get_mut().flush();
        within(&self.clock, DELIVERY_MS_MAX, flush)
            .await
            .map_err(|it| lost(Stage::Answer, &it))?;
        let reply = self.expect(Stage::Answer, DELIVERY_MS_MAX).await?;
        self.sent += 1;
        Ok(reply)
    }

    /// Everything up to the server's word that it waits for the body.
    async fn offer(&mut self, message: &MimeMessage) -> Result<(), Stop> {
        let unfit = |code, reason: &str| {
            let cause = Cause::Unfit(code, reason.to_owned());
            Err(Stop {
                stage: Stage::Mail,
                cause,
            })
        };
        let mut mail = format!("MAIL FROM:<{}>", message.from);
        if let Some(size) = self.features.size {
            if size > 0 && message.bytes.len() > size {
                return unfit(
                    "message-too-big",
                    "the message is bigger than the server takes",
                );
            }
            mail.extend([" SIZE=", &message.bytes.len().to_string()]);
        }
        if !message.bytes.is_ascii() {
            if !self.features.is_8bit {
                return unfit("8bitmime-missing", "the server takes no 8-bit text");
            }
            mail.push_str(" BODY=8BITMIME");
        }
        if !message.from.is_ascii() || !message.to.is_ascii() {
            if !self.features.is_utf8 {
                return unfit(
                    "smtputf8-missing",
                    "the server takes no addresses beyond ASCII",
                );
            }
            mail.push_str(" SMTPUTF8");
        }
        let rcpt = format!("RCPT TO:<{}>", message.to);
        if self.features.is_pipelined {
            self.write(Stage::Mail, format!("{mail}\r\n{rcpt}\r\n").as_bytes())
                .await?;
            self.expect(Stage::Mail, ANSWER_MS_MAX).await?;
            self.expect(Stage::Rcpt, ANSWER_MS_MAX).await?;
        } else {
            self.command(Stage::Mail, &mail).await?;
            self.command(Stage::Rcpt, &rcpt).await?;
        }
        self.command(Stage::Data, "DATA").await.map(|_| ())
    }

    async fn command(&mut self, stage: Stage, command: &str) -> Result<Reply, Stop> {
        debug_assert!(!command.contains(['\r', '\n']), "a command is one line");
        self.write(stage, format!("{command}\r\n").as_bytes())
            .await?;
        self.expect(stage, ANSWER_MS_MAX).await
    }

    async fn write(&mut self, stage: Stage, bytes: &[u8]) -> Result<(), Stop> {
        let stream = self.stream.get_mut();
        let work = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        within(&self.clock, ANSWER_MS_MAX, work)
            .await
            .map_err(|it| lost(stage, &it))
    }

    /// Reads one reply; a negative one is a refusal.
    async fn expect(&mut self, stage: Stage, ms: i64) -> Result<Reply, Stop> {
        let reply = within(&self.clock, ms, read_reply(&mut self.stream))
            .await
            .map_err(|it| lost(stage, &it))?;
        if reply.is_positive() {
            return Ok(reply);
        }
        Err(Stop {
            stage,
            cause: Cause::Refused(reply),
        })
    }
}

async fn handshake(tls: &Tls, tcp: Plain, clock: &Arc<dyn Clock>) -> Result<Secure, Stop> {
    within(clock, CONNECT_MS_MAX, tls.wrap(tcp))
        .await
        .map_err(|error| {
            // a certificate that does not check out will not check out later either
            if error.kind() == io::ErrorKind::InvalidData {
                return lacks(Stage::Tls, format!("TLS failed: {error}"));
            }
            lost(Stage::Tls, &error)
        })
}

/// The part of a session before STARTTLS, over the bare socket.
struct PlainSession {
    stream: BufReader<TcpStream>,
    clock: Arc<dyn Clock>,
}

impl PlainSession {
    fn new(tcp: TcpStream, clock: Arc<dyn Clock>) -> Self {
        Self {
            stream: BufReader::new(tcp),
            clock,
        }
    }

    async fn exchange(&mut self, stage: Stage, command: Option<&str>) -> Result<Reply, Stop> {
        let stream = &mut self.stream;
        let work = async {
            if let Some(command) = command {
                stream
                    .get_mut()
                    .write_all(format!("{command}\r\n").as_bytes())
                    .await?;
            }
            read_reply(stream).await
        };
        let reply = within(&self.clock, ANSWER_MS_MAX, work)
            .await
            .map_err(|it| lost(stage, &it))?;
        if reply.is_positive() {
            return Ok(reply);
        }
        Err(Stop {
            stage,
            cause: Cause::Refused(reply),
        })
    }

    async fn greet(&mut self, name: &str) -> Result<(), Stop> {
        self.exchange(Stage::Hello, None).await?;
        let reply = self
            .exchange(Stage::Hello, Some(&format!("EHLO {name}")))
            .await?;
        if Features::of(&reply).has_starttls {
            return Ok(());
        }
        Err(lacks(Stage::Tls, "the server does not offer STARTTLS"))
    }

    async fn start_tls(mut self) -> Result<TcpStream, Stop> {
        self.exchange(Stage::Tls, Some("STARTTLS")).await?;
        if !self.stream.buffer().is_empty() {
            // what was sent before the handshake could have been put there by anyone
            return Err(lacks(
                Stage::Tls,
                "the server sent data before the TLS handshake",
            ));
        }
        Ok(self.stream.into_inner())
    }
}
