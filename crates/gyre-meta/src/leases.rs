//! Leases: which process does a piece of work, with a fence that counts the owners.

use gyre_base::Timestamp;

use crate::error::MetaError;
use crate::record::{Fields, Record, execute, one};
use crate::store::Meta;

/// A lease held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The piece of work.
    pub name: String,
    /// Who does it.
    pub owner: String,
    /// Until when, unless renewed.
    pub until: Timestamp,
    /// Grows whenever the lease is taken; a holder with a smaller number has lost it.
    pub fence: i64,
}

impl Record for Lease {
    const TABLE: &'static str = "leases";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            name: fields.text("name")?,
            owner: fields.text("owner")?,
            until: fields.time("until")?,
            fence: fields.int("fence")?,
        })
    }
}

impl Meta {
    /// Takes the lease if nobody else holds it at `now`; `None` if somebody does.
    pub async fn lease_acquire(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("leases/acquire.sql"))
            .bind(name)
            .bind(owner)
            .bind(until.ms())
            .bind(now.ms());
        let lease = one(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(lease)
    }

    /// Moves the end of a lease; false if it was lost, and then the work must stop.
    pub async fn lease_renew(&self, lease: &Lease, until: Timestamp) -> Result<bool, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("leases/renew.sql"))
            .bind(&lease.name)
            .bind(&lease.owner)
            .bind(lease.fence)
            .bind(until.ms());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(count == 1)
    }

    /// Gives a lease back, so that the next owner need not wait for its end.
    pub async fn lease_release(&self, lease: &Lease) -> Result<(), MetaError> {
        self.lease_renew(lease, Timestamp(0)).await.map(|_| ())
    }
}
