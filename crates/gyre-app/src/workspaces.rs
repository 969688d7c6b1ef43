//! The workspace's settings, and the first start.

use gyre_base::{Clock, Secret, UserId, WeekStart, WorkspaceId, Zone};
use gyre_meta::{KeyKind, Meta, MetaError, Role, User, Workspace, WorkspaceChange};
use gyre_model::FieldError;

use crate::access::CanAdmin;
use crate::auth::{AuthError, hash_password, random_key, random_password};
use crate::keys::key_row;
use crate::{App, AppError, CanRead};

impl App {
    /// The workspace.
    pub async fn workspace_get(&self, access: &CanRead) -> Result<Workspace, AppError> {
        Ok(self.meta.workspace_get(access.workspace()).await?)
    }

    /// Changes settings of the workspace.
    pub async fn workspace_update(
        &self,
        access: &CanAdmin,
        mut change: WorkspaceChange,
    ) -> Result<Workspace, AppError> {
        if let Some(name) = &mut change.name {
            *name = name.trim().to_owned();
            check_name(name)?;
        }
        if let Some(zone) = &change.timezone {
            check_zone(zone)?;
        }
        if let Some(currency) = &change.currency {
            check_currency(currency)?;
        }
        let workspace = access.workspace();
        Ok(self.meta.workspace_update(workspace, &change).await?)
    }
}

fn check_name(name: &str) -> Result<(), FieldError> {
    if name.is_empty() || name.chars().count() > 200 {
        return Err(FieldError::new(
            "/name",
            "expected a name of 1 to 200 characters",
        ));
    }
    Ok(())
}

fn check_zone(zone: &str) -> Result<(), FieldError> {
    match Zone::parse(zone) {
        Some(_) => Ok(()),
        None => Err(FieldError::new(
            "/timezone",
            format!("`{zone}` is not a time zone"),
        )),
    }
}

