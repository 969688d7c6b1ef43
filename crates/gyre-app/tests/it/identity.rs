//! Who is who through restarts: requests about identity take effect once, whatever ends the process.

use gyre_base::{Timestamp, WorkspaceId};
use gyre_model::{Event, EventKind};
use serde_json::json;

use crate::engine::{NOW, Node, start};

fn event(kind: EventKind, user: Option<&str>, id: &str) -> Event {
    let name = if kind == EventKind::Track {
        "view"
    } else {
        "$request"
    };
    let mut event = Event::new(kind, name, Timestamp(NOW - 1_000));
    event.user_id = user.map(str::to_owned);
    event.insert_id = Some(id.to_owned());
    event
}

fn merge(into: &str, from: &str, id: &str) -> Event {
    let mut merge = event(EventKind::Merge, Some(into), id);
    merge.previous_id = Some(from.to_owned());
    merge
}

fn undo(node: &Node, merge: &str, id: &str) -> Event {
    let snapshot = node.engine.snapshot(node.workspace);
    let link = snapshot.people.read().link_by_event(merge).unwrap();
    let mut undo = event(EventKind::Unmerge, None, id);
    undo.properties
        .insert("link".into(), json!(link.to_string()));
    undo
}

async fn viewers(node: &Node) -> u64 {
    node.count(json!({"did": {"event": "view"}})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_and_its_undoing_take_effect_once_whatever_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    for round in 0..8_u64 {
        let flush_rows = if round % 3 == 0 { 2 } else { 1_000_000 };
        let node = start(folder.path(), workspace, flush_rows).await;
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let views: Vec<Event> = [&a, &b]
            .iter()
            .map(|it| event(EventKind::Track, Some(it), &format!("view-{it}")))
            .collect();
        node.send(&views).await;
        let before = viewers(&node).await;
        let request = merge(&a, &b, &format!("m{round}"));
        node.send(std::slice::from_ref(&request)).await;
        assert_eq!(viewers(&node).await, before - 1, "round {round}");
        let taken_back = undo(&node, &format!("m{round}"), &format!("x{round}"));
        node.send(std::slice::from_ref(&taken_back)).await;
        assert_eq!(viewers(&node).await, before, "round {round}");
        // a client that did not hear the answer sends again: nothing of it counts twice
        node.send(&[request, taken_back]).await;
        assert_eq!(viewers(&node).await, before, "round {round}");
        let rows = node.engine.snapshot(workspace).map.link_seq();
        assert_eq!(rows, round * 5 + 2, "a merge and its undoing");
        let stays = merge(&a, &b, &format!("n{round}"));
        node.send(&[stays]).await;
        if round % 2 == 0 {
            node.stop().await;
        } else {
            node.crash().await;
        }
        let node = start(folder.path(), workspace, flush_rows).await;
        node.settle().await;
        assert_eq!(viewers(&node).await, round + 1, "after the end of {round}");
        let merged = node.engine.find_person(workspace, &b);
        assert_eq!(merged, node.engine.find_person(workspace, &a));
        // taken back, so that each round counts alike
        let again = undo(&node, &format!("n{round}"), &format!("y{round}"));
        node.send(&[again]).await;
        let redo = merge(&a, &b, &format!("o{round}"));
        node.send(&[redo]).await;
        let seq = node.engine.snapshot(workspace).map.link_seq();
        assert_eq!(seq, (round + 1) * 5, "round {round}");
        node.crash().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_deleted_stays_deleted_whatever_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    for round in 0..6 {
        let flush_rows = if round % 3 == 0 { 1 } else { 1_000_000 };
        let node = start(folder.path(), workspace, flush_rows).await;
        node.settle().await;
        assert_eq!(viewers(&node).await, 0, "round {round}");
        let view = event(EventKind::Track, Some("u1"), &format!("v{round}"));
        node.send(std::slice::from_ref(&view)).await;
        assert_eq!(viewers(&node).await, 1, "round {round}: a new generation");
        let delete = event(EventKind::Delete, Some("u1"), &format!("d{round}"));
        node.send(&[delete, view]).await;
        assert_eq!(
            viewers(&node).await,
            0,
            "round {round}: a repeat brings nobody back"
        );
        assert_eq!(node.engine.find_person(workspace, "u1"), None);
        let snapshot = node.engine.snapshot(workspace);
        assert_eq!(snapshot.people.read().erasures().len(), round + 1);
        if round % 2 == 0 {
            node.stop().await;
        } else {
            node.crash().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_before_a_merge_leads_to_the_person() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), WorkspaceId::random(), 1_000_000).await;
    let views: Vec<Event> = ["a", "b"]
        .iter()
        .map(|it| event(EventKind::Track, Some(it), it))
        .collect();
    node.send(&views).await;
    let before = node.engine.find_person(node.workspace, "b").unwrap();
    node.send(&[merge("a", "b", "m")]).await;
    let view = node.engine.person(node.workspace, before).unwrap();
    assert_eq!(view.external_id.as_deref(), Some("a"));
    let token = gyre_app::engine::person_token(before);
    let found = node.engine.find_person(node.workspace, &token);
    assert_eq!(found, Some(view.person));
    node.stop().await;
}
