//! The log in bad weather: torn, short and failed writes, failed syncs, lost sectors, damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fault_disk::{FaultDisk, Plan, Point};
use crate::support::{append_each, body, config, number, numbers, run};
use gyre_base::Failure;
use gyre_log::{Log, LogConfig, LogError, Position};
use proptest::prelude::*;

/// One large segment: every record of a test in one file.
fn one_segment(dir: &Path) -> LogConfig {
    LogConfig {
        segment_bytes: 1 << 20,
        ..config(dir)
    }
}

fn segment_files(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "seg"))
        .collect();
    found.sort();
    found
}

/// A closed log of `count` records, each of its own group, in one file; returns the file and the positions.
fn written(dir: &Path, count: u64) -> (PathBuf, Vec<Position>) {
    let log = Log::open(one_segment(dir)).unwrap().0;
    let positions = append_each(&log, 0..count);
    run(log.close());
    (segment_files(dir)[0].clone(), positions)
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_to_whole_records() {
    let dir = tempfile::tempdir().unwrap();
    let (file, positions) = written(dir.path(), 6);
    let whole = fs::read(&file).unwrap();
    let last = whole.len() - (body(5).len() + 24);
    for len in last..whole.len() {
        fs::write(&file, &whole[..len]).unwrap();
        let (log, recovery) = Log::open(one_segment(dir.path())).unwrap();
        assert_eq!(recovery.cut_bytes, (len - last) as u64);
        assert_eq!(recovery.end, positions[5]);
        assert_eq!(numbers(&log), [0, 1, 2, 3, 4]);
        // what comes next takes the place of what was cut
        assert_eq!(append_each(&log, 7..8), [positions[5]]);
        run(log.close());
        drop(log);
        let log = Log::open(one_segment(dir.path())).unwrap().0;
        assert_eq!(numbers(&log), [0, 1, 2, 3, 4, 7]);
        run(log.close());
    }
}

#[test]
fn a_tail_of_zeros_or_noise_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = written(dir.path(), 4);
    let whole = fs::read(&file).unwrap();
    for tail in [vec![0; 1_000], body(99).repeat(5), whole[32..].to_vec()] {
        fs::write(&file, [whole.clone(), tail.clone()].concat()).unwrap();
        let (log, recovery) = Log::open(one_segment(dir.path())).unwrap();
        assert_eq!(recovery.cut_bytes, tail.len() as u64);
        assert_eq!(numbers(&log), [0, 1, 2, 3]);
        run(log.close());
    }
}

#[test]
fn damage_before_a_later_group_is_refused_not_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (file, positions) = written(dir.path(), 6);
    let whole = fs::read(&file).unwrap();
    let last = 32 + positions[5].0 as usize;
    for at in (32..last).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        fs::write(&file, &damaged).unwrap();
        match Log::open(one_segment(dir.path())) {
            Err(LogError::Damaged { position, .. }) => {
                let expected = positions.iter().rev().find(|it| it.0 as usize + 32 <= at);
                assert_eq!(Some(&position), expected);
            }
            // three bytes of a frame's header mean nothing yet
            Ok((log, recovery)) => {
                assert_eq!(recovery.cut_bytes, 0, "flipped byte {at}");
                run(log.close());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_missing_or_short_earlier_segment_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(config(dir.path())).unwrap().0;
    append_each(&log, 0..30);
    run(log.close());
    let files = segment_files(dir.path());
    assert!(files.len() > 3);
    let second = fs::read(&files[1]).unwrap();

    fs::write(&files[1], &second[..second.len() - 1]).unwrap();
    let error = Log::open(config(dir.path())).unwrap_err();
    assert_eq!(error.code(), "log-damaged");
    assert!(error.to_string().contains(".seg"), "{error}");

    fs::remove_file(&files[1]).unwrap();
    assert_eq!(
        Log::open(config(dir.path())).unwrap_err().code(),
        "log-damaged"
    );

    let mut damaged = second.clone();
    damaged[3] ^= 1;
    fs::write(&files[1], damaged).unwrap();
    assert_eq!(
        Log::open(config(dir.path())).unwrap_err().code(),
        "log-damaged"
    );

    fs::write(&files[1], &second).unwrap();
    assert_eq!(numbers(&Log::open(config(dir.path())).unwrap().0).len(), 30);
}

#[test]
fn damage_in_an_earlier_segment_is_found_by_reading_and_by_verifying() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(config(dir.path())).unwrap().0;
    append_each(&log, 0..30);
    let file = &segment_files(dir.path())[1];
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.len() - 1;
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
    assert_eq!(log.verify().unwrap_err().code(), "log-damaged");
}