fn check_currency(currency: &str) -> Result<(), FieldError> {
    if currency.len() == 3 && currency.bytes().all(|it| it.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(FieldError::new(
        "/currency",
        "expected a currency code such as KRW or USD",
    ))
}

/// What the first start makes. Secrets that are `None` are made up.
#[derive(Clone, Debug)]
pub struct BootstrapInput {
    /// Shown name of the workspace.
    pub workspace_name: String,
    /// IANA zone name.
    pub timezone: String,
    /// First day of weeks.
    pub week_start: WeekStart,
    /// ISO 4217 code.
    pub currency: String,
    /// Address of the first user.
    pub admin_email: String,
    /// Their password.
    pub admin_password: Option<Secret>,
    /// Key of the API; any text is accepted.
    pub api_key: Option<Secret>,
    /// Key of the collect endpoints; any text is accepted.
    pub write_key: Option<Secret>,
}

/// A secret and whether it was made up here, so that only such a one is printed.
#[derive(Clone, Debug)]
pub struct MadeSecret {
    /// The secret.
    pub secret: Secret,
    /// Made up here; else it was given.
    pub is_new: bool,
}

/// What the first start made.
#[derive(Clone, Debug)]
pub struct Bootstrapped {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Address of the first user.
    pub admin_email: String,
    /// Their password.
    pub admin_password: MadeSecret,
    /// Key of the API.
    pub api_key: MadeSecret,
    /// Key of the collect endpoints.
    pub write_key: MadeSecret,
}

/// Why the first start failed.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A setting is wrong.
    #[error("failed to make the first workspace: {0}")]
    Field(FieldError),
    /// A secret could not be made.
    #[error("failed to make the first secrets")]
    Secret(#[source] AuthError),
    /// The store failed.
    #[error("failed to store the first workspace")]
    Meta(#[source] MetaError),
}

/// Makes workspace, first user and keys in one transaction, if the instance has no workspace yet; else `None`.
pub async fn bootstrap(
    meta: &Meta,
    clock: &dyn Clock,
    input: BootstrapInput,
) -> Result<Option<Bootstrapped>, BootstrapError> {
    let stored = meta.workspaces_list().await.map_err(BootstrapError::Meta)?;
    if !stored.is_empty() {
        return Ok(None);
    }
    let name = input.workspace_name.trim().to_owned();
    check_name(&name).map_err(BootstrapError::Field)?;
    check_zone(&input.timezone).map_err(BootstrapError::Field)?;
    check_currency(&input.currency).map_err(BootstrapError::Field)?;
    let now = clock.now();
    let workspace = Workspace {
        id: WorkspaceId::random(),
        name,
        timezone: input.timezone,
        week_start: input.week_start,
        currency: input.currency,
        created_at: now,
    };
    let password = given_or(input.admin_password, random_password)?;
    let hashed = password.secret.clone();
    let hash = tokio::task::spawn_blocking(move || hash_password(&hashed)).await;
    let hash = hash.unwrap_or(Err(AuthError::Secret));
    let user = User {
        workspace: workspace.id,
        id: UserId::random(),
        email: input.admin_email.trim().to_lowercase(),
        name: input
            .admin_email
            .split('@')
            .next()
            .unwrap_or_default()
            .to_owned(),
        role: Role::Admin,
        password_hash: hash.map_err(BootstrapError::Secret)?,
        created_at: now,
    };
    let api_key = given_or(input.api_key, || random_key(KeyKind::Api))?;
    let write_key = given_or(input.write_key, || random_key(KeyKind::Write))?;
    let keys = [
        key_row(
            workspace.id,
            KeyKind::Api,
            "First API key",
            &api_key.secret,
            now,
        ),
        key_row(
            workspace.id,
            KeyKind::Write,
            "First write key",
            &write_key.secret,
            now,
        ),
    ];
    let made = meta.workspace_bootstrap(&workspace, &user, &keys).await;
    if !made.map_err(BootstrapError::Meta)? {
        return Ok(None); // another process was faster
    }
    Ok(Some(Bootstrapped {
        workspace: workspace.id,
        admin_email: user.email,
        admin_password: password,
        api_key,
        write_key,
    }))
}

fn given_or(
    given: Option<Secret>,
    make: impl FnOnce() -> Result<Secret, AuthError>,
) -> Result<MadeSecret, BootstrapError> {
    if let Some(secret) = given.filter(|it| !it.reveal().is_empty()) {
        return Ok(MadeSecret {
            secret,
            is_new: false,
        });
    }
    let secret = make().map_err(BootstrapError::Secret)?;
    Ok(MadeSecret {
        secret,
        is_new: true,
    })
}

#[cfg(test)]
mod tests {
    use gyre_base::Timestamp;
    use gyre_collect::KeyDirectory;
    use gyre_meta::MetaConfig;
    use gyre_testkit::VirtualClock;

    use super::*;
    use crate::keys::WriteKeys;

    fn input(api_key: Option<&str>) -> BootstrapInput {
        BootstrapInput {
            workspace_name: "Shop".to_owned(),
            timezone: "Asia/Seoul".to_owned(),
            week_start: WeekStart::Monday,
            currency: "KRW".to_owned(),
            admin_email: "admin@shop.test".to_owned(),
            admin_password: None,
            api_key: api_key.map(Secret::new),
            write_key: None,
        }
    }

    #[tokio::test]
    async fn the_first_start_makes_everything_once() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("meta.db").display());
        let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
        let clock = VirtualClock::at(Timestamp(1_772_323_200_000));
        let made = bootstrap(&meta, &clock, input(Some("given")))
            .await
            .unwrap()
            .unwrap();
        assert!(!made.api_key.is_new);
        assert!(made.write_key.is_new && made.admin_password.is_new);
        let directory = WriteKeys::new(meta.clone());
        let write_key = made.write_key.secret.reveal();
        assert_eq!(
            directory.write_key(write_key).await.unwrap(),
            Some(made.workspace)
        );
        assert_eq!(
            directory.write_key("given").await.unwrap(),
            None,
            "an API key"
        );
        assert_eq!(meta.users_list(made.workspace).await.unwrap().len(), 1);

        assert!(
            bootstrap(&meta, &clock, input(None))
                .await
                .unwrap()
                .is_none()
        );
        assert_eq!(meta.workspaces_list().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_wrong_setting_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("meta.db").display());
        let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
        let clock = VirtualClock::at(Timestamp(0));
        let wrong = BootstrapInput {
            timezone: "Asia/Soul".to_owned(),
            ..input(None)
        };
        let error = bootstrap(&meta, &clock, wrong).await.unwrap_err();
        assert!(error.to_string().contains("`Asia/Soul`"), "{error}");
        assert!(meta.workspaces_list().await.unwrap().is_empty());
    }
}
