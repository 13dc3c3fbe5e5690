//! The socket over a real listener, and over a narrow pipe where a slow page matters.

use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
use futures_util::{SinkExt, StreamExt};
use perezvon_model::engine::{AgentCommand, CommandRefused};
use perezvon_model::{Device, UserId};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest, http};

use crate::ports::JournalHealth;
use crate::testing::{Seen, World};

struct Served {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(world: &World) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = world.app.clone().into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    Served { address, server }
}

type Headers<'a> = &'a [(&'static str, String)];

fn request(host: &str, headers: Headers<'_>) -> http::Request<()> {
    let mut request = format!("ws://{host}/api/v1/socket").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

async fn try_open(served: &Served, headers: Headers<'_>) -> Result<Page<TcpStream>, Box<Error>> {
    let stream = TcpStream::connect(served.address).await.unwrap();
    let request = request(&served.address.to_string(), headers);
    let (socket, _) = tokio_tungstenite::client_async(request, stream).await.map_err(Box::new)?;
    Ok(Page { socket })
}

async fn open(world: &World, served: &Served, user: UserId) -> Page<TcpStream> {
    let token = world.token(user).await;
    try_open(served, &[("authorization", format!("Bearer {token}"))]).await.unwrap()
}

fn refused(result: Result<Page<TcpStream>, Box<Error>>) -> u16 {
    match result.map(drop).map_err(|error| *error) {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("not refused: {other:?}"),
    }
}

struct Page<S> {
    socket: WebSocketStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Page<S> {
    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message of this type; others before it are passed over.
    async fn hear(&mut self, kind: &str) -> Value {
        self.hear_one_of(&[kind]).await
    }

    async fn hear_one_of(&mut self, kinds: &[&str]) -> Value {
        loop {
            let message = self.socket.next().await.expect("the socket is open").unwrap();
            if let Message::Text(text) = message {
                let message: Value = serde_json::from_str(&text).unwrap();
                if kinds.iter().any(|kind| message["type"] == *kind) {
                    return message;
                }
            }
        }
    }

    /// The reason of the close frame; whatever comes before is passed over.
    async fn closed(&mut self) -> String {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.reason.to_string(),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return String::new(),
                Some(Ok(_)) => {}
            }
        }
    }
}

/// Time that moves only by [`FrozenClock::advance`]. A clock that is merely paused runs ahead whenever the runtime waits
/// for the network, but not beside a thread that is busy: this one keeps such a thread, for so long that a test which
/// waits in vain fails.
struct FrozenClock {
    release: std::sync::mpsc::Sender<()>,
    busy: JoinHandle<()>,
}

impl FrozenClock {
    fn new() -> Self {
        let (release, held) = std::sync::mpsc::channel();
        let busy = tokio::task::spawn_blocking(move || {
            // An error: the clock was dropped by a test that failed, or one waits in vain. Time runs on then.
            let _ = held.recv_timeout(Duration::from_secs(30));
        });
        tokio::time::pause();
        Self { release, busy }
    }

    /// Goes on by this long and a moment, for timers fire at the first whole millisecond after their time, and lets the
    /// server do what is due then: it takes what is ready in any order, one thing at each turn.
    async fn advance(&self, by: Duration) {
        tokio::time::advance(by + Duration::from_millis(2)).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    async fn go_on(self) {
        self.release.send(()).expect("nothing was waited for in vain");
        self.busy.await.expect("the thread ends");
    }
}

#[tokio::test]
async fn a_page_is_greeted_and_given_its_desk() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    let hello = page.hear("hello").await;
    assert_eq!((&hello["me"]["name"], &hello["version"]), (&json!("agent"), &json!("0.1.0-test")));
    assert_eq!(hello["server_time"], world.now().0);
    assert_eq!(page.hear("health").await["journal"], "ok");
    assert_eq!(page.hear("desk").await["desk"]["handled_today"], 0);
    world.fake.wait_for(&Seen::DeskSocket(world.first.agent, true)).await;
    world.fake.change_desk(world.first.agent, |desk| desk.handled_today = 7);
    assert_eq!(page.hear("desk").await["desk"]["handled_today"], 7);
    drop(page);
    world.fake.wait_for(&Seen::DeskSocket(world.first.agent, false)).await;
}

#[tokio::test]
async fn commands_are_answered_under_their_ids() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.say(json!({"type": "command", "id": "a", "command": {"command": "set_device", "device": "phone"}}))
        .await;
    assert_eq!(page.hear("reply").await, json!({"type": "reply", "id": "a", "ok": true}));
    let command = AgentCommand::SetDevice { device: Device::Phone };
    assert!(world.fake.seen().contains(&Seen::Command(world.first.agent, command)));
    world.fake.refuse_commands(CommandRefused::OfferOver);
    let accept = json!({"command": "accept", "offer": world.first.interaction});
    page.say(json!({"type": "command", "id": "b", "command": accept})).await;
    let refused = page.hear("reply").await;
    assert_eq!(
        (&refused["id"], &refused["ok"], &refused["code"]),
        (&json!("b"), &json!(false), &json!("offer_over"))
    );
}

#[tokio::test]
async fn a_browser_offer_is_answered_with_sdp_or_the_reason() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.say(json!({"type": "rtc_offer", "id": "1", "sdp": "v=0 mine"})).await;
    assert_eq!(page.hear("rtc_answer").await["sdp"], "answer to v=0 mine");
    page.say(json!({"type": "rtc_offer", "id": "2", "sdp": "nonsense"})).await;
    let reply = page.hear("reply").await;
    assert_eq!((&reply["id"], &reply["code"]), (&json!("2"), &json!("rtc_failed")));
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_the_socket_stays() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    for (text, id, code) in [
        ("", "", "bad_message"),
        ("[1]", "", "bad_message"),
        (r#"{"type":"dance","id":"x"}"#, "x", "bad_message"),
        (r#"{"type":"command","id":"y","command":{"command":"accept"}}"#, "y", "bad_message"),
    ] {
        page.socket.send(Message::text(text)).await.unwrap();
        let reply = page.hear("reply").await;
        assert_eq!((&reply["id"], &reply["code"]), (&json!(id), &json!(code)), "{text}");
    }
    page.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(page.hear("reply").await["code"], "bad_value");
    let long = json!({"type": "rtc_offer", "id": "i".repeat(65), "sdp": "v=0"});
    page.say(long).await;
    assert_eq!(page.hear("reply").await["id"], "");
}

#[tokio::test]
async fn the_floor_is_for_supervisors_and_comes_at_most_four_times_a_second() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut agent = open(&world, &served, world.first.agent).await;
    agent.say(json!({"type": "subscribe", "floor": true})).await;
    assert_eq!(agent.hear("reply").await["code"], "forbidden");

    let mut page = open(&world, &served, world.first.supervisor).await;
    page.say(json!({"type": "subscribe", "floor": true})).await;
    assert_eq!(page.hear("floor").await["floor"]["calls"], 0);
    let clock = FrozenClock::new();
    clock.advance(super::FLOOR_EVERY).await;
    let change = |calls| world.fake.floor.send_modify(|view| std::sync::Arc::make_mut(view).calls = calls);
    change(1);
    assert_eq!(page.hear("floor").await["floor"]["calls"], 1);
    for quarter in 1..=4 {
        for calls in 0..25 {
            change(quarter * 100 + calls);
            clock.advance(Duration::from_millis(7)).await;
        }
        page.say(json!({"type": "dance", "id": "sooner"})).await;
        assert_eq!(page.hear_one_of(&["floor", "reply"]).await["type"], "reply", "no floor within a quarter");
        clock.advance(Duration::from_millis(25)).await;
        assert_eq!(page.hear("floor").await["floor"]["calls"], quarter * 100 + 24);
    }
    clock.go_on().await;
}

#[tokio::test]
async fn a_supervisor_made_an_agent_gets_a_desk_without_reloading() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.supervisor).await;
    page.hear("hello").await;
    page.hear("health").await;
    world.fake.add_desk(world.first.supervisor);
    let admin = world.token(world.first.admin).await;
    let skill = json!({"key": "any", "name": "Any change"});
    world.post("/api/v1/skills", skill).bearer(&admin).send().await.ok(201);
    assert_eq!(page.hear("desk").await["desk"]["agent"], world.first.supervisor.to_string());
}

