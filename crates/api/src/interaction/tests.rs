use std::path::PathBuf;

use perezvon_model::journal::{Channel, Direction, Entry, Event, Outcome, Party};
use perezvon_model::leg::Cause;
use perezvon_model::{InteractionId, RecordingId, UtcMs};
use perezvon_store::new_id;
use serde_json::{Value, json};

use crate::testing::{Company, World};

async fn ask(world: &World, user: perezvon_model::UserId, path: &str) -> crate::testing::Reply {
    let token = world.token(user).await;
    world.get(path).bearer(&token).send().await
}

fn path_of(company: &Company, rest: &str) -> String {
    format!("/api/v1/interactions/{}{rest}", company.interaction)
}

#[tokio::test]
async fn an_interaction_is_shown_with_every_step_and_the_names() {
    let world = World::new().await;
    let shown = ask(&world, world.first.supervisor, &path_of(&world.first, "")).await.ok(200);
    let row = &shown["interaction"];
    assert_eq!(
        (&row["outcome"], &row["recording"], &row["talk_ms"]),
        (&json!("answered"), &json!("sealed"), &json!(60_000))
    );
    assert_eq!((&row["queue_name"], &row["agent_name"]), (&json!("Support"), &json!("agent")));
    assert_eq!(shown["customer"]["name"], "Anna Ivanova");
    let entries = shown["entries"].as_array().unwrap();
    let kinds: Vec<&str> = entries.iter().map(|entry| entry["event"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"interaction_started"));
    assert!(kinds.contains(&"left_queue") && kinds.contains(&"wrap_up_ended"), "{kinds:?}");
    let noted = entries.iter().find(|entry| entry["event"]["kind"] == "noted").unwrap();
    assert_eq!((&noted["agent_name"], &noted["disposition_name"]), (&json!("agent"), &json!("Solved")));
}

#[tokio::test]
async fn agents_see_the_conversations_in_which_they_talked() {
    let world = World::new().await;
    let own = ask(&world, world.first.agent, "/api/v1/interactions").await.ok(200);
    assert_eq!(own["items"][0]["id"], world.first.interaction.to_string());
    let others = ask(&world, world.first.other_agent, "/api/v1/interactions").await.ok(200);
    assert_eq!(others["items"], json!([]));
    ask(&world, world.first.agent, &path_of(&world.first, "")).await.ok(200);
    for rest in ["", "/recording", "/peaks"] {
        let refused = ask(&world, world.first.other_agent, &path_of(&world.first, rest)).await;
        assert_eq!(refused.refusal(403), "forbidden", "{rest}");
    }
    let spying = format!("/api/v1/interactions?agent={}", world.first.agent);
    assert_eq!(ask(&world, world.first.other_agent, &spying).await.refusal(403), "forbidden");
}

/// One more call, refused in the flow, `n` seconds after the first of the company.
fn short_call(n: i64) -> [Entry; 2] {
    let interaction: InteractionId = new_id();
    let entry = |event| Entry {
        id: new_id(),
        at: UtcMs(1_795_000_100_000 + n * 1_000),
        interaction: Some(interaction),
        agent: None,
        event,
    };
    [
        entry(Event::InteractionStarted {
            channel: Channel::Voice,
            direction: Direction::Inbound,
            from: format!("+7916555{n:04}"),
            to: "+74950000001".to_owned(),
            trunk: None,
            flow: Some(new_id()),
        }),
        entry(Event::InteractionEnded {
            outcome: Outcome::EndedInFlow,
            cause: Cause::Normal,
            by: Party::Customer,
        }),
    ]
}

#[tokio::test]
async fn pages_by_cursor_show_every_interaction_once_newest_first() {
    let world = World::new().await;
    let entries: Vec<Entry> = (0..25).flat_map(short_call).collect();
    world.db.tenant(&world.first.scope).append(&entries).await.unwrap();
    let token = world.token(world.first.supervisor).await;
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let path = format!("/api/v1/interactions?limit=10{cursor}");
        let page = world.get(&path).bearer(&token).send().await.ok(200);
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    assert_eq!((seen.len(), pages), (26, 3));
    assert_eq!(seen.last().unwrap(), &world.first.interaction.to_string(), "the oldest is last");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 26, "none twice");
}

#[tokio::test]
async fn filters_find_and_leave_out() {
    let world = World::new().await;
    world.db.tenant(&world.first.scope).append(&short_call(7)).await.unwrap();
    let token = world.token(world.first.supervisor).await;
    for (query, found) in [
        ("number=9160000001".to_owned(), 1),
        ("outcome=ended_in_flow".to_owned(), 1),
        ("outcome=abandoned".to_owned(), 0),
        ("text=ivanova".to_owned(), 1),
        ("text=told%20how".to_owned(), 1),
        (format!("queue={}", world.first.queue), 1),
        (format!("agent={}", world.first.agent), 1),
        (format!("agent={}", world.first.other_agent), 0),
        ("from=1795000050000".to_owned(), 1),
        ("to=1795000050000".to_owned(), 1),
        (format!("queue={}", world.second.queue), 0),
        (String::new(), 2),
    ] {
        let page = world.get(&format!("/api/v1/interactions?{query}")).bearer(&token).send().await.ok(200);
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
    }
    for query in ["outcome=lost", "queue=7", "from=yesterday", "cursor=00", "limit=201", "text=a%00b"] {
        let reply = world.get(&format!("/api/v1/interactions?{query}")).bearer(&token).send().await;
        assert_eq!(reply.status.as_u16(), 422, "{query}");
    }
}

