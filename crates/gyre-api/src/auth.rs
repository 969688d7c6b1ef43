//! Who asks.

/// Name of the cookie that holds a session's token.
pub(crate) const SESSION_COOKIE: &str = "gyre_session";
