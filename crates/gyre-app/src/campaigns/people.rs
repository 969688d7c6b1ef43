//! What campaigns need of the engine: audiences, people, and a way back into the log.

use std::fmt;

use async_trait::async_trait;
use gyre_base::{Timestamp, WorkspaceId};
use gyre_model::people::reserved_property;
use gyre_model::{Audience, Event};
use roaring::RoaringBitmap;
use serde_json::{Map, Value};

use crate::engine::Engine;

/// A person as a message sees them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipient {
    /// Number in the workspace.
    pub person: u32,
    /// The user id, if known.
    pub external_id: Option<String>,
    /// A device id, for people who have no user id.
    pub device_id: Option<String>,
    /// Properties as they stand now.
    pub properties: Map<String, Value>,
}

impl Recipient {
    /// What the person is called in assignments and message ids: the user id, or the number as on the wire.
    pub fn key(&self) -> String {
        match &self.external_id {
            Some(id) => id.clone(),
            None => format!("~{}", self.person),
        }
    }

    /// Where mail goes, in lower case as subscriptions are; `None` if the person has no address.
    pub fn email(&self) -> Option<String> {
        let spelled = || {
            let mut pairs = self.properties.iter();
            pairs.find(|(key, _)| reserved_property(key) == Some("email"))
        };
        let stored = self.properties.get("email");
        let value = stored.or_else(|| spelled().map(|it| it.1));
        let email = value?.as_str()?.trim().to_lowercase();
        (!email.is_empty()).then_some(email)
    }
}

/// The engine could not do what a campaign needs.
#[derive(Debug, thiserror::Error)]
#[error("failed to {action}")]
pub struct PeopleError {
    /// What was attempted.
    pub action: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// The engine as campaigns see it.
#[async_trait]
pub trait CampaignPeople: fmt::Debug + Send + Sync {
    /// Completes when everything acknowledged until now can be seen.
    async fn caught_up(&self);

    /// The people of an audience at an instant.
    async fn audience(
        &self,
        workspace: WorkspaceId,
        audience: &Audience,
        as_of: Timestamp,
    ) -> Result<RoaringBitmap, PeopleError>;

    /// A person; `None` if there is no such person any more.
    fn person(&self, workspace: WorkspaceId, person: u32) -> Option<Recipient>;

    /// The person with this user id, device id or token.
    fn find(&self, workspace: WorkspaceId, id: &str) -> Option<u32>;

    /// Appends events to the log; they are durable when this returns.
    async fn emit(&self, workspace: WorkspaceId, events: Vec<Event>) -> Result<(), PeopleError>;
}

#[async_trait]
impl CampaignPeople for Engine {
    async fn caught_up(&self) {
        let end = self.inner.log.durable_end();
        self.wait_indexed(end).await;
    }

    async fn audience(
        &self,
        workspace: WorkspaceId,
        audience: &Audience,
        as_of: Timestamp,
    ) -> Result<RoaringBitmap, PeopleError> {
        self.audience_people(workspace, audience, as_of)
            .await
            .map_err(|source| PeopleError {
                action: "find the people of an audience",
                source: Box::new(source),
            })
    }

    fn person(&self, workspace: WorkspaceId, person: u32) -> Option<Recipient> {
        Engine::person(self, workspace, person).map(|it| Recipient {
            person: it.person,
            external_id: it.external_id,
            device_id: it.device_id,
            properties: it.properties,
        })
    }

    fn find(&self, workspace: WorkspaceId, id: &str) -> Option<u32> {
        self.find_person(workspace, id)
    }

    async fn emit(&self, workspace: WorkspaceId, events: Vec<Event>) -> Result<(), PeopleError> {
        Engine::emit(self, workspace, events)
            .await
            .map_err(|source| PeopleError {
                action: "append events to the log",
                source: Box::new(source),
            })
    }
}
