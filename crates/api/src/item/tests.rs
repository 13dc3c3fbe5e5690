use perezvon_model::engine::CommandRefused;
use serde_json::json;

use crate::testing::{Seen, World};

#[tokio::test]
async fn a_chat_is_given_to_a_queue_and_taken_back() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    let body = json!({
        "queue": world.first.queue, "from": " Ivan ", "subject": "Where is my order?",
        "link": "https://chats.example/1", "customer": world.first.customer,
    });
    let made = world.post("/api/v1/items", body).bearer(&token).send().await.ok(201);
    let seen = world.fake.seen();
    let Some(Seen::Item(item)) = seen.last() else { panic!("the task was not asked: {seen:?}") };
    assert_eq!(made["interaction"], json!(item.interaction));
    assert_eq!(
        (item.from.as_str(), item.customer.as_ref().map(|card| card.id)),
        ("Ivan", Some(world.first.customer))
    );
    assert!(item.request.is_some(), "whoever gives it is answered");
    let path = format!("/api/v1/items/{}", world.first.interaction);
    world.delete(&path).bearer(&token).send().await.ok(204);
    assert!(matches!(world.fake.seen().last(), Some(Seen::Withdrawn(_))));
}

#[tokio::test]
async fn what_a_queue_does_not_take_is_refused_with_the_reason() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    world.fake.refuse_commands(CommandRefused::QueueTakesNobody);
    let body = json!({"queue": world.first.queue, "from": "Ivan", "subject": "Hello"});
    let refused = world.post("/api/v1/items", body).bearer(&token).send().await;
    assert_eq!(refused.refusal(409), "queue_takes_nobody");
}

#[tokio::test]
async fn a_link_that_is_no_web_address_is_refused() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    for link in [
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "//chats.example",
        "https://a b",
        "data:text/html,x",
    ] {
        let body = json!({"queue": world.first.queue, "from": "Ivan", "subject": "Hello", "link": link});
        let refused = world.post("/api/v1/items", body).bearer(&token).send().await;
        assert_eq!((refused.refusal(422), &refused.json["field"]), ("bad_value", &json!("link")), "{link}");
    }
}

#[tokio::test]
async fn another_companys_customer_and_item_are_not_there() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    let body = json!({
        "queue": world.first.queue, "from": "Ivan", "subject": "Hello", "customer": world.second.customer,
    });
    let refused = world.post("/api/v1/items", body).bearer(&token).send().await;
    assert_eq!((refused.refusal(422), &refused.json["field"]), ("bad_value", &json!("customer")));
    let path = format!("/api/v1/items/{}", world.second.interaction);
    assert_eq!(world.delete(&path).bearer(&token).send().await.refusal(404), "not_found");
    let agent = world.token(world.first.agent).await;
    let body = json!({"queue": world.first.queue, "from": "Ivan", "subject": "Hello"});
    assert_eq!(world.post("/api/v1/items", body).bearer(&agent).send().await.refusal(403), "forbidden");
}
