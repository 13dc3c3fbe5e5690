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
use perezvon_store::{Db, Inputs, StoreError};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// Entries that may wait in memory while the database is away; beyond it new calls are refused.
/// At 15 entries a call that is over 13,000 calls; their inputs wait with them.
pub const BACKLOG: usize = 200_000;
/// Entries in one transaction.
const BATCH: usize = 512;
/// Bytes of inputs after which a transaction takes no further step.
const BATCH_BYTES: usize = 1_024 * 1_024;
/// How long rows that nobody waits for stand by for others: one transaction for many costs a fraction of one for each.
const GATHER: Duration = Duration::from_millis(20);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(2);
/// Rows older than this, with more behind them, make the journal "behind".
const BEHIND_MS: i64 = 1_000;

type Reply = oneshot::Sender<Result<(), CommandRefused>>;

/// One step of one tenant: its entries, its input with those before it that made none, and who waits.
struct Step {
    scope: TenantScope,
    entries: Vec<Entry>,
    inputs: Option<Inputs>,
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
    urgent: Arc<Notify>,
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
        let urgent = Arc::new(Notify::new());
        let writer = Self { steps, urgent: urgent.clone(), gauges: gauges.clone(), health: seen };
        let task = tokio::spawn(Shell { db, inbox, urgent, gauges, health, stop }.run());
        (writer, task)
    }

    /// Hands a step over; never waits.
    pub fn submit(
        &self,
        scope: TenantScope,
        entries: Vec<Entry>,
        inputs: Option<Inputs>,
        replies: Vec<Reply>,
    ) {
        let count = entries.len();
        let awaited = !replies.is_empty();
        self.gauges.waiting.fetch_add(count, Ordering::Relaxed);
        if let Err(refused) = self.steps.try_send(Step { scope, entries, inputs, replies }) {
            self.gauges.waiting.fetch_sub(count, Ordering::Relaxed);
            self.gauges.refused.fetch_add(count as u64, Ordering::Relaxed);
            let step = refused.into_inner();
            tracing::error!(count, "the journal's backlog is full; entries were not kept");
            for reply in step.replies {
                let _ = reply.send(Err(CommandRefused::NotNow("the journal cannot be written".into())));
            }
        } else if awaited {
            self.urgent.notify_one();
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
    /// Somebody waits for a step of the inbox. A permit left over from an earlier one costs a smaller batch.
    urgent: Arc<Notify>,
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
            if batch.iter().all(|step| step.replies.is_empty()) {
                self.gather(&mut batch).await;
            }
            let mut left: VecDeque<Step> = batch.drain(..).collect();
            while let Some(group) = next_group(&mut left) {
                if !self.write(group).await {
                    return;
                }
            }
        }
    }

    async fn gather(&mut self, batch: &mut Vec<Step>) {
        tokio::select! {
            () = tokio::time::sleep(GATHER) => {}
            () = self.urgent.notified() => {}
            () = crate::start::is_set(&mut self.stop) => {}
        }
        while batch.len() < BATCH
            && let Ok(step) = self.inbox.try_recv()
        {
            batch.push(step);
        }
    }

    /// Writes one tenant's steps; false when the server stops while the database is away.
    async fn write(&mut self, group: Group) -> bool {
        let Group { scope, entries, parts } = group;
        match self.keep(scope, &entries, joined(&parts).as_ref()).await {
            Kept::Stopped => return false,
            Kept::Written => {
                parts.into_iter().flat_map(|part| part.replies).for_each(|reply| answer(reply, Ok(())));
            }
            // One row that can never be written must not take the others with it, nor be told as kept.
            Kept::Refused => {
                let mut from = 0;
                for part in parts {
                    let own = &entries[from..from + part.entries];
                    from += part.entries;
                    let told = match self.keep(scope, own, part.inputs.as_ref()).await {
                        Kept::Stopped => return false,
                        Kept::Written => Ok(()),
                        Kept::Refused => {
                            tracing::error!(count = own.len(), "journal entries were refused");
                            self.gauges.refused.fetch_add(own.len() as u64, Ordering::Relaxed);
                            Err(CommandRefused::NotNow("the journal refused it".into()))
                        }
                    };
                    part.replies.into_iter().for_each(|reply| answer(reply, told.clone()));
                }
            }
        }
        self.gauges.waiting.fetch_sub(entries.len(), Ordering::Relaxed);
        self.settle(entries.last());
        true
    }

    /// One transaction, again and again while the database is away or full.
    async fn keep(&mut self, scope: TenantScope, entries: &[Entry], inputs: Option<&Inputs>) -> Kept {
        let mut pause = RETRY_FIRST;
        loop {
            let error = match self.db.tenant(&scope).append_with_inputs(entries, inputs).await {
                Ok(()) => {
                    self.gauges.written.fetch_add(entries.len() as u64, Ordering::Relaxed);
                    return Kept::Written;
                }
                Err(error) => error,
            };
            let health = match &error {
                StoreError::DiskFull(_) => JournalHealth::FullDisk,
                StoreError::Unavailable(_) => JournalHealth::NoDatabase,
                other => {
                    tracing::error!(error = %other, count = entries.len(), "a batch of the journal cannot be written");
                    return Kept::Refused;
                }
            };
            self.gauges.retries.fetch_add(1, Ordering::Relaxed);
            if self.health.send_if_modified(|now| std::mem::replace(now, health) != health) {
                tracing::warn!(%error, "the journal cannot be written; calls go on and it is tried again");
            }
            let stopping = tokio::time::timeout(pause, crate::start::is_set(&mut self.stop)).await;
            if stopping.is_ok() {
                let count = self.gauges.waiting.load(Ordering::Relaxed);
                tracing::error!(count, "stopped with unwritten entries");
                return Kept::Stopped;
            }
            pause = (pause * 2).min(RETRY_MOST);
        }
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

fn answer(reply: Reply, told: Result<(), CommandRefused>) {
    // The client may have gone.
    let _ = reply.send(told);
}

/// Steps of one tenant that share a transaction.
struct Group {
    scope: TenantScope,
    entries: Vec<Entry>,
    parts: Vec<Part>,
}

/// One step of a group: how many of its entries are its own, its inputs, and who waits.
struct Part {
    entries: usize,
    inputs: Option<Inputs>,
    replies: Vec<Reply>,
}

enum Kept {
    Written,
    /// Never to be written as it is.
    Refused,
    /// The server stops while the database is away.
    Stopped,
}

/// Takes the steps at the front that belong to one tenant, follow each other and fit one transaction.
fn next_group(left: &mut VecDeque<Step>) -> Option<Group> {
    let Step { scope, entries, inputs, replies } = left.pop_front()?;
    let mut bytes = length(inputs.as_ref());
    let parts = vec![Part { entries: entries.len(), inputs, replies }];
    let mut group = Group { scope, entries, parts };
    while group.entries.len() < BATCH
        && bytes < BATCH_BYTES
        && let Some(next) = left.pop_front_if(|next| next.scope == scope && follows(&group.parts, next))
    {
        bytes += length(next.inputs.as_ref());
        group.parts.push(Part { entries: next.entries.len(), inputs: next.inputs, replies: next.replies });
        group.entries.extend(next.entries);
    }
    Some(group)
}

fn length(inputs: Option<&Inputs>) -> usize {
    inputs.map_or(0, |inputs| inputs.lines.len())
}

/// A step that was not kept leaves a gap in the inputs, and a batch has none.
fn follows(parts: &[Part], next: &Step) -> bool {
    let last = parts.iter().rev().find_map(|part| part.inputs.as_ref());
    match (last, &next.inputs) {
        (Some(last), Some(next)) => last.is_followed_by(next),
        (None, _) | (_, None) => true,
    }
}

fn joined(parts: &[Part]) -> Option<Inputs> {
    let mut all = parts.iter().filter_map(|part| part.inputs.as_ref());
    let mut joined = all.next()?.clone();
    all.for_each(|inputs| joined.extend(inputs));
    Some(joined)
}

#[cfg(test)]
mod tests {
    use perezvon_model::journal::Event;
    use perezvon_model::{Activity, Device, EntryId, Presence, TenantId, UserId, UtcMs};
    use perezvon_store::{Limits, Tenant};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test makes the company, or says that it is not there")]
    fn scope(tenant: TenantId) -> TenantScope {
        TenantScope::mint(tenant)
    }

    fn step() -> Vec<Entry> {
        let agent = UserId(uuid::Uuid::now_v7());
        let event = Event::AgentState {
            agent,
            presence: Presence::Offline,
            activity: Activity::Idle,
            device: Device::Browser,
        };
        let id = EntryId(uuid::Uuid::now_v7());
        vec![Entry { id, at: crate::clock::now(), interaction: None, agent: Some(agent), event }]
    }

    async fn database() -> (tempfile::TempDir, Db, TenantId) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("perezvon.db").display());
        let db = Db::open(&url, Limits::default()).await.unwrap();
        let known = TenantId(uuid::Uuid::now_v7());
        let company = Tenant {
            id: known,
            name: "Company".into(),
            region: "RU".into(),
            time_zone: "UTC".into(),
            config_version: 1,
            created_at: UtcMs(0),
        };
        db.create_tenant(&company).await.unwrap();
        (folder, db, known)
    }

    #[tokio::test]
    async fn only_what_is_written_is_told_as_kept_and_a_stop_writes_what_waits() {
        let (_folder, db, known) = database().await;
        let (stop, stopped) = watch::channel(false);
        let (writer, task) = JournalWriter::start(db.clone(), stopped);

        let (nobody, refused) = oneshot::channel();
        writer.submit(scope(TenantId(uuid::Uuid::now_v7())), step(), None, vec![nobody]);
        assert!(refused.await.unwrap().is_err(), "a company that is not there keeps nothing");
        let (somebody, kept) = oneshot::channel();
        writer.submit(scope(known), step(), None, Vec::new());
        writer.submit(scope(known), step(), None, vec![somebody]);
        assert_eq!(kept.await.unwrap(), Ok(()));
        writer.submit(scope(known), step(), None, Vec::new());
        stop.send_replace(true);
        task.await.unwrap();
        let counters = writer.counters();
        assert_eq!((counters.written, counters.refused, counters.waiting), (3, 1, 0));
        db.close().await;
    }

    #[tokio::test]
    async fn inputs_of_steps_that_follow_each_other_share_a_row_and_a_lost_step_leaves_a_gap() {
        let (_folder, db, known) = database().await;
        let run = perezvon_store::InputRun {
            id: perezvon_model::RunId(uuid::Uuid::now_v7()),
            started_at: UtcMs(1),
            seed: 1,
            program: String::new(),
            today: String::new(),
        };
        let own = db.tenant(&scope(known));
        own.begin_run(&run).await.unwrap();
        let inputs = |first: i64, count: u32| {
            let at = UtcMs(first);
            let lines = (0..count).map(|_| "1 {}\n").collect();
            Some(Inputs {
                run: run.id,
                first,
                count,
                began_at: at,
                ended_at: at + (i64::from(count) - 1),
                lines,
            })
        };
        let (stop, stopped) = watch::channel(false);
        let (writer, task) = JournalWriter::start(db.clone(), stopped);
        // All are in the inbox before the writer's task has its first turn.
        writer.submit(scope(known), step(), inputs(1, 2), Vec::new());
        writer.submit(scope(known), Vec::new(), inputs(3, 1), Vec::new());
        writer.submit(scope(known), step(), None, Vec::new());
        writer.submit(scope(known), step(), inputs(4, 1), Vec::new());
        writer.submit(scope(known), step(), inputs(9, 1), Vec::new());
        stop.send_replace(true);
        task.await.unwrap();
        let page = own.input_page(run.id, 0, 10).await.unwrap();
        let rows: Vec<_> = page
            .iter()
            .map(|batch| (batch.first, batch.inputs, batch.first_seq, batch.last_seq, batch.ended_at))
            .collect();
        assert_eq!(rows, [(1, 4, 1, 3, UtcMs(4)), (9, 1, 4, 4, UtcMs(9))]);
        assert_eq!(page[0].lines, "1 {}\n".repeat(4));
        db.close().await;
    }
}
