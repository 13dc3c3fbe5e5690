use serde_json::{Value, json};

use crate::testing::World;

fn body() -> Value {
    json!({
        "key": "second", "name": "Second provider", "sources": ["198.51.100.0/24", "2001:db8::1"], "max_calls": 30,
        "registration": {"registrar": "sip:provider.example", "username": "u", "password": "top secret", "expires_s": 600},
    })
}

#[tokio::test]
async fn the_secret_of_a_trunk_goes_in_and_never_comes_out() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let made = world.post("/api/v1/trunks", body()).bearer(&token).send().await.ok(201);
    let listed = world.get("/api/v1/trunks").bearer(&token).send().await.ok(200);
    assert!(!made.to_string().contains("top secret") && !listed.to_string().contains("top secret"));
    assert_eq!(made["registration"]["username"], "u");

    let mut change = body();
    change["registration"].as_object_mut().unwrap().remove("password");
    change["name"] = json!("Renamed");
    let path = format!("/api/v1/trunks/{}", made["id"].as_str().unwrap());
    world.put(&path, change).bearer(&token).send().await.ok(200);
    let id = made["id"].as_str().unwrap().parse().unwrap();
    let kept = world.db.tenant(&world.first.scope).trunk(id).await.unwrap();
    assert_eq!((kept.name.as_str(), kept.registration.unwrap().password.as_str()), ("Renamed", "top secret"));
    world.delete(&path).bearer(&token).send().await.ok(204);
}

#[tokio::test]
async fn what_is_wrong_with_a_trunk_is_named() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for (path, value, field) in [
        ("/sources", json!(["198.51.100.0/24", "everywhere"]), "sources[1]"),
        ("/sources", json!(["198.51.100.0/99"]), "sources[0]"),
        ("/sources", json!(["0.0.0.0/0"]), "sources[0]"),
        ("/sources", json!(["198.51.100.0/24", "2000::/15"]), "sources[1]"),
        ("/max_calls", json!(0), "max_calls"),
        ("/registration/registrar", json!("provider.example"), "registration.registrar"),
        ("/registration/registrar", json!("sip:a b"), "registration.registrar"),
        ("/registration/expires_s", json!(59), "registration.expires_s"),
        ("/registration/password", json!(null), "registration.password"),
    ] {
        let mut body = body();
        *body.pointer_mut(path).unwrap() = value;
        let reply = world.post("/api/v1/trunks", body).bearer(&token).send().await;
        assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!(field)));
    }
    let nowhere = json!({"key": "x", "name": "X", "max_calls": 1});
    let reply = world.post("/api/v1/trunks", nowhere).bearer(&token).send().await;
    assert_eq!(reply.json["field"], "sources");
}

#[tokio::test]
async fn a_trunk_that_queues_and_flows_call_through_stays() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let made = world.post("/api/v1/trunks", body()).bearer(&token).send().await.ok(201);
    let path = format!("/api/v1/trunks/{}", made["id"].as_str().unwrap());
    let out = json!({"kind": "number", "to": "+74951234567", "trunk": made["id"]});
    let overflow = json!({"overflow": [{"when": {"kind": "nobody_signed_in"}, "to": out}]});
    let hours = json!({"hours": {"time_zone": "", "week": [], "holidays": [], "exceptions": [], "closed": out, "at_close": "serve"}});
    for routing in [overflow, hours] {
        let mut queue = crate::queue::tests::body("sales");
        queue["routing"] = routing;
        let queue = world.post("/api/v1/queues", queue).bearer(&token).send().await.ok(201);
        let refused = world.delete(&path).bearer(&token).send().await;
        assert_eq!((refused.refusal(409), &refused.json["used_by"]), ("in_use", &json!(["Sales"])));
        let path = format!("/api/v1/queues/{}", queue["id"].as_str().unwrap());
        world.delete(&path).bearer(&token).send().await.ok(204);
    }
    let transfer = json!({"version": 1, "start": "out", "nodes": {
        "out": {"type": "transfer", "to": "+74951234567", "trunk": "second", "on_fail": "end"}, "end": {"type": "hang_up"}}});
    let flow = json!({"key": "out", "name": "Outward", "json": transfer.to_string()});
    let flow = world.post("/api/v1/flows", flow).bearer(&token).send().await.ok(201);
    let refused = world.delete(&path).bearer(&token).send().await;
    assert_eq!((refused.refusal(409), &refused.json["used_by"]), ("in_use", &json!(["Outward"])));
    let mut renamed = body();
    renamed["key"] = json!("third");
    let refused = world.put(&path, renamed).bearer(&token).send().await;
    assert_eq!((refused.refusal(409), &refused.json["field"]), ("in_use", &json!("key")));
    let flow = format!("/api/v1/flows/{}", flow["id"].as_str().unwrap());
    world.delete(&flow).bearer(&token).send().await.ok(204);
    world.delete(&path).bearer(&token).send().await.ok(204);
}
