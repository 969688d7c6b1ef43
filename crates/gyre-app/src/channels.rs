//! Configuration of channels: written by an operator, sealed at rest, never read back with its secrets.

mod seal;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use gyre_base::{Clock, SECOND_MS, Secret, Timestamp, WorkspaceId};
use gyre_deliver::EmailProvider;
use gyre_deliver::channels::email::smtp::{SECURITIES, SmtpConfig, SmtpProvider};
use gyre_meta::{Channel, Meta};
use gyre_model::{Doc, FieldError};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

pub use seal::Sealer;

use crate::access::{CanRead, CanWrite};
use crate::campaigns::CampaignError;

const EMAIL: &str = "email";
/// Fields whose values never leave.
const SECRETS: &[&str] = &["password"];
const FIELDS: &[&str] = &[
    "provider",
    "host",
    "port",
    "security",
    "username",
    "password",
    "connections",
    "per_second",
    "per_connection",
    "hello_name",
    "ca_certificate",
    "dkim",
    "return_path_domain",
];
/// Another process may have changed the configuration: it is looked at again after this.
const FRESH_MS: i64 = 5 * SECOND_MS;

/// A provider and the configuration it was made from.
#[derive(Clone, Debug)]
struct Made {
    provider: Arc<dyn EmailProvider>,
    config_at: Timestamp,
    looked_at: Timestamp,
}

/// Channels of every workspace; clones share the providers.
#[derive(Clone, Debug)]
pub struct Channels {
    meta: Meta,
    clock: Arc<dyn Clock>,
    sealer: Sealer,
    /// Name that mail servers are greeted with when the operator names none.
    hello_name: Arc<str>,
    providers: Arc<Mutex<HashMap<WorkspaceId, Made>>>,
}

/// Whether a channel would work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelCheck {
    /// Whether it would.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

fn place(workspace: WorkspaceId) -> String {
    format!("{workspace}/{EMAIL}")
}

impl Channels {
    /// Channels whose secrets are sealed with `sealer`.
    pub fn new(meta: Meta, clock: Arc<dyn Clock>, sealer: Sealer, hello_name: &str) -> Self {
        Self {
            meta,
            clock,
            sealer,
            hello_name: Arc::from(hello_name),
            providers: Arc::default(),
        }
    }

    /// Writes the configuration of e-mail over what was there. A password that is left out stays as it is while host
    /// and user name do. Returns the configuration without secrets.
    pub async fn email_put(&self, can: &CanWrite, config: &Value) -> Result<Value, CampaignError> {
        self.put_in(can.workspace(), config).await
    }

    pub(crate) async fn put_in(
        &self,
        workspace: WorkspaceId,
        config: &Value,
    ) -> Result<Value, CampaignError> {
        let mut config = config.clone();
        if let (Some(map), Some(stored)) = (config.as_object_mut(), self.stored(workspace).await?) {
            let is_same = ["host", "username"]
                .iter()
                .all(|it| map.get(*it) == stored.0.get(*it));
            if is_same
                && !map.contains_key("password")
                && let Some(password) = stored.0.get("password")
            {
                map.insert("password".to_owned(), password.clone());
            }
        }
        let smtp = read_config(&config, &self.hello_name)?;
        SmtpProvider::new(smtp, Arc::clone(&self.clock))?;
        let sealed = self.sealer.seal(&config.to_string(), &place(workspace));
        let channel = Channel {
            workspace,
            channel: EMAIL.to_owned(),
            config: sealed.ok_or(CampaignError::Sealed)?,
            updated_at: self.clock.now(),
        };
        self.meta.channel_put(&channel).await?;
        self.providers.lock().remove(&workspace);
        Ok(without_secrets(&config))
    }

    /// The configuration of e-mail without its secrets; `{"provider": null}` if it was never set up.
    pub async fn email_get(&self, can: &CanRead) -> Result<Value, CampaignError> {
        let stored = self.stored(can.workspace()).await?;
        Ok(stored.map_or_else(
            || json!({"provider": null}),
            |(config, _)| without_secrets(&config),
        ))
    }

    /// Does everything that sending does, short of sending.
    pub async fn email_check(&self, can: &CanWrite) -> Result<ChannelCheck, CampaignError> {
        let provider = self.email(can.workspace()).await?;
        Ok(match provider.check().await {
            Ok(detail) => ChannelCheck { ok: true, detail },
            Err(detail) => ChannelCheck { ok: false, detail },
        })
    }

