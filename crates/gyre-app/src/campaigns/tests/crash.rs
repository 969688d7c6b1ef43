//! Death at every moment: each person keeps one row and gets at most one message, and nothing is forgotten.

use gyre_base::CampaignId;
use gyre_meta::CampaignState;
use gyre_model::message::MessageState;

use super::support::{Moment, Stage};

/// Longer than a lease and a sweep.
const LEASE_MS: i64 = 25_000;

/// Kills at the nth time of a moment, for n = 0, step, 2 step … until the campaign gets through without being caught.
async fn check(moment: Moment, step: usize, lost_per_kill: usize) {
    let mut nth = 0;
    loop {
        let mut stage = Stage::new(30).await;
        let id = stage.launch(|_| {}).await;
        stage.world.trap.set(moment, nth);
        stage.start();
        let is_caught = stage.wait_for_trap(id).await;
        stage.kill().await;
        stage.world.trap.clear();
        stage.clock.advance_ms(LEASE_MS).await;
        stage.start();
        stage.wait_for(id, CampaignState::Done).await;
        stage.stop().await;
        let lost = if is_caught { lost_per_kill } else { 0 };
        check_invariants(&stage, id, lost, &format!("{moment:?} {nth}")).await;
        if !is_caught {
            assert!(nth > 0, "{moment:?} never came");
            return;
        }
        nth += step;
    }
}

async fn check_invariants(stage: &Stage, id: CampaignId, lost_max: usize, context: &str) {
    let rows = stage.rows(id).await;
    assert_eq!(rows.len(), 30, "{context}");
    let mut people: Vec<u32> = rows.iter().map(|it| it.person).collect();
    people.sort_unstable();
    people.dedup();
    assert_eq!(people.len(), 30, "{context}: one row each");
    let taken = stage.taken();
    let mut unknown = 0;
    for row in &rows {
        let times = taken
            .get(row.address.as_deref().unwrap())
            .copied()
            .unwrap_or(0);
        match row.state {
            MessageState::Sent => assert_eq!(times, 1, "{context}: {row:?}"),
            MessageState::Control => assert_eq!(times, 0, "{context}: {row:?}"),
            MessageState::Unknown => {
                unknown += 1;
                assert!(times <= 1, "{context}: {row:?}");
            }
            _ => panic!("{context}: {row:?}"),
        }
    }
    // others on their way at the same moment may have been at the same point
    assert!(unknown <= lost_max, "{context}: {unknown} unknown");
    let events = stage.events();
    let of = |name: &str| events.get(name).copied().unwrap_or(0);
    assert_eq!(
        of("message.email.sent"),
        rows.len() - unknown - of("campaign.enrolled_in_control"),
        "{context}"
    );
    assert_eq!(of("message.email.handed_off"), unknown, "{context}");
    assert_eq!(
        of("message.email.planned") + of("campaign.enrolled_in_control"),
        30,
        "{context}"
    );
}

#[tokio::test]
async fn death_while_planning_loses_and_doubles_nobody() {
    check(Moment::Person, 1, 0).await;
}

#[tokio::test]
async fn death_before_the_handoff_is_as_if_nothing_was_tried() {
    // others may have been handed over while this one was held up
    check(Moment::BeforeHandoff, 4, 8).await;
}

#[tokio::test]
async fn death_after_the_handoff_leaves_an_unknown_that_is_not_sent_again() {
    check(Moment::AfterHandoff, 4, 8).await;
}

#[tokio::test]
async fn death_after_the_provider_took_it_never_sends_twice() {
    check(Moment::AfterAccept, 4, 8).await;
}

#[tokio::test]
async fn death_around_the_log_repeats_events_under_the_same_ids() {
    check(Moment::BeforeEmit, 3, 8).await;
    check(Moment::AfterEmit, 3, 8).await;
}

#[tokio::test]
async fn a_worker_asked_to_end_lets_everything_arrive() {
    let mut stage = Stage::new(60).await;
    let id = stage.launch(|_| {}).await;
    stage.start();
    stage
        .wait_until("some were sent", || stage.taken().len() >= 5)
        .await;
    stage.stop().await;
    let counts = stage.counts(id).await;
    assert_eq!(counts.get(&MessageState::HandedOff), None, "{counts:?}");
    assert_eq!(counts.get(&MessageState::Unknown), None, "{counts:?}");
    assert!(stage.meta.outbox_page(1).await.unwrap().is_empty());
    stage.clock.advance_ms(LEASE_MS).await;
    stage.start();
    stage.wait_for(id, CampaignState::Done).await;
    assert_eq!(stage.counts(id).await.get(&MessageState::Unknown), None);
    assert!(stage.taken().values().all(|it| *it == 1));
}

#[tokio::test]
async fn two_workers_share_a_campaign_without_doubling_anybody() {
    let mut stage = Stage::new(120).await;
    let id = stage.launch(|_| {}).await;
    stage.start();
    let config = crate::campaigns::WorkerConfig {
        concurrency: 8,
        ..crate::campaigns::WorkerConfig::new("another")
    };
    let other = crate::campaigns::run_worker(
        stage.campaigns.clone(),
        config,
        tokio_util::sync::CancellationToken::new(),
    );
    let other = tokio::spawn(other);
    stage.wait_for(id, CampaignState::Done).await;
    other.abort();
    assert!(stage.taken().values().all(|it| *it == 1));
    let counts = stage.counts(id).await;
    assert_eq!(counts[&MessageState::Sent], stage.taken().len());
}
