//! Configuration of the SMTP provider.

use gyre_base::Secret;

/// How the connection is made private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// Upgraded after the greeting; refused if the server does not offer it.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Public names of [`Security`].
pub const SECURITIES: &[(&str, Security)] = &[
    ("none", Security::None),
    ("starttls", Security::StartTls),
    ("tls", Security::Tls),
];

/// Where and how to hand mail over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpConfig {
    /// Name or address of the server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Privacy of the connection.
    pub security: Security,
    /// User name and password.
    pub credentials: Option<(String, Secret)>,
    /// Most connections at once, from 1.
    pub connections: usize,
    /// Most messages per second over all connections.
    pub per_second: Option<u32>,
    /// Messages after which a connection is renewed, from 1.
    pub per_connection: u32,
    /// Name given with EHLO.
    pub hello_name: String,
    /// Further authorities to trust, in PEM.
    pub ca_certificate: Option<String>,
}

impl SmtpConfig {
    /// Connections when the operator names no number.
    pub const CONNECTIONS_DEFAULT: usize = 10;
    /// Most connections: relays refuse more long before.
    pub const CONNECTIONS_MAX: usize = 100;
    /// Messages per connection when the operator names no number; some servers answer 421 after 100.
    pub const PER_CONNECTION_DEFAULT: u32 = 100;
}
