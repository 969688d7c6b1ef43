//! Object storage that speaks S3, as far as imports need it: lists and downloads, signed.
//!
//! Who may be asked is decided before anything is: Amazon's own addresses, and those that the operator named. Nothing
//! is written, and no redirect is followed. A whole client (multipart, conditional writes) would be another dependency
//! tree; this is two requests.

mod listing;
mod sign;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::{Either, select};
use gyre_app::imports::{ObjectEntry, ObjectError, ObjectPlace, ObjectReader};
use gyre_base::{Clock, SECOND_MS, Secret};
use reqwest::{Response, StatusCode, Url};
use tokio::io::AsyncWriteExt;

use listing::Listing;
use sign::{Signer, encoded};

/// Longest silence of a server.
const SILENCE_MS: i64 = 60 * SECOND_MS;
/// Longest answer to a list: 1,000 keys of 1,024 bytes, each byte encoded as three, and what is around them.
const LIST_BYTES_MAX: usize = 8 << 20;
/// Beginning of an error that is told.
const ERROR_CHARS_MAX: usize = 500;
/// Largest object that is fetched.
const OBJECT_BYTES_MAX: u64 = 8 << 30;

/// Which addresses beside Amazon's may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoints {
    /// Those that the operator named, `http://127.0.0.1:9000`.
    Only(Vec<String>),
    /// Any: whoever asks is the operator.
    Any,
}

/// Asks object storage.
#[derive(Clone, Debug)]
pub struct S3 {
    http: reqwest::Client,
    endpoints: Endpoints,
    clock: Arc<dyn Clock>,
}

