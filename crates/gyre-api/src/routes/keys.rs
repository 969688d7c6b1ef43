//! Routes of keys.

use crate::wire::keys::{CreatedKey, KeyCreate, KeyList};

/// Lists keys, revoked ones too.
#[utoipa::path(get, path = "/api/v1/keys", operation_id = "keysList", tag = "keys", responses((status = 200, body = KeyList)))]
pub(crate) fn keys_list() {}

/// Makes a key; its secret is shown this once.
#[utoipa::path(post, path = "/api/v1/keys", operation_id = "keyCreate", tag = "keys", request_body = KeyCreate, responses((status = 201, body = CreatedKey)))]
pub(crate) fn key_create() {}

/// Stops a key from working.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", operation_id = "keyRevoke", tag = "keys", params(("id" = String, Path, description = "Id of the key")), responses((status = 204)))]
pub(crate) fn key_revoke() {}
