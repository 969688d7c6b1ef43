//! Imports, lookup tables and sources over HTTP, as the console asks for them.

use axum::body::Body;
use axum::http::{Request, header};
use gyre_app::imports::{ImportWorker, ImportWorkerConfig};
use serde_json::{Value, json};

use crate::Server;
use crate::server::{API_KEY, WRITE_KEY};

async fn upload(server: &Server, name: &str, content: &str) -> Value {
    let request = Request::post(format!("/api/v1/imports/files?name={name}"))
        .header(header::AUTHORIZATION, format!("Bearer {API_KEY}"))
        .header(header::CONTENT_TYPE, "application/octet-stream");
    let body = Body::from(content.to_owned());
    server.send(request.body(body).unwrap()).await.expect(201)
}

async fn run(server: &Server) {
    let config = ImportWorkerConfig::new("test");
    let mut worker = ImportWorker::new(
        server.app.clone(),
        ImportWorkerConfig {
            rows_per_second: 0,
            ..config
        },
    );
    worker.run_all().await.unwrap();
}

fn names(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story, whole")]
async fn a_file_is_uploaded_previewed_and_imported() {
    let server = Server::start().await;
    let file = upload(
        &server,
        "orders.csv",
        "who,when,sum\nm1,2026-03-01,5\nm2,never,7\n",
    )
    .await;
    assert_eq!(
        (&file["name"], &file["bytes"]),
        (&json!("orders.csv"), &json!(40))
    );
    let source = json!({"file": file["file"]});
    let map = json!({"event": {"const": "Order"}, "user_id": {"column": "who"}, "time": {"column": "when"},
        "properties": {"revenue": "sum"}});
    let body = json!({"source": source, "format": "auto", "into": "events", "map": map});
    let preview = server
        .post("/api/v1/imports/preview", body.clone())
        .await
        .expect(200);
    assert_eq!(
        names(&preview),
        [
            "format", "encoding", "columns", "map", "rows", "events", "problems"
        ]
    );
    assert_eq!(
        preview["columns"][1],
        json!({"name": "when", "type": "text", "samples": ["2026-03-01", "never"], "empty": 0})
    );
    assert_eq!(
        preview["rows"][0],
        json!({"who": "m1", "when": "2026-03-01", "sum": "5"})
    );
    assert_eq!(preview["events"][0]["properties"]["revenue"], 5);
    assert_eq!(preview["problems"][0]["row"], 3);
    assert_eq!(preview["problems"][0]["field"], "when");

    let made = server.post("/api/v1/imports", body).await.expect(201);
    assert_eq!(
        names(&made),
        [
            "id",
            "name",
            "into",
            "format",
            "state",
            "bytes_read",
            "bytes_total",
            "rows_read",
            "rows_accepted",
            "rows_rejected",
            "rows_repeated",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "created_by"
        ]
    );
    assert_eq!(
        (&made["state"], &made["name"]),
        (&json!("waiting"), &json!("orders.csv"))
    );
    run(&server).await;
    let path = format!("/api/v1/imports/{}", made["id"].as_str().unwrap());
    let done = server.get(&path).await.expect(200);
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(
        (&done["rows_accepted"], &done["rows_rejected"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(done["bytes_read"], done["bytes_total"]);
    let rejects = server.get(&format!("{path}/rejects")).await;
    assert_eq!(
        rejects.header(&header::CONTENT_TYPE),
        "application/x-ndjson"
    );
    assert_eq!(rejects.json()["raw"], "m2,never,7");
    let list = server.get("/api/v1/imports").await.expect(200);
    assert_eq!(
        (list["imports"].as_array().unwrap().len(), &list["next"]),
        (1, &Value::Null)
    );
    server
        .post(&format!("{path}/cancel"), json!({}))
        .await
        .problem(409, "import-ended");
    server
        .post(&format!("{path}/resume"), json!({}))
        .await
        .problem(409, "import-not-stopped");
    let wrong = json!({"source": {"s3": {"uri": "s3://bucket/a"}}});
    server
        .post("/api/v1/imports", wrong)
        .await
        .problem(422, "invalid-field");
    let missing = json!({"source": {"file": "00000000-0000-0000-0000-000000000001"}});
    let problem = server
        .post("/api/v1/imports", missing)
        .await
        .problem(422, "invalid-field");
    assert_eq!(problem["errors"][0]["pointer"], "/source/file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_table_is_written_paged_and_removed() {
    let server = Server::start().await;
    let file = upload(&server, "p.csv", "sku,name\na,Mug\nb,Cup\n").await;
    let body = json!({"source": {"file": file["file"]}, "into": "lookup", "lookup": {"name": "products", "key": "sku"}});
    server.post("/api/v1/imports", body).await.expect(201);
    run(&server).await;
    let list = server.get("/api/v1/lookups").await.expect(200);
    let table = server.get("/api/v1/lookups/products").await.expect(200);
    assert_eq!(list["lookups"][0], table);
    assert_eq!(
        names(&table),
        ["name", "key", "columns", "rows", "updated_at"]
    );
    assert_eq!(table["columns"][1], json!({"name": "name", "type": "text"}));
    let page = server
        .get("/api/v1/lookups/products/rows?limit=1")
        .await
        .expect(200);
    assert_eq!(
        page,
        json!({"rows": [{"sku": "a", "name": "Mug"}], "next": "1"})
    );
    let found = server
        .get("/api/v1/lookups/products/rows?key=b")
        .await
        .expect(200);
    assert_eq!(
        found,
        json!({"rows": [{"sku": "b", "name": "Cup"}], "next": null})
    );
    server
        .call("DELETE", "/api/v1/lookups/products", None)
        .await
        .expect(204);
    server
        .get("/api/v1/lookups/products")
        .await
        .problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_is_made_fed_watched_and_removed() {
    let server = Server::start().await;
    server
        .track(WRITE_KEY, &json!([{"event": "A", "user_id": "u"}]))
        .await;
    let body = json!({"name": "Payments", "kind": "postback", "preset": "generic", "map": null});
    let made = server.post("/api/v1/sources", body).await.expect(201);
    let url = made["url"].as_str().unwrap();
    let address = url.strip_prefix("https://shop.test").unwrap().to_owned();
    let request = Request::get(format!("{address}?event=Paid&user_id=u1&id=1&total=5"));
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    server.settle().await;
    let list = server.get("/api/v1/sources").await.expect(200);
    let (sdk, source) = (&list["sources"][0], &list["sources"][1]);
    assert_eq!(
        (&sdk["kind"], &sdk["health"]["events_day"]),
        (&json!("sdk"), &json!(1))
    );
    assert_eq!(sdk["health"]["dialects"][0]["dialect"], "gyre");
    assert_eq!(
        (&source["url"], &source["map"]["rest"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(
        names(&source["health"]),
        [
            "last_event_at",
            "events_hour",
            "events_day",
            "rejected_day",
            "quarantined_day",
            "warnings_day",
            "dialects"
        ]
    );
    assert_eq!(source["health"]["events_hour"], 1);
    let path = format!("/api/v1/sources/{}", made["id"].as_str().unwrap());
    let recent = server.get(&format!("{path}/recent")).await.expect(200);
    assert_eq!(recent["payloads"][0]["payload"]["total"], "5");
    let preview = json!({"query": "event=Paid&user_id=u1", "map": null});
    let preview = server
        .post(&format!("{path}/preview"), preview)
        .await
        .expect(200);
    assert_eq!(preview["events"][0]["name"], "Paid", "{preview}");
    let preview = json!({"body": {"event": "Paid"}});
    let preview = server
        .post(&format!("{path}/preview"), preview)
        .await
        .expect(200);
    assert_eq!(preview["problems"][0]["code"], "missing-user");
    let change =
        json!({"map": {"event": {"const": "Won"}, "user_id": {"path": "a", "type": "texts"}}});
    let problem = server
        .call("PATCH", &path, Some(change))
        .await
        .problem(422, "invalid-field");
    assert_eq!(problem["errors"][0]["pointer"], "/map/user_id/type");
    let change = json!({"name": "Bank", "is_enabled": false});
    let changed = server.call("PATCH", &path, Some(change)).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["is_enabled"]),
        (&json!("Bank"), &json!(false))
    );
    server.call("DELETE", &path, None).await.expect(204);
    server
        .call("DELETE", &path, None)
        .await
        .problem(404, "not-found");
}
