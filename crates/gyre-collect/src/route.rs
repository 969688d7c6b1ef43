//! Where a path leads: `/2/httpapi`, or `/c/<write key>/2/httpapi`, or `/c/<write key>/amplitude/2/httpapi`.
//!
//! The longer forms let one host serve senders that can set nothing but an address: the key is in it, and where
//! two dialects share a path (`/batch`, `/track`) its name says which, so that no body has to be looked at.

use crate::content;
use crate::dialects::{self, Dialect, Route};
use crate::incoming::plain;

/// What a path says.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The write key in the path.
    pub(crate) key: Option<String>,
    /// What stands before the dialect's own path, without a slash at its end.
    pub(crate) prefix: &'a str,
    /// The dialect's own path, slashes at its end included.
    pub(crate) path: &'a str,
    dialect: Option<&'static dyn Dialect>,
}

impl<'a> Place<'a> {
    /// Reads a path.
    pub(crate) fn of(path: &'a str) -> Self {
        let bare = Self {
            key: None,
            prefix: "",
            path,
            dialect: None,
        };
        let Some((key, rest)) = path.strip_prefix("/c/").and_then(first_of) else {
            return bare;
        };
        // a dialect's name, or the beginning of a path that any of them may have
        let named = first_of(&rest[1..]);
        let named = named.and_then(|(name, rest)| Some((dialects::named(name)?, rest)));
        let (dialect, own) = match named {
            Some((dialect, own)) => (Some(dialect), own),
            None => (None, rest),
        };
        Self {
            key: Some(content::percent_decode(key)),
            prefix: &path[..path.len() - own.len()],
            path: own,
            dialect,
        }
    }

    /// The dialects that take it.
    pub(crate) fn routes(&self) -> Vec<Route> {
        let mut routes = dialects::at(plain(self.path));
        if let Some(named) = self.dialect {
            routes.retain(|it| it.dialect.name() == named.name());
        }
        routes
    }
}

/// `a/b/c` as `a` and `/b/c`.
fn first_of(path: &str) -> Option<(&str, &str)> {
    let at = path.find('/')?;
    (at > 0).then(|| path.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, key: Option<&str>, prefix: &str, dialects: &[&str]) {
        let place = Place::of(path);
        assert_eq!((place.key.as_deref(), place.prefix), (key, prefix));
        let found = place.routes();
        let found: Vec<&str> = found.iter().map(|it| it.dialect.name()).collect();
        assert_eq!(found, dialects, "{path}");
    }

    #[test]
    fn a_path_may_have_the_key_and_the_dialect_before_it() {
        check("/2/httpapi/", None, "", &["amplitude"]);
        check("/c/k/2/httpapi", Some("k"), "/c/k", &["amplitude"]);
        check("/c/k%2Fl/v1/batch/", Some("k/l"), "/c/k%2Fl", &["segment"]);
        check(
            "/c/k/segment/batch",
            Some("k"),
            "/c/k/segment",
            &["segment"],
        );
        check(
            "/c/k/amplitude/batch",
            Some("k"),
            "/c/k/amplitude",
            &["amplitude"],
        );
        check("/c/k/amplitude/v1/t", Some("k"), "/c/k/amplitude", &[]);
        check("/c/k/nobody/batch", Some("k"), "/c/k", &[]);
        for path in ["/c/", "/c/k", "/c//batch", "/c", "/cc/k/batch"] {
            check(path, None, "", &[]);
        }
        let place = Place::of("/c/k/batch");
        assert!(place.routes().len() > 1, "shared, and not said whose");
    }
}