#[tokio::test]
async fn everybody_hears_how_the_journal_is() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.supervisor).await;
    assert_eq!(page.hear("health").await["journal"], "ok");
    world.journal.send_replace(JournalHealth::FullDisk);
    assert_eq!(page.hear("health").await["journal"], "full_disk");
}

#[tokio::test]
async fn only_own_pages_and_tokens_open_a_socket() {
    let world = World::new().await;
    let served = serve(&world).await;
    let token = world.token(world.first.agent).await;
    let cookie = ("cookie", format!("perezvon_session={token}"));
    let bearer = ("authorization", format!("Bearer {token}"));
    let origin = |text: &str| ("origin", text.to_owned());
    let own = format!("http://{}", served.address);
    assert_eq!(refused(try_open(&served, &[]).await), 401);
    assert_eq!(refused(try_open(&served, &[cookie.clone(), origin("http://evil.example")]).await), 403);
    assert_eq!(refused(try_open(&served, &[bearer.clone(), origin("http://evil.example")]).await), 403);
    assert_eq!(
        refused(try_open(&served, std::slice::from_ref(&cookie)).await),
        403,
        "a browser names its origin"
    );
    for headers in [[cookie.clone(), origin(&own)], [cookie, origin("http://perezvon.test")]] {
        try_open(&served, &headers).await.unwrap().hear("hello").await;
    }
    try_open(&served, &[bearer]).await.unwrap().hear("hello").await;
    let plain = world.get("/api/v1/socket").bearer(&token).send().await;
    assert_eq!(plain.refusal(426), "not_a_socket");
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session_only() {
    let world = World::new().await;
    let served = serve(&world).await;
    let token = world.token(world.first.agent).await;
    let mut page = try_open(&served, &[("authorization", format!("Bearer {token}"))]).await.unwrap();
    let mut other = open(&world, &served, world.first.agent).await;
    page.hear("desk").await;
    other.hear("desk").await;
    world.delete("/api/v1/session").bearer(&token).send().await.ok(204);
    assert_eq!(page.closed().await, "signed_out");
    other.say(json!({"type": "rtc_offer", "id": "1", "sdp": "v=0"})).await;
    other.hear("rtc_answer").await;
}

#[tokio::test]
async fn a_deleted_person_is_disconnected_at_once() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.hear("desk").await;
    let admin = world.token(world.first.admin).await;
    world.delete(&format!("/api/v1/users/{}", world.first.agent)).bearer(&admin).send().await.ok(204);
    assert_eq!(page.closed().await, "signed_out");
    world.fake.wait_for(&Seen::DeskSocket(world.first.agent, false)).await;
}