#[test]
fn a_segment_that_died_at_birth_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (_, _) = written(dir.path(), 5);
    let log = Log::open(one_segment(dir.path())).unwrap().0;
    let end = log.durable_end();
    run(log.close());
    for len in [0, 1, 31, 32] {
        let unborn = dir.path().join(format!("{:020}.seg", end.0));
        fs::write(&unborn, vec![0; len]).unwrap();
        let (log, recovery) = Log::open(one_segment(dir.path())).unwrap();
        assert_eq!((recovery.end, recovery.segments_count), (end, 1));
        assert_eq!(recovery.cut_path, Some(unborn));
        assert_eq!(numbers(&log), [0, 1, 2, 3, 4]);
        run(log.close());
    }
}

#[track_caller]
fn check_poisoned(log: &Log, action: &str) {
    match run(log.append(body(1_000))).unwrap_err() {
        LogError::Poisoned { action: failed, .. } => assert_eq!(failed, action),
        other => panic!("{other}"),
    }
}

#[test]
fn a_failed_write_or_sync_ends_appending_and_not_reading() {
    for (point, action) in [
        (Point::Write, "write"),
        (Point::Sync, "sync"),
        (Point::Create, "create"),
        (Point::SyncDir, "sync"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let disk = FaultDisk::default();
        let log = Log::open_on(Arc::new(disk.clone()), config(dir.path()))
            .unwrap()
            .0;
        append_each(&log, 0..2);
        let short = 30;
        disk.plan(Plan {
            point,
            nth: 0,
            short,
        });
        let mut acknowledged = vec![0, 1];
        let mut failed = None;
        run(async {
            for it in 2..20 {
                match log.append(body(it)).await {
                    Ok(_) => acknowledged.push(it),
                    Err(error) => {
                        failed = Some((it, error));
                        break;
                    }
                }
            }
        });
        let (failed, error) = failed.unwrap();
        assert_eq!(error.code(), "log-io", "{point:?}");
        check_poisoned(&log, action);
        assert_eq!(disk.failures(), 1, "a failed {action} is not tried again");
        assert_eq!(numbers(&log), acknowledged);
        run(log.close());
        drop(log);

        let log = Log::open_on(Arc::new(disk), config(dir.path())).unwrap().0;
        let mut found = numbers(&log);
        found.retain(|it| *it != failed);
        assert_eq!(found, acknowledged, "{point:?}");
    }
}

#[test]
fn a_record_revived_after_a_failed_sync_survives_the_next_power_cut() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultDisk::default();
    let open = || Log::open_on(Arc::new(disk.clone()), one_segment(dir.path()));
    let log = open().unwrap().0;
    append_each(&log, 0..3);
    disk.plan(Plan {
        point: Point::Sync,
        nth: 0,
        short: 0,
    });
    run(log.append(body(3))).unwrap_err();
    run(log.close());
    // the process restarts, the machine does not: record 3 is in the page cache, and the kernel calls it clean
    let log = open().unwrap().0;
    assert_eq!(numbers(&log), [0, 1, 2, 3]);
    append_each(&log, 4..6);
    run(log.close());
    disk.power_cut(|| false);
    assert_eq!(numbers(&open().unwrap().0), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_full_queue_makes_appenders_wait_and_then_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let cfg = LogConfig {
        record_bytes_max: 400,
        queue_bytes_max: 450,
        ..config(dir.path())
    };
    let log = Log::open(cfg).unwrap().0;
    let outcomes = run(async {
        let all = (0..200).map(|_| {
            let log = log.clone();
            tokio::spawn(async move { log.append(body(9)).await })
        });
        let mut outcomes = Vec::new();
        for task in all.collect::<Vec<_>>() {
            outcomes.push(task.await.unwrap());
        }
        outcomes
    });
    let stored = outcomes.iter().filter(|it| it.is_ok()).count();
    assert!(stored >= 2, "one is queued and at least one waits");
    assert!(outcomes.len() > stored, "the rest is refused");
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(error.code(), "log-overloaded");
    }
    assert_eq!(numbers(&log).len(), stored);
    append_each(&log, 0..3);
}

