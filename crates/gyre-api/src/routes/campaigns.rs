//! Campaigns.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gyre_app::{CanRead, CanWrite};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{ApiJson, ApiQuery};
use crate::id::read_id;
use crate::page::page_limit;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::campaigns::{
    Campaign, CampaignBody, CampaignDraft, CampaignList, CampaignResults, CampaignTest,
    CampaignTestResult, MessagePreviewBody, MessagePreviewQuery, Preview, PreviewQuery,
};
use crate::wire::messages::{LedgerPage, LedgerQuery};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(campaign_create, campaigns_list))
        .routes(routes!(message_preview))
        .routes(routes!(campaign_get, campaign_update, campaign_delete))
        .routes(routes!(campaign_launch))
        .routes(routes!(campaign_pause))
        .routes(routes!(campaign_resume))
        .routes(routes!(campaign_stop))
        .routes(routes!(campaign_archive))
        .routes(routes!(campaign_test))
        .routes(routes!(campaign_preview))
        .routes(routes!(campaign_results))
        .routes(routes!(campaign_messages))
}

/// Makes a draft.
#[utoipa::path(post, path = "/api/v1/campaigns", operation_id = "campaignCreate", tag = "campaigns",
    request_body = CampaignDraft, responses((status = 201, body = Campaign)))]
async fn campaign_create(
    State(state): State<ApiState>,
    access: CanWrite,
    ApiJson(draft): ApiJson<Value>,
) -> Result<(StatusCode, Json<CampaignBody>), Problem> {
    let campaign = state.campaigns().campaign_create(&access, &draft).await?;
    Ok((StatusCode::CREATED, Json(campaign.into())))
}

/// Lists campaigns, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns", operation_id = "campaignsList", tag = "campaigns",
    responses((status = 200, body = CampaignList)))]
async fn campaigns_list(
    State(state): State<ApiState>,
    access: CanRead,
) -> Result<Json<CampaignList>, Problem> {
    let campaigns = state.campaigns().campaigns_list(&access).await?;
    let campaigns = campaigns.into_iter().map(Into::into).collect();
    Ok(Json(CampaignList { campaigns }))
}

/// Renders an unsaved message for one person.
#[utoipa::path(post, path = "/api/v1/campaigns/preview", operation_id = "messagePreview", tag = "campaigns",
    request_body = MessagePreviewQuery, responses((status = 200, body = Preview)))]
async fn message_preview(
    State(state): State<ApiState>,
    access: CanRead,
    ApiJson(body): ApiJson<MessagePreviewBody>,
) -> Result<Json<Preview>, Problem> {
    let as_person = body.as_person.as_deref();
    let preview = state
        .campaigns()
        .message_preview(&access, &body.message, as_person)?;
    Ok(Json(show_preview(&state, &access, preview)))
}

/// Shows a campaign as it was written.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", operation_id = "campaignGet", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn campaign_get(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state.campaigns().campaign_get(&access, id).await?;
    Ok(Json(campaign.into()))
}

/// Replaces a draft.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}", operation_id = "campaignUpdate", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    request_body = CampaignDraft, responses((status = 200, body = Campaign)))]
async fn campaign_update(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
    ApiJson(draft): ApiJson<Value>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state
        .campaigns()
        .campaign_update(&access, id, &draft)
        .await?;
    Ok(Json(campaign.into()))
}

/// Deletes a draft.
#[utoipa::path(delete, path = "/api/v1/campaigns/{id}", operation_id = "campaignDelete", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")), responses((status = 204)))]
async fn campaign_delete(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = read_id("campaign", &id)?;
    state.campaigns().campaign_delete(&access, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Launches a draft.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/launch", operation_id = "campaignLaunch", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn campaign_launch(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state.campaigns().campaign_launch(&access, id).await?;
    Ok(Json(campaign.into()))
}

/// Stops sending until resumed.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/pause", operation_id = "campaignPause", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn campaign_pause(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state.campaigns().campaign_pause(&access, id).await?;
    Ok(Json(campaign.into()))
}

/// Sends again.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/resume", operation_id = "campaignResume", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn campaign_resume(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state.campaigns().campaign_resume(&access, id).await?;
    Ok(Json(campaign.into()))
}

/// Ends a campaign.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/stop", operation_id = "campaignStop", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn campaign_stop(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state.campaigns().campaign_stop(&access, id).await?;
    Ok(Json(campaign.into()))
}

/// Puts a campaign away.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/archive", operation_id = "campaignArchive", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = Campaign)))]
async fn campaign_archive(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
) -> Result<Json<CampaignBody>, Problem> {
    let id = read_id("campaign", &id)?;
    let campaign = state.campaigns().campaign_archive(&access, id).await?;
    Ok(Json(campaign.into()))
}

/// Sends one message to an address of your own.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/test", operation_id = "campaignTest", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    request_body = CampaignTest, responses((status = 200, body = CampaignTestResult)))]
async fn campaign_test(
    State(state): State<ApiState>,
    access: CanWrite,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<CampaignTest>,
) -> Result<Json<CampaignTestResult>, Problem> {
    let id = read_id("campaign", &id)?;
    let (variant, as_person) = (body.variant.as_deref(), body.as_person.as_deref());
    let campaigns = state.campaigns();
    let detail = campaigns
        .campaign_test(&access, id, variant, &body.to, as_person)
        .await?;
    Ok(Json(CampaignTestResult { ok: true, detail }))
}

/// Renders a campaign for one person.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/preview", operation_id = "campaignPreview", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    request_body = PreviewQuery, responses((status = 200, body = Preview)))]
async fn campaign_preview(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<PreviewQuery>,
) -> Result<Json<Preview>, Problem> {
    let id = read_id("campaign", &id)?;
    let (variant, as_person) = (body.variant.as_deref(), body.as_person.as_deref());
    let preview = state
        .campaigns()
        .campaign_preview(&access, id, variant, as_person)
        .await?;
    Ok(Json(show_preview(&state, &access, preview)))
}

/// Shows what became of a campaign.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/results", operation_id = "campaignResults", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign")),
    responses((status = 200, body = CampaignResults)))]
async fn campaign_results(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
) -> Result<Json<CampaignResults>, Problem> {
    let id = read_id("campaign", &id)?;
    let results = state.app().campaign_results(&access, id).await?;
    Ok(Json(results.into()))
}

/// Lists a campaign's messages.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/messages", operation_id = "campaignMessages", tag = "campaigns",
    params(("id" = String, Path, description = "Id of the campaign"), LedgerQuery),
    responses((status = 200, body = LedgerPage)))]
async fn campaign_messages(
    State(state): State<ApiState>,
    access: CanRead,
    Path(id): Path<String>,
    ApiQuery(query): ApiQuery<LedgerQuery>,
) -> Result<Json<LedgerPage>, Problem> {
    let id = read_id("campaign", &id)?;
    let limit = page_limit(query.limit)? as usize;
    let wanted = query.state.as_deref().filter(|it| !it.is_empty());
    let cursor = query.cursor.as_deref();
    let page = state
        .app()
        .campaign_messages(&access, id, wanted, limit, cursor)
        .await?;
    Ok(Json(page.into()))
}

/// Keeps the HTML for its page and shows the rest.
fn show_preview(
    state: &ApiState,
    access: &CanRead,
    preview: gyre_app::campaigns::Preview,
) -> Preview {
    let html = preview.fields.html.as_deref();
    let html_url = html.map(|it| state.previews().keep(access.workspace(), it));
    Preview::new(preview, html_url)
}
