//! Limits of pages.

use gyre_base::limits;

use crate::problem::Problem;

/// Items on a page that says nothing else.
const LIMIT_DEFAULT: u32 = 100;

/// The limit asked for, or why it cannot be.
pub(crate) fn page_limit(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if limit == 0 || limit as usize > limits::PAGE_MAX {
        let detail = format!("expected a whole number from 1 to {}", limits::PAGE_MAX);
        return Err(Problem::field("/limit", detail));
    }
    Ok(limit)
}
