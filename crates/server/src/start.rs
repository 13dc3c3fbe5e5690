//! The order of starting and stopping, readable in a minute.

use std::io::IsTerminal;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn;
use perezvon_api::{ApiConfig, ApiState, Readiness};
use perezvon_media::{Media, MediaConfig};
use perezvon_model::leg::LegCommand;
use perezvon_store::Db;
use perezvon_telephony::{Telephony, TelephonyConfig};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::child::Life;
use crate::clock::now;
use crate::configuration::Configurations;
use crate::data_folder::DataFolder;
use crate::events::{carry_telephony, of_media};
use crate::http::HttpLimits;
use crate::journal_writer::JournalWriter;
use crate::leg_map::LegMap;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::sip_probe::{Listener, PACE, watch_listener};
use crate::tenant::Surroundings;
use crate::tenants::{Keeper, Running, Told};

/// Events of telephony that may wait for the pump.
const TELEPHONY_EVENTS: usize = 65_536;
/// How long a stop waits for answers that are on their way to browsers.
const HTTP_DRAIN: Duration = Duration::from_secs(5);
/// How long a stop takes at most after that: peers' last words 3 s, the journal one statement of 10 s.
const STOP_MOST: Duration = Duration::from_secs(20);
/// What blocking threads get after all is closed, such as the drawing of a recording.
const THREADS_MOST: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Serve,
    Demo,
}

pub fn log_to_stderr(filter: &str) {
    let filter = format!("rsipstack=warn,{filter}");
    let filter =
        tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| "rsipstack=warn,info".into());
    // Colours are for people: in a file or the system's journal they are noise.
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        .init();
}

pub fn run(settings: Settings, mode: Mode, folder: &DataFolder) -> anyhow::Result<()> {
    log_to_stderr(&settings.log);
    folder.for_one_server()?;
    if settings.public_url.starts_with("https://") && settings.trusted_proxies.is_empty() {
        tracing::warn!(
            "PEREZVON_PUBLIC_URL is https and PEREZVON_TRUSTED_PROXIES names no proxy: limits will take all people for one"
        );
    }
    crate::open_files::raise(&settings);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(settings, mode));
    runtime.shutdown_timeout(THREADS_MOST);
    outcome
}

