//! `gyre import`: files of events and people, sent over HTTP to a running server.
//!
//! What the files are is read by `gyre-import`; here is the way from a path to a server: progress, going on after an
//! interruption, rows that failed. Running an import again is harmless: every event has an insert id.

mod checkpoint;
pub mod preview;
mod rejects;
pub mod remote;

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use gyre_app::imports::ObjectError;
use gyre_base::{Blame, Clock, Failure, Retry, Secret};
use gyre_import::{
    Fault, Format, ImportFailure, ImportFile, ImportOptions, Meter, Place, Row, RowKind, TableMap,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use crate::client::{ClientError, GyreClient};
use crate::sender::{Refusal, Sender};
use checkpoint::Checkpoint;
use rejects::Rejects;
use remote::S3Args;

/// Problems shown in full; all are counted.
const PROBLEMS_SHOWN_MAX: usize = 20;
/// Chunks of rows that wait between the reader and the sender.
const CHUNKS_WAITING_MAX: usize = 4;
/// Rows in one chunk.
const CHUNK_ROWS: usize = 1_000;

/// Arguments of `gyre import`.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// What the files are: auto, ndjson, csv, parquet, amplitude, segment, mixpanel or posthog
    #[arg(long, env = "GYRE_FORMAT", default_value = "auto")]
    pub format: Format,
    /// What the rows are: things that people did, or people with properties
    #[arg(long, env = "GYRE_KIND", value_enum, default_value = "events")]
    pub kind: Kind,
    /// Address of the running server
    #[arg(long, env = "GYRE_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Write key of the workspace
    #[arg(
        long,
        env = "GYRE_WRITE_KEY",
        hide_env_values = true,
        required_unless_present = "preview"
    )]
    pub write_key: Option<String>,
    /// Which column is what, as JSON (for csv and parquet; for ndjson of other fields than ours)
    #[arg(long, env = "GYRE_MAP")]
    pub map: Option<PathBuf>,
    /// Show the first events and what is wrong, propose a map if there is none; send nothing
    #[arg(long, env = "GYRE_PREVIEW")]
    pub preview: bool,
    /// Events that a preview shows
    #[arg(long, env = "GYRE_ROWS", default_value = "5")]
    pub rows: usize,
    /// Folder of the state of interrupted imports (default: beside each file)
    #[arg(long, env = "GYRE_STATE")]
    pub state: Option<PathBuf>,
    /// Begin at the first row even if an earlier import was interrupted
    #[arg(long, env = "GYRE_RESTART")]
    pub restart: bool,
    /// Write every row that failed to this file, as lines of JSON
    #[arg(long, env = "GYRE_REJECTS")]
    pub rejects: Option<PathBuf>,
    /// How object storage is asked
    #[command(flatten)]
    pub s3: S3Args,
    /// Files to read, in order; `s3://bucket/key` or `s3://bucket/prefix/` as well
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// What the rows of the files are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Things that people did.
    #[default]
    Events,
    /// People with properties.
    Profiles,
}

impl Kind {
    fn of_rows(self) -> RowKind {
        match self {
            Self::Events => RowKind::Events,
            Self::Profiles => RowKind::Profiles,
        }
    }
}

/// Why an import could not run at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Options that do not go together.
    #[error("{0}")]
    Usage(String),
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write `{}`", path.display())]
    Unwritable {
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
    /// A file whose content cannot be imported.
    #[error("cannot import `{}`", path.display())]
    Input {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: ImportFailure,
    },
    /// Object storage gave nothing.
    #[error("cannot read from object storage")]
    Objects(#[source] ObjectError),
    /// The server did not take it.
    #[error("cannot send events")]
    Send(#[source] ClientError),
}

impl Failure for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "wrong-usage",
            Self::File { .. } => "unreadable-file",
            Self::Unwritable { .. } => "unwritable-file",
            Self::Map { .. } => "bad-import-map",
            Self::Input { source, .. } => source.code(),
            Self::Objects(it) => it.code(),
            Self::Send(_) => "import-not-sent",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Objects(error) => error.retry(),
            Self::Send(error) => error.retry(),
            _ => Retry::Never,
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::Objects(error) => error.blame(),
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
    /// Where in the file.
    pub place: Place,
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
    /// Rows that an earlier, interrupted import had done.
    pub resumed_count: u64,
    /// The first rows that failed.
    pub problems: Vec<Problem>,
    /// What else a person should know: what a file was taken for, where an import went on.
    pub notes: Vec<String>,
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
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        for it in &self.problems {
            writeln!(f, "{}:{}: {}", it.file, it.place, it.detail)?;
        }
        let shown = self.problems.len() as u64;
        if self.failed_count > shown {
            writeln!(f, "… and {} more", self.failed_count - shown)?;
        }
        let (sent, failed) = (self.sent_count, self.failed_count);
        writeln!(f, "{sent} events sent, {failed} rows failed")
    }
}

