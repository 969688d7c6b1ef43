//! Answers that have an entry for each event of a request, which only PostHog's newer wire and our own endpoint do.

use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::{Map, json};

use crate::answer::Answer;
use crate::dialects::Refusal;
use crate::fields;

/// What became of each event, under its id in one of `id_names` or, without one, under its place.
pub(crate) fn answer(outcomes: &[Result<Event, Rejection>], id_names: &[&str]) -> Answer {
    let mut results = Map::new();
    for (idx, outcome) in outcomes.iter().enumerate() {
        let result = match outcome {
            Ok(_) => json!({"result": "ok"}),
            Err(it) => {
                json!({"result": "drop", "details": format!("{}: {}", it.reason, it.detail)})
            }
        };
        let mut key = key(idx, outcome, id_names);
        if results.contains_key(&key) {
            key = idx.to_string();
        }
        results.insert(key, result);
    }
    Answer::json(200, &json!({"results": results}))
}

/// The answer to a request none of whose events was taken.
pub(crate) fn problem(status: u16, error: &str, refusal: &Refusal) -> Answer {
    let body = json!({"error": error, "error_description": refusal.message()});
    Answer::json(status, &body).after(refusal.retry_after_s())
}

fn key(idx: usize, outcome: &Result<Event, Rejection>, id_names: &[&str]) -> String {
    let id = match outcome {
        Ok(event) => event.insert_id.clone(),
        Err(rejection) => id_names
            .iter()
            .find_map(|name| fields::text(rejection.raw.get(*name)?)),
    };
    id.unwrap_or_else(|| idx.to_string())
}
