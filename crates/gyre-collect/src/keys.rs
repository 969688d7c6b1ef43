//! Which workspace a write key belongs to, remembered for a while.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use gyre_base::limits::{WRITE_KEY_BYTES_MAX, WRITE_KEYS_CACHED_MAX};
use gyre_base::{Blame, Failure, MINUTE_MS, Retry, SECOND_MS, Secret, Timestamp, WorkspaceId};
use parking_lot::Mutex;
use thiserror::Error;

/// Where write keys are kept.
#[async_trait]
pub trait KeyDirectory: Debug + Send + Sync + 'static {
    /// The workspace of a key; `None` if there is no such key or it was revoked.
    async fn write_key(&self, key: &str) -> Result<Option<WorkspaceId>, KeyDirectoryError>;

    /// What stands behind a key or a source's secret; a directory of nothing but keys need not say more.
    async fn owner(&self, key: &str) -> Result<Option<KeyOwner>, KeyDirectoryError> {
        let workspace = self.write_key(key).await?;
        Ok(workspace.map(|workspace| KeyOwner {
            workspace,
            source: None,
            webhook: None,
        }))
    }
}

/// What stands behind a write key or a source's secret; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// Whose events these are.
    pub workspace: WorkspaceId,
    /// Id of the key or the source.
    pub source: Option<Arc<str>>,
    /// How payloads are taken, if this is a webhook or postback source; a write key is no such thing.
    pub webhook: Option<Arc<WebhookDoor>>,
}

/// How payloads of other systems are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDoor {
    /// Version of the map that they are read by.
    pub map_version: u64,
    /// Secret that they must be signed with.
    pub signing: Option<Secret>,
}

/// The directory could not be asked.
#[derive(Debug, Error)]
#[error("failed to look up a write key")]
pub struct KeyDirectoryError(#[source] Box<dyn Error + Send + Sync>);

impl KeyDirectoryError {
    /// Wraps what the directory's store said.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl Failure for KeyDirectoryError {
    fn code(&self) -> &'static str {
        "key-directory-unavailable"
    }

    fn retry(&self) -> Retry {
        Retry::AfterMs(SECOND_MS)
    }

    fn blame(&self) -> Blame {
        Blame::Upstream
    }
}

/// A good key is asked for again after this long; a revoked one is refused no later.
const GOOD_MS: i64 = 5 * MINUTE_MS;
/// A bad key is asked for again after this long: someone may just be making it.
const BAD_MS: i64 = 30 * SECOND_MS;

/// Verdicts remembered in front of a directory.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    verdicts: Mutex<Verdicts>,
}

#[derive(Debug, Default)]
struct Verdicts {
    /// Kept when stale: they let a known sender in while the directory is down.
    good: HashMap<String, (KeyOwner, Timestamp)>,
    bad: HashMap<String, Timestamp>,
}

impl KeyCache {
    /// What stands behind a key, from memory if that is fresh, else from the directory.
    ///
    /// Errors: only when the directory fails and the key was never known to be good.
    pub(crate) async fn owner(
        &self,
        directory: &dyn KeyDirectory,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KeyOwner>, KeyDirectoryError> {
        if key.is_empty() || key.len() > WRITE_KEY_BYTES_MAX {
            return Ok(None);
        }
        let stale = {
            let verdicts = self.verdicts.lock();
            let good = verdicts.good.get(key).cloned();
            if let Some((owner, until)) = &good
                && now < *until
            {
                return Ok(Some(owner.clone()));
            }
            if verdicts.bad.get(key).is_some_and(|until| now < *until) {
                return Ok(None);
            }
            good.map(|it| it.0)
        };
        match directory.owner(key).await {
            Ok(verdict) => {
                self.verdicts.lock().learn(key, verdict.clone(), now);
                Ok(verdict)
            }
            Err(error) => match stale {
                Some(owner) => {
                    tracing::warn!(%error, "let a known write key in without asking");
                    Ok(Some(owner))
                }
                None => Err(error),
            },
        }
    }

    /// Forgets every verdict.
    pub(crate) fn forget(&self) {
        *self.verdicts.lock() = Verdicts::default();
    }
}

impl Verdicts {
    fn learn(&mut self, key: &str, verdict: Option<KeyOwner>, now: Timestamp) {
        if let Some(owner) = verdict {
            self.bad.remove(key);
            if self.good.len() >= WRITE_KEYS_CACHED_MAX {
                self.good.retain(|_, (_, until)| now < *until);
            }
            if self.good.len() < WRITE_KEYS_CACHED_MAX {
                let until = now.plus_ms(GOOD_MS);
                self.good.insert(key.to_owned(), (owner, until));
            }
        } else {
            self.good.remove(key);
            // bad keys are anyone's to invent: a full table is emptied, at the price of asking again
            if self.bad.len() >= WRITE_KEYS_CACHED_MAX {
                self.bad.clear();
            }
            self.bad.insert(key.to_owned(), now.plus_ms(BAD_MS));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));

