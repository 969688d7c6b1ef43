//! Object storage as imports see it: a list of objects and their bytes. How they are asked for is the command's.

use std::fmt::Debug;
use std::path::Path;

use async_trait::async_trait;
use gyre_base::{Blame, Failure, Retry, SECOND_MS, Secret};
use gyre_model::doc::Read;
use gyre_model::{Doc, FieldError};
use serde::Serialize;

use crate::{App, AppError};

/// Where objects are, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectPlace {
    /// `s3://bucket/key` or `s3://bucket/prefix/`.
    uri: String,
    /// Region of the bucket.
    pub region: String,
    /// Address of a server that is not Amazon's.
    pub endpoint: Option<String>,
    /// Who asks; none for a public bucket.
    pub access_key_id: Option<String>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// What tells its content from another's.
    pub etag: String,
}

/// Why objects could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The place is not one that may be asked.
    #[error("{0}")]
    Refused(String),
    /// The server said no.
    #[error("the object storage answered {status}: {detail}")]
    Answer {
        /// Its status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// No answer, or half of one.
    #[error("no answer from the object storage: {0}")]
    Unreachable(String),
    /// What came is larger than allowed, or more than can be listed.
    #[error("{0}")]
    TooLarge(String),
    /// It could not be written down here.
    #[error("failed to keep an object")]
    Io(#[from] std::io::Error),
}

impl Failure for ObjectError {
    fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "source-refused",
            Self::Answer { .. } => "source-answered",
            Self::Unreachable(_) => "source-unreachable",
            Self::TooLarge(_) => "source-too-large",
            Self::Io(_) => "import-disk",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unreachable(_) => Retry::AfterMs(10 * SECOND_MS),
            Self::Answer { status, .. } if *status >= 500 || *status == 429 => {
                Retry::AfterMs(10 * SECOND_MS)
            }
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Refused(_) | Self::TooLarge(_) => Blame::Caller,
            Self::Answer { .. } | Self::Unreachable(_) => Blame::Upstream,
            Self::Io(_) => Blame::Us,
        }
    }
}

/// Asks object storage.
#[async_trait]
pub trait ObjectReader: Debug + Send + Sync + 'static {
    /// Whether the place may be asked at all; asks nothing.
    fn check(&self, place: &ObjectPlace) -> Result<(), ObjectError>;

    /// The objects of a place, by key; more than `most` are an error.
    async fn list(
        &self,
        place: &ObjectPlace,
        secret: Option<&Secret>,
        most: usize,
    ) -> Result<Vec<ObjectEntry>, ObjectError>;

    /// Writes an object to a file; with `head_bytes` no more than its beginning. Returns what was written.
    async fn fetch(
        &self,
        place: &ObjectPlace,
        secret: Option<&Secret>,
        entry: &ObjectEntry,
        head_bytes: Option<u64>,
        to: &Path,
    ) -> Result<u64, ObjectError>;
}

impl ObjectPlace {
    /// A place by its uri.
    pub fn new(
        uri: &str,
        region: Option<&str>,
        endpoint: Option<&str>,
        access_key_id: Option<&str>,
    ) -> Result<Self, String> {
        let rest = uri.strip_prefix("s3://");
        let rest = rest.ok_or("expected `s3://bucket/key` or `s3://bucket/prefix/`")?;
        let bucket = rest.split('/').next().unwrap_or_default();
        let is_name =
            |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-.".contains(it);
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_name) {
            return Err(format!("`{bucket}` is no name of a bucket"));
        }
        if rest.len() > 1_100 || rest.chars().any(char::is_control) {
            return Err("the key is over 1,024 bytes or has control characters".to_owned());
        }
        let region = region.unwrap_or("us-east-1");
        let is_region = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if region.is_empty() || region.len() > 40 || !region.chars().all(is_region) {
            return Err(format!("`{region}` is no name of a region"));
        }
        Ok(Self {
            uri: uri.to_owned(),
            region: region.to_owned(),
            endpoint: endpoint.map(|it| it.trim_end_matches('/').to_owned()),
            access_key_id: access_key_id.map(str::to_owned),
        })
    }

    /// As it was written.
    pub fn uri(&self) -> String {
        self.uri.clone()
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        self.rest().split('/').next().unwrap_or_default()
    }

    /// The key, or what the keys begin with.
    pub fn prefix(&self) -> &str {
        self.rest().split_once('/').map_or("", |it| it.1)
    }

    fn rest(&self) -> &str {
        self.uri.strip_prefix("s3://").unwrap_or_default()
    }

    pub(crate) fn read(doc: &Doc<'_>) -> Read<(Self, Option<Secret>)> {
        doc.only(&[
            "uri",
            "region",
            "endpoint",
            "access_key_id",
            "secret_access_key",
        ])?;
        let text = |name: &str| doc.get(name).map(|it| it.text()).transpose();
        let uri = doc.need("uri")?;
        let place = Self::new(
            uri.text()?,
            text("region")?,
            text("endpoint")?,
            text("access_key_id")?,
        );
        let place = uri.check(place)?;
        let secret = text("secret_access_key")?.map(Secret::new);
        Ok((place, secret))
    }
}

/// A refusal of the place, which is a field of the request.
pub(super) fn refusal(error: &ObjectError) -> AppError {
    FieldError::new("/source/s3", error.to_string()).into()
}

impl App {
    pub(super) fn object_reader(&self) -> Result<&dyn ObjectReader, AppError> {
        let reader = self.objects.as_deref();
        reader.ok_or_else(|| {
            let detail = "this server reads no object storage";
            FieldError::new("/source/s3", detail).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_a_key() {
        let place = ObjectPlace::new("s3://my-bucket/a/b.csv", None, Some("http://x:9/"), None);
        let place = place.unwrap();
        assert_eq!((place.bucket(), place.prefix()), ("my-bucket", "a/b.csv"));
        assert_eq!(place.endpoint.as_deref(), Some("http://x:9"));
        assert_eq!(
            ObjectPlace::new("s3://abc", None, None, None)
                .unwrap()
                .prefix(),
            ""
        );
        for wrong in ["http://a/b", "s3://", "s3://A_b/c", "s3://ab/c"] {
            assert!(
                ObjectPlace::new(wrong, None, None, None).is_err(),
                "{wrong}"
            );
        }
        assert!(ObjectPlace::new("s3://abc/d", Some("eu west"), None, None).is_err());
    }
}
