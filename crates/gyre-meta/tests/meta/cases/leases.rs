//! Leases.

use gyre_meta::Meta;

use super::at;

pub(crate) async fn a_lease_has_one_owner_at_a_time(meta: Meta) {
    let take = |owner: &'static str, now, until| {
        let meta = meta.clone();
        async move {
            meta.lease_acquire("indexer", owner, at(now), at(until))
                .await
                .unwrap()
        }
    };
    let first = take("a", 0, 100).await.unwrap();
    assert_eq!(first.fence, 1);
    assert_eq!(take("b", 50, 150).await, None);
    assert!(meta.lease_renew(&first, at(200)).await.unwrap());
    assert_eq!(take("b", 150, 250).await, None, "renewed");

    let second = take("b", 200, 300).await.unwrap();
    assert_eq!(second.fence, 2);
    assert!(!meta.lease_renew(&first, at(400)).await.unwrap(), "lost");
    meta.lease_release(&first).await.unwrap(); // changes nothing: it is not the holder's any more
    assert_eq!(take("a", 250, 350).await, None);
    meta.lease_release(&second).await.unwrap();
    assert_eq!(take("a", 250, 350).await.unwrap().fence, 3);
    assert_eq!(
        take("a", 260, 360).await.unwrap().fence,
        4,
        "an owner may take its own again"
    );
}
