//! The loop: behaviour, people, messages, and the messages as behaviour again.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::mail::{ForeignServer, MailServer, header, link};
use crate::node::{Node, Reply};
use crate::wait::within;

/// A browser: what it does counts as a person's.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const OFFER: &str = "https://shop.test/offer?a=1&b=2#top";
/// People of the test that kills.
const MANY: usize = 200;

const NAMES: [(&str, &str); 5] = [
    ("u1", "Mina"),
    ("u2", "Zoë"),
    ("u3", "민수"),
    ("u4", "O'Neil <b>"),
    ("u5", "Lee"),
];

fn address(user: &str) -> String {
    format!("{user}@person.test")
}

/// Sends people with an address and a sign-up, and waits until they are an audience.
pub(crate) async fn sign_up(node: &Node, people: &[(String, String)]) {
    let events: Vec<Value> = people
        .iter()
        .map(|(user, name)| {
            json!({"event": "signup", "user_id": user, "insert_id": format!("signup {user}"),
                "user_properties": {"$set": {"email": address(user), "first_name": name}}})
        })
        .collect();
    node.events(&events).await;
    within(10, "they are an audience", async || {
        let everyone = json!({"definition": signed_up()});
        let preview = node.post("/api/v1/audiences/preview", &everyone).await;
        (preview["reachable"]["email"] == people.len()).then_some(())
    })
    .await;
}

fn signed_up() -> Value {
    json!({"did": {"event": "signup"}})
}

fn five() -> Vec<(String, String)> {
    NAMES
        .map(|(user, name)| (user.to_owned(), name.to_owned()))
        .into()
}

pub(crate) fn coupon(name: &str) -> Value {
    json!({"name": name, "tags": ["test"], "category": "marketing", "audience": signed_up(), "control": {"share": 0},
        "messages": [{"channel": "email", "from": "Shop <hello@shop.test>", "reply_to": "care@shop.test",
            "subject": "Hi {{${first_name}}}", "preheader": "Only today",
            "html": format!("<html><body><p>Dear {{{{${{first_name}}}}}},</p><a href=\"{}\">take it</a></body></html>",
                OFFER.replace('&', "&amp;"))}]})
}

/// Creates and launches; returns the campaign's path.
pub(crate) async fn launch(node: &Node, campaign: &Value) -> String {
    let created = node
        .ask(Method::POST, "/api/v1/campaigns", Some(campaign))
        .await
        .expect(201)
        .json();
    assert_eq!(created["state"], "draft");
    let path = format!("/api/v1/campaigns/{}", created["id"].as_str().unwrap());
    let launched = node
        .ask(Method::POST, &format!("{path}/launch"), None)
        .await
        .expect(200)
        .json();
    assert_eq!(launched["state"], "running");
    path
}

pub(crate) async fn done(node: &Node, path: &str, seconds: u64) {
    within(seconds, "the campaign is done", async || {
        (node.get(path).await["state"] == "done").then_some(())
    })
    .await;
}

