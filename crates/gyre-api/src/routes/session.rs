//! Signing in and out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use gyre_app::SignedIn;
use gyre_app::access::Access;
use gyre_base::Secret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Caller, session_cookie, session_token};
use crate::body::ApiJson;
use crate::client::ClientIp;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::session::{Session, SessionCreate};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(session_create, session_get, session_delete))
}

/// A header of the answer.
type Cookie = [(HeaderName, HeaderValue); 1];

/// Signs in and sets the session cookie.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "sessionCreate", tag = "session",
    request_body = SessionCreate, responses((status = 200, body = Session)), security(()))]
async fn session_create(
    State(state): State<ApiState>,
    ClientIp(ip): ClientIp,
    ApiJson(body): ApiJson<SessionCreate>,
) -> Result<(Cookie, Json<Session>), Problem> {
    let password = Secret::new(body.password);
    let (token, signed_in) = state
        .app()
        .auth()
        .sign_in(&body.email, &password, ip)
        .await?;
    let cookie = session_cookie(Some(&token), &state);
    let session = show(&state, signed_in.access, Some(signed_in)).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session)))
}

/// Says who is signed in.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "sessionGet", tag = "session",
    responses((status = 200, body = Session)))]
async fn session_get(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<Session>, Problem> {
    Ok(Json(show(&state, caller.access, caller.session).await?))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "sessionDelete", tag = "session",
    responses((status = 204)))]
async fn session_delete(
    State(state): State<ApiState>,
    headers: HeaderMap,
    _: Caller,
) -> Result<(StatusCode, Cookie), Problem> {
    if let Some(token) = session_token(&headers) {
        state.app().auth().sign_out(&token).await?;
    }
    let cookie = session_cookie(None, &state);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]))
}

async fn show(
    state: &ApiState,
    access: Access,
    signed_in: Option<SignedIn>,
) -> Result<Session, Problem> {
    let workspace = state.app().workspace_get(&access.read()).await?;
    let config = state.config();
    let (user, csrf) = match signed_in {
        Some(it) => (Some(it.user.into()), it.csrf),
        None => (None, String::new()),
    };
    Ok(Session {
        user,
        workspace: workspace.into(),
        csrf,
        features: config.features,
        public_url: config.public_url.clone(),
        version: config.version.clone(),
    })
}
