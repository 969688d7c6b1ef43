//! Who gets which variant, and who is in the control group.
//!
//! Source: engagement.md EXP-4. The bucket of a person depends on nothing but the experiment and the person, so that
//! assignments of two campaigns are independent and a planner that runs again decides the same.

use gyre_base::CampaignId;
use gyre_model::CampaignDraft;
use gyre_model::campaign::SHARE_WHOLE;
use sha2::{Digest, Sha256};

/// Name of the control group where variants are named.
pub const CONTROL: &str = "control";

/// One of 10,000 buckets.
pub fn bucket(salt: &str, person_key: &str) -> u32 {
    let digest = Sha256::digest(format!("{salt}:{person_key}"));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    (u64::from_be_bytes(first) % u64::from(SHARE_WHOLE)) as u32
}

/// Where a person belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// Gets nothing.
    Control,
    /// Gets the variant at this index.
    Variant(usize),
}

/// The arm of a person. The control group takes the first buckets, so that it may shrink without anybody in it
/// being reassigned to another variant than before.
pub fn arm(campaign: CampaignId, draft: &CampaignDraft, person_key: &str) -> Arm {
    let bucket = bucket(&format!("{campaign}:v1"), person_key);
    let mut end = draft.control_share;
    if bucket < end {
        return Arm::Control;
    }
    for (i, variant) in draft.variants.iter().enumerate() {
        end += variant.share;
        if bucket < end {
            return Arm::Variant(i);
        }
    }
    // shares add up to the whole, so the last variant has the last bucket
    Arm::Variant(draft.variants.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyre_model::Doc;
    use serde_json::json;

    #[test]
    fn buckets_follow_the_published_vectors() {
        for (salt, key, expected) in [
            ("camp_42:v1", "u123", 3_792),
            ("camp_42:v1", "u124", 6_418),
            ("gcg:1", "u123", 3_635),
        ] {
            assert_eq!(bucket(salt, key), expected, "{salt} {key}");
        }
    }

    #[test]
    fn shares_hold_and_campaigns_are_independent() {
        let message = json!({"channel": "email", "from": "a@b.test", "subject": "x", "html": "x"});
        let doc = json!({"name": "x", "control": {"share": 1000}, "variants": [
            {"name": "A", "share": 4500, "messages": [message]},
            {"name": "B", "share": 4500, "messages": [message]}]});
        let draft = CampaignDraft::read(&Doc::root(&doc)).unwrap();
        let campaigns = [CampaignId::random(), CampaignId::random()];
        let mut counts = [[0_u32; 3]; 3];
        let people = 100_000;
        for i in 0..people {
            let slot = |campaign| match arm(campaign, &draft, &format!("u{i}")) {
                Arm::Control => 0,
                Arm::Variant(i) => i + 1,
            };
            counts[slot(campaigns[0])][slot(campaigns[1])] += 1;
        }
        let shares = [0.10, 0.45, 0.45];
        for (i, row) in counts.iter().enumerate() {
            for (j, count) in row.iter().enumerate() {
                let expected = f64::from(people) * shares[i] * shares[j];
                // six standard deviations
                assert!(
                    (f64::from(*count) - expected).abs() < 6.0 * expected.sqrt(),
                    "{counts:?}"
                );
            }
        }
    }
}
