//! The catalogue, the tracking plan, and what quarantine lets go of.

use gyre_base::{Timestamp, WorkspaceId};
use gyre_meta::{
    CatalogBlock, CatalogChange, CatalogEntry, Meta, PlanVersion, QuarantineFilter, Quarantined,
};

use super::{at, with_workspace};

fn version(number: u32, valid_from: i64) -> PlanVersion {
    PlanVersion {
        version: number,
        valid_from: at(valid_from),
        body: format!(r#"{{"mode":"shadow","n":{number}}}"#),
        created_at: at(0),
        created_by: None,
    }
}

pub(crate) async fn a_version_of_the_plan_follows_the_one_before(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    assert_eq!(meta.plan_newest(workspace).await.unwrap(), None);
    for (number, from) in [(1, 10), (2, 20), (3, 30)] {
        meta.plan_insert(workspace, &version(number, from))
            .await
            .unwrap();
    }
    for wrong in [3, 5] {
        let error = meta
            .plan_insert(workspace, &version(wrong, 99))
            .await
            .unwrap_err();
        assert!(error.on_constraint("plan_versions_version"), "{error}");
    }
    assert_eq!(
        meta.plan_newest(workspace).await.unwrap(),
        Some(version(3, 30))
    );
    let numbers = |list: Vec<PlanVersion>| list.iter().map(|it| it.version).collect::<Vec<_>>();
    let page = meta.plan_versions(workspace, None, 2).await.unwrap();
    assert_eq!(numbers(page), [3, 2]);
    let page = meta.plan_versions(workspace, Some(2), 2).await.unwrap();
    assert_eq!(numbers(page), [1]);
    for (instant, held) in [
        (5, vec![1, 2, 3]),
        (20, vec![2, 3]),
        (29, vec![2, 3]),
        (99, vec![3]),
    ] {
        let since = meta
            .plan_versions_since(workspace, at(instant))
            .await
            .unwrap();
        assert_eq!(numbers(since), held, "{instant}");
    }
}

fn entry(event: &str, property: &str) -> CatalogEntry {
    CatalogEntry {
        event: event.to_owned(),
        property: property.to_owned(),
        display_name: Some("주문".to_owned()),
        description: None,
        owner: Some("kim".to_owned()),
        tags: vec!["core".to_owned(), "money, all of it".to_owned()],
        is_hidden: false,
        is_blocked: true,
        merge_into: None,
        updated_at: at(1),
    }
}

fn block(until: Option<Timestamp>) -> CatalogBlock {
    CatalogBlock {
        event: "order".to_owned(),
        property: String::new(),
        from: at(10),
        until,
    }
}

pub(crate) async fn what_is_written_about_an_event_is_kept_with_its_blocks(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let key = ("order".to_owned(), String::new());
    let begin = CatalogChange {
        entries: vec![entry("order", ""), entry("", "total")],
        blocks_begun: vec![key.clone()],
        blocks_ended: Vec::new(),
    };
    meta.catalog_put(workspace, &begin, at(10)).await.unwrap();
    let entries = meta.catalog_entries(workspace).await.unwrap();
    assert_eq!(entries, [entry("", "total"), entry("order", "")]);
    let blocks = meta.catalog_blocks(workspace, at(0)).await.unwrap();
    assert_eq!(blocks, [block(None)]);

    let changed = CatalogEntry {
        is_blocked: false,
        tags: Vec::new(),
        merge_into: Some("purchase".to_owned()),
        ..entry("order", "")
    };
    let end = CatalogChange {
        entries: vec![changed.clone()],
        blocks_begun: Vec::new(),
        blocks_ended: vec![key],
    };
    meta.catalog_put(workspace, &end, at(20)).await.unwrap();
    assert_eq!(meta.catalog_entries(workspace).await.unwrap()[1], changed);
    let blocks = meta.catalog_blocks(workspace, at(15)).await.unwrap();
    assert_eq!(
        blocks,
        [block(Some(at(20)))],
        "what arrived meanwhile stays out"
    );
    assert!(
        meta.catalog_blocks(workspace, at(20))
            .await
            .unwrap()
            .is_empty()
    );
}

fn row(i: i64, reason: &str, dialect: &str) -> Quarantined {
    Quarantined {
        id: format!("{i:04}"),
        received_at: at(i),
        dialect: dialect.to_owned(),
        reason: reason.to_owned(),
        detail: "wrong".to_owned(),
        raw: "{}".to_owned(),
    }
}

async fn ids(meta: &Meta, workspace: WorkspaceId, filter: &QuarantineFilter) -> Vec<String> {
    let page = meta
        .quarantine_page(workspace, filter, None, 1_000)
        .await
        .unwrap();
    page.into_iter().map(|it| it.id).collect()
}

pub(crate) async fn quarantine_is_filtered_and_emptied(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let other = with_workspace(&meta).await;
    let rows = [
        row(1, "plan", "segment"),
        row(2, "plan", "events"),
        row(3, "blocked", "events"),
    ];
    for workspace in [workspace, other] {
        meta.quarantine_insert(workspace, &rows).await.unwrap();
    }
    let any = QuarantineFilter::default();
    let plan = QuarantineFilter {
        reason: Some("plan".to_owned()),
        ..any.clone()
    };
    assert_eq!(ids(&meta, workspace, &plan).await, ["0002", "0001"]);
    let late = QuarantineFilter {
        since: Some(at(2)),
        dialect: Some("events".to_owned()),
        ..any.clone()
    };
    assert_eq!(ids(&meta, workspace, &late).await, ["0003", "0002"]);
    let wanted = ["0003".to_owned(), "0009".to_owned()];
    let found = meta.quarantine_get_many(workspace, &wanted).await.unwrap();
    assert_eq!(found, [row(3, "blocked", "events")]);
    let change = ("0003".to_owned(), "plan".to_owned(), "other".to_owned());
    meta.quarantine_rename(workspace, &[change]).await.unwrap();
    assert_eq!(ids(&meta, workspace, &plan).await.len(), 3);
    assert_eq!(meta.quarantine_delete(workspace, &wanted).await.unwrap(), 1);
    assert_eq!(meta.quarantine_delete(workspace, &wanted).await.unwrap(), 0);
    assert_eq!(
        meta.quarantine_delete_reason(workspace, "plan")
            .await
            .unwrap(),
        2
    );
    assert!(ids(&meta, workspace, &any).await.is_empty());
    assert_eq!(ids(&meta, other, &any).await.len(), 3, "another's stay");
    assert_eq!(ids(&meta, other, &plan).await.len(), 2);
}

pub(crate) async fn the_catalogue_of_one_workspace_is_not_anothers(meta: Meta) {
    let ours = with_workspace(&meta).await;
    let theirs = with_workspace(&meta).await;
    let change = CatalogChange {
        entries: vec![entry("order", "")],
        blocks_begun: vec![("order".to_owned(), String::new())],
        blocks_ended: Vec::new(),
    };
    meta.catalog_put(ours, &change, at(10)).await.unwrap();
    meta.plan_insert(ours, &version(1, 10)).await.unwrap();
    assert!(meta.catalog_entries(theirs).await.unwrap().is_empty());
    assert!(meta.catalog_blocks(theirs, at(0)).await.unwrap().is_empty());
    assert_eq!(meta.plan_newest(theirs).await.unwrap(), None);
    let end = CatalogChange {
        blocks_ended: change.blocks_begun,
        ..CatalogChange::default()
    };
    meta.catalog_put(theirs, &end, at(20)).await.unwrap();
    let blocks = meta.catalog_blocks(ours, at(0)).await.unwrap();
    assert_eq!(blocks[0].until, None, "not theirs to end");
    assert!(
        meta.plan_versions_since(theirs, at(99))
            .await
            .unwrap()
            .is_empty()
    );
}