/// Every row of the ledger.
async fn rows(node: &Node, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.get(&format!("{path}/messages?limit=60{cursor}")).await;
        rows.extend(page["messages"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

fn by_state(rows: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts
            .entry(row["state"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    counts
}

async fn configure(node: &Node, channel: &Value) -> Value {
    let reply = node
        .ask(Method::PUT, "/api/v1/channels/email", Some(channel))
        .await;
    reply.expect(200).json()
}

/// Opens one of our own links as a browser does.
async fn open(node: &Node, path: &str) -> Reply {
    let request = node.bare(Method::GET, path).header("user-agent", BROWSER);
    Reply::of(request).await.unwrap()
}

#[tokio::test]
async fn everyone_gets_one_mail_and_what_they_do_with_it_comes_back() {
    let mail = MailServer::start().await;
    let node = Node::start().await;
    assert_eq!(
        node.get("/api/v1/channels/email").await["provider"],
        Value::Null
    );
    let early = node.post("/api/v1/campaigns", &coupon("Too early")).await;
    let early = format!("/api/v1/campaigns/{}", early["id"].as_str().unwrap());
    let refused = node
        .ask(Method::POST, &format!("{early}/launch"), None)
        .await;
    assert!(
        matches!(refused.status, 409 | 422),
        "mail is not set up: {} {}",
        refused.status,
        refused.text
    );
    node.ask(Method::DELETE, &early, None).await.expect(204);

    configure(&node, &mail.channel()).await;
    let check = node.post("/api/v1/channels/email/check", &json!({})).await;
    assert_eq!(check["ok"], true, "{check}");
    sign_up(&node, &five()).await;

    let draft = node
        .post("/api/v1/campaigns", &coupon("Spring coupon"))
        .await;
    let path = format!("/api/v1/campaigns/{}", draft["id"].as_str().unwrap());
    for (user, name) in NAMES {
        let preview = node
            .post(&format!("{path}/preview"), &json!({"as_person": user}))
            .await;
        assert_eq!(
            preview["fields"]["subject"],
            format!("Hi {name}"),
            "{preview}"
        );
        assert!(
            preview["reads"].to_string().contains("first_name"),
            "{preview}"
        );
        assert!(preview["aborted"].is_null(), "{preview}");
    }
    let test = json!({"to": "me@shop.test", "as_person": "u2"});
    let test = node.post(&format!("{path}/test"), &test).await;
    assert_eq!(test["ok"], true, "{test}");
    assert_eq!(mail.only_to("me@shop.test").summary.subject, "Hi Zoë");

    node.ask(Method::POST, &format!("{path}/launch"), None)
        .await
        .expect(200);
    node.ask(Method::PUT, &path, Some(&coupon("Changed")))
        .await
        .problem(409, "campaign-state");
    done(&node, &path, 20).await;
    check_mails(&mail, &node);
    check_ledger(&node, &path).await;
    check_links(&mail, &node).await;
    check_funnel(&node, &path).await;
    check_report(&node, &path).await;
    check_second_campaign(&mail, &node).await;
}

fn check_mails(mail: &MailServer, node: &Node) {
    assert_eq!(mail.count(), NAMES.len() + 1, "one each, and the test");
    for (user, name) in NAMES {
        let got = mail.only_to(&address(user));
        assert_eq!(got.summary.subject, format!("Hi {name}"));
        assert_eq!(got.summary.from, "Shop <hello@shop.test>");
        assert_eq!(header(&got, "reply-to"), "care@shop.test");
        assert_eq!(
            header(&got, "list-unsubscribe-post"),
            "List-Unsubscribe=One-Click"
        );
        let out = header(&got, "list-unsubscribe");
        assert!(out.starts_with(&format!("<{}/t/u/", node.url(""))), "{out}");
        let html = got.html.as_deref().unwrap();
        assert!(html.contains("Dear "), "{html}");
        assert!(html.contains("Only today"), "{html}");
        assert!(
            !html.contains("shop.test/offer"),
            "the link is tracked: {html}"
        );
        link(html, "/t/o/");
        link(html, "/t/c/");
        assert!(got.text.as_deref().unwrap().contains("take it"));
    }
}

async fn check_ledger(node: &Node, path: &str) {
    let rows = rows(node, path).await;
    assert_eq!(
        by_state(&rows),
        BTreeMap::from([("sent".to_owned(), NAMES.len())])
    );
    let people: BTreeSet<&str> = rows
        .iter()
        .map(|it| it["external_id"].as_str().unwrap())
        .collect();
    assert_eq!(people.len(), NAMES.len());
    let sent = node.get(&format!("{path}/messages?state=sent")).await;
    assert_eq!(sent["messages"].as_array().unwrap().len(), NAMES.len());
    let failed = node.get(&format!("{path}/messages?state=failed")).await;
    assert_eq!(failed["messages"], json!([]));
    let own = node.get("/api/v1/people/u1/messages").await;
    let message = own["messages"][0]["message_id"].as_str().unwrap();
    let campaign = path.rsplit('/').next().unwrap();
    assert_eq!(own["messages"][0]["campaign_id"], campaign, "{own}");
    let verbs = within(5, "the message's own story", async || {
        let detail = node.get(&format!("/api/v1/messages/{message}")).await;
        let steps = detail["timeline"].as_array().unwrap().iter();
        let verbs: Vec<String> = steps
            .map(|it| it["verb"].as_str().unwrap().to_owned())
            .collect();
        verbs.iter().any(|it| it == "sent").then_some(verbs)
    })
    .await;
    assert_eq!(
        verbs.first().map(String::as_str),
        Some("planned"),
        "{verbs:?}"
    );

    let listed = node.get("/api/v1/campaigns").await;
    assert_eq!(
        listed["campaigns"][0]["counts"]["sent"],
        NAMES.len(),
        "{listed}"
    );
}

/// Three open, two of them click; whoever forges a link gets nowhere.
async fn check_links(mail: &MailServer, node: &Node) {
    for (user, clicks) in [("u1", true), ("u2", true), ("u3", false)] {
        let html = mail.only_to(&address(user)).html.unwrap();
        let pixel = open(node, link(&html, "/t/o/")).await.expect(200);
        assert_eq!(pixel.header("content-type"), "image/gif");
        if clicks {
            let answer = open(node, link(&html, "/t/c/")).await.expect(302);
            assert_eq!(answer.header("location"), OFFER);
        }
    }
    let html = mail.only_to(&address("u1")).html.unwrap();
    let (pixel, click) = (link(&html, "/t/o/"), link(&html, "/t/c/"));
    let token = click.trim_start_matches("/t/c/");
    let middle = token.len() / 2;
    let other = if token.as_bytes()[middle] == b'A' {
        'B'
    } else {
        'A'
    };
    for forged in [
        format!("/t/c/{}{other}{}", &token[..middle], &token[middle + 1..]),
        format!("/t/c/{}", &token[..token.len() - 2]),
        format!(
            "/t/c/{}",
            pixel.trim_start_matches("/t/o/").trim_end_matches(".gif")
        ),
        "/t/c/aHR0cHM6Ly9ldmlsLnRlc3Qv".to_owned(),
        "/t/c/https://evil.test".to_owned(),
        format!("/t/u/{token}"),
        "/t/".to_owned(),
    ] {
        let answer = open(node, &forged).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (404, ""),
            "{forged}"
        );
    }
}

async fn check_funnel(node: &Node, path: &str) {
    let steps: Vec<Value> = ["sent", "opened", "clicked"]
        .iter()
        .map(|verb| {
            let own = json!({"property": "message.campaign_id", "op": "is", "values": [path.rsplit('/').next()]});
            json!({"event": format!("message.email.{verb}"), "where": own})
        })
        .collect();
    let funnel = json!({"kind": "funnel", "range": {"last": 2, "unit": "day"}, "steps": steps,
        "window": {"n": 1, "unit": "day"}});
    let reached = within(5, "opens and clicks are in charts", async || {
        let result = node.query(&funnel).await;
        let steps = result["rows"][0]["steps"].as_array().unwrap().clone();
        let reached: Vec<u64> = steps
            .iter()
            .map(|it| it["reached"]["value"].as_u64().unwrap())
            .collect();
        (reached == [5, 3, 2]).then_some(steps)
    })
    .await;
    let cell = |it: &Value| it["cell"].as_str().unwrap().to_owned();
    assert_eq!(
        node.people_behind(&cell(&reached[2]["reached"])).await.0,
        ["u1", "u2"]
    );
    assert_eq!(
        node.people_behind(&cell(&reached[1]["dropped"])).await.0,
        ["u4", "u5"]
    );
}

async fn check_report(node: &Node, path: &str) {
    let results = node.get(&format!("{path}/results")).await;
    let totals = &results["totals"];
    for (name, people) in [
        ("audience", 5),
        ("control", 0),
        ("planned", 5),
        ("sent", 5),
        ("opened", 3),
        ("opened_machine", 0),
        ("clicked", 2),
        ("failed", 0),
        ("unsubscribed", 0),
    ] {
        assert_eq!(totals[name]["value"], people, "{name}: {results}");
        match totals[name]["cell"].as_str() {
            Some(cell) => assert_eq!(node.people_behind(cell).await.0.len(), people, "{name}"),
            None => assert_eq!(people, 0, "{name}: {results}"),
        }
    }
    assert_eq!(results["state"], "done");
    assert_eq!(results["variants"][0]["sent"]["value"], 5, "{results}");
    let timeline = node.get("/api/v1/people/u1/timeline").await;
    let names: Vec<&str> = timeline["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["event"].as_str().unwrap())
        .collect();
    for verb in ["planned", "sent", "opened", "clicked"] {
        assert!(
            names.contains(&format!("message.email.{verb}").as_str()),
            "{verb}: {names:?}"
        );
    }
    let clicked = timeline["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["event"] == "message.email.clicked");
    assert_eq!(clicked.unwrap()["properties"]["url"], OFFER);
}

async fn check_second_campaign(mail: &MailServer, node: &Node) {
    let first = mail.only_to(&address("u1"));
    let out = link(header(&first, "list-unsubscribe"), "/t/u/");
    let page = open(node, out).await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let person = node.get("/api/v1/people/u1").await;
    assert_eq!(person["subscriptions"], json!([]), "looking is not leaving");
    for _ in 0..2 {
        let request = node
            .bare(Method::POST, out)
            .body("List-Unsubscribe=One-Click");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Reply::of(request).await.unwrap().expect(200);
    }
    let person = node.get("/api/v1/people/u1").await;
    assert_eq!(
        person["subscriptions"][0]["state"], "unsubscribed",
        "{person}"
    );
    assert_eq!(person["subscriptions"][0]["address"], address("u1"));

    let before = mail.count();
    let path = launch(node, &coupon("Second")).await;
    done(node, &path, 20).await;
    assert_eq!(mail.count(), before + NAMES.len() - 1);
    mail.only_to(&address("u1"));
    let rows = rows(node, &path).await;
    let row = rows.iter().find(|it| it["external_id"] == "u1").unwrap();
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&json!("suppressed"), &json!("unsubscribed"))
    );
    let results = within(5, "the report has everyone", async || {
        let results = node.get(&format!("{path}/results")).await;
        (results["totals"]["sent"]["value"] == 4).then_some(results)
    })
    .await;
    let skipped = &results["totals"]["skipped"]["unsubscribed"];
    assert_eq!(skipped["value"], 1, "{results}");
    assert_eq!(
        node.people_behind(skipped["cell"].as_str().unwrap())
            .await
            .0,
        ["u1"]
    );

    // what must arrive arrives whatever was unsubscribed
    let mut receipt = coupon("Receipt");
    receipt["category"] = json!("transactional");
    let path = launch(node, &receipt).await;
    done(node, &path, 20).await;
    assert_eq!(mail.counts()[&address("u1")], 2);
    let left = json!({"kind": "segmentation", "range": {"last": 2, "unit": "day"},
        "series": [{"select": {"event": "message.email.unsubscribed"}, "measure": "events"}]});
    let left = node.query(&left).await;
    assert_eq!(
        left["series"][0]["total"]["value"], 1,
        "leaving twice is leaving once"
    );
}

#[tokio::test]
async fn variants_control_and_conversions_add_up() {
    let mail = MailServer::start().await;
    let node = Node::start().await;
    configure(&node, &mail.channel()).await;
    let people: Vec<(String, String)> = (0..MANY)
        .map(|i| (format!("p{i}"), format!("N{i}")))
        .collect();
    sign_up(&node, &people).await;
    let message = |subject: &str| json!([{"channel": "email", "from": "hello@shop.test", "subject": subject, "text": "{{${first_name}}}"}]);
    let campaign = json!({"name": "Two ways", "audience": signed_up(), "control": {"share": 2000},
        "variants": [{"name": "A", "share": 4000, "messages": message("A {{${first_name}}}")},
            {"name": "B", "share": 4000, "messages": message("B {{${first_name}}}")}],
        "conversions": [{"name": "Bought", "select": {"event": "buy"}, "within": {"n": 3, "unit": "day"}}]});
    let path = launch(&node, &campaign).await;
    done(&node, &path, 30).await;
    let ledger = rows(&node, &path).await;
    assert_eq!(ledger.len(), MANY);
    let states = by_state(&ledger);
    let control = states["control"];
    assert_eq!(states["sent"] + control, MANY, "{states:?}");
    assert!((20..=65).contains(&control), "about a fifth: {control}");
    assert_eq!(mail.count(), MANY - control);
    for row in &ledger {
        let user = row["external_id"].as_str().unwrap();
        let got = mail.counts().get(&address(user)).copied().unwrap_or(0);
        assert_eq!(got, usize::from(row["state"] == "sent"), "{row}");
    }
    let buyers: Vec<&str> = ledger
        .iter()
        .filter(|it| it["variant"] == "A")
        .take(10)
        .map(|it| it["external_id"].as_str().unwrap())
        .collect();
    let bought: Vec<Value> = buyers
        .iter()
        .map(|it| json!({"event": "buy", "user_id": it, "insert_id": format!("buy {it}")}))
        .collect();
    node.events(&bought).await;
    let results = within(10, "conversions are counted", async || {
        let results = node.get(&format!("{path}/results")).await;
        let counted = &results["totals"]["conversions"][0]["count"]["value"];
        (*counted == 10 && results["totals"]["sent"]["value"] == MANY - control).then_some(results)
    })
    .await;
    assert_eq!(results["totals"]["control"]["value"], control, "{results}");
    assert_eq!(results["totals"]["audience"]["value"], MANY, "{results}");
    let variant = |name: &str| {
        results["variants"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["variant"] == name)
            .unwrap()
    };
    let sent = |name: &str| variant(name)["sent"]["value"].as_u64().unwrap() as usize;
    assert_eq!(sent("A") + sent("B"), MANY - control);
    assert_eq!(variant("A")["conversions"][0]["count"]["value"], 10);
    assert_eq!(variant("B")["conversions"][0]["count"]["value"], 0);
    let rate = variant("A")["conversions"][0]["rate"].as_f64().unwrap();
    assert!((rate - 10.0 / sent("A") as f64).abs() < 1e-9, "{rate}");
    let cell = variant("A")["conversions"][0]["count"]["cell"]
        .as_str()
        .unwrap();
    let mut expected: Vec<String> = buyers.iter().map(|it| (*it).to_owned()).collect();
    expected.sort_unstable();
    assert_eq!(node.people_behind(cell).await.0, expected);
}

#[tokio::test]
async fn a_death_in_the_middle_of_sending_doubles_no_mail_and_loses_nobody() {
    let mail = MailServer::start().await;
    let mut node = Node::start().await;
    let mut channel = mail.channel();
    channel["per_second"] = json!(150);
    configure(&node, &channel).await;
    let people: Vec<(String, String)> = (0..MANY)
        .map(|i| (format!("p{i}"), format!("N{i}")))
        .collect();
    sign_up(&node, &people).await;
    let path = launch(&node, &coupon("Interrupted")).await;
    for arrived in [MANY / 4, MANY / 2] {
        within(20, "mails arrive", async || {
            (mail.count() >= arrived).then_some(())
        })
        .await;
        node.kill().await;
        assert!(mail.count() < MANY, "it died in the middle");
        node.live().await;
    }
    done(&node, &path, 60).await;

    let ledger = rows(&node, &path).await;
    let users: BTreeSet<&str> = ledger
        .iter()
        .map(|it| it["external_id"].as_str().unwrap())
        .collect();
    assert_eq!((ledger.len(), users.len()), (MANY, MANY), "one row each");
    let counts = mail.counts();
    for row in &ledger {
        let got = counts
            .get(&address(row["external_id"].as_str().unwrap()))
            .copied()
            .unwrap_or(0);
        match row["state"].as_str().unwrap() {
            "sent" => assert_eq!(got, 1, "{row}"),
            "unknown" => assert!(got <= 1, "{row}: {got}"),
            _ => panic!("{row}"),
        }
    }
    let states = by_state(&ledger);
    let unknown = states.get("unknown").copied().unwrap_or(0);
    assert!(
        unknown <= 2 * 64,
        "only what was on its way at a death: {states:?}"
    );
    println!("{states:?}, {} mails", mail.count());

    let sent = json!({"kind": "segmentation", "range": {"last": 2, "unit": "day"}, "series": [
        {"select": {"event": "message.email.sent"}, "measure": "people"},
        {"select": {"event": "message.email.sent"}, "measure": "events"}]});
    within(10, "every sent row is one event", async || {
        let result = node.query(&sent).await;
        let is_all = |i: usize| result["series"][i]["total"]["value"] == states["sent"];
        (is_all(0) && is_all(1)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_foreign_mail_server_takes_what_we_write() {
    let mut mail = ForeignServer::start().await;
    let node = Node::start().await;
    let mut channel = json!({"provider": "smtp", "host": "127.0.0.1", "port": mail.port, "security": "none",
        "username": "shop", "password": "wrong"});
    configure(&node, &channel).await;
    let check = node.post("/api/v1/channels/email/check", &json!({})).await;
    assert_eq!(check["ok"], false, "{check}");
    channel["password"] = json!("hunter2");
    configure(&node, &channel).await;
    let check = node.post("/api/v1/channels/email/check", &json!({})).await;
    assert_eq!(check["ok"], true, "{check}");
    let shown = node.get("/api/v1/channels/email").await;
    assert!(
        shown["username"] == "shop" && !shown.to_string().contains("hunter2"),
        "{shown}"
    );

    sign_up(&node, &five()).await;
    let path = launch(&node, &coupon("Abroad")).await;
    let mut got: BTreeMap<String, String> = BTreeMap::new();
    for _ in NAMES {
        let mail = mail.next().await;
        assert_eq!(mail.from, "hello@shop.test");
        let (subject, html, text) = mail.read();
        assert!(html.contains("/t/o/") && html.contains("/t/c/"), "{html}");
        assert!(text.contains("take it"), "{text}");
        assert!(
            mail.raw
                .contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
            "{}",
            mail.raw
        );
        assert!(
            mail.raw.lines().all(|it| it.len() <= 998),
            "a line is too long for SMTP"
        );
        assert!(got.insert(mail.to, subject).is_none(), "one mail each");
    }
    let expected = NAMES.map(|(user, name)| (address(user), format!("Hi {name}")));
    assert_eq!(got, BTreeMap::from(expected));
    done(&node, &path, 20).await;
}
