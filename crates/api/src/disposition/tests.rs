use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn a_disposition_is_for_queues_of_the_own_company() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let body = |queue| json!({"key": "sold", "name": "Sold", "queues": [queue]});
    let foreign = world.post("/api/v1/dispositions", body(world.second.queue)).bearer(&token).send().await;
    assert_eq!((foreign.refusal(422), &foreign.json["field"]), ("bad_value", &json!("queues[0]")));
    let made =
        world.post("/api/v1/dispositions", body(world.first.queue)).bearer(&token).send().await.ok(201);
    assert_eq!(made["queues"], json!([world.first.queue]));
    let path = format!("/api/v1/dispositions/{}", made["id"].as_str().unwrap());
    world.delete(&path).bearer(&token).send().await.ok(204);
}
