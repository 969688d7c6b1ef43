//! Cohorts and their refreshes.

use gyre_base::{CohortId, UserId, WorkspaceId};
use gyre_meta::{
    Cohort, CohortHistoryPoint, CohortKind, CohortNew, CohortRefresh, CohortSource, Meta, MetaError,
};

use super::{at, with_workspace};

async fn cohort(meta: &Meta, workspace: WorkspaceId, kind: CohortKind) -> Cohort {
    let new = CohortNew {
        workspace,
        id: CohortId::random(),
        name: "Buyers".to_owned(),
        kind,
        source: CohortSource::Definition,
        definition: Some(r#"{"did": {"event": "purchase"}}"#.to_owned()),
        created_by: Some(UserId::random()),
        created_at: at(0),
    };
    meta.cohort_create(&new).await.unwrap()
}

fn refresh(ms: i64, members: &[u8]) -> CohortRefresh {
    CohortRefresh {
        as_of: at(ms),
        data_version: ms as u64,
        outcome: Ok((members.len() as u64, members.to_vec())),
    }
}

pub(crate) async fn a_cohort_lives_from_creation_to_deletion(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let made = cohort(&meta, workspace, CohortKind::Live).await;
    assert_eq!((made.size, made.version), (None, 1));
    assert_eq!(meta.cohort_get(workspace, made.id).await.unwrap(), made);
    let fixed = cohort(&meta, workspace, CohortKind::Static).await;

    let renamed = meta
        .cohort_rename(workspace, made.id, "Payers", at(1))
        .await
        .unwrap();
    assert_eq!((renamed.name.as_str(), renamed.version), ("Payers", 2));
    assert_eq!(meta.cohorts_list(workspace).await.unwrap().len(), 2);
    let live = meta.cohorts_live().await.unwrap();
    assert_eq!(live, vec![renamed]);

    meta.cohort_delete(workspace, made.id, at(2)).await.unwrap();
    let gone = meta.cohort_get(workspace, made.id).await.unwrap_err();
    assert!(matches!(gone, MetaError::NotFound { what: "cohort" }));
    assert!(meta.cohort_delete(workspace, made.id, at(2)).await.is_err());
    assert_eq!(meta.cohorts_list(workspace).await.unwrap(), vec![fixed]);
    assert!(meta.cohorts_live().await.unwrap().is_empty());
}

pub(crate) async fn a_refresh_replaces_the_members_and_keeps_older_sizes(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let id = cohort(&meta, workspace, CohortKind::Live).await.id;
    assert_eq!(meta.cohort_members_get(workspace, id).await.unwrap(), None);
    meta.cohort_refresh_put(workspace, id, &refresh(10, b"abc"))
        .await
        .unwrap();
    let cohort = meta
        .cohort_refresh_put(workspace, id, &refresh(20, &[0, 255]))
        .await
        .unwrap();
    assert_eq!((cohort.size, cohort.refreshed_at), (Some(2), Some(at(20))));
    assert_eq!(cohort.refreshed_data_version, Some(20));
    assert_eq!(cohort.version, 1, "a refresh is no change of the cohort");

    let members = meta
        .cohort_members_get(workspace, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((members.members, members.as_of), (vec![0, 255], at(20)));
    let history = meta.cohort_history(workspace, id, 10).await.unwrap();
    let sizes: Vec<_> = history.iter().map(|it| (it.as_of, it.size)).collect();
    assert_eq!(sizes, vec![(at(20), Some(2)), (at(10), Some(3))]);
    assert_eq!(
        meta.cohort_history(workspace, id, 1).await.unwrap().len(),
        1
    );
}

pub(crate) async fn a_failed_refresh_keeps_the_members_and_says_why(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let id = cohort(&meta, workspace, CohortKind::Live).await.id;
    meta.cohort_refresh_put(workspace, id, &refresh(10, b"abc"))
        .await
        .unwrap();
    let failure = CohortRefresh {
        as_of: at(20),
        data_version: 2,
        outcome: Err("the nested cohort was deleted".to_owned()),
    };
    let cohort = meta
        .cohort_refresh_put(workspace, id, &failure)
        .await
        .unwrap();
    assert_eq!((cohort.size, cohort.refreshed_at), (Some(3), Some(at(10))));
    assert_eq!(
        cohort.refresh_error.as_deref(),
        Some("the nested cohort was deleted")
    );
    let members = meta
        .cohort_members_get(workspace, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(members.members, b"abc");
    let history = meta.cohort_history(workspace, id, 10).await.unwrap();
    let failed = CohortHistoryPoint {
        as_of: at(20),
        size: None,
        error: cohort.refresh_error,
    };
    assert_eq!(history[0], failed);
    let mended = meta
        .cohort_refresh_put(workspace, id, &refresh(30, b""))
        .await
        .unwrap();
    assert_eq!((mended.refresh_error, mended.size), (None, Some(0)));
}
