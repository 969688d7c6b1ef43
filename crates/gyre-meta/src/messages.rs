//! The ledger: one row per message, from planned to final. A planned person is never lost and never doubled.
//!
//! Ids are deterministic, so planning twice makes one row. Whoever works on a row holds a lease; every step names the
//! state and the lease it expects, and writes its events to the outbox in the same transaction.

mod counts;
mod pages;
mod transition;

pub use counts::{CampaignCount, MessageCount};
pub use pages::{MessageCursor, PersonMessageCursor};
pub use transition::{Gate, Transition};

use gyre_base::{CampaignId, MessageId, Timestamp, WorkspaceId};
use gyre_model::message::MessageState;
use uuid::Uuid;

use crate::error::MetaError;
use crate::outbox::{OutboxItem, insert_outbox};
use crate::record::{Fields, Record, all, execute};
use crate::statement::{ROWS_PER_STATEMENT, for_dialect, with_rows};
use crate::store::{Meta, Tx};

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Deterministic id.
    pub id: MessageId,
    /// Campaign.
    pub campaign: CampaignId,
    /// Dispatch.
    pub dispatch: Uuid,
    /// Name of the variant; of the control group too.
    pub variant: String,
    /// The person when it was planned.
    pub person: u32,
    /// The person's user id when it was planned.
    pub external_id: Option<String>,
    /// `email` and the like.
    pub channel: String,
    /// Where it goes, in lower case as subscriptions are; `None` if the person has no address.
    pub address: Option<String>,
    /// Where it stands.
    pub state: MessageState,
    /// Why, for states that need a reason.
    pub reason: Option<String>,
    /// Calls to the provider so far.
    pub attempt: i64,
    /// Who works on it.
    pub lease_owner: Option<String>,
    /// Until when, unless they say so again.
    pub lease_until: Option<Timestamp>,
    /// Not to be worked on before.
    pub due_at: Timestamp,
    /// The provider's id of it.
    pub provider_message_id: Option<String>,
    /// When the row was made.
    pub planned_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A row to be made, with the events that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageInsert {
    /// The row.
    pub message: Message,
    /// Written only if the row is new.
    pub outbox: Vec<OutboxItem>,
}

/// What a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageClaim {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Campaign.
    pub campaign: CampaignId,
    /// Most rows.
    pub n: u32,
    /// The worker.
    pub owner: String,
    /// The present: later rows are not due.
    pub now: Timestamp,
    /// End of the lease.
    pub lease_until: Timestamp,
}

impl Record for Message {
    const TABLE: &'static str = "messages";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        let person = fields.count("person")?;
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            campaign: fields.parsed("campaign_id")?,
            dispatch: fields.parsed("dispatch_id")?,
            variant: fields.text("variant")?,
            person: u32::try_from(person).map_err(|_| MetaError::Corrupt {
                table: "messages",
                column: "person",
            })?,
            external_id: fields.text_or_null("external_id")?,
            channel: fields.text("channel")?,
            address: fields.text_or_null("address")?,
            state: fields.with("state", MessageState::parse)?,
            reason: fields.text_or_null("reason")?,
            attempt: fields.int("attempt")?,
            lease_owner: fields.text_or_null("lease_owner")?,
            lease_until: fields.time_or_null("lease_until")?,
            due_at: fields.time("due_at")?,
            provider_message_id: fields.text_or_null("provider_message_id")?,
            planned_at: fields.time("planned_at")?,
            updated_at: fields.time("updated_at")?,
        })
    }
}

/// Id of a row that an insert made.
struct Inserted(MessageId);

impl Record for Inserted {
    const TABLE: &'static str = "messages";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        fields.parsed("id").map(Self)
    }
}

