//! Writes the journal behind the calls: in batches, in order, again and again while the database is away.
//! A call never waits for it; a person whose words must be kept does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use perezvon_api::JournalHealth;
use perezvon_model::TenantScope;
use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::Entry;
use perezvon_store::{Db, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// Entries that may wait in memory while the database is away; beyond it new calls are refused.
/// At 15 entries a call that is over 13,000 calls.
pub const BACKLOG: usize = 200_000;
/// Entries in one transaction.
const BATCH: usize = 512;
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(2);
/// Rows older than this, with more behind them, make the journal "behind".
const BEHIND_MS: i64 = 1_000;

type Reply = oneshot::Sender<Result<(), CommandRefused>>;

/// One step of one tenant: its entries and who waits for them.
struct Step {
    scope: TenantScope,
    entries: Vec<Entry>,
    replies: Vec<Reply>,
}

#[derive(Default)]
struct Gauges {
    waiting: AtomicUsize,
    lag_ms: AtomicI64,
    written: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
}

/// The handle; cheap to clone.
#[derive(Clone)]
pub struct JournalWriter {
    steps: mpsc::Sender<Step>,
    gauges: Arc<Gauges>,
    health: watch::Receiver<JournalHealth>,
}

/// Numbers for `/metrics`.
#[derive(Clone, Copy, Debug)]
pub struct JournalCounters {
    pub waiting: usize,
    /// Age of the last row when it was written.
    pub lag_ms: i64,
    pub written: u64,
    pub retries: u64,
    /// Entries refused because the backlog was full.
    pub refused: u64,
}

impl JournalWriter {
    /// Starts the writer; after `stop` it ends once all is written, or at once when the database is away.
    pub fn start(db: Db, stop: watch::Receiver<bool>) -> (Self, JoinHandle<()>) {
        let (steps, inbox) = mpsc::channel(BACKLOG);
        let (health, seen) = watch::channel(JournalHealth::Ok);
        let gauges = Arc::new(Gauges::default());
        let writer = Self { steps, gauges: gauges.clone(), health: seen };
        let task = tokio::spawn(Shell { db, inbox, gauges, health, stop }.run());
        (writer, task)
    }

    /// Hands a step over; never waits.
    pub fn submit(&self, scope: TenantScope, entries: Vec<Entry>, replies: Vec<Reply>) {
        let count = entries.len();
        self.gauges.waiting.fetch_add(count, Ordering::Relaxed);
        if let Err(refused) = self.steps.try_send(Step { scope, entries, replies }) {
            self.gauges.waiting.fetch_sub(count, Ordering::Relaxed);
            self.gauges.refused.fetch_add(count as u64, Ordering::Relaxed);
            let step = refused.into_inner();
            tracing::error!(count, "the journal's backlog is full; entries were not kept");
            for reply in step.replies {
                let _ = reply.send(Err(CommandRefused::NotNow("the journal cannot be written".into())));
            }
        }
    }

    /// False while so much waits that new calls should be refused.
    pub fn has_room(&self) -> bool {
        self.gauges.waiting.load(Ordering::Relaxed) < BACKLOG / 2
    }

    pub fn health(&self) -> watch::Receiver<JournalHealth> {
        self.health.clone()
    }

    pub fn counters(&self) -> JournalCounters {
        JournalCounters {
            waiting: self.gauges.waiting.load(Ordering::Relaxed),
            lag_ms: self.gauges.lag_ms.load(Ordering::Relaxed),
            written: self.gauges.written.load(Ordering::Relaxed),
            retries: self.gauges.retries.load(Ordering::Relaxed),
            refused: self.gauges.refused.load(Ordering::Relaxed),
        }
    }
}

struct Shell {
    db: Db,
    inbox: mpsc::Receiver<Step>,
    gauges: Arc<Gauges>,
    health: watch::Sender<JournalHealth>,
    stop: watch::Receiver<bool>,
}

impl Shell {
    async fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                received = self.inbox.recv_many(&mut batch, BATCH) => if received == 0 { return },
                () = crate::start::is_set(&mut self.stop) => return,
            }
            let mut left: VecDeque<Step> = batch.drain(..).collect();
            while let Some(group) = next_group(&mut left) {
                if !self.write(group).await {
                    return;
                }
            }
        }
    }

    /// Writes one tenant's steps until they are kept; false when the server stops while the database is away.
    async fn write(&mut self, group: Step) -> bool {
        let Step { scope, entries, replies } = group;
        let mut pause = RETRY_FIRST;
        loop {
            let error = match self.db.tenant(&scope).append(&entries).await {
                Ok(()) => break,
                Err(error) => error,
            };
            let health = match &error {
                StoreError::DiskFull(_) => JournalHealth::FullDisk,
                StoreError::Unavailable(_) => JournalHealth::NoDatabase,
                other => {
                    // A row that can never be written must not stop the ones behind it.
                    tracing::error!(error = %other, count = entries.len(), "journal entries were refused");
                    self.gauges.refused.fetch_add(entries.len() as u64, Ordering::Relaxed);
                    break;
                }
            };
            self.gauges.retries.fetch_add(1, Ordering::Relaxed);
            if self.health.send_if_modified(|now| std::mem::replace(now, health) != health) {
                tracing::warn!(%error, "the journal cannot be written; calls go on and it is tried again");
            }
            let stopping = tokio::time::timeout(pause, crate::start::is_set(&mut self.stop)).await;
            if stopping.is_ok() {
                tracing::error!(
                    count = self.gauges.waiting.load(Ordering::Relaxed),
                    "stopped with unwritten entries"
                );
                return false;
            }
            pause = (pause * 2).min(RETRY_MOST);
        }
        self.gauges.waiting.fetch_sub(entries.len(), Ordering::Relaxed);
        self.gauges.written.fetch_add(entries.len() as u64, Ordering::Relaxed);
        self.settle(entries.last());
        for reply in replies {
            // The client may have gone.
            let _ = reply.send(Ok(()));
        }
        true
    }

    fn settle(&self, last: Option<&Entry>) {
        let lag = last.map_or(0, |entry| crate::clock::now().since_ms(entry.at));
        self.gauges.lag_ms.store(lag, Ordering::Relaxed);
        // With nothing left to write all is told, however late: nothing may come for long that would say so.
        let waits = self.gauges.waiting.load(Ordering::Relaxed) > 0;
        let health = if waits && lag > BEHIND_MS { JournalHealth::Behind } else { JournalHealth::Ok };
        if self.health.send_if_modified(|now| std::mem::replace(now, health) != health) {
            tracing::info!(?health, lag_ms = lag, "the journal is written");
        }
    }
}

/// Takes the steps at the front that belong to one tenant and fit one transaction.
fn next_group(left: &mut VecDeque<Step>) -> Option<Step> {
    let mut group = left.pop_front()?;
    while group.entries.len() < BATCH
        && let Some(next) = left.pop_front_if(|next| next.scope == group.scope)
    {
        group.entries.extend(next.entries);
        group.replies.extend(next.replies);
    }
    Some(group)
}
