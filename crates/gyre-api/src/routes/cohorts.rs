//! Routes of cohorts.

use crate::wire::cohorts::{
    AudiencePreview, AudiencePreviewQuery, Cohort, CohortCreate, CohortHistory, CohortList,
    CohortPatch, CohortPeople,
};
use crate::wire::page::PageQuery;

/// Saves an audience, or the people behind a number.
#[utoipa::path(post, path = "/api/v1/cohorts", operation_id = "cohortCreate", tag = "cohorts", request_body = CohortCreate, responses((status = 201, body = Cohort)))]
pub(crate) fn cohort_create() {}

/// Lists cohorts, newest first.
#[utoipa::path(get, path = "/api/v1/cohorts", operation_id = "cohortsList", tag = "cohorts", responses((status = 200, body = CohortList)))]
pub(crate) fn cohorts_list() {}

/// Shows a cohort.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}", operation_id = "cohortGet", tag = "cohorts", params(("id" = String, Path, description = "Id of the cohort")), responses((status = 200, body = Cohort)))]
pub(crate) fn cohort_get() {}

/// Changes the name of a cohort.
#[utoipa::path(patch, path = "/api/v1/cohorts/{id}", operation_id = "cohortRename", tag = "cohorts", params(("id" = String, Path, description = "Id of the cohort")), request_body = CohortPatch, responses((status = 200, body = Cohort)))]
pub(crate) fn cohort_rename() {}

/// Deletes a cohort.
#[utoipa::path(delete, path = "/api/v1/cohorts/{id}", operation_id = "cohortDelete", tag = "cohorts", params(("id" = String, Path, description = "Id of the cohort")), responses((status = 204)))]
pub(crate) fn cohort_delete() {}

/// Evaluates a cohort now.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/refresh", operation_id = "cohortRefresh", tag = "cohorts", params(("id" = String, Path, description = "Id of the cohort")), responses((status = 200, body = Cohort)))]
pub(crate) fn cohort_refresh() {}

/// Lists members of a cohort.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/people", operation_id = "cohortPeople", tag = "cohorts", params(("id" = String, Path, description = "Id of the cohort"), PageQuery), responses((status = 200, body = CohortPeople)))]
pub(crate) fn cohort_people() {}

/// Shows how the size of a cohort changed.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/history", operation_id = "cohortHistory", tag = "cohorts", params(("id" = String, Path, description = "Id of the cohort")), responses((status = 200, body = CohortHistory)))]
pub(crate) fn cohort_history() {}

/// Counts an audience that is being written.
#[utoipa::path(post, path = "/api/v1/audiences/preview", operation_id = "audiencePreview", tag = "cohorts", request_body = AudiencePreviewQuery, responses((status = 200, body = AudiencePreview)))]
pub(crate) fn audience_preview() {}
