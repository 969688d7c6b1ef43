//! The visitors of this very moment: who arrives, and what is due to happen. Pure and seeded.

use std::collections::BTreeMap;

use gyre_base::{Dice, SECOND_MS, Timestamp};

use super::dataset::Shop;
use super::history::{customer_as_visitor, leaving_depth, stranger};
use super::visit::{Depth, Planner, Shelf, SignIn, Visitor};
use crate::wire::OutEvent;

/// Mean arrivals per second.
const ARRIVALS_PER_SECOND: f64 = 0.4;
/// Share of arrivals that are no customers.
const STRANGERS: f64 = 0.35;
/// Share of arrivals that buy.
const BUYING: f64 = 0.04;
/// Share of arrivals that fill a cart and leave.
const LEAVING_A_CART: f64 = 0.2;
/// Mean seconds between two steps: quicker than people are, so that something happens on the screen.
const PACE_SECONDS: f64 = 6.0;
/// Most events that wait for their time: some minutes of arrivals and the visits of a campaign to all 4,372 customers.
const AGENDA_MAX: usize = 50_000;

/// Everyone who is in the shop now.
#[derive(Debug)]
pub struct Crowd<'a> {
    shop: &'a Shop,
    shelf: Shelf,
    /// For what belongs to a person, whenever it is rolled.
    seed: Dice,
    /// For what happens in order.
    dice: Dice,
    agenda: BTreeMap<(Timestamp, u64), OutEvent>,
    ticket: u64,
}

impl<'a> Crowd<'a> {
    /// An empty shop; `start` makes two runs with the same seed different days.
    pub fn new(shop: &'a Shop, seed: &Dice, start: Timestamp) -> Self {
        Self {
            shop,
            shelf: Shelf::new(shop),
            seed: seed.clone(),
            dice: seed.fork(start.ms() as u64),
            agenda: BTreeMap::new(),
            ticket: 0,
        }
    }

    /// Lets visitors arrive in the `elapsed_ms` milliseconds before `now`.
    pub fn arrive(&mut self, now: Timestamp, elapsed_ms: i64) {
        let mean = ARRIVALS_PER_SECOND * elapsed_ms as f64 / SECOND_MS as f64;
        let mut at = self.dice.exponential(1.0);
        while at < mean {
            let depth = self.some_depth();
            let visitor = self.someone();
            self.visit(&visitor, depth, now);
            at += self.dice.exponential(1.0);
        }
    }

    /// Lets a customer come by a link in a message.
    pub fn come_by_link(&mut self, customer: u32, depth: Depth, now: Timestamp) {
        let visitor = customer_as_visitor(customer, &self.shelf, &self.seed, SignIn::Before);
        self.visit(&visitor, depth, now);
    }

    /// Takes what is due at `now`, in order of time.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<OutEvent> {
        let later = self.agenda.split_off(&(now.plus_ms(1), 0));
        let due = std::mem::replace(&mut self.agenda, later);
        due.into_values().collect()
    }

    fn visit(&mut self, visitor: &Visitor, depth: Depth, now: Timestamp) {
        if self.agenda.len() >= AGENDA_MAX {
            return;
        }
        let planner = Planner {
            shop: self.shop,
            shelf: &self.shelf,
            pace_seconds: PACE_SECONDS,
        };
        let visit = planner.plan(&mut self.dice, visitor, depth, &[]);
        for event in visit.begin_at(now) {
            self.ticket += 1;
            self.agenda.insert((event.time, self.ticket), event);
        }
    }

    fn some_depth(&mut self) -> Depth {
        let mood = self.dice.unit();
        if mood < BUYING {
            Depth::Buy
        } else if mood < BUYING + LEAVING_A_CART {
            leaving_depth(&mut self.dice)
        } else {
            Depth::Look
        }
    }

    fn someone(&mut self) -> Visitor {
        let number = self.dice.next_u64();
        if self.dice.chance(STRANGERS) {
            return stranger(number, &self.shelf, &self.seed);
        }
        let customers = &self.shop.customers;
        let sign_in = match self.dice.below(3) {
            0 => SignIn::Before,
            1 => SignIn::During,
            _ => SignIn::Never,
        };
        match self.dice.pick(customers) {
            Some(it) => customer_as_visitor(it.id, &self.shelf, &self.seed, sign_in),
            None => stranger(number, &self.shelf, &self.seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-01T18:00:00Z").unwrap()
    }

    fn run(shop: &Shop, seed: u64, seconds: i64) -> Vec<OutEvent> {
        let mut crowd = Crowd::new(shop, &Dice::new(seed), now());
        let mut events = Vec::new();
        for second in 1..=seconds {
            let at = now().plus_ms(second * SECOND_MS);
            crowd.arrive(at, SECOND_MS);
            let due = crowd.take_due(at);
            assert!(due.iter().all(|it| it.time <= at), "an event of the future");
            events.extend(due);
        }
        events
    }

    #[test]
    fn something_happens_every_few_seconds_and_little_of_it_is_buying() {
        let shop = Shop::open(now()).unwrap();
        let events = run(&shop, 1, 3_600);
        let count = |name| events.iter().filter(|it| it.event == name).count();
        assert!((3_000..20_000).contains(&events.len()), "{}", events.len());
        let (carts, orders) = (count("Product Added"), count("Order Completed"));
        assert!((20..120).contains(&orders), "{orders}");
        assert!(carts > 3 * orders, "{carts} {orders}");
        assert!(events.iter().all(OutEvent::is_simulated));
        let busy: std::collections::BTreeSet<i64> =
            events.iter().map(|it| it.time.ms() / 5_000).collect();
        assert!(
            busy.len() > 600,
            "{} of 720 spans of five seconds",
            busy.len()
        );
    }

    #[test]
    fn the_same_seed_and_start_make_the_same_hour() {
        let shop = Shop::open(now()).unwrap();
        assert!(run(&shop, 1, 300) == run(&shop, 1, 300));
        assert!(run(&shop, 1, 300) != run(&shop, 2, 300));
    }

    #[test]
    fn a_reader_who_buys_is_known_by_their_customer_number() {
        let shop = Shop::open(now()).unwrap();
        let mut crowd = Crowd::new(&shop, &Dice::new(1), now());
        crowd.come_by_link(17_850, Depth::Buy, now());
        let events = crowd.take_due(now().plus_ms(3_600 * SECOND_MS));
        assert!(
            events
                .iter()
                .all(|it| it.user_id.as_deref() == Some("17850"))
        );
        assert_eq!(events.last().unwrap().event, "Order Completed");
    }
}
