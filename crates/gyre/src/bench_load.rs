//! A load generator for measuring: durable events per second of a running server.
//!
//! Plain HTTP/1.1 over kept-alive connections, written by hand so that it takes as little as possible of the machine
//! it shares with the server. Times have the clock's resolution of a millisecond.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gyre_base::{Clock, Dice, SECOND_MS};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Longest answer to one request: some 60 bytes for each event, and its head.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Arguments of `gyre bench-load`.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchLoadArgs {
    /// Host and port of the server
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub host: String,
    /// Write key of the workspace
    #[arg(long, env = "GYRE_WRITE_KEY", hide_env_values = true)]
    pub write_key: String,
    /// Connections, each with one request under way
    #[arg(long, default_value_t = 64)]
    pub connections: u64,
    /// Events in one request
    #[arg(long, default_value_t = 1)]
    pub events_per_request: u64,
    /// How long to send, in seconds
    #[arg(long, default_value_t = 10)]
    pub seconds: i64,
    /// People the events belong to
    #[arg(long, default_value_t = 100_000)]
    pub people: usize,
}

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchLoadError {
    /// The connection broke.
    #[error("the connection to the server broke")]
    Connection(#[from] std::io::Error),
    /// An answer that is no success.
    #[error("the server answered: {0}")]
    Answer(String),
}

#[derive(Default)]
struct Tally {
    requests: u64,
    latencies_ms: Vec<i64>,
}

/// Sends until the time is over; the result as JSON.
pub async fn run(args: BenchLoadArgs, clock: Arc<dyn Clock>) -> Result<Value, BenchLoadError> {
    let args = Arc::new(args);
    let is_over = Arc::new(AtomicBool::new(false));
    let start = clock.now();
    let mut senders = JoinSet::new();
    for number in 0..args.connections {
        let (args, clock) = (Arc::clone(&args), Arc::clone(&clock));
        let is_over = Arc::clone(&is_over);
        senders.spawn(async move { send_until_over(&args, &*clock, number, &is_over).await });
    }
    clock.sleep_ms(args.seconds * SECOND_MS).await;
    is_over.store(true, Ordering::Relaxed);
    let mut total = Tally::default();
    while let Some(done) = senders.join_next().await {
        match done {
            Ok(tally) => {
                let tally = tally?;
                total.requests += tally.requests;
                total.latencies_ms.extend(tally.latencies_ms);
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    let seconds = clock.now().since(start) as f64 / SECOND_MS as f64;
    total.latencies_ms.sort_unstable();
    let events = total.requests * args.events_per_request;
    Ok(json!({
        "connections": args.connections,
        "events_per_request": args.events_per_request,
        "seconds": seconds,
        "events": events,
        "events_per_second": (events as f64 / seconds).round(),
        "requests_per_second": (total.requests as f64 / seconds).round(),
        "latency_ms": {"p50": quantile(&total.latencies_ms, 0.5), "p99": quantile(&total.latencies_ms, 0.99)},
    }))
}

fn quantile(sorted: &[i64], share: f64) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

async fn send_until_over(
    args: &BenchLoadArgs,
    clock: &dyn Clock,
    number: u64,
    is_over: &AtomicBool,
) -> Result<Tally, BenchLoadError> {
    let mut stream = TcpStream::connect(&args.host).await?;
    stream.set_nodelay(true)?;
    let start = clock.now();
    let mut dice = Dice::new(start.ms() as u64).fork(number);
    let mut tally = Tally::default();
    let (mut request, mut body, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let sent_at = clock.now();
        write_body(&mut body, args, &mut dice, sent_at.rfc3339().as_str())?;
        request.clear();
        write!(
            request,
            "POST /v1/events HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            args.host,
            args.write_key,
            body.len()
        )?;
        request.extend_from_slice(&body);
        stream.write_all(&request).await?;
        read_answer(&mut stream, &mut answer).await?;
        tally.requests += 1;
        tally.latencies_ms.push(clock.now().since(sent_at));
    }
    Ok(tally)
}

/// Events of some 340 bytes with seven properties, as an app sends them.
fn write_body(
    body: &mut Vec<u8>,
    args: &BenchLoadArgs,
    dice: &mut Dice,
    time: &str,
) -> std::io::Result<()> {
    body.clear();
    for _ in 0..args.events_per_request {
        let (user, id, product) = (dice.below(args.people), dice.next_u64(), dice.below(1_000));
        writeln!(
            body,
            "{{\"event\":\"view_item\",\"insert_id\":\"{id:016x}\",\"user_id\":\"bench-{user}\",\"time\":\"{time}\",\
             \"properties\":{{\"category\":\"electronics\",\"price\":{product}.5,\"quantity\":1,\
             \"device_model\":\"iPhone14,1\",\"os_version\":\"16.1\",\"app_version\":\"5.4.2\",\
             \"utm_source\":\"newsletter\",\"referrer\":\"news.site\",\"ab_variant\":\"B\",\"load_ms\":{product}}}}}"
        )?;
    }
    Ok(())
}

/// Reads one answer to its end and checks that it is a success.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<(), BenchLoadError> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(BenchLoadError::Answer("end of connection".to_owned()));
        }
        if answer_length(answer)?.is_some_and(|length| answer.len() >= length) {
            return Ok(());
        }
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(BenchLoadError::Answer("too long an answer".to_owned()));
        }
    }
}

/// Bytes of the whole answer once its head is there; an error if it is no success.
fn answer_length(answer: &[u8]) -> Result<Option<usize>, BenchLoadError> {
    let Some(head_end) = answer.windows(4).position(|it| it == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&answer[..head_end]);
    let bad = || BenchLoadError::Answer(head.lines().next().unwrap_or_default().to_owned());
    if head.as_bytes().get(8..11) != Some(b" 20".as_slice()) {
        return Err(bad());
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.ok_or_else(bad)?;
    Ok(Some(head_end + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_to_its_declared_end() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(answer_length(head).unwrap(), Some(head.len() + 5));
        assert_eq!(answer_length(b"HTTP/1.1 200 OK\r\nContent").unwrap(), None);
        let refused = answer_length(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
        assert!(refused.unwrap_err().to_string().contains("401"));
    }

    #[test]
    fn every_line_of_a_body_is_an_event() {
        let args = BenchLoadArgs {
            host: String::new(),
            write_key: String::new(),
            connections: 1,
            events_per_request: 3,
            seconds: 1,
            people: 10,
        };
        let mut body = Vec::new();
        write_body(&mut body, &args, &mut Dice::new(1), "2026-03-01T00:00:00Z").unwrap();
        let text = String::from_utf8(body).unwrap();
        let events: Vec<Value> = text
            .lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect();
        assert_eq!(events.len(), 3);
        assert_ne!(events[0]["insert_id"], events[1]["insert_id"]);
        assert!((250..450).contains(&text.lines().next().unwrap().len()));
    }

    #[test]
    fn quantiles_are_taken_from_the_sorted_list() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1, 2, 3, 4, 100], 0.5), Some(3));
        assert_eq!(quantile(&[1, 2, 3, 4, 100], 0.99), Some(100));
    }
}
