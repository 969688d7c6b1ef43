//! The command: reads options, runs one subcommand, says how it went. Exit codes: 0 done, 1 failed, 2 wrong usage.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use gyre::bench_load::{self, BenchLoadArgs};
use gyre::import::{self, ImportArgs};
use gyre::offline::{self, ExportKind, OutputFormat};
use gyre::server::demo::Demo;
use gyre::server::{Node, NodeOptions};
use gyre::settings::{ServeArgs, Settings};
use gyre::system_clock::SystemClock;
use gyre_base::Clock;
use gyre_base::failure::error_chain;
use tracing_subscriber::EnvFilter;

/// Indexing makes and drops some forty small texts an event; the system's allocator took half of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Behaviour analytics and customer messaging in one loop
#[derive(Debug, Parser)]
#[command(name = "gyre", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Run it with a workspace of real data, simulated visitors and a built-in inbox
    Demo {
        #[command(flatten)]
        serve: ServeArgs,
        /// No simulated visitors, neither past nor live
        #[arg(long, env = "GYRE_NO_SIMULATOR")]
        no_simulator: bool,
    },
    /// Send files of events to a running server
    Import(ImportArgs),
    /// Answer the chart query in a file
    Query {
        /// The query as JSON
        file: PathBuf,
        /// Shape of the answer
        #[arg(long, value_enum, default_value = "table")]
        format: OutputFormat,
        #[command(flatten)]
        serve: ServeArgs,
    },
    /// Write events, people or a cohort as JSON lines
    Export {
        /// What to write
        #[arg(value_enum)]
        kind: ExportKind,
        /// Folder to write to
        #[arg(long)]
        to: PathBuf,
        /// Id of the cohort
        #[arg(long)]
        cohort: Option<String>,
        #[command(flatten)]
        serve: ServeArgs,
    },
    /// Verify log, segments and ledger
    Check(ServeArgs),
    /// Measure a running server
    #[command(hide = true)]
    BenchLoad(BenchLoadArgs),
}

/// A line for the person or program that started the command.
fn say(line: &str) {
    // whoever closed the other end does not want it
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "gyre: {line}");
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(it) => it,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            complain(&error_chain(&*error));
            ExitCode::from(1)
        }
    }
}

type Failed = Box<dyn std::error::Error>;

async fn run(command: Command) -> Result<ExitCode, Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match command {
        Command::Serve(args) => {
            let Some(settings) = settings(args, "gyre-data") else {
                return Ok(ExitCode::from(2));
            };
            serve(settings, clock).await?;
        }
        Command::Demo {
            serve,
            no_simulator,
        } => {
            let Some(settings) = settings(serve, "gyre-demo") else {
                return Ok(ExitCode::from(2));
            };
            demo(settings, !no_simulator, clock).await?;
        }
        Command::Import(args) => return import(args, clock).await,
        Command::Query {
            file,
            format,
            serve,
        } => {
            let Some(settings) = settings(serve, "gyre-data") else {
                return Ok(ExitCode::from(2));
            };
            say(offline::query(&settings, clock, &file, format)
                .await?
                .trim_end());
        }
        Command::Export {
            kind,
            to,
            cohort,
            serve,
        } => {
            let Some(settings) = settings(serve, "gyre-data") else {
                return Ok(ExitCode::from(2));
            };
            let (path, lines) =
                offline::export(&settings, clock, kind, cohort.as_deref(), &to).await?;
            say(&format!("{lines} lines: {}", path.display()));
        }
        Command::Check(args) => {
            let Some(settings) = settings(args, "gyre-data") else {
                return Ok(ExitCode::from(2));
            };
            let (lines, is_well) = offline::check(&settings, clock).await?;
            for line in &lines {
                say(line);
            }
            return Ok(ExitCode::from(u8::from(!is_well)));
        }
        Command::BenchLoad(args) => say(&bench_load::run(args, clock).await?.to_string()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings what is far away, then shows what would be sent or sends it; a wrong use is told.
async fn import(args: ImportArgs, clock: Arc<dyn Clock>) -> Result<ExitCode, Failed> {
    let done = async {
        let args = import::remote::bring(args, &clock).await?;
        if args.preview {
            say(&import::preview::show(&args)?);
            return Ok(0);
        }
        let report = import::run(args, clock, true).await?;
        say(&report.to_string());
        Ok(u8::from(report.failed_count > 0))
    };
    match done.await {
        Ok(code) => Ok(ExitCode::from(code)),
        Err(import::ImportError::Usage(what)) => {
            complain(&what);
            Ok(ExitCode::from(2))
        }
        Err(error) => Err(error.into()),
    }
}

/// Settings that mean something, with logging switched on; else the reason is told.
fn settings(args: ServeArgs, folder: &str) -> Option<Settings> {
    match Settings::resolve(args, Path::new(folder)) {
        Ok(settings) => {
            log_to_stderr(settings.log_json);
            Some(settings)
        }
        Err(error) => {
            complain(&error_chain(&error));
            None
        }
    }
}

fn log_to_stderr(as_json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,gyre=info,gyre_app=info,gyre_api=info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if as_json {
        builder.json().init();
    } else {
        builder.init();
    }
}

async fn serve(settings: Settings, clock: Arc<dyn Clock>) -> Result<(), Failed> {
    let ended = ended()?;
    let node = Node::start(&settings, NodeOptions::default(), clock).await?;
    if let Some(made) = &node.made {
        say("first start: these are shown once, keep them");
        say(&format!("  sign in    {}", made.admin_email));
        for (name, secret) in [
            ("password", &made.admin_password),
            ("api key", &made.api_key),
            ("write key", &made.write_key),
        ] {
            let shown = if secret.is_new {
                secret.secret.reveal()
            } else {
                "as given"
            };
            say(&format!("  {name:10} {shown}"));
        }
    }
    say(&format!("listening on http://{}", node.address));
    ended.await;
    node.stop().await?;
    Ok(())
}

async fn demo(
    settings: Settings,
    with_simulator: bool,
    clock: Arc<dyn Clock>,
) -> Result<(), Failed> {
    let ended = ended()?;
    let demo = Demo::start(settings, with_simulator, clock).await?;
    if let Some(loaded) = demo.loaded {
        say(&format!(
            "loaded {} real orders, {} made-up profiles, {} simulated events",
            loaded.orders, loaded.profiles, loaded.visit_events
        ));
    }
    say("");
    say(&format!("  console   {}", demo.node.public_url));
    say(&format!("  sign in   {}", demo.email));
    say(&format!("  password  {}", demo.password.reveal()));
    say(&format!(
        "  inbox     smtp://{} (mail is shown in the console)",
        demo.smtp
    ));
    say("");
    say(&format!("listening on http://{}", demo.node.address));
    ended.await;
    demo.stop().await?;
    Ok(())
}

/// Completes at SIGTERM or Ctrl-C.
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
