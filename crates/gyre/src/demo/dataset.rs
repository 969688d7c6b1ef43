//! The real shop: order lines of the data set *Online Retail*, as orders and products.
//!
//! What the file is and where it comes from: `assets/ATTRIBUTION.md`. Nothing is made up here except categories.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use gyre_base::{DAY_MS, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::DemoError;
use super::category::category_of;
use crate::wire::OutEvent;

static ONLINE_RETAIL: &[u8] = include_bytes!("../../assets/online_retail.csv.zst");

/// The data set's currency.
pub const CURRENCY: &str = "GBP";

/// One article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Stock code.
    pub sku: String,
    /// The description it has most often.
    pub name: String,
    /// Ours, see [`super::category`].
    pub category: &'static str,
    /// The price it has most often, in thousandths of a pound.
    pub price_milli: i64,
    /// Order lines that name it.
    pub lines: usize,
}

/// One line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Index into [`Shop::products`].
    pub product: usize,
    /// Pieces; negative in a cancellation.
    pub quantity: i64,
    /// Price of a piece in thousandths of a pound.
    pub price_milli: i64,
}

/// One invoice of a known customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Invoice number; begins with `C` for a cancellation.
    pub invoice: String,
    /// When, moved to the present.
    pub time: Timestamp,
    /// Who.
    pub customer: u32,
    /// Where to.
    pub country: String,
    /// What; never empty.
    pub lines: Vec<Line>,
}

/// One customer, as far as the data set knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The data set's number.
    pub id: u32,
    /// Country of the latest order.
    pub country: String,
    /// Time of the first order.
    pub first_order: Timestamp,
}

/// Everything the data set says about known customers.
#[derive(Debug)]
pub struct Shop {
    /// Articles, in order of first appearance.
    pub products: Vec<Product>,
    /// Invoices in order of time.
    pub orders: Vec<Order>,
    /// Customers in order of number.
    pub customers: Vec<Customer>,
}

#[derive(Deserialize)]
struct Row<'a> {
    invoice_no: &'a str,
    stock_code: &'a str,
    description: &'a str,
    quantity: i64,
    invoice_ts: &'a str,
    unit_price: f64,
    customer_id: Option<u32>,
    country: &'a str,
}

impl Shop {
    /// Reads the embedded data set, its times moved by whole days so that the last order is the latest that is not
    /// after `now`.
    pub fn open(now: Timestamp) -> Result<Self, DemoError> {
        let reader = zstd::Decoder::with_buffer(ONLINE_RETAIL).map_err(DemoError::Unpack)?;
        let mut shop = Builder::default().read(reader)?;
        let last = shop.orders.iter().map(|it| it.time).max();
        let last = last.ok_or(DemoError::Empty)?;
        let shift = now.since(last).div_euclid(DAY_MS) * DAY_MS;
        for order in &mut shop.orders {
            order.time = order.time.plus_ms(shift);
        }
        for customer in &mut shop.customers {
            customer.first_order = customer.first_order.plus_ms(shift);
        }
        Ok(shop)
    }

    /// The order as an event.
    pub fn event(&self, order: &Order) -> OutEvent {
        let name = if order.is_cancelled() {
            "Order Cancelled"
        } else {
            "Order Completed"
        };
        let items: Vec<Value> = order.lines.iter().map(|it| self.item(it)).collect();
        let mut event = OutEvent::new(name, order.time)
            .with("order_id", order.invoice.as_str())
            .with("revenue", pounds(order.revenue_milli()))
            .with("currency", CURRENCY)
            .with("item_count", items.len())
            .with("country", order.country.as_str())
            .with("items", items);
        event.historical = true;
        event.user_id = Some(order.customer.to_string());
        event.insert_id = Some(order.invoice.clone());
        event
    }

    fn item(&self, line: &Line) -> Value {
        let product = &self.products[line.product];
        json!({
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "quantity": line.quantity,
            "price": thousandths(line.price_milli),
        })
    }
}

impl Order {
    /// Whether it takes an earlier order back.
    pub fn is_cancelled(&self) -> bool {
        self.invoice.starts_with('C')
    }

    /// Price of all pieces in thousandths of a pound; negative for a cancellation.
    pub fn revenue_milli(&self) -> i64 {
        let lines = self.lines.iter();
        lines.map(|it| it.quantity * it.price_milli).sum()
    }
}

/// Pounds with two decimals, half away from zero.
pub fn pounds(milli: i64) -> f64 {
    let pence = (milli.abs() + 5) / 10;
    (pence * milli.signum()) as f64 / 100.0
}

fn thousandths(milli: i64) -> f64 {
    milli as f64 / 1_000.0
}

/// How often each spelling and each price of an article was seen.
#[derive(Default)]
struct Seen {
    names: BTreeMap<String, usize>,
    prices: BTreeMap<i64, usize>,
}

#[derive(Default)]
struct Builder {
    sku_idx: HashMap<String, usize>,
    skus: Vec<(String, Seen)>,
    order_idx: HashMap<String, usize>,
    orders: Vec<Order>,
}

