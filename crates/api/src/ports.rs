//! What the server hands to this crate: one mailbox per tenant task, and the few things only the server knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use perezvon_model::engine::{AgentCommand, CommandRefused, NewItem};
use perezvon_model::view::{DeskView, FloorView};
use perezvon_model::{InteractionId, TenantId, UserId};
use tokio::sync::{mpsc, oneshot, watch};

/// The mailbox of one tenant's task. Bounded by whoever makes it; a full mailbox is answered with 503.
#[derive(Clone)]
pub struct TenantPort {
    pub commands: mpsc::Sender<PortRequest>,
}

/// Finds a tenant's mailbox.
pub trait Tenants: Send + Sync {
    /// `None` while the tenant's task does not run on this server.
    fn port(&self, tenant: TenantId) -> Option<TenantPort>;
}

/// What the api asks of a tenant's task. A dropped `reply` is answered to the client as 503.
pub enum PortRequest {
    /// `WrapUp` and `SetPresence` are replied to after their journal rows are committed, the others when they are done.
    Command {
        agent: UserId,
        command: AgentCommand,
        reply: oneshot::Sender<Result<(), CommandRefused>>,
    },
    /// A chat or a mail; replied to after its journal rows are committed.
    Item {
        item: NewItem,
        reply: oneshot::Sender<Result<(), CommandRefused>>,
    },
    /// Nothing happens where it is over.
    WithdrawItem {
        interaction: InteractionId,
        reply: oneshot::Sender<()>,
    },
    /// `None` when the user is no agent of the running configuration.
    WatchDesk {
        agent: UserId,
        reply: oneshot::Sender<Option<watch::Receiver<Arc<DeskView>>>>,
    },
    WatchFloor {
        reply: oneshot::Sender<watch::Receiver<Arc<FloorView>>>,
    },
    /// Sent once for each socket that opens and once for each that closes; the server counts.
    DeskSocket {
        agent: UserId,
        open: bool,
    },
    /// A browser's SDP offer; the answer is SDP or a sentence for the person.
    BrowserOffer {
        agent: UserId,
        sdp: String,
        reply: oneshot::Sender<Result<String, String>>,
    },
    /// The configuration in the store changed; replied when the running one is the stored one.
    Reload {
        reply: oneshot::Sender<Result<(), String>>,
    },
}

/// Loudness of a recording for drawing: one value of 0 to 255 per column and side.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Peaks {
    /// The customer.
    #[schema(value_type = Vec<u32>)]
    pub left: Vec<u8>,
    /// The agent.
    #[schema(value_type = Vec<u32>)]
    pub right: Vec<u8>,
    pub duration_ms: i64,
}

/// Whether the server can take calls, asked by `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// Calls are taken, but not for these; one sentence each.
    ReadyWithout(Vec<String>),
    /// One short reason per part that is not, such as `sip socket is closed`.
    NotReady(Vec<String>),
}

/// How far the journal's writer is, sent to every desk so that people know what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JournalHealth {
    Ok,
    /// Rows wait longer than they should; calls go on.
    Behind,
    /// The disk is full; rows wait in memory.
    FullDisk,
    /// The database cannot be reached; rows wait in memory.
    NoDatabase,
}

/// One number for `/metrics`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Full name with unit last, such as `perezvon_journal_lag_seconds`.
    pub name: &'static str,
    pub help: &'static str,
    pub kind: MetricKind,
    /// Label pairs, such as `("codec", "pcma")`.
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
}

/// Who may sign in to the demo without a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoDoors {
    /// A browser on this machine.
    Local,
    /// Nobody: the server listens beyond this machine, so that what comes from loopback may be anybody's.
    Closed,
}

/// The demo company's controls; only `perezvon demo` gives one.
#[derive(Clone)]
pub struct DemoPort {
    /// Simulated callers and agents run (`PEREZVON_DEMO_LIFE`).
    pub life: bool,
    pub calls_per_minute: Arc<dyn Fn() -> u32 + Send + Sync>,
    /// Given 0 to 30.
    pub set_calls_per_minute: Arc<dyn Fn(u32) + Send + Sync>,
    /// A caller rings for this user now; an error is a sentence for the person.
    pub call_me: Arc<dyn Fn(UserId) -> Result<(), String> + Send + Sync>,
    pub doors: DemoDoors,
    /// Who signs in without a password: the e-mails of agent, supervisor, admin.
    pub agent_email: String,
    pub supervisor_email: String,
    pub admin_email: String,
}

/// Reads the loudness of a recording in so many columns.
pub type ReadPeaks = Arc<dyn Fn(&Path, usize) -> Result<Peaks, String> + Send + Sync>;

/// Everything the api needs besides the store and the tenants.
#[derive(Clone)]
pub struct ApiConfig {
    /// As browsers see it, such as `https://calls.example.org`. Pages of its origin may open sockets and change things,
    /// and so may pages of the very host that they ask.
    pub public_url: String,
    /// `Secure` on the session cookie; on wherever the page is served over TLS.
    pub secure_cookies: bool,
    /// Proxies whose `X-Forwarded-For` is believed; empty where clients connect directly.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Recordings are served from this folder only.
    pub recordings: PathBuf,
    pub demo: Option<DemoPort>,
    /// Names of prompts that flows may play.
    pub prompts: Arc<BTreeSet<String>>,
    /// Runs on a blocking thread; the text of an error goes to the log.
    pub peaks: ReadPeaks,
    /// Telephony, media and tenants; the database is asked by the api itself.
    pub readiness: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// Calls, journal, media and telephony numbers for `/metrics`.
    pub metrics: Arc<dyn Fn() -> Vec<Metric> + Send + Sync>,
    pub journal: watch::Receiver<JournalHealth>,
    /// Shown in `hello`, such as `0.1.0`.
    pub version: String,
}
