//! SIGKILL at any moment: what was acknowledged is there exactly once.

use std::collections::BTreeSet;

use gyre::system_clock::SystemClock;
use gyre_base::{Clock, Dice, MINUTE_MS};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::node::{Node, Reply};
use crate::senders::{DAY, Dialect, Sent};
use crate::wait::within;

const SEED: u64 = 20_261_121;
const ROUNDS: usize = 50;
/// Every so many rounds the process may end in order, so that flushed segments and their insert ids take part.
const CLEAN_EVERY: usize = 10;
/// Pairs of events in a batch: one with a user, one anonymous on the same device.
const PAIRS: usize = 3;
const BATCH: usize = 2 * PAIRS;
/// People that send.
const PEOPLE: usize = 40;

/// A client of one dialect that sends batch after batch and forgets none before its acknowledgement.
struct Client {
    dialect: Dialect,
    /// Batches acknowledged; the next one may have arrived as well.
    acked: usize,
}

/// After how many acknowledgements the process dies, and whether in the middle of a request.
#[derive(Clone, Copy, Debug)]
struct Plan {
    acks: usize,
    /// Where a request is cut, in thousandths of its bytes.
    cut: Option<usize>,
}

fn person(pair: usize) -> usize {
    pair % PEOPLE
}

impl Client {
    fn pairs(batch: usize) -> std::ops::Range<usize> {
        batch * PAIRS..(batch + 1) * PAIRS
    }

    fn body(&self) -> String {
        let mut events = Vec::with_capacity(BATCH);
        for pair in Self::pairs(self.acked) {
            let at = DAY.plus_ms((pair % 1_440) as i64 * MINUTE_MS);
            let device = Some(format!("d{}", person(pair)));
            let user = Some(format!("u{}", person(pair)));
            let id = |half: &str| format!("{:?}-{pair}-{half}", self.dialect);
            events.push(Sent {
                id: id("known"),
                user,
                device: device.clone(),
                at,
            });
            events.push(Sent {
                id: id("anonymous"),
                user: None,
                device,
                at: at.plus_ms(1),
            });
        }
        self.dialect.good_body(&events)
    }

    /// Sends the next batch; false if there was no acknowledgement.
    async fn post(&mut self, http: &reqwest::Client, base: &str) -> bool {
        let url = format!("{base}{}", self.dialect.path());
        let request = http.post(url).header("content-type", "application/json");
        match Reply::of(request.body(self.body())).await {
            Ok(reply) if reply.status == 200 => {
                self.acked += 1;
                true
            }
            // it is ending in order
            Ok(reply) if reply.status == 503 => false,
            Ok(reply) => panic!("{:?}: {} {}", self.dialect, reply.status, reply.text),
            Err(_) => false,
        }
    }

    /// Sends a part of the next batch, tells so, and waits for the end of the connection.
    async fn post_partly(&self, base: &str, thousandths: usize, now: &mpsc::Sender<()>) {
        let body = self.body();
        let host = base.trim_start_matches("http://");
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.dialect.path(),
            body.len(),
        );
        let cut = request.len() * thousandths / 1_000;
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(&request.as_bytes()[..cut]).await.unwrap();
        let _ = now.send(()).await;
        let mut answer = Vec::new();
        // an answer that nobody hears is no acknowledgement
        let _ = stream.read_to_end(&mut answer).await;
    }

    async fn live(
        mut self,
        http: reqwest::Client,
        base: String,
        plan: Option<Plan>,
        now: mpsc::Sender<()>,
    ) -> Self {
        let mut acks = 0;
        loop {
            match plan {
                Some(Plan {
                    acks: most,
                    cut: Some(cut),
                }) if acks == most => {
                    self.post_partly(&base, cut, &now).await;
                    return self;
                }
                Some(Plan {
                    acks: most,
                    cut: None,
                }) if acks == most => _ = now.send(()).await,
                _ => {}
            }
            if !self.post(&http, &base).await {
                // the others must not wait for a signal that no longer comes
                let _ = now.try_send(());
                return self;
            }
            acks += 1;
        }
    }
}

fn question(measure: &str) -> Value {
    let one = |it: &Dialect| json!({"event": it.event_name()});
    let mut series: Vec<Value> = Dialect::ALL
        .iter()
        .map(|it| json!({"name": it.event_name(), "select": one(it), "measure": measure}))
        .collect();
    let any: Vec<Value> = Dialect::ALL.iter().map(one).collect();
    series.push(json!({"name": "any", "select": {"any_of": any}, "measure": measure}));
    json!({"kind": "segmentation", "range": {"from": "2025-03-01", "to": "2025-03-01"}, "series": series})
}

