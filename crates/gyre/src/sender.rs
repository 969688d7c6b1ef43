//! Sends many events in batches, a few requests at a time: the import and the demonstration use it.

use std::collections::{BTreeMap, HashMap};

use gyre_import::Place;
use tokio::task::JoinSet;

use crate::client::{ClientError, GyreClient, SendReport};

/// Most events of one request: the server answers for each, and a bad one is named by its row.
const BATCH_EVENTS_MAX: usize = 2_000;
/// Most bytes of one request before compression; a tenth of what the server takes.
pub const BATCH_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Requests under way at once: while one waits for the disk another is read.
const IN_FLIGHT_MAX: usize = 4;

/// An event that the server did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stood, as given to [`Sender::push`].
    pub place: Place,
    /// Its insert id.
    pub insert_id: String,
    /// The server's reason.
    pub reason: String,
    /// The event as it was sent.
    pub line: Vec<u8>,
}

/// What became of everything pushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderReport {
    /// Events taken.
    pub sent: u64,
    /// Events refused that nobody took with [`Sender::take_refused`], in order of row.
    pub refused: Vec<Refusal>,
}

#[derive(Default)]
struct Batch {
    lines: Vec<u8>,
    rows: Vec<(Place, String)>,
}

/// Gathers lines and sends them.
pub struct Sender {
    client: GyreClient,
    batch: Batch,
    in_flight: JoinSet<Result<Answered, ClientError>>,
    report: SenderReport,
    /// Batches dispatched.
    dispatched: u64,
    /// Batches answered, from the first on without a gap.
    answered: u64,
    /// Batches answered before an earlier one was, by their number: the last row of each.
    ahead: BTreeMap<u64, u64>,
    acknowledged: u64,
}

/// What became of one batch.
struct Answered {
    number: u64,
    last: u64,
    report: SenderReport,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (gathered, in_flight) = (self.batch.rows.len(), self.in_flight.len());
        write!(f, "Sender({gathered} gathered, {in_flight} requests)")
    }
}

impl Sender {
    /// Sends through `client`.
    pub fn new(client: GyreClient) -> Self {
        Self {
            client,
            batch: Batch::default(),
            in_flight: JoinSet::new(),
            report: SenderReport::default(),
            dispatched: 0,
            answered: 0,
            ahead: BTreeMap::new(),
            acknowledged: 0,
        }
    }

    /// Ordinal of the last row up to which every event has been answered, taken or refused.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Events refused since the last call.
    pub fn take_refused(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.report.refused)
    }

    /// Adds one event: a line of JSON without its end. Waits while enough requests are under way.
    pub async fn push(
        &mut self,
        place: Place,
        insert_id: String,
        line: &[u8],
    ) -> Result<(), ClientError> {
        let full = self.batch.rows.len() == BATCH_EVENTS_MAX
            || self.batch.lines.len() + line.len() >= BATCH_BYTES_MAX;
        if full && !self.batch.rows.is_empty() {
            self.dispatch().await?;
        }
        self.batch.lines.extend_from_slice(line);
        self.batch.lines.push(b'\n');
        self.batch.rows.push((place, insert_id));
        Ok(())
    }

    /// Sends what is left and waits for every answer.
    pub async fn finish(mut self) -> Result<SenderReport, ClientError> {
        if !self.batch.rows.is_empty() {
            self.dispatch().await?;
        }
        while !self.in_flight.is_empty() {
            self.collect_one().await?;
        }
        self.report.refused.sort_by_key(|it| it.place.ordinal);
        Ok(self.report)
    }

    async fn dispatch(&mut self) -> Result<(), ClientError> {
        while self.in_flight.len() >= IN_FLIGHT_MAX {
            self.collect_one().await?;
        }
        let batch = std::mem::take(&mut self.batch);
        let client = self.client.clone();
        let number = self.dispatched;
        self.dispatched += 1;
        self.in_flight.spawn(async move {
            let answer = client.send_lines(&batch.lines).await?;
            Ok(Answered {
                number,
                last: batch.rows.last().map_or(0, |it| it.0.ordinal),
                report: judge(batch, answer),
            })
        });
        Ok(())
    }

    async fn collect_one(&mut self) -> Result<(), ClientError> {
        match self.in_flight.join_next().await {
            None => Ok(()),
            Some(Ok(done)) => {
                let done = done?;
                self.report.sent += done.report.sent;
                self.report.refused.extend(done.report.refused);
                self.ahead.insert(done.number, done.last);
                while let Some(last) = self.ahead.remove(&self.answered) {
                    self.answered += 1;
                    self.acknowledged = last;
                }
                Ok(())
            }
            // the task was not cancelled by us, so it panicked: a bug, which goes on panicking here
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// Finds the rows of the refused events.
fn judge(batch: Batch, mut answer: SendReport) -> SenderReport {
    let count = batch.rows.len() as u64;
    if answer.refused.is_empty() {
        return SenderReport {
            sent: count,
            refused: Vec::new(),
        };
    }
    let mut rows: HashMap<String, (Place, &[u8])> = HashMap::new();
    let lines = batch.lines.split(|it| *it == b'\n');
    for ((place, insert_id), line) in batch.rows.into_iter().zip(lines) {
        rows.entry(insert_id).or_insert((place, line));
    }
    let refused: Vec<Refusal> = rows
        .into_iter()
        .filter_map(|(insert_id, (place, line))| {
            let reason = answer.refused.remove(&insert_id)?;
            Some(Refusal {
                place,
                insert_id,
                reason,
                line: line.to_vec(),
            })
        })
        .collect();
    SenderReport {
        sent: count - refused.len() as u64,
        refused,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_refused_event_is_named_by_its_row() {
        let batch = Batch {
            lines: b"{1}\n{2}\n{3}\n".to_vec(),
            rows: vec![
                (Place::row(7), "a".to_owned()),
                (Place::row(8), "b".to_owned()),
                (Place::row(9), "c".to_owned()),
            ],
        };
        let refused = BTreeMap::from([("b".to_owned(), "missing-user".to_owned())]);
        let report = judge(batch, SendReport { refused });
        assert_eq!(report.sent, 2);
        assert_eq!(report.refused[0].place, Place::row(8));
        assert_eq!(report.refused[0].line, b"{2}");
        assert_eq!(report.refused[0].reason, "missing-user");
    }
}