/// One step of a log's life.
#[derive(Clone, Debug)]
enum Step {
    /// Groups of these many records.
    Append(Vec<usize>),
    /// Something fails soon.
    Fault(Point, usize, usize),
    /// The process ends and starts again.
    Restart,
    /// The machine loses power; the numbers decide which sectors survive.
    PowerCut(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let point = prop_oneof![
        Just(Point::Create),
        Just(Point::Write),
        Just(Point::Sync),
        Just(Point::SyncDir),
        Just(Point::Truncate),
    ];
    prop_oneof![
        4 => proptest::collection::vec(1_usize..6, 1..5).prop_map(Step::Append),
        2 => (point, 0_usize..4, 0_usize..900).prop_map(|(a, b, c)| Step::Fault(a, b, c)),
        1 => Just(Step::Restart),
        2 => any::<u64>().prop_map(Step::PowerCut),
    ]
}

fn coin(seed: u64) -> impl FnMut() -> bool {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 63 == 1
    }
}

/// Opens until it works: a planned failure may hit recovery itself, once.
fn open_again(disk: &FaultDisk, dir: &Path) -> Log {
    let open = || Log::open_on(Arc::new(disk.clone()), config(dir));
    let first = open();
    match first {
        Ok((log, _)) => log,
        Err(error) => {
            assert_eq!(error.code(), "log-io", "{error}");
            open().unwrap().0
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_no_acknowledged_record_is_lost(steps in proptest::collection::vec(step(), 1..20)) {
        let dir = tempfile::tempdir().unwrap();
        let disk = FaultDisk::default();
        let mut log = open_again(&disk, dir.path());
        let mut sent = 0;
        // acknowledged, or seen by a reader after an opening
        let mut durable: Vec<u64> = Vec::new();
        for step in steps.into_iter().chain([Step::PowerCut(1)]) {
            match step {
                Step::Append(groups) => for size in groups {
                    let group: Vec<u64> = (sent..sent + size as u64).collect();
                    sent += size as u64;
                    if run(log.append_all(group.iter().copied().map(body).collect())).is_ok() {
                        durable.extend(group);
                    }
                    prop_assert_eq!(&numbers(&log), &durable);
                },
                Step::Fault(point, nth, short) => disk.plan(Plan { point, nth, short }),
                Step::Restart | Step::PowerCut(_) => {
                    run(log.close());
                    if let Step::PowerCut(seed) = step {
                        disk.power_cut(coin(seed));
                    }
                    log = open_again(&disk, dir.path());
                    let found = numbers(&log);
                    prop_assert!(found.is_sorted_by(|a, b| a < b), "{:?}", found);
                    let kept: Vec<u64> = found.iter().copied().filter(|it| durable.contains(it)).collect();
                    prop_assert_eq!(&kept, &durable);
                    prop_assert!(found.iter().all(|it| *it < sent));
                    durable = found;
                }
            }
        }
    }

    #[test]
    fn any_prefix_of_the_file_recovers_the_records_that_are_whole(count in 1_u64..12, cut in any::<prop::sample::Index>()) {
        let dir = tempfile::tempdir().unwrap();
        let (file, positions) = written(dir.path(), count);
        let whole = fs::read(&file).unwrap();
        let len = 32 + cut.index(whole.len() - 31);
        fs::write(&file, &whole[..len]).unwrap();
        let log = Log::open(one_segment(dir.path())).unwrap().0;
        let ends = positions.iter().skip(1).map(|it| it.0 as usize + 32).chain([whole.len()]);
        let expected = ends.filter(|it| *it <= len).count() as u64;
        prop_assert_eq!(numbers(&log), (0..expected).collect::<Vec<_>>());
        let next = append_each(&log, 50..51)[0];
        prop_assert_eq!(number(&log.read(next, 1).unwrap()[0].body), 50);
    }
}
