use serde_json::{Value, json};

use crate::testing::World;

#[tokio::test]
async fn a_card_is_made_found_and_changed() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let body = json!({"name": "Пётр", "numbers": ["8 (495) 123-45-67"]});
    let made = world.post("/api/v1/customers", body).bearer(&token).send().await.ok(201);
    assert_eq!((&made["numbers"], &made["version"]), (&json!(["+74951234567"]), &json!(1)));
    let found =
        world.get("/api/v1/customers?text=%D0%BF%D1%91%D1%82%D1%80").bearer(&token).send().await.ok(200);
    assert_eq!(found["items"][0]["id"], made["id"]);
    let path = format!("/api/v1/customers/{}", made["id"].as_str().unwrap());
    let change =
        json!({"version": 1, "name": "Пётр Ильич", "numbers": ["+74951234567"], "note": "prefers mail"});
    let changed = world.put(&path, change).bearer(&token).send().await.ok(200);
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Пётр Ильич"), &json!(2)));
    assert_eq!(world.get(&path).bearer(&token).send().await.ok(200), changed);
}

#[tokio::test]
async fn a_card_changed_meanwhile_is_answered_with_what_it_is_now() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let path = format!("/api/v1/customers/{}", world.first.customer);
    let save = |name: &str| json!({"version": 1, "name": name, "numbers": ["+79160000001"]});
    world.put(&path, save("first")).bearer(&token).send().await.ok(200);
    let late = world.put(&path, save("second")).bearer(&token).send().await;
    assert_eq!(late.refusal(409), "changed_meanwhile");
    assert_eq!(
        (&late.json["current"]["name"], &late.json["current"]["version"]),
        (&json!("first"), &json!(2))
    );
}

#[tokio::test]
async fn a_number_belongs_to_one_card() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let body = json!({"name": "Another", "numbers": ["+79160000001"]});
    let reply = world.post("/api/v1/customers", body).bearer(&token).send().await;
    assert_eq!((reply.refusal(409), &reply.json["field"]), ("taken", &json!("numbers")));
}

#[tokio::test]
async fn what_is_wrong_with_a_card_is_named() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": "a\u{0}"}), "name"),
        (json!({"name": "a", "numbers": ["+79160000009", "hello"]}), "numbers[1]"),
        (json!({"name": "a", "numbers": ["+79160000009", "8 916 000 00 09"]}), "numbers[1]"),
        (json!({"name": "a", "fields": [{"name": "", "value": "x"}]}), "fields[0].name"),
        (json!({"name": "a", "note": "n".repeat(10_001)}), "note"),
        (json!({"name": "a", "numbers": vec!["+79160000009"; 21]}), "numbers"),
        (json!({"name": 5}), "name"),
    ] {
        let reply = world.post("/api/v1/customers", body).bearer(&token).send().await;
        reply.refusal(422);
        assert_eq!(reply.json["field"], field);
    }
}

#[tokio::test]
async fn pages_show_every_card_once() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    for n in 0..12 {
        let body = json!({"name": format!("Customer {n:02}")});
        world.post("/api/v1/customers", body).bearer(&token).send().await.ok(201);
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            world.get(&format!("/api/v1/customers?limit=5{cursor}")).bearer(&token).send().await.ok(200);
        names.extend(page["items"].as_array().unwrap().iter().map(|card| card["name"].clone()));
        let Value::String(next) = &page["next_cursor"] else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names.len(), 13);
    assert_eq!(names[0], "Anna Ivanova");
    let reply = world.get("/api/v1/interactions?cursor=zz").bearer(&token).send().await;
    assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!("cursor")));
}
