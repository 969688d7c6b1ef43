//! One step of a message's life, with its events, in one transaction.

use gyre_base::{MessageId, Timestamp, WorkspaceId};
use gyre_model::message::MessageState;

use super::Message;
use crate::campaigns::word_set;
use crate::error::MetaError;
use crate::outbox::{OutboxItem, insert_outbox};
use crate::record::one;
use crate::store::{Meta, Tx};

/// What must still hold when the step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing but state and lease.
    Open,
    /// The address has not unsubscribed from the channel: asked in the same statement, so that nothing leaves after it.
    NotUnsubscribed,
}

/// One step. Fields that are `None` keep what is stored, except the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// The row.
    pub id: MessageId,
    /// States it may be in.
    pub from: Vec<MessageState>,
    /// Who must hold the lease; `None` for feedback, which needs none.
    pub owner: Option<String>,
    /// What else must hold.
    pub gate: Gate,
    /// State afterwards.
    pub to: MessageState,
    /// End of the lease afterwards; `None` gives it back.
    pub lease_until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// Calls to the provider so far.
    pub attempt: Option<i64>,
    /// Not to be worked on before.
    pub due_at: Option<Timestamp>,
    /// The provider's id of it.
    pub provider_message_id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Events of the step.
    pub outbox: Vec<OutboxItem>,
}

impl Transition {
    /// A step from `from` to `to` that gives the lease back and changes nothing else.
    pub fn new(
        workspace: WorkspaceId,
        id: MessageId,
        from: MessageState,
        to: MessageState,
        at: Timestamp,
    ) -> Self {
        Self {
            workspace,
            id,
            from: vec![from],
            owner: None,
            gate: Gate::Open,
            to,
            lease_until: None,
            reason: None,
            attempt: None,
            due_at: None,
            provider_message_id: None,
            at,
            outbox: Vec::new(),
        }
    }
}

impl Meta {
    /// Takes one step; a conflict with `messages_state`, and no events, if the row is not as expected.
    pub async fn message_transition(&self, step: &Transition) -> Result<Message, MetaError> {
        let taken = self.messages_transition(std::slice::from_ref(step)).await?;
        if let Some(message) = taken.into_iter().flatten().next() {
            return Ok(message);
        }
        self.message_get(step.workspace, step.id).await?; // NotFound if that is why
        Err(MetaError::conflict("messages_state"))
    }

    /// Takes many steps in one transaction. In the answer, a step whose row was not as expected is `None`: it changed
    /// nothing and wrote no events; the others stand.
    pub async fn messages_transition(
        &self,
        steps: &[Transition],
    ) -> Result<Vec<Option<Message>>, MetaError> {
        let mut tx = self.begin().await?;
        let mut taken = Vec::with_capacity(steps.len());
        for step in steps {
            taken.push(take(&mut tx, step).await?);
        }
        let done = steps.iter().zip(&taken).filter(|(_, it)| it.is_some());
        let events: Vec<_> = done
            .flat_map(|(step, _)| step.outbox.iter().map(|it| (step.workspace, it)))
            .collect();
        let now = steps.first().map_or(Timestamp(0), |it| it.at);
        insert_outbox(&mut tx, &events, now).await?;
        tx.commit().await?;
        Ok(taken)
    }
}

async fn take(tx: &mut Tx, step: &Transition) -> Result<Option<Message>, MetaError> {
    debug_assert!(
        step.lease_until.is_none() || !step.to.is_final(),
        "nobody works on a final row"
    );
    let query = sqlx::query(include_str!("transition.sql"))
        .bind(step.workspace.to_string())
        .bind(step.id.to_string())
        .bind(word_set(step.from.iter().map(|it| it.name())))
        .bind(step.owner.as_deref())
        .bind(i64::from(step.gate == Gate::NotUnsubscribed))
        .bind(step.to.name())
        .bind(step.lease_until.map(Timestamp::ms))
        .bind(step.reason.as_deref())
        .bind(step.attempt)
        .bind(step.due_at.map(Timestamp::ms))
        .bind(step.provider_message_id.as_deref())
        .bind(step.at.ms());
    one(query, &mut **tx).await
}