impl Meta {
    /// Plans messages; rows that exist already are left alone. Returns how many are new.
    pub async fn messages_insert(
        &self,
        workspace: WorkspaceId,
        inserts: &[MessageInsert],
        now: Timestamp,
    ) -> Result<u64, MetaError> {
        if inserts.is_empty() {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let mut count = 0;
        for chunk in inserts.chunks(ROWS_PER_STATEMENT) {
            let new = insert_chunk(&mut tx, workspace, chunk).await?;
            count += new.len() as u64;
            let events: Vec<(WorkspaceId, &OutboxItem)> = chunk
                .iter()
                .filter(|it| new.contains(&it.message.id))
                .flat_map(|it| it.outbox.iter().map(|item| (workspace, item)))
                .collect();
            insert_outbox(&mut tx, &events, now).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Takes up to `n` rows that are planned, or held until now, and leases them to the owner.
    ///
    /// Rows come in the order they are due. Two workers never get the same row.
    pub async fn messages_claim(&self, claim: &MessageClaim) -> Result<Vec<Message>, MetaError> {
        let mut tx = self.begin().await?;
        let text = for_dialect(include_str!("messages/claim.sql"), self.dialect());
        let query = sqlx::query(text)
            .bind(claim.workspace.to_string())
            .bind(claim.campaign.to_string())
            .bind(claim.now.ms())
            .bind(i64::from(claim.n))
            .bind(&claim.owner)
            .bind(claim.lease_until.ms());
        let mut claimed = all::<Message>(query, &mut *tx).await?;
        tx.commit().await?;
        claimed.sort_by_key(|it| (it.due_at, it.id)); // `returning` promises no order
        debug_assert!(claimed.len() <= claim.n as usize);
        Ok(claimed)
    }

    /// Moves the end of an owner's leases on these rows; rows it lost are left alone. Returns how many it still holds.
    pub async fn messages_extend_lease(
        &self,
        workspace: WorkspaceId,
        owner: &str,
        ids: &[MessageId],
        lease_until: Timestamp,
    ) -> Result<u64, MetaError> {
        let mut tx = self.begin().await?;
        let mut count = 0;
        for id in ids {
            let query = sqlx::query(include_str!("messages/extend_lease.sql"))
                .bind(workspace.to_string())
                .bind(id.to_string())
                .bind(owner)
                .bind(lease_until.ms());
            count += execute(query, &mut *tx).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Decides up to `n` rows whose lease has ended, of every workspace: reserved ones are planned again (nothing had
    /// left), handed off ones become unknown. `events` gives the events of each row as it is afterwards.
    pub async fn messages_release_expired(
        &self,
        now: Timestamp,
        n: u32,
        events: impl Fn(&Message) -> Vec<OutboxItem> + Send + Sync,
    ) -> Result<Vec<Message>, MetaError> {
        let mut tx = self.begin().await?;
        let text = for_dialect(include_str!("messages/release_expired.sql"), self.dialect());
        let query = sqlx::query(text).bind(now.ms()).bind(i64::from(n));
        let released = all::<Message>(query, &mut *tx).await?;
        let items: Vec<(WorkspaceId, OutboxItem)> = released
            .iter()
            .flat_map(|it| events(it).into_iter().map(|item| (it.workspace, item)))
            .collect();
        let items: Vec<_> = items
            .iter()
            .map(|(workspace, it)| (*workspace, it))
            .collect();
        insert_outbox(&mut tx, &items, now).await?;
        tx.commit().await?;
        Ok(released)
    }
}

async fn insert_chunk(
    tx: &mut Tx,
    workspace: WorkspaceId,
    chunk: &[MessageInsert],
) -> Result<Vec<MessageId>, MetaError> {
    let text = with_rows(include_str!("messages/insert.sql"), chunk.len(), 18, 1);
    let mut query = sqlx::query(text).persistent(chunk.len() == ROWS_PER_STATEMENT);
    for MessageInsert { message, .. } in chunk {
        assert_eq!(
            message.workspace, workspace,
            "a message of another workspace"
        );
        query = query
            .bind(workspace.to_string())
            .bind(message.id.to_string())
            .bind(message.campaign.to_string())
            .bind(message.dispatch.to_string())
            .bind(&message.variant)
            .bind(i64::from(message.person))
            .bind(&message.external_id)
            .bind(&message.channel)
            .bind(message.address.as_ref().map(|it| it.to_lowercase()))
            .bind(message.state.name())
            .bind(&message.reason)
            .bind(message.attempt)
            .bind(&message.lease_owner)
            .bind(message.lease_until.map(Timestamp::ms))
            .bind(message.due_at.ms())
            .bind(&message.provider_message_id)
            .bind(message.planned_at.ms())
            .bind(message.updated_at.ms());
    }
    let new = all::<Inserted>(query, &mut **tx).await?;
    Ok(new.into_iter().map(|it| it.0).collect())
}