async fn serve(settings: Settings, mode: Mode) -> anyhow::Result<()> {
    // The listener first: a port in use is the commonest mistake and must be said at once.
    let listener = TcpListener::bind(settings.http).await.with_context(|| {
        format!("cannot listen for HTTP on {}; set PEREZVON_HTTP to a free address and port", settings.http)
    })?;
    let db = open_database(&settings).await?;
    let _only_server = db.lock_for_server().await?.with_context(|| {
        let place = crate::settings::without_secrets(&settings.database_url);
        format!(
            "another Perezvon server runs on the database {place}; stop it or set PEREZVON_DATABASE_URL to another one"
        )
    })?;
    if db.is_above_policies().await? {
        tracing::warn!(
            "PostgreSQL does not hold the role of PEREZVON_DATABASE_URL to row-level security (SUPERUSER or BYPASSRLS); \
             docs/operations.md says how to move to a plain role"
        );
    }
    let (stop, stopped) = watch::channel(false);
    // The writer's own: it ends after all who have something to write.
    let (end_journal, journal_ends) = watch::channel(false);
    let (journal, journal_task) = JournalWriter::start(db.clone(), journal_ends);
    let sounds = Arc::new(crate::library::sounds());

    let password = match mode {
        Mode::Serve => None,
        Mode::Demo => Some(crate::demo::password(&settings)),
    };
    if let Some(password) = &password {
        crate::demo::seed(&db, password).await?;
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
        of_media(legs.clone()),
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
        keeps_inputs: settings.input_days > 0,
        newcomer: life.clone().map(crate::demo::newcomer),
    };
    let tasks = JoinSet::new();
    let mut keeper =
        Keeper { around, running: running.clone(), stopped: stopped.clone(), tasks, told: Told::default() };
    for scope in scopes {
        keeper.start(scope).await?;
    }
    let (hang_up, hung_up) = watch::channel(false);
    let lines = telephony.clone();
    let reject = move |scope, leg, cause| lines.command(scope, leg, LegCommand::Reject { cause });
    let carrier = tokio::spawn(carry_telephony(pump, running.clone(), legs.clone(), reject, hung_up));
    let mut chores = JoinSet::new();
    chores.spawn(beat(db.clone(), stopped.clone()));
    let days = crate::retention::Days { inputs: settings.input_days, changes: settings.change_days };
    chores.spawn(crate::retention::forget(db.clone(), configurations.clone(), days, stopped.clone()));
    let (told, sip) = watch::channel(Listener::Answers);
    chores.spawn(watch_listener(telephony.local_addr(), PACE, told, stopped.clone()));
    if mode == Mode::Demo {
        chores.spawn(crate::demo::record(db.clone(), settings.recordings.clone(), sounds, stopped.clone()));
    }

    let config = ApiConfig {
        public_url: settings.public_url.clone(),
        secure_cookies: settings.secure_cookies,
        recordings: settings.recordings.clone(),
        demo: password.as_ref().map(|_| crate::demo::port(life.clone(), settings.http)),
        prompts: Arc::new(crate::library::prompt_names()),
        peaks: Arc::new(crate::recordings::peaks),
        readiness: readiness(
            running.clone(),
            configurations.clone(),
            media.clone(),
            vec![
                ("the journal's writer", journal_task.abort_handle()),
                ("the task that carries telephony's events", carrier.abort_handle()),
            ],
            sip,
        ),
        metrics: crate::measures::metrics(media.clone(), telephony.clone(), journal.clone()),
        journal: journal.health(),
        trusted_proxies: settings.trusted_proxies.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let api = ApiState::new(db.clone(), running.clone(), config);
    let keeper = tokio::spawn(keeper.keep(api.clone()));
    let pages = Router::new().fallback(crate::web::serve).layer(from_fn(perezvon_api::security_headers));
    let router = perezvon_api::router(api.clone()).fallback_service(pages);
    let (wish, wished) = watch::channel(false);
    let signals = tokio::spawn(Signals::listen().context("signals cannot be heard")?.carry(wish));
    greet(&settings, mode, password.as_deref());
    serve_http(listener, router, api, wished).await;

    let stopping = async {
        configurations.close();
        // What the ended calls have to say goes to the mailboxes first, then the tenants' tasks end, then the journal.
        telephony.shutdown().await;
        // The demo's callers go last, so that they may answer the BYE.
        if let Some(life) = &life {
            life.stop();
        }
        hang_up.send_replace(true);
        carrier.await.context("the task that carries telephony's events failed")?;
        stop.send_replace(true);
        ended(keeper, "the task that keeps the tenants").await?;
        while chores.join_next().await.is_some() {}
        end_journal.send_replace(true);
        ended(journal_task, "the journal's writer").await?;
        db.close().await;
        anyhow::Ok(())
    };
    let outcome = tokio::time::timeout(STOP_MOST, stopping).await;
    signals.abort();
    outcome.unwrap_or_else(|_| {
        tracing::error!("stopped before all was written; the next start closes what is open");
        Ok(())
    })
}

pub async fn open_database(settings: &Settings) -> anyhow::Result<Db> {
    Db::open(&settings.database_url, perezvon_store::Limits::default()).await.with_context(|| {
        let place = crate::settings::without_secrets(&settings.database_url);
        format!("cannot open the database {place}; check PEREZVON_DATABASE_URL, and that the database runs")
    })
}

/// Until the stop is wished for, and then as long as answers take, within a limit.
async fn serve_http(listener: TcpListener, router: Router, api: ApiState, mut wished: watch::Receiver<bool>) {
    let (drain, draining) = watch::channel(false);
    let mut server = pin!(crate::http::serve(listener, router, HttpLimits::default(), draining));
    tokio::select! {
        () = &mut server => {}
        () = is_set(&mut wished) => {}
    }
    let last = async {
        tokio::join!(&mut server, async {
            // Pages first: what they still ask for on their way out is answered.
            api.shutdown().await;
            drain.send_replace(true);
        })
    };
    if tokio::time::timeout(HTTP_DRAIN, last).await.is_err() {
        tracing::warn!("some answers to browsers were cut off");
    }
}

async fn ended(task: JoinHandle<()>, what: &str) -> anyhow::Result<()> {
    task.await.with_context(|| format!("{what} failed"))
}

/// Every part that must run for as long as the server does, asked each time: a part that failed can not say so itself.
fn readiness(
    running: Arc<Running>,
    configurations: Arc<Configurations>,
    media: Media,
    parts: Vec<(&'static str, AbortHandle)>,
    sip: watch::Receiver<Listener>,
) -> Arc<dyn Fn() -> Readiness + Send + Sync> {
    Arc::new(move || {
        let failed = |what: &str| format!("{what} failed; start the server again");
        let companies =
            running.ended().into_iter().map(|tenant| failed(&format!("the task of company {tenant}")));
        let mut reasons: Vec<String> = companies.collect();
        reasons.extend(media.failed().map(|thread| failed(&format!("the thread {thread}"))));
        reasons.extend(parts.iter().filter(|(_, task)| task.is_finished()).map(|(what, _)| failed(what)));
        if let Listener::Silent(why) = &*sip.borrow() {
            reasons.push(why.clone());
        }
        // The log says which setting it is: whoever asks here may be anybody.
        let left_out =
            |tenant| format!("company {tenant} is left out: its settings cannot be read; see the log");
        let without: Vec<String> = configurations.left_out().into_iter().map(left_out).collect();
        match (reasons.is_empty(), without.is_empty()) {
            (true, true) => Readiness::Ready,
            (true, false) => Readiness::ReadyWithout(without),
            (false, _) => Readiness::NotReady([reasons, without].concat()),
        }
    })
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
