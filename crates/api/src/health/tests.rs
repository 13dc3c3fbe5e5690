use std::sync::Arc;

use serde_json::json;

use crate::ports::{Metric, MetricKind, Readiness};
use crate::testing::World;

#[tokio::test]
async fn a_server_that_can_take_calls_is_alive_and_ready() {
    let world = World::new().await;
    assert_eq!(world.get("/healthz").send().await.bytes, b"ok\n");
    assert_eq!(world.get("/readyz").send().await.ok(200), json!({"ready": true, "reasons": []}));
}

#[tokio::test]
async fn what_is_not_ready_is_named() {
    let world = World::with(|config, _| {
        config.readiness = Arc::new(|| Readiness::NotReady(vec!["SIP is closed".to_owned()]));
    })
    .await;
    world.db.close().await;
    let ready = world.get("/readyz").send().await.ok(503);
    assert_eq!(ready["reasons"], json!(["SIP is closed", "the database does not answer"]));
    assert_eq!(world.get("/healthz").send().await.status, 200, "alive all the same");
}

#[tokio::test]
async fn who_is_left_out_is_named_and_the_others_are_served() {
    let world = World::with(|config, _| {
        config.readiness = Arc::new(|| Readiness::ReadyWithout(vec!["company 1 is left out".to_owned()]));
    })
    .await;
    let ready = world.get("/readyz").send().await.ok(200);
    assert_eq!(ready, json!({"ready": true, "reasons": ["company 1 is left out"]}));
}

#[tokio::test]
async fn a_database_that_is_away_is_a_503_and_never_a_500() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    world.db.close().await;
    for path in ["/api/v1/session", "/api/v1/interactions", "/api/v1/queues"] {
        let reply = world.get(path).bearer(&token).send().await;
        assert_eq!(reply.refusal(503), "database_unavailable", "{path}");
        assert_eq!(reply.header("retry-after"), "2");
    }
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_carry_the_servers_numbers() {
    let world = World::with(|config, _| {
        config.metrics = Arc::new(|| {
            vec![Metric {
                name: "perezvon_calls",
                help: "Calls now.",
                kind: MetricKind::Gauge,
                labels: Vec::new(),
                value: 7.0,
            }]
        });
    })
    .await;
    world.get(&format!("/api/v1/interactions/{}", world.first.interaction)).send().await;
    world.get("/api/v1/nowhere").send().await;
    let text = String::from_utf8(world.get("/metrics").send().await.bytes).unwrap();
    for line in [
        "perezvon_http_requests_total{method=\"GET\",route=\"/api/v1/interactions/{id}\",status=\"401\"} 1",
        "perezvon_calls 7",
        "perezvon_sockets 0",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
    assert!(!text.contains(&world.first.interaction.to_string()), "ids would make endless series");
}

#[tokio::test]
async fn every_answer_tells_browsers_what_the_page_may_do() {
    let world = World::new().await;
    for path in ["/healthz", "/api/v1/session", "/api/v1/nowhere"] {
        let reply = world.get(path).send().await;
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        assert!(reply.header("permissions-policy").starts_with("microphone=(self)"));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("x-request-id").len(), 36);
    }
}

#[tokio::test]
async fn every_refusal_has_the_same_form() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let ask = |method: &str, path: &str| {
        world.ask(method.parse().unwrap(), path).bearer(&token).header("content-type", "application/json")
    };
    assert_eq!(ask("GET", "/api/v1/nowhere").send().await.refusal(404), "not_found");
    assert_eq!(ask("GET", "/api").send().await.refusal(404), "not_found");
    assert_eq!(ask("PATCH", "/api/v1/queues").send().await.refusal(405), "wrong_method");
    assert_eq!(ask("GET", "/api/v1/interactions/7").send().await.refusal(404), "not_found");
    assert_eq!(ask("GET", "/api/v1/interactions?limit=many").send().await.refusal(422), "bad_query");
    assert_eq!(ask("GET", "/api/v1/interactions?limit=0").send().await.refusal(422), "bad_value");
    assert_eq!(ask("POST", "/api/v1/skills").raw("{").send().await.refusal(400), "bad_json");
    assert_eq!(ask("POST", "/api/v1/skills").raw("{} {}").send().await.refusal(422), "bad_body");
    assert_eq!(
        ask("POST", "/api/v1/skills").raw("\u{ff}".as_bytes().to_vec()).send().await.refusal(400),
        "bad_json"
    );
    assert_eq!(ask("POST", "/api/v1/skills").raw("x".repeat(70_000)).send().await.refusal(413), "too_large");
    let wrong_type = ask("POST", "/api/v1/skills").raw(r#"{"key":"a","name":7}"#).send().await;
    assert_eq!((wrong_type.refusal(422), &wrong_type.json["field"]), ("bad_body", &json!("name")));
    let deep = "[".repeat(50_000);
    assert_eq!(ask("POST", "/api/v1/skills").raw(deep).send().await.status, 422);
}
