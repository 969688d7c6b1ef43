//! The contract with the console: one checked-in OpenAPI document.

use std::fs;
use std::path::Path;

use serde_json::Value;

#[test]
fn the_checked_in_contract_is_what_the_server_speaks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/gyre.json");
    let spoken = serde_json::to_string_pretty(&gyre_api::openapi()).unwrap() + "\n";
    if std::env::var_os("GYRE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &spoken).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == spoken,
        "openapi/gyre.json is stale: run this test with GYRE_BLESS=1 and commit it"
    );
}

#[test]
fn every_reference_of_the_contract_leads_somewhere() {
    let document = gyre_api::openapi();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    let name = target.rsplit('/').next().unwrap();
                    assert!(schemas.contains_key(name), "{target}");
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}
