use perezvon_model::Device;
use perezvon_model::engine::{AgentCommand, CommandRefused};
use serde_json::json;

use crate::testing::{Seen, World};

#[tokio::test]
async fn an_agent_sees_the_own_desk() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let desk = world.get("/api/v1/desk").bearer(&token).send().await.ok(200);
    assert_eq!(desk["agent"], world.first.agent.to_string());
    assert_eq!(desk["presence"], json!({"state": "ready"}));
}

#[tokio::test]
async fn who_takes_no_interactions_has_no_desk() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    assert_eq!(world.get("/api/v1/desk").bearer(&token).send().await.refusal(404), "no_desk");
}

#[tokio::test]
async fn a_command_reaches_the_tenant_under_the_own_name() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let command = json!({"command": "set_device", "device": "phone"});
    world.post("/api/v1/desk/command", command).bearer(&token).send().await.ok(204);
    let seen = Seen::Command(world.first.agent, AgentCommand::SetDevice { device: Device::Phone });
    assert_eq!(world.fake.seen(), [seen]);
    let kept = world.db.tenant(&world.first.scope).user(world.first.agent).await.unwrap().device;
    assert_eq!(kept, Device::Phone, "the next start knows the device too");
}

#[tokio::test]
async fn a_refused_command_says_its_code_and_what_to_do() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    world.fake.refuse_commands(CommandRefused::NoDevice);
    let command = json!({"command": "set_presence", "presence": {"state": "ready"}});
    let reply = world.post("/api/v1/desk/command", command).bearer(&token).send().await;
    assert_eq!(reply.refusal(409), "no_device");
    assert!(reply.json["detail"].as_str().unwrap().contains("register the phone"));
}

#[tokio::test]
async fn a_note_that_misses_its_wrap_up_is_kept() {
    let world = World::new().await;
    let (first, agent) = (&world.first, world.token(world.first.agent).await);
    world.fake.refuse_commands(CommandRefused::NotYours);
    let note = |note: &str| {
        json!({"command": "wrap_up", "interaction": first.interaction, "disposition": first.disposition, "note": note,
            "finish": false})
    };
    // The wrap-up of the company's history ended some three days ago.
    world.post("/api/v1/desk/command", note("written on a train")).bearer(&agent).send().await.ok(204);
    let tenant = world.db.tenant(&first.scope);
    assert_eq!(tenant.interaction(first.interaction).await.unwrap().note, "written on a train");

    let other = world.token(first.supervisor).await;
    let reply = world.post("/api/v1/desk/command", note("by another")).bearer(&other).send().await;
    assert_eq!(reply.refusal(409), "not_yours");
    let mut nothing = note("x");
    nothing["disposition"] = json!(perezvon_store::new_id::<perezvon_model::DispositionId>());
    let reply = world.post("/api/v1/desk/command", nothing).bearer(&agent).send().await;
    assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!("disposition")));
    world.advance(7 * 86_400_000);
    let agent = world.token(first.agent).await;
    let reply = world.post("/api/v1/desk/command", note("too late")).bearer(&agent).send().await;
    assert_eq!(reply.refusal(409), "not_yours");
    assert_eq!(tenant.interaction(first.interaction).await.unwrap().note, "written on a train");
}

#[tokio::test]
async fn a_command_out_of_range_never_reaches_the_tenant() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let interaction = world.first.interaction;
    for (command, field) in [
        (json!({"command": "send_digits", "interaction": interaction, "digits": "12x"}), "digits"),
        (json!({"command": "send_digits", "interaction": interaction, "digits": ""}), "digits"),
        (
            json!({"command": "set_presence", "presence": {"state": "break", "reason": "a\nb"}}),
            "presence.reason",
        ),
        (
            json!({"command": "wrap_up", "interaction": interaction, "disposition": null, "note": "x".repeat(5_000),
                "finish": false}),
            "note",
        ),
    ] {
        let reply = world.post("/api/v1/desk/command", command).bearer(&token).send().await;
        assert_eq!((reply.refusal(422), &reply.json["field"]), ("bad_value", &json!(field)));
    }
    assert_eq!(world.fake.seen(), []);
}

#[tokio::test]
async fn a_full_mailbox_is_answered_with_try_again() {
    // A mailbox that nobody empties.
    let (commands, _kept) = tokio::sync::mpsc::channel(1);
    let port = crate::ports::TenantPort { commands };
    let request = || crate::ports::PortRequest::DeskSocket { agent: perezvon_store::new_id(), open: true };
    assert!(super::post(&port, request()).is_ok());
    let full = super::post(&port, request()).unwrap_err();
    assert_eq!((full.status().as_u16(), full.code()), (503, "unavailable"));
}
