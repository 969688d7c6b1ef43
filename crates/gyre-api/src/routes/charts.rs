//! Routes of charts.

use crate::wire::charts::{ChartAnswer, ChartQuery};

/// Answers a question with numbers.
#[utoipa::path(post, path = "/api/v1/query", operation_id = "queryRun", tag = "charts", request_body = ChartQuery, responses((status = 200, body = ChartAnswer)))]
pub(crate) fn query_run() {}
