//! The SMTP provider against a server of other people's making: Python's aiosmtpd.

use std::path::PathBuf;
use std::process::Stdio;

use crate::support::{clock, message, provider, with_login};
use gyre_base::Secret;
use gyre_deliver::channels::email::smtp::{Security, SmtpConfig};
use gyre_deliver::{AlwaysAllow, EmailProvider, Outcome};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

struct Server {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u16,
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/email")
        .join(name)
}

/// The Python that has aiosmtpd: `GYRE_TEST_PYTHON`, or else `python3`.
#[allow(
    clippy::disallowed_methods,
    reason = "a test reads its own environment"
)]
async fn python() -> String {
    let python = std::env::var("GYRE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let probe = Command::new(&python)
        .args(["-c", "import aiosmtpd.smtp"])
        .stderr(Stdio::null())
        .status()
        .await;
    assert!(
        probe.is_ok_and(|it| it.success()),
        "`{python}` cannot import aiosmtpd: pip install aiosmtpd, or name a Python that has it in GYRE_TEST_PYTHON"
    );
    python
}

async fn start(mode: &str) -> Server {
    let mut child = Command::new(python().await)
        .arg(data("real_server.py"))
        .arg(mode)
        .arg(data("data/server.pem"))
        .arg(data("data/server.key"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.next_line().await.unwrap().unwrap();
    Server {
        _child: child,
        lines,
        port: port.parse().unwrap(),
    }
}

fn config(port: u16, security: Security) -> SmtpConfig {
    let mut config = with_login(crate::support::config(([127, 0, 0, 1], port).into()));
    "localhost".clone_into(&mut config.host);
    config.security = security;
    config.ca_certificate = Some(std::fs::read_to_string(data("data/authority.pem")).unwrap());
    config
}

#[tokio::test]
async fn a_real_server_takes_mail_in_every_mode() {
    for (mode, security) in [
        ("none", Security::None),
        ("starttls", Security::StartTls),
        ("tls", Security::Tls),
    ] {
        let mut server = start(mode).await;
        let provider = provider(config(server.port, security), &clock());
        let found = provider.check().await.unwrap();
        assert!(found.contains("logged in"), "{mode}: {found}");
        for _ in 0..2 {
            let outcome = provider.send(&message(), &AlwaysAllow).await;
            let Outcome::Accepted {
                provider_message_id,
                ..
            } = outcome
            else {
                panic!("{mode}: {outcome:?}");
            };
            assert_eq!(provider_message_id.as_deref(), Some("real-1"));
            let line = server.lines.next_line().await.unwrap().unwrap();
            let taken: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(taken["body"], "Subject: Hi\r\n\r\n.dots\r\n..\r\nend\r\n");
            assert_eq!(taken["to"], serde_json::json!(["kim@person.test"]));
            assert_eq!(taken["encrypted"], security != Security::None, "{mode}");
        }
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    for (mode, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let server = start(mode).await;
        let mut config = config(server.port, security);
        config.ca_certificate = None;
        let outcome = provider(config, &clock())
            .send(&message(), &AlwaysAllow)
            .await;
        assert_eq!(outcome.name(), "misconfigured", "{mode}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_the_operators_affair() {
    let server = start("starttls").await;
    let mut config = config(server.port, Security::StartTls);
    config.credentials = Some(("shop".to_owned(), Secret::new("wrong")));
    let outcome = provider(config, &clock())
        .send(&message(), &AlwaysAllow)
        .await;
    assert_eq!(outcome.name(), "misconfigured", "{outcome:?}");
}
