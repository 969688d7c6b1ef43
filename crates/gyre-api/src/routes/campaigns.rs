//! Routes of campaigns.

use crate::wire::campaigns::{
    Campaign, CampaignDraft, CampaignList, CampaignResults, CampaignTest, CampaignTestResult,
    MessagePreviewQuery, Preview, PreviewQuery,
};
use crate::wire::messages::{LedgerPage, LedgerQuery};

/// Makes a draft.
#[utoipa::path(post, path = "/api/v1/campaigns", operation_id = "campaignCreate", tag = "campaigns", request_body = CampaignDraft, responses((status = 201, body = Campaign)))]
pub(crate) fn campaign_create() {}

/// Lists campaigns, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns", operation_id = "campaignsList", tag = "campaigns", responses((status = 200, body = CampaignList)))]
pub(crate) fn campaigns_list() {}

/// Renders an unsaved message for one person.
#[utoipa::path(post, path = "/api/v1/campaigns/preview", operation_id = "messagePreview", tag = "campaigns", request_body = MessagePreviewQuery, responses((status = 200, body = Preview)))]
pub(crate) fn message_preview() {}

/// Shows a campaign as it was written.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", operation_id = "campaignGet", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_get() {}

/// Replaces a draft.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}", operation_id = "campaignUpdate", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), request_body = CampaignDraft, responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_update() {}

/// Deletes a draft.
#[utoipa::path(delete, path = "/api/v1/campaigns/{id}", operation_id = "campaignDelete", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 204)))]
pub(crate) fn campaign_delete() {}

/// Launches a draft.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/launch", operation_id = "campaignLaunch", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_launch() {}

/// Stops sending until resumed.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/pause", operation_id = "campaignPause", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_pause() {}

/// Sends again.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/resume", operation_id = "campaignResume", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_resume() {}

/// Ends a campaign.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/stop", operation_id = "campaignStop", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_stop() {}

/// Puts a campaign away.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/archive", operation_id = "campaignArchive", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = Campaign)))]
pub(crate) fn campaign_archive() {}

/// Sends one message to an address of your own.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/test", operation_id = "campaignTest", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), request_body = CampaignTest, responses((status = 200, body = CampaignTestResult)))]
pub(crate) fn campaign_test() {}

/// Renders a campaign for one person.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/preview", operation_id = "campaignPreview", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), request_body = PreviewQuery, responses((status = 200, body = Preview)))]
pub(crate) fn campaign_preview() {}

/// Shows what became of a campaign.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/results", operation_id = "campaignResults", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign")), responses((status = 200, body = CampaignResults)))]
pub(crate) fn campaign_results() {}

/// Lists a campaign's messages.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/messages", operation_id = "campaignMessages", tag = "campaigns", params(("id" = String, Path, description = "Id of the campaign"), LedgerQuery), responses((status = 200, body = LedgerPage)))]
pub(crate) fn campaign_messages() {}