    /// The provider of a workspace's e-mail, or [`CampaignError::ChannelMissing`].
    pub(crate) async fn email(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Arc<dyn EmailProvider>, CampaignError> {
        let now = self.clock.now();
        let known = self.providers.lock().get(&workspace).cloned();
        if let Some(known) = &known
            && now.since(known.looked_at) < FRESH_MS
        {
            return Ok(Arc::clone(&known.provider));
        }
        let Some((config, config_at)) = self.stored(workspace).await? else {
            return Err(CampaignError::ChannelMissing);
        };
        let provider: Arc<dyn EmailProvider> = match known {
            // the same configuration keeps its connections
            Some(known) if known.config_at == config_at => known.provider,
            _ => {
                let smtp = read_config(&config, &self.hello_name)?;
                Arc::new(SmtpProvider::new(smtp, Arc::clone(&self.clock))?)
            }
        };
        let made = Made {
            provider: Arc::clone(&provider),
            config_at,
            looked_at: now,
        };
        self.providers.lock().insert(workspace, made);
        Ok(provider)
    }

    /// Puts a provider in place of the configured one.
    #[cfg(test)]
    pub(crate) fn set_provider(&self, workspace: WorkspaceId, provider: Arc<dyn EmailProvider>) {
        let made = Made {
            provider,
            config_at: Timestamp::MIN,
            looked_at: Timestamp::MAX,
        };
        self.providers.lock().insert(workspace, made);
    }

    async fn stored(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Option<(Value, Timestamp)>, CampaignError> {
        let Some(channel) = self.meta.channel_get(workspace, EMAIL).await? else {
            return Ok(None);
        };
        let opened = self.sealer.open(&channel.config, &place(workspace));
        let text = opened.ok_or(CampaignError::Sealed)?;
        let config = serde_json::from_str(&text).map_err(|_| CampaignError::Sealed)?;
        Ok(Some((config, channel.updated_at)))
    }
}

/// The configuration as it may be shown; a secret that is set is told by `<name>_set`.
fn without_secrets(config: &Value) -> Value {
    let mut shown = Map::new();
    for (key, value) in config.as_object().into_iter().flatten() {
        if SECRETS.contains(&key.as_str()) {
            shown.insert(format!("{key}_set"), json!(!value.is_null()));
        } else {
            shown.insert(key.clone(), value.clone());
        }
    }
    Value::Object(shown)
}

/// A name to greet with; a bare address is written as RFC 5321 wants it, in brackets.
fn greeting(host: &str) -> String {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(it)) => format!("[{it}]"),
        Ok(IpAddr::V6(it)) => format!("[IPv6:{it}]"),
        Err(_) if host.is_empty() => "localhost".to_owned(),
        Err(_) => host.to_owned(),
    }
}

fn read_config(config: &Value, hello_name: &str) -> Result<SmtpConfig, CampaignError> {
    read_smtp(&Doc::root(config), hello_name).map_err(CampaignError::from)
}

