//! `gyre import`: files of events, sent over HTTP to a running server.
//!
//! Reads lines of JSON and CSV tables, plain or compressed (`.gz`, `.zst`). Running it again is harmless: every event
//! has an insert id, a row without one gets one made of the file's name, the row's number and its content.

mod ndjson;
mod source;
mod table;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use gyre_base::{Blame, Clock, Failure, Retry, Secret};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use crate::client::{ClientError, GyreClient};
use crate::sender::Sender;
use table::TableMap;

/// Problems shown in full; all are counted.
const PROBLEMS_SHOWN_MAX: usize = 20;
/// Chunks of rows that wait between the reader and the sender.
const CHUNKS_WAITING_MAX: usize = 4;
/// Rows in one chunk.
const CHUNK_ROWS: usize = 1_000;

/// Arguments of `gyre import`.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// What the files are: ndjson or csv
    #[arg(long, env = "GYRE_FORMAT")]
    pub format: Format,
    /// Address of the running server
    #[arg(long, env = "GYRE_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Write key of the workspace
    #[arg(long, env = "GYRE_WRITE_KEY", hide_env_values = true)]
    pub write_key: String,
    /// Which column is what, as JSON (for csv)
    #[arg(long, env = "GYRE_MAP", required_if_eq("format", "csv"))]
    pub map: Option<PathBuf>,
    /// Files to read, in order
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line, as `POST /v1/events` takes them.
    Ndjson,
    /// A table with a header row; needs `--map`.
    Csv,
}

/// Kinds of files that other tools write and this version does not read.
const LATER_FORMATS: &[&str] = &["amplitude", "segment", "parquet", "mixpanel", "posthog"];

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            "csv" => Ok(Self::Csv),
            other if LATER_FORMATS.contains(&other) => Err(format!(
                "`{other}` is not available in this version; convert the file to ndjson or csv"
            )),
            _ => Err("expected ndjson or csv".to_owned()),
        }
    }
}

/// Why an import could not run at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// CSV without `--map`, or `--map` without CSV.
    #[error("{0}")]
    Usage(&'static str),
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A mapping that is no mapping.
    #[error("the map `{}` is wrong: {detail}", path.display())]
    Map {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The header lacks a column that the map names.
    #[error("`{}` has no column `{column}`, which the map names", path.display())]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: String,
    },
    /// The server did not take it.
    #[error("cannot send events")]
    Send(#[source] ClientError),
}

impl Failure for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "wrong-usage",
            Self::File { .. } => "unreadable-file",
            Self::Map { .. } => "bad-import-map",
            Self::Column { .. } => "missing-column",
            Self::Send(_) => "import-not-sent",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Send(error) => error.retry(),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Send(error) => error.blame(),
            _ => Blame::Caller,
        }
    }
}

/// A row that was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the file.
    pub file: String,
    /// Line of the file, counted from 1.
    pub row: u64,
    /// What is wrong, with the column if it is about one.
    pub detail: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Events on the server's disk.
    pub sent_count: u64,
    /// Rows that failed.
    pub failed_count: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
}

impl ImportReport {
    fn add(&mut self, problem: Problem) {
        self.failed_count += 1;
        if self.problems.len() < PROBLEMS_SHOWN_MAX {
            self.problems.push(problem);
        }
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in &self.problems {
            writeln!(f, "{}:{}: {}", it.file, it.row, it.detail)?;
        }
        let shown = self.problems.len() as u64;
        if self.failed_count > shown {
            writeln!(f, "… and {} more", self.failed_count - shown)?;
        }
        writeln!(
            f,
            "{} events sent, {} rows failed",
            self.sent_count, self.failed_count
        )
    }
}

/// One row as its reader hands it on.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    /// An event as a line of JSON.
    Event {
        row: u64,
        insert_id: String,
        line: Vec<u8>,
    },
    /// A row that is none.
    Bad { row: u64, detail: String },
}

/// How the rows of a file are understood.
#[derive(Clone, Debug)]
enum Reading {
    Lines,
    Table(Arc<TableMap>),
}

