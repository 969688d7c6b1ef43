//! A PostgreSQL server for one run: the one named by the environment, or a throw-away one from the installed package.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::{AssertSqlSafe, Connection, Executor};

const MISSING: &str = "no PostgreSQL server to test on: install it (apt-get install postgresql) or set GYRE_TEST_POSTGRES to an admin url";

/// A running server; a throw-away one stops when this is dropped.
pub(crate) struct Server {
    admin_url: String,
    local: Option<Local>,
}

struct Local {
    bin: PathBuf,
    data: PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn get() -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "the test's own switch")]
        let named = std::env::var("GYRE_TEST_POSTGRES").ok();
        match named.filter(|it| !it.is_empty()) {
            Some(admin_url) => Ok(Self {
                admin_url,
                local: None,
            }),
            None => start(),
        }
    }

    /// Makes a database and returns its url.
    pub(crate) async fn database(&self, name: &str) -> String {
        self.admin(&format!("create database {name}")).await;
        let (base, query) = match self.admin_url.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (self.admin_url.as_str(), String::new()),
        };
        let (server, _) = base.rsplit_once('/').expect("a url with a database");
        format!("{server}/{name}{query}")
    }

    pub(crate) async fn drop_database(&self, url: &str) {
        let path = url.split('?').next().unwrap();
        let (_, name) = path.rsplit_once('/').unwrap();
        self.admin(&format!("drop database {name} with (force)"))
            .await;
    }

    async fn admin(&self, statement: &str) {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&self.admin_url).await.unwrap();
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        connection.execute(statement).await.unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(local) = &self.local {
            let mut stop = local.command("pg_ctl");
            stop.args(["stop", "--mode=immediate", "-D"])
                .arg(&local.data);
            let _ = stop.stdout(Stdio::null()).status();
        }
    }
}

impl Local {
    /// A server's program, as a user who may run it: PostgreSQL refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|it| it.stdout.trim_ascii() == b"0")
}

/// The newest installed version's folder of programs.
fn find_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|it| it.ok().map(|it| it.path().join("bin")))
        .filter(|it| it.join("initdb").is_file())
        .max_by_key(|it| {
            let version = it.parent().and_then(Path::file_name);
            version.and_then(|it| it.to_str()?.parse::<u32>().ok())
        })
}

fn run(mut command: Command, what: &str) -> Result<(), String> {
    let output = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .current_dir("/")
        .output()
        .map_err(|why| format!("failed to run {what}: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{what} failed: {errors}"))
}

fn start() -> Result<Server, String> {
    let bin = find_bin().ok_or(MISSING)?;
    let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
    let home = folder.path().to_owned();
    let local = Local {
        bin,
        data: home.join("data"),
        _folder: folder,
    };
    if is_root() {
        let mut chown = Command::new("chown");
        chown.arg("postgres").arg(&home);
        run(chown, "chown")?;
    }
    let mut initdb = local.command("initdb");
    initdb
        .args(["--no-sync", "--auth=trust", "--username=postgres"])
        .args(["--encoding=UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&local.data);
    run(initdb, "initdb")?;
    // a socket in the folder of this run: no port to collide with
    let options = format!(
        "-c listen_addresses='' -c unix_socket_directories={} -c fsync=off -c max_connections=50",
        home.display()
    );
    let mut pg_ctl = local.command("pg_ctl");
    pg_ctl
        .args(["start", "--wait", "--silent", "-o", &options, "-l"])
        .arg(home.join("log"))
        .arg("-D")
        .arg(&local.data);
    let socket = home.display().to_string().replace('/', "%2F");
    let server = Server {
        admin_url: format!("postgres://postgres@{socket}/postgres"),
        local: Some(local),
    };
    // stderr of pg_ctl is inherited by the server: waiting for its end would wait for the server's
    let status = pg_ctl
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .status();
    match status {
        Ok(status) if status.success() => Ok(server),
        _ => {
            let log = std::fs::read_to_string(home.join("log")).unwrap_or_default();
            Err(format!("pg_ctl failed: {log}"))
        }
    }
}
