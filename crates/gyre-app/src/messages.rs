//! The ledger as people read it: pages of rows, and what happened to one message.

use std::collections::BTreeMap;

use gyre_base::{CampaignId, MessageId, Timestamp, WorkspaceId};
use gyre_meta::{Message, MessageCursor, MetaError, PersonMessageCursor};
use gyre_model::FieldError;
use gyre_model::message::MessageState;
use gyre_query::{TimelineEvent, timeline};

use crate::{App, AppError, CanRead};

/// Events of one person looked at for a message's steps.
const EVENTS_MAX: usize = 10_000;

/// One message of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// The row.
    pub message: Message,
    /// Name of its campaign, unless that is gone.
    pub campaign_name: Option<String>,
}

/// A page of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerPage {
    /// This page.
    pub messages: Vec<LedgerRow>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Something that happened to a message.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageStep {
    /// When.
    pub at: Timestamp,
    /// `planned`, `sent`, `opened` and the like.
    pub verb: String,
    /// Why.
    pub reason: Option<String>,
}

impl App {
    /// A page of a campaign's ledger.
    pub async fn campaign_messages(
        &self,
        access: &CanRead,
        campaign: CampaignId,
        state: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<LedgerPage, AppError> {
        let workspace = access.workspace();
        self.meta.campaign_get(workspace, campaign).await?;
        let state = state.map(read_state).transpose()?;
        let after = cursor.map(read_ledger_cursor).transpose()?;
        let mut messages = self
            .meta
            .messages_page(workspace, campaign, state, after, limit as u32 + 1)
            .await?;
        let next = cut(&mut messages, limit).map(|it| format!("{}.{}", it.state.name(), it.id));
        let messages = self.named(workspace, messages).await?;
        Ok(LedgerPage { messages, next })
    }

    /// A page of a person's messages, newest first.
    pub async fn person_messages(
        &self,
        access: &CanRead,
        id: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<LedgerPage, AppError> {
        let workspace = access.workspace();
        let person = self.engine.find_person(workspace, id);
        let person = person.ok_or_else(|| AppError::not_found("person", id))?;
        let snapshot = self.engine.snapshot(workspace);
        let nodes = snapshot.people.read().nodes_of(&snapshot.map, person);
        let after = cursor.map(read_person_cursor).transpose()?;
        let mut messages = self
            .meta
            .messages_by_person(workspace, &nodes, after, limit as u32 + 1)
            .await?;
        let next = cut(&mut messages, limit).map(|it| format!("{}.{}", it.planned_at.ms(), it.id));
        let messages = self.named(workspace, messages).await?;
        Ok(LedgerPage { messages, next })
    }

    /// Adds the names of the campaigns, each looked up once.
    async fn named(
        &self,
        workspace: WorkspaceId,
        messages: Vec<Message>,
    ) -> Result<Vec<LedgerRow>, AppError> {
        let mut names: BTreeMap<CampaignId, Option<String>> = BTreeMap::new();
        let mut rows = Vec::with_capacity(messages.len());
        for message in messages {
            let campaign_name = if let Some(name) = names.get(&message.campaign) {
                name.clone()
            } else {
                let name = match self.meta.campaign_get(workspace, message.campaign).await {
                    Ok(campaign) => Some(campaign.name),
                    Err(MetaError::NotFound { .. }) => None,
                    Err(error) => return Err(error.into()),
                };
                names.insert(message.campaign, name.clone());
                name
            };
            rows.push(LedgerRow {
                message,
                campaign_name,
            });
        }
        Ok(rows)
    }

    /// A message and everything that happened to it, oldest first.
    pub async fn message_get(
        &self,
        access: &CanRead,
        id: MessageId,
    ) -> Result<(LedgerRow, Vec<MessageStep>), AppError> {
        let workspace = access.workspace();
        let message = self.meta.message_get(workspace, id).await?;
        let snapshot = self.engine.snapshot(workspace);
        let person = snapshot.map.person(message.person, i64::MAX);
        let wanted = id.to_string();
        let wanted_id = wanted.clone();
        let steps = tokio::task::spawn_blocking(move || {
            let (events, _) = timeline(&snapshot, person, None, None, EVENTS_MAX)?;
            let mut steps: Vec<MessageStep> = events
                .iter()
                .filter_map(|it| step_of(it, &wanted))
                .collect();
            steps.reverse();
            Ok::<_, AppError>(steps)
        });
        let steps = steps
            .await
            .map_err(|_| gyre_query::QueryError::Cancelled)??;
        let named = self.named(workspace, vec![message]).await?;
        let row = named.into_iter().next();
        let row = row.ok_or_else(|| AppError::not_found("message", &wanted_id))?;
        Ok((row, steps))
    }
}

fn step_of(event: &TimelineEvent, message: &str) -> Option<MessageStep> {
    let text = |key: &str| event.properties.get(key).and_then(|it| it.as_str());
    if text("message_id") != Some(message) {
        return None;
    }
    let (_, verb) = event.event.rsplit_once('.')?;
    Some(MessageStep {
        at: Timestamp(event.time),
        verb: verb.to_owned(),
        reason: text("reason").map(str::to_owned),
    })
}

/// Drops the row beyond the page and returns the page's last row, if there are more.
fn cut(messages: &mut Vec<Message>, limit: usize) -> Option<&Message> {
    if messages.len() <= limit {
        return None;
    }
    messages.truncate(limit);
    messages.last()
}

fn read_state(text: &str) -> Result<MessageState, AppError> {
    let state = MessageState::parse(text);
    state.ok_or_else(|| FieldError::new("/state", format!("`{text}` is not a state")).into())
}

fn bad_cursor() -> AppError {
    FieldError::new("/cursor", "is not a cursor of this list").into()
}

fn read_cursor(text: &str) -> Result<MessageId, AppError> {
    text.parse().map_err(|_| bad_cursor())
}

fn read_ledger_cursor(text: &str) -> Result<MessageCursor, AppError> {
    let (state, id) = text.split_once('.').ok_or_else(bad_cursor)?;
    Ok(MessageCursor {
        state: MessageState::parse(state).ok_or_else(bad_cursor)?,
        id: read_cursor(id)?,
    })
}

fn read_person_cursor(text: &str) -> Result<PersonMessageCursor, AppError> {
    let (at, id) = text.split_once('.').ok_or_else(bad_cursor)?;
    Ok(PersonMessageCursor {
        planned_at: Timestamp(at.parse().map_err(|_| bad_cursor())?),
        id: read_cursor(id)?,
    })
}
