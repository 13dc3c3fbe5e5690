//! The life against a company made of the same parts as the server: real SIP, real RTP, and a desk that notes what it
//! is told.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use perezvon_demo::company::plan::VIP_NUMBER;
use perezvon_demo::company::{Company, scope};
use perezvon_demo::life::{Control, LifeConfig, run_with};
use perezvon_media::{Library, Media, MediaConfig, recording};
use perezvon_model::config::Trunk;
use perezvon_model::engine::AgentCommand;
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Language;
use perezvon_model::view::{AgentView, DeskView, FloorView, InteractionView, WrapUpView};
use perezvon_model::{
    Activity, Device, FlowId, InteractionId, LegId, Presence, RecordingId, TenantId, TenantScope, TrunkId,
    UserId, UtcMs,
};
use perezvon_telephony::{
    Directory, NumberMatch, PhoneAccount, PhoneTarget, Telephony, TelephonyConfig, TelephonyEvent, TrunkMatch,
};
use tokio::sync::mpsc;
use uuid::Uuid;

const PASSWORD: &str = "secret";
/// MD5 of `agent4:perezvon:secret`.
const HA1: &str = "961f8256d8cd70804ad2f987b64df838";
const PHONE: LegId = LegId(Uuid::from_u128(2));
const RECORDING: RecordingId = RecordingId(Uuid::from_u128(3));
const INTERACTION: InteractionId = InteractionId(Uuid::from_u128(4));

/// Long enough for a machine with much to do; whoever waits for it gets an event much sooner.
const PATIENCE: Duration = Duration::from_secs(30);

/// The company's directory: the vip number, and the phone of agent 4.
struct Numbers {
    scope: TenantScope,
    agent: UserId,
}

impl Directory for Numbers {
    fn trunk_by_source(&self, _ip: IpAddr) -> Option<TrunkMatch> {
        Some(TrunkMatch { scope: self.scope, trunk: TrunkId(Uuid::nil()), max_calls: 10 })
    }

    fn number(&self, dialled: &str) -> Option<NumberMatch> {
        (dialled == VIP_NUMBER).then(|| NumberMatch {
            scope: self.scope,
            number: dialled.to_owned(),
            flow: FlowId(Uuid::nil()),
            language: Language::Ru,
            region: "RU".to_owned(),
        })
    }

    fn phone_account(&self, username: &str) -> Option<PhoneAccount> {
        (username == "agent4").then(|| PhoneAccount {
            scope: self.scope,
            agent: self.agent,
            ha1_md5: HA1.to_owned(),
            ha1_sha256: String::new(),
        })
    }

    fn phone_of(&self, _tenant: TenantId, agent: UserId) -> Option<PhoneTarget> {
        (agent == self.agent)
            .then(|| PhoneTarget { sip_username: Some("agent4".to_owned()), static_uri: None })
    }

    fn registrations(&self) -> Vec<(TenantScope, Trunk)> {
        Vec::new()
    }
}

/// What the desks and the floor show, and who is told of commands.
#[derive(Clone)]
struct Office {
    agent: UserId,
    /// With whom agent 4 talks.
    with: Arc<Mutex<Option<String>>>,
    wraps_up: Arc<Mutex<bool>>,
    commands: mpsc::UnboundedSender<(String, AgentCommand)>,
}

impl Office {
    fn router(self) -> Router {
        Router::new()
            .route("/api/v1/session", post(sign_in))
            .route("/api/v1/desk", get(desk))
            .route("/api/v1/desk/command", post(command))
            .route("/api/v1/floor", get(floor))
            .with_state(self)
    }
}

/// The token is the e-mail, so that the desk knows who speaks.
async fn sign_in(Json(body): Json<serde_json::Value>) -> Result<Json<serde_json::Value>, StatusCode> {
    let matches = body["password"] == PASSWORD;
    matches.then(|| Json(serde_json::json!({ "token": body["email"] }))).ok_or(StatusCode::UNAUTHORIZED)
}

async fn command(
    State(office): State<Office>,
    headers: HeaderMap,
    Json(command): Json<AgentCommand>,
) -> StatusCode {
    let who = headers["authorization"].to_str().expect("a token of ours").to_owned();
    office.commands.send((who, command)).expect("the test listens");
    StatusCode::NO_CONTENT
}

