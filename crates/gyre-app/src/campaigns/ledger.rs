//! Steps of the ledger from many senders at once, written in groups.
//!
//! Every sender waits for its own step; steps that arrive while a transaction is under way share the next one.

use std::sync::Arc;

use gyre_base::{Clock, Failure, Retry};
use gyre_meta::{Message, Meta, MetaError, Transition};
use tokio::sync::{mpsc, oneshot};

/// Most steps of one transaction: with its event a step is 3 KB, so a group is 200 KB of writing.
const GROUP_MAX: usize = 64;
/// Steps that wait for a transaction; a sender that finds the queue full waits too.
const QUEUE_MAX: usize = 1_024;
/// Tries of a group when the database does not answer.
const TRIES_MAX: u32 = 5;

type Asked = (Transition, oneshot::Sender<Option<Message>>);

/// Takes steps; clones share the queue.
#[derive(Clone, Debug)]
pub(crate) struct Ledger(mpsc::Sender<Asked>);

impl Ledger {
    /// The ledger and the work that writes it; the work ends when all handles are gone.
    pub(crate) fn new(
        meta: Meta,
        clock: Arc<dyn Clock>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (tx, rx) = mpsc::channel(QUEUE_MAX);
        (Self(tx), write(rx, meta, clock))
    }

    /// Takes one step; `None` if the row was not as expected, or the database could not be asked.
    pub(crate) async fn step(&self, step: Transition) -> Option<Message> {
        let (answer, answered) = oneshot::channel();
        self.0.send((step, answer)).await.ok()?;
        answered.await.ok()?
    }
}

async fn write(mut rx: mpsc::Receiver<Asked>, meta: Meta, clock: Arc<dyn Clock>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while rx.recv_many(&mut group, GROUP_MAX).await > 0 {
        let (steps, answers): (Vec<Transition>, Vec<_>) = group.drain(..).unzip();
        let taken = match write_group(&meta, &clock, &steps).await {
            Ok(taken) => taken,
            Err(error) => {
                let error = gyre_base::failure::error_chain(&error);
                tracing::error!(
                    error,
                    steps = steps.len(),
                    "failed to write steps of messages"
                );
                vec![None; steps.len()]
            }
        };
        debug_assert_eq!(taken.len(), answers.len());
        for (answer, message) in answers.into_iter().zip(taken) {
            // a sender that is gone does not wait for its answer
            let _ = answer.send(message);
        }
    }
}

async fn write_group(
    meta: &Meta,
    clock: &Arc<dyn Clock>,
    steps: &[Transition],
) -> Result<Vec<Option<Message>>, MetaError> {
    let mut tries = 1;
    loop {
        match meta.messages_transition(steps).await {
            Err(error) if error.retry() != Retry::Never && tries < TRIES_MAX => {
                tries += 1;
                clock.sleep_ms(200 << tries).await;
            }
            other => return other,
        }
    }
}
