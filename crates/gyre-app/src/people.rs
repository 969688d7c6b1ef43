//! People: search, profile, timeline.

use gyre_base::{Timestamp, WorkspaceId};
use gyre_model::FieldError;
use gyre_model::people::NodeKind;
use gyre_query::{TimelineCursor, TimelineEvent, timeline};
use serde_json::{Map, Value};

use crate::charts::read_offset;
use crate::engine::person_token;
use crate::{App, AppError, CanRead};

/// One person in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    /// Token.
    pub person: String,
    /// User id, if known.
    pub external_id: Option<String>,
    /// First and last name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Last event.
    pub last_seen: Option<Timestamp>,
    /// Number of events.
    pub events: u64,
}

/// A person's page.
#[derive(Clone, Debug)]
pub struct PersonPage {
    /// The row.
    pub row: PersonRow,
    /// (kind, value) of every identifier.
    pub identifiers: Vec<(&'static str, String)>,
    /// Properties as they stand now.
    pub properties: Map<String, Value>,
    /// (id, name) of the saved cohorts they were in at the last refresh.
    pub cohorts: Vec<(String, String)>,
    /// (channel, address, state, `updated_at`) of subscriptions.
    pub subscriptions: Vec<(String, String, String, Timestamp)>,
}

/// A page of a list of people.
#[derive(Clone, Debug)]
pub struct PeoplePage {
    /// This page.
    pub people: Vec<PersonRow>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// A page of a timeline.
#[derive(Clone, Debug)]
pub struct TimelinePage {
    /// Newest first.
    pub events: Vec<TimelineEvent>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

impl App {
    pub(crate) fn person_rows(
        &self,
        workspace: WorkspaceId,
        persons: impl Iterator<Item = u32>,
    ) -> Vec<PersonRow> {
        let snapshot = self.engine.snapshot(workspace);
        let people = snapshot.people.read();
        persons
            .map(|person| {
                let properties = people.properties(&snapshot.map, person);
                let activity = people.activity(&snapshot.map, person);
                let text = |key: &str| {
                    properties
                        .get(key)
                        .and_then(Value::as_str)
                        .map(str::to_owned)
                };
                let names = [text("first_name"), text("last_name")];
                let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
                let seen = |ms: i64| (activity.events > 0).then_some(Timestamp(ms));
                PersonRow {
                    person: person_token(person),
                    external_id: people.external_id(person),
                    name: Some(name)
                        .filter(|it| !it.is_empty())
                        .or_else(|| text("name")),
                    email: text("email"),
                    country: text("country"),
                    first_seen: seen(activity.first),
                    last_seen: seen(activity.last),
                    events: activity.events,
                }
            })
            .collect()
    }

    /// People whose id, name or e-mail contains `search`, the last seen first.
    pub async fn people_search(
        &self,
        access: &CanRead,
        search: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<PeoplePage, AppError> {
        let offset = read_offset(cursor)?;
        let app = self.clone();
        let (workspace, search) = (access.workspace(), search.trim().to_lowercase());
        let found = tokio::task::spawn_blocking(move || app.people_matching(workspace, &search));
        let found = found.await.unwrap_or_default(); // a panic was reported where it happened
        let page = found.iter().skip(offset).take(limit).copied();
        let people = self.person_rows(access.workspace(), page);
        let next = (offset + limit < found.len()).then(|| (offset + limit).to_string());
        Ok(PeoplePage { people, next })
    }

    fn people_matching(&self, workspace: WorkspaceId, search: &str) -> Vec<u32> {
        let snapshot = self.engine.snapshot(workspace);
        let people = snapshot.people.read();
        let contains = |text: &str| text.to_lowercase().contains(search);
        let matches = |person: u32| {
            if search.is_empty() || people.nodes().get(person).is_some_and(|it| contains(&it.1)) {
                return true;
            }
            let properties = people.properties(&snapshot.map, person);
            let text = |key: &str| {
                properties
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let name = format!("{} {}", text("first_name"), text("last_name"));
            contains(&name) || contains(text("email")) || contains(text("phone"))
        };
        let mut found: Vec<(i64, u32)> = snapshot
            .map
            .persons()
            .iter()
            .filter(|it| matches(*it))
            .map(|it| (people.activity(&snapshot.map, it).last, it))
            .collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.into_iter().map(|it| it.1).collect()
    }

    fn person_number(&self, access: &CanRead, id: &str) -> Result<u32, AppError> {
        let found = self.engine.find_person(access.workspace(), id);
        found.ok_or_else(|| AppError::not_found("person", id))
    }

    /// A person's page, by user id, device id or token.
    pub async fn person_get(&self, access: &CanRead, id: &str) -> Result<PersonPage, AppError> {
        let workspace = access.workspace();
        let person = self.person_number(access, id)?;
        let row = self
            .person_rows(workspace, std::iter::once(person))
            .remove(0);
        let (identifiers, properties) = {
            let snapshot = self.engine.snapshot(workspace);
            let people = snapshot.people.read();
            let identifiers = people
                .identifiers(&snapshot.map, person)
                .into_iter()
                .map(|it| {
                    let kind = match it.kind {
                        NodeKind::User => "user_id",
                        NodeKind::Device => "device_id",
                    };
                    (kind, it.value)
                });
            (
                identifiers.collect::<Vec<_>>(),
                people.properties(&snapshot.map, person),
            )
        };
        let mut subscriptions = Vec::new();
        if let Some(email) = &row.email {
            let address = email.trim().to_lowercase();
            for it in self
                .meta
                .subscriptions_by_address(workspace, &address)
                .await?
            {
                let state = it.state.name().to_owned();
                subscriptions.push((it.channel, it.address, state, it.updated_at));
            }
        }
        let cohorts = self.cohorts_of(workspace, person).await?;
        Ok(PersonPage {
            row,
            identifiers,
            properties,
            cohorts,
            subscriptions,
        })
    }

    /// A person's events, newest first.
    pub async fn person_timeline(
        &self,
        access: &CanRead,
        id: &str,
        event: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<TimelinePage, AppError> {
        let person = self.person_number(access, id)?;
        let cursor = cursor.map(read_cursor).transpose()?;
        let snapshot = self.engine.snapshot(access.workspace());
        let event = event.map(str::to_owned);
        let page = tokio::task::spawn_blocking(move || {
            timeline(&snapshot, person, event.as_deref(), cursor, limit)
        });
        let (events, next) = page
            .await
            .map_err(|_| gyre_query::QueryError::Cancelled)??;
        let next = next.map(|it| format!("{}.{}", it.time, it.skip));
        Ok(TimelinePage { events, next })
    }
}

fn read_cursor(text: &str) -> Result<TimelineCursor, AppError> {
    let parsed = text.split_once('.').and_then(|(time, skip)| {
        Some(TimelineCursor {
            time: time.parse().ok()?,
            skip: skip.parse().ok()?,
        })
    });
    parsed.ok_or_else(|| FieldError::new("/cursor", "is not a cursor of this list").into())
}
