#![allow(clippy::all)]
use gyre_base::{Timestamp, WorkspaceId};
use gyre_collect::*;
use serde_json::json;
use std::time::Instant;
#[test]
fn bench() {
    let n = 100_000usize;
    let bodies: Vec<Envelope> = (0..n/20).map(|b| {
        let events: Vec<_> = (0..20).map(|i| { let i = b*20+i; json!({"event_type": format!("e{}", i%12), "user_id": format!("u{}", i%5000), "device_id": format!("d{}", i%7000), "insert_id": format!("i{i}"), "time": 1772323200000i64 + i as i64,
          "platform": "Web", "os_name":"Mac OS X", "language":"ko-KR", "country":"Korea",
          "event_properties": {"sku": format!("sku-{}", i%3000), "category": ["a","b","c"][i%3], "price": (i%1000) as f64 * 1.5, "quantity": i%5, "currency":"KRW","is_gift": i%2==0, "coupon": null, "page_url": format!("https://shop.test/p/{}", i%3000), "referrer": "https://search.test/", "position": i%40}})}).collect();
        Envelope{workspace: WorkspaceId::random(), received_at: Timestamp(1772323300000), dialect:"amplitude".into(), endpoint:"httpapi".into(), peer_ip:None, user_agent:None, hints:Hints::default(), body: json!({"api_key":"k","events":events}).to_string().into()}
    }).collect();
    let reader = Reader::default();
    let mut clocks = DeviceClocks::default();
    let t = Instant::now();
    let parsed: Vec<Vec<_>> = bodies
        .iter()
        .map(|e| reader.settle(reader.parse(e), &mut clocks))
        .collect();
    let parse = t.elapsed();
    let mut people = gyre_identity::People::default();
    let t = Instant::now();
    for e in parsed.iter().flatten().flatten() {
        people.apply(e);
    }
    let ppl = t.elapsed();
    for round in 0..3 {
        let mut ledger = Ledger::default();
        let t = Instant::now();
        for e in parsed.iter().flatten().flatten() {
            ledger.take(e, "amplitude");
        }
        let took = t.elapsed();
        let t = Instant::now();
        let bytes = serde_json::to_vec(&ledger.clone()).unwrap().len();
        println!(
            "round {round}: parse {} ns/event, people {} ns/event, ledger {} ns/event; encode {} us, {} bytes",
            parse.as_nanos() as usize / n,
            ppl.as_nanos() as usize / n,
            took.as_nanos() as usize / n,
            t.elapsed().as_micros(),
            bytes
        );
    }
}
