//! Imports, lookup tables and sources.

use gyre_base::{ImportId, SourceId, WorkspaceId};
use gyre_meta::{
    CheckpointCommit, Import, ImportFault, ImportFileRow, ImportProgress, ImportState, ImportTally,
    Lookup, Meta, Source, SourceKind, SourceSlot, WorkspaceFiles,
};

use super::{at, with_workspace};

fn import(workspace: WorkspaceId, ms: i64) -> Import {
    Import {
        workspace,
        id: ImportId::random(),
        name: "orders.csv".to_owned(),
        request: "{}".to_owned(),
        sealed: Some("v1.sealed".to_owned()),
        state: ImportState::Waiting,
        progress: ImportProgress::default(),
        fault: None,
        created_at: at(ms),
        started_at: None,
        finished_at: None,
        created_by: None,
    }
}

pub(crate) async fn a_job_lives_from_waiting_to_its_end(meta: Meta) {
    let (one, other) = (with_workspace(&meta).await, with_workspace(&meta).await);
    let job = import(one, 1);
    meta.import_create(&job).await.unwrap();
    assert_eq!(
        meta.import_get(one, job.id).await.unwrap(),
        Some(job.clone())
    );
    assert_eq!(meta.import_get(other, job.id).await.unwrap(), None);
    assert_eq!(meta.imports_unfinished_count(one).await.unwrap(), 1);
    assert_eq!(meta.imports_unfinished_count(other).await.unwrap(), 0);
    let further = ImportProgress {
        rows_read: 5,
        rows_rejected: 1,
        content: Some("hash".to_owned()),
        ..ImportProgress::default()
    };
    let wrote = meta.import_progress(one, job.id, &further).await.unwrap();
    assert!(!wrote, "it does not run");
    let started = meta
        .import_start(one, job.id, at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (started.state, started.started_at),
        (ImportState::Running, Some(at(2)))
    );
    assert!(meta.import_progress(one, job.id, &further).await.unwrap());
    assert!(!meta.import_progress(other, job.id, &further).await.unwrap());
    let none = ImportTally::default();
    let fault = ImportFault {
        code: "damaged-file".to_owned(),
        detail: "it is".to_owned(),
    };
    let failed = ImportState::Failed;
    let ended = meta
        .import_finish(one, job.id, failed, Some(&fault), &none, at(3))
        .await;
    let ended = ended.unwrap().unwrap();
    assert_eq!((ended.fault, ended.finished_at), (Some(fault), Some(at(3))));
    assert!(ended.sealed.is_some(), "it may go on");
    let again = meta.import_resume(one, job.id).await.unwrap().unwrap();
    assert_eq!(
        (again.state, again.fault, again.finished_at),
        (ImportState::Waiting, None, None)
    );
    let again = meta
        .import_start(one, job.id, at(4))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.started_at, Some(at(2)), "the first time");
    let tally = ImportTally {
        counted_to: 5,
        accepted: 3,
        repeated: 1,
        refused: 1,
    };
    let done = meta
        .import_finish(one, job.id, ImportState::Done, None, &tally, at(5))
        .await;
    let done = done.unwrap().unwrap();
    let progress = &done.progress;
    assert_eq!(
        (
            progress.rows_accepted,
            progress.rows_repeated,
            progress.rows_rejected
        ),
        (3, 1, 2)
    );
    assert_eq!(done.sealed, None);
    let twice = meta
        .import_finish(one, job.id, ImportState::Done, None, &tally, at(6))
        .await;
    assert_eq!(twice.unwrap(), None, "its counts are added once");
    assert!(meta.imports_unfinished(10).await.unwrap().is_empty());
    check_lists(&meta, (one, other), &job).await;
}

