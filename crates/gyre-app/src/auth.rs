//! Authentication: passwords, sessions and keys in; proofs of access out.

mod password;
mod throttle;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

use gyre_base::{Blame, Clock, DAY_MS, Failure, Retry, Secret, Timestamp};
use gyre_meta::{KeyKind, Meta, MetaError, Role, Session, User};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::access::Access;

pub(crate) use password::hash_password;
use password::{UNKNOWN_USER_HASH, verify_password};
use throttle::Throttle;
pub use token::same_secret;
pub(crate) use token::{hash_of_token, random_key, random_password, random_token};

/// How long a session lasts without use.
pub const SESSION_MS: i64 = 14 * DAY_MS;
/// A session's end is moved at most this often, so that reading costs no write.
const EXTEND_MS: i64 = DAY_MS;
/// Passwords hashed at once: each takes 19 MB and some 30 ms of one core.
const HASHES_AT_ONCE: usize = 4;
/// Longest password looked at: hashing reads all of it.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No such user, or another password: which of them is not told.
    #[error("the address or the password is wrong")]
    InvalidCredentials,
    /// Too many failures for this address from this client.
    #[error("too many attempts to sign in; try again in {} s", .retry_after_ms.div_euclid(1_000) + 1)]
    TooManyAttempts {
        /// When to try again, in milliseconds.
        retry_after_ms: i64,
    },
    /// The operating system gave no random numbers, or hashing failed.
    #[error("failed to make a secret")]
    Secret,
    /// The store failed.
    #[error("failed to look up who asks")]
    Meta(#[from] MetaError),
}

impl Failure for AuthError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid-credentials",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::Secret => "no-secret",
            Self::Meta(it) => it.code(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::TooManyAttempts { retry_after_ms } => Retry::AfterMs(*retry_after_ms),
            Self::InvalidCredentials | Self::Secret => Retry::Never,
            Self::Meta(it) => it.retry(),
        }
    }

    fn blame(&self) -> Blame {
        match self {
            Self::InvalidCredentials | Self::TooManyAttempts { .. } => Blame::Caller,
            Self::Secret => Blame::Us,
            Self::Meta(it) => it.blame(),
        }
    }
}

/// A session that was found or just begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Token that changing requests must repeat.
    pub csrf: String,
    /// When it ends without use.
    pub expires_at: Timestamp,
    /// What they may do.
    pub access: Access,
}

/// Lets people and keys in. Clones share the memory of failures.
#[derive(Clone, Debug)]
pub struct Auth {
    meta: Meta,
    clock: Arc<dyn Clock>,
    throttle: Arc<Mutex<Throttle>>,
    hashing: Arc<Semaphore>,
}

impl Auth {
    /// Authentication against this store.
    pub fn new(meta: Meta, clock: Arc<dyn Clock>) -> Self {
        Self {
            meta,
            clock,
            throttle: Arc::default(),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
        }
    }

    /// Begins a session; the token goes into the cookie and is kept nowhere else.
    ///
    /// Takes as long for an unknown address as for a wrong password.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &Secret,
        ip: Option<IpAddr>,
    ) -> Result<(Secret, SignedIn), AuthError> {
        let now = self.clock.now();
        let email = email.trim().to_lowercase();
        // counted as a failure before it is looked at, so that attempts side by side are counted too
        let attempt = self.throttle.lock().attempt(&email, ip, now);
        attempt.map_err(|retry_after_ms| AuthError::TooManyAttempts { retry_after_ms })?;
        let user = self.meta.user_by_email(&email).await?;
        let hash = user
            .as_ref()
            .map_or(UNKNOWN_USER_HASH, |it| &it.password_hash);
        let is_right = self.verify(password, hash).await?;
        let Some(user) = user.filter(|_| is_right) else {
            return Err(AuthError::InvalidCredentials);
        };
        self.throttle.lock().forget(&email, ip);
        let (token, csrf) = (random_token()?, random_token()?);
        let session = Session {
            token_hash: hash_of_token(token.reveal()),
            workspace: user.workspace,
            user: user.id,
            csrf: csrf.reveal().to_owned(),
            created_at: now,
            expires_at: now.plus_ms(SESSION_MS),
        };
        self.meta.session_create(&session).await?;
        self.meta.sessions_delete_expired(now).await?; // signing in is rare, so the sweep is
        Ok((token, signed_in(user, session.csrf, session.expires_at)))
    }

    async fn verify(&self, password: &Secret, hash: &str) -> Result<bool, AuthError> {
        if password.reveal().len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let permit = Arc::clone(&self.hashing).acquire_owned().await;
        let permit = permit.map_err(|_| AuthError::Secret)?;
        let (password, hash) = (password.clone(), hash.to_owned());
        let verified = tokio::task::spawn_blocking(move || {
            let is_right = verify_password(&password, &hash);
            drop(permit);
            is_right
        });
        verified.await.map_err(|_| AuthError::Secret)
    }

    /// The session of a cookie; `None` if there is none or it has ended. Using a session moves its end.
    pub async fn session(&self, token: &str) -> Result<Option<SignedIn>, AuthError> {
        let now = self.clock.now();
        let hash = hash_of_token(token);
        let Some(session) = self.meta.session_get(&hash, now).await? else {
            return Ok(None);
        };
        let user = self.meta.user_get(session.workspace, session.user).await?;
        let mut expires_at = session.expires_at;
        if now.plus_ms(SESSION_MS).since(expires_at) >= EXTEND_MS {
            expires_at = now.plus_ms(SESSION_MS);
            self.meta.session_extend(&hash, expires_at).await?;
        }
        Ok(Some(signed_in(user, session.csrf, expires_at)))
    }

    /// Ends the session of a cookie.
    pub async fn sign_out(&self, token: &str) -> Result<(), AuthError> {
        Ok(self.meta.session_delete(&hash_of_token(token)).await?)
    }

    /// Access of an API key; `None` if there is no such key, it was revoked, or it is a write key.
    pub async fn api_key(&self, key: &str) -> Result<Option<Access>, AuthError> {
        let found = self.meta.key_by_hash(&hash_of_token(key)).await?;
        let api = found.filter(|it| it.kind == KeyKind::Api);
        // a key stands for automation: it may do what its maker, an administrator, may
        Ok(api.map(|it| Access::new(it.workspace, None, Role::Admin)))
    }
}

fn signed_in(user: User, csrf: String, expires_at: Timestamp) -> SignedIn {
    let access = Access::new(user.workspace, Some(user.id), user.role);
    SignedIn {
        user,
        csrf,
        expires_at,
        access,
    }
}

#[cfg(test)]
mod tests;
