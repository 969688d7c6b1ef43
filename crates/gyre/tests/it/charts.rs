//! The worked examples of the chart contract, asked over HTTP; every number with the people behind it.

use gyre_base::{DAY_MS, MINUTE_MS};
use reqwest::Method;
use serde_json::{Value, json};

use crate::node::Node;
use crate::senders::DAY;
use crate::wait::within;

const RANGE: [&str; 2] = ["2025-03-01", "2025-03-03"];

fn event(user: &str, name: &str, at_ms: i64, properties: &Value) -> Value {
    json!({"event": name, "user_id": user, "insert_id": format!("{user} {name} {at_ms}"),
        "time": DAY.plus_ms(at_ms).rfc3339(), "properties": properties})
}

/// (user, event, day, amount) of worked example S1, an hour apart from one another.
async fn send_s1(node: &Node) {
    let rows = [
        ("u1", "A", 1, Some(10)),
        ("u1", "A", 1, Some(20)),
        ("u2", "A", 1, None),
        ("u1", "B", 1, None),
        ("u2", "A", 2, Some(40)),
        ("u3", "A", 2, Some(50)),
        ("u1", "A", 3, Some(30)),
        ("u3", "B", 3, None),
    ];
    let events: Vec<Value> = rows
        .iter()
        .enumerate()
        .map(|(hour, (user, name, day, amount))| {
            let at_ms = (day - 1) * DAY_MS + hour as i64 * 60 * MINUTE_MS;
            let properties = amount.map_or(json!({}), |it| json!({"amount": it}));
            event(user, name, at_ms, &properties)
        })
        .collect();
    node.events(&events).await;
    settled(node, 8).await;
}

/// Event, minute and category, which is ours.
type Step = (&'static str, i64, Option<&'static str>);

/// The population of the worked funnels: users and what they did.
const POPULATION: &[(&str, &[Step])] = &[
    (
        "u1",
        &[("A", 0, Some("shirt")), ("B", 10, None), ("C", 20, None)],
    ),
    (
        "u2",
        &[
            ("A", 0, Some("shirt")),
            ("A", 50, Some("jeans")),
            ("B", 70, None),
            ("C", 80, None),
        ],
    ),
    (
        "u3",
        &[("B", 5, None), ("A", 10, Some("shoes")), ("C", 20, None)],
    ),
    (
        "u4",
        &[("A", 0, Some("shirt")), ("B", 30, None), ("C", 61, None)],
    ),
    ("u5", &[("B", 1, None), ("C", 2, None)]),
    (
        "u6",
        &[
            ("A", 0, None),
            ("X", 5, None),
            ("B", 6, None),
            ("C", 7, None),
        ],
    ),
];

pub(crate) async fn send_population(node: &Node) {
    let events: Vec<Value> = POPULATION
        .iter()
        .flat_map(|(user, events)| events.iter().map(move |it| (user, it)))
        .map(|(user, (name, minute, category))| {
            let properties = category.map_or(json!({}), |it| json!({"category": it}));
            event(user, name, minute * MINUTE_MS, &properties)
        })
        .collect();
    node.events(&events).await;
    settled(node, events.len()).await;
}

/// Waits until charts have this many events.
async fn settled(node: &Node, events: usize) {
    within(5, "charts have the events", async || {
        (node.get("/api/v1/status").await["events"] == events).then_some(())
    })
    .await;
}

fn funnel() -> Value {
    json!({"kind": "funnel", "range": {"from": RANGE[0], "to": RANGE[1]},
        "steps": [{"event": "A"}, {"event": "B"}, {"event": "C"}], "window": {"n": 60, "unit": "minute"}})
}

/// Checks that a cell has this value and that the people behind it are as many, or as told.
async fn check_people(node: &Node, cell: &Value, people: &[&str]) {
    assert_eq!(cell["value"], people.len(), "{cell}");
    let (found, _) = node.people_behind(cell["cell"].as_str().unwrap()).await;
    assert_eq!(found, people, "{cell}");
}