fn read_smtp(doc: &Doc<'_>, hello_name: &str) -> Result<SmtpConfig, FieldError> {
    doc.only(FIELDS)?;
    doc.need("provider")?.one_of(&[("smtp", ())])?;
    for later in ["dkim", "return_path_domain"] {
        if let Some(it) = doc.get(later) {
            return Err(it.error("is not available in this version; let the relay do it"));
        }
    }
    let text = |key: &str| {
        doc.get(key)
            .map(|it| it.text().map(str::to_owned))
            .transpose()
    };
    let whole = |key: &str, low: i64, high: i64, otherwise: i64| {
        doc.get(key)
            .map_or(Ok(otherwise), |it| it.integer(low, high))
    };
    let host = doc.need("host")?;
    let is_host = |it: &str| {
        !it.is_empty() && it.len() <= 253 && !it.contains(|c: char| c.is_whitespace() || c == '/')
    };
    if !is_host(host.text()?) {
        return Err(host.error("expected the name or the address of a mail server"));
    }
    let credentials = match (text("username")?, text("password")?) {
        (Some(username), Some(password)) => Some((username, Secret::new(password))),
        (None, None) => None,
        (Some(_), None) => return Err(FieldError::new("/password", "is missing")),
        (None, Some(_)) => return Err(FieldError::new("/username", "is missing")),
    };
    let per_second = doc
        .get("per_second")
        .map(|it| it.integer(1, 100_000))
        .transpose()?;
    Ok(SmtpConfig {
        host: host.text()?.to_owned(),
        port: doc.need("port")?.integer(1, 65_535)? as u16,
        security: doc.need("security")?.one_of(SECURITIES)?,
        credentials,
        connections: whole(
            "connections",
            1,
            SmtpConfig::CONNECTIONS_MAX as i64,
            SmtpConfig::CONNECTIONS_DEFAULT as i64,
        )? as usize,
        per_second: per_second.map(|it| it as u32),
        per_connection: whole(
            "per_connection",
            1,
            1_000_000,
            i64::from(SmtpConfig::PER_CONNECTION_DEFAULT),
        )? as u32,
        hello_name: text("hello_name")?.unwrap_or_else(|| greeting(hello_name)),
        ca_certificate: text("ca_certificate")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Value {
        json!({"provider": "smtp", "host": "127.0.0.1", "port": 2525, "security": "none",
            "username": "shop", "password": "hunter2", "connections": 5})
    }

    async fn channels() -> (tempfile::TempDir, Channels, WorkspaceId) {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("meta.db").display());
        let meta = Meta::open(&url, gyre_meta::MetaConfig::default())
            .await
            .unwrap();
        let workspace = crate::campaigns::test_workspace(&meta).await;
        let clock = Arc::new(gyre_testkit::VirtualClock::at_text("2026-03-01"));
        let channels = Channels::new(meta, clock, Sealer::new(&[1; 32]), "gyre.test");
        (dir, channels, workspace)
    }

    #[tokio::test]
    async fn secrets_are_written_and_never_read_back() {
        let (dir, channels, workspace) = channels().await;
        let can = CanRead::new(workspace, None);
        assert_eq!(
            channels.email_get(&can).await.unwrap(),
            json!({"provider": null})
        );
        let shown = channels.put_in(workspace, &config()).await.unwrap();
        assert_eq!(shown, channels.email_get(&can).await.unwrap());
        assert_eq!(shown["password_set"], json!(true));
        assert!(!shown.to_string().contains("hunter2"));
        let row = channels
            .meta
            .channel_get(workspace, EMAIL)
            .await
            .unwrap()
            .unwrap();
        assert!(!row.config.contains("hunter2") && !row.config.contains("127.0.0.1"));
        drop(dir);
    }

    #[tokio::test]
    async fn a_password_that_is_left_out_stays() {
        let (_dir, channels, workspace) = channels().await;
        channels.put_in(workspace, &config()).await.unwrap();
        let mut changed = config();
        changed.as_object_mut().unwrap().remove("password");
        changed["connections"] = json!(7);
        channels.put_in(workspace, &changed).await.unwrap();
        let (stored, _) = channels.stored(workspace).await.unwrap().unwrap();
        assert_eq!(
            (&stored["password"], &stored["connections"]),
            (&json!("hunter2"), &json!(7))
        );
        // sent to another server it would be given away
        changed["host"] = json!("evil.test");
        assert!(channels.put_in(workspace, &changed).await.is_err());
    }

    #[track_caller]
    fn check_refused(change: impl FnOnce(&mut Value), pointer: &str) {
        let mut config = config();
        change(&mut config);
        match read_config(&config, "gyre.test") {
            Err(CampaignError::Invalid(errors)) => assert_eq!(errors[0].pointer, pointer),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_is_greeted_with_a_name_or_an_address_in_brackets() {
        for (host, expected) in [
            ("shop.test", "shop.test"),
            ("127.0.0.1", "[127.0.0.1]"),
            ("[::1]", "[IPv6:::1]"),
            ("", "localhost"),
        ] {
            assert_eq!(greeting(host), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        check_refused(|it| it["provider"] = json!("pigeon"), "/provider");
        check_refused(|it| it["host"] = json!("a b"), "/host");
        check_refused(|it| it["port"] = json!(0), "/port");
        check_refused(|it| it["security"] = json!("maybe"), "/security");
        check_refused(|it| it["connections"] = json!(1_000), "/connections");
        check_refused(|it| it["dkim"] = json!({}), "/dkim");
        check_refused(|it| it["hots"] = json!("x"), "/hots");
        check_refused(|it| it["password"] = Value::Null, "/password");
    }
}
