//! How people read their mail: whether they open, click, unsubscribe, and what they do in the shop afterwards.
//!
//! Pure and seeded: the same message is always read in the same way.

use gyre_base::{Dice, SECOND_MS, Timestamp};

use super::history::leaving_depth;
use super::visit::Depth;

/// Share of messages that are opened.
const OPENED: f64 = 0.45;
/// Share of opened messages in which a link is followed.
const CLICKED: f64 = 0.35;
/// Share of opened messages that make the reader unsubscribe.
const UNSUBSCRIBED: f64 = 0.008;
/// Share of followed links that end in an order.
const BOUGHT: f64 = 0.3;
/// Share of followed links that end with a cart left behind.
const CART_LEFT: f64 = 0.3;
/// Mean milliseconds from arrival to opening. Real people take hours; a demonstration is watched for minutes.
const OPEN_MS_MEAN: f64 = 20_000.0;
/// Mean milliseconds from opening to the click.
const CLICK_MS_MEAN: f64 = 10_000.0;

/// What one reader does with one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When it is opened.
    pub open_at: Timestamp,
    /// What follows.
    pub then: Afterwards,
}

/// What a reader does after opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// Nothing.
    Nothing,
    /// Follows a link and visits the shop.
    Click {
        /// When.
        at: Timestamp,
        /// Which of the message's links: this one, modulo their number.
        link: usize,
        /// How far the visit goes.
        depth: Depth,
    },
    /// Unsubscribes.
    Unsubscribe {
        /// When.
        at: Timestamp,
    },
}

/// Decides what happens to a message; `None` if it stays unread.
pub fn plan_reading(dice: &Dice, message_id: &str, received_at: Timestamp) -> Option<Reading> {
    let mut own = dice.fork(fingerprint(message_id));
    if !own.chance(OPENED) {
        return None;
    }
    let open_at = received_at.plus_ms(SECOND_MS + own.exponential(OPEN_MS_MEAN) as i64);
    let at = open_at.plus_ms(2 * SECOND_MS + own.exponential(CLICK_MS_MEAN) as i64);
    let then = if own.chance(UNSUBSCRIBED) {
        Afterwards::Unsubscribe { at }
    } else if own.chance(CLICKED) {
        let mood = own.unit();
        let depth = if mood < BOUGHT {
            Depth::Buy
        } else if mood < BOUGHT + CART_LEFT {
            leaving_depth(&mut own)
        } else {
            Depth::Look
        };
        let link = own.below(1_000);
        Afterwards::Click { at, link, depth }
    } else {
        Afterwards::Nothing
    };
    Some(Reading { open_at, then })
}

/// FNV-1a: enough to give every message dice of its own.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Tracking addresses in a message, as paths on the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The open pixel.
    pub pixel: Option<String>,
    /// Tracked links, in order.
    pub clicks: Vec<String>,
    /// The unsubscribe link.
    pub unsubscribe: Option<String>,
}

/// Finds the tracking addresses in a message's HTML.
pub fn tracked_links(html: &str) -> Links {
    let mut links = Links::default();
    for (at, _) in html.match_indices("/t/") {
        let path = address_at(&html[at..]);
        match path.as_bytes().get(3..5) {
            Some(b"o/") => links.pixel = Some(path),
            Some(b"c/") => links.clicks.push(path),
            Some(b"u/") => links.unsubscribe = Some(path),
            _ => (),
        }
    }
    links
}

/// The address that `text` begins with: up to a quote, a bracket or a blank.
fn address_at(text: &str) -> String {
    let ends = |it: char| it.is_whitespace() || matches!(it, '"' | '\'' | '<' | '>' | ')');
    let address = text.split(ends).next().unwrap_or_default();
    address.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_addresses_are_found_as_paths() {
        let html = r#"<a href="http://127.0.0.1:8080/t/c/abc-1?x=1&amp;y=2">Shop</a>
            <a href='https://mail.shop.test/t/c/def'>More</a> <a href="https://other.test/t-shirts/">no</a>
            <a href="http://127.0.0.1:8080/t/u/u1">unsubscribe</a><img src="http://127.0.0.1:8080/t/o/pix.gif" alt="">"#;
        let links = tracked_links(html);
        assert_eq!(links.pixel.as_deref(), Some("/t/o/pix.gif"));
        assert_eq!(links.clicks, ["/t/c/abc-1?x=1&y=2", "/t/c/def"]);
        assert_eq!(links.unsubscribe.as_deref(), Some("/t/u/u1"));
        assert_eq!(tracked_links("<p>no links</p>"), Links::default());
    }

    #[test]
    fn a_campaign_is_opened_within_seconds_and_clicked_soon_after() {
        let dice = Dice::new(1);
        let sent = Timestamp(1_000_000);
        let readings: Vec<Reading> = (0..400)
            .filter_map(|i| plan_reading(&dice, &format!("message-{i}"), sent))
            .collect();
        assert!((140..220).contains(&readings.len()), "{}", readings.len());
        let within = |seconds| {
            let opened = readings
                .iter()
                .filter(|it| it.open_at.since(sent) <= seconds * SECOND_MS);
            opened.count()
        };
        assert!(within(5) >= 10, "{}", within(5));
        assert!(within(60) * 10 > readings.len() * 8);
        let clicks: Vec<i64> = readings
            .iter()
            .filter_map(|it| match it.then {
                Afterwards::Click { at, .. } => Some(at.since(it.open_at)),
                _ => None,
            })
            .collect();
        assert!((40..90).contains(&clicks.len()), "{}", clicks.len());
        assert!(clicks.iter().all(|it| *it >= 2 * SECOND_MS));
        let leaves = readings
            .iter()
            .filter(|it| matches!(it.then, Afterwards::Unsubscribe { .. }));
        assert!(leaves.count() <= 8);
    }

    #[test]
    fn the_same_message_is_read_in_the_same_way() {
        let read = |seed| {
            let dice = Dice::new(seed);
            let ids = (0..50).map(|i| plan_reading(&dice, &format!("m{i}"), Timestamp(0)));
            ids.collect::<Vec<_>>()
        };
        assert_eq!(read(1), read(1));
        assert_ne!(read(1), read(2));
    }
}
