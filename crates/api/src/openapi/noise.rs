//! Any JSON on any route is taken or refused, and the server stays whole.

use axum::http::Method;
use perezvon_store::new_id;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::document;
use crate::testing::World;

const CASES: u32 = 400;

/// Words that the API knows make deeper holes than words that it does not.
const WORDS: [&str; 40] = [
    "id",
    "key",
    "name",
    "email",
    "password",
    "role",
    "agent",
    "admin",
    "language",
    "ru",
    "device",
    "browser",
    "phone",
    "queues",
    "skills",
    "skill",
    "level",
    "numbers",
    "number",
    "flow",
    "json",
    "version",
    "fields",
    "value",
    "note",
    "command",
    "set_presence",
    "presence",
    "state",
    "break",
    "reason",
    "wrap_up",
    "mode",
    "timed",
    "limit_s",
    "interaction",
    "disposition",
    "finish",
    "calls_per_minute",
    "registration",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        any::<String>(),
        Just("\u{0}".to_owned()),
        Just(new_id::<perezvon_model::QueueId>().to_string()),
        Just("+79160000001".to_owned()),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0u32..200).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(text(), inner, 0..8).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// Bodies that are taken, to be spoiled in one place.
fn good_bodies(world: &World) -> Vec<(Method, String, Value)> {
    let first = &world.first;
    let queue = crate::queue::tests::body("support");
    let user = json!({
        "email": "agent@first.example", "name": "Agent", "role": "agent", "language": "ru", "device": "phone",
        "sip_username": null, "phone_uri": "sip:100@192.0.2.7", "queues": [first.queue],
        "skills": [{"skill": first.skill, "level": 3}],
    });
    let trunk = json!({
        "key": "provider", "name": "Provider", "sources": ["192.0.2.0/24"], "max_calls": 5,
        "registration": {"registrar": "sip:a", "username": "u", "password": "p", "expires_s": 60},
    });
    let customer = json!({
        "version": 1, "name": "Anna", "company": "", "numbers": ["+79160000001"],
        "fields": [{"name": "a", "value": "b"}], "note": "n",
    });
    let command = json!({
        "command": "wrap_up", "interaction": first.interaction, "disposition": null, "note": "n", "finish": true,
    });
    let flow = json!({"key": "main", "name": "Main", "json": crate::testing::company::FLOW});
    let number = json!({"number": "+74950000001", "flow": first.flow, "language": "en"});
    let disposition = json!({"key": "solved", "name": "Solved", "queues": [first.queue]});
    vec![
        (Method::PUT, format!("/api/v1/queues/{}", first.queue), queue),
        (Method::PUT, format!("/api/v1/users/{}", first.agent), user),
        (Method::PUT, format!("/api/v1/trunks/{}", first.trunk), trunk),
        (Method::PUT, format!("/api/v1/customers/{}", first.customer), customer),
        (Method::PUT, format!("/api/v1/flows/{}", first.flow), flow),
        (Method::PUT, format!("/api/v1/numbers/{}", first.number), number),
        (Method::PUT, format!("/api/v1/dispositions/{}", first.disposition), disposition),
        (Method::POST, "/api/v1/desk/command".to_owned(), command),
    ]
}

/// The places of a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, inner)| places(inner, &format!("{at}/{key}"), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, inner)| places(inner, &format!("{at}/{n}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn writing_routes(world: &World) -> Vec<(Method, String)> {
    let document = serde_json::to_value(document()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in
            item.as_object().unwrap().keys().filter(|method| ["post", "put"].contains(&method.as_str()))
        {
            let path = path.replace("{id}", &world.first.queue.to_string());
            routes.push((method.to_uppercase().parse().unwrap(), path));
        }
    }
    routes
}

#[test]
fn any_json_is_taken_or_refused_and_never_breaks_the_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let token = runtime.block_on(world.token(world.first.admin));
    let (routes, good) = (writing_routes(&world), good_bodies(&world));
    assert!(routes.len() > 15);
    for (method, path, body) in &good {
        let reply =
            runtime.block_on(world.ask(method.clone(), path).json(body.clone()).bearer(&token).send());
        assert!(reply.status.is_success(), "{path} takes it unspoiled: {}", reply.json);
    }
    let strategy = (any_json(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(noise, route, place, spoil)| {
        let (method, path, body) = if spoil {
            let (method, path, mut body) = good[route.index(good.len())].clone();
            let mut found = Vec::new();
            places(&body, "", &mut found);
            let at = &found[place.index(found.len())];
            *body.pointer_mut(at).expect("a place of this body") = noise;
            (method, path, body)
        } else {
            let (method, path) = routes[route.index(routes.len())].clone();
            (method, path, noise)
        };
        let asking = world.ask(method.clone(), &path).json(body.clone()).bearer(&token);
        let reply = runtime.block_on(asking.send());
        prop_assert!(
            !reply.status.is_server_error(),
            "{method} {path} {body}: {} {}",
            reply.status,
            reply.json
        );
        Ok(())
    });
    outcome.unwrap();
}
