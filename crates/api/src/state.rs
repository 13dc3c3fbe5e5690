//! What every handler is given.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use perezvon_model::{TenantScope, UserId, UtcMs};
use perezvon_store::Db;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::attempts::Attempts;
use crate::counts::Counts;
use crate::desk::gone;
use crate::password::Passwords;
use crate::ports::{ApiConfig, TenantPort, Tenants};
use crate::problem::Answer;
use crate::socket::Seats;

/// Ended sessions that an open socket may not have seen yet; a socket that falls behind looks its session up.
const REVOCATIONS: usize = 256;

/// Recordings whose loudness is read at once; each decodes a whole file on a blocking thread.
const DRAWINGS_AT_ONCE: usize = 4;

/// How often sessions that are over are swept away.
const SWEEP_EVERY_MS: i64 = 60 * 60 * 1000;

/// A session that ended, or a user whose sessions must be looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    Session(String),
    User(UserId),
}

type Clock = Arc<dyn Fn() -> UtcMs + Send + Sync>;

/// The shared part of the api; cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

struct Inner {
    db: Db,
    tenants: Arc<dyn Tenants>,
    config: ApiConfig,
    clock: Clock,
    passwords: Passwords,
    attempts: Mutex<Attempts>,
    counts: Counts,
    sockets: Seats,
    drawings: Arc<Semaphore>,
    revoked: broadcast::Sender<Revoked>,
    reloads: watch::Sender<u64>,
    /// When the sessions that are over were last swept away.
    swept: AtomicI64,
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl ApiState {
    pub fn new(db: Db, tenants: Arc<dyn Tenants>, config: ApiConfig) -> Self {
        Self::with_clock(db, tenants, config, Arc::new(system_clock))
    }

    /// As `new`, with another clock, for tests.
    pub(crate) fn with_clock(db: Db, tenants: Arc<dyn Tenants>, config: ApiConfig, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            db,
            tenants,
            config,
            clock,
            passwords: Passwords::default(),
            attempts: Mutex::default(),
            counts: Counts::default(),
            sockets: Seats::default(),
            drawings: Arc::new(Semaphore::new(DRAWINGS_AT_ONCE)),
            revoked: broadcast::channel(REVOCATIONS).0,
            reloads: watch::Sender::new(0),
            swept: AtomicI64::new(0),
            tracker: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }))
    }

    /// Closes every open socket with the reason "stopping" and waits until they are closed.
    pub async fn shutdown(&self) {
        self.0.stopping.cancel();
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }

    /// Makes open sockets of this user look their session up again, such as after a password reset elsewhere.
    pub fn revoke_user(&self, user: UserId) {
        self.revoke(Revoked::User(user));
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn config(&self) -> &ApiConfig {
        &self.0.config
    }

    pub(crate) fn now(&self) -> UtcMs {
        (self.0.clock)()
    }

    pub(crate) fn port(&self, scope: TenantScope) -> Answer<TenantPort> {
        self.0.tenants.port(scope.tenant()).ok_or_else(gone)
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }

    pub(crate) fn sockets(&self) -> &Seats {
        &self.0.sockets
    }

    pub(crate) fn drawings(&self) -> Arc<Semaphore> {
        self.0.drawings.clone()
    }

    pub(crate) fn revocations(&self) -> broadcast::Receiver<Revoked> {
        self.0.revoked.subscribe()
    }

    pub(crate) fn revoke(&self, revoked: Revoked) {
        // An error means that no socket is open.
        let _ = self.0.revoked.send(revoked);
    }

    pub(crate) fn reloads(&self) -> watch::Receiver<u64> {
        self.0.reloads.subscribe()
    }

    /// Tells open pages that another configuration runs now.
    pub fn reloaded(&self) {
        self.0.reloads.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Whether it is time to sweep; true for one caller an hour.
    pub(crate) fn sweep_is_due(&self, now: UtcMs) -> bool {
        let last = self.0.swept.load(Ordering::Relaxed);
        let due = now.0 - last >= SWEEP_EVERY_MS;
        due && self.0.swept.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    pub(crate) fn tracker(&self) -> &TaskTracker {
        &self.0.tracker
    }

    pub(crate) fn stopping(&self) -> CancellationToken {
        self.0.stopping.clone()
    }
}

fn system_clock() -> UtcMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
