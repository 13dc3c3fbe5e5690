use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::ports::{DemoDoors, DemoPort};
use crate::testing::World;

async fn demo() -> World {
    with_doors(DemoDoors::Local).await
}

async fn with_doors(doors: DemoDoors) -> World {
    World::with(|config, _| {
        let calls = Arc::new(AtomicU32::new(4));
        let set = calls.clone();
        config.demo = Some(DemoPort {
            life: true,
            calls_per_minute: Arc::new(move || calls.load(Ordering::Relaxed)),
            set_calls_per_minute: Arc::new(move |n| set.store(n, Ordering::Relaxed)),
            call_me: Arc::new(|_| Err("you are not ready".to_owned())),
            doors,
            agent_email: "agent@first.example".to_owned(),
            supervisor_email: "supervisor@first.example".to_owned(),
            admin_email: "admin@first.example".to_owned(),
        });
    })
    .await
}

#[tokio::test]
async fn in_serve_there_is_no_demo() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    world.get("/api/v1/demo").send().await.ok(204);
    let change = world.put("/api/v1/demo", json!({"calls_per_minute": 1})).bearer(&token).send().await;
    assert_eq!(change.refusal(404), "not_found");
    assert_eq!(
        world.post("/api/v1/demo/call", json!({})).bearer(&token).send().await.refusal(404),
        "not_found"
    );
    let sign_in = world.post("/api/v1/demo/session", json!({"role": "admin"})).peer("127.0.0.1:4000");
    assert_eq!(sign_in.header("host", "127.0.0.1:8080").send().await.refusal(404), "not_found");
}

#[tokio::test]
async fn the_pace_of_calls_is_shown_and_set() {
    let world = demo().await;
    let token = world.token(world.first.agent).await;
    let before = world.get("/api/v1/demo").send().await.ok(200);
    assert_eq!(before, json!({"calls_per_minute": 4, "life": true}));
    let after =
        world.put("/api/v1/demo", json!({"calls_per_minute": 30})).bearer(&token).send().await.ok(200);
    assert_eq!(after["calls_per_minute"], 30);
    let reply = world.put("/api/v1/demo", json!({"calls_per_minute": 31})).bearer(&token).send().await;
    assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!("calls_per_minute")));
    let call = world.post("/api/v1/demo/call", json!({})).bearer(&token).send().await;
    assert_eq!((call.refusal(409), &call.json["detail"]), ("no_call", &json!("you are not ready")));
}

#[tokio::test]
async fn a_browser_on_the_same_machine_signs_in_by_role_alone() {
    let world = demo().await;
    for role in ["agent", "supervisor", "admin"] {
        let asked = world.post("/api/v1/demo/session", json!({"role": role})).peer("127.0.0.1:4000");
        let asked = asked.header("host", "127.0.0.1:8080").header("origin", "http://127.0.0.1:8080");
        let session = asked.send().await.ok(200);
        assert_eq!((&session["user"]["role"], &session["user"]["demo"]), (&json!(role), &json!(true)));
    }
}

#[tokio::test]
async fn from_elsewhere_the_demo_needs_a_password() {
    let world = demo().await;
    let ask = |peer: &str| world.post("/api/v1/demo/session", json!({"role": "admin"})).peer(peer);
    let remote = ask("192.0.2.1:4000").header("host", "127.0.0.1:8080");
    assert_eq!(remote.send().await.refusal(403), "forbidden");
    for sign_of_a_proxy in
        ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded", "via"]
    {
        let forwarded =
            ask("127.0.0.1:4000").header("host", "127.0.0.1:8080").header(sign_of_a_proxy, "192.0.2.1");
        assert_eq!(forwarded.send().await.refusal(403), "forbidden", "{sign_of_a_proxy}");
    }
    let foreign_page =
        ask("127.0.0.1:4000").header("host", "127.0.0.1:8080").header("origin", "http://evil.example");
    assert_eq!(foreign_page.send().await.refusal(403), "forbidden");
    let rebound =
        ask("127.0.0.1:4000").header("host", "evil.example").header("origin", "http://evil.example");
    assert_eq!(rebound.send().await.refusal(403), "forbidden");
}

#[tokio::test]
async fn a_demo_that_listens_beyond_its_machine_needs_a_password() {
    let world = with_doors(DemoDoors::Closed).await;
    let asked = world.post("/api/v1/demo/session", json!({"role": "agent"})).peer("127.0.0.1:4000");
    assert_eq!(asked.header("host", "127.0.0.1:8080").send().await.refusal(403), "forbidden");
}