impl Builder {
    fn read(mut self, reader: impl Read) -> Result<Shop, DemoError> {
        let mut rows = csv::Reader::from_reader(reader);
        let headers = rows.headers().map_err(DemoError::Csv)?.clone();
        let mut record = csv::StringRecord::new();
        while rows.read_record(&mut record).map_err(DemoError::Csv)? {
            let row: Row<'_> = record.deserialize(Some(&headers)).map_err(DemoError::Csv)?;
            self.take(&row)?;
        }
        Ok(self.finish())
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), DemoError> {
        let Some(customer) = row.customer_id else {
            return Ok(());
        };
        let is_cancelled = row.invoice_no.starts_with('C');
        if !is_cancelled && row.quantity <= 0 {
            return Ok(());
        }
        let time = Timestamp::parse(row.invoice_ts)
            .ok_or_else(|| DemoError::Time(row.invoice_ts.to_owned()))?;
        let line = Line {
            product: self.product(row),
            quantity: row.quantity,
            price_milli: (row.unit_price * 1_000.0).round() as i64,
        };
        let (seen, code) = (self.order_idx.get(row.invoice_no), row.invoice_no);
        if let Some(idx) = seen {
            let order = &mut self.orders[*idx];
            order.time = order.time.min(time);
            order.lines.push(line);
        } else {
            self.order_idx.insert(code.to_owned(), self.orders.len());
            self.orders.push(Order {
                invoice: code.to_owned(),
                time,
                customer,
                country: row.country.to_owned(),
                lines: vec![line],
            });
        }
        Ok(())
    }

    fn product(&mut self, row: &Row<'_>) -> usize {
        let idx = self.sku_idx.get(row.stock_code).copied();
        let idx = idx.unwrap_or_else(|| {
            let idx = self.skus.len();
            self.sku_idx.insert(row.stock_code.to_owned(), idx);
            self.skus.push((row.stock_code.to_owned(), Seen::default()));
            idx
        });
        let seen = &mut self.skus[idx].1;
        let price_milli = (row.unit_price * 1_000.0).round() as i64;
        *seen.prices.entry(price_milli).or_default() += 1;
        match seen.names.get_mut(row.description) {
            Some(count) => *count += 1,
            None => {
                seen.names.insert(row.description.to_owned(), 1);
            }
        }
        idx
    }

    fn finish(self) -> Shop {
        let products = self.skus.into_iter().map(|(sku, seen)| {
            let lines = seen.names.values().sum();
            let name = most_frequent(seen.names).unwrap_or_default();
            Product {
                category: category_of(&sku, &name),
                price_milli: most_frequent(seen.prices).unwrap_or_default(),
                sku,
                name,
                lines,
            }
        });
        let products = products.collect();
        let mut orders = self.orders;
        orders.sort_by(|a, b| (a.time, &a.invoice).cmp(&(b.time, &b.invoice)));
        let mut customers: BTreeMap<u32, Customer> = BTreeMap::new();
        for order in &orders {
            let customer = customers.entry(order.customer);
            let customer = customer.or_insert_with(|| Customer {
                id: order.customer,
                country: String::new(),
                first_order: order.time,
            });
            customer.country.clone_from(&order.country);
        }
        Shop {
            products,
            orders,
            customers: customers.into_values().collect(),
        }
    }
}

/// The key counted most often, the first of equals.
fn most_frequent<K: Ord>(counts: BTreeMap<K, usize>) -> Option<K> {
    let best = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    best.map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_published_totals_come_out() {
        let shop = Shop::open(at("2026-03-01T18:00:00Z")).unwrap();
        let (cancelled, completed): (Vec<&Order>, Vec<_>) =
            shop.orders.iter().partition(|it| it.is_cancelled());
        assert_eq!((completed.len(), cancelled.len()), (18_536, 3_654));
        assert_eq!(
            completed.iter().map(|it| it.lines.len()).sum::<usize>(),
            397_924
        );
        let revenue: i64 = completed.iter().map(|it| it.revenue_milli()).sum();
        assert_eq!(pounds(revenue).to_string(), "8911407.9");
        assert_eq!(shop.customers.len(), 4_372);
        let best = completed.iter().filter(|it| it.customer == 14_646);
        assert_eq!(
            pounds(best.map(|it| it.revenue_milli()).sum()).to_string(),
            "280206.02"
        );
    }

    #[test]
    fn the_last_order_is_the_latest_that_is_not_in_the_future() {
        for (now, last) in [
            ("2026-03-01T18:00:00Z", "2026-03-01T12:50:00Z"),
            ("2026-03-01T12:50:00Z", "2026-03-01T12:50:00Z"),
            ("2026-03-01T09:00:00Z", "2026-02-28T12:50:00Z"),
        ] {
            let shop = Shop::open(at(now)).unwrap();
            assert_eq!(shop.orders.last().unwrap().time, at(last), "{now}");
        }
    }

    #[test]
    fn an_invoice_becomes_one_event() {
        let shop = Shop::open(at("2026-03-01T18:00:00Z")).unwrap();
        let order = shop
            .orders
            .iter()
            .find(|it| it.invoice == "536365")
            .unwrap();
        let event = shop.event(order);
        assert_eq!(event.event, "Order Completed");
        assert_eq!(event.user_id.as_deref(), Some("17850"));
        assert_eq!(event.insert_id.as_deref(), Some("536365"));
        assert_eq!(event.properties["revenue"], 139.12);
        assert_eq!(event.properties["item_count"], 7);
        assert_eq!(
            event.properties["items"][0],
            json!({"sku": "85123A", "name": "WHITE HANGING HEART T-LIGHT HOLDER", "category": "lighting",
                "quantity": 6, "price": 2.55})
        );
        let order = shop.orders.iter().find(|it| it.is_cancelled()).unwrap();
        let event = shop.event(order);
        assert_eq!(event.event, "Order Cancelled");
        assert!(event.properties["revenue"].as_f64().unwrap() < 0.0);
    }

    #[test]
    fn pounds_have_two_decimals() {
        assert_eq!(pounds(2_555).to_string(), "2.56");
        assert_eq!(pounds(-2_555).to_string(), "-2.56");
        assert_eq!(pounds(1).to_string(), "0");
    }
}
