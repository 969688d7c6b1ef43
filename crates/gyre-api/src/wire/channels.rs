//! Channels' configuration, without secrets on the way out.
#![allow(
    missing_debug_implementations,
    reason = "requests hold secrets: nothing may print them"
)]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who carries the mail.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailProvider {
    /// A server that speaks SMTP.
    Smtp,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Not at all.
    None,
    /// Upgraded after the greeting.
    Starttls,
    /// From the first byte.
    Tls,
}

/// How mail leaves; what has secrets is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EmailChannel {
    /// Null before the first configuration.
    #[schema(required)]
    pub provider: Option<EmailProvider>,
    /// Server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// User name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Connections at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// Most messages per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Messages before a connection is opened anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_connection: Option<u32>,
    /// Name that the server is greeted with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_name: Option<String>,
    /// Certificate of the authority that the server's own is checked against, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Whether a password is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_set: Option<bool>,
}

/// How mail shall leave.
#[derive(ToSchema)]
pub struct EmailChannelWrite {
    /// Who carries it.
    pub provider: EmailProvider,
    /// Server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// User name.
    pub username: Option<String>,
    /// Password; absent keeps the one stored while host and user name stay.
    pub password: Option<String>,
    /// Connections at once.
    pub connections: Option<u32>,
    /// Most messages per second.
    pub per_second: Option<u32>,
    /// Messages before a connection is opened anew.
    pub per_connection: Option<u32>,
    /// Name that the server is greeted with.
    pub hello_name: Option<String>,
    /// Certificate of the authority that the server's own is checked against, as PEM.
    pub ca_certificate: Option<String>,
}

/// Whether mail would leave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelCheck {
    /// Whether it would.
    pub ok: bool,
    /// What the server said, or why not.
    pub detail: String,
}
