//! The suite of the metadata store: every case runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL is the server that `GYRE_TEST_POSTGRES` names (the url of a user who may create databases), else one that
//! is started for this run from the installed package; see `postgres.rs`. Nothing is skipped.

#![expect(clippy::unwrap_used, reason = "a case that fails should stop there")]

mod cases;
mod postgres;
mod texts;

use std::future::Future;
use std::pin::Pin;

use gyre_meta::{Meta, MetaConfig};

type Case = fn(Meta) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Names every case once: a test each on SQLite, one test for all of them on PostgreSQL (they share a server).
macro_rules! suite {
    ($($module:ident::$case:ident,)+) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let folder = tempfile::tempdir().unwrap();
                    super::cases::$module::$case(super::open_sqlite(folder.path()).await).await;
                }
            )+
        }

        const CASES: &[(&str, Case)] = &[
            $((stringify!($case), |meta| Box::pin(cases::$module::$case(meta))),)+
        ];
    };
}

suite! {
    campaigns::a_campaign_is_kept_as_it_was_written,
    campaigns::a_draft_is_changed_by_whoever_knows_its_version,
    campaigns::a_campaign_moves_only_from_the_states_named,
    campaigns::workers_see_the_running_campaigns_of_every_workspace,
    cohorts::a_cohort_lives_from_creation_to_deletion,
    cohorts::a_refresh_replaces_the_members_and_keeps_older_sizes,
    cohorts::a_failed_refresh_keeps_the_members_and_says_why,
    governance::a_version_of_the_plan_follows_the_one_before,
    governance::what_is_written_about_an_event_is_kept_with_its_blocks,
    governance::quarantine_is_filtered_and_emptied,
    governance::the_catalogue_of_one_workspace_is_not_anothers,
    identity::the_settings_are_the_ones_written_last,
    imports::a_job_lives_from_waiting_to_its_end,
    imports::a_file_is_kept_until_it_is_deleted,
    imports::counts_are_committed_with_the_position,
    imports::a_lookup_table_is_replaced_and_a_source_keeps_its_maps,
    lake::files_and_position_change_together,
    lake::a_commit_on_another_position_changes_nothing,
    lake::a_file_is_removed_once,
    leases::a_lease_has_one_owner_at_a_time,
    messages::planning_twice_makes_one_row_and_one_event,
    messages::many_rows_are_planned_in_chunks,
    messages::a_claim_takes_what_is_due_in_order,
    messages::two_workers_never_get_the_same_row,
    messages::a_step_needs_its_state_and_its_lease,
    messages::events_are_written_only_with_their_step,
    messages::nothing_is_handed_off_to_who_unsubscribed_meanwhile,
    messages::an_ended_lease_is_decided_by_what_may_have_left,
    messages::a_live_lease_is_extended_and_a_lost_one_is_not,
    messages::the_ledger_is_counted_and_paged,
    messages::a_person_sees_the_newest_first,
    settings::a_workspace_is_made_and_changed,
    settings::the_first_workspace_is_made_whole_and_once,
    settings::an_address_belongs_to_one_user,
    settings::a_session_ends,
    settings::a_revoked_key_opens_nothing,
    settings::a_channel_is_written_over,
    settings::a_subscription_is_what_was_said_last,
    settings::quarantine_is_idempotent_and_paged,
    isolation::nothing_of_one_workspace_is_seen_from_another,
    store::writers_queue_and_are_never_locked_out,
    store::a_database_is_opened_again,
}

async fn open_sqlite(folder: &std::path::Path) -> Meta {
    let url = format!("sqlite://{}", folder.join("meta.db").display());
    Meta::open(&url, MetaConfig::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_suite_holds_on_postgresql() {
    let server = postgres::Server::get().unwrap_or_else(|why| panic!("{why}"));
    let mut failed = Vec::new();
    for (i, (name, case)) in CASES.iter().enumerate() {
        let url = server
            .database(&format!("gyre_test_{}_{i}", std::process::id()))
            .await;
        let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
        if tokio::spawn(case(meta.clone())).await.is_err() {
            failed.push(*name);
        }
        meta.close().await;
        server.drop_database(&url).await;
    }
    assert!(failed.is_empty(), "failed on PostgreSQL: {failed:?}");
}

#[tokio::test]
async fn a_url_of_something_else_is_refused() {
    for url in ["mysql://x", "/data/meta.db", "sqlite:meta.db"] {
        let error = Meta::open(url, MetaConfig::default()).await.unwrap_err();
        assert!(matches!(error, gyre_meta::MetaError::Url), "{url}");
    }
}
