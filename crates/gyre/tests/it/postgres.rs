//! The loop once more with its metadata in PostgreSQL.

use serde_json::json;

use crate::campaign::{coupon, done, launch, sign_up};
use crate::mail::MailServer;
use crate::node::Node;
use crate::postgres_server::Server;
use crate::wait::within;

#[tokio::test]
async fn the_loop_runs_on_postgresql() {
    let server = Server::get().unwrap_or_else(|why| panic!("{why}"));
    let database = server.database("gyre_loop").await;
    let mail = MailServer::start().await;
    let mut node = Node::start_with(&[("GYRE_DATABASE", &database)]).await;
    assert!(
        !node.data().join("gyre.db").exists(),
        "nothing is kept in SQLite"
    );
    node.ask(
        reqwest::Method::PUT,
        "/api/v1/channels/email",
        Some(&mail.channel()),
    )
    .await
    .expect(200);
    let people = ["u1", "u2", "u3"].map(|it| (it.to_owned(), format!("Name {it}")));
    sign_up(&node, &people).await;
    node.events(&[json!({"event": "buy", "user_id": "u2", "insert_id": "buy"})])
        .await;
    let funnel = json!({"kind": "funnel", "range": {"last": 2, "unit": "day"},
        "steps": [{"event": "signup"}, {"event": "buy"}], "window": {"n": 1, "unit": "day"}});
    let check_funnel = async |node: &Node| {
        within(10, "the funnel has everyone", async || {
            let result = node.query(&funnel).await;
            let steps = &result["rows"][0]["steps"];
            (steps[0]["reached"]["value"] == 3 && steps[1]["reached"]["value"] == 1).then_some(())
        })
        .await;
    };
    check_funnel(&node).await;
    let path = launch(&node, &coupon("On PostgreSQL")).await;
    done(&node, &path, 20).await;
    assert_eq!(mail.count(), 3);

    node.kill().await;
    node.live().await;
    check_funnel(&node).await;
    assert_eq!(node.get(&path).await["state"], "done");
    node.stop().await;
    node.live().await;
    check_funnel(&node).await;
    within(10, "the report has everyone", async || {
        let results = node.get(&format!("{path}/results")).await;
        (results["totals"]["sent"]["value"] == 3).then_some(())
    })
    .await;
    assert_eq!(mail.count(), 3, "nobody is written to again");
    node.stop().await;
    server.drop_database(&database).await;
}
