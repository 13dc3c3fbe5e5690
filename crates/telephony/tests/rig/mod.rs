//! What the tests with real peers share: a running instance over the real media plane, a directory of one tenant,
//! SIPp as the peer.

#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use perezvon_media::{Library, Media, MediaConfig};
use perezvon_model::config::Trunk;
use perezvon_model::leg::{CallerName, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Language;
use perezvon_model::{FlowId, LegId, TenantId, TenantScope, TrunkId, UserId};
use perezvon_telephony::{
    Directory, NumberMatch, PhoneAccount, PhoneTarget, Telephony, TelephonyConfig, TelephonyEvent, TrunkMatch,
};
use tokio::sync::mpsc;
use uuid::Uuid;

pub const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// No step of a test takes this long unless it failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn scope() -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "a test is its own number map")]
    TenantScope::mint(TenantId(Uuid::from_u128(1)))
}

pub fn agent() -> UserId {
    UserId(Uuid::from_u128(2))
}

pub fn trunk() -> TrunkId {
    TrunkId(Uuid::from_u128(3))
}

/// A directory that a test can change.
pub struct Book {
    pub trunk_sources: Mutex<Vec<IpAddr>>,
    pub trunk_max_calls: Mutex<u32>,
    pub numbers: Mutex<Vec<String>>,
    pub accounts: Mutex<HashMap<String, PhoneAccount>>,
    pub phone: Mutex<PhoneTarget>,
    pub registrations: Mutex<Vec<(TenantScope, Trunk)>>,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            trunk_sources: Mutex::new(vec![LOCAL]),
            trunk_max_calls: Mutex::new(1_000),
            numbers: Mutex::new(vec!["100".into()]),
            accounts: Mutex::default(),
            phone: Mutex::default(),
            registrations: Mutex::default(),
        }
    }
}

impl Directory for Book {
    fn trunk_by_source(&self, ip: IpAddr) -> Option<TrunkMatch> {
        let max_calls = *self.trunk_max_calls.lock().expect("lock");
        let known = self.trunk_sources.lock().expect("lock").contains(&ip);
        known.then(|| TrunkMatch { scope: scope(), trunk: trunk(), max_calls })
    }

    fn number(&self, dialled: &str) -> Option<NumberMatch> {
        let known = self.numbers.lock().expect("lock").iter().any(|number| number == dialled);
        known.then(|| NumberMatch {
            scope: scope(),
            number: dialled.to_owned(),
            flow: FlowId(Uuid::from_u128(4)),
            language: Language::Ru,
            region: "RU".into(),
        })
    }

    fn phone_account(&self, username: &str) -> Option<PhoneAccount> {
        self.accounts.lock().expect("lock").get(username).cloned()
    }

    fn phone_of(&self, _tenant: TenantId, of: UserId) -> Option<PhoneTarget> {
        (of == agent()).then(|| self.phone.lock().expect("lock").clone())
    }

    fn registrations(&self) -> Vec<(TenantScope, Trunk)> {
        self.registrations.lock().expect("lock").clone()
    }
}

pub struct Rig {
    pub telephony: Telephony,
    pub media: Media,
    pub book: Arc<Book>,
    pub events: mpsc::Receiver<TelephonyEvent>,
}

pub fn config() -> TelephonyConfig {
    TelephonyConfig {
        bind: SocketAddr::new(LOCAL, 0),
        public_ip: LOCAL,
        max_calls: 1_000,
        max_calls_per_second: 1_000,
        session_expires_s: 1_800,
    }
}

/// Rigs of one test program take their RTP ports from different ranges.
static RTP_BASE: AtomicU16 = AtomicU16::new(0);

impl Rig {
    pub async fn start() -> Self {
        Self::start_with(config(), Book::default()).await
    }

    pub async fn start_with(config: TelephonyConfig, book: Book) -> Self {
        let slot =
            (std::process::id() as u16 % 40).wrapping_mul(16) + RTP_BASE.fetch_add(1, Ordering::Relaxed) % 16;
        let first = 20_000 + slot % 600 * 60;
        let media = Media::start(
            MediaConfig {
                bind_ip: LOCAL,
                public_ip: LOCAL,
                rtp_ports: first..=first + 59,
                webrtc_port: 0,
                library: Arc::new(Library::new(std::iter::empty())),
            },
            Arc::new(|_| {}),
        )
        .expect("media");
        let book = Arc::new(book);
        let (sender, events) = mpsc::channel(1_000);
        let telephony =
            Telephony::start(config, book.clone(), media.clone(), sender).await.expect("telephony");
        Self { telephony, media, book, events }
    }

    pub fn addr(&self) -> SocketAddr {
        self.telephony.local_addr()
    }

