//! One visit to the shop: what a visitor looks at, puts into the cart and perhaps buys. Pure and seeded.

use std::collections::BTreeMap;

use gyre_base::{Dice, SECOND_MS, Timestamp};
use serde_json::{Map, Value, json};

use super::category::CHARGES;
use super::dataset::{CURRENCY, Shop, pounds};
use crate::wire::{IDENTIFY, OutEvent};

/// Share of views that stay in the visitor's favourite category.
const FAVOURITE_SHARE: f64 = 0.6;
/// Share of visits that begin with a search.
const SEARCH_SHARE: f64 = 0.35;
/// Most articles put into a cart that nobody planned.
const CART_MAX: i64 = 3;

/// How far a visit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Looks at articles and leaves.
    Look,
    /// Leaves with something in the cart.
    Add,
    /// Leaves from the cart.
    Cart,
    /// Leaves from the checkout, or buys as the data set says.
    Checkout,
    /// Buys.
    Buy,
}

/// When the visitor tells who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Not in this visit.
    Never,
    /// They are still signed in from another time.
    Before,
    /// After the first article, or at the checkout.
    During,
}

/// Who visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Id of their browser.
    pub device_id: String,
    /// Who they are, if they are a customer.
    pub user_id: Option<String>,
    /// When they say so.
    pub sign_in: SignIn,
    /// Category they like best.
    pub favourite: &'static str,
}

/// Articles by how often they are bought.
#[derive(Debug)]
pub struct Shelf {
    /// Index of a product and the order lines up to and with it, per category; all of them under "".
    by_category: BTreeMap<&'static str, Vec<(usize, usize)>>,
}

impl Shelf {
    /// The goods of the shop.
    pub fn new(shop: &Shop) -> Self {
        let mut by_category: BTreeMap<&'static str, Vec<(usize, usize)>> = BTreeMap::new();
        for (idx, product) in shop.products.iter().enumerate() {
            if product.category == CHARGES || product.price_milli <= 0 || product.lines == 0 {
                continue;
            }
            for key in ["", product.category] {
                let list = by_category.entry(key).or_default();
                let before = list.last().map_or(0, |it| it.1);
                list.push((idx, before + product.lines));
            }
        }
        Self { by_category }
    }

    /// A category, all equally likely.
    pub fn pick_category(&self, dice: &mut Dice) -> &'static str {
        let keys: Vec<&'static str> = self.by_category.keys().copied().collect();
        let named: Vec<_> = keys.into_iter().filter(|it| !it.is_empty()).collect();
        dice.pick(&named).copied().unwrap_or_default()
    }

    /// A product of the category, or of any for "", as likely as it is bought.
    pub fn pick(&self, dice: &mut Dice, category: &str) -> Option<usize> {
        let list = self.by_category.get(category)?;
        let total = list.last()?.1;
        let at = dice.below(total);
        let idx = list.partition_point(|it| it.1 <= at);
        list.get(idx).map(|it| it.0)
    }
}

/// Plans visits to one shop.
#[derive(Clone, Copy, Debug)]
pub struct Planner<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// Its goods.
    pub shelf: &'a Shelf,
    /// Mean seconds between two steps of a visitor.
    pub pace_seconds: f64,
}

/// A planned visit, its times counted from its beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    events: Vec<OutEvent>,
}

impl Visit {
    /// How long it takes, in milliseconds.
    pub fn length_ms(&self) -> i64 {
        self.events.last().map_or(0, |it| it.time.ms())
    }

    /// The visit's events when it begins at `start`.
    pub fn begin_at(mut self, start: Timestamp) -> Vec<OutEvent> {
        for (i, event) in self.events.iter_mut().enumerate() {
            event.time = start.plus_ms(event.time.ms());
            event.session_id = Some(start.ms());
            let device = event.device_id.as_deref().unwrap_or_default();
            let id = format!("visit-{device}-{}-{i}", start.ms());
            if let Some(order) = event.properties.get_mut("order_id") {
                *order = Value::String(format!("S{}-{device}", start.ms()));
            }
            event.insert_id = Some(id);
        }
        self.events
    }
}

/// A visit while it is being planned.
struct Walk<'a> {
    visitor: &'a Visitor,
    signed_in: bool,
    at_ms: i64,
    events: Vec<OutEvent>,
}

impl Walk<'_> {
    fn step(&mut self, dice: &mut Dice, pace_seconds: f64) {
        let pause = dice.exponential(pace_seconds * SECOND_MS as f64);
        self.at_ms += SECOND_MS + pause as i64;
    }

    fn event(&self, name: &str) -> OutEvent {
        let mut event = OutEvent::new(name, Timestamp(self.at_ms)).simulated();
        event.device_id = Some(self.visitor.device_id.clone());
        if self.signed_in {
            event.user_id.clone_from(&self.visitor.user_id);
        }
        event
    }

    fn sign_in(&mut self) {
        if self.visitor.sign_in == SignIn::During
            && !self.signed_in
            && self.visitor.user_id.is_some()
        {
            self.signed_in = true;
            let event = self.event("Signed In");
            self.events.push(event);
        }
    }
}

