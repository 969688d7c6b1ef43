//! Whose key a read is made with.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use gyre_app::CanRead;
use gyre_app::reads::ReadKey;

use super::refused::Refused;
use crate::state::ApiState;

/// The secret in `Authorization`: the password of `Basic <key>:<secret>` (its user name where there is no password),
/// or what follows `Bearer` or `Api-Key`.
fn secret(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("api-key") {
        return Some(rest.to_owned()).filter(|it| !it.is_empty());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = STANDARD
        .decode(rest)
        .or_else(|_| STANDARD_NO_PAD.decode(rest));
    let text = String::from_utf8(bytes.ok()?).ok()?;
    let (key, secret) = text.split_once(':').unwrap_or((&text, ""));
    let found = if secret.is_empty() { key } else { secret };
    Some(found.to_owned()).filter(|it| !it.is_empty())
}

/// Proof that the caller may read: an API key; a write key is anybody's who reads a page's source.
pub(super) async fn reader(state: &ApiState, headers: &HeaderMap) -> Result<CanRead, Refused> {
    let unauthorized = |kind, message: &str| Refused::new(StatusCode::UNAUTHORIZED, kind, message);
    let Some(secret) = secret(headers) else {
        return Err(unauthorized("missing_key", "the request names no API key"));
    };
    match state.app().read_key(&secret).await {
        Ok(ReadKey::Reads(access)) => Ok(access),
        Ok(ReadKey::WritesOnly) => Err(Refused::new(
            StatusCode::FORBIDDEN,
            "write_key",
            "a write key cannot read: use an API key",
        )),
        Ok(ReadKey::Unknown) => Err(unauthorized("invalid_key", "the API key is not known")),
        Err(error) => Err(Refused::internal(&error)),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        assert_eq!(secret(&headers).as_deref(), expected, "{value}");
    }

    #[test]
    fn the_secret_is_found_as_each_client_sends_it() {
        check(
            &format!("Basic {}", STANDARD.encode("key:secret")),
            Some("secret"),
        );
        check(&format!("basic {}", STANDARD.encode("key:")), Some("key"));
        check(&format!("Basic {}", STANDARD.encode("key")), Some("key"));
        check("Bearer secret", Some("secret"));
        check("Api-Key secret", Some("secret"));
        check("Basic !", None);
        check(&format!("Basic {}", STANDARD.encode(":")), None);
        check("Digest secret", None);
        assert_eq!(secret(&HeaderMap::new()), None);
    }
}
