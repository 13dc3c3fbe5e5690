//! Walks over every operation of the description: with no session, by cookie alone, in each role, and with the ids of
//! another company.

use axum::http::Method;
use serde_json::{Value, json};

use super::document;
use crate::testing::company::FLOW;
use crate::testing::{Company, Reply, World};

struct Operation {
    method: Method,
    path: String,
    /// Anyone may ask, signed in or not.
    open: bool,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let open = operation["security"] == json!([{}]);
            let method = method.to_uppercase().parse().unwrap();
            operations.push(Operation { method, path: path.clone(), open });
        }
    }
    assert!(operations.len() > 40, "the walk must not be empty: {}", operations.len());
    operations
}

/// The address with the company's own id of the right kind.
fn address(path: &str, company: &Company) -> String {
    let id = match path.split('/').nth(3).unwrap_or_default() {
        "interactions" | "items" => company.interaction.to_string(),
        "customers" => company.customer.to_string(),
        "queues" => company.queue.to_string(),
        "users" => company.other_agent.to_string(),
        "skills" => company.skill.to_string(),
        "dispositions" => company.disposition.to_string(),
        "flows" => company.flow.to_string(),
        "numbers" => company.number.to_string(),
        "trunks" => company.trunk.to_string(),
        other => {
            assert!(!path.contains("{id}"), "tell this walk which id `{other}` takes");
            String::new()
        }
    };
    path.replace("{id}", &id)
}

/// A body that the operation takes from this company.
fn body(path: &str, company: &Company) -> Value {
    match path.split('/').nth(3).unwrap_or_default() {
        "items" => json!({"queue": company.queue, "from": "Walker", "subject": "Hello"}),
        "capacity" => json!(perezvon_model::channel::Capacity::default()),
        "desk" => json!({"command": "set_device", "device": "phone"}),
        "customers" => json!({"version": 1, "name": "Walker"}),
        "queues" => json!({
            "key": "support", "name": "Support", "ring_timeout_s": 20, "wrap_up": {"mode": "none"},
            "service_level_s": 20, "service_level_target": 80, "short_abandon_s": 5,
            "max_waiting": 50, "record": false,
        }),
        "users" => {
            json!({"email": "walker@example.org", "name": "Walker", "role": "agent", "device": "browser"})
        }
        "skills" | "dispositions" => json!({"key": "walker", "name": "Walker"}),
        "flows" => json!({"key": "walker", "name": "Walker", "json": FLOW}),
        "numbers" => json!({"number": "199", "flow": company.flow, "language": "ru"}),
        "trunks" => json!({"key": "walker", "name": "Walker", "sources": ["203.0.113.7"], "max_calls": 5}),
        _ => json!({}),
    }
}

async fn ask(
    world: &World,
    operation: &Operation,
    ids_of: &Company,
    sign: impl FnOnce(crate::testing::Asking) -> crate::testing::Asking,
) -> Reply {
    let path = address(&operation.path, ids_of);
    let mut asking = world.ask(operation.method.clone(), &path);
    if operation.method == Method::POST || operation.method == Method::PUT {
        asking = asking.json(body(&operation.path, ids_of));
    }
    sign(asking).send().await
}

#[tokio::test]
async fn without_a_session_everything_but_the_open_doors_answers_401() {
    let world = World::new().await;
    let mut open = Vec::new();
    for operation in operations() {
        if operation.open {
            open.push(format!("{} {}", operation.method, operation.path));
            continue;
        }
        let reply = ask(&world, &operation, &world.first, |asking| asking).await;
        assert_eq!(reply.status, 401, "{} {}", operation.method, operation.path);
        assert_eq!(reply.refusal(401), "signed_out");
    }
    let doors = [
        "GET /api/v1/demo",
        "POST /api/v1/demo/session",
        "POST /api/v1/session",
        "GET /healthz",
        "GET /metrics",
        "GET /readyz",
    ];
    assert_eq!(open, doors, "a new open door needs a look");
}