impl S3 {
    /// A client for these addresses; fails only if there is no TLS.
    pub fn new(endpoints: Endpoints, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        // whoever was first has installed the same one
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("gyre/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            endpoints,
            clock,
        })
    }

    /// Sends a signed GET; `path` is encoded, `query` sorted and encoded.
    async fn get(
        &self,
        place: &ObjectPlace,
        secret: Option<&Secret>,
        path: &str,
        query: &str,
        range: Option<u64>,
    ) -> Result<Response, ObjectError> {
        self.check(place)?;
        let base = base_of(place);
        let url = format!(
            "{base}{path}{}{query}",
            if query.is_empty() { "" } else { "?" }
        );
        let url = Url::parse(&url).map_err(|why| ObjectError::Refused(why.to_string()))?;
        let mut request = self.http.get(url.clone());
        if let (Some(id), Some(secret)) = (&place.access_key_id, secret) {
            let signer = Signer {
                access_key_id: id,
                secret,
                region: &place.region,
                now: self.clock.now(),
            };
            let host = host_of(&url);
            for (name, value) in signer.headers(&host, path, query) {
                request = request.header(name, value);
            }
        }
        if let Some(bytes) = range {
            request = request.header("range", format!("bytes=0-{}", bytes.saturating_sub(1)));
        }
        let sent = self.within(request.send()).await?;
        let response = sent.map_err(|it| ObjectError::Unreachable(it.without_url().to_string()))?;
        let status = response.status();
        if status == StatusCode::OK || status == StatusCode::PARTIAL_CONTENT {
            return Ok(response);
        }
        let body = self
            .text(response, LIST_BYTES_MAX)
            .await
            .unwrap_or_default();
        let detail = listing::error_of(&body).unwrap_or(body);
        Err(ObjectError::Answer {
            status: status.as_u16(),
            detail: detail.chars().take(ERROR_CHARS_MAX).collect(),
        })
    }

    /// Waits for something as long as a server may be silent.
    async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, ObjectError> {
        let deadline = self.clock.sleep_ms(SILENCE_MS);
        match select(Box::pin(work), deadline).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right(_) => Err(ObjectError::Unreachable("it is silent".to_owned())),
        }
    }

    async fn text(&self, response: Response, bytes_max: usize) -> Result<String, ObjectError> {
        let mut text = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = self.within(stream.next()).await? {
            let chunk =
                chunk.map_err(|it| ObjectError::Unreachable(it.without_url().to_string()))?;
            if text.len() + chunk.len() > bytes_max {
                let detail = format!("an answer of the object storage is over {bytes_max} bytes");
                return Err(ObjectError::TooLarge(detail));
            }
            text.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Where a place's server is.
fn base_of(place: &ObjectPlace) -> String {
    match &place.endpoint {
        Some(endpoint) => endpoint.clone(),
        // the region is made of letters, digits and dashes
        None => format!("https://s3.{}.amazonaws.com", place.region),
    }
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[async_trait]
impl ObjectReader for S3 {
    fn check(&self, place: &ObjectPlace) -> Result<(), ObjectError> {
        let (Some(endpoint), Endpoints::Only(allowed)) = (&place.endpoint, &self.endpoints) else {
            return Ok(());
        };
        if allowed
            .iter()
            .any(|it| it.trim_end_matches('/') == endpoint)
        {
            return Ok(());
        }
        let detail = format!(
            "the endpoint `{endpoint}` is not one that this server may ask; the operator allows it with --import-endpoints"
        );
        Err(ObjectError::Refused(detail))
    }

    async fn list(
        &self,
        place: &ObjectPlace,
        secret: Option<&Secret>,
        most: usize,
    ) -> Result<Vec<ObjectEntry>, ObjectError> {
        let path = format!("/{}", place.bucket());
        let mut found: Vec<ObjectEntry> = Vec::new();
        let mut token: Option<String> = None;
        loop {
            // sorted by name, as the signature wants it
            let mut query = Vec::new();
            if let Some(token) = &token {
                query.push(format!("continuation-token={}", encoded(token, false)));
            }
            query.push("encoding-type=url".to_owned());
            query.push("list-type=2".to_owned());
            query.push(format!("prefix={}", encoded(place.prefix(), false)));
            let query = query.join("&");
            let response = self.get(place, secret, &path, &query, None).await?;
            let text = self.text(response, LIST_BYTES_MAX).await?;
            let page = Listing::read(&text);
            let page = page.ok_or_else(|| ObjectError::Answer {
                status: 200,
                detail: "what came is no list of objects".to_owned(),
            })?;
            let is_exact = |it: &ObjectEntry| it.key == place.prefix() && !it.key.ends_with('/');
            if found.is_empty() && page.objects.iter().any(is_exact) {
                // a key that is there is meant, and not what begins with it
                return Ok(page.objects.into_iter().filter(is_exact).collect());
            }
            let objects = page.objects.into_iter();
            // an empty object that ends in a slash is how consoles make folders
            found.extend(objects.filter(|it| it.bytes > 0 && !it.key.ends_with('/')));
            if found.len() > most {
                let detail = format!("there are more than {most} objects at this place");
                return Err(ObjectError::TooLarge(detail));
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(found)
    }

    async fn fetch(
        &self,
        place: &ObjectPlace,
        secret: Option<&Secret>,
        entry: &ObjectEntry,
        head_bytes: Option<u64>,
        to: &Path,
    ) -> Result<u64, ObjectError> {
        let bytes_max = head_bytes.unwrap_or(OBJECT_BYTES_MAX);
        if entry.bytes > bytes_max && head_bytes.is_none() {
            let detail = format!("`{}` is over {bytes_max} bytes", entry.key);
            return Err(ObjectError::TooLarge(detail));
        }
        let path = format!("/{}/{}", place.bucket(), encoded(&entry.key, true));
        let range = head_bytes.filter(|it| *it < entry.bytes);
        let response = self.get(place, secret, &path, "", range).await?;
        let mut file = tokio::fs::File::create(to).await?;
        let mut written = 0;
        let mut stream = response.bytes_stream();
        while let Some(chunk) = self.within(stream.next()).await? {
            let chunk =
                chunk.map_err(|it| ObjectError::Unreachable(it.without_url().to_string()))?;
            written += chunk.len() as u64;
            if written > bytes_max {
                let detail = format!("`{}` is over {bytes_max} bytes", entry.key);
                return Err(ObjectError::TooLarge(detail));
            }
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        let expected = range.unwrap_or(entry.bytes);
        if written != expected {
            let detail = format!("`{}` ended after {written} of {expected} bytes", entry.key);
            return Err(ObjectError::Unreachable(detail));
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use gyre_testkit::VirtualClock;

    use super::*;

    #[tokio::test]
    async fn only_named_endpoints_are_asked() {
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at_text("2026-03-10T09:00:00Z"));
        let allowed = vec!["http://127.0.0.1:9000/".to_owned()];
        let s3 = S3::new(Endpoints::Only(allowed), clock).unwrap();
        let at = |endpoint: Option<&str>| {
            ObjectPlace::new("s3://bucket/key", None, endpoint, None).unwrap()
        };
        assert!(s3.check(&at(None)).is_ok());
        assert!(s3.check(&at(Some("http://127.0.0.1:9000"))).is_ok());
        for endpoint in [
            "http://169.254.169.254",
            "http://127.0.0.1:9001",
            "http://127.0.0.1:9000@10.0.0.1",
            "file:///etc",
        ] {
            let place = at(Some(endpoint));
            let refused = s3.list(&place, None, 1).await.unwrap_err();
            assert!(
                refused.to_string().contains("--import-endpoints"),
                "{refused}"
            );
        }
    }
}