#[tokio::test]
async fn a_page_that_answers_pings_stays_and_a_silent_one_is_closed() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.hear("desk").await;
    let clock = FrozenClock::new();
    let pinged = async |page: &mut Page<TcpStream>| {
        page.say(json!({"type": "dance", "id": "sooner"})).await;
        page.hear_one_of(&["ping", "reply"]).await["type"] == "ping"
    };
    // The first tells where in the ten seconds the clock stands.
    for halves in 1.. {
        assert!(halves <= 20, "a ping within 10 s");
        clock.advance(Duration::from_millis(500)).await;
        if pinged(&mut page).await {
            page.hear("reply").await;
            break;
        }
    }
    for _ in 0..5 {
        clock.advance(Duration::from_secs(9)).await;
        assert!(!pinged(&mut page).await, "pings come every 10 s");
        clock.advance(Duration::from_secs(1)).await;
        page.hear("ping").await;
        page.say(json!({"type": "pong"})).await;
    }
    // Answered, so the server has heard it before the clock goes on.
    page.say(json!({"type": "dance", "id": "last"})).await;
    page.hear("reply").await;
    clock.advance(Duration::from_millis(29_900)).await;
    world.journal.send_replace(JournalHealth::FullDisk);
    assert_eq!(page.hear("health").await["journal"], "full_disk", "it is open for 30 s");
    clock.advance(Duration::from_millis(100)).await;
    assert_eq!(page.closed().await, "silent");
    clock.go_on().await;
    world.fake.wait_for(&Seen::DeskSocket(world.first.agent, false)).await;
}

