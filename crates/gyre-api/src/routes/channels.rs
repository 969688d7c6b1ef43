//! Routes of channels.

use crate::wire::channels::{ChannelCheck, EmailChannel, EmailChannelWrite};

/// Shows how mail leaves, without secrets.
#[utoipa::path(get, path = "/api/v1/channels/email", operation_id = "emailChannelGet", tag = "channels", responses((status = 200, body = EmailChannel)))]
pub(crate) fn email_channel_get() {}

/// Sets how mail leaves.
#[utoipa::path(put, path = "/api/v1/channels/email", operation_id = "emailChannelPut", tag = "channels", request_body = EmailChannelWrite, responses((status = 200, body = EmailChannel)))]
pub(crate) fn email_channel_put() {}

/// Says whether mail would leave; sends nothing.
#[utoipa::path(post, path = "/api/v1/channels/email/check", operation_id = "emailChannelCheck", tag = "channels", responses((status = 200, body = ChannelCheck)))]
pub(crate) fn email_channel_check() {}
