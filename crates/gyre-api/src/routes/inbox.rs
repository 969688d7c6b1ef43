//! The development inbox.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use gyre_app::CanRead;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiQuery;
use crate::page::page_limit;
use crate::previews::mail_page;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::inbox::{InboxMessage, InboxPage};
use crate::wire::page::PageQuery;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(inbox_list))
        .routes(routes!(inbox_get))
        .routes(routes!(inbox_html))
}

/// Lists mails of the development mailbox, newest first.
#[utoipa::path(get, path = "/api/v1/inbox", operation_id = "inboxList", tag = "inbox",
    params(PageQuery), responses((status = 200, body = InboxPage)))]
async fn inbox_list(
    State(state): State<ApiState>,
    access: CanRead,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<InboxPage>, Problem> {
    let limit = page_limit(query.limit)? as usize;
    let (messages, next) = state
        .app()
        .inbox_list(&access, limit, query.cursor.as_deref())?;
    let messages = messages.into_iter().map(Into::into).collect();
    Ok(Json(InboxPage { messages, next }))
}

/// Shows a mail.
#[utoipa::path(get, path = "/api/v1/inbox/{id}", operation_id = "inboxGet", tag = "inbox",
    params(("id" = String, Path, description = "Id of the mail")),
    responses((status = 200, body = InboxMessage)))]
async fn inbox_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<InboxMessage>, Problem> {
    let message = state.app().inbox_get(&access, &id).await?;
    Ok(Json(message.into()))
}

/// Shows a mail's HTML under a policy of its own.
#[utoipa::path(get, path = "/api/v1/inbox/{id}/html", operation_id = "inboxHtml", tag = "inbox",
    params(("id" = String, Path, description = "Id of the mail")),
    responses((status = 200, body = String, content_type = "text/html")))]
async fn inbox_html(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let message = state.app().inbox_get(&access, &id).await?;
    message.html.map(mail_page).ok_or_else(Problem::no_route)
}
