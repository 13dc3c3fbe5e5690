//! What all parts of a running instance share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use perezvon_model::LegId;
use perezvon_model::TenantScope;
use perezvon_model::leg::LegEvent;
use tokio::sync::mpsc;

use crate::auth::Authority;
use crate::config::{TelephonyConfig, Timing};
use crate::directory::Directory;
use crate::dispatch::capabilities;
use crate::event::TelephonyEvent;
use crate::guard::{Ask, Passwords, Sources};
use crate::leg::{Dialogs, LegInput, Legs};
use crate::media::MediaPort;
use crate::registrar::{self, Registrar};
use crate::sip::hop::Hop;
use crate::sip::message::{Fields, Header, Method, Request, Response, header, status_of};
use crate::sip::stack::{Admission, Gate, Stack};
use crate::sip::tcp::Standing;

/// Room that must be left in the event channel for a new call: its legs have more to tell.
const EVENTS_IN_RESERVE: usize = 32;
/// All transactions together, for each call that there may be, above which strangers get none.
const TRANSACTIONS_PER_CALL: usize = 8;
/// The same where there are few calls.
const LEAST_TRANSACTIONS: usize = 500;
/// Seconds after which a refused caller may try again.
const RETRY_AFTER_S: u32 = 5;
/// A window that counts new calls.
const SECOND: Duration = Duration::from_secs(1);

pub(crate) struct Core {
    pub(crate) config: TelephonyConfig,
    pub(crate) timing: Timing,
    pub(crate) stack: Arc<Stack>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) media: Arc<dyn MediaPort>,
    events: mpsc::Sender<TelephonyEvent>,
    pub(crate) legs: Legs,
    pub(crate) dialogs: Dialogs,
    pub(crate) registrar: Registrar,
    pub(crate) authority: Authority,
    sources: Mutex<Sources>,
    passwords: Mutex<Passwords>,
    rate: Mutex<CallRate>,
    pub(crate) sums: Sums,
}

#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) calls_in: AtomicU64,
    pub(crate) calls_out: AtomicU64,
    pub(crate) commands_lost: AtomicU64,
    pub(crate) closing: AtomicUsize,
}