/// The file's name without its folders.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> ImportError {
    let path = path.to_path_buf();
    move |source| ImportError::File { path, source }
}

/// Checks what can be checked before a file is opened; the map's text and the map.
fn read_map(args: &ImportArgs) -> Result<Option<(String, TableMap)>, ImportError> {
    let format = args.format.name();
    let Some(path) = &args.map else {
        if matches!(args.format, Format::Csv | Format::Parquet) && !args.preview {
            let what = format!("--format {format} needs --map FILE; --preview proposes one");
            return Err(ImportError::Usage(what));
        }
        return Ok(None);
    };
    if matches!(args.format, Format::Tool(_)) {
        let what = format!("--map is not for --format {format}, whose fields are known");
        return Err(ImportError::Usage(what));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
    match TableMap::parse(&text, args.kind.of_rows()) {
        Ok(map) => Ok(Some((text, map))),
        Err(detail) => Err(ImportError::Map {
            path: path.clone(),
            detail,
        }),
    }
}

/// How one of the files is to be read.
fn options_of(
    args: &ImportArgs,
    path: &Path,
    map: Option<TableMap>,
) -> Result<ImportOptions, ImportError> {
    let kind = args.kind.of_rows();
    let content = match kind {
        RowKind::Events => String::new(),
        RowKind::Profiles | RowKind::Lookup => {
            let file = File::open(path).map_err(unreadable(path))?;
            gyre_import::content_hash(file).map_err(unreadable(path))?
        }
    };
    Ok(ImportOptions {
        file: name_of(path),
        format: args.format,
        kind,
        map,
        skip: 0,
        content,
    })
}

/// Imports the files; the report says which rows failed, the error that nothing could be done at all.
///
/// After an error the next run over the same files goes on where this one stopped.
pub async fn run(
    args: ImportArgs,
    clock: Arc<dyn Clock>,
    with_progress: bool,
) -> Result<ImportReport, ImportError> {
    let map = read_map(&args)?;
    let write_key = args.write_key.clone().unwrap_or_default();
    let client = GyreClient::new(&args.url, Secret::new(write_key), clock);
    let client = client.map_err(ImportError::Send)?;
    let mut bytes = 0;
    for path in &args.files {
        bytes += std::fs::metadata(path).map_err(unreadable(path))?.len();
    }
    let mut report = ImportReport::default();
    let mut checkpoints = Vec::with_capacity(args.files.len());
    for path in &args.files {
        let map_text = map.as_ref().map_or("", |it| it.0.as_str());
        checkpoints.push(Checkpoint::open(&args, path, map_text)?);
    }
    let rejects = Rejects::open(args.rejects.as_deref(), &checkpoints)?;
    let mut run = Run {
        client,
        args: &args,
        map: map.map(|it| it.1),
        bar: progress_bar(bytes, with_progress),
        rejects,
        report: &mut report,
    };
    for (path, checkpoint) in args.files.iter().zip(&mut checkpoints) {
        run.file(path, checkpoint).await?;
    }
    run.bar.finish_and_clear();
    run.rejects.finish()?;
    for checkpoint in checkpoints {
        checkpoint.remove()?;
    }
    Ok(report)
}

/// One import under way.
struct Run<'a> {
    client: GyreClient,
    args: &'a ImportArgs,
    map: Option<TableMap>,
    bar: ProgressBar,
    rejects: Rejects,
    report: &'a mut ImportReport,
}

