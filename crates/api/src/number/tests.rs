use serde_json::json;

use crate::testing::World;

#[tokio::test]
async fn numbers_are_kept_in_one_form_however_they_are_written() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for (written, kept) in
        [("8 (812) 555-12-34", "+78125551234"), ("+49 30 123456", "+4930123456"), ("101", "101")]
    {
        let body = json!({"number": written, "flow": world.first.flow, "language": "ru"});
        let made = world.post("/api/v1/numbers", body).bearer(&token).send().await.ok(201);
        assert_eq!(made["number"], kept);
    }
}

#[tokio::test]
async fn a_number_has_one_owner_in_the_whole_installation() {
    let world = World::new().await;
    let token = world.token(world.second.admin).await;
    let body = json!({"number": "+74950000001", "flow": world.second.flow, "language": "ru"});
    let reply = world.post("/api/v1/numbers", body).bearer(&token).send().await;
    assert_eq!((reply.refusal(409), &reply.json["field"]), ("taken", &json!("number")));
}

#[tokio::test]
async fn a_number_leads_to_a_flow_of_the_own_company() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for (number, flow, field) in [
        ("102", world.second.flow, "flow"),
        ("hello", world.first.flow, "number"),
        ("", world.first.flow, "number"),
    ] {
        let body = json!({"number": number, "flow": flow, "language": "ru"});
        let reply = world.post("/api/v1/numbers", body).bearer(&token).send().await;
        assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!(field)));
    }
}
