use std::path::Path;

use super::*;

/// The web generates its types from this file.
const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/api/openapi.json");

#[test]
fn the_snapshot_is_what_the_code_describes() {
    let mut text = document().to_pretty_json().unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(Path::new(SNAPSHOT), &text).unwrap();
    }
    let kept = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).position(|(kept, made)| kept != made);
    assert!(
        kept == text,
        "web/api/openapi.json differs from line {differs:?} on; run the tests with UPDATE_SNAPSHOTS=1 and look at the change"
    );
}

#[test]
fn every_operation_has_its_own_name_and_a_group() {
    let document = serde_json::to_value(document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{method} {path}: `{name}` is taken");
            assert!(operation["tags"][0].is_string(), "{method} {path}");
        }
    }
}

#[test]
fn the_words_of_the_socket_are_described() {
    let document = serde_json::to_value(document()).unwrap();
    for name in
        ["ServerMessage", "ClientMessage", "AgentCommand", "DeskView", "FloorView", "Problem", "Event"]
    {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn the_description_is_served() {
    let world = crate::testing::World::new().await;
    let served = world.get("/api/v1/openapi.json").send().await.ok(200);
    assert_eq!(served, serde_json::to_value(document()).unwrap());
}
