use serde_json::{Value, json};

use crate::testing::World;

/// What the first company's admin changed, narrowed by more of a query.
async fn changes(world: &World, token: &str, more: &str) -> Vec<Value> {
    let path = format!("/api/v1/changes?by={}{more}", world.first.admin);
    let page = world.get(&path).bearer(token).send().await.ok(200);
    page["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn each_change_is_kept_with_who_when_before_and_after() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    assert_eq!(changes(&world, &token, "").await, [] as [Value; 0]);
    let body = json!({"key": "french", "name": "French"});
    let made = world.post("/api/v1/skills", body).bearer(&token).send().await.ok(201);
    let path = format!("/api/v1/skills/{}", made["id"].as_str().expect("an id"));
    let body = json!({"key": "french", "name": "Français"});
    world.put(&path, body.clone()).bearer(&token).send().await.ok(200);
    world.put(&path, body).bearer(&token).send().await.ok(200);
    world.delete(&path).bearer(&token).send().await.ok(204);
    let all = changes(&world, &token, "").await;
    let names = |side: &str| all.iter().map(|change| change[side]["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names("before"), [json!("Français"), json!("French"), Value::Null], "saved as it was: no row");
    assert_eq!(names("after"), [Value::Null, json!("Français"), json!("French")]);
    for change in &all {
        assert_eq!((&change["subject"], &change["subject_id"]), (&json!("skill"), &made["id"]));
        assert_eq!(change["user"], json!(world.first.admin));
    }
    assert!(all[0]["version"].as_i64() > all[2]["version"].as_i64());
    assert_eq!(all[0]["user_name"], "admin");
    assert!(all[0]["at"].as_i64() >= all[2]["at"].as_i64());
}

#[tokio::test]
async fn a_password_is_noted_and_never_shown() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let trunk = |password: &str| {
        json!({"key": "p", "name": "Provider", "sources": [], "max_calls": 10,
            "registration": {"registrar": "sip:p.example", "username": "u", "password": password, "expires_s": 300}})
    };
    let made = world.post("/api/v1/trunks", trunk("first-secret")).bearer(&token).send().await.ok(201);
    let path = format!("/api/v1/trunks/{}", made["id"].as_str().expect("an id"));
    world.put(&path, trunk("other-secret")).bearer(&token).send().await.ok(200);
    let all = changes(&world, &token, "&subject=trunk").await;
    assert_eq!(all[0]["before"]["registration"]["password"], json!("kept"));
    assert_eq!(all[0]["after"]["registration"]["password"], json!("another"));
    assert!(!json!(all).to_string().contains("secret"));
}

#[tokio::test]
async fn a_list_is_of_one_thing_and_goes_page_by_page() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for name in ["a", "b", "c"] {
        world.post("/api/v1/skills", json!({"key": name, "name": name})).bearer(&token).send().await.ok(201);
    }
    let of_queues = changes(&world, &token, "&subject=queue").await;
    assert_eq!(of_queues, [] as [Value; 0]);
    let first = world
        .get(&format!("/api/v1/changes?by={}&limit=2", world.first.admin))
        .bearer(&token)
        .send()
        .await
        .ok(200);
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let rest = changes(&world, &token, &format!("&limit=2&cursor={cursor}")).await;
    assert_eq!((first["items"].as_array().map(Vec::len), rest.len()), (Some(2), 1));
    let one =
        changes(&world, &token, &format!("&id={}", rest[0]["subject_id"].as_str().expect("an id"))).await;
    assert_eq!(one, rest);
    let at = rest[0]["at"].as_i64().expect("a time");
    let made = changes(&world, &token, &format!("&from={at}")).await;
    assert!(made.iter().all(|change| change["at"].as_i64() >= Some(at)) && made.contains(&rest[0]));
    let before = changes(&world, &token, &format!("&to={at}")).await;
    assert!(before.iter().all(|change| change["at"].as_i64() < Some(at)));
    let by_console = world.get("/api/v1/changes?by=console").bearer(&token).send().await.ok(200);
    assert_eq!(by_console["items"][0]["user"], Value::Null);
    world.get("/api/v1/changes?by=somebody").bearer(&token).send().await.refusal(422);
    world.get("/api/v1/changes?limit=201").bearer(&token).send().await.refusal(422);
    world.get("/api/v1/changes?subject=secret").bearer(&token).send().await.refusal(422);
}

#[tokio::test]
async fn what_people_change_of_their_own_is_theirs_in_the_trail() {
    let world = World::new().await;
    let agent = world.token(world.first.agent).await;
    let body = json!({"old_password": crate::testing::PASSWORD, "password": "a better password"});
    world.put("/api/v1/session/password", body).bearer(&agent).send().await.ok(204);
    let token = world.token(world.first.admin).await;
    let path = format!("/api/v1/changes?by={}", world.first.agent);
    let page = world.get(&path).bearer(&token).send().await.ok(200);
    assert_eq!(page["items"][0]["after"]["password"], "another");
    assert!(!page.to_string().contains("better"), "{page}");
}

#[tokio::test]
async fn only_admins_see_it() {
    let world = World::new().await;
    for user in [world.first.supervisor, world.first.agent] {
        let token = world.token(user).await;
        world.get("/api/v1/changes").bearer(&token).send().await.refusal(403);
    }
}
