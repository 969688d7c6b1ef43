//! The client's address, behind a proxy or not.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use crate::state::ApiState;

/// Address of the client; unknown where the server was not told (tests).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientIp(pub(crate) Option<IpAddr>);

impl ClientIp {
    /// Behind a proxy the last address that the proxy saw, which the client cannot forge; else the peer's.
    pub(crate) fn read(
        headers: &HeaderMap,
        extensions: &Extensions,
        is_behind_proxy: bool,
    ) -> Self {
        let forwarded = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter(|_| is_behind_proxy)
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split(','))
            .filter_map(|it| it.trim().parse().ok())
            .next_back();
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        Self(forwarded.or_else(|| peer.map(|it| it.0.ip())))
    }
}

impl FromRequestParts<ApiState> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Infallible> {
        let is_behind_proxy = state.config().is_behind_proxy;
        Ok(Self::read(
            &parts.headers,
            &parts.extensions,
            is_behind_proxy,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(forwarded: &[&str], is_behind_proxy: bool, expected: &str) {
        let mut headers = HeaderMap::new();
        for it in forwarded {
            headers.append("x-forwarded-for", it.parse().unwrap());
        }
        let mut extensions = Extensions::new();
        let peer: SocketAddr = "10.0.0.9:5000".parse().unwrap();
        extensions.insert(ConnectInfo(peer));
        let ip = ClientIp::read(&headers, &extensions, is_behind_proxy).0;
        assert_eq!(ip.unwrap().to_string(), expected, "{forwarded:?}");
    }

    #[test]
    fn a_client_cannot_forge_its_address() {
        check(&[], true, "10.0.0.9");
        check(&["1.2.3.4"], false, "10.0.0.9");
        check(&["6.6.6.6, 1.2.3.4"], true, "1.2.3.4");
        check(&["6.6.6.6", "1.2.3.4"], true, "1.2.3.4");
        check(&["nonsense"], true, "10.0.0.9");
    }
}