    pub async fn next(&mut self) -> TelephonyEvent {
        tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("an event in time")
            .expect("the channel lives")
    }

    /// The next event, which must be a call.
    pub async fn call(&mut self) -> LegId {
        match self.next().await {
            TelephonyEvent::CallArrived { leg, .. } => leg,
            other => panic!("no call: {other:?}"),
        }
    }

    /// The next event, which must be one of this leg.
    pub async fn leg_event(&mut self, of: LegId) -> LegEvent {
        match self.next().await {
            TelephonyEvent::Leg { leg, event, .. } if leg == of => event,
            other => panic!("nothing of this leg: {other:?}"),
        }
    }

    pub fn command(&self, leg: LegId, command: LegCommand) {
        self.telephony.command(scope(), leg, command);
    }

    pub fn add_account(&self, username: &str, password: &str) {
        let secret = format!("{username}:{}:{password}", perezvon_telephony::REALM);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let account = PhoneAccount {
            scope: scope(),
            agent: agent(),
            ha1_md5: hex(&<md5::Md5 as md5::Digest>::digest(secret.as_bytes())),
            ha1_sha256: hex(&<sha2::Sha256 as sha2::Digest>::digest(secret.as_bytes())),
        };
        self.book.accounts.lock().expect("lock").insert(username.to_owned(), account);
    }

    /// Registers a phone that listens on a port, in place of the phone.
    pub async fn register(&self, username: &str, port: u16) {
        self.add_account(username, "secret");
        let contact = format!("sip:{username}@127.0.0.1:{port}");
        let arguments = ["-au", username, "-ap", "secret", "-key", "contact", &contact];
        Sipp::run("register_other.xml", self.addr(), &arguments).succeeds().await;
    }

    pub fn set_phone(&self, username: &str) {
        *self.book.phone.lock().expect("lock") =
            PhoneTarget { sip_username: Some(username.into()), static_uri: None };
    }

    pub fn dial_agent(&self) -> LegId {
        let leg = LegId(Uuid::now_v7());
        let from = CallerName { number: "+74950000001".into(), name: "Company".into() };
        let target = DialTarget::Phone { agent: agent() };
        self.command(leg, LegCommand::Dial { target, from, timeout_ms: 10_000 });
        leg
    }

    /// Waits until no call, dialog or last word is left.
    pub async fn is_empty(&self) {
        let empty = async {
            loop {
                let counters = self.telephony.counters();
                if counters.legs == 0 && counters.dialogs == 0 && counters.closing == 0 {
                    return;
                }
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, empty).await.is_err() {
            panic!("something is left: {:?}", self.telephony.counters());
        }
    }
}

/// A free UDP port of this moment.
pub fn free_port() -> u16 {
    std::net::UdpSocket::bind((LOCAL, 0)).expect("port").local_addr().expect("address").port()
}

/// SIPp running one scenario of `tests/sipp`.
pub struct Sipp {
    child: tokio::process::Child,
    errors: PathBuf,
    name: String,
    _folder: tempfile::TempDir,
}

impl Sipp {
    pub fn run(scenario: &str, remote: SocketAddr, arguments: &[&str]) -> Self {
        Self::run_at(scenario, remote, free_port(), arguments)
    }

    pub fn run_at(scenario: &str, remote: SocketAddr, port: u16, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let errors = folder.path().join("errors.log");
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp").join(scenario);
        let child = tokio::process::Command::new("sipp")
            .args(["-sf", file.to_str().expect("path"), "-nostdin", "-i", "127.0.0.1", "-m", "1"])
            .args(["-p", &port.to_string(), "-timeout", "18s", "-timeout_error", "-trace_err"])
            .args(["-error_file", errors.to_str().expect("path")])
            .args(arguments)
            .arg(remote.to_string())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("sipp must be installed for these tests: apt-get install sip-tester");
        Self { child, errors, name: scenario.to_owned(), _folder: folder }
    }

    /// Waits until SIPp has bound its port: then a bind of ours fails.
    pub async fn listens(port: u16, transport: &str) {
        let is_bound = || match transport {
            "t1" => std::net::TcpListener::bind((LOCAL, port)).is_err(),
            _ => std::net::UdpSocket::bind((LOCAL, port)).is_err(),
        };
        tokio::time::timeout(PATIENCE, async {
            while !is_bound() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("SIPp listens");
    }

    /// Waits for the scenario to end well.
    pub async fn succeeds(mut self) {
        let status =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("in time").expect("status");
        if !status.success() {
            let errors = std::fs::read_to_string(&self.errors).unwrap_or_default();
            panic!("{} failed with {status}:\n{errors}", self.name);
        }
    }
}
