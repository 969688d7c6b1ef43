//! Who gets in, and what nobody gets.

use gyre_base::{KeyId, Timestamp, WeekStart, WorkspaceId};
use gyre_meta::{Key, KeyKind, Meta, MetaConfig, Workspace};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::node::{API_KEY, EMAIL, Node, PASSWORD, Reply, WRITE_KEY};
use crate::wait::within;

/// Keys of the second workspace.
const OTHER_API_KEY: &str = "other-api-key";
const OTHER_WRITE_KEY: &str = "other-write-key";

async fn sign_in(node: &Node, email: &str, password: &str) -> Reply {
    let credentials = json!({"email": email, "password": password});
    let request = node
        .bare(Method::POST, "/api/v1/session")
        .json(&credentials);
    Reply::of(request).await.unwrap()
}

/// The session's cookie as a browser sends it back.
fn cookie_of(reply: &Reply) -> String {
    let set = reply.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_user_signs_in_works_and_signs_out() {
    let node = Node::start().await;
    Reply::of(node.bare(Method::GET, "/api/v1/session"))
        .await
        .unwrap()
        .problem(401, "not-signed-in");

    let reply = sign_in(&node, " Admin@Shop.test ", PASSWORD)
        .await
        .expect(200);
    let set = reply.header("set-cookie").to_owned();
    let flags: Vec<&str> = set.split("; ").skip(1).collect();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(flags.contains(&flag), "{flag}: {set}");
    }
    assert!(
        !flags.contains(&"Secure"),
        "the server is not reached by https: {set}"
    );
    let session = reply.json();
    assert_eq!(session["user"]["email"], EMAIL);
    assert_eq!(session["user"]["role"], "admin");
    assert_eq!(session["workspace"]["timezone"], "UTC");
    assert_eq!(session["features"]["demo"], false);
    assert_eq!(session["public_url"], node.url(""));
    let csrf = session["csrf"].as_str().unwrap();
    assert!(csrf.len() >= 32 && !set.contains(csrf));

    let cookie = cookie_of(&reply);
    let with_cookie = |method, path: &str| node.bare(method, path).header("cookie", &cookie);
    let again = Reply::of(with_cookie(Method::GET, "/api/v1/session"))
        .await
        .unwrap()
        .expect(200);
    assert_eq!(again.json()["csrf"], csrf);

    // a page of another site can make the browser send the cookie, and nothing else
    let rename = json!({"name": "Renamed"});
    for wrong in [None, Some("wrong")] {
        let mut request = with_cookie(Method::PATCH, "/api/v1/workspace").json(&rename);
        if let Some(wrong) = wrong {
            request = request.header("x-csrf-token", wrong);
        }
        Reply::of(request).await.unwrap().problem(403, "csrf");
    }
    let request = with_cookie(Method::PATCH, "/api/v1/workspace").json(&rename);
    let reply = Reply::of(request.header("x-csrf-token", csrf))
        .await
        .unwrap()
        .expect(200);
    assert_eq!(reply.json()["name"], "Renamed");

    let request = with_cookie(Method::DELETE, "/api/v1/session").header("x-csrf-token", csrf);
    let reply = Reply::of(request).await.unwrap().expect(204);
    assert!(
        reply.header("set-cookie").contains("Max-Age=0"),
        "{}",
        reply.header("set-cookie")
    );
    Reply::of(with_cookie(Method::GET, "/api/v1/session"))
        .await
        .unwrap()
        .problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_after_five_of_them_everything_is() {
    let node = Node::start().await;
    let unknown = sign_in(&node, "nobody@shop.test", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
    let wrong = sign_in(&node, EMAIL, "wrong")
        .await
        .problem(401, "invalid-credentials");
    assert_eq!(
        unknown["detail"], wrong["detail"],
        "nobody learns which addresses exist"
    );
    for _ in 0..4 {
        sign_in(&node, EMAIL, "wrong")
            .await
            .problem(401, "invalid-credentials");
    }
    let reply = sign_in(&node, EMAIL, PASSWORD).await;
    reply.problem(429, "too-many-attempts");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(reply.header("set-cookie"), "");
}

#[tokio::test]
async fn keys_open_what_they_are_for_until_they_are_revoked() {
    let node = Node::start().await;
    let with_key = |key: &str| node.bare(Method::GET, "/api/v1/status").bearer_auth(key);
    Reply::of(with_key(API_KEY)).await.unwrap().expect(200);
    for wrong in ["wrong", WRITE_KEY] {
        let reply = Reply::of(with_key(wrong)).await.unwrap();
        reply.problem(401, "invalid-key");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }

    let made = node
        .post("/api/v1/keys", &json!({"kind": "api", "name": "Robot"}))
        .await;
    let (id, secret) = (
        made["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    assert!(
        secret.starts_with(made["prefix"].as_str().unwrap()),
        "{made}"
    );
    Reply::of(with_key(secret)).await.unwrap().expect(200);
    let listed = node.get("/api/v1/keys").await;
    assert_eq!(listed["keys"].as_array().unwrap().len(), 3);
    assert!(
        !listed.to_string().contains(secret),
        "a secret is shown once"
    );
    assert!(!listed.to_string().contains(API_KEY));
    node.ask(Method::DELETE, &format!("/api/v1/keys/{id}"), None)
        .await
        .expect(204);
    Reply::of(with_key(secret))
        .await
        .unwrap()
        .problem(401, "invalid-key");
    let listed = node.get("/api/v1/keys").await;
    let revoked = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == id)
        .unwrap();
    assert!(revoked["revoked_at"].is_string(), "{revoked}");

    let made = node
        .post("/api/v1/keys", &json!({"kind": "write", "name": "App"}))
        .await;
    let secret = made["secret"].as_str().unwrap();
    let event = json!({"event": "x", "user_id": "u1"});
    node.events_with(secret, std::slice::from_ref(&event)).await;
    let id = made["id"].as_str().unwrap();
    node.ask(Method::DELETE, &format!("/api/v1/keys/{id}"), None)
        .await
        .expect(204);
    let request = node
        .bare(Method::POST, "/v1/events")
        .bearer_auth(secret)
        .json(&event);
    Reply::of(request).await.unwrap().expect(401);
}

#[tokio::test]
async fn pages_and_answers_carry_their_armour() {
    let node = Node::start().await;
    for path in [
        "/",
        "/charts/new",
        "/api/v1/status",
        "/api/v1/nothing",
        "/healthz",
    ] {
        let reply = Reply::of(node.request(Method::GET, path)).await.unwrap();
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(
            !policy.contains("script-src 'self' 'unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
        if path == "/api/v1/status" {
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }
    let page = Reply::of(node.bare(Method::GET, "/"))
        .await
        .unwrap()
        .expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let deep = Reply::of(node.bare(Method::GET, "/cohorts/some"))
        .await
        .unwrap()
        .expect(200);
    assert_eq!(deep.text, page.text, "the console finds its way by itself");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_never_a_page() {
    let node = Node::start().await;
    for (method, path, status, code) in [
        (Method::GET, "/api/v1/nothing", 404, "no-route"),
        (Method::GET, "/api", 404, "no-route"),
        (Method::GET, "/api/v2/status", 404, "no-route"),
        (Method::GET, "/assets/nothing.js", 404, "no-route"),
        (Method::POST, "/nothing", 404, "no-route"),
        (Method::DELETE, "/api/v1/status", 405, "no-method"),
    ] {
        node.ask(method, path, None).await.problem(status, code);
    }
    let reply = Reply::of(node.request(Method::POST, "/api/v1/query").body("{}"))
        .await
        .unwrap();
    reply.problem(415, "not-json");
    let request = node
        .request(Method::POST, "/api/v1/query")
        .header("content-type", "application/json");
    Reply::of(request.body("{"))
        .await
        .unwrap()
        .problem(400, "invalid-json");

    let contract = Reply::of(node.bare(Method::GET, "/api/v1/openapi.json"))
        .await
        .unwrap()
        .expect(200)
        .json();
    assert!(contract["openapi"].as_str().unwrap().starts_with("3."));
    for path in [
        "/api/v1/query",
        "/api/v1/people/list",
        "/api/v1/campaigns/{id}/launch",
    ] {
        assert!(contract["paths"][path]["post"].is_object(), "{path}");
    }
}

#[tokio::test]
async fn an_operator_sees_that_it_lives_is_ready_and_counts() {
    let node = Node::start().await;
    let bare = async |path: &str| {
        Reply::of(node.bare(Method::GET, path))
            .await
            .unwrap()
            .expect(200)
    };
    assert_eq!(bare("/healthz").await.text, "ok\n");
    assert_eq!(bare("/readyz").await.text, "ready\n");
    let metrics = bare("/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    assert!(metrics.text.contains("# TYPE gyre_"), "{}", metrics.text);
}

/// A second workspace with keys of its own, made while the server is away.
async fn second_workspace(node: &Node, api_key: &str, write_key: &str) {
    let url = format!("sqlite://{}", node.data().join("gyre.db").display());
    let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
    let now = Timestamp(1_740_787_200_000);
    let workspace = Workspace {
        id: WorkspaceId::random(),
        name: "Other".to_owned(),
        timezone: "UTC".to_owned(),
        week_start: WeekStart::Monday,
        currency: "EUR".to_owned(),
        created_at: now,
    };
    meta.workspace_create(&workspace).await.unwrap();
    for (kind, secret) in [(KeyKind::Api, api_key), (KeyKind::Write, write_key)] {
        let key = Key {
            workspace: workspace.id,
            id: KeyId::random(),
            kind,
            name: "Other".to_owned(),
            hash: hex::encode(Sha256::digest(secret.as_bytes())),
            prefix: secret[..4].to_owned(),
            created_at: now,
            revoked_at: None,
        };
        meta.key_create(&key).await.unwrap();
    }
    meta.close().await;
}

/// A server with a second workspace, and one event of the same insert id in each.
async fn two_workspaces() -> Node {
    let mut node = Node::start().await;
    node.stop().await;
    second_workspace(&node, OTHER_API_KEY, OTHER_WRITE_KEY).await;
    node.live().await;
    let event = |user: &str| {
        json!({"event": "visit", "user_id": user, "insert_id": "the same", "time": "2025-03-01T10:00:00Z",
            "user_properties": {"$set": {"email": "a@person.test"}}})
    };
    node.events(&[event("ours")]).await;
    node.events_with(OTHER_WRITE_KEY, &[event("theirs")]).await;
    node
}

/// Asks as the second workspace.
async fn other(node: &Node, method: Method, path: &str, body: Option<&Value>) -> Reply {
    let request = node.bare(method, path).bearer_auth(OTHER_API_KEY);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    Reply::of(request).await.unwrap()
}

#[tokio::test]
async fn two_workspaces_share_no_event_and_no_person() {
    let node = two_workspaces().await;
    let query = json!({"kind": "segmentation", "range": {"from": "2025-03-01", "to": "2025-03-01"},
        "series": [{"select": {"event": "visit"}, "measure": "people"}]});
    let total = |answer: &Value| answer["result"]["series"][0]["total"].clone();
    let ours = within(5, "our event", async || {
        let ours = total(&node.post("/api/v1/query", &query).await);
        (ours["value"] == 1).then_some(ours)
    })
    .await;
    let theirs = within(5, "their event, whose insert id is the same", async || {
        let reply = other(&node, Method::POST, "/api/v1/query", Some(&query)).await;
        let theirs = total(&reply.expect(200).json());
        (theirs["value"] == 1).then_some(theirs)
    })
    .await;
    let own = node.people_behind(ours["cell"].as_str().unwrap()).await;
    assert_eq!(own.0, ["ours"]);
    // the same question is kept for each: its cells lead to one's own people
    for cell in [&ours["cell"], &theirs["cell"]] {
        let body = json!({"cell": cell, "limit": 10});
        let listed = other(&node, Method::POST, "/api/v1/people/list", Some(&body)).await;
        assert!(!listed.text.contains("ours"), "{}", listed.text);
    }
    let missing = other(&node, Method::GET, "/api/v1/people/ours", None).await;
    missing.problem(404, "not-found");
    let people = other(&node, Method::GET, "/api/v1/people", None)
        .await
        .expect(200)
        .json();
    assert_eq!(people["people"].as_array().unwrap().len(), 1);
    assert_eq!(people["people"][0]["external_id"], "theirs");
}

#[tokio::test]
async fn two_workspaces_share_no_cohort_no_campaign_and_no_key() {
    let node = two_workspaces().await;
    let visited = json!({"did": {"event": "visit"}});
    let preview = json!({"definition": visited});
    within(5, "our visitor", async || {
        (node.post("/api/v1/audiences/preview", &preview).await["size"] == 1).then_some(())
    })
    .await;
    let cohort = json!({"name": "Visitors", "definition": visited, "kind": "live"});
    let cohort = node.post("/api/v1/cohorts", &cohort).await;
    assert_eq!(cohort["size"], 1);
    let message = json!({"channel": "email", "from": "a@shop.test", "subject": "x", "text": "x"});
    let campaign = json!({"name": "Ours", "messages": [message]});
    let campaign = node.post("/api/v1/campaigns", &campaign).await;

    let nested = json!({"definition": {"cohort": cohort["id"]}});
    let reply = other(
        &node,
        Method::POST,
        "/api/v1/audiences/preview",
        Some(&nested),
    )
    .await;
    assert!(
        reply.status != 200 || reply.json()["size"] == 0,
        "{}",
        reply.text
    );
    let cohort = format!("/api/v1/cohorts/{}", cohort["id"].as_str().unwrap());
    let campaign = format!("/api/v1/campaigns/{}", campaign["id"].as_str().unwrap());
    for (method, path) in [
        (Method::GET, cohort.clone()),
        (Method::DELETE, cohort.clone()),
        (Method::GET, format!("{cohort}/people")),
        (Method::POST, format!("{cohort}/refresh")),
        (Method::GET, campaign.clone()),
        (Method::DELETE, campaign.clone()),
        (Method::POST, format!("{campaign}/launch")),
        (Method::GET, format!("{campaign}/messages")),
        (Method::GET, format!("{campaign}/results")),
    ] {
        other(&node, method, &path, None)
            .await
            .problem(404, "not-found");
    }
    for (list, count) in [("cohorts", 0), ("campaigns", 0), ("keys", 2)] {
        let listed = other(&node, Method::GET, &format!("/api/v1/{list}"), None).await;
        assert_eq!(
            listed.expect(200).json()[list].as_array().unwrap().len(),
            count,
            "{list}"
        );
    }
    node.get(&cohort).await;
    node.get(&campaign).await;
}