fn write_file(world: &World, recording: RecordingId, ending: &str, bytes: &[u8]) -> PathBuf {
    let folder = world.folder.path().join("recordings").join(world.first.scope.tenant().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{recording}.{ending}"));
    std::fs::write(&file, bytes).unwrap();
    file
}

#[tokio::test]
async fn a_sealed_recording_is_sent_whole_and_by_ranges() {
    let world = World::new().await;
    let sound: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    write_file(&world, world.first.recording, "opus", &sound);
    let token = world.token(world.first.agent).await;
    let path = path_of(&world.first, "/recording");
    let whole = world.get(&path).bearer(&token).send().await;
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("audio/ogg", "bytes"));
    assert_eq!((whole.status.as_u16(), whole.bytes == sound), (200, true));

    let part = world.get(&path).bearer(&token).header("range", "bytes=70000-70099").send().await;
    assert_eq!((part.status.as_u16(), part.header("content-range")), (206, "bytes 70000-70099/100000"));
    assert_eq!((part.header("content-length"), &part.bytes[..]), ("100", &sound[70_000..70_100]));

    let tail = world.get(&path).bearer(&token).header("range", "bytes=-5").send().await;
    assert_eq!(tail.bytes, sound[99_995..]);

    let outside = world.get(&path).bearer(&token).header("range", "bytes=100000-").send().await;
    assert_eq!((outside.refusal(416), outside.header("content-range")), ("outside", "bytes */100000"));
}

#[tokio::test]
async fn every_recording_of_a_conversation_can_be_heard() {
    let world = World::new().await;
    let (first, tenant) = (&world.first, world.db.tenant(&world.first.scope));
    let second: RecordingId = new_id();
    let entry = Entry {
        id: new_id(),
        at: UtcMs(1_795_000_040_000),
        interaction: Some(first.interaction),
        agent: None,
        event: Event::RecordingStarted { recording: second },
    };
    tenant.append(&[entry]).await.unwrap();
    write_file(&world, first.recording, "opus", b"before the transfer");
    write_file(&world, second, "wav", b"after it");
    let token = world.token(first.agent).await;
    let detail = world.get(&path_of(first, "")).bearer(&token).send().await.ok(200);
    let listed: Vec<&Value> = detail["recordings"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(listed, [&json!(first.recording), &json!(second)]);
    let path = path_of(first, "/recording");
    let last = world.get(&path).bearer(&token).send().await;
    assert_eq!(&last.bytes[..], b"after it");
    let one = world.get(&format!("{path}?recording={}", first.recording)).bearer(&token).send().await;
    assert_eq!(&one.bytes[..], b"before the transfer");
    let foreign = format!("{path}?recording={}", world.second.recording);
    assert_eq!(world.get(&foreign).bearer(&token).send().await.refusal(404), "no_recording");
}

#[tokio::test]
async fn a_growing_recording_is_wav_with_its_length_by_now() {
    let world = World::new().await;
    let mut sound = b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0..................data\0\0\0\0".to_vec();
    sound.extend(vec![0x55; 16_000]);
    write_file(&world, world.first.recording, "wav", &sound);
    let token = world.token(world.first.supervisor).await;
    let path = path_of(&world.first, "/recording");
    let whole = world.get(&path).bearer(&token).send().await;
    assert_eq!((whole.header("content-type"), whole.bytes.len()), ("audio/wav", sound.len()));
    assert_eq!(whole.bytes[4..8], (sound.len() as u32 - 8).to_le_bytes());
    // A range over the border between the patched head and the file.
    let part = world.get(&path).bearer(&token).header("range", "bytes=4-299").send().await;
    assert_eq!(part.bytes, whole.bytes[4..300]);
}

#[tokio::test]
async fn what_was_not_recorded_or_lies_outside_the_folder_is_not_there() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    let path = path_of(&world.first, "/recording");
    assert_eq!(world.get(&path).bearer(&token).send().await.refusal(404), "no_recording");
    let secret = world.folder.path().join("secret");
    std::fs::write(&secret, b"secret").unwrap();
    let link = write_file(&world, world.first.recording, "opus", b"");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    assert_eq!(world.get(&path).bearer(&token).send().await.refusal(404), "no_recording");
}

#[tokio::test]
async fn peaks_are_drawn_in_the_columns_asked_for() {
    let world = World::new().await;
    write_file(&world, world.first.recording, "opus", b"OggS");
    let token = world.token(world.first.supervisor).await;
    let peaks = world.get(&path_of(&world.first, "/peaks?n=3")).bearer(&token).send().await.ok(200);
    assert_eq!(peaks, json!({"left": [1, 1, 1], "right": [2, 2, 2], "duration_ms": 1_000}));
    for n in ["0", "4001", "-1"] {
        let reply = world.get(&path_of(&world.first, &format!("/peaks?n={n}"))).bearer(&token).send().await;
        assert_eq!(reply.status.as_u16(), 422, "{n}");
    }
}
