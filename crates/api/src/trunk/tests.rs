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
