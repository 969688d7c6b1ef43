//! A server as a process: started, asked, killed and started again on the same folder.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::wait::within;

/// Key of the API in every test.
pub(crate) const API_KEY: &str = "api-key-of-the-tests";
/// Key of the collect endpoints in every test.
pub(crate) const WRITE_KEY: &str = "write-key-of-the-tests";
/// First user.
pub(crate) const EMAIL: &str = "admin@shop.test";
/// Their password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// What the server prints once it takes requests, before its address.
const LISTENING: &str = "listening on ";
/// Longest start, in seconds.
const START_S: u64 = 30;
/// Bytes at the end of a server's log that a failing test shows.
const LOG_TAIL_BYTES: usize = 6_000;

/// A server and its folder. Dropped, the process is killed and the folder is gone.
pub(crate) struct Node {
    folder: TempDir,
    settings: Vec<(String, String)>,
    http: reqwest::Client,
    life: Option<Life>,
}

struct Life {
    process: Child,
    url: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) async fn of(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.text);
        parsed.unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A problem document of this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        for field in ["type", "title", "detail"] {
            assert!(
                problem[field].as_str().is_some_and(|it| !it.is_empty()),
                "{field}: {problem}"
            );
        }
        problem
    }
}

impl Node {
    /// A server on a new folder.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server on a new folder with further settings.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        // whoever was first has installed the same one
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut node = Self {
            folder: tempfile::tempdir().unwrap(),
            settings: settings.collect(),
            http,
            life: None,
        };
        node.live().await;
        node
    }

    /// Starts the process on its folder; returns when it is ready.
    pub(crate) async fn live(&mut self) {
        assert!(self.life.is_none(), "it lives already");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("server.log"))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gyre"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GYRE_") {
                command.env_remove(name);
            }
        }
        let mut process = command
            .arg("serve")
            .env("GYRE_LISTEN", "127.0.0.1:0")
            .env("GYRE_DATA", self.data())
            .env("GYRE_API_KEY", API_KEY)
            .env("GYRE_WRITE_KEY", WRITE_KEY)
            .env("GYRE_EMAIL", EMAIL)
            .env("GYRE_PASSWORD", PASSWORD)
            .env("GYRE_TIMEZONE", "UTC")
            .env("GYRE_CACHE_MB", "64")
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(url) = line.trim().strip_prefix(LISTENING) {
                    return url.trim_end_matches('/').to_owned();
                }
            }
            panic!("the server ended before it listened");
        };
        let url = tokio::time::timeout(Duration::from_secs(START_S), listening).await;
        let url = url.expect("the server starts in time");
        // what it prints later must not fill the pipe
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.life = Some(Life { process, url });
        within(START_S, "the server is ready", async || {
            let reply = Reply::of(self.http.get(self.url("/readyz"))).await.ok()?;
            (reply.status == 200).then_some(())
        })
        .await;
    }

    /// SIGKILL; returns when the process is gone.
    pub(crate) async fn kill(&mut self) {
        let mut life = self.life.take().expect("it lives");
        life.process.kill().await.unwrap();
    }

    /// SIGTERM; returns when the process has ended by itself and well.
    pub(crate) async fn stop(&mut self) {
        let mut life = self.life.take().expect("it lives");
        let id = life.process.id().expect("it lives").to_string();
        let told = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .unwrap();
        assert!(told.success());
        let ended = tokio::time::timeout(Duration::from_secs(START_S), life.process.wait()).await;
        let status = ended.expect("the server ends in time").unwrap();
        assert!(status.success(), "SIGTERM ended it with {status}");
    }

    /// Its folder of everything on disk.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.life.as_ref().expect("it lives").url)
    }

    /// A request without a key.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// A request with the API key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(API_KEY)
    }

    /// Asks the API; the answer may be a refusal.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Reply::of(request).await.unwrap()
    }

    /// `GET` that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await.expect(200).json()
    }

    /// `POST` that must succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let reply = self.ask(Method::POST, path, Some(body)).await;
        assert!(
            matches!(reply.status, 200 | 201),
            "{path}: {} {}",
            reply.status,
            reply.text
        );
        reply.json()
    }

    /// Asks a chart.
    pub(crate) async fn query(&self, query: &Value) -> Value {
        self.post("/api/v1/query", query).await["result"].clone()
    }

    /// Sends events to our own endpoint, each of which must be taken.
    pub(crate) async fn events(&self, events: &[Value]) {
        self.events_with(WRITE_KEY, events).await;
    }

    /// The same with a key of its own.
    pub(crate) async fn events_with(&self, key: &str, events: &[Value]) {
        let mut lines = String::new();
        for event in events {
            writeln!(lines, "{event}").unwrap();
        }
        let request = self
            .bare(Method::POST, "/v1/events")
            .bearer_auth(key)
            .body(lines);
        let reply = Reply::of(request.header(CONTENT_TYPE, "application/x-ndjson"))
            .await
            .unwrap();
        let results = reply.expect(200).json();
        let results = results["results"].as_object().unwrap();
        assert_eq!(results.len(), events.len());
        for (id, result) in results {
            assert_eq!(result["result"], "ok", "{id}: {result}");
        }
    }

    /// Everyone behind a cell, by user id, sorted; checks that the pages add up to the total.
    pub(crate) async fn people_behind(&self, cell: &str) -> (Vec<String>, u64) {
        let (mut people, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let page = json!({"cell": cell, "limit": 2, "cursor": cursor});
            let page = self.post("/api/v1/people/list", &page).await;
            for person in page["people"].as_array().unwrap() {
                people.push(person["external_id"].as_str().unwrap().to_owned());
            }
            cursor = page["next"].clone();
            if cursor.is_null() {
                assert_eq!(page["total"], people.len(), "{page}");
                people.sort_unstable();
                return (people, page["units"].as_u64().unwrap());
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", tail(&self.folder.path().join("server.log")));
        }
    }
}

fn tail(path: &Path) -> String {
    let log = std::fs::read(path).unwrap_or_default();
    let start = log.len().saturating_sub(LOG_TAIL_BYTES);
    String::from_utf8_lossy(&log[start..]).into_owned()
}
