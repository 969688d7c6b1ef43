//! Questions behind cells: a token names a question by hash, with its instant and data version.
//!
//! Token: `<hash>-<as_of ms>-<version>.<place>`, hash being the first 16 bytes of SHA-256 of the query's JSON in hex.

use gyre_analytics::cell::split_token;
use gyre_analytics::charts::read_query;
use gyre_analytics::{CellPeople, list_cell};
use gyre_base::{Timestamp, WorkspaceId};
use gyre_model::FieldError;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::charts::pinned_people;
use crate::{App, AppError};

/// A parsed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) hash: String,
    pub(crate) as_of: Timestamp,
    pub(crate) version: u64,
    pub(crate) place: String,
}

impl Token {
    pub(crate) fn question(hash: &str, as_of: Timestamp, version: u64) -> String {
        format!("{hash}-{}-{version}", as_of.ms())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (question, place) = split_token(text)?;
        let mut parts = question.splitn(3, '-');
        Some(Self {
            hash: parts.next()?.to_owned(),
            as_of: Timestamp(parts.next()?.parse().ok()?),
            version: parts.next()?.parse().ok()?,
            place: place.to_owned(),
        })
    }
}

pub(crate) fn hash_of(query: &str) -> String {
    hex::encode(&Sha256::digest(query.as_bytes())[..16])
}

impl App {
    /// Keeps a question so that its cells can be asked for later.
    pub(crate) async fn question_keep(
        &self,
        workspace: WorkspaceId,
        query: &Value,
    ) -> Result<String, AppError> {
        let text = query.to_string();
        let hash = hash_of(&text);
        // one write per new question: the cells of a dashboard that reloads find it there
        if self.meta.question_get(workspace, &hash).await?.is_none() {
            self.meta
                .question_put(workspace, &hash, &text, self.clock.now())
                .await?;
        }
        Ok(hash)
    }

    /// The people behind a cell; with `now`, the same place of the same question asked now.
    pub(crate) async fn cell_people(
        &self,
        workspace: WorkspaceId,
        token: &str,
        now: Option<Timestamp>,
    ) -> Result<(CellPeople, Timestamp, u64), AppError> {
        let bad = || FieldError::new("/cell", "is not a cell of this workspace");
        let token = Token::parse(token).ok_or_else(bad)?;
        let text = self
            .meta
            .question_get(workspace, &token.hash)
            .await?
            .ok_or_else(bad)?;
        let query: Value = serde_json::from_str(&text).map_err(|_| bad())?;
        let query = read_query(&query)?;
        let (snapshot, as_of) = match now {
            Some(now) => (self.engine.snapshot(workspace), now),
            None => (
                self.engine.snapshot_of(workspace, token.version),
                token.as_of,
            ),
        };
        let version = snapshot.version;
        let snapshot = pinned_people(snapshot, query.people_version).await?;
        let ctx = self.engine.context(workspace, snapshot, as_of).await?;
        Ok((list_cell(&ctx, &query, &token.place).await?, as_of, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back() {
        let question = Token::question("ab12", Timestamp(1_795_000_000_000), 7);
        let token = Token::parse(&format!("{question}.eyJ9")).unwrap();
        assert_eq!((token.hash.as_str(), token.version), ("ab12", 7));
        assert_eq!(
            (token.as_of, token.place.as_str()),
            (Timestamp(1_795_000_000_000), "eyJ9")
        );
        assert_eq!(Token::parse("nonsense"), None);
    }
}
