//! Revenue under one name, whichever way an SDK spells it.

use serde_json::{Map, Number, Value};

/// Money is kept to a millionth: it hides the noise of binary fractions (3 x 3.99) and cuts no currency.
const PARTS: f64 = 1e6;

/// Adds `revenue` where it is missing: `$revenue`, else price times quantity (1 if not told).
pub(crate) fn fill(properties: &mut Map<String, Value>) {
    let number = |names: [&str; 2]| {
        let found = names.iter().find_map(|it| properties.get(*it));
        found.and_then(Value::as_f64)
    };
    if properties.contains_key("revenue") {
        return;
    }
    let revenue = number(["$revenue", "$revenue"]).or_else(|| {
        let price = number(["$price", "price"])?;
        let quantity = number(["$quantity", "quantity"]).unwrap_or(1.0);
        Some((price * quantity * PARTS).round() / PARTS)
    });
    if let Some(revenue) = revenue.and_then(Number::from_f64) {
        properties.insert("revenue".to_owned(), Value::Number(revenue));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(properties: Value, expected: Option<f64>) {
        let Value::Object(mut map) = properties else {
            panic!("not an object");
        };
        fill(&mut map);
        assert_eq!(
            map.get("revenue").and_then(Value::as_f64),
            expected,
            "{map:?}"
        );
    }

    #[test]
    fn revenue_is_price_times_quantity_unless_it_is_told() {
        check(json!({"$price": 3.99, "$quantity": 3}), Some(11.97));
        check(json!({"price": 5}), Some(5.0));
        check(json!({"$revenue": 7, "$price": 1}), Some(7.0));
        check(json!({"revenue": 2.5, "$price": 1}), Some(2.5));
        check(json!({"$quantity": 3}), None);
        check(json!({"$price": "3.99"}), None);
    }
}
