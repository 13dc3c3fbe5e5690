use serde_json::{Value, json};

use crate::testing::World;
use crate::testing::company::FLOW;

fn body(json: &str) -> Value {
    json!({"key": "second", "name": "Second", "json": json})
}

#[tokio::test]
async fn a_flow_is_saved_as_it_was_written() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let made = world.post("/api/v1/flows", body(FLOW)).bearer(&token).send().await.ok(201);
    assert_eq!(made["json"], FLOW);
    let path = format!("/api/v1/flows/{}", made["id"].as_str().unwrap());
    world.put(&path, body(&FLOW.replace("greeting", "goodbye"))).bearer(&token).send().await.ok(200);
    world.delete(&path).bearer(&token).send().await.ok(204);
}

#[tokio::test]
async fn a_flow_with_problems_is_refused_with_all_of_them() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let bad = FLOW.replace("support", "nowhere").replace("greeting", "unheard");
    let path = format!("/api/v1/flows/{}", world.first.flow);
    let reply = world.put(&path, body(&bad)).bearer(&token).send().await;
    assert_eq!(reply.refusal(422), "flow_problems");
    let problems = reply.json["problems"].as_array().unwrap();
    let nodes: Vec<&str> = problems.iter().map(|problem| problem["node"].as_str().unwrap()).collect();
    assert_eq!(nodes, ["hello", "wait"]);
    let checked = world.post("/api/v1/flows/check", json!({"json": bad})).bearer(&token).send().await.ok(200);
    assert_eq!(checked["problems"], reply.json["problems"]);
    let kept = world.get("/api/v1/flows").bearer(&token).send().await.ok(200);
    assert_eq!(kept[0]["json"], FLOW, "nothing was saved");
}

#[tokio::test]
async fn text_that_is_no_flow_is_a_problem_and_not_an_error() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for text in ["", "{", "[]", "null", &"[".repeat(100_000), &"x".repeat(300_000)] {
        let checked =
            world.post("/api/v1/flows/check", json!({"json": text})).bearer(&token).send().await.ok(200);
        assert_eq!(checked["problems"].as_array().unwrap().len(), 1);
    }
    let huge = json!({"json": "x".repeat(2 << 20)});
    assert_eq!(world.post("/api/v1/flows/check", huge).bearer(&token).send().await.refusal(413), "too_large");
}

#[tokio::test]
async fn a_flow_that_numbers_lead_to_stays() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let reply = world.delete(&format!("/api/v1/flows/{}", world.first.flow)).bearer(&token).send().await;
    assert_eq!((reply.refusal(409), &reply.json["used_by"]), ("in_use", &json!(["+74950000001"])));
}
