//! Tests with a peer that says exactly what the test wants, over a UDP socket, in shortened times.

mod faults;
mod peer;
mod refresh;
mod registers;
mod sound;
mod strangers;

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use perezvon_model::config::Trunk;
use perezvon_model::leg::{LegCommand, LegEvent};
use perezvon_model::prompt::Language;
use perezvon_model::{FlowId, LegId, TenantId, TenantScope, TrunkId, UserId};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::auth::digest::Algorithm;
use crate::config::{TelephonyConfig, Timing};
use crate::media::{MediaPort, NoPort, RemoteRtp};
use crate::{Directory, NumberMatch, PhoneAccount, PhoneTarget, Telephony, TelephonyEvent, TrunkMatch};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// A loopback address that is no trunk.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// No step takes this long unless it failed.
const PATIENCE: Duration = Duration::from_secs(10);

fn scope() -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "a test is its own number map")]
    TenantScope::mint(TenantId(Uuid::from_u128(1)))
}

struct Book;

impl Directory for Book {
    fn trunk_by_source(&self, ip: IpAddr) -> Option<TrunkMatch> {
        (ip == LOCAL).then(|| TrunkMatch {
            scope: scope(),
            trunk: TrunkId(Uuid::from_u128(3)),
            max_calls: 1_000,
        })
    }

    fn number(&self, dialled: &str) -> Option<NumberMatch> {
        (dialled == "100").then(|| NumberMatch {
            scope: scope(),
            number: dialled.to_owned(),
            flow: FlowId(Uuid::from_u128(4)),
            language: Language::En,
            region: "RU".into(),
        })
    }

    fn phone_account(&self, username: &str) -> Option<PhoneAccount> {
        let secret = format!("100:{}:secret", crate::REALM);
        (username == "100").then(|| PhoneAccount {
            scope: scope(),
            agent: UserId(Uuid::from_u128(5)),
            ha1_md5: Algorithm::Md5.hash(&secret),
            ha1_sha256: Algorithm::Sha256.hash(&secret),
        })
    }

    fn phone_of(&self, _tenant: TenantId, _agent: UserId) -> Option<PhoneTarget> {
        None
    }

    fn registrations(&self) -> Vec<(TenantScope, Trunk)> {
        Vec::new()
    }
}

/// A media plane that opens no port and remembers what it was told.
#[derive(Default)]
struct Sound {
    open: Mutex<HashSet<LegId>>,
    started: Mutex<Vec<RemoteRtp>>,
    begun: Mutex<Vec<LegId>>,
}

impl MediaPort for Sound {
    fn open(&self, leg: LegId) -> Result<SocketAddr, NoPort> {
        self.open.lock().unwrap().insert(leg);
        Ok(SocketAddr::new(LOCAL, 30_000))
    }

    fn start(&self, leg: LegId, remote: RemoteRtp) {
        assert!(self.open.lock().unwrap().contains(&leg), "sound of a leg that is not open");
        self.started.lock().unwrap().push(remote);
    }

    fn begin(&self, leg: LegId) {
        self.begun.lock().unwrap().push(leg);
    }

    fn close(&self, leg: LegId) {
        self.open.lock().unwrap().remove(&leg);
    }
}

fn quick() -> Timing {
    Timing { t1: Duration::from_millis(50), least_session_s: 2, least_registration_s: 1, ..Timing::default() }
}

struct Stage {
    telephony: Telephony,
    sound: Arc<Sound>,
    events: mpsc::Receiver<TelephonyEvent>,
}

impl Stage {
    async fn start() -> Self {
        Self::start_with(quick(), 1_000).await
    }

    async fn start_with(timing: Timing, event_room: usize) -> Self {
        let config = TelephonyConfig {
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            public_ip: LOCAL,
            max_calls: 100,
            max_calls_per_second: 1_000,
            session_expires_s: 1_800,
        };
        let sound = Arc::new(Sound::default());
        let (sender, events) = mpsc::channel(event_room);
        let telephony = Telephony::start_over(config, timing, Arc::new(Book), sound.clone(), sender)
            .await
            .expect("telephony");
        Self { telephony, sound, events }
    }

    fn addr(&self) -> SocketAddr {
        SocketAddr::new(LOCAL, self.telephony.local_addr().port())
    }

    async fn next(&mut self) -> TelephonyEvent {
        tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("an event in time")
            .expect("a channel")
    }

    async fn call(&mut self) -> LegId {
        match self.next().await {
            TelephonyEvent::CallArrived { leg, .. } => leg,
            other => panic!("no call: {other:?}"),
        }
    }

    async fn leg_event(&mut self, of: LegId) -> LegEvent {
        match self.next().await {
            TelephonyEvent::Leg { leg, event, .. } if leg == of => event,
            other => panic!("nothing of this leg: {other:?}"),
        }
    }

    fn command(&self, leg: LegId, command: LegCommand) {
        self.telephony.command(scope(), leg, command);
    }

    /// Waits until nothing at all is left: no leg, no dialog, no transaction.
    async fn is_empty(&self) {
        let empty = async {
            loop {
                let counters = self.telephony.counters();
                let left = counters.legs + counters.dialogs + counters.closing + counters.transactions;
                if left + counters.finished_transactions == 0 && self.sound.open.lock().unwrap().is_empty() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, empty).await.is_err() {
            panic!("something is left: {:?}", self.telephony.counters());
        }
    }
}