async fn desk(State(office): State<Office>) -> Json<DeskView> {
    let wraps_up = *office.wraps_up.lock().expect("no panic while it is held");
    let about = InteractionView {
        callback: false,
        interaction: INTERACTION,
        from: String::new(),
        to: String::new(),
        queue: Some(Company::plan().queues[3].id),
        queue_name: String::new(),
        arrived_at: UtcMs(0),
        waited_ms: 0,
        customer: None,
        collected: Vec::new(),
        transferred_by: None,
    };
    Json(DeskView {
        agent: office.agent,
        presence: Presence::Ready,
        activity: Activity::Idle,
        since: UtcMs(0),
        device: Device::Phone,
        browser_connected: false,
        phone_registered: true,
        offer: None,
        call: None,
        wrap_up: wraps_up.then(|| WrapUpView {
            about,
            started_at: UtcMs(0),
            deadline: UtcMs(0),
            talk_ms: 0,
            may_extend: false,
            transfer_ringing: None,
            disposition: None,
            note: String::new(),
        }),
        items: Vec::new(),
        queues: Vec::new(),
        handled_today: 0,
        mean_handle_ms: 0,
    })
}

async fn floor(State(office): State<Office>) -> Json<FloorView> {
    let with = office.with.lock().expect("no panic while it is held").clone();
    let agent = AgentView {
        agent: office.agent,
        name: String::new(),
        presence: Presence::Ready,
        activity: if with.is_some() { Activity::Talking } else { Activity::Idle },
        since: UtcMs(0),
        device: Device::Phone,
        with,
        queue: None,
        chats: 0,
        mails: 0,
        handled_today: 0,
        mean_handle_ms: 0,
    };
    Json(FloorView { at: UtcMs(0), queues: Vec::new(), agents: vec![agent], calls: 0 })
}

/// Every sound a second of loud tone: what counts is who sends when.
fn library() -> Arc<Library> {
    let mut sounds = Vec::new();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    for folder in ["callers/ru", "agents/ru"] {
        for file in std::fs::read_dir(assets.join(folder)).expect(folder) {
            let path = file.expect(folder).path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name of the repository");
            let tone: Vec<u8> = (0..8_000).map(|n| if n / 8 % 2 == 0 { 0x90 } else { 0x10 }).collect();
            sounds.push((format!("{folder}/{name}"), Cow::Owned(tone)));
        }
    }
    Arc::new(Library::new(sounds.into_iter()))
}

async fn soon<T>(what: &str, event: impl Future<Output = Option<T>>) -> T {
    let within = tokio::time::timeout(PATIENCE, event).await;
    within
        .unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
        .unwrap_or_else(|| panic!("{what}: never"))
}

/// The next event that `wanted` makes something of; others pass.
async fn event<T>(
    events: &mut mpsc::Receiver<TelephonyEvent>,
    what: &str,
    mut wanted: impl FnMut(TelephonyEvent) -> Option<T>,
) -> T {
    soon(what, async {
        loop {
            if let Some(found) = wanted(events.recv().await?) {
                return Some(found);
            }
        }
    })
    .await
}

