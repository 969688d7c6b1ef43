//! Reads in the words of other products: what their clients ask for, answered in the shapes that they know.
//!
//! Not part of our own contract, and not for pages: these need a key that reads, and no page may see one. What is
//! asked of whom is in one folder or file per product; sending events is `gyre-collect`'s.

mod amplitude;
mod braze;
mod caller;
mod refused;

use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use crate::layers;
use crate::state::ApiState;

/// One kind of read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    AmplitudeExport,
    AmplitudeUserActivity,
    AmplitudeUserProfile,
    AmplitudeUserSearch,
    BrazeExport,
}

/// Every read: method, path, kind.
const READS: &[(Method, &str, Read)] = &[
    (Method::GET, "/api/2/export", Read::AmplitudeExport),
    (
        Method::GET,
        "/api/2/useractivity",
        Read::AmplitudeUserActivity,
    ),
    (Method::GET, "/api/2/usersearch", Read::AmplitudeUserSearch),
    (Method::GET, "/v1/userprofile", Read::AmplitudeUserProfile),
    (Method::POST, "/users/export/ids", Read::BrazeExport),
];

/// The read at a path: with or without slashes at its end, and below `/c/<write key>` and a dialect's name as events.
pub(crate) fn read_at(path: &str) -> Option<Read> {
    let plain = path.trim_end_matches('/');
    let own = |path: &str| READS.iter().find(|it| it.1 == path).map(|it| it.2);
    own(plain).or_else(|| {
        let below_key = after_first(plain.strip_prefix("/c/")?)?;
        own(below_key).or_else(|| own(after_first(&below_key[1..])?))
    })
}

/// `/b/c` of `a/b/c`.
fn after_first(path: &str) -> Option<&str> {
    path.find('/').map(|at| &path[at..])
}

/// Answers a read.
pub(crate) async fn answer(state: &ApiState, read: Read, request: Request) -> Response {
    let wanted = READS.iter().find(|it| it.2 == read).map(|it| &it.0);
    if wanted != Some(request.method()) {
        return layers::no_method(request.method().clone())
            .await
            .into_response();
    }
    match read {
        Read::BrazeExport => braze::export(state, request).await,
        other => amplitude::answer(state, other, &request.into_parts().0).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_is_there_in_each_form_of_its_path() {
        for (_, path, read) in READS {
            for form in [
                (*path).to_owned(),
                format!("{path}/"),
                format!("/c/key{path}"),
                format!("/c/key{path}/"),
                format!("/c/key/amplitude{path}"),
            ] {
                assert_eq!(read_at(&form), Some(*read), "{form}");
            }
        }
        for other in [
            "/",
            "/c/",
            "/c/key",
            "/api/2/exports",
            "/x/api/2/export",
            "/api/2",
        ] {
            assert_eq!(read_at(other), None, "{other}");
        }
    }
}