/// Counts what still waits for a peer's last word, for as long as it lives.
pub(crate) struct Closing(Arc<Core>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.sums.closing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A call that cannot be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overloaded;

impl Core {
    pub(crate) fn new(
        config: TelephonyConfig,
        timing: Timing,
        stack: Arc<Stack>,
        directory: Arc<dyn Directory>,
        media: Arc<dyn MediaPort>,
        events: mpsc::Sender<TelephonyEvent>,
    ) -> Self {
        Self {
            config,
            timing,
            stack,
            directory,
            media,
            events,
            legs: Legs::default(),
            dialogs: Dialogs::default(),
            registrar: Registrar::default(),
            authority: Authority::new(),
            sources: Mutex::new(Sources::default()),
            passwords: Mutex::new(Passwords::default()),
            rate: Mutex::new(CallRate { since: Instant::now(), calls: 0 }),
            sums: Sums::default(),
        }
    }

    /// Tells the server; waits while it is behind, in the task of the one leg or phone that has the news.
    pub(crate) async fn tell(&self, event: TelephonyEvent) {
        // A server that dropped its end is stopping and wants no news.
        let _ = self.events.send(event).await;
    }

    pub(crate) async fn tell_leg(&self, scope: TenantScope, leg: LegId, event: LegEvent) {
        self.tell(TelephonyEvent::Leg { scope, leg, event }).await;
    }

    /// Gives the event back when there is no room.
    pub(crate) fn try_tell(&self, event: TelephonyEvent) -> Result<(), Box<TelephonyEvent>> {
        self.events.try_send(event).map_err(|error| Box::new(error.into_inner()))
    }

    /// The limits that hold for every new inbound call.
    pub(crate) fn admit_call(&self, now: Instant) -> Result<(), Overloaded> {
        let reserve = EVENTS_IN_RESERVE.min(self.events.max_capacity() / 2);
        if self.legs.inbound() >= self.config.max_calls
            || self.events.capacity() < reserve
            || self.events.is_closed()
            || !self.directory.accepting()
        {
            return Err(Overloaded);
        }
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(rate.since) >= SECOND {
            *rate = CallRate { since: now, calls: 0 };
        }
        if rate.calls >= self.config.max_calls_per_second {
            return Err(Overloaded);
        }
        rate.calls += 1;
        Ok(())
    }

    pub(crate) fn closing(self: &Arc<Self>) -> Closing {
        self.sums.closing.fetch_add(1, Ordering::Relaxed);
        Closing(self.clone())
    }

    pub(crate) fn session_expires_s(&self) -> u32 {
        self.config.session_expires_s.max(self.timing.least_session_s)
    }

    pub(crate) fn sources(&self) -> std::sync::MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn passwords(&self) -> std::sync::MutexGuard<'_, Passwords> {
        self.passwords.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_trunk(&self, source: Hop) -> bool {
        self.directory.trunk_by_source(source.addr.ip()).is_some()
    }
}

pub(crate) fn retry_after() -> Vec<Header> {
    vec![header("Retry-After", RETRY_AFTER_S.to_string())]
}

impl Core {
    /// A transaction is kept for 32 s: a phone gets one when it brings a password, and while there is room.
    fn admit_register(&self, request: &Request, now: Instant) -> Admission {
        let Some(username) = registrar::registrant(request) else {
            return Admission::Answer(400, Vec::new());
        };
        if request.field("Authorization").is_none() {
            let account = self.directory.phone_account(&username);
            let challenge = self.authority.challenge(account.as_ref(), false, now);
            return Admission::Answer(401, vec![challenge]);
        }
        let (running, finished) = self.stack.transactions();
        let most = self.config.max_calls.saturating_mul(TRANSACTIONS_PER_CALL).max(LEAST_TRANSACTIONS);
        if running + finished >= most { Admission::Ignore } else { Admission::Pass }
    }
}

struct CallRate {
    since: Instant,
    calls: u32,
}

impl Gate for Core {
    fn admit(&self, request: &Request, source: Hop) -> Admission {
        let ip = source.addr.ip();
        let in_dialog = match request.recipient_tag() {
            Some(tag) => self.dialogs.contains(request.call_id(), &tag),
            None => false,
        };
        if in_dialog || self.is_trunk(source) {
            return Admission::Pass;
        }
        let now = Instant::now();
        let may = |ask| self.sources().admit(ip, ask, now);
        match request.method {
            // Its INVITE was refused or never seen.
            Method::Ack => Admission::Ignore,
            Method::Cancel if self.dialogs.is_arriving(request) => Admission::Pass,
            Method::Register if may(Ask::Register) => self.admit_register(request, now),
            // A question of health gives nothing away; the rate is limited like any other.
            Method::Options if may(Ask::Probe) => Admission::Answer(200, capabilities()),
            Method::Register | Method::Options => Admission::Ignore,
            Method::Cancel
            | Method::Invite
            | Method::Bye
            | Method::Update
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::PRack
            | Method::Publish
            | Method::Refer
            | Method::Subscribe => {
                if may(Ask::Refusal) {
                    Admission::Refuse(403, Vec::new())
                } else {
                    Admission::Ignore
                }
            }
        }
    }

    fn response(&self, response: Response, _source: Hop) -> Option<Response> {
        let is_invite = response.cseq().is_some_and(|(_, method)| method == "INVITE");
        if !is_invite || !(200..300).contains(&status_of(&response)) {
            return Some(response);
        }
        // A 2xx ends its client transaction; more of them belong to the dialog (RFC 3261 section 13.2.2.4).
        let from_tag = response.sender_tag()?;
        match self.dialogs.answered(response.call_id(), &from_tag) {
            Some(leg) => {
                // A full inbox drops it: the peer repeats its 2xx.
                let _ = leg.try_send(LegInput::RepeatedAnswer(Box::new(response)));
                None
            }
            None => Some(response),
        }
    }

    fn standing(&self, source: std::net::SocketAddr) -> Standing {
        if self.directory.trunk_by_source(source.ip()).is_some() {
            Standing::Trusted
        } else if self.passwords().knows(source.ip()) {
            Standing::Expected
        } else {
            Standing::Stranger
        }
    }

    fn answers_refused(&self, source: std::net::SocketAddr) -> bool {
        let trunk = self.directory.trunk_by_source(source.ip()).is_some();
        trunk || self.sources().admit(source.ip(), Ask::Refusal, Instant::now())
    }
}
