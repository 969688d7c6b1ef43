//! Routes of people.

use crate::wire::messages::LedgerPage;
use crate::wire::page::PageQuery;
use crate::wire::people::{
    CellPeople, CellPeopleQuery, PeoplePage, PeopleQuery, Person, Timeline, TimelineQuery,
};

/// Lists the people behind a number.
#[utoipa::path(post, path = "/api/v1/people/list", operation_id = "peopleBehindCell", tag = "people", request_body = CellPeopleQuery, responses((status = 200, body = CellPeople)))]
pub(crate) fn people_behind_cell() {}

/// Lists and searches people.
#[utoipa::path(get, path = "/api/v1/people", operation_id = "peopleList", tag = "people", params(PeopleQuery), responses((status = 200, body = PeoplePage)))]
pub(crate) fn people_list() {}

/// Shows a person.
#[utoipa::path(get, path = "/api/v1/people/{id}", operation_id = "personGet", tag = "people", params(("id" = String, Path, description = "User id or token of the person")), responses((status = 200, body = Person)))]
pub(crate) fn person_get() {}

/// Lists a person's events, newest first.
#[utoipa::path(get, path = "/api/v1/people/{id}/timeline", operation_id = "personTimeline", tag = "people", params(("id" = String, Path, description = "User id or token of the person"), TimelineQuery), responses((status = 200, body = Timeline)))]
pub(crate) fn person_timeline() {}

/// Lists the messages to a person, newest first.
#[utoipa::path(get, path = "/api/v1/people/{id}/messages", operation_id = "personMessages", tag = "people", params(("id" = String, Path, description = "User id or token of the person"), PageQuery), responses((status = 200, body = LedgerPage)))]
pub(crate) fn person_messages() {}
