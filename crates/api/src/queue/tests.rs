use serde_json::{Value, json};

use crate::testing::{Seen, World};

pub fn body(key: &str) -> Value {
    json!({
        "key": key, "name": "Sales", "required_skills": [], "ring_timeout_s": 20,
        "wrap_up": {"mode": "timed", "limit_s": 30}, "service_level_s": 20, "service_level_target": 80,
        "short_abandon_s": 5, "max_waiting": 50, "record": false,
    })
}

#[tokio::test]
async fn a_saved_queue_runs_at_once() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let made = world.post("/api/v1/queues", body("sales")).bearer(&token).send().await.ok(201);
    assert_eq!(world.fake.seen(), [Seen::Reload]);
    let mut change = body("sales");
    change["name"] = json!("Sales, second line");
    change["required_skills"] = json!([{"skill": world.first.skill, "level": 3}]);
    let path = format!("/api/v1/queues/{}", made["id"].as_str().unwrap());
    let changed = world.put(&path, change).bearer(&token).send().await.ok(200);
    assert_eq!(
        (&changed["name"], &changed["required_skills"][0]["level"]),
        (&json!("Sales, second line"), &json!(3))
    );
    world.delete(&path).bearer(&token).send().await.ok(204);
    assert_eq!(world.fake.seen(), [Seen::Reload, Seen::Reload, Seen::Reload]);
    assert_eq!(world.get("/api/v1/queues").bearer(&token).send().await.ok(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn each_field_out_of_range_is_named_and_nothing_is_saved() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    for (field, value, named) in [
        ("key", json!("With Space"), "key"),
        ("name", json!(" "), "name"),
        ("ring_timeout_s", json!(2), "ring_timeout_s"),
        ("wrap_up", json!({"mode": "timed", "limit_s": 901}), "wrap_up.limit_s"),
        ("service_level_s", json!(0), "service_level_s"),
        ("service_level_target", json!(101), "service_level_target"),
        ("short_abandon_s", json!(61), "short_abandon_s"),
        ("max_waiting", json!(0), "max_waiting"),
        ("max_waiting", json!(-1), "max_waiting"),
        ("required_skills", json!([{"skill": world.first.skill, "level": 11}]), "required_skills[0].level"),
        ("required_skills", json!([{"skill": world.second.skill, "level": 1}]), "required_skills"),
    ] {
        let mut body = body("sales");
        body[field] = value;
        let reply = world.post("/api/v1/queues", body).bearer(&token).send().await;
        reply.refusal(422);
        assert_eq!(reply.json["field"], named);
    }
    assert_eq!(world.fake.seen(), []);
    assert_eq!(world.get("/api/v1/queues").bearer(&token).send().await.ok(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_is_taken_once() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let reply = world.post("/api/v1/queues", body("support")).bearer(&token).send().await;
    assert_eq!((reply.refusal(409), &reply.json["field"]), ("taken", &json!("key")));
}

#[tokio::test]
async fn a_queue_that_flows_lead_to_keeps_its_key_and_stays() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let path = format!("/api/v1/queues/{}", world.first.queue);
    let deleted = world.delete(&path).bearer(&token).send().await;
    assert_eq!((deleted.refusal(409), &deleted.json["used_by"]), ("in_use", &json!(["Main"])));
    let renamed = world.put(&path, body("renamed")).bearer(&token).send().await;
    assert_eq!((renamed.refusal(409), &renamed.json["field"]), ("in_use", &json!("key")));
    world.put(&path, body("support")).bearer(&token).send().await.ok(200);
}

#[tokio::test]
async fn a_change_is_finished_even_when_whoever_asked_hangs_up() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    world.fake.hold_reloads();
    let mut reloaded = world.state.reloads();
    // Dropped half way, as a connection that breaks would drop it.
    tokio::select! {
        reply = world.post("/api/v1/queues", body("sales")).bearer(&token).send() => panic!("not held: {reply:?}"),
        () = world.fake.wait_for(&Seen::Reload) => {}
    }
    world.fake.release_reloads();
    let limit = std::time::Duration::from_secs(20);
    tokio::time::timeout(limit, reloaded.changed()).await.expect("the change is finished").unwrap();
    assert_eq!(world.db.tenant(&world.first.scope).queues().await.unwrap().len(), 2);
}

fn with(key: &str, routing: Value) -> Value {
    let mut body = body(key);
    body["routing"] = routing;
    body
}

#[tokio::test]
async fn a_rule_out_of_range_or_without_effect_is_named_and_nothing_is_saved() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let (support, skill, foreign) = (world.first.queue, world.first.skill, world.second.queue);
    let week = json!([{"days": ["mon"], "from": "09:00", "to": "18:00"}]);
    for (routing, named) in [
        (
            json!({"overflow": [{"when": {"kind": "waited_over", "s": 0}, "to": {"kind": "voicemail"}}]}),
            "routing.overflow[0].when.s",
        ),
        (
            json!({"overflow": [{"when": {"kind": "nobody_signed_in"}, "to": {"kind": "queue", "queue": foreign}}]}),
            "routing.overflow[0].to",
        ),
        (
            json!({"overflow": [{"when": {"kind": "nobody_signed_in"}, "to": {"kind": "number", "to": "no number", "trunk": null}}]}),
            "routing.overflow[0].to.to",
        ),
        (
            json!({"announcements": [{"after_s": 5, "every_s": 3, "say": {"kind": "position"}}]}),
            "routing.announcements[0].every_s",
        ),
        (
            json!({"announcements": [{"after_s": 5, "every_s": 0, "say": {"kind": "prompt", "name": "nothing"}}]}),
            "routing.announcements[0].say.name",
        ),
        (
            json!({"hours": {"week": [{"days": [], "from": "09:00", "to": "18:00"}]}}),
            "routing.hours.week[0].days",
        ),
        (
            json!({"hours": {"week": [{"days": ["mon"], "from": "19:00", "to": "18:00"}]}}),
            "routing.hours.week[0].to",
        ),
        (json!({"hours": {"week": week, "time_zone": "Mars/Base"}}), "routing.hours.time_zone"),
        (json!({"callbacks": {"tries": 0}}), "routing.callbacks.tries"),
        (json!({"preferred": {"owner_s": 601}}), "routing.preferred.owner_s"),
        (
            json!({"steps": [{"after_s": 5, "widen": {"kind": "drop_skill", "skill": skill}}]}),
            "routing.steps[0].widen",
        ),
        (
            json!({"steps": [
                {"after_s": 5, "widen": {"kind": "add_queue", "queue": support}},
                {"after_s": 6, "widen": {"kind": "add_queue", "queue": support}},
            ]}),
            "routing.steps[1].widen",
        ),
        (
            json!({"steps": [{"after_s": 5, "widen": {"kind": "add_queue", "queue": foreign}}]}),
            "routing.steps[0].widen",
        ),
    ] {
        let reply = world.post("/api/v1/queues", with("sales", routing)).bearer(&token).send().await;
        assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!(named)));
    }
    assert_eq!(world.fake.seen(), []);
}

