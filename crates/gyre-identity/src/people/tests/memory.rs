//! What people take of memory.

use super::*;

const HOUR: i64 = 3_600_000;

/// Users with three browsers each, seen in two different hours on each, by the kinds of ids that SDKs make.
fn crowd(users: u32) -> People {
    let mut people = People::default();
    for user in 0..users {
        let name = format!("customer-{user:07}");
        for browser in 0..3_u32 {
            let high = u64::from(user).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let device = format!(
                "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
                user,
                high >> 48,
                browser,
                high >> 20 & 0xfff,
                high & 0xffff_ffff_ffff
            );
            let seen = i64::from(user) + i64::from(browser) * 100 * HOUR;
            people.apply(&event(seen, Some(&device), None));
            people.apply(&event(seen + 1, Some(&device), Some(&name)));
            people.apply(&event(seen + 9 * HOUR, Some(&device), Some(&name)));
        }
        if user.is_multiple_of(1_000) {
            people.take_delta();
        }
    }
    people.take_delta();
    people
}

#[test]
fn an_identifier_takes_at_most_135_bytes() {
    // just under a page, so that what is reserved for more does not decide
    let users = 14_000;
    let people = crowd(users);
    let held = people.bytes_held();
    let nodes = people.nodes().len();
    assert_eq!(nodes, 4 * users as usize);
    let bytes_each = held.of_nodes() / nodes;
    assert!(bytes_each <= 135, "{bytes_each} bytes each: {held:?}");
}
