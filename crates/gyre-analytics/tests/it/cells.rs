//! Every counted cell of every chart lists exactly its people, in random worlds.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{Asker, World};

/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;

fn world(events: &[(u8, u8, u8, u8)]) -> Asker {
    let mut world = World::new("Asia/Seoul");
    // people of several buckets: the anonymous device is far from the user's node
    for i in 0..3 {
        world.add(&format!("@d{i}"), "start", START, json!({}));
    }
    for i in 0..4_100 {
        world.set(&format!("filler{i}"), START, json!({"x": i}));
    }
    for (i, (who, name, hours, value)) in events.iter().enumerate() {
        let who = match who % 6 {
            0 => "u0".to_owned(),
            1 => "@d0 u0".to_owned(),
            2 => "@d0".to_owned(),
            3 => "@d1 u1".to_owned(),
            4 => "@d1".to_owned(),
            _ => "@d2".to_owned(),
        };
        let name = ["A", "B", "C"][usize::from(name % 3)];
        let value = match value % 5 {
            0 => json!({}),
            1 => json!({"v": ["x", "y"]}),
            2 => json!({"v": "x", "n": 2}),
            3 => json!({"v": "z", "n": 0.5}),
            _ => json!({"v": 7}),
        };
        world.add(&who, name, START + i64::from(*hours) * 3_600_000, value);
        if i % 7 == 6 {
            world.flush();
        }
    }
    world.ask("2026-03-20")
}

/// Every cell with a token in a result.
fn cells<'a>(value: &'a Value, out: &mut Vec<(&'a Value, &'a str)>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(token)) = map.get("cell") {
                out.push((&map["value"], token));
            }
            map.values().for_each(|it| cells(it, out));
        }
        Value::Array(items) => items.iter().for_each(|it| cells(it, out)),
        _ => {}
    }
}

#[track_caller]
pub(crate) fn check(asker: &Asker, query: &Value, counts_people: bool) {
    let result = asker.answer(query).result;
    let mut found = Vec::new();
    cells(&result, &mut found);
    assert!(!found.is_empty());
    for (value, token) in found {
        let listed = asker.list(query, token);
        let length = if counts_people {
            listed.people.len() as u64
        } else {
            listed.units
        };
        assert_eq!(value.as_u64(), Some(length), "{query} {token}");
        let mut people: Vec<u32> = listed.people.iter().map(|it| it.0).collect();
        people.sort_unstable();
        people.dedup();
        assert_eq!(people.len(), listed.people.len(), "each person once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_list_is_as_long_as_the_number(
        events in prop::collection::vec((any::<u8>(), any::<u8>(), 0..200_u8, any::<u8>()), 1..40),
    ) {
        let asker = world(&events);
        let segments = json!([
            {"name": "b", "people": {"did": {"event": "B"}}},
            {"name": "not b", "people": {"did_not": {"event": "B"}}},
        ]);
        for group_by in [json!([]), json!(["event.v"])] {
            for segments in [json!([]), segments.clone()] {
                let funnel = json!({"kind": "funnel", "range": {"from": "2026-03-02", "to": "2026-03-07"},
                    "steps": [{"event": "A"}, {"event": "B"}, {"any_of": [{"event": "C"}, {"event": "A"}]}],
                    "window": {"n": 2, "unit": "day"}, "group_by": group_by, "segments": segments, "limit": 2});
                check(&asker, &funnel, true);
                for measure in ["people", "events"] {
                    let segmentation = json!({"kind": "segmentation", "interval": "day",
                        "range": {"from": "2026-03-02", "to": "2026-03-07"},
                        "series": [{"select": {"event": "A"}, "measure": measure},
                                   {"select": {"any_event": true}, "measure": measure}],
                        "group_by": group_by, "segments": segments, "limit": 2});
                    check(&asker, &segmentation, measure == "people");
                }
            }
        }
    }
}