impl Run<'_> {
    async fn file(&mut self, path: &Path, checkpoint: &mut Checkpoint) -> Result<(), ImportError> {
        let name = name_of(path);
        self.bar.set_message(name.clone());
        let before = self.bar.position();
        let bytes = std::fs::metadata(path).map_err(unreadable(path))?.len();
        if checkpoint.rows() > 0 {
            let rows = checkpoint.rows();
            self.report.resumed_count += rows;
            let note = format!("{name}: the first {rows} rows were done by an interrupted import");
            self.report.notes.push(note);
        }
        if !checkpoint.is_done() {
            let mut options = options_of(self.args, path, self.map.clone())?;
            options.skip = checkpoint.rows();
            self.rows(path, options, checkpoint, before).await?;
        }
        self.bar.set_position(before + bytes);
        checkpoint.done(self.report)
    }

    async fn rows(
        &mut self,
        path: &Path,
        options: ImportOptions,
        checkpoint: &mut Checkpoint,
        before: u64,
    ) -> Result<(), ImportError> {
        let meter = Meter::default();
        let file = File::open(path).map_err(unreadable(path))?;
        let failed = |source| ImportError::Input {
            path: path.to_path_buf(),
            source,
        };
        let is_told = options.format != Format::Auto;
        let input = ImportFile::open(file, meter.clone(), options).map_err(failed)?;
        if !is_told {
            let note = format!("{}: read as {}", name_of(path), input.format());
            self.report.notes.push(note);
        }
        let (tx, mut rx) = mpsc::channel::<Vec<Row>>(CHUNKS_WAITING_MAX);
        let reader = tokio::task::spawn_blocking(move || read(input, &tx));
        let mut sender = Sender::new(self.client.clone());
        while let Some(chunk) = rx.recv().await {
            for row in chunk {
                self.row(path, row, &mut sender).await?;
            }
            self.bar.set_position(before + meter.bytes());
            for refusal in sender.take_refused() {
                self.refused(path, refusal)?;
            }
            // what is said to be done must not be missing among the rejects
            self.rejects.flush()?;
            checkpoint.save(sender.acknowledged(), self.report)?;
        }
        let sent = sender.finish().await.map_err(ImportError::Send)?;
        self.report.sent_count += sent.sent;
        for refusal in sent.refused {
            self.refused(path, refusal)?;
        }
        self.rejects.flush()?;
        match reader.await {
            Ok(read) => read.map_err(failed),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn row(&mut self, path: &Path, row: Row, sender: &mut Sender) -> Result<(), ImportError> {
        match row {
            Row::Event {
                place,
                insert_id,
                line,
            } => {
                let pushed = sender.push(place, insert_id, &line).await;
                pushed.map_err(ImportError::Send)
            }
            Row::Bad { place, fault, raw } => self.failed(path, place, &fault, &raw),
        }
    }

    fn refused(&mut self, path: &Path, refusal: Refusal) -> Result<(), ImportError> {
        let fault = Fault::row(format!("refused by the server: {}", refusal.reason));
        let line = String::from_utf8_lossy(&refusal.line);
        self.failed(path, refusal.place, &fault, &line)
    }

    fn failed(
        &mut self,
        path: &Path,
        place: Place,
        fault: &Fault,
        raw: &str,
    ) -> Result<(), ImportError> {
        self.rejects.write(path, &place, fault, raw)?;
        self.report.add(Problem {
            file: name_of(path),
            place,
            detail: fault.to_string(),
        });
        Ok(())
    }
}

/// Reads a file and sends its rows on in chunks, until it ends or nobody listens any more.
fn read(input: ImportFile<File>, tx: &mpsc::Sender<Vec<Row>>) -> Result<(), ImportFailure> {
    let mut chunk = Vec::with_capacity(CHUNK_ROWS);
    let read = input.read(&mut |row| {
        chunk.push(row);
        if chunk.len() < CHUNK_ROWS {
            return true;
        }
        let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_ROWS));
        tx.blocking_send(full).is_ok()
    });
    // what was read before a failure is sent all the same
    let _ = tx.blocking_send(chunk);
    read
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