/// Imports the files; the report says which rows failed, the error that nothing could be done at all.
pub async fn run(
    args: ImportArgs,
    clock: Arc<dyn Clock>,
    with_progress: bool,
) -> Result<ImportReport, ImportError> {
    let reading = match (args.format, &args.map) {
        (Format::Ndjson, None) => Reading::Lines,
        (Format::Ndjson, Some(_)) => {
            return Err(ImportError::Usage("--map is for --format csv only"));
        }
        (Format::Csv, None) => {
            return Err(ImportError::Usage("--format csv needs --map FILE"));
        }
        (Format::Csv, Some(path)) => Reading::Table(Arc::new(TableMap::open(path)?)),
    };
    let client = GyreClient::new(&args.url, Secret::new(args.write_key), clock);
    let client = client.map_err(ImportError::Send)?;
    let bar = progress_bar(source::total_bytes(&args.files)?, with_progress);
    let mut report = ImportReport::default();
    for path in args.files {
        bar.set_message(source::name_of(&path));
        import_file(&client, path, reading.clone(), &bar, &mut report).await?;
    }
    bar.finish_and_clear();
    Ok(report)
}

async fn import_file(
    client: &GyreClient,
    path: PathBuf,
    reading: Reading,
    bar: &ProgressBar,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let file = source::name_of(&path);
    let (tx, mut rx) = mpsc::channel::<Vec<Row>>(CHUNKS_WAITING_MAX);
    let reader = {
        let bar = bar.clone();
        tokio::task::spawn_blocking(move || read_file(&path, &reading, &bar, &tx))
    };
    let mut sender = Sender::new(client.clone());
    while let Some(chunk) = rx.recv().await {
        for row in chunk {
            match row {
                Row::Event {
                    row,
                    insert_id,
                    line,
                } => {
                    let pushed = sender.push(row, insert_id, &line).await;
                    pushed.map_err(ImportError::Send)?;
                }
                Row::Bad { row, detail } => report.add(Problem {
                    file: file.clone(),
                    row,
                    detail,
                }),
            }
        }
    }
    let sent = sender.finish().await.map_err(ImportError::Send)?;
    report.sent_count += sent.sent;
    for it in sent.refused {
        report.add(Problem {
            file: file.clone(),
            row: it.row,
            detail: format!("refused by the server: {}", it.reason),
        });
    }
    match reader.await {
        Ok(read) => read,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Gathers rows into chunks for the sender.
struct Outlet<'a> {
    chunk: Vec<Row>,
    tx: &'a mpsc::Sender<Vec<Row>>,
}

impl Outlet<'_> {
    /// Hands a row on; false when nobody listens any more.
    fn put(&mut self, row: Row) -> bool {
        self.chunk.push(row);
        self.chunk.len() < CHUNK_ROWS || self.flush()
    }

    fn flush(&mut self) -> bool {
        let chunk = std::mem::take(&mut self.chunk);
        chunk.is_empty() || self.tx.blocking_send(chunk).is_ok()
    }
}

fn read_file(
    path: &Path,
    reading: &Reading,
    bar: &ProgressBar,
    tx: &mpsc::Sender<Vec<Row>>,
) -> Result<(), ImportError> {
    let name = source::name_of(path);
    let fail = |source| ImportError::File {
        path: path.to_path_buf(),
        source,
    };
    let input = source::open(path, bar).map_err(fail)?;
    let mut outlet = Outlet {
        chunk: Vec::new(),
        tx,
    };
    match reading {
        Reading::Lines => ndjson::read(input, &name, &mut |row| outlet.put(row)).map_err(fail)?,
        Reading::Table(map) => map.read(input, path, &mut |row| outlet.put(row))?,
    }
    outlet.flush();
    Ok(())
}

/// The insert id of a row that has none.
fn made_insert_id(file: &str, row: u64, content: &[u8]) -> String {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(content);
    format!("{file}:{row}:{}", hex::encode(&hash[..8]))
}

fn progress_bar(bytes: u64, visible: bool) -> ProgressBar {
    let target = if visible {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(bytes), target);
    let style = ProgressStyle::with_template(
        "{msg}  {bar:30}  {bytes} of {total_bytes}  {bytes_per_sec}  {eta}",
    );
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests;
