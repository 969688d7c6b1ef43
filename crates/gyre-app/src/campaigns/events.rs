//! Message events: what a step of the ledger becomes in the log.
//!
//! Ids are made of the message, the verb and the attempt, so that an event that is written twice is one event.

use gyre_base::{CampaignId, MessageId, Timestamp};
use gyre_meta::{Message, OutboxItem};
use gyre_model::campaign::Category;
use gyre_model::message::event_name;
use gyre_model::{Event, EventKind};
use serde_json::{Map, Value, json};

use super::compose::CompiledCampaign;

/// What every event of a campaign says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFacts {
    /// Id.
    pub id: CampaignId,
    /// Shown name.
    pub name: String,
    /// Category.
    pub category: Category,
    /// Labels.
    pub tags: Vec<String>,
}

impl CampaignFacts {
    /// Facts of a campaign.
    pub fn of(id: CampaignId, compiled: &CompiledCampaign) -> Self {
        Self {
            id,
            name: compiled.draft.name.clone(),
            category: compiled.draft.category,
            tags: compiled.draft.tags.clone(),
        }
    }
}

/// Public name of a category.
pub fn category_name(category: Category) -> &'static str {
    match category {
        Category::Marketing => "marketing",
        Category::Transactional => "transactional",
    }
}

/// One event about one message.
#[derive(Clone, Debug)]
pub struct MessageEvent<'a> {
    /// The campaign.
    pub campaign: &'a CampaignFacts,
    /// The message.
    pub message: &'a Message,
    /// Who it is about when there is no user id.
    pub device_id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Properties beside the usual ones.
    pub more: Vec<(&'static str, Value)>,
}

impl MessageEvent<'_> {
    /// The event under a name, with an id.
    pub fn event(self, name: String, insert_id: String) -> Event {
        let Self {
            campaign, message, ..
        } = self;
        let mut properties = Map::new();
        let mut put = |key: &str, value: Value| properties.insert(key.to_owned(), value);
        put("message_id", json!(message.id));
        put("dispatch_id", json!(message.dispatch));
        put("campaign_id", json!(campaign.id));
        put("campaign_name", json!(campaign.name));
        put("variant", json!(message.variant));
        put("channel", json!(message.channel));
        put("category", json!(category_name(campaign.category)));
        put("tags", json!(campaign.tags));
        for (key, value) in self.more {
            if !value.is_null() {
                put(key, value);
            }
        }
        Event {
            user_id: message.external_id.clone(),
            device_id: match message.external_id {
                Some(_) => None,
                None => self.device_id,
            },
            insert_id: Some(insert_id),
            properties,
            ..Event::new(EventKind::Internal, name, self.at)
        }
    }

    /// The event of a verb of the message's channel, for the outbox of the transaction that makes it true.
    pub fn outbox(self, verb: &str) -> OutboxItem {
        let name = event_name(&self.message.channel, verb);
        let id = event_id(self.message.id, verb, self.message.attempt);
        outbox_item(&self.event(name, id))
    }

    /// The event of a person's being put into the control group.
    pub fn enrolled_in_control(self) -> OutboxItem {
        let id = event_id(self.message.id, "enrolled_in_control", 0);
        outbox_item(&self.event("campaign.enrolled_in_control".to_owned(), id))
    }
}

/// Id of an event: verbs that may repeat carry the attempt.
pub fn event_id(message: MessageId, verb: &str, attempt: i64) -> String {
    match verb {
        "retry" | "handed_off" | "held" => format!("{message}:{verb}:{attempt}"),
        _ => format!("{message}:{verb}"),
    }
}

/// An event as the outbox keeps it.
pub fn outbox_item(event: &Event) -> OutboxItem {
    let body = serde_json::to_string(event).expect("an event is always JSON");
    OutboxItem {
        id: event.insert_id.clone().unwrap_or_default(),
        body,
    }
}
