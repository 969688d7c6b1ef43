//! The lake's manifest.

use gyre_base::WorkspaceId;
use gyre_meta::{Checkpoint, CheckpointCommit, Meta, PeopleDelta, Segment, WorkspaceFiles};

use super::at;

fn segment(id: &str, ms: i64) -> Segment {
    Segment {
        id: id.to_owned(),
        file: format!("segments/{id}.parquet"),
        rows: 10,
        bytes: 4_096,
        time_min: at(ms),
        time_max: at(ms + 1),
        created_position: 17,
    }
}

fn delta(seq: u64) -> PeopleDelta {
    PeopleDelta {
        seq,
        file: format!("people/{seq}"),
        bytes: 100,
    }
}

fn commit(from: u64, to: u64, changes: &[(WorkspaceId, WorkspaceFiles)]) -> CheckpointCommit {
    CheckpointCommit {
        expected_position: from,
        new_position: to,
        workspaces: changes.iter().cloned().collect(),
    }
}

fn added(segments: Vec<Segment>, deltas: Vec<PeopleDelta>) -> WorkspaceFiles {
    WorkspaceFiles {
        segments_added: segments,
        deltas_added: deltas,
        ..WorkspaceFiles::default()
    }
}

pub(crate) async fn files_and_position_change_together(meta: Meta) {
    let start = meta.checkpoint_get().await.unwrap();
    assert_eq!((start.log_position, start.version), (0, 0));
    let (one, two) = (WorkspaceId::random(), WorkspaceId::random());
    let first = commit(
        0,
        500,
        &[
            (
                one,
                added(
                    vec![segment("b", 5), segment("a", 1)],
                    vec![delta(1), delta(2)],
                ),
            ),
            (two, added(vec![segment("a", 3)], vec![])),
        ],
    );
    let checkpoint = meta.checkpoint_commit(&first).await.unwrap();
    let expected = Checkpoint {
        log_position: 500,
        version: 1,
    };
    assert_eq!(checkpoint, expected);
    assert_eq!(meta.checkpoint_get().await.unwrap(), expected);

    let compaction = WorkspaceFiles {
        segments_added: vec![segment("c", 1)],
        segments_removed: vec!["a".to_owned(), "b".to_owned()],
        deltas_added: vec![delta(3)],
        deltas_removed: vec![1, 2],
        ..WorkspaceFiles::default()
    };
    let second = commit(500, 500, &[(one, compaction)]);
    assert_eq!(meta.checkpoint_commit(&second).await.unwrap().version, 2);
    let files = meta.lake_load(one).await.unwrap();
    assert_eq!(files.segments, vec![segment("c", 1)]);
    assert_eq!(files.deltas, vec![delta(3)]);
    let other = meta.lake_load(two).await.unwrap();
    assert_eq!(other.segments, vec![segment("a", 3)]);
}

pub(crate) async fn a_commit_on_another_position_changes_nothing(meta: Meta) {
    let workspace = WorkspaceId::random();
    let late = commit(5, 9, &[(workspace, added(vec![segment("a", 1)], vec![]))]);
    let error = meta.checkpoint_commit(&late).await.unwrap_err();
    assert!(error.on_constraint("lake_checkpoint_position"), "{error:?}");
    assert!(meta.lake_load(workspace).await.unwrap().segments.is_empty());
    assert_eq!(meta.checkpoint_get().await.unwrap().version, 0);
}

pub(crate) async fn a_file_is_removed_once(meta: Meta) {
    let workspace = WorkspaceId::random();
    let remove = WorkspaceFiles {
        segments_added: vec![segment("b", 1)],
        segments_removed: vec!["a".to_owned()],
        ..WorkspaceFiles::default()
    };
    let error = meta
        .checkpoint_commit(&commit(0, 1, &[(workspace, remove)]))
        .await
        .unwrap_err();
    assert!(error.on_constraint("lake_files"), "{error:?}");
    assert_eq!(
        meta.checkpoint_get().await.unwrap().log_position,
        0,
        "rolled back"
    );
    assert!(
        meta.lake_load(workspace).await.unwrap().segments.is_empty(),
        "rolled back"
    );
}
