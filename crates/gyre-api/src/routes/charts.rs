//! Questions and their numbers.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use gyre_app::CanRead;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::ApiJson;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::wire::charts::{ChartAnswer, ChartBody, ChartQuery};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(query_run))
}

/// Answers a question with numbers.
///
/// With `Accept: text/event-stream` the answer is a stream of `progress` events and one `result` or `problem` event;
/// closing the connection gives the question up.
#[utoipa::path(post, path = "/api/v1/query", operation_id = "queryRun", tag = "charts",
    request_body = ChartQuery, responses((status = 200, body = ChartAnswer)))]
async fn query_run(
    State(state): State<ApiState>,
    headers: HeaderMap,
    access: CanRead,
    ApiJson(query): ApiJson<Value>,
) -> Result<Response, Problem> {
    if wants_stream(&headers) {
        return Ok(streamed(state, access, query).into_response());
    }
    Ok(Json(run(&state, &access, &query).await?).into_response())
}

async fn run(state: &ApiState, access: &CanRead, query: &Value) -> Result<ChartBody, Problem> {
    let answer = state.app().chart_query(access, query).await?;
    Ok(answer.into())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    accept.is_some_and(|it| it.contains("text/event-stream"))
}

/// A `progress` event at once, so that the caller knows the question was understood as one, then the outcome.
fn streamed(
    state: ApiState,
    access: CanRead,
    query: Value,
) -> Sse<impl futures::Stream<Item = Result<Event, Infallible>>> {
    let begun = event("progress", &json!({"done": 0.0, "events_scanned": 0}));
    let outcome = stream::once(async move {
        match run(&state, &access, &query).await {
            Ok(answer) => event("result", &answer),
            Err(problem) => event("problem", &problem),
        }
    });
    let events = stream::once(async { begun }).chain(outcome);
    Sse::new(events.map(Ok))
}

fn event(name: &str, data: &impl serde::Serialize) -> Event {
    let text = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(text)
}