#[tokio::test]
async fn worked_example_s1_has_its_numbers_and_its_people() {
    let node = Node::start().await;
    send_s1(&node).await;
    let amount = |function: &str| json!({"fn": function, "property": "event.amount"});
    let cases: [(&str, Value, [f64; 3], f64); 8] = [
        ("A", json!("people"), [2.0, 2.0, 1.0], 3.0),
        ("A", json!("events"), [3.0, 2.0, 1.0], 6.0),
        ("A", json!("per_person"), [1.5, 1.0, 1.0], 2.0),
        ("A", json!("active_rate"), [1.0, 1.0, 0.5], 1.0),
        ("A", amount("sum"), [30.0, 90.0, 30.0], 150.0),
        ("A", amount("avg"), [15.0, 45.0, 30.0], 30.0),
        ("A", amount("p90"), [19.0, 49.0, 30.0], 46.0),
        ("B", json!("people"), [1.0, 0.0, 1.0], 2.0),
    ];
    let series: Vec<Value> = cases
        .iter()
        .map(|(name, measure, ..)| json!({"select": {"event": name}, "measure": measure}))
        .collect();
    let query = json!({"kind": "segmentation", "range": {"from": RANGE[0], "to": RANGE[1]}, "series": series});
    let answer = node.post("/api/v1/query", &query).await;
    assert_eq!(answer["kind"], "segmentation");
    assert_eq!(
        answer["range"],
        json!({"from": RANGE[0], "to": RANGE[1], "timezone": "UTC"})
    );
    assert!(
        answer["definition"]
            .as_str()
            .is_some_and(|it| it.len() > 20)
    );
    assert!(answer["stats"]["events_scanned"].as_u64() > Some(0));
    let result = &answer["result"];
    assert_eq!(
        result["buckets"],
        json!(["2025-03-01", "2025-03-02", "2025-03-03"])
    );
    for ((name, measure, points, total), line) in
        cases.iter().zip(result["series"].as_array().unwrap())
    {
        let of = |cell: &Value| cell["value"].as_f64();
        for (i, expected) in points.iter().enumerate() {
            assert_eq!(
                of(&line["points"][i]),
                Some(*expected),
                "{measure} of {name}, day {i}"
            );
        }
        assert_eq!(of(&line["total"]), Some(*total), "{measure} of {name}");
    }
    let lines = result["series"].as_array().unwrap();
    for (cell, people) in [
        (&lines[0]["points"][0], &["u1", "u2"][..]),
        (&lines[0]["points"][1], &["u2", "u3"]),
        (&lines[0]["points"][2], &["u1"]),
        (&lines[0]["total"], &["u1", "u2", "u3"]),
        (&lines[7]["points"][2], &["u3"]),
        (&lines[7]["points"][1], &[]),
    ] {
        check_people(&node, cell, people).await;
    }
    let (people, units) = node
        .people_behind(lines[1]["points"][0]["cell"].as_str().unwrap())
        .await;
    assert_eq!((people.len(), units), (2, 3), "three events of two people");
}

#[tokio::test]
async fn groups_and_segments_have_an_overall_row_of_distinct_people() {
    let node = Node::start().await;
    send_population(&node).await;
    let query = json!({"kind": "segmentation", "range": {"from": RANGE[0], "to": RANGE[0]},
    "series": [{"select": {"event": "A"}, "measure": "people"}], "group_by": ["event.category"], "limit": 2,
    "segments": [
        {"name": "bought", "people": {"did": {"event": "C"}}},
        {"name": "all", "people": {"any": [{"did": {"event": "A"}}, {"did": {"event": "B"}}]}},
    ]});
    let result = node.query(&query).await;
    let find = |segment: Value, group: Value| {
        let rows = result["series"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|it| it["segment"] == segment && it["group"] == group);
        row.unwrap_or_else(|| panic!("{segment} {group}: {result}"))["total"].clone()
    };
    check_people(
        &node,
        &find(json!("all"), json!(["shirt"])),
        &["u1", "u2", "u4"],
    )
    .await;
    check_people(
        &node,
        &find(json!("bought"), json!(["shirt"])),
        &["u1", "u2", "u4"],
    )
    .await;
    // of three groups of one person each, the first by text is kept
    check_people(&node, &find(json!("all"), json!(["(none)"])), &["u6"]).await;
    check_people(
        &node,
        &find(json!("all"), json!(["(other)"])),
        &["u2", "u3"],
    )
    .await;
    check_people(
        &node,
        &find(Value::Null, json!([])),
        &["u1", "u2", "u3", "u4", "u6"],
    )
    .await;
    let overall: Vec<&Value> = result["series"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["overall"] == true)
        .collect();
    assert_eq!(overall.len(), 1, "{result}");
}

