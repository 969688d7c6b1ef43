//! A month of simulated visits around the real orders. Pure and seeded.
//!
//! Half of the customers who ordered in the last thirty days get a visit before each of their orders that leads to it.
//! Around them stand visitors who look and leave, and visitors who fill a cart and leave, in numbers such that of
//! five people who look two and a bit fill a cart and one buys. These never are customers who ordered in the period,
//! so that nobody drops out of the funnel by looking and is counted in again by a real order.

use std::collections::{BTreeMap, BTreeSet};

use gyre_base::{DAY_MS, Dice, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

use super::dataset::{Order, Shop};
use super::visit::{Depth, Planner, Shelf, SignIn, Visitor};
use crate::wire::OutEvent;

/// Days of simulated visits before the present.
const DAYS: i64 = 30;
/// People who look, per person who looks, adds and buys.
const LOOKING_PER_BUYER: f64 = 5.0;
/// People who fill a cart, per person who looks, adds and buys.
const ADDING_PER_BUYER: f64 = 2.25;
/// Share of the visitors who leave that are no customers and stay anonymous.
const STRANGERS: f64 = 0.25;
/// Mean seconds between two steps of a visitor.
const PACE_SECONDS: f64 = 25.0;

/// Favourite category and usual device of a customer, the same in history and live.
pub fn customer_as_visitor(customer: u32, shelf: &Shelf, dice: &Dice, sign_in: SignIn) -> Visitor {
    let mut own = dice.fork(u64::from(customer) | 1 << 40);
    Visitor {
        device_id: format!("device-{customer}-{:04x}", own.below(0x1_0000)),
        user_id: Some(customer.to_string()),
        sign_in,
        favourite: shelf.pick_category(&mut own),
    }
}

/// A visitor who is no customer.
pub fn stranger(number: u64, shelf: &Shelf, dice: &Dice) -> Visitor {
    let mut own = dice.fork(number | 1 << 41);
    Visitor {
        device_id: format!("visitor-{:012x}", own.next_u64() >> 16),
        user_id: None,
        sign_in: SignIn::Never,
        favourite: shelf.pick_category(&mut own),
    }
}

/// The simulated events of the thirty days before `now`, in order of time.
pub fn plan_history(shop: &Shop, dice: &Dice, now: Timestamp) -> Vec<OutEvent> {
    let shelf = Shelf::new(shop);
    let planner = Planner {
        shop,
        shelf: &shelf,
        pace_seconds: PACE_SECONDS,
    };
    let from = Timestamp((now.ms() / DAY_MS - (DAYS - 1)) * DAY_MS);
    let mut history = History {
        planner,
        dice,
        from,
        now,
        events: Vec::new(),
    };
    let mut ordered: BTreeMap<u32, Vec<&Order>> = BTreeMap::new();
    for order in &shop.orders {
        if order.time >= from && !order.is_cancelled() {
            ordered.entry(order.customer).or_default().push(order);
        }
    }
    let mut buyers = 0;
    for (customer, orders) in &ordered {
        let mut own = dice.fork(u64::from(*customer) | 1 << 42);
        if own.chance(0.5) {
            let led: Vec<bool> = orders
                .iter()
                .map(|it| history.lead_to(it, &mut own))
                .collect();
            buyers += usize::from(led.contains(&true));
        }
    }
    history.leavers(&ordered.into_keys().collect(), buyers);
    let mut events = history.events;
    for event in &mut events {
        event.historical = true;
    }
    events.sort_by(|a, b| (a.time, &a.insert_id).cmp(&(b.time, &b.insert_id)));
    events
}

struct History<'a> {
    planner: Planner<'a>,
    dice: &'a Dice,
    from: Timestamp,
    now: Timestamp,
    events: Vec<OutEvent>,
}