impl Planner<'_> {
    /// Plans a visit that goes as far as `depth`; `wanted` are products that will be bought, if that is known.
    pub fn plan(
        &self,
        dice: &mut Dice,
        visitor: &Visitor,
        depth: Depth,
        wanted: &[usize],
    ) -> Visit {
        let mut walk = Walk {
            visitor,
            signed_in: visitor.sign_in == SignIn::Before && visitor.user_id.is_some(),
            at_ms: 0,
            events: Vec::new(),
        };
        let viewed = self.look_around(dice, &mut walk, wanted);
        if depth >= Depth::Add {
            let cart = self.fill_cart(dice, &mut walk, &viewed, wanted);
            self.check_out(dice, &mut walk, depth, &cart);
        } else if dice.chance(0.5) {
            walk.step(dice, self.pace_seconds);
            walk.sign_in();
        }
        Visit {
            events: walk.events,
        }
    }

    fn look_around(&self, dice: &mut Dice, walk: &mut Walk<'_>, wanted: &[usize]) -> Vec<usize> {
        let count = 1 + dice.exponential(1.8).min(6.0) as usize;
        let mut viewed: Vec<usize> = wanted.iter().copied().take(CART_MAX as usize).collect();
        while viewed.len() < count {
            let in_favourite = dice.chance(FAVOURITE_SHARE);
            let category = if in_favourite {
                walk.visitor.favourite
            } else {
                ""
            };
            match self.shelf.pick(dice, category) {
                Some(product) => viewed.push(product),
                None => break,
            }
        }
        if let Some(first) = viewed.first().filter(|_| dice.chance(SEARCH_SHARE)) {
            let query = self.query(dice, *first);
            let event = walk.event("Products Searched").with("query", query);
            walk.events.push(event);
            walk.step(dice, self.pace_seconds);
        }
        for product in &viewed {
            let event = self.product_event(walk.event("Product Viewed"), *product);
            walk.events.push(event);
            walk.step(dice, self.pace_seconds);
        }
        if let Some(last) = viewed.last() {
            let category = self.shop.products[*last].category;
            let event = walk.event(IDENTIFY).setting("last_category", category);
            walk.events.push(event);
        }
        viewed
    }

    fn fill_cart(
        &self,
        dice: &mut Dice,
        walk: &mut Walk<'_>,
        viewed: &[usize],
        wanted: &[usize],
    ) -> Vec<(usize, i64)> {
        let source = if wanted.is_empty() { viewed } else { wanted };
        let count = dice.between(1, CART_MAX) as usize;
        let mut cart = Vec::new();
        for product in source.iter().take(count) {
            let quantity = dice.between(1, 4);
            let event = self.product_event(walk.event("Product Added"), *product);
            walk.events.push(event.with("quantity", quantity));
            cart.push((*product, quantity));
            walk.step(dice, self.pace_seconds);
        }
        cart
    }

    fn check_out(&self, dice: &mut Dice, walk: &mut Walk<'_>, depth: Depth, cart: &[(usize, i64)]) {
        let value_milli: i64 = cart
            .iter()
            .map(|(product, quantity)| self.shop.products[*product].price_milli * quantity)
            .sum();
        let totals = |event: OutEvent| {
            event
                .with("value", pounds(value_milli))
                .with("currency", CURRENCY)
                .with("item_count", cart.len())
        };
        if depth >= Depth::Cart {
            let event = totals(walk.event("Cart Viewed"));
            walk.events.push(event);
            walk.step(dice, self.pace_seconds);
        }
        walk.sign_in();
        if depth >= Depth::Checkout {
            let event = totals(walk.event("Checkout Started"));
            walk.events.push(event);
            walk.step(dice, self.pace_seconds);
        }
        if depth == Depth::Buy {
            let items: Vec<Value> = cart
                .iter()
                .map(|(product, quantity)| {
                    let product = &self.shop.products[*product];
                    json!({"sku": product.sku, "name": product.name, "category": product.category,
                        "quantity": quantity, "price": pounds(product.price_milli)})
                })
                .collect();
            let event = walk
                .event("Order Completed")
                .with("order_id", "")
                .with("revenue", pounds(value_milli))
                .with("currency", CURRENCY)
                .with("item_count", items.len())
                .with("items", items);
            walk.events.push(event);
        }
    }

    fn product_event(&self, mut event: OutEvent, product: usize) -> OutEvent {
        let product = &self.shop.products[product];
        let mut properties = Map::new();
        properties.insert("sku".to_owned(), product.sku.as_str().into());
        properties.insert("name".to_owned(), product.name.as_str().into());
        properties.insert("category".to_owned(), product.category.into());
        properties.insert("price".to_owned(), pounds(product.price_milli).into());
        properties.append(&mut event.properties);
        event.properties = properties;
        event
    }

    /// What somebody types who ends up at this product: a word or two of its name, or its category.
    fn query(&self, dice: &mut Dice, product: usize) -> String {
        let product = &self.shop.products[product];
        let name = product.name.to_lowercase();
        let words: Vec<&str> = name
            .split(|it: char| !it.is_alphanumeric() && it != '-')
            .filter(|it| it.len() > 3 && !it.bytes().any(|byte| byte.is_ascii_digit()))
            .collect();
        match words.as_slice() {
            [] => product.category.to_owned(),
            [one] => (*one).to_owned(),
            [first, .., last] if dice.chance(0.5) => format!("{first} {last}"),
            [.., last] => (*last).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Shop {
        Shop::open(Timestamp::parse("2026-03-01T18:00:00Z").unwrap()).unwrap()
    }

    fn visitor(sign_in: SignIn) -> Visitor {
        Visitor {
            device_id: "d1".to_owned(),
            user_id: Some("17850".to_owned()),
            sign_in,
            favourite: "bags",
        }
    }

    #[test]
    fn a_visit_goes_as_far_as_it_is_meant_to() {
        let shop = shop();
        let shelf = Shelf::new(&shop);
        let planner = Planner {
            shop: &shop,
            shelf: &shelf,
            pace_seconds: 20.0,
        };
        let steps = [
            (Depth::Look, "Product Viewed"),
            (Depth::Add, "Product Added"),
            (Depth::Cart, "Cart Viewed"),
            (Depth::Checkout, "Checkout Started"),
            (Depth::Buy, "Order Completed"),
        ];
        for (i, (depth, _)) in steps.iter().enumerate() {
            for seed in 0..20 {
                let mut dice = Dice::new(seed);
                let visit = planner.plan(&mut dice, &visitor(SignIn::During), *depth, &[]);
                let events = visit.begin_at(Timestamp(1_000_000));
                for (j, (_, name)) in steps.iter().enumerate() {
                    let happened = events.iter().any(|it| it.event == *name);
                    assert_eq!(happened, j <= i, "{depth:?} {name} seed {seed}");
                }
                assert!(events.is_sorted_by_key(|it| it.time));
                assert!(events.iter().all(OutEvent::is_simulated));
                assert!(events.iter().all(|it| it.session_id == Some(1_000_000)));
            }
        }
    }

    #[test]
    fn a_visitor_is_anonymous_until_they_sign_in() {
        let shop = shop();
        let shelf = Shelf::new(&shop);
        let planner = Planner {
            shop: &shop,
            shelf: &shelf,
            pace_seconds: 20.0,
        };
        let events = |sign_in| {
            let visit = planner.plan(&mut Dice::new(1), &visitor(sign_in), Depth::Buy, &[]);
            visit.begin_at(Timestamp(0))
        };
        let known = |events: &[OutEvent]| events.iter().filter(|it| it.user_id.is_some()).count();
        let during = events(SignIn::During);
        let signed_in = during
            .iter()
            .position(|it| it.event == "Signed In")
            .unwrap();
        assert!(during[..signed_in].iter().all(|it| it.user_id.is_none()));
        assert!(during[signed_in..].iter().all(|it| it.user_id.is_some()));
        let before = events(SignIn::Before);
        assert_eq!(known(&before), before.len());
        assert_eq!(known(&events(SignIn::Never)), 0);
    }

    #[test]
    fn a_simulated_order_adds_up() {
        let shop = shop();
        let shelf = Shelf::new(&shop);
        let planner = Planner {
            shop: &shop,
            shelf: &shelf,
            pace_seconds: 20.0,
        };
        let visit = planner.plan(&mut Dice::new(4), &visitor(SignIn::Before), Depth::Buy, &[]);
        let events = visit.begin_at(Timestamp(5));
        let order = events
            .iter()
            .find(|it| it.event == "Order Completed")
            .unwrap();
        let items = order.properties["items"].as_array().unwrap();
        let sum: f64 = items
            .iter()
            .map(|it| it["price"].as_f64().unwrap() * it["quantity"].as_f64().unwrap())
            .sum();
        assert!((sum - order.properties["revenue"].as_f64().unwrap()).abs() < 0.005);
        assert_eq!(order.properties["order_id"], "S5-d1");
    }
}