#[tokio::test]
async fn another_companys_ids_are_not_there() {
    let world = World::new().await;
    let (mut walked, own) = (0, world.token(world.first.admin).await);
    let foreign = world.token(world.second.admin).await;
    for operation in operations().iter().filter(|operation| operation.path.contains("{id}")) {
        let reply = ask(&world, operation, &world.first, |asking| asking.bearer(&foreign)).await;
        assert_eq!(reply.status, 404, "{} {}", operation.method, operation.path);
        assert_eq!(reply.refusal(404), "not_found", "as if it had never been");
        walked += 1;
    }
    assert!(walked >= 18, "{walked}");
    // The same requests of the owner find something: the walk above was refused for whose it is, not for its form.
    let files = world.folder.path().join("recordings").join(world.first.scope.tenant().to_string());
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join(format!("{}.opus", world.first.recording)), b"OggS").unwrap();
    for operation in operations().iter().filter(|operation| operation.path.contains("{id}")) {
        if operation.method == Method::DELETE {
            continue;
        }
        let reply = ask(&world, operation, &world.first, |asking| asking.bearer(&own)).await;
        assert_eq!(reply.status, 200, "{} {}: {}", operation.method, operation.path, reply.json);
    }
}

#[tokio::test]
async fn lists_hold_nothing_of_another_company() {
    let world = World::new().await;
    let foreign = world.token(world.second.admin).await;
    let secrets = [
        world.first.scope.tenant().to_string(),
        world.first.interaction.to_string(),
        world.first.customer.to_string(),
        world.first.queue.to_string(),
        world.first.agent.to_string(),
        world.first.flow.to_string(),
        "first.example".to_owned(),
    ];
    for operation in operations() {
        if operation.method != Method::GET || operation.path.contains("{id}") || operation.open {
            continue;
        }
        let reply = ask(&world, &operation, &world.second, |asking| asking.bearer(&foreign)).await;
        let text = String::from_utf8_lossy(&reply.bytes);
        for secret in &secrets {
            assert!(!text.contains(secret), "{} shows {secret}", operation.path);
        }
    }
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for operation in operations() {
        if operation.open || operation.method == Method::GET {
            continue;
        }
        let reply = ask(&world, &operation, &world.first, |asking| asking.cookie(&token)).await;
        assert_eq!(reply.refusal(403), "csrf", "{} {}", operation.method, operation.path);
    }
    world.get("/api/v1/session").cookie(&token).send().await.ok(200);
}

/// Who may ask, by the word of the address; a new word must be added here on purpose.
fn least_role(word: &str) -> &'static str {
    match word {
        "customers" | "demo" | "desk" | "directory" | "interactions" | "session" | "socket" => "agent",
        "floor" | "items" | "reports" => "supervisor",
        "capacity" | "changes" | "dispositions" | "flows" | "numbers" | "queues" | "skills" | "trunks"
        | "users" => "admin",
        other => panic!("who may ask for `{other}`?"),
    }
}

#[tokio::test]
async fn each_role_reaches_its_own_part_and_no_more() {
    let world = World::new().await;
    for (role, user, above) in [
        ("agent", world.first.agent, &["supervisor", "admin"][..]),
        ("supervisor", world.first.supervisor, &["admin"]),
        ("admin", world.first.admin, &[]),
    ] {
        let token = world.token(user).await;
        // Signing out comes last in no order; it is walked elsewhere.
        for operation in operations().iter().filter(|o| !o.open && o.path != "/api/v1/session") {
            let word = operation.path.split('/').nth(3).unwrap_or_default();
            let refused = above.contains(&least_role(word));
            if !refused && operation.method != Method::GET {
                continue;
            }
            let reply = ask(&world, operation, &world.first, |asking| asking.bearer(&token)).await;
            let name = format!("{role}: {} {}", operation.method, operation.path);
            assert_eq!(reply.status == 403, refused, "{name}: {}", reply.status);
        }
    }
}