impl History<'_> {
    /// Adds the visit that ends in a real order; whether there was anything in it to look at.
    fn lead_to(&mut self, order: &Order, own: &mut Dice) -> bool {
        let shop = self.planner.shop;
        let mut wanted: Vec<usize> = Vec::new();
        for line in &order.lines {
            let product = &shop.products[line.product];
            let is_goods = product.category != super::category::CHARGES;
            if is_goods && !wanted.contains(&line.product) {
                wanted.push(line.product);
            }
        }
        if wanted.is_empty() {
            return false;
        }
        let sign_in = if own.chance(0.5) {
            SignIn::Before
        } else {
            SignIn::During
        };
        let mut visitor =
            customer_as_visitor(order.customer, self.planner.shelf, self.dice, sign_in);
        visitor.favourite = shop.products[wanted[0]].category;
        let visit = self.planner.plan(own, &visitor, Depth::Checkout, &wanted);
        let pause_ms = own.between(15 * SECOND_MS, 3 * MINUTE_MS);
        let start = order.time.plus_ms(-visit.length_ms() - pause_ms);
        if start < self.from {
            return false;
        }
        self.events.extend(visit.begin_at(start));
        if own.chance(0.4) {
            let earlier = start.plus_ms(-own.between(3 * HOUR_MS, 5 * DAY_MS));
            let browse = self.planner.plan(own, &visitor, Depth::Look, &wanted[..1]);
            if earlier >= self.from {
                self.events.extend(browse.begin_at(earlier));
            }
        }
        true
    }

    /// Adds the people who leave: with a cart or without.
    fn leavers(&mut self, ordered: &BTreeSet<u32>, buyers: usize) {
        let adding = (buyers as f64 * (ADDING_PER_BUYER - 1.0)).round() as usize;
        let looking = (buyers as f64 * (LOOKING_PER_BUYER - ADDING_PER_BUYER)).round() as usize;
        let mut dice = self.dice.fork(1 << 43);
        let customers = self.planner.shop.customers.iter().map(|it| it.id);
        let mut pool: Vec<u32> = customers.filter(|it| !ordered.contains(it)).collect();
        for i in (1..pool.len()).rev() {
            pool.swap(i, dice.below(i + 1));
        }
        for number in 0..adding + looking {
            let mut own = self.dice.fork(number as u64 | 1 << 44);
            let customer = if own.chance(STRANGERS) {
                None
            } else {
                pool.pop()
            };
            let visitor = match customer {
                Some(customer) => {
                    let sign_in = if own.chance(0.5) {
                        SignIn::Before
                    } else {
                        SignIn::During
                    };
                    customer_as_visitor(customer, self.planner.shelf, self.dice, sign_in)
                }
                None => stranger(number as u64, self.planner.shelf, self.dice),
            };
            let depth = if number < adding {
                leaving_depth(&mut own)
            } else {
                Depth::Look
            };
            self.leave(&visitor, depth, &mut own);
        }
    }

    /// One to three visits of someone who buys nothing; the last goes as far as `depth`.
    fn leave(&mut self, visitor: &Visitor, depth: Depth, own: &mut Dice) {
        let mut start = self.some_time(own);
        let mut visits = 1 + usize::from(own.chance(0.3)) + usize::from(own.chance(0.1));
        loop {
            visits -= 1;
            let next = start.plus_ms(own.between(2 * HOUR_MS, 4 * DAY_MS));
            let is_last = visits == 0 || next >= self.now;
            let goes = if is_last { depth } else { Depth::Look };
            let visit = self.planner.plan(own, visitor, goes, &[]);
            // what would reach into the future has not happened
            let start_latest = self.now.plus_ms(-visit.length_ms());
            self.events.extend(visit.begin_at(start.min(start_latest)));
            if is_last {
                return;
            }
            start = next;
        }
    }

    /// A moment of the period, seldom at night.
    fn some_time(&self, dice: &mut Dice) -> Timestamp {
        loop {
            let at = self
                .from
                .plus_ms(dice.between(0, self.now.since(self.from)));
            let hour = at.ms() % DAY_MS / HOUR_MS;
            if (7..22).contains(&hour) || dice.chance(0.15) {
                return at;
            }
        }
    }
}