/// A finished job is found by its content and on its page, in its workspace.
async fn check_lists(meta: &Meta, (one, other): (WorkspaceId, WorkspaceId), job: &Import) {
    let newer = import(one, 9);
    meta.import_create(&newer).await.unwrap();
    let known = meta
        .import_known(one, "hash", newer.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(known.id, job.id);
    assert_eq!(
        meta.import_known(other, "hash", newer.id).await.unwrap(),
        None
    );
    assert_eq!(meta.import_known(one, "hash", job.id).await.unwrap(), None);
    let page = meta.imports_page(one, None, 1).await.unwrap();
    assert_eq!(page[0].id, newer.id);
    let id = newer.id.to_string();
    let page = meta
        .imports_page(one, Some((newer.created_at, &id)), 5)
        .await
        .unwrap();
    assert_eq!((page.len(), page[0].id), (1, job.id));
}

pub(crate) async fn a_file_is_kept_until_it_is_deleted(meta: Meta) {
    let (one, other) = (with_workspace(&meta).await, with_workspace(&meta).await);
    let file = ImportFileRow {
        workspace: one,
        id: ImportId::random(),
        name: "a.csv".to_owned(),
        bytes: 7,
        content: "hash".to_owned(),
        created_at: at(0),
    };
    meta.import_file_create(&file).await.unwrap();
    assert_eq!(meta.import_file_get(other, file.id).await.unwrap(), None);
    assert_eq!(
        meta.import_files_list(one).await.unwrap(),
        std::slice::from_ref(&file)
    );
    assert!(meta.import_files_before(at(0)).await.unwrap().is_empty());
    assert_eq!(meta.import_files_before(at(1)).await.unwrap().len(), 1);
    meta.import_file_delete(one, file.id).await.unwrap();
    assert_eq!(meta.import_file_get(one, file.id).await.unwrap(), None);
}

pub(crate) async fn counts_are_committed_with_the_position(meta: Meta) {
    let (one, other) = (with_workspace(&meta).await, with_workspace(&meta).await);
    let id = ImportId::random();
    let slot = |library: &str, events: u64, ms: i64| SourceSlot {
        source: "key".to_owned(),
        slot: 100,
        dialect: "segment".to_owned(),
        library: library.to_owned(),
        events,
        last_at: at(ms),
        ..SourceSlot::default()
    };
    let commit = |from: u64, to: u64, accepted: u64, sources: Vec<SourceSlot>| {
        let tally = ImportTally {
            counted_to: to,
            accepted,
            ..ImportTally::default()
        };
        let files = WorkspaceFiles {
            imports: vec![(id, tally)],
            sources,
            ..WorkspaceFiles::default()
        };
        CheckpointCommit {
            expected_position: from,
            new_position: to,
            workspaces: [(one, files)].into_iter().collect(),
        }
    };
    let first = commit(0, 10, 4, vec![slot("web", 2, 5), slot("", 1, 1)]);
    meta.checkpoint_commit(&first).await.unwrap();
    assert!(
        meta.checkpoint_commit(&first).await.is_err(),
        "the position moved"
    );
    let second = commit(10, 20, 9, vec![slot("web", 3, 2)]);
    meta.checkpoint_commit(&second).await.unwrap();
    let tally = meta.import_tally(one, id).await.unwrap();
    assert_eq!((tally.counted_to, tally.accepted), (20, 9), "the newest");
    assert_eq!(
        meta.import_tally(other, id).await.unwrap(),
        ImportTally::default()
    );
    let slots = meta.source_slots_since(one, 100).await.unwrap();
    let web = slots.iter().find(|it| it.library == "web").unwrap();
    assert_eq!((web.events, web.last_at), (5, at(5)), "added up");
    assert!(meta.source_slots_since(other, 0).await.unwrap().is_empty());
    let refused = SourceSlot {
        rejected: 2,
        ..slot("web", 0, 9)
    };
    meta.source_slots_add(one, &[refused], 0).await.unwrap();
    let slots = meta.source_slots_since(one, 100).await.unwrap();
    assert_eq!(slots.iter().map(|it| it.rejected).sum::<u64>(), 2);
    meta.source_slots_add(one, &[], 101).await.unwrap();
    assert!(meta.source_slots_since(one, 0).await.unwrap().is_empty());
}

pub(crate) async fn a_lookup_table_is_replaced_and_a_source_keeps_its_maps(meta: Meta) {
    let (one, other) = (with_workspace(&meta).await, with_workspace(&meta).await);
    let lookup = |file: &str| Lookup {
        name: "products".to_owned(),
        key: "sku".to_owned(),
        columns: "[]".to_owned(),
        file: file.to_owned(),
        rows: 2,
        bytes: 10,
        updated_at: at(1),
    };
    assert_eq!(meta.lookup_put(one, &lookup("a")).await.unwrap(), None);
    let before = meta.lookup_put(one, &lookup("b")).await.unwrap();
    assert_eq!(before, Some(lookup("a")));
    assert_eq!(meta.lookups_list(one).await.unwrap(), [lookup("b")]);
    assert_eq!(meta.lookup_get(other, "products").await.unwrap(), None);
    assert_eq!(meta.lookup_delete(other, "products").await.unwrap(), None);
    assert_eq!(
        meta.lookup_delete(one, "products").await.unwrap(),
        Some(lookup("b"))
    );

    let mut source = Source {
        workspace: one,
        id: SourceId::random(),
        name: "Payments".to_owned(),
        kind: SourceKind::Webhook,
        preset: "generic".to_owned(),
        hash: "hash-of-secret".to_owned(),
        prefix: "gyre".to_owned(),
        map_version: 1,
        map: "{\"v\": 1}".to_owned(),
        sealed: None,
        is_enabled: true,
        created_at: at(0),
    };
    meta.source_create(&source).await.unwrap();
    let same_secret = Source {
        id: SourceId::random(),
        workspace: other,
        ..source.clone()
    };
    let conflict = meta.source_create(&same_secret).await.unwrap_err();
    assert!(conflict.on_constraint("sources_hash_key"), "{conflict:?}");
    source.map_version = 2;
    "{\"v\": 2}".clone_into(&mut source.map);
    source.is_enabled = false;
    let changed = meta.source_update(&source, true, at(1)).await.unwrap();
    assert_eq!(changed, source);
    assert!(
        meta.source_update(&source, true, at(2)).await.is_err(),
        "a version is written once"
    );
    let found = meta.source_by_hash("hash-of-secret").await.unwrap();
    assert_eq!(found, Some(source.clone()));
    assert_eq!(meta.source_get(other, source.id).await.unwrap(), None);
    assert!(!meta.source_delete(other, source.id).await.unwrap());
    assert!(meta.source_delete(one, source.id).await.unwrap());
    let maps = meta.source_maps().await.unwrap();
    let own = maps.iter().filter(|it| it.source == source.id);
    let versions: Vec<(u64, &str)> = own.map(|it| (it.version, it.body.as_str())).collect();
    assert_eq!(
        versions,
        [(1, "{\"v\": 1}"), (2, "{\"v\": 2}")],
        "they outlive their source"
    );
}
