//! Subscriptions: what an address agreed to, per channel.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::outbox::{OutboxItem, insert_outbox};
use crate::record::{Fields, Record, all, execute};
use crate::statement::{ROWS_PER_STATEMENT, with_items};
use crate::store::Meta;
use crate::text_enum::text_enum;

text_enum! {
    /// What an address agreed to. No row means `Subscribed`.
    SubscriptionState {
        /// Asked for marketing, with proof.
        OptedIn = "opted_in",
        /// Never said no.
        Subscribed = "subscribed",
        /// Said no.
        Unsubscribed = "unsubscribed",
    }
}

/// One address on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// `email` and the like.
    pub channel: String,
    /// Address, stored in lower case.
    pub address: String,
    /// What it agreed to.
    pub state: SubscriptionState,
    /// Where that came from: `one-click`, `preferences`, `complaint`, `api`.
    pub source: String,
    /// When.
    pub updated_at: Timestamp,
}

impl Record for Subscription {
    const TABLE: &'static str = "subscriptions";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            channel: fields.text("channel")?,
            address: fields.text("address")?,
            state: fields.parsed("state")?,
            source: fields.text("source")?,
            updated_at: fields.time("updated_at")?,
        })
    }
}

impl Meta {
    /// Writes a subscription and its events; false, with nothing written, if what is stored is newer.
    pub async fn subscription_put(
        &self,
        subscription: &Subscription,
        outbox: &[OutboxItem],
    ) -> Result<bool, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("subscriptions/put.sql"))
            .bind(subscription.workspace.to_string())
            .bind(&subscription.channel)
            .bind(subscription.address.to_lowercase())
            .bind(subscription.state.name())
            .bind(&subscription.source)
            .bind(subscription.updated_at.ms());
        let written = execute(query, &mut *tx).await? == 1;
        if written {
            let items: Vec<_> = outbox
                .iter()
                .map(|it| (subscription.workspace, it))
                .collect();
            insert_outbox(&mut tx, &items, subscription.updated_at).await?;
        }
        tx.commit().await?;
        Ok(written)
    }

    /// The subscription of one address on one channel, if it ever said anything.
    pub async fn subscription_get(
        &self,
        workspace: WorkspaceId,
        channel: &str,
        address: &str,
    ) -> Result<Option<Subscription>, MetaError> {
        let addresses = [address.to_owned()];
        let mut found = self
            .subscriptions_get_many(workspace, channel, &addresses)
            .await?;
        Ok(found.pop())
    }

    /// Subscriptions of these addresses on one channel, in no order; addresses without a row are left out.
    pub async fn subscriptions_get_many(
        &self,
        workspace: WorkspaceId,
        channel: &str,
        addresses: &[String],
    ) -> Result<Vec<Subscription>, MetaError> {
        let mut found = Vec::new();
        for chunk in addresses.chunks(ROWS_PER_STATEMENT) {
            let text = include_str!("subscriptions/get_many.sql");
            let mut query = sqlx::query(with_items(text, chunk.len(), 3))
                .persistent(chunk.len() == ROWS_PER_STATEMENT)
                .bind(workspace.to_string())
                .bind(channel);
            for address in chunk {
                query = query.bind(address.to_lowercase());
            }
            found.extend(all::<Subscription>(query, &self.reads).await?);
        }
        Ok(found)
    }

    /// Subscriptions of one address on every channel, by channel.
    pub async fn subscriptions_by_address(
        &self,
        workspace: WorkspaceId,
        address: &str,
    ) -> Result<Vec<Subscription>, MetaError> {
        let query = sqlx::query(include_str!("subscriptions/by_address.sql"))
            .bind(workspace.to_string())
            .bind(address.to_lowercase());
        all(query, &self.reads).await
    }
}
