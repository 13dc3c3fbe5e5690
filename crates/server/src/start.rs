//! The order of starting and stopping, readable in a minute.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn;
use perezvon_api::{ApiConfig, ApiState, DemoPort, Readiness, TenantPort, Tenants};
use perezvon_engine::{AgentToday, Tenant, Today};
use perezvon_media::{Media, MediaConfig, MediaEvent};
use perezvon_model::engine::Input;
use perezvon_model::leg::LegEvent;
use perezvon_model::{TenantId, TenantScope, UserId};
use perezvon_store::Db;
use perezvon_telephony::{Telephony, TelephonyConfig, TelephonyEvent};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::child::Life;
use crate::configuration::Configurations;
use crate::journal_writer::JournalWriter;
use crate::leg_map::LegMap;
use crate::settings::Settings;
use crate::tenant::{Mail, Surroundings, TenantTask, now};

/// Events of telephony that may wait for the pump.
const TELEPHONY_EVENTS: usize = 65_536;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Serve,
    Demo,
}

/// Tenants that run on this server.
#[derive(Default)]
struct Running(RwLock<HashMap<TenantId, (TenantPort, mpsc::Sender<Mail>)>>);

impl Running {
    fn mail(&self, tenant: TenantId) -> Option<mpsc::Sender<Mail>> {
        Some(self.0.read().ok()?.get(&tenant)?.1.clone())
    }
}

impl Tenants for Running {
    fn port(&self, tenant: TenantId) -> Option<TenantPort> {
        Some(self.0.read().ok()?.get(&tenant)?.0.clone())
    }
}

pub fn log_to_stderr(filter: &str) {
    let filter = format!("rsipstack=warn,{filter}");
    let filter =
        tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| "rsipstack=warn,info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr).init();
}

pub fn run(settings: Settings, mode: Mode) -> anyhow::Result<()> {
    log_to_stderr(&settings.log);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(settings, mode))
}

async fn serve(settings: Settings, mode: Mode) -> anyhow::Result<()> {
    // The listener first: a port in use is the commonest mistake and must be said at once.
    let listener = TcpListener::bind(settings.http)
        .await
        .map_err(|error| in_use("HTTP", "PEREZVON_HTTP", settings.http, &error))?;
    let db = Db::open(&settings.database_url, perezvon_store::Limits::default())
        .await
        .context("cannot open the database; check PEREZVON_DATABASE_URL")?;
    let (stop, stopped) = watch::channel(false);
    let (journal, journal_task) = JournalWriter::start(db.clone(), stopped.clone());
    let sounds = Arc::new(crate::library::sounds());

    let password = match mode {
        Mode::Serve => None,
        Mode::Demo => Some(demo_password(&settings)),
    };
    if let Some(password) = &password {
        crate::child::seed(&db, password).await?;
    }

    let configurations = Arc::new(Configurations::new(journal.clone()));
    let scopes = configurations.load_all(&db).await?;
    let legs = Arc::new(LegMap::default());
    let (events, pump) = mpsc::channel(TELEPHONY_EVENTS);
    let media = Media::start(
        MediaConfig {
            bind_ip: settings.sip.ip(),
            public_ip: settings.public_ip,
            rtp_ports: settings.rtp_ports.clone(),
            webrtc_port: settings.webrtc_port,
            library: sounds.clone(),
        },
        media_events(legs.clone()),
    )
    .context("cannot start audio; check PEREZVON_WEBRTC_PORT and PEREZVON_RTP_PORTS")?;
    let telephony = Telephony::start(
        TelephonyConfig {
            bind: settings.sip,
            public_ip: settings.public_ip,
            max_calls: settings.max_calls as usize,
            max_calls_per_second: settings.max_calls_per_second,
            session_expires_s: settings.session_expires_s,
        },
        configurations.clone(),
        media.clone(),
        events,
    )
    .await
    .with_context(|| {
        format!("cannot listen for SIP on {}; set PEREZVON_SIP to a free address and port", settings.sip)
    })?;

    let life = match (&password, settings.demo_life) {
        (Some(password), true) => Some(Life::spawn(&settings, password)?),
        (Some(_) | None, _) => None,
    };
    let running = Arc::new(Running::default());
    let around = Surroundings {
        db: db.clone(),
        media: media.clone(),
        telephony: telephony.clone(),
        journal: journal.clone(),
        legs: legs.clone(),
        configurations: configurations.clone(),
        recordings: settings.recordings.clone(),
        newcomer: life.clone().map(newcomer),
    };
    let mut tasks = JoinSet::new();
    for scope in scopes {
        start_tenant(scope, &around, &running, &stopped, &mut tasks).await?;
    }
    let (hang_up, hung_up) = watch::channel(false);
    let carrier = tokio::spawn(carry_telephony(pump, running.clone(), legs.clone(), hung_up));
    tasks.spawn(beat(db.clone(), stopped.clone()));

    let demo = password.as_ref().map(|_| demo_port(life.clone()));
    let readiness = {
        let running = running.clone();
        Arc::new(move || {
            if running.0.is_poisoned() {
                Readiness::NotReady(vec!["a tenant's task failed".into()])
            } else {
                Readiness::Ready
            }
        })
    };
    let config = ApiConfig {
        public_url: settings.public_url.clone(),
        secure_cookies: settings.secure_cookies,
        recordings: settings.recordings.clone(),
        demo,
        prompts: Arc::new(crate::library::prompt_names()),
        peaks: Arc::new(crate::recordings::peaks),
        readiness,
        metrics: crate::measures::metrics(media.clone(), telephony.clone(), journal.clone()),
        journal: journal.health(),
        trusted_proxies: settings.trusted_proxies.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let api = ApiState::new(db.clone(), running.clone(), config);
    let pages = Router::new().fallback(crate::web::serve).layer(from_fn(perezvon_api::security_headers));
    let router = perezvon_api::router(api.clone()).fallback_service(pages);
    greet(&settings, mode, password.as_deref());
    let http = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            stop_signal().await;
            api.shutdown().await;
        });
    http.await.context("the HTTP server failed")?;

    if let Some(life) = life {
        life.stop();
    }
    // What the ended calls have to say goes to the mailboxes first, then the tenants' tasks end, then the journal.
    telephony.shutdown().await;
    hang_up.send_replace(true);
    carrier.await.context("the task that carries telephony's events failed")?;
    stop.send_replace(true);
    while tasks.join_next().await.is_some() {}
    journal_task.await.context("the journal's writer failed")?;
    db.close().await;
    Ok(())
}