fn of_leg(wanted: LegId, like: fn(&LegEvent) -> bool) -> impl FnMut(TelephonyEvent) -> Option<()> {
    move |event| match event {
        TelephonyEvent::Leg { leg, event, .. } => (leg == wanted && like(&event)).then_some(()),
        TelephonyEvent::CallArrived { .. }
        | TelephonyEvent::PhoneRegistered { .. }
        | TelephonyEvent::TrunkState { .. } => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asked_for_caller_rings_talks_with_a_simulated_agent_and_the_call_is_written_up() {
    let folder = tempfile::tempdir().unwrap();
    let company = Company::plan();
    let (scope, agent) = (scope(&company), company.agents[3].id);
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let media = Media::start(
        MediaConfig {
            bind_ip: local,
            public_ip: local,
            rtp_ports: 45_000..=45_099,
            webrtc_port: 0,
            library: library(),
        },
        Arc::new(|_| {}),
    )
    .unwrap();
    let (sender, mut calls) = mpsc::channel(100);
    let config = TelephonyConfig {
        bind: SocketAddr::new(local, 0),
        public_ip: local,
        max_calls: 10,
        max_calls_per_second: 10,
        session_expires_s: 1_800,
    };
    let directory = Arc::new(Numbers { scope, agent });
    let telephony = Telephony::start(config, directory, media.clone(), sender).await.unwrap();
    let (commands, mut commanded) = mpsc::unbounded_channel();
    let office = Office { agent, with: Arc::default(), wraps_up: Arc::default(), commands };
    let listener = tokio::net::TcpListener::bind((local, 0)).await.unwrap();
    let http = listener.local_addr().unwrap();
    let pages = office.clone().router();
    let web = tokio::spawn(async move { axum::serve(listener, pages).await });

    let (controls, orders) = mpsc::channel(4);
    let sip = telephony.local_addr();
    let config = LifeConfig { http, sip, password: PASSWORD.to_owned(), seed: 1, library: library() };
    let life = tokio::spawn(run_with(config, orders));
    controls.send(Control::CallsPerMinute(0)).await.unwrap();

    event(&mut calls, "agent 4's phone registers", |event| match event {
        TelephonyEvent::PhoneRegistered { agent: of, registered, .. } => {
            (of == agent && registered).then_some(())
        }
        TelephonyEvent::CallArrived { .. }
        | TelephonyEvent::Leg { .. }
        | TelephonyEvent::TrunkState { .. } => None,
    })
    .await;
    soon("agent 4 is ready", async {
        loop {
            let (who, command) = commanded.recv().await?;
            let ready = command == AgentCommand::SetPresence { presence: Presence::Ready };
            if ready && who == "Bearer agent4@demo.example" {
                return Some(());
            }
        }
    })
    .await;

    controls.send(Control::CallMe).await.unwrap();
    let asked = tokio::time::Instant::now();
    let (leg, from) = event(&mut calls, "a caller rings", |event| match event {
        TelephonyEvent::CallArrived { leg, from, to, .. } => {
            assert_eq!(to, VIP_NUMBER);
            Some((leg, from))
        }
        TelephonyEvent::Leg { .. }
        | TelephonyEvent::PhoneRegistered { .. }
        | TelephonyEvent::TrunkState { .. } => None,
    })
    .await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let number = from.number.expect("a customer shows a number");
    let known = company.customers.iter().find(|(_, customer)| customer.number == number);
    assert_eq!(known.expect("a customer of the company").1.name, from.name);

    telephony.command(scope, leg, LegCommand::Answer);
    event(&mut calls, "the answer is acknowledged", of_leg(leg, |event| *event == LegEvent::Answered)).await;
    let wav = folder.path().join("call.wav");
    media.record_start(RECORDING, leg, wav.clone());
    let caller = CallerName { number: number.to_string(), name: from.name.clone() };
    let target = DialTarget::Phone { agent };
    telephony.command(scope, PHONE, LegCommand::Dial { target, from: caller, timeout_ms: 15_000 });
    event(&mut calls, "the agent answers", of_leg(PHONE, |event| *event == LegEvent::Answered)).await;
    media.bridge(leg, PHONE);
    *office.with.lock().unwrap() = Some(from.name);

    soon("both are heard", async {
        let mut look = tokio::time::interval(Duration::from_millis(250));
        loop {
            look.tick().await;
            let Ok(peaks) = recording::peaks(&wav, 50) else { continue };
            if (0..2).all(|side| peaks.iter().any(|column| column[side] > 100)) {
                return Some(());
            }
        }
    })
    .await;

    *office.wraps_up.lock().unwrap() = true;
    telephony.command(scope, leg, LegCommand::HangUp { cause: Cause::Normal });
    telephony.command(scope, PHONE, LegCommand::HangUp { cause: Cause::Normal });
    let written = soon("the call is written up", async {
        loop {
            if let (who, AgentCommand::WrapUp { interaction, disposition, finish, .. }) =
                commanded.recv().await?
            {
                return Some((who, interaction, disposition, finish));
            }
        }
    })
    .await;
    assert_eq!((written.0.as_str(), written.1), ("Bearer agent4@demo.example", INTERACTION));
    let fits = company.dispositions_of(perezvon_demo::company::plan::Line::Vip);
    assert!(fits.contains(&written.2.expect("sorted")) && written.3);

    drop(controls);
    soon("life ends with its orders", async { life.await.ok() }).await.unwrap();
    assert_eq!(telephony.counters().legs, 0);
    telephony.shutdown().await;
    web.abort();
}
