//! How many messages a campaign may send now.

use std::collections::HashMap;

use gyre_base::{CampaignId, MINUTE_MS, Timestamp};

/// Allowances of the campaigns that have a limit. What is not used is lost: there is no burst after a pause.
#[derive(Debug, Default)]
pub(crate) struct Rates(HashMap<CampaignId, Allowance>);

#[derive(Debug)]
struct Allowance {
    /// Thousandths of messages, times 60: a millisecond adds `per_minute`, a message costs a minute of them.
    stock: i64,
    at: Timestamp,
}

impl Rates {
    /// Takes up to `wanted` messages of a campaign's allowance.
    pub(crate) fn take(
        &mut self,
        campaign: CampaignId,
        per_minute: Option<u32>,
        wanted: usize,
        now: Timestamp,
    ) -> usize {
        let Some(per_minute) = per_minute else {
            return wanted;
        };
        let per_minute = i64::from(per_minute);
        let allowance = self.0.entry(campaign).or_insert(Allowance {
            stock: MINUTE_MS,
            at: now,
        });
        // at most what a third of a second brings, or one message
        let most = (per_minute * 333).max(MINUTE_MS);
        let gained = per_minute.saturating_mul(now.since(allowance.at).max(0));
        allowance.stock = allowance.stock.saturating_add(gained).min(most);
        allowance.at = now;
        let granted = (allowance.stock / MINUTE_MS).min(wanted as i64);
        allowance.stock -= granted * MINUTE_MS;
        granted as usize
    }

    /// Gives back what was taken and not needed.
    pub(crate) fn give_back(&mut self, campaign: CampaignId, count: usize) {
        if let Some(allowance) = self.0.get_mut(&campaign) {
            allowance.stock += count as i64 * MINUTE_MS;
        }
    }

    /// Forgets campaigns that are not among these.
    pub(crate) fn retain(&mut self, running: &[CampaignId]) {
        self.0.retain(|id, _| running.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(per_minute: u32, minutes: i64) {
        let mut rates = Rates::default();
        let campaign = CampaignId::random();
        let mut sent = 0;
        let mut now = Timestamp(0);
        while now.ms() <= minutes * MINUTE_MS {
            sent += rates.take(campaign, Some(per_minute), 1_000, now);
            now = now.plus_ms(50);
        }
        let expected = i64::from(per_minute) * minutes;
        let sent = sent as i64;
        assert!(
            (expected - 1..=expected + 1).contains(&sent),
            "{sent} of {expected}"
        );
    }

    #[test]
    fn a_minute_has_its_messages() {
        check(1, 5);
        check(60, 3);
        check(100, 3);
        check(10_000, 2);
    }

    #[test]
    fn a_pause_brings_no_burst() {
        let mut rates = Rates::default();
        let campaign = CampaignId::random();
        rates.take(campaign, Some(600), 1_000, Timestamp(0));
        let after = rates.take(campaign, Some(600), 1_000, Timestamp(MINUTE_MS));
        assert!(after <= 4, "{after}");
        assert_eq!(rates.take(campaign, None, 7, Timestamp(0)), 7);
    }
}
