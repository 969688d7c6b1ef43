//! The log in ordinary weather: append, read, wait, release, reopen, refuse.

use crate::support::{append_each, body, config, number, numbers, run};
use bytes::Bytes;
use gyre_base::Failure;
use gyre_log::{Log, LogConfig, LogError, Position};

fn open(dir: &std::path::Path) -> Log {
    Log::open(config(dir)).unwrap().0
}

#[track_caller]
fn check_code<T: std::fmt::Debug>(result: Result<T, LogError>, code: &str) {
    assert_eq!(result.unwrap_err().code(), code);
}

#[test]
fn records_are_read_back_in_order_across_segments_and_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let positions = append_each(&log, 0..40);
    assert_eq!(numbers(&log), (0..40).collect::<Vec<_>>());
    run(log.close());
    drop(log);

    let (log, recovery) = Log::open(config(dir.path())).unwrap();
    assert!(recovery.segments_count > 5, "{recovery:?}");
    assert_eq!(recovery.cut_bytes, 0);
    assert_eq!(recovery.end, log.durable_end());
    for (idx, position) in positions.iter().enumerate() {
        let record = &log.read(*position, 1).unwrap()[0];
        assert_eq!(
            (record.position, number(&record.body)),
            (*position, idx as u64)
        );
    }
    append_each(&log, 40..50);
    assert_eq!(numbers(&log), (0..50).collect::<Vec<_>>());
    assert_eq!(log.verify().unwrap().records_count, 50);
}

#[test]
fn a_group_is_written_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let first = run(log.append_all((0..5).map(body).collect())).unwrap();
    assert_eq!(first, Position::START);
    let second = run(log.append(body(5))).unwrap();
    let records = log.read(first, 10_000).unwrap();
    assert_eq!(records[4].next, second);
    assert_eq!(run(log.append_all(Vec::new())).unwrap(), log.durable_end());
    assert_eq!(numbers(&log), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn many_appenders_share_one_log() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..300)
            .map(|it| {
                let log = log.clone();
                tokio::spawn(async move { (log.append(body(it)).await, it) })
            })
            .collect();
        for task in tasks {
            match task.await.unwrap() {
                (Ok(position), it) => {
                    let record = &log.read(position, 1).unwrap()[0];
                    assert_eq!(number(&record.body), it);
                }
                (Err(error), _) => assert_eq!(error.code(), "log-overloaded"),
            }
        }
    });
}

#[test]
fn large_bodies_are_compressed_and_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut cfg = LogConfig::new(dir.path());
    cfg.record_bytes_max = 4 << 20;
    let log = Log::open(cfg).unwrap().0;
    let text = Bytes::from("{\"event\":\"Order Completed\"}".repeat(100_000));
    let position = run(log.append(text.clone())).unwrap();
    assert_eq!(log.read(position, 1).unwrap()[0].body, text);
    assert!(log.durable_end().0 < 100_000, "{}", log.durable_end());
}

#[test]
fn an_empty_record_is_a_record() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    run(log.append(Bytes::new())).unwrap();
    assert_eq!(log.read(Position::START, 10).unwrap().len(), 1);
}

#[test]
fn reading_is_bounded_and_always_moves_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut cfg = config(dir.path());
    cfg.segment_bytes = 1 << 20;
    let log = Log::open(cfg).unwrap().0;
    append_each(&log, 0..10);
    assert_eq!(log.read(Position::START, 0).unwrap().len(), 1);
    let two = body(0).len() + body(1).len();
    assert_eq!(log.read(Position::START, two).unwrap().len(), 2);
    assert_eq!(log.read(Position::START, usize::MAX).unwrap().len(), 10);
}

#[test]
fn waiting_ends_when_the_record_is_durable_and_when_the_log_closes() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    run(async {
        let start = log.durable_end();
        let waiting = tokio::spawn({
            let log = log.clone();
            async move {
                log.wait_past(start).await;
                log.durable_end()
            }
        });
        log.append(body(0)).await.unwrap();
        assert!(waiting.await.unwrap() > start);

        let waiting = tokio::spawn({
            let log = log.clone();
            async move { log.wait_past(Position(1_000_000)).await }
        });
        log.close().await;
        waiting.await.unwrap();
        assert!(log.is_closed());
    });
}

#[test]
fn a_closed_log_refuses_appends_and_still_reads() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append_each(&log, 0..3);
    run(log.close());
    check_code(run(log.append(body(3))), "log-closed");
    assert_eq!(numbers(&log), [0, 1, 2]);
}

#[test]
fn released_segments_are_gone_and_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let positions = append_each(&log, 0..40);
    let oldest_end = log.oldest_segment_end().unwrap();
    assert!(oldest_end > log.first() && positions.contains(&oldest_end));
    let freed = log.release_before(positions[20]).unwrap();
    assert!(freed > 0);
    let first = log.first();
    assert!(first >= oldest_end);
    assert!(first > Position::START && first <= positions[20]);
    check_code(log.read(Position::START, 1), "log-position-released");
    assert_eq!(number(&log.read(positions[20], 1).unwrap()[0].body), 20);
    assert_eq!(log.release_before(positions[20]).unwrap(), 0);

    assert!(log.release_before(log.durable_end()).unwrap() > 0);
    assert_eq!(log.oldest_segment_end(), None);
    run(log.close());
    drop(log);
    let (log, recovery) = Log::open(config(dir.path())).unwrap();
    assert_eq!(recovery.segments_count, 1);
    let position = append_each(&log, 40..41)[0];
    assert!(position > positions[39], "positions go on");
    assert_eq!(numbers(&log).last(), Some(&40));
}

#[test]
fn two_handles_cannot_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    check_code(Log::open(config(dir.path())), "log-locked");
    run(log.close());
    open(dir.path());
}

#[test]
fn limits_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let large = Bytes::from(vec![0; 4_001]);
    check_code(run(log.append(large)), "log-record-too-large");
    let records = (0..40).map(body).collect();
    check_code(run(log.append_all(records)), "log-group-too-large");
    let past = Position(log.durable_end().0 + 1);
    check_code(log.read(past, 1), "log-position-past-end");
}

#[test]
fn a_position_inside_a_record_is_not_a_record() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append_each(&log, 0..1);
    check_code(log.read(Position(3), 1), "log-damaged");
}
