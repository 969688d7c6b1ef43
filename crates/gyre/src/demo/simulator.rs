//! The living part of the demonstration: visitors who browse now, and people who read their mail.
//!
//! A shell around [`super::crowd`] and [`super::mail`]: it asks the clock, sends what is due, reads the development
//! inbox, and follows tracked links as far as the redirect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use gyre_base::failure::error_chain;
use gyre_base::{Clock, Dice, MINUTE_MS, SECOND_MS, Timestamp};
use tokio_util::sync::CancellationToken;

use super::DemoError;
use super::crowd::Crowd;
use super::dataset::Shop;
use super::mail::{Afterwards, Reading, plan_reading, tracked_links};
use super::profile::customer_of;
use super::visit::Depth;
use crate::client::{ClientError, GyreClient};
use crate::wire::to_lines;

/// Pause between two looks at the clock, in milliseconds.
const TICK_MS: i64 = SECOND_MS;
/// Longest time that visitors arrive for at once: after the machine has slept they do not all come together.
const ELAPSED_MS_MAX: i64 = 10 * SECOND_MS;
/// Mails opened and links followed at the same time.
const ERRANDS_AT_ONCE: usize = 8;
/// Most errands done in one tick; a campaign to everyone is read in minutes, not at once.
const ERRANDS_PER_TICK_MAX: usize = 400;
/// Most pages of new mail read in one tick.
const INBOX_PAGES_MAX: usize = 50;
/// How long the ids of mails that were seen are kept, in milliseconds; older mail is not new.
const SEEN_MS: i64 = 10 * MINUTE_MS;

/// Something a reader is about to do.
#[derive(Clone, Debug)]
enum Errand {
    /// Open a mail.
    Open {
        message_id: String,
        customer: u32,
        reading: Reading,
    },
    /// Follow a link.
    Follow {
        path: String,
        customer: u32,
        depth: Depth,
    },
    /// Unsubscribe at this address.
    Leave { path: String },
}

/// Runs until `stop` is cancelled. `client` needs an API key to read the inbox; without one nobody reads mail.
///
/// Failures of single requests are logged and life goes on; only a refused key ends it.
pub async fn run(
    client: GyreClient,
    clock: Arc<dyn Clock>,
    shop: Arc<Shop>,
    seed: u64,
    stop: CancellationToken,
) -> Result<(), DemoError> {
    let mut simulator = Simulator::new(client, &shop, seed, clock.now());
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = clock.sleep_ms(TICK_MS) => (),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            done = simulator.tick(&*clock) => done?,
        }
    }
}

struct Simulator<'a> {
    client: GyreClient,
    crowd: Crowd<'a>,
    dice: Dice,
    last_tick: Timestamp,
    /// Mail that arrived before this is not new.
    since: Timestamp,
    seen: BTreeMap<Timestamp, BTreeSet<String>>,
    errands: BTreeMap<(Timestamp, u64), Errand>,
    ticket: u64,
    reads_mail: bool,
}

impl<'a> Simulator<'a> {
    fn new(client: GyreClient, shop: &'a Shop, seed: u64, now: Timestamp) -> Self {
        let dice = Dice::new(seed);
        Self {
            client,
            crowd: Crowd::new(shop, &dice, now),
            dice,
            last_tick: now,
            since: now,
            seen: BTreeMap::new(),
            errands: BTreeMap::new(),
            ticket: 0,
            reads_mail: true,
        }
    }

    async fn tick(&mut self, clock: &dyn Clock) -> Result<(), DemoError> {
        let now = clock.now();
        let elapsed_ms = now.since(self.last_tick).min(ELAPSED_MS_MAX);
        self.last_tick = now;
        self.crowd.arrive(now, elapsed_ms);
        if self.reads_mail {
            let looked = self.look_for_mail().await;
            note("the inbox could not be read", looked)?;
        }
        self.run_errands(now).await?;
        let events = self.crowd.take_due(now);
        if !events.is_empty() {
            let lines = to_lines(&events).map_err(DemoError::Write)?;
            let sent = self.client.send_lines(&lines).await;
            if let Some(report) = note("simulated events were not sent", sent)? {
                for (insert_id, reason) in report.refused {
                    tracing::warn!(insert_id, reason, "a simulated event was refused");
                }
            }
        }
        Ok(())
    }

