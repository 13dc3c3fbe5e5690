use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_skill_that_queues_need_stays() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let path = format!("/api/v1/skills/{}", world.first.skill);
    let reply = world.delete(&path).bearer(&token).send().await;
    assert_eq!((reply.refusal(409), &reply.json["used_by"]), ("in_use", &json!(["Support"])));
}

#[tokio::test]
async fn a_skill_is_made_renamed_and_deleted() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let made = world
        .post("/api/v1/skills", json!({"key": "french", "name": "French"}))
        .bearer(&token)
        .send()
        .await
        .ok(201);
    let path = format!("/api/v1/skills/{}", made["id"].as_str().unwrap());
    let body = json!({"key": "french", "name": "Français"});
    assert_eq!(world.put(&path, body).bearer(&token).send().await.ok(200)["name"], "Français");
    world.delete(&path).bearer(&token).send().await.ok(204);
    assert_eq!(world.delete(&path).bearer(&token).send().await.refusal(404), "not_found");
}
