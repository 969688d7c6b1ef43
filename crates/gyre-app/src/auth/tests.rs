//! Signing in, sessions and keys against a store.

use std::net::Ipv4Addr;
use std::sync::Arc;

use gyre_base::{KeyId, MINUTE_MS, WeekStart};
use gyre_meta::{Key, MetaConfig};
use gyre_testkit::VirtualClock;

use super::*;
use crate::workspaces::{BootstrapInput, bootstrap};

struct Case {
    auth: Auth,
    meta: Meta,
    clock: VirtualClock,
    _folder: tempfile::TempDir,
}

const IP: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("meta.db").display());
        let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
        let clock = VirtualClock::at(Timestamp(1_772_323_200_000));
        let input = BootstrapInput {
            workspace_name: "Shop".to_owned(),
            timezone: "Asia/Seoul".to_owned(),
            week_start: WeekStart::Monday,
            currency: "KRW".to_owned(),
            admin_email: "Kim@Shop.test".to_owned(),
            admin_password: Some(Secret::new("right")),
            api_key: Some(Secret::new("an api key of my own")),
            write_key: Some(Secret::new("a write key of my own")),
        };
        bootstrap(&meta, &clock, input).await.unwrap().unwrap();
        let auth = Auth::new(meta.clone(), Arc::new(clock.clone()));
        Self {
            auth,
            meta,
            clock,
            _folder: folder,
        }
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<Secret, AuthError> {
        let signed_in = self.auth.sign_in(email, &Secret::new(password), IP).await;
        signed_in.map(|it| it.0)
    }
}

#[tokio::test]
async fn the_right_password_begins_a_session_and_signing_out_ends_it() {
    let case = Case::new().await;
    let token = case.sign_in(" KIM@shop.test", "right").await.unwrap();
    let session = case.auth.session(token.reveal()).await.unwrap().unwrap();
    assert_eq!(session.user.email, "kim@shop.test");
    assert_eq!(session.access.read().user(), Some(session.user.id));
    assert!(session.access.admin().is_ok());
    assert_eq!(session.csrf.len(), 64);
    case.auth.sign_out(token.reveal()).await.unwrap();
    assert!(case.auth.session(token.reveal()).await.unwrap().is_none());
    assert!(case.auth.session("made up").await.unwrap().is_none());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_the_same() {
    let case = Case::new().await;
    let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
    for (email, password) in [
        ("kim@shop.test", "wrong"),
        ("lee@shop.test", "right"),
        ("kim@shop.test", &long),
    ] {
        let error = case.sign_in(email, password).await.unwrap_err();
        assert!(matches!(error, AuthError::InvalidCredentials), "{email}");
    }
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let case = Case::new().await;
    for _ in 0..5 {
        assert!(case.sign_in("kim@shop.test", "wrong").await.is_err());
    }
    let error = case.sign_in("kim@shop.test", "right").await.unwrap_err();
    assert_eq!(error.code(), "too-many-attempts");
    assert_eq!(error.retry(), Retry::AfterMs(15 * MINUTE_MS));
    case.clock
        .advance_to(case.clock.now().plus_ms(15 * MINUTE_MS))
        .await;
    assert!(case.sign_in("kim@shop.test", "right").await.is_ok());
}

#[tokio::test]
async fn a_session_lives_while_it_is_used() {
    let case = Case::new().await;
    let token = case.sign_in("kim@shop.test", "right").await.unwrap();
    for _ in 0..3 {
        case.clock
            .advance_to(case.clock.now().plus_ms(SESSION_MS - 1))
            .await;
        assert!(case.auth.session(token.reveal()).await.unwrap().is_some());
    }
    case.clock
        .advance_to(case.clock.now().plus_ms(SESSION_MS))
        .await;
    assert!(case.auth.session(token.reveal()).await.unwrap().is_none());
}

#[tokio::test]
async fn only_a_living_api_key_opens_the_api() {
    let case = Case::new().await;
    let access = case
        .auth
        .api_key("an api key of my own")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(access.read().user(), None);
    assert!(access.admin().is_ok());
    assert!(
        case.auth
            .api_key("a write key of my own")
            .await
            .unwrap()
            .is_none()
    );
    let workspace = access.read().workspace();
    let gone = Key {
        workspace,
        id: KeyId::random(),
        kind: KeyKind::Api,
        name: "old".to_owned(),
        hash: hash_of_token("old"),
        prefix: "old".to_owned(),
        created_at: Timestamp(0),
        revoked_at: Some(Timestamp(1)),
    };
    case.meta.key_create(&gone).await.unwrap();
    assert!(case.auth.api_key("old").await.unwrap().is_none());
}