    /// Decides what becomes of mail that is new.
    async fn look_for_mail(&mut self) -> Result<(), ClientError> {
        let mut cursor: Option<String> = None;
        for _ in 0..INBOX_PAGES_MAX {
            let Some(page) = self.client.inbox(cursor.as_deref()).await? else {
                tracing::info!("the server keeps no development inbox: nobody reads mail");
                self.reads_mail = false;
                return Ok(());
            };
            let mut is_news = false;
            for message in &page.messages {
                let Some(received_at) = message.received_at() else {
                    continue;
                };
                if received_at < self.since {
                    continue;
                }
                let seen = self.seen.entry(received_at).or_default();
                if !seen.insert(message.id.clone()) {
                    continue;
                }
                is_news = true;
                self.consider(&message.id, &message.to, received_at);
            }
            cursor = page.next;
            if !is_news || cursor.is_none() {
                break;
            }
        }
        let oldest = self.last_tick.plus_ms(-SEEN_MS);
        if self.since < oldest {
            self.since = oldest;
            self.seen = self.seen.split_off(&oldest);
        }
        Ok(())
    }

    fn consider(&mut self, message_id: &str, to: &str, received_at: Timestamp) {
        let reading = plan_reading(&self.dice, message_id, received_at);
        if let (Some(customer), Some(reading)) = (customer_of(to), reading) {
            let errand = Errand::Open {
                message_id: message_id.to_owned(),
                customer,
                reading: reading.clone(),
            };
            self.plan(reading.open_at, errand);
        }
    }

    fn plan(&mut self, at: Timestamp, errand: Errand) {
        self.ticket += 1;
        self.errands.insert((at, self.ticket), errand);
    }

    async fn run_errands(&mut self, now: Timestamp) -> Result<(), DemoError> {
        let keys: Vec<_> = self
            .errands
            .range(..(now.plus_ms(1), 0))
            .map(|(key, _)| *key)
            .take(ERRANDS_PER_TICK_MAX)
            .collect();
        let due: Vec<Errand> = keys
            .iter()
            .filter_map(|key| self.errands.remove(key))
            .collect();
        let client = self.client.clone();
        let done: Vec<_> = futures::stream::iter(due)
            .map(|errand| carry_out(&client, errand))
            .buffer_unordered(ERRANDS_AT_ONCE)
            .collect()
            .await;
        for outcome in done {
            match note("a mail was not read", outcome)? {
                Some(Next::Later(at, errand)) => self.plan(at, errand),
                Some(Next::Visit(customer, depth)) => self.crowd.come_by_link(customer, depth, now),
                Some(Next::Nothing) | None => (),
            }
        }
        Ok(())
    }
}

/// Logs a failure; passes on only one that no waiting mends.
fn note<T>(what: &str, done: Result<T, ClientError>) -> Result<Option<T>, DemoError> {
    match done {
        Ok(it) => Ok(Some(it)),
        Err(error @ ClientError::Key { .. }) => Err(DemoError::Send(error)),
        Err(error) => {
            tracing::warn!(error = error_chain(&error), "{what}");
            Ok(None)
        }
    }
}

/// What an errand leads to.
enum Next {
    Nothing,
    Later(Timestamp, Errand),
    Visit(u32, Depth),
}

async fn carry_out(client: &GyreClient, errand: Errand) -> Result<Next, ClientError> {
    match errand {
        Errand::Open {
            message_id,
            customer,
            reading,
        } => {
            let Some(html) = client.inbox_html(&message_id).await? else {
                return Ok(Next::Nothing);
            };
            let links = tracked_links(&html);
            if let Some(pixel) = &links.pixel {
                client.open_tracked(pixel).await?;
            }
            Ok(match reading.then {
                Afterwards::Click { at, link, depth } if !links.clicks.is_empty() => {
                    let path = links.clicks[link % links.clicks.len()].clone();
                    let follow = Errand::Follow {
                        path,
                        customer,
                        depth,
                    };
                    Next::Later(at, follow)
                }
                Afterwards::Unsubscribe { at } => {
                    let path = match links.unsubscribe {
                        Some(path) => Some(path),
                        None => unsubscribe_header(client, &message_id).await?,
                    };
                    path.map_or(Next::Nothing, |path| {
                        Next::Later(at, Errand::Leave { path })
                    })
                }
                Afterwards::Click { .. } | Afterwards::Nothing => Next::Nothing,
            })
        }
        Errand::Follow {
            path,
            customer,
            depth,
        } => {
            // the shop itself does not exist: the visit begins where the redirect points
            let location = client.open_tracked(&path).await?;
            Ok(location.map_or(Next::Nothing, |_| Next::Visit(customer, depth)))
        }
        Errand::Leave { path } => {
            client.unsubscribe(&path).await?;
            Ok(Next::Nothing)
        }
    }
}

/// The address in the message's `List-Unsubscribe` header, which mail programs show as a button.
async fn unsubscribe_header(
    client: &GyreClient,
    message_id: &str,
) -> Result<Option<String>, ClientError> {
    let headers = client.inbox_headers(message_id).await?;
    let header = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("list-unsubscribe"));
    Ok(header.and_then(|(_, value)| tracked_links(value).unsubscribe))
}

#[cfg(test)]
mod tests;
