//! Questions: chart queries by their hash, so that a cell's token stays short and works after a restart.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, execute, one};
use crate::store::Meta;

struct Question(String);

impl Record for Question {
    const TABLE: &'static str = "questions";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        fields.text("body").map(Self)
    }
}

impl Meta {
    /// Keeps a question; one that is known already is left as it is.
    pub async fn question_put(
        &self,
        workspace: WorkspaceId,
        hash: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("questions/put.sql"))
            .bind(workspace.to_string())
            .bind(hash)
            .bind(body)
            .bind(now.ms());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The question with this hash.
    pub async fn question_get(
        &self,
        workspace: WorkspaceId,
        hash: &str,
    ) -> Result<Option<String>, MetaError> {
        let query = sqlx::query(include_str!("questions/get.sql"))
            .bind(workspace.to_string())
            .bind(hash);
        let found: Option<Question> = one(query, &self.reads).await?;
        Ok(found.map(|it| it.0))
    }
}
