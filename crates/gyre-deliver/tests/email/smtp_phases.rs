//! The SMTP provider against a scripted server: every phase in which a delivery can fail.

use crate::support::{Act, Rules, Scripted, clock, config, message, provider, with_login};
use gyre_deliver::{AlwaysAllow, EmailProvider, Outcome};

#[track_caller]
fn name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected {
            code,
            address_is_bad,
            ..
        } => format!("rejected {code} {address_is_bad}"),
        Outcome::Transient { code, .. } => format!("transient {code}"),
        other => other.name().to_owned(),
    }
}

async fn check(rules: Rules, expected: &str) -> Scripted {
    let server = Scripted::start("250-PIPELINING\r\n", rules).await;
    let outcome = provider(config(server.address), &clock())
        .send(&message(), &AlwaysAllow)
        .await;
    assert_eq!(name(&outcome), expected, "{outcome:?}");
    server
}

/// Rules of one line: what to do at the command that begins with a word, on the first connection.
macro_rules! at {
    ($word:literal, $act:expr) => {
        |_, _, command| command.starts_with($word).then_some($act)
    };
}

#[tokio::test]
async fn a_message_is_accepted_with_the_servers_id() {
    for features in ["250-PIPELINING\r\n", ""] {
        let server = Scripted::start(features, |_, _, _| None).await;
        let outcome = provider(config(server.address), &clock())
            .send(&message(), &AlwaysAllow)
            .await;
        let Outcome::Accepted {
            provider_message_id,
            ..
        } = outcome
        else {
            panic!("{outcome:?}");
        };
        assert_eq!(provider_message_id.as_deref(), Some("Q1"));
    }
}

#[tokio::test]
async fn refusals_before_the_body_are_told_apart() {
    check(
        at!("MAIL", Act::Say("550 5.7.1 sender refused")),
        "rejected 5.7.1 false",
    )
    .await;
    check(at!("MAIL", Act::Say("451 4.3.2 later")), "transient 4.3.2").await;
    check(
        at!("RCPT", Act::Say("550 5.1.1 unknown")),
        "rejected 5.1.1 true",
    )
    .await;
    check(
        at!("RCPT", Act::Say("450 4.2.0 greylisted")),
        "transient 4.2.0",
    )
    .await;
    check(
        at!("DATA", Act::Say("554 5.7.1 no")),
        "rejected 5.7.1 false",
    )
    .await;
    check(at!("DATA", Act::Say("451 later")), "transient 451").await;
    check(at!("CONNECT", Act::Say("554 not you")), "misconfigured").await;
    check(at!("EHLO", Act::Say("550 bad name")), "misconfigured").await;
}

#[tokio::test]
async fn connections_lost_before_the_end_of_the_body_are_transient() {
    check(at!("CONNECT", Act::Hang), "transient lost-hello").await;
    check(at!("MAIL", Act::Hang), "transient lost-mail").await;
    check(at!("RCPT", Act::Hang), "transient lost-rcpt").await;
    check(at!("DATA", Act::Hang), "transient lost-data").await;
}

#[tokio::test]
async fn a_connection_closed_in_a_long_body_is_transient() {
    let server = Scripted::start("", at!("BODY", Act::Hang)).await;
    let mut message = message();
    // more than the buffers of both sockets hold, so that the write itself must fail
    message.bytes = b"x".repeat(64 * 1024 * 1024);
    let outcome = provider(config(server.address), &clock())
        .send(&message, &AlwaysAllow)
        .await;
    assert_eq!(name(&outcome), "transient lost-body", "{outcome:?}");
}

#[tokio::test]
async fn a_connection_lost_after_the_body_is_unknown() {
    let server = check(at!(".", Act::Hang), "unknown").await;
    assert_eq!(
        server.count("DATA"),
        1,
        "an unknown message is not sent again"
    );
}

#[tokio::test]
async fn answers_after_the_body_decide() {
    check(at!(".", Act::Say("451 4.3.0 later")), "transient 4.3.0").await;
    check(at!(".", Act::Say("421 4.3.0 closing")), "transient 4.3.0").await;
    check(at!(".", Act::Say("554 5.6.0 spam")), "rejected 5.6.0 false").await;
    check(at!(".", Act::Say("550 5.1.1 late")), "rejected 5.1.1 false").await;
    check(at!(".", Act::Say("what?")), "unknown").await;
}

#[tokio::test]
async fn nobody_listening_is_transient() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = provider(config(address), &clock())
        .send(&message(), &AlwaysAllow)
        .await;
    assert_eq!(name(&outcome), "transient lost-connect");
}