/// Totals of the three dialects, and of all together.
async fn totals(node: &Node, measure: &str) -> Vec<u64> {
    let result = node.query(&question(measure)).await;
    let series = result["series"].as_array().unwrap().iter();
    series
        .map(|it| it["total"]["value"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_deaths_lose_nothing_and_double_nothing() {
    let clock = SystemClock;
    let mut dice = Dice::new(SEED);
    let began = clock.now();
    let mut node = Node::start().await;
    let mut clients: Vec<Client> = Dialect::ALL
        .map(|dialect| Client { dialect, acked: 0 })
        .into();
    let mut start_ms = Vec::new();
    for round in 0..ROUNDS {
        let (now, mut is_time) = mpsc::channel(8);
        let chosen = dice.below(clients.len());
        let is_clean = round % CLEAN_EVERY == CLEAN_EVERY - 1;
        let is_cut = dice.chance(0.5) && !is_clean;
        let plan = Plan {
            acks: dice.below(12),
            cut: is_cut.then(|| dice.below(1_001)),
        };
        let mut living = JoinSet::new();
        for (i, client) in clients.drain(..).enumerate() {
            let plan = (i == chosen).then_some(plan);
            living.spawn(client.live(node.http().clone(), node.url(""), plan, now.clone()));
        }
        is_time.recv().await;
        if is_clean {
            node.stop().await;
        } else {
            node.kill().await;
        }
        drop(is_time);
        clients = living.join_all().await;
        clients.sort_unstable_by_key(|it| {
            Dialect::ALL
                .iter()
                .position(|dialect| *dialect == it.dialect)
        });
        let dead = clock.now();
        node.live().await;
        start_ms.push(clock.now().since(dead));
        let seen = totals(&node, "events").await;
        for (client, seen) in clients.iter().zip(seen) {
            let least = (client.acked * BATCH) as u64;
            // the batch that is not acknowledged is all there or not at all
            assert!(
                seen == least || seen == least + BATCH as u64,
                "round {round}, {plan:?}, {:?}: {seen} events, {least} acknowledged",
                client.dialect,
            );
        }
    }
    for client in &mut clients {
        assert!(
            client.post(node.http(), &node.url("")).await,
            "{:?}",
            client.dialect
        );
    }
    check_all(&node, &clients).await;
    node.stop().await;
    node.live().await;
    check_all(&node, &clients).await;

    start_ms.sort_unstable();
    let (median, longest) = (start_ms[ROUNDS / 2], start_ms[ROUNDS - 1]);
    let events: usize = clients.iter().map(|it| it.acked * BATCH).sum();
    let seconds = clock.now().since(began) / 1_000;
    println!(
        "{ROUNDS} deaths, {events} events, {seconds} s; a start takes {median} ms, at most {longest} ms"
    );
}

/// Every batch is acknowledged now: events and people are exactly those.
async fn check_all(node: &Node, clients: &[Client]) {
    let mut events: Vec<u64> = clients.iter().map(|it| (it.acked * BATCH) as u64).collect();
    events.push(events.iter().sum());
    within(10, "every event is seen", async || {
        (totals(node, "events").await == events).then_some(())
    })
    .await;

    let people_of =
        |it: &Client| -> BTreeSet<usize> { (0..it.acked * PAIRS).map(person).collect() };
    let mut people: Vec<BTreeSet<usize>> = clients.iter().map(people_of).collect();
    people.push(people.iter().flatten().copied().collect());
    let people: Vec<u64> = people.iter().map(|it| it.len() as u64).collect();
    assert_eq!(totals(node, "people").await, people);
    assert_eq!(node.get("/api/v1/status").await["people"], people[3]);

    let is_theirs = |pair: &usize| person(*pair) == 7;
    let own: usize = clients
        .iter()
        .map(|it| (0..it.acked * PAIRS).filter(is_theirs).count())
        .sum();
    let page = node.get("/api/v1/people/u7").await;
    assert_eq!(
        page["events"],
        2 * own,
        "with what they did before they were known"
    );
    assert_eq!(
        node.get("/api/v1/people/d7").await["person"],
        page["person"]
    );
}
