//! Who somebody is: found by any identifier, with what is known of them.

use gyre_base::Timestamp;
use gyre_model::people::NodeKind;
use gyre_query::{History, HistoryPage, QueryError, history};
use serde_json::{Map, Value};

use crate::{App, AppError, CanRead};

/// Most people that a search names: more are no help in finding one.
pub const SEARCH_MATCHES_MAX: usize = 50;
/// Most people of one e-mail address that are told.
pub const EMAIL_MATCHES_MAX: usize = 50;

/// What is known of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonDetails {
    /// Number of the person in their workspace; never another's.
    pub person: u32,
    /// User id, if known.
    pub user_id: Option<String>,
    /// Device ids.
    pub device_ids: Vec<String>,
    /// Properties as they stand now.
    pub properties: Map<String, Value>,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Last event.
    pub last_seen: Option<Timestamp>,
}

/// How people were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKind {
    /// By a whole user id or device id.
    Identifier,
    /// By the beginning of their user id.
    UserPrefix,
}

/// People that were found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchMatches {
    /// How.
    pub kind: SearchKind,
    /// Who, at most [`SEARCH_MATCHES_MAX`].
    pub people: Vec<u32>,
}

impl App {
    /// The person with this user id.
    pub fn person_of_user(&self, access: &CanRead, user_id: &str) -> Option<u32> {
        let snapshot = self.engine.snapshot(access.workspace());
        let people = snapshot.people.read();
        people.nodes().find(NodeKind::User, user_id)
    }

    /// The person on this device now.
    pub fn person_of_device(&self, access: &CanRead, device_id: &str) -> Option<u32> {
        let snapshot = self.engine.snapshot(access.workspace());
        let device = snapshot
            .people
            .read()
            .nodes()
            .find(NodeKind::Device, device_id)?;
        Some(snapshot.map.person(device, i64::MAX))
    }

    /// People whose property `email` is this address, whatever its letters' case; at most [`EMAIL_MATCHES_MAX`].
    pub async fn people_of_email(&self, access: &CanRead, email: &str) -> Vec<u32> {
        let snapshot = self.engine.snapshot(access.workspace());
        let wanted = email.trim().to_lowercase();
        let found = tokio::task::spawn_blocking(move || {
            let people = snapshot.people.read();
            let is_theirs = |person: u32| {
                let properties = people.properties(&snapshot.map, person);
                let email = properties.get("email").and_then(Value::as_str);
                email.is_some_and(|it| it.trim().to_lowercase() == wanted)
            };
            let all = snapshot.map.persons().iter();
            all.filter(|it| is_theirs(*it))
                .take(EMAIL_MATCHES_MAX)
                .collect()
        });
        found.await.unwrap_or_default() // a panic was reported where it happened
    }

    /// What is known of a person; `None` if there is no such person.
    pub fn person_details(&self, access: &CanRead, person: u32) -> Option<PersonDetails> {
        let snapshot = self.engine.snapshot(access.workspace());
        if !snapshot.map.persons().contains(person) {
            return None;
        }
        let people = snapshot.people.read();
        let activity = people.activity(&snapshot.map, person);
        let seen = |ms: i64| (activity.events > 0).then_some(Timestamp(ms));
        let identifiers = people.identifiers(&snapshot.map, person).into_iter();
        let devices = identifiers.filter(|it| it.kind == NodeKind::Device);
        Some(PersonDetails {
            person,
            user_id: people.external_id(person),
            device_ids: devices.map(|it| it.value).collect(),
            properties: people.properties(&snapshot.map, person),
            first_seen: seen(activity.first),
            last_seen: seen(activity.last),
        })
    }

    /// Ids of the saved cohorts that a person was in at their last refresh.
    pub async fn person_cohort_ids(
        &self,
        access: &CanRead,
        person: u32,
    ) -> Result<Vec<String>, AppError> {
        let cohorts = self.cohorts_of(access.workspace(), person).await?;
        Ok(cohorts.into_iter().map(|it| it.0).collect())
    }

    /// A person's history: totals, and a page of events whole.
    pub async fn person_history(
        &self,
        access: &CanRead,
        person: u32,
        page: HistoryPage,
    ) -> Result<History, AppError> {
        let snapshot = self.engine.snapshot(access.workspace());
        let read = tokio::task::spawn_blocking(move || history(&snapshot, person, &page));
        Ok(read.await.map_err(|_| QueryError::Cancelled)??)
    }

    /// People by a whole identifier or, where there is none, by the beginning of their user id.
    pub async fn people_found(&self, access: &CanRead, text: &str) -> SearchMatches {
        let snapshot = self.engine.snapshot(access.workspace());
        let by_user = self.person_of_user(access, text);
        let mut people: Vec<u32> = by_user.into_iter().collect();
        people.extend(
            self.person_of_device(access, text)
                .filter(|it| Some(*it) != by_user),
        );
        if !people.is_empty() || text.is_empty() {
            return SearchMatches {
                kind: SearchKind::Identifier,
                people,
            };
        }
        let prefix = text.to_owned();
        let found = tokio::task::spawn_blocking(move || {
            let people = snapshot.people.read();
            let users = people.nodes().users();
            let mut found: Vec<(String, u32)> = users
                .filter(|(user_id, _)| user_id.starts_with(&prefix))
                .map(|(user_id, node)| {
                    let person = snapshot.map.person(node, i64::MAX);
                    (user_id.into_owned(), person)
                })
                .collect();
            found.sort_unstable();
            found.truncate(SEARCH_MATCHES_MAX);
            found.into_iter().map(|it| it.1).collect()
        });
        SearchMatches {
            kind: SearchKind::UserPrefix,
            people: found.await.unwrap_or_default(), // a panic was reported where it happened
        }
    }
}