#[tokio::test]
async fn silence_ends_with_the_clock() {
    let server = Scripted::start("", at!(".", Act::Silence)).await;
    let clock = clock();
    let provider = provider(config(server.address), &clock);
    let message = message();
    let mut sending = Box::pin(provider.send(&message, &AlwaysAllow));
    while server.count(".") == 0 {
        tokio::select! {
            biased;
            outcome = &mut sending => panic!("{outcome:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    let (outcome, ()) = tokio::join!(sending, clock.advance_ms(700_000));
    assert_eq!(name(&outcome), "unknown", "{outcome:?}");
}

#[tokio::test]
async fn a_421_after_some_messages_is_a_new_connection_not_a_failure() {
    let rules: Rules = |_, nth, command| {
        (command.starts_with("MAIL") && nth == 2).then_some(Act::Say("421 4.7.0 too many messages"))
    };
    let server = Scripted::start("", rules).await;
    let provider = provider(config(server.address), &clock());
    for _ in 0..6 {
        assert_eq!(
            provider.send(&message(), &AlwaysAllow).await.name(),
            "accepted"
        );
    }
    assert_eq!((server.count("CONNECT"), server.count(".")), (3, 6));
}

#[tokio::test]
async fn connections_are_used_again_up_to_their_limit() {
    let server = Scripted::start("", |_, _, _| None).await;
    let mut config = config(server.address);
    config.per_connection = 3;
    let provider = provider(config, &clock());
    for _ in 0..7 {
        assert_eq!(
            provider.send(&message(), &AlwaysAllow).await.name(),
            "accepted"
        );
    }
    assert_eq!((server.count("CONNECT"), server.count("QUIT")), (3, 2));
}

#[tokio::test]
async fn the_rate_holds() {
    let server = Scripted::start("", |_, _, _| None).await;
    let mut config = config(server.address);
    config.per_second = Some(2);
    let clock = clock();
    let provider = std::sync::Arc::new(provider(config, &clock));
    for _ in 0..4 {
        let provider = std::sync::Arc::clone(&provider);
        tokio::spawn(async move { provider.send(&message(), &AlwaysAllow).await });
    }
    while clock.sleepers() < 3 || server.count(".") < 1 {
        tokio::task::yield_now().await;
    }
    for expected in 2..=4 {
        assert_eq!(server.count("."), expected - 1);
        clock.advance_ms(500).await;
        while server.count(".") < expected {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn logins_are_used_and_their_refusal_is_the_operators_affair() {
    let server = Scripted::start("250-AUTH PLAIN LOGIN\r\n", |_, _, _| None).await;
    let good = provider(with_login(config(server.address)), &clock());
    assert_eq!(good.send(&message(), &AlwaysAllow).await.name(), "accepted");
    assert_eq!(server.count("AUTH PLAIN AHNob3AAc2VjcmV0"), 1);

    let rules: Rules = at!("AUTH", Act::Say("535 5.7.8 bad credentials"));
    let server = Scripted::start("250-AUTH PLAIN\r\n", rules).await;
    let bad = provider(with_login(config(server.address)), &clock());
    assert_eq!(
        bad.send(&message(), &AlwaysAllow).await.name(),
        "misconfigured"
    );
    assert!(bad.check().await.unwrap_err().contains("535"));

    let server = Scripted::start("", |_, _, _| None).await;
    let none = provider(with_login(config(server.address)), &clock());
    assert_eq!(
        none.send(&message(), &AlwaysAllow).await.name(),
        "misconfigured"
    );
    assert!(!format!("{none:?}").contains("secret"));
}

#[tokio::test]
async fn a_message_bigger_than_announced_is_not_offered() {
    let server = Scripted::start("250-SIZE 20\r\n", |_, _, _| None).await;
    let outcome = provider(config(server.address), &clock())
        .send(&message(), &AlwaysAllow)
        .await;
    assert_eq!(name(&outcome), "rejected message-too-big false");
    assert_eq!(server.count("MAIL"), 0);
}

#[tokio::test]
async fn a_check_sends_nothing() {
    let server = Scripted::start("", |_, _, _| None).await;
    let found = provider(config(server.address), &clock())
        .check()
        .await
        .unwrap();
    assert!(found.contains("without encryption"), "{found}");
    assert_eq!((server.count("NOOP"), server.count("MAIL")), (1, 0));
}

struct Never;

#[async_trait::async_trait]
impl gyre_deliver::Handoff for Never {
    async fn allow(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_message_that_is_withheld_at_the_last_moment_never_leaves() {
    let server = Scripted::start("", |_, _, _| None).await;
    let provider = provider(config(server.address), &clock());
    let outcome = provider.send(&message(), &Never).await;
    assert_eq!(name(&outcome), "transient withheld");
    assert_eq!((server.count("DATA"), server.count(".")), (1, 0));
    assert_eq!(
        provider.send(&message(), &AlwaysAllow).await.name(),
        "accepted"
    );
}