#[tokio::test]
async fn the_population_goes_through_the_funnel_as_worked_out() {
    let node = Node::start().await;
    send_population(&node).await;
    let result = node.query(&funnel()).await;
    let rows = result["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    let steps = rows[0]["steps"].as_array().unwrap();
    let labels: Vec<&str> = steps
        .iter()
        .map(|it| it["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["A", "B", "C"]);
    let reached: [&[&str]; 3] = [
        &["u1", "u2", "u3", "u4", "u6"],
        &["u1", "u2", "u4", "u6"],
        &["u1", "u2", "u6"],
    ];
    let dropped: [&[&str]; 3] = [&[], &["u3"], &["u4"]];
    for (i, step) in steps.iter().enumerate() {
        check_people(&node, &step["reached"], reached[i]).await;
        check_people(&node, &step["dropped"], dropped[i]).await;
    }
    let near = |value: &Value, expected: f64| {
        let found = value.as_f64().unwrap();
        assert!(
            (found - expected).abs() < 1e-6,
            "{found}, expected {expected}"
        );
    };
    near(&steps[2]["from_start"], 0.6);
    near(&steps[2]["from_previous"], 0.75);
    // from A to B: 10, 20 (of the chain that got furthest), 30 and 6 minutes
    near(&steps[1]["seconds"]["median"], 900.0);
    near(&steps[1]["seconds"]["mean"], 990.0);
    near(&steps[1]["seconds"]["p90"], 1_620.0);
}

#[tokio::test]
async fn a_breakdown_goes_by_the_first_step_of_the_chain_that_counts() {
    let node = Node::start().await;
    send_population(&node).await;
    let mut query = funnel();
    query["group_by"] = json!(["event.category"]);
    query["breakdown_at"] = json!(1);
    let result = node.query(&query).await;
    let row = |group: Value| {
        let rows = result["rows"].as_array().unwrap();
        let row = rows.iter().find(|it| it["group"] == group);
        row.unwrap_or_else(|| panic!("{group}: {result}")).clone()
    };
    let expected: [(Value, [&[&str]; 3]); 5] = [
        (json!(["shirt"]), [&["u1", "u4"], &["u1", "u4"], &["u1"]]),
        (json!(["jeans"]), [&["u2"], &["u2"], &["u2"]]),
        (json!(["shoes"]), [&["u3"], &[], &[]]),
        (json!(["(none)"]), [&["u6"], &["u6"], &["u6"]]),
        (
            json!([]),
            [
                &["u1", "u2", "u3", "u4", "u6"],
                &["u1", "u2", "u4", "u6"],
                &["u1", "u2", "u6"],
            ],
        ),
    ];
    assert_eq!(result["rows"].as_array().unwrap().len(), expected.len());
    for (group, reached) in expected {
        let row = row(group);
        for (i, people) in reached.into_iter().enumerate() {
            check_people(&node, &row["steps"][i]["reached"], people).await;
        }
    }
    check_people(
        &node,
        &row(json!(["shirt"]))["steps"][2]["dropped"],
        &["u4"],
    )
    .await;
    assert_eq!(row(json!([]))["overall"], true);
}

#[tokio::test]
async fn people_behind_a_cell_become_a_cohort_and_a_live_one_follows() {
    let mut node = Node::start().await;
    send_population(&node).await;
    let result = node.query(&funnel()).await;
    let lost = result["rows"][0]["steps"][2]["dropped"]["cell"].clone();
    let cohort = async |name: &str, live: bool| {
        let body = json!({"name": name, "cell": lost, "live": live});
        let cohort = node.post("/api/v1/cohorts", &body).await;
        assert_eq!(
            (&cohort["size"], &cohort["source"]),
            (&json!(1), &json!("cell")),
            "{cohort}"
        );
        format!("/api/v1/cohorts/{}", cohort["id"].as_str().unwrap())
    };
    let fixed = cohort("lost then", false).await;
    let live = cohort("lost whenever", true).await;
    assert_eq!(node.get(&fixed).await["kind"], "static");
    assert_eq!(node.get(&live).await["kind"], "live");

    let late = [
        event("u7", "A", 0, &json!({})),
        event("u7", "B", MINUTE_MS, &json!({})),
    ];
    node.events(&late).await;
    settled(&node, 21).await;
    for (path, people) in [(&fixed, &["u4"][..]), (&live, &["u4", "u7"])] {
        let refreshed = node.post(&format!("{path}/refresh"), &json!({})).await;
        assert_eq!(refreshed["size"], people.len(), "{refreshed}");
        assert!(refreshed["error"].is_null(), "{refreshed}");
        assert_eq!(members(&node, path).await, people);
    }
    // the cell itself stays what it was
    assert_eq!(node.people_behind(lost.as_str().unwrap()).await.0, ["u4"]);
    let history = node.get(&format!("{live}/history")).await;
    let sizes: Vec<u64> = history["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["size"].as_u64().unwrap())
        .collect();
    assert!(sizes.contains(&1) && sizes.contains(&2), "{history}");

    node.kill().await;
    node.live().await;
    assert_eq!(members(&node, &fixed).await, ["u4"]);
    assert_eq!(members(&node, &live).await, ["u4", "u7"]);
}

async fn members(node: &Node, cohort: &str) -> Vec<String> {
    let page = node.get(&format!("{cohort}/people?limit=100")).await;
    let people = page["people"].as_array().unwrap();
    assert_eq!(page["total"], people.len());
    let mut people: Vec<String> = people
        .iter()
        .map(|it| it["external_id"].as_str().unwrap().to_owned())
        .collect();
    people.sort_unstable();
    people
}

#[tokio::test]
async fn an_audience_is_previewed_saved_nested_and_charted() {
    let node = Node::start().await;
    send_population(&node).await;
    let person = |user: &str, email: &str| {
        json!({"event": "$identify", "user_id": user, "time": DAY.rfc3339(),
            "user_properties": {"$set": {"email": email, "first_name": "Mina"}}})
    };
    node.events(&[
        person("u3", "u3@person.test"),
        person("u4", "u4@person.test"),
        person("u1", "u1@person.test"),
    ])
    .await;
    let definition = json!({"all": [{"did": {"event": "A"}}, {"did_not": {"event": "X"}}]});
    let preview = within(5, "profiles are known", async || {
        let preview = node
            .post(
                "/api/v1/audiences/preview",
                &json!({"definition": definition}),
            )
            .await;
        (preview["reachable"]["email"] == 3).then_some(preview)
    })
    .await;
    assert_eq!(
        (&preview["size"], &preview["of"]),
        (&json!(4), &json!(6)),
        "{preview}"
    );
    let examples = preview["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 4);
    let reachable = examples
        .iter()
        .find(|it| it["external_id"] == "u3")
        .unwrap();
    assert_eq!(
        (&reachable["email"], &reachable["name"]),
        (&json!("u3@person.test"), &json!("Mina"))
    );

    let body = json!({"name": " Careful ", "definition": definition, "kind": "live"});
    let reply = node
        .ask(Method::POST, "/api/v1/cohorts", Some(&body))
        .await
        .expect(201);
    let cohort = reply.json();
    let id = cohort["id"].as_str().unwrap();
    assert_eq!(cohort["name"], "Careful");
    assert_eq!(
        (&cohort["size"], &cohort["definition"]),
        (&json!(4), &definition)
    );
    assert!(
        cohort["refreshed_at"].is_string() && cohort["next_refresh_at"].is_string(),
        "{cohort}"
    );
    let path = format!("/api/v1/cohorts/{id}");
    assert_eq!(members(&node, &path).await, ["u1", "u2", "u3", "u4"]);

    let nested = json!({"definition": {"all": [{"cohort": id}, {"did": {"event": "C"}}]}});
    assert_eq!(
        node.post("/api/v1/audiences/preview", &nested).await["size"],
        4
    );
    let mut query = funnel();
    query["segments"] = json!([{"name": "careful", "people": {"cohort": id}},
        {"name": "others", "people": {"not": {"cohort": id}}}]);
    let result = node.query(&query).await;
    let row = |name: &str| {
        result["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["segment"] == name)
            .unwrap()
    };
    check_people(&node, &row("careful")["steps"][2]["reached"], &["u1", "u2"]).await;
    check_people(&node, &row("others")["steps"][2]["reached"], &["u6"]).await;

    let renamed = node
        .ask(Method::PATCH, &path, Some(&json!({"name": "Renamed"})))
        .await
        .expect(200);
    assert_eq!(renamed.json()["name"], "Renamed");
    let page = node.get("/api/v1/people/u2").await;
    assert_eq!(page["cohorts"], json!([{"id": id, "name": "Renamed"}]));
    node.ask(Method::DELETE, &path, None).await.expect(204);
    node.ask(Method::GET, &path, None)
        .await
        .problem(404, "not-found");
    assert_eq!(node.get("/api/v1/cohorts").await["cohorts"], json!([]));
}

#[tokio::test]
async fn a_wrong_question_is_told_where_it_is_wrong() {
    let node = Node::start().await;
    let step = |it: Value| {
        let mut query = funnel();
        query["steps"][1] = it;
        query
    };
    let with = |field: &str, value: Value| {
        let mut query = funnel();
        query[field] = value;
        query
    };
    let queries = [
        (json!({}), "/kind"),
        (with("kind", json!("funel")), "/kind"),
        (with("steps", json!([])), "/steps"),
        (with("stepz", json!([])), "/stepz"),
        (
            with("range", json!({"from": "2025-03-02", "to": "2025-03-01"})),
            "/range/to",
        ),
        (
            with("range", json!({"from": "2025-02-30", "to": "2025-03-01"})),
            "/range/from",
        ),
        (with("timezone", json!("Asia/Soul")), "/timezone"),
        (
            with("window", json!({"n": 1, "unit": "fortnight"})),
            "/window/unit",
        ),
        (with("breakdown_at", json!("per_valu")), "/breakdown_at"),
        (step(json!({"evnt": "B"})), "/steps/1"),
        (
            step(
                json!({"event": "B", "where": {"property": "event.x", "op": "iss", "values": [1]}}),
            ),
            "/steps/1/where/op",
        ),
        (
            with(
                "segments",
                json!([{"name": "x", "people": {"did": {"event": "A"}, "within": 7}}]),
            ),
            "/segments/0/people",
        ),
    ];
    for (query, pointer) in queries {
        let reply = node.ask(Method::POST, "/api/v1/query", Some(&query)).await;
        let problem = reply.problem(422, "invalid-field");
        let found = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(
            found.starts_with(pointer),
            "{found}, expected {pointer}: {problem}"
        );
        assert!(
            problem["errors"][0]["detail"]
                .as_str()
                .is_some_and(|it| !it.is_empty())
        );
    }
}

#[tokio::test]
async fn a_wrong_audience_or_cell_is_told_where_it_is_wrong() {
    let node = Node::start().await;
    for (path, body, pointer) in [
        ("/api/v1/people/list", json!({"cell": "nonsense"}), "/cell"),
        ("/api/v1/people/list", json!({}), "/cell"),
        (
            "/api/v1/cohorts",
            json!({"name": "x", "cell": "nonsense"}),
            "/cell",
        ),
        (
            "/api/v1/cohorts",
            json!({"name": "", "definition": {"did": {"event": "A"}}, "kind": "live"}),
            "/name",
        ),
        (
            "/api/v1/cohorts",
            json!({"name": "x", "definition": {"did": {}}, "kind": "live"}),
            "/definition/did",
        ),
        (
            "/api/v1/audiences/preview",
            json!({"definition": {"dit": 1}}),
            "/definition",
        ),
    ] {
        let problem = node
            .ask(Method::POST, path, Some(&body))
            .await
            .problem(422, "invalid-field");
        let found = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(
            found.starts_with(pointer),
            "{path}: {found}, expected {pointer}: {problem}"
        );
    }
}

#[tokio::test]
async fn a_template_is_rendered_or_told_where_it_is_wrong() {
    let node = Node::start().await;
    let template = json!({"template": "line one\n{{ 'a' | upcase", "data": {}});
    let problem = node
        .ask(Method::POST, "/api/v1/templates/render", Some(&template))
        .await;
    let problem = problem.json();
    assert_eq!(
        (&problem["status"], &problem["errors"][0]["line"]),
        (&json!(422), &json!(2)),
        "{problem}"
    );
    let rendered = json!({"template": "Hi {{${first_name} | default: 'you'}}", "data": {"first_name": "Mina"}});
    let rendered = node.post("/api/v1/templates/render", &rendered).await;
    assert_eq!(rendered["output"], "Hi Mina");
    assert_eq!(rendered["reads"], json!(["profile.first_name"]));
}
