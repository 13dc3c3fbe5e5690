use serde_json::{Value, json};

use crate::testing::World;

fn body(world: &World) -> Value {
    json!({
        "email": "new@first.example", "name": "New", "role": "agent", "language": "ru", "device": "browser",
        "queues": [world.first.queue], "skills": [{"skill": world.first.skill, "level": 7}], "password": "long enough",
    })
}

async fn signs_in(world: &World, email: &str, password: &str) -> bool {
    let body = json!({"email": email, "password": password});
    world.post("/api/v1/session", body).send().await.status == 200
}

#[tokio::test]
async fn a_new_person_signs_in_and_gets_a_phone_account_by_the_same_password() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let mut body = body(&world);
    body["sip_username"] = json!("new");
    let made = world.post("/api/v1/users", body).bearer(&token).send().await.ok(201);
    assert!(!made.to_string().contains("long enough"));
    assert!(signs_in(&world, "new@first.example", "long enough").await);
    let directory = world.db.directory().await.unwrap();
    let phone = directory.phones.iter().find(|phone| phone.sip_username.as_deref() == Some("new")).unwrap();
    let ha1 = crate::sip_ha1("new", "long enough");
    assert_eq!((phone.ha1_md5.as_ref(), phone.ha1_sha256.as_ref()), (Some(&ha1.md5), Some(&ha1.sha256)));
}

#[tokio::test]
async fn a_new_password_signs_the_person_out_everywhere() {
    let world = World::new().await;
    let admin = world.token(world.first.admin).await;
    let agent = world.token(world.first.agent).await;
    let mut body = body(&world);
    body["email"] = json!("agent@first.example");
    body["password"] = json!("another one");
    let path = format!("/api/v1/users/{}", world.first.agent);
    world.put(&path, body).bearer(&admin).send().await.ok(200);
    assert_eq!(world.get("/api/v1/session").bearer(&agent).send().await.refusal(401), "signed_out");
    assert!(signs_in(&world, "agent@first.example", "another one").await);
}

#[tokio::test]
async fn without_a_password_the_old_one_stays() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let mut body = body(&world);
    body["email"] = json!("agent@first.example");
    body.as_object_mut().unwrap().remove("password");
    let path = format!("/api/v1/users/{}", world.first.agent);
    world.put(&path, body.clone()).bearer(&token).send().await.ok(200);
    assert!(signs_in(&world, "agent@first.example", crate::testing::PASSWORD).await);
    body["sip_username"] = json!("phone1");
    let reply = world.put(&path, body).bearer(&token).send().await;
    assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!("password")));
}

#[tokio::test]
async fn admins_can_neither_delete_nor_demote_themselves() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let path = format!("/api/v1/users/{}", world.first.admin);
    assert_eq!(world.delete(&path).bearer(&token).send().await.refusal(409), "own_account");
    let mut body = body(&world);
    body["email"] = json!("admin@first.example");
    assert_eq!(world.put(&path, body).bearer(&token).send().await.refusal(409), "own_account");
}

#[tokio::test]
async fn a_deleted_person_is_out_at_once() {
    let world = World::new().await;
    let admin = world.token(world.first.admin).await;
    let agent = world.token(world.first.agent).await;
    world.delete(&format!("/api/v1/users/{}", world.first.agent)).bearer(&admin).send().await.ok(204);
    assert_eq!(world.get("/api/v1/session").bearer(&agent).send().await.refusal(401), "signed_out");
    assert!(!signs_in(&world, "agent@first.example", crate::testing::PASSWORD).await);
}

#[tokio::test]
async fn what_is_wrong_with_a_person_is_named() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for (field, value, status, named) in [
        ("email", json!("nobody"), 422, "email"),
        ("email", json!("admin@second.example"), 409, "email"),
        ("name", json!(""), 422, "name"),
        ("role", json!("owner"), 422, "role"),
        ("password", json!("short"), 422, "password"),
        ("password", json!(null), 422, "password"),
        ("queues", json!([world.second.queue]), 422, "queues[0]"),
        ("queues", json!([world.first.queue, world.first.queue]), 422, "queues[1]"),
        ("skills", json!([{"skill": world.second.skill, "level": 1}]), 422, "skills[0].skill"),
        ("skills", json!([{"skill": world.first.skill, "level": 0}]), 422, "skills[0].level"),
        ("sip_username", json!("a b"), 422, "sip_username"),
        ("phone_uri", json!("http://x"), 422, "phone_uri"),
    ] {
        let mut body = body(&world);
        body[field] = value;
        let reply = world.post("/api/v1/users", body).bearer(&token).send().await;
        reply.refusal(status);
        assert_eq!(reply.json["field"], named);
    }
}
