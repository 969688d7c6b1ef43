//! Settings: what was typed, in a file, in the environment or as options, and what it means.
//!
//! An option wins over the environment, the environment over the file, the file over the default. Each option
//! `--public-url` is `GYRE_PUBLIC_URL` in the environment and `public_url` in the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gyre_base::{DAY_MS, Secret};
use gyre_collect::TimeMode;
use serde::Deserialize;

/// Options of `gyre serve` and `gyre demo` as typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, env = "GYRE_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Folder of the log, the event segments and the database
    #[arg(long, env = "GYRE_DATA")]
    pub data: Option<PathBuf>,
    /// TOML file with the same settings
    #[arg(long, env = "GYRE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Roles of this process, comma-separated: collect,lake,query,engage,console
    #[arg(long, env = "GYRE_ROLES")]
    pub roles: Option<String>,
    /// Database of metadata: postgres://… (default: SQLite in the data folder)
    #[arg(long, env = "GYRE_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Where links and pixels in messages point to (default: the listen address)
    #[arg(long, env = "GYRE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// A proxy in front of this server sets X-Forwarded-For
    #[arg(long, env = "GYRE_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// File in MaxMind's format (.mmdb) that says where addresses are
    #[arg(long, env = "GYRE_GEOIP_DATABASE")]
    pub geoip_database: Option<PathBuf>,
    /// How the times of devices are derived: `robust`, `exact_segment` or `exact_amplitude` (default: `robust`)
    #[arg(long, env = "GYRE_TIME_MODE")]
    pub time_mode: Option<String>,
    /// Memory for decoded event columns, in MiB
    #[arg(long, env = "GYRE_CACHE_MB")]
    pub cache_mb: Option<usize>,
    /// Days for which what arrived is kept as it arrived
    #[arg(long, env = "GYRE_RAW_DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub raw_days: Option<u16>,
    /// Addresses of object storage beside Amazon's that imports may ask, comma-separated: `http://127.0.0.1:9000`
    #[arg(long, env = "GYRE_IMPORT_ENDPOINTS", value_delimiter = ',')]
    pub import_endpoints: Vec<String>,
    /// Log lines as JSON
    #[arg(long, env = "GYRE_LOG_JSON")]
    pub log_json: bool,
    /// E-mail address of the first user, used at the first start
    #[arg(long, env = "GYRE_EMAIL")]
    pub email: Option<String>,
    /// Password of the first user, used at the first start (default: made up and printed once)
    #[arg(long, env = "GYRE_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// API key of the first workspace, used at the first start
    #[arg(long, env = "GYRE_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// Write key of the first workspace, used at the first start
    #[arg(long, env = "GYRE_WRITE_KEY", hide_env_values = true)]
    pub write_key: Option<String>,
    /// Time zone of the first workspace, used at the first start
    #[arg(long, env = "GYRE_TIMEZONE")]
    pub timezone: Option<String>,
}

/// The file of settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSettings {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    roles: Option<String>,
    database: Option<String>,
    public_url: Option<String>,
    behind_proxy: Option<bool>,
    geoip_database: Option<PathBuf>,
    time_mode: Option<String>,
    cache_mb: Option<usize>,
    raw_days: Option<u16>,
    #[serde(default)]
    import_endpoints: Vec<String>,
    log_json: Option<bool>,
    email: Option<String>,
    password: Option<String>,
    api_key: Option<String>,
    write_key: Option<String>,
    timezone: Option<String>,
}

/// What the settings mean.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of everything on disk.
    pub data: PathBuf,
    /// Database URL.
    pub database: String,
    /// Where links point to; `None` is the address that is listened on.
    pub public_url: Option<String>,
    /// Whether the client's address is in X-Forwarded-For.
    pub is_behind_proxy: bool,
    /// Where addresses are, if that is to be known.
    pub geoip_database: Option<PathBuf>,
    /// How the times of devices are derived.
    pub time_mode: TimeMode,
    /// Decoded columns kept, in bytes.
    pub cache_bytes: usize,
    /// How long what arrived is kept as it arrived, in milliseconds.
    pub raw_ms: i64,
    /// Addresses of object storage beside Amazon's that imports may ask.
    pub import_endpoints: Vec<String>,
    /// Log lines as JSON.
    pub log_json: bool,
    /// First user.
    pub email: Option<String>,
    /// Their password.
    pub password: Option<Secret>,
    /// First API key.
    pub api_key: Option<Secret>,
    /// First write key.
    pub write_key: Option<Secret>,
    /// First workspace's zone.
    pub timezone: Option<String>,
}

