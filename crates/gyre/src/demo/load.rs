//! Loads the shop into a running server: orders, profiles, and a month of simulated visits.

use gyre_base::{Dice, Timestamp};
use gyre_import::Place;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::DemoError;
use super::dataset::Shop;
use super::history::plan_history;
use super::profile::profile_event;
use crate::client::GyreClient;
use crate::sender::{Sender, SenderReport};
use crate::wire::OutEvent;

/// What to load, and how.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// Seed of everything made up.
    pub seed: u64,
    /// The present: simulated visits lie in the thirty days before it.
    pub now: Timestamp,
    /// Whether to load simulated visits; profiles are always loaded.
    pub with_visits: bool,
    /// Whether to draw a progress bar on standard error.
    pub with_progress: bool,
}

/// What was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadSummary {
    /// Orders and cancellations of the data set.
    pub orders: usize,
    /// Made-up profiles.
    pub profiles: usize,
    /// Events of simulated visits.
    pub visit_events: usize,
}

/// Sends everything to the server; returns when it is all on its disk.
///
/// Repeating it is harmless while the server remembers insert ids; a workspace that has data needs no second load.
pub async fn run_demo_load(
    client: &GyreClient,
    shop: &Shop,
    options: LoadOptions,
) -> Result<LoadSummary, DemoError> {
    let dice = Dice::new(options.seed);
    let visits = if options.with_visits {
        plan_history(shop, &dice, options.now)
    } else {
        Vec::new()
    };
    let summary = LoadSummary {
        orders: shop.orders.len(),
        profiles: shop.customers.len(),
        visit_events: visits.len(),
    };
    let count = summary.orders + summary.profiles + summary.visit_events;
    let bar = progress_bar(count as u64, options.with_progress);
    let mut sender = Sender::new(client.clone());
    let profiles = shop.customers.iter().map(|it| profile_event(it, &dice));
    let orders = shop.orders.iter().map(|it| shop.event(it));
    for (row, event) in profiles.chain(orders).chain(visits).enumerate() {
        send(&mut sender, row as u64, &event).await?;
        bar.inc(1);
    }
    let report = sender.finish().await.map_err(DemoError::Send)?;
    bar.finish_and_clear();
    all_taken(report)?;
    Ok(summary)
}

async fn send(sender: &mut Sender, row: u64, event: &OutEvent) -> Result<(), DemoError> {
    let line = serde_json::to_vec(event).map_err(DemoError::Write)?;
    let insert_id = event.insert_id.clone().unwrap_or_default();
    let sent = sender.push(Place::row(row), insert_id, &line).await;
    sent.map_err(DemoError::Send)
}

fn all_taken(report: SenderReport) -> Result<(), DemoError> {
    let count = report.refused.len();
    match report.refused.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(DemoError::Refused {
            count,
            reason: first.reason,
        }),
    }
}

fn progress_bar(count: u64, visible: bool) -> ProgressBar {
    let target = if visible {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(count), target);
    let style = ProgressStyle::with_template(
        "loading the demonstration  {bar:30}  {human_pos} of {human_len} events  {eta}",
    );
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
