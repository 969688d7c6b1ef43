//! Previews: rendered HTML that a page of its own shows for a while.
//!
//! The console may not show foreign HTML within its own page: a frame loads it from here, under a policy that lets it
//! run nothing.

use std::collections::VecDeque;

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use gyre_base::WorkspaceId;
use gyre_base::limits::PREVIEWS_MAX;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// What shown mail may load: pictures, fonts and inline styles. `sandbox` takes scripts, forms and the origin away.
const MAIL_POLICY: &str = "default-src 'none'; img-src http: https: data:; font-src http: https: data:; \
    style-src 'unsafe-inline' http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
    sandbox allow-popups allow-popups-to-escape-sandbox";

/// The newest previews of this process.
#[derive(Debug, Default)]
pub(crate) struct Previews {
    newest: Mutex<VecDeque<Preview>>,
}

#[derive(Debug)]
struct Preview {
    workspace: WorkspaceId,
    id: Uuid,
    html: String,
}

impl Previews {
    /// Keeps HTML and returns the address of its page.
    pub(crate) fn keep(&self, workspace: WorkspaceId, html: &str) -> String {
        let id = Uuid::new_v4();
        let preview = Preview {
            workspace,
            id,
            html: html.to_owned(),
        };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.truncate(PREVIEWS_MAX - 1);
        newest.push_front(preview);
        format!("/api/v1/previews/{id}/html")
    }

    /// The HTML of a preview of this workspace, while it is kept.
    pub(crate) fn get(&self, workspace: WorkspaceId, id: &str) -> Option<String> {
        let id: Uuid = id.parse().ok()?;
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = newest.iter();
        found
            .find(|it| it.workspace == workspace && it.id == id)
            .map(|it| it.html.clone())
    }
}

/// Foreign HTML under a policy that lets it run nothing.
pub(crate) fn mail_page(html: String) -> Response {
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static(MAIL_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let referrer = HeaderValue::from_static("no-referrer");
    headers.insert(header::REFERRER_POLICY, referrer);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_are_of_one_workspace_and_few() {
        let previews = Previews::default();
        let (ours, theirs) = (WorkspaceId::random(), WorkspaceId::random());
        let url = previews.keep(ours, "<p>Hi</p>");
        let id = url.split('/').nth(4).unwrap().to_owned();
        assert_eq!(previews.get(ours, &id).as_deref(), Some("<p>Hi</p>"));
        assert_eq!(previews.get(theirs, &id), None);
        for _ in 0..PREVIEWS_MAX {
            previews.keep(theirs, "");
        }
        assert_eq!(previews.get(ours, &id), None, "the oldest goes first");
    }
}
