//! A person's page and timeline over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use crate::charts::send_population;
use crate::node::Node;
use crate::senders::DAY;
use crate::wait::within;

/// The population of the funnels, of whom `u2` has told who they are.
async fn start() -> (Node, Value) {
    let node = Node::start().await;
    send_population(&node).await;
    let known = json!({"event": "$identify", "user_id": "u2", "device_id": "phone", "time": DAY.rfc3339(),
        "user_properties": {"$set": {"firstName": "Mina", "last_name": "Kim", "email": "mina@person.test",
            "country": "KR", "level": 7}}});
    node.events(&[known]).await;
    let page = within(5, "the profile", async || {
        let page = node.get("/api/v1/people/u2").await;
        (page["properties"]["level"] == 7).then_some(page)
    })
    .await;
    (node, page)
}

#[tokio::test]
async fn a_person_is_one_page_under_each_of_their_ids() {
    let (node, page) = start().await;
    assert_eq!(page["external_id"], "u2");
    assert_eq!(
        page["properties"]["first_name"], "Mina",
        "under its canonical name: {page}"
    );
    let mut identifiers: Vec<&str> = page["identifiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["value"].as_str().unwrap())
        .collect();
    identifiers.sort_unstable();
    assert_eq!(identifiers, ["phone", "u2"]);
    assert_eq!(
        (&page["first_seen"], &page["last_seen"]),
        (
            &json!("2025-03-01T00:00:00.000Z"),
            &json!("2025-03-01T01:20:00.000Z")
        )
    );
    assert_eq!(page["cohorts"], json!([]));
    let token = page["person"].as_str().unwrap();
    assert!(token.starts_with('~'));
    for id in ["phone", token] {
        assert_eq!(
            node.get(&format!("/api/v1/people/{id}")).await["external_id"],
            "u2",
            "{id}"
        );
    }

    node.ask(Method::GET, "/api/v1/people/nobody", None)
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_timeline_is_paged_and_filtered_newest_first() {
    let (node, _) = start().await;
    let timeline = node.get("/api/v1/people/u2/timeline").await;
    let names = |page: &Value| -> Vec<String> {
        let events = page["events"].as_array().unwrap().iter();
        events
            .map(|it| it["event"].as_str().unwrap().to_owned())
            .collect()
    };
    let shown: Vec<String> = names(&timeline)
        .into_iter()
        .filter(|it| !it.starts_with('$'))
        .collect();
    assert_eq!(shown, ["C", "B", "A", "A"], "newest first");
    let only = node.get("/api/v1/people/u2/timeline?event=A&limit=1").await;
    assert_eq!(
        only["events"][0]["properties"],
        json!({"category": "jeans"})
    );
    assert_eq!(only["events"][0]["time"], "2025-03-01T00:50:00.000Z");
    let next = only["next"].as_str().unwrap();
    let rest = node
        .get(&format!(
            "/api/v1/people/u2/timeline?event=A&limit=1&cursor={next}"
        ))
        .await;
    assert_eq!(
        rest["events"][0]["properties"],
        json!({"category": "shirt"})
    );
    assert!(rest["next"].is_null(), "{rest}");
}

#[tokio::test]
async fn people_are_found_by_name_address_and_id() {
    let (node, _) = start().await;
    for search in ["mina", "KIM", "mina@person", "u2"] {
        let found = node.get(&format!("/api/v1/people?search={search}")).await;
        let people = found["people"].as_array().unwrap();
        assert_eq!(people.len(), 1, "{search}: {found}");
        assert_eq!(
            (&people[0]["name"], &people[0]["country"]),
            (&json!("Mina Kim"), &json!("KR"))
        );
    }
    assert_eq!(
        node.get("/api/v1/people").await["people"]
            .as_array()
            .unwrap()
            .len(),
        6
    );
}

#[tokio::test]
async fn the_catalog_knows_events_and_their_properties() {
    let (node, _) = start().await;
    let catalog = node.get("/api/v1/catalog/events").await;
    let entry = |name: &str| {
        catalog["events"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == name)
            .unwrap()
    };
    assert_eq!(
        (&entry("A")["count"], &entry("A")["active"]),
        (&json!(6), &json!(true)),
        "{catalog}"
    );
    let properties = node.get("/api/v1/catalog/properties?event=A").await;
    let category = properties["properties"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["ref"] == "event.category");
    assert_eq!(category.unwrap()["type"], "text");
}
