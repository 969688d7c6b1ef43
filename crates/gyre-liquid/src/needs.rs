//! What a template wants from outside: the host fetches it before rendering and passes it in, so that rendering is pure.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// One thing that a template asks for, as it was written with all values filled in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Items of a catalog, in this order; unknown ids have no item.
    CatalogItems {
        /// The catalog's name.
        catalog: String,
        /// Item ids.
        ids: Vec<String>,
    },
    /// The items of a catalog's selection.
    CatalogSelection {
        /// The catalog's name.
        catalog: String,
        /// The selection's name.
        selection: String,
    },
    /// An answer of another server.
    Content(ContentRequest),
    /// A code of a promotion's list; the same code for all fields of one message.
    Promotion {
        /// The list's name.
        list: String,
    },
}

/// A call of `connected_content`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentRequest {
    /// The address.
    pub url: String,
    /// `GET` unless the tag says otherwise; upper case.
    pub method: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body as written.
    pub body: Option<String>,
    /// `application/json` for GET, `application/x-www-form-urlencoded` for others, unless the tag says otherwise.
    pub content_type: String,
    /// Name of the stored credential.
    pub basic_auth: Option<String>,
    /// How long an answer may be kept, in seconds.
    pub cache_seconds: Option<u64>,
    /// Whether a failed call is tried again.
    pub is_retried: bool,
}

/// What the host found.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Items of a catalog or selection, each an object.
    Items(Vec<Json>),
    /// A server's answer.
    Content {
        /// HTTP status.
        status: u16,
        /// The body as text.
        body: String,
        /// The body as JSON, if it is.
        json: Option<Json>,
    },
    /// A promotion's code.
    Code(String),
    /// There is nothing: no such catalog, a server that did not answer, an exhausted list.
    Nothing,
}

impl Answer {
    /// A server's answer; the body is read as JSON if it is an array or an object.
    pub fn content(status: u16, body: impl Into<String>) -> Self {
        let body = body.into();
        let json = serde_json::from_str(&body)
            .ok()
            .filter(|it: &Json| it.is_object() || it.is_array());
        Self::Content { status, body, json }
    }
}

/// Answers by what was asked.
pub type Answers = BTreeMap<Need, Answer>;

impl Need {
    /// The need in words, for errors.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::CatalogItems { catalog, ids } => {
                format!("items `{}` of catalog `{catalog}`", ids.join("`, `"))
            }
            Self::CatalogSelection { catalog, selection } => {
                format!("selection `{selection}` of catalog `{catalog}`")
            }
            Self::Content(request) => format!("the content of `{}`", request.url),
            Self::Promotion { list } => format!("a code of promotion `{list}`"),
        }
    }
}
