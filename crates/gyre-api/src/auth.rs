//! Who asks: a key in the header or a session in the cookie becomes a proof of access.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use gyre_app::auth::{SESSION_MS, same_secret};
use gyre_app::{Access, CanAdmin, CanRead, CanWrite, SignedIn};
use gyre_base::Secret;

use crate::problem::Problem;
use crate::state::ApiState;

/// Name of the cookie that holds a session's token.
pub(crate) const SESSION_COOKIE: &str = "gyre_session";
/// Header in which changing requests of a session repeat its token.
const CSRF_HEADER: &str = "x-csrf-token";

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) access: Access,
    /// `None` for a key.
    pub(crate) session: Option<SignedIn>,
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let auth = state.app().auth();
        if let Some(key) = bearer(&parts.headers) {
            let access = auth.api_key(key).await?;
            let refused = || Problem::unauthorized("invalid-key", "the API key is not known");
            let access = access.ok_or_else(refused)?;
            return Ok(Self {
                access,
                session: None,
            });
        }
        let nobody = || Problem::unauthorized("not-signed-in", "sign in, or send an API key");
        let token = session_token(&parts.headers).ok_or_else(nobody)?;
        let session = auth.session(&token).await?.ok_or_else(nobody)?;
        if is_changing(&parts.method) {
            let sent = parts
                .headers
                .get(CSRF_HEADER)
                .and_then(|it| it.to_str().ok());
            // another site can make the browser send the cookie, and cannot know this
            if !sent.is_some_and(|it| same_secret(it, &session.csrf)) {
                let detail = "the header X-CSRF-Token does not match the session";
                return Err(Problem::new(StatusCode::FORBIDDEN, "csrf", detail));
            }
        }
        Ok(Self {
            access: session.access,
            session: Some(session),
        })
    }
}

/// The key of `Authorization: Bearer <key>`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The token in the session's cookie.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, token)| token.to_owned())
}

fn is_changing(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// `Set-Cookie` of a session that begins (a token) or ends (none).
pub(crate) fn session_cookie(token: Option<&Secret>, state: &ApiState) -> HeaderValue {
    let secure = if state.config().public_url.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let (token, seconds) = match token {
        Some(token) => (token.reveal(), SESSION_MS / 1_000),
        None => ("", 0),
    };
    let text = format!(
        "{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    );
    // a token is hexadecimal, so the text is a header's
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

impl FromRequestParts<ApiState> for CanRead {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(caller.access.read())
    }
}

impl FromRequestParts<ApiState> for CanWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(caller.access.write()?)
    }
}

impl FromRequestParts<ApiState> for CanAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(caller.access.admin()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("theme=dark; xgyre_session=a"),
        );
        assert_eq!(session_token(&headers), None);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; gyre_session=abc"),
        );
        assert_eq!(session_token(&headers).as_deref(), Some("abc"));
    }

    #[test]
    fn a_key_is_read_from_a_bearer_header_only() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::AUTHORIZATION,
            HeaderValue::from_static("bearer  k e y "),
        );
        assert_eq!(bearer(&headers), Some("k e y"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic abc"));
        assert_eq!(bearer(&headers), None);
    }
}