#[tokio::test]
async fn a_circle_of_overflows_is_named_and_refused() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let to = |queue: &Value| json!({"overflow": [{"when": {"kind": "nobody_signed_in"}, "to": {"kind": "queue", "queue": queue}}]});
    let support = json!(world.first.queue);
    let second =
        world.post("/api/v1/queues", with("second", to(&support))).bearer(&token).send().await.ok(201);
    let third =
        world.post("/api/v1/queues", with("third", to(&second["id"]))).bearer(&token).send().await.ok(201);
    let path = format!("/api/v1/queues/{}", world.first.queue);
    let circle = world.put(&path, with("support", to(&third["id"]))).bearer(&token).send().await;
    assert_eq!((circle.refusal(422), &circle.json["field"]), ("bad_value", &json!("routing.overflow")));
    let named = "callers would go in a circle: Sales → Sales → Sales → Sales";
    assert_eq!(circle.json["detail"], json!(named));
    let own = world.put(&path, with("support", to(&support))).bearer(&token).send().await;
    assert_eq!((own.refusal(422), &own.json["field"]), ("bad_value", &json!("routing.overflow[0].to")));
    let needed = world
        .delete(&format!("/api/v1/queues/{}", second["id"].as_str().unwrap()))
        .bearer(&token)
        .send()
        .await;
    assert_eq!((needed.refusal(409), &needed.json["used_by"]), ("in_use", &json!(["Sales"])));
}

#[tokio::test]
async fn a_queue_that_nobody_can_serve_is_named() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let made = world.post("/api/v1/queues", body("sales")).bearer(&token).send().await.ok(201);
    let warnings = async || world.get("/api/v1/queues/warnings").bearer(&token).send().await.ok(200);
    assert_eq!(warnings().await, json!([{"queue": made["id"], "kind": {"kind": "no_agents"}}]));
    let path = format!("/api/v1/queues/{}", made["id"].as_str().unwrap());
    let helped =
        json!({"steps": [{"after_s": 5, "widen": {"kind": "add_queue", "queue": world.first.queue}}]});
    world.put(&path, with("sales", helped.clone())).bearer(&token).send().await.ok(200);
    assert_eq!(warnings().await, json!([]));
    let mut skilled = with("sales", helped);
    skilled["required_skills"] = json!([{"skill": world.first.skill, "level": 10}]);
    world.put(&path, skilled).bearer(&token).send().await.ok(200);
    let missing = json!({"kind": "nobody_has_skill", "skill": world.first.skill, "level": 10});
    assert_eq!(warnings().await, json!([{"queue": made["id"], "kind": missing}]));
}