#[tokio::test]
async fn a_message_over_64_kib_ends_the_socket() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.hear("desk").await;
    let sdp = "v".repeat(super::MESSAGE_LIMIT);
    // The server may hang up while the message is still on its way.
    let _ = page
        .socket
        .send(Message::text(json!({"type": "rtc_offer", "id": "1", "sdp": sdp}).to_string()))
        .await;
    page.closed().await;
    world.fake.wait_for(&Seen::DeskSocket(world.first.agent, false)).await;
    assert!(!world.fake.seen().contains(&Seen::Offer(world.first.agent)));
}

#[tokio::test]
async fn a_flood_of_messages_ends_the_socket() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.hear("desk").await;
    // Frozen, so that a slow machine does not spread the flood over several seconds.
    tokio::time::pause();
    for _ in 0..=super::MESSAGES_PER_SECOND {
        let _ = page.socket.feed(Message::text(r#"{"type":"pong"}"#)).await;
    }
    let _ = page.socket.flush().await;
    assert_eq!(page.closed().await, "too_many_messages");
}

#[tokio::test]
async fn a_stopping_server_says_so_and_waits_for_its_sockets() {
    let world = World::new().await;
    let served = serve(&world).await;
    let mut page = open(&world, &served, world.first.agent).await;
    page.hear("desk").await;
    world.state.shutdown().await;
    assert!(
        world.fake.seen().contains(&Seen::DeskSocket(world.first.agent, false)),
        "the desk is given back first"
    );
    assert_eq!(page.closed().await, "stopping");
}

/// Connections of 4 KiB of room, so that a page that does not read is noticed.
struct Narrow(mpsc::Receiver<DuplexStream>);

impl Listener for Narrow {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_page_that_does_not_read_is_closed_and_takes_no_memory() {
    let world = World::new().await;
    let (connect, connections) = mpsc::channel(1);
    let app = world.app.clone();
    let server = tokio::spawn(async move { axum::serve(Narrow(connections), app).await.unwrap() });
    let (near, far) = tokio::io::duplex(4096);
    connect.send(far).await.unwrap();
    let token = world.token(world.first.agent).await;
    let request = request("perezvon.test", &[("authorization", format!("Bearer {token}"))]);
    let (socket, _) = tokio_tungstenite::client_async(request, near).await.unwrap();
    let mut page = Page { socket };
    page.hear("desk").await;
    tokio::time::pause();
    for round in 0..100u32 {
        world.fake.change_desk(world.first.agent, |desk| {
            desk.handled_today = round;
            desk.presence = perezvon_model::Presence::Break { reason: "x".repeat(100_000) };
        });
        tokio::task::yield_now().await;
    }
    let started = tokio::time::Instant::now();
    world.fake.wait_for(&Seen::DeskSocket(world.first.agent, false)).await;
    assert!(started.elapsed() <= super::SEND_LIMIT + Duration::from_secs(1), "{:?}", started.elapsed());
    server.abort();
}