/// Settings that mean nothing.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the settings file `{}` is wrong: {detail}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// Roles that cannot be split.
    #[error("roles are one process in this version: leave --roles out, or name all of {0}")]
    Roles(&'static str),
    /// A way of deriving times that there is not.
    #[error("time_mode is robust, exact_segment or exact_amplitude, not `{0}`")]
    TimeMode(String),
}

const ROLES: &str = "collect,lake,query,engage,console";

impl Settings {
    /// Puts options, environment, file and defaults together. `data` is the default folder.
    pub fn resolve(args: ServeArgs, data: &Path) -> Result<Self, SettingsError> {
        let file = args
            .config
            .as_deref()
            .map_or(Ok(FileSettings::default()), read_file)?;
        if let Some(roles) = args.roles.or(file.roles) {
            let mut named: Vec<&str> = roles.split(',').map(str::trim).collect();
            let mut all: Vec<&str> = ROLES.split(',').collect();
            named.sort_unstable();
            all.sort_unstable();
            if named != all {
                return Err(SettingsError::Roles(ROLES));
            }
        }
        let time_mode = match args.time_mode.or(file.time_mode) {
            None => TimeMode::default(),
            Some(name) => TimeMode::named(&name).ok_or(SettingsError::TimeMode(name))?,
        };
        let data = args.data.or(file.data).unwrap_or_else(|| data.to_owned());
        let sqlite = || format!("sqlite://{}", data.join("gyre.db").display());
        let url = args.public_url.or(file.public_url);
        Ok(Self {
            listen: args
                .listen
                .or(file.listen)
                .unwrap_or(([127, 0, 0, 1], 8080).into()),
            database: args.database.or(file.database).unwrap_or_else(sqlite),
            public_url: url.map(|it| it.trim_end_matches('/').to_owned()),
            is_behind_proxy: args.behind_proxy || file.behind_proxy.unwrap_or(false),
            geoip_database: args.geoip_database.or(file.geoip_database),
            time_mode,
            cache_bytes: args.cache_mb.or(file.cache_mb).unwrap_or(2_048) << 20,
            raw_ms: i64::from(args.raw_days.or(file.raw_days).unwrap_or(30)) * DAY_MS,
            import_endpoints: match args.import_endpoints {
                named if named.is_empty() => file.import_endpoints,
                named => named,
            },
            log_json: args.log_json || file.log_json.unwrap_or(false),
            email: args.email.or(file.email),
            password: args.password.or(file.password).map(Secret::new),
            api_key: args.api_key.or(file.api_key).map(Secret::new),
            write_key: args.write_key.or(file.write_key).map(Secret::new),
            timezone: args.timezone.or(file.timezone),
            data,
        })
    }
}

fn read_file(path: &Path) -> Result<FileSettings, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::File {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| SettingsError::Content {
        path: path.to_owned(),
        detail: error.message().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(args: ServeArgs) -> Result<Settings, SettingsError> {
        Settings::resolve(args, Path::new("data"))
    }

    #[test]
    fn an_option_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gyre.toml");
        std::fs::write(
            &path,
            "cache_mb = 64\nraw_days = 7\ndata = '/var/lib/gyre'\n",
        )
        .unwrap();
        let args = ServeArgs {
            config: Some(path),
            cache_mb: Some(32),
            ..ServeArgs::default()
        };
        let settings = resolve(args).unwrap();
        assert_eq!(settings.cache_bytes, 32 << 20);
        assert_eq!(settings.raw_ms, 7 * DAY_MS);
        assert_eq!(settings.database, "sqlite:///var/lib/gyre/gyre.db");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    }

    #[test]
    fn a_misspelt_key_of_the_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gyre.toml");
        std::fs::write(&path, "cashe_mb = 64\n").unwrap();
        let args = ServeArgs {
            config: Some(path),
            ..ServeArgs::default()
        };
        let error = resolve(args).unwrap_err().to_string();
        assert!(error.contains("cashe_mb"), "{error}");
    }

    #[test]
    fn a_way_of_deriving_times_is_one_of_three() {
        let mode = |name: &str| ServeArgs {
            time_mode: Some(name.to_owned()),
            ..ServeArgs::default()
        };
        assert_eq!(
            resolve(ServeArgs::default()).unwrap().time_mode,
            TimeMode::Robust
        );
        let settings = resolve(mode("exact_segment")).unwrap();
        assert_eq!(settings.time_mode, TimeMode::ExactSegment);
        let error = resolve(mode("segment")).unwrap_err().to_string();
        assert!(error.contains("`segment`"), "{error}");
    }

    #[test]
    fn all_roles_are_one_process() {
        let roles = |text: &str| ServeArgs {
            roles: Some(text.into()),
            ..ServeArgs::default()
        };
        assert!(resolve(roles("console,collect,lake,query,engage")).is_ok());
        assert!(resolve(roles("collect")).is_err());
    }
}
