//! The life of the demo company, as a process of its own: callers and agents who are nothing but customers of the
//! server. They ring over SIP, speak over RTP, and sit at their desks over HTTP.

mod agent;
mod caller;
mod control;
mod desk;
mod lines;
mod office;
mod street;
pub(crate) mod voices;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use perezvon_media::{Library, MediaError};
use perezvon_model::UtcMs;
use perezvon_telephony::TelephonyError;
use tokio::sync::mpsc;
use tokio::time::Instant;

pub use control::{Control, MAX_CALLS_PER_MINUTE};

/// Calls a minute until the server says otherwise.
pub const CALLS_PER_MINUTE: u32 = 4;

/// Where the server is and how to get in.
#[derive(Clone)]
pub struct LifeConfig {
    /// The server's HTTP address.
    pub http: SocketAddr,
    /// The server's SIP address, UDP.
    pub sip: SocketAddr,
    /// Of every demo user and phone.
    pub password: String,
    pub seed: u64,
    /// All sounds, with the voices under `callers/LANGUAGE/NAME` and `agents/LANGUAGE/NAME`.
    pub library: Arc<Library>,
}

impl std::fmt::Debug for LifeConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { http, sip, password: _, seed, library: _ } = self;
        f.debug_struct("LifeConfig")
            .field("http", http)
            .field("sip", sip)
            .field("seed", seed)
            .finish_non_exhaustive()
    }
}

/// Life cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    #[error("sound of the demo's callers: {0}")]
    Media(#[from] MediaError),
    #[error("telephones of the demo's callers: {0}")]
    Telephony(#[from] TelephonyError),
    #[error("control lines on standard input cannot be read: {0}")]
    Control(#[from] std::io::Error),
}

/// Lives until standard input closes; orders are lines of JSON there (see [`Control::parse`]).
///
/// # Errors
/// What keeps it from beginning. A server that is away is none: it is looked for again and again.
pub async fn run(config: LifeConfig) -> Result<(), LifeError> {
    let controls = control::from_stdin()?;
    run_with(config, controls).await
}

/// As [`run`], with orders from a channel; lives until the channel closes.
pub async fn run_with(config: LifeConfig, controls: mpsc::Receiver<Control>) -> Result<(), LifeError> {
    let config = LifeConfig { http: reachable(config.http), sip: reachable(config.sip), ..config };
    let clock = Clock::start();
    let library = voices::library(&config.library);
    let lines = lines::start(config.sip, &config.password, library, clock).await?;
    street::Street::new(config, lines, clock).live(controls).await;
    Ok(())
}

/// A server that listens on every address is reached on this machine.
fn reachable(mut addr: SocketAddr) -> SocketAddr {
    if addr.ip().is_unspecified() {
        addr.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    addr
}

/// The wall clock at the start and the monotonic one since: no step of the former disturbs a wait.
#[derive(Clone, Copy, Debug)]
struct Clock {
    began: Instant,
    began_utc: UtcMs,
}

impl Clock {
    fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: Instant::now(), began_utc: UtcMs(i64::try_from(since.as_millis()).unwrap_or(0)) }
    }

    fn now(self) -> UtcMs {
        self.began_utc + i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn instant(self, at: UtcMs) -> Instant {
        self.began + std::time::Duration::from_millis(at.since_ms(self.began_utc).unsigned_abs())
    }
}