async fn start_tenant(
    scope: TenantScope,
    around: &Surroundings,
    running: &Arc<Running>,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let config = around.configurations.of(scope).context("the tenant was loaded a moment ago")?;
    let tenant = around.db.tenant(&scope);
    let interrupted =
        tenant.interrupted(now()).await.context("cannot read what was open at the last stop")?;
    tenant.append(&interrupted.entries).await.context("cannot close what was open at the last stop")?;
    if !interrupted.entries.is_empty() {
        tracing::warn!(tenant = %config.name, rows = interrupted.entries.len(), "closed what the last stop interrupted");
    }
    let mut engine = Tenant::new(seed());
    engine.handle(now(), Input::Configure { config: config.clone() });
    let midnight = crate::configuration::midnight(now(), config.utc_offset_min);
    engine.set_today(today(tenant.today(midnight).await.context("cannot read today's figures")?));
    let (task, mail, port) = TenantTask::new(scope, engine, around.clone());
    for agent in &config.agents {
        around.legs.put_agent(agent.id, scope, mail.clone());
    }
    let growing = &interrupted.growing;
    crate::recordings::seal_left_over(growing, scope, &around.recordings, &around.media, &around.legs, &mail);
    if let Ok(mut all) = running.0.write() {
        all.insert(scope.tenant(), (port, mail));
    }
    tasks.spawn(task.run(stopped.clone()));
    Ok(())
}

/// The store's sums in the engine's words.
fn today(stored: perezvon_store::report::Today) -> Today {
    let agents = stored.agents.into_iter();
    Today {
        queues: stored.queues,
        agents: agents
            .map(|(agent, sums)| (agent, AgentToday { handled: sums.handled, handle_ms: sums.handle_ms }))
            .collect(),
    }
}

/// Ids must differ between starts; nothing else depends on the seed.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
    high ^ low
}

fn media_events(legs: Arc<LegMap>) -> perezvon_media::Events {
    Arc::new(move |event| {
        let leg_event = |leg, event| legs.to_leg(leg, Input::Leg { leg, event });
        match event {
            MediaEvent::Digit { leg, digit } => drop(leg_event(leg, LegEvent::Digit { digit })),
            MediaEvent::PlayDone { leg, play } => drop(leg_event(leg, LegEvent::PlayDone { play })),
            MediaEvent::LegSilent { leg } => drop(leg_event(leg, LegEvent::MediaLost)),
            MediaEvent::BrowserConnected { agent } => drop(legs.to_browser(agent, true)),
            MediaEvent::BrowserLost { agent } => drop(legs.to_browser(agent, false)),
            MediaEvent::RecordingSealed { recording, duration_ms, bytes, file: _ } => {
                legs.recording_sealed(recording, duration_ms, bytes);
            }
            MediaEvent::RecordingFailed { recording, reason } => {
                tracing::error!(%recording, reason, "a recording was not kept");
                legs.recording_sealed(recording, 0, 0);
            }
        }
    })
}