    /// What the directory says next.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    enum Says {
        Good,
        Bad,
        #[default]
        Down,
    }

    /// Answers what it is told to, and counts.
    #[derive(Debug, Default)]
    struct Told {
        says: Mutex<Says>,
        asked_count: Mutex<usize>,
    }

    #[async_trait]
    impl KeyDirectory for Told {
        async fn write_key(&self, _key: &str) -> Result<Option<WorkspaceId>, KeyDirectoryError> {
            *self.asked_count.lock() += 1;
            match *self.says.lock() {
                Says::Good => Ok(Some(WORKSPACE)),
                Says::Bad => Ok(None),
                Says::Down => Err(KeyDirectoryError::new("down")),
            }
        }
    }

    #[derive(Default)]
    struct Case {
        directory: Told,
        cache: KeyCache,
    }

    impl Case {
        fn tell(&self, says: Says) {
            *self.directory.says.lock() = says;
        }

        /// Asks at a second; expects a verdict and how often the directory was asked until then.
        #[track_caller]
        fn check(&self, second: i64, expected: Says, asked_count: usize) {
            let now = Timestamp(second * SECOND_MS);
            let verdict = self.cache.owner(&self.directory, "key", now);
            let found = match futures::executor::block_on(verdict) {
                Ok(Some(owner)) if owner.workspace == WORKSPACE => Says::Good,
                Ok(_) => Says::Bad,
                Err(_) => Says::Down,
            };
            assert_eq!(found, expected, "at {second} s");
            assert_eq!(
                *self.directory.asked_count.lock(),
                asked_count,
                "at {second} s"
            );
        }
    }

    #[test]
    fn a_good_key_is_asked_for_every_300_seconds() {
        let case = Case::default();
        case.tell(Says::Good);
        case.check(0, Says::Good, 1);
        case.tell(Says::Bad);
        case.check(299, Says::Good, 1);
        case.check(300, Says::Bad, 2);
    }

    #[test]
    fn a_bad_key_is_asked_for_every_30_seconds() {
        let case = Case::default();
        case.tell(Says::Bad);
        case.check(0, Says::Bad, 1);
        case.tell(Says::Good);
        case.check(29, Says::Bad, 1);
        case.check(30, Says::Good, 2);
    }

    #[test]
    fn a_known_key_passes_while_the_directory_is_down_and_an_unknown_one_does_not() {
        let case = Case::default();
        case.check(0, Says::Down, 1);
        case.tell(Says::Good);
        case.check(1, Says::Good, 2);
        case.tell(Says::Down);
        case.check(9_999, Says::Good, 3);
        case.cache.forget();
        case.check(10_000, Says::Down, 4);
    }

    #[test]
    fn a_key_that_cannot_be_one_is_not_asked_for() {
        let case = Case::default();
        let long = "k".repeat(WRITE_KEY_BYTES_MAX + 1);
        for key in ["", &long] {
            let verdict = case.cache.owner(&case.directory, key, Timestamp(0));
            assert_eq!(futures::executor::block_on(verdict).unwrap(), None);
        }
        assert_eq!(*case.directory.asked_count.lock(), 0);
    }
}
