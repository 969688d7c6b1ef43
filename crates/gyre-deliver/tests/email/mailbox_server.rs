//! The SMTP provider against the development mailbox, and the mailbox against unruly clients.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::{clock, config, message, provider};
use gyre_base::{Clock, MessageId, Timestamp};
use gyre_deliver::mailbox::{ListenerLimits, Mailbox, serve};
use gyre_deliver::{AlwaysAllow, EmailProvider, Outcome, OutgoingEmail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn start(limits: ListenerLimits) -> (tempfile::TempDir, Mailbox, SocketAddr) {
    let dir = tempfile::tempdir().unwrap();
    let mailbox = Mailbox::open(dir.path()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(clock());
    let served = mailbox.clone();
    tokio::spawn(serve(
        listener,
        served,
        clock,
        limits,
        std::future::pending(),
    ));
    (dir, mailbox, address)
}

fn email(to: &str) -> OutgoingEmail {
    OutgoingEmail {
        message_id: MessageId::random(),
        attempt: 1,
        date: Timestamp::parse("2026-03-01T09:00:00Z").unwrap(),
        from: "가게 <hello@shop.test>".to_owned(),
        to: to.to_owned(),
        reply_to: None,
        subject: "봄 할인".to_owned(),
        html: Some("<p>안녕하세요</p>".to_owned()),
        text: Some(".first\r\n..second".to_owned()),
        headers: Vec::new(),
        unsubscribe_url: Some("https://t.test/t/u/1".to_owned()),
        return_path: None,
    }
}

#[tokio::test]
async fn mail_arrives_whole() {
    let (_dir, mailbox, address) = start(ListenerLimits::default()).await;
    let provider = provider(config(address), &clock());
    assert!(provider.check().await.is_ok());
    let mime = email("kim@person.test").to_mime().unwrap();
    let outcome = provider.send(&mime, &AlwaysAllow).await;
    let Outcome::Accepted {
        provider_message_id: Some(id),
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    let message = mailbox.get(&id).unwrap().unwrap();
    assert_eq!(message.summary.to, "kim@person.test");
    assert_eq!(message.summary.subject, "봄 할인");
    assert_eq!(
        message.html.as_deref().map(str::trim_end),
        Some("<p>안녕하세요</p>")
    );
    assert_eq!(
        message.text.as_deref().map(str::trim_end),
        Some(".first\r\n..second")
    );
    let raw = mailbox.raw(&id).unwrap().unwrap();
    let text = String::from_utf8(raw).unwrap();
    let written = String::from_utf8(mime.bytes).unwrap();
    assert!(text.ends_with(&written), "{text}\n-- but --\n{written}");
}

#[tokio::test]
async fn many_messages_over_few_connections_all_arrive() {
    let (_dir, mailbox, address) = start(ListenerLimits::default()).await;
    let mut config = config(address);
    config.per_connection = 7;
    let provider = Arc::new(provider(config, &clock()));
    let mut sending = tokio::task::JoinSet::new();
    for i in 0..50 {
        let provider = Arc::clone(&provider);
        sending.spawn(async move {
            let mime = email(&format!("p{i}@person.test")).to_mime().unwrap();
            provider.send(&mime, &AlwaysAllow).await.name()
        });
    }
    while let Some(name) = sending.join_next().await {
        assert_eq!(name.unwrap(), "accepted");
    }
    let mut to: Vec<String> = mailbox
        .list(None, 100)
        .into_iter()
        .map(|it| it.to)
        .collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 50);
}

#[tokio::test]
async fn a_message_that_is_too_big_is_refused_and_the_session_goes_on() {
    let limits = ListenerLimits {
        message_bytes_max: 100,
        ..ListenerLimits::default()
    };
    let (_dir, mailbox, address) = start(limits).await;
    let body = "x".repeat(200);
    let said = converse(
        address,
        &format!("EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n{body}\r\n.\r\nNOOP\r\nQUIT\r\n"),
    )
    .await;
    assert!(said.contains("552 5.3.4"), "{said}");
    assert!(said.trim_end().ends_with("221 2.0.0 bye"), "{said}");
    assert_eq!(mailbox.count(), 0);
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let (_dir, mailbox, address) = start(ListenerLimits::default()).await;
    for (script, expected) in [
        ("DATA\r\n", "503"),
        ("RCPT TO:<a@b.test>\r\n", "503"),
        ("MAIL FROM:<a@b.test>\r\nMAIL FROM:<a@b.test>\r\n", "503"),
        ("MAIL FROM:a@b.test\r\n", "501"),
        ("MAIL FROM:<a@b.test> SIZE=99999999999\r\n", "552"),
        ("MAIL FROM:<a@b.test> X=1\r\n", "555"),
        ("MAIL FROM:<>\r\nRCPT TO:<nobody>\r\n", "553"),
        (
            "MAIL FROM:<a@b.test>\r\nRSET\r\nRCPT TO:<a@b.test>\r\n",
            "503",
        ),
        ("BDAT 3 LAST\r\n", "502"),
        ("\u{0}\u{1}\r\n", "502"),
    ] {
        let said = converse(address, &format!("EHLO a\r\n{script}QUIT\r\n")).await;
        let refusals = said.lines().filter(|it| it.starts_with(expected)).count();
        assert_eq!(refusals, 1, "{script}: {said}");
    }
    let long = "x".repeat(5_000);
    let said = converse(address, &format!("{long}\r\nQUIT\r\n")).await;
    assert!(said.contains("500 5.5.2"), "{said}");
    assert_eq!(mailbox.count(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing() {
    let (dir, mailbox, address) = start(ListenerLimits::default()).await;
    let said = converse(
        address,
        "EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nhalf a mess",
    )
    .await;
    assert!(said.contains("354"), "{said}");
    assert_eq!(mailbox.count(), 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Says everything at once, as a pipelining client may, and returns all answers.
async fn converse(address: SocketAddr, script: &str) -> String {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(script.as_bytes()).await.unwrap();
    tcp.shutdown().await.unwrap();
    let mut said = String::new();
    tcp.read_to_string(&mut said).await.unwrap();
    said
}

#[tokio::test]
async fn a_plain_server_is_not_used_where_tls_is_asked_for() {
    let (_dir, mailbox, address) = start(ListenerLimits::default()).await;
    let mut config = config(address);
    config.security = gyre_deliver::channels::email::smtp::Security::StartTls;
    let outcome = provider(config, &clock())
        .send(&message(), &AlwaysAllow)
        .await;
    assert_eq!(outcome.name(), "misconfigured");
    assert_eq!(mailbox.count(), 0);
}