/// Brings telephony's events to the tenants; ends when telephony has and all is carried.
async fn carry_telephony(
    mut events: mpsc::Receiver<TelephonyEvent>,
    running: Arc<Running>,
    legs: Arc<LegMap>,
    mut hung_up: watch::Receiver<bool>,
) {
    loop {
        let event = tokio::select! {
            biased;
            Some(event) = events.recv() => event,
            () = is_set(&mut hung_up) => return,
        };
        let (scope, input) = match event {
            TelephonyEvent::CallArrived { scope, interaction, leg, trunk, from, to, flow, language } => {
                if let Some(mail) = running.mail(scope.tenant()) {
                    legs.put(leg, scope, mail);
                }
                (scope, Input::CallArrived { interaction, leg, trunk, from, to, flow, language })
            }
            TelephonyEvent::Leg { scope, leg, event } => {
                if matches!(event, LegEvent::Ended { .. } | LegEvent::Failed { .. }) {
                    legs.remove(leg);
                }
                (scope, Input::Leg { leg, event })
            }
            TelephonyEvent::PhoneRegistered { scope, agent, registered } => {
                let device = perezvon_model::Device::Phone;
                (scope, Input::DeviceChanged { agent, device, connected: registered })
            }
            TelephonyEvent::TrunkState { scope, trunk, state } => {
                tracing::info!(tenant = %scope.tenant(), %trunk, ?state, "trunk");
                continue;
            }
        };
        let Some(mail) = running.mail(scope.tenant()) else { continue };
        if mail.send(Mail::Input(input)).await.is_err() {
            tracing::debug!(tenant = %scope.tenant(), "the tenant's task has ended");
        }
    }
}

/// Ends when the server stops.
pub async fn is_set(stop: &mut watch::Receiver<bool>) {
    // The sender is gone only when the server is.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Notes every ten seconds that this server runs, so that a crash is dated.
async fn beat(db: Db, mut stopped: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(std::time::Duration::from_secs(10));
    loop {
        tokio::select! {
            () = is_set(&mut stopped) => return,
            _ = every.tick() => {
                if let Err(error) = db.beat(now()).await {
                    tracing::debug!(%error, "no beat: the database is away");
                }
            }
        }
    }
}

/// Somebody rings for a person who opened the demo's desk.
fn newcomer(life: Arc<Life>) -> Arc<dyn Fn(UserId) + Send + Sync> {
    Arc::new(move |_| {
        if let Err(error) = life.call_me() {
            tracing::warn!(error, "nobody rings for the newcomer");
        }
    })
}

fn demo_port(life: Option<Arc<Life>>) -> DemoPort {
    let (get, set, call) = (life.clone(), life.clone(), life.clone());
    DemoPort {
        life: life.is_some(),
        calls_per_minute: Arc::new(move || get.as_ref().map_or(0, |life| life.calls_per_minute())),
        set_calls_per_minute: Arc::new(move |calls| {
            if let Some(life) = &set {
                life.set_calls_per_minute(calls);
            }
        }),
        call_me: Arc::new(move |_| match &call {
            Some(life) => life.call_me(),
            None => Err("the simulated callers are off (PEREZVON_DEMO_LIFE)".to_owned()),
        }),
        agent_email: "agent1@demo.example".into(),
        supervisor_email: "supervisor@demo.example".into(),
        admin_email: "admin@demo.example".into(),
    }
}

fn demo_password(settings: &Settings) -> String {
    settings.demo_password.clone().unwrap_or_else(|| {
        let words: String = format!("{:x}", uuid::Uuid::now_v7().as_u64_pair().1);
        words
    })
}

fn greet(settings: &Settings, mode: Mode, password: Option<&str>) {
    println!("Perezvon {} is at http://{}", env!("CARGO_PKG_VERSION"), settings.http);
    println!("SIP at {} (UDP and TCP), data in {}", settings.sip, settings.data.display());
    match (mode, password) {
        (Mode::Demo, Some(password)) => {
            println!(
                "This is the demo company: open the address and you are agent 1; a call comes within seconds."
            );
            println!(
                "Sign in as agent1@demo.example to agent12@demo.example, supervisor@demo.example or admin@demo.example"
            );
            if settings.demo_password.is_some() {
                println!("with the password in PEREZVON_DEMO_PASSWORD.");
            } else {
                println!("with the password {password} (SIP accounts agent1 to agent12 have it too).");
            }
            println!("To call from a SIP phone on this machine: sip:+74950000001@{}", settings.sip);
        }
        (Mode::Serve | Mode::Demo, _) => println!("Make a company and a user with `perezvon admin --help`."),
    }
}

fn in_use(what: &str, setting: &str, address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!(
        "cannot listen for {what} on {address}: {error}; set {setting} to a free address and port"
    )
}

async fn stop_signal() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard; use Ctrl-C");
            let _ = tokio::signal::ctrl_c().await;
            return;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping");
}