/// How far someone goes who fills a cart and leaves.
pub fn leaving_depth(dice: &mut Dice) -> Depth {
    match dice.below(100) {
        0..55 => Depth::Add,
        55..80 => Depth::Cart,
        _ => Depth::Checkout,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-01T18:00:00Z").unwrap()
    }

    /// People who reached each step in order within seven days of the first, devices joined with their users.
    fn funnel(events: &[OutEvent], steps: [&str; 3]) -> [usize; 3] {
        let mut owner: HashMap<&str, &str> = HashMap::new();
        for event in events {
            if let (Some(device), Some(user)) = (&event.device_id, &event.user_id) {
                owner.insert(device, user);
            }
        }
        let mut people: HashMap<&str, Vec<(Timestamp, usize)>> = HashMap::new();
        for event in events {
            let device = event.device_id.as_deref();
            let joined = device.and_then(|it| owner.get(it).copied());
            let person = event.user_id.as_deref().or(joined).or(device).unwrap();
            if let Some(step) = steps.iter().position(|it| *it == event.event) {
                people.entry(person).or_default().push((event.time, step));
            }
        }
        let mut reached = [0; 3];
        for acts in people.values_mut() {
            acts.sort_unstable();
            let mut starts = [None::<Timestamp>; 3];
            let mut depth = 0;
            for (time, step) in acts.iter() {
                let start = if *step == 0 {
                    Some(*time)
                } else {
                    starts[step - 1].filter(|it| time.since(*it) <= 7 * DAY_MS)
                };
                if start.is_some() {
                    starts[*step] = start;
                    depth = depth.max(step + 1);
                }
            }
            (0..depth).for_each(|it| reached[it] += 1);
        }
        reached
    }

    #[test]
    fn the_funnel_has_the_shape_of_a_shop() {
        let shop = Shop::open(now()).unwrap();
        let visits = plan_history(&shop, &Dice::new(1), now());
        let from = Timestamp((now().ms() / DAY_MS - 29) * DAY_MS);
        let mut all = visits.clone();
        let orders = shop.orders.iter().filter(|it| it.time >= from);
        all.extend(orders.map(|it| shop.event(it)));
        let [viewed, added, bought] =
            funnel(&all, ["Product Viewed", "Product Added", "Order Completed"]);
        assert!((2_000..6_000).contains(&viewed), "{viewed}");
        let (add_rate, buy_rate) = (added as f64 / viewed as f64, bought as f64 / added as f64);
        assert!(
            (0.40..0.50).contains(&add_rate),
            "{viewed} {added} {bought}"
        );
        assert!(
            (0.38..0.50).contains(&buy_rate),
            "{viewed} {added} {bought}"
        );
        assert!(visits.iter().all(|it| it.time >= from && it.time <= now()));
        assert!(visits.iter().all(OutEvent::is_simulated));
        assert!(visits.len() < 100_000, "{}", visits.len());
    }

    #[test]
    fn about_half_of_the_real_orders_follow_a_visit() {
        let shop = Shop::open(now()).unwrap();
        let visits = plan_history(&shop, &Dice::new(1), now());
        let from = Timestamp((now().ms() / DAY_MS - 29) * DAY_MS);
        let mut checkouts: HashMap<&str, Vec<Timestamp>> = HashMap::new();
        for event in visits.iter().filter(|it| it.event == "Checkout Started") {
            let user = event.user_id.as_deref().unwrap_or_default();
            checkouts.entry(user).or_default().push(event.time);
        }
        let orders = shop.orders.iter();
        let orders: Vec<&Order> = orders
            .filter(|it| it.time >= from && !it.is_cancelled())
            .collect();
        let led = orders.iter().filter(|order| {
            let times = checkouts.get(order.customer.to_string().as_str());
            times.is_some_and(|times| {
                times
                    .iter()
                    .any(|it| (0..10 * MINUTE_MS).contains(&order.time.since(*it)))
            })
        });
        let share = led.count() as f64 / orders.len() as f64;
        assert!((0.4..0.6).contains(&share), "{share}");
    }

    #[test]
    fn the_same_seed_plans_the_same_month() {
        let shop = Shop::open(now()).unwrap();
        let plan = |seed| plan_history(&shop, &Dice::new(seed), now());
        let (first, again, other) = (plan(1), plan(1), plan(2));
        assert!(first == again, "one seed, two histories");
        assert!(first != other, "two seeds, one history");
        let ids: BTreeSet<_> = first.iter().map(|it| it.insert_id.clone()).collect();
        assert_eq!(ids.len(), first.len(), "insert ids repeat");
    }
}
