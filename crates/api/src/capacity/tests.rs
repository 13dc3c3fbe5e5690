use serde_json::{Value, json};

use crate::testing::World;

fn capacity() -> Value {
    json!({
        "units": 6,
        "voice": {"cost": 6, "most": 1, "interrupts": ["mail"]},
        "chat": {"cost": 2, "most": 3, "interrupts": ["mail"]},
        "mail": {"cost": 6, "most": 1, "interrupts": []},
    })
}

#[tokio::test]
async fn the_company_has_a_capacity_and_it_is_kept() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let before = world.get("/api/v1/capacity").bearer(&token).send().await.ok(200);
    assert_eq!(before, capacity(), "the default");
    let mut more = capacity();
    more["chat"]["most"] = json!(2);
    world.put("/api/v1/capacity", more.clone()).bearer(&token).send().await.ok(200);
    assert_eq!(world.get("/api/v1/capacity").bearer(&token).send().await.ok(200), more);
    let other = world.token(world.second.admin).await;
    assert_eq!(world.get("/api/v1/capacity").bearer(&other).send().await.ok(200), capacity());
}

#[tokio::test]
async fn a_capacity_that_cannot_work_is_refused_by_its_field() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for (path, value, field) in [
        ("/units", json!(0), "capacity.units"),
        ("/units", json!(101), "capacity.units"),
        ("/chat/cost", json!(7), "capacity.chat.cost"),
        ("/chat/most", json!(21), "capacity.chat.most"),
        ("/voice/most", json!(2), "capacity.voice.most"),
        ("/mail/interrupts", json!(["voice"]), "capacity.mail.interrupts"),
    ] {
        let mut body = capacity();
        *body.pointer_mut(path).unwrap() = value;
        let refused = world.put("/api/v1/capacity", body).bearer(&token).send().await;
        assert_eq!((refused.refusal(422), &refused.json["field"]), ("bad_value", &json!(field)), "{path}");
    }
}
