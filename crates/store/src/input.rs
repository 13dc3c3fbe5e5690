//! What the tenants' engines were given: runs, and their inputs in batches that are written together with the journal's
//! rows that they made (`journal/write.rs`). This crate keeps the lines and does not read them.

use perezvon_model::{RunId, UtcMs};

use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::journal::{JournalLine, LINES};
use crate::sql::{args, queries, record};

/// Batches that one transaction of `forget_inputs` removes: the journal waits for its end.
const FORGET_AT_ONCE: u32 = 500;
/// Runs that are listed at most; the newest.
const RUNS_MOST: u32 = 10_000;

queries! {
    BEGIN = "INSERT INTO input_run (tenant_id, id, started_at, seed, program, today)
        VALUES ($1, $2, $3, $4, $5, $6)";
    KEEP = "INSERT INTO input_batch (tenant_id, run_id, first, inputs, began_at, ended_at, first_seq, last_seq, lines)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, run_id, first) DO NOTHING";
    RUNS -> RunRow = "SELECT r.id, r.started_at, r.seed, r.program, r.today,
        (SELECT b.ended_at FROM input_batch b WHERE b.tenant_id = r.tenant_id AND b.run_id = r.id
            ORDER BY b.first DESC LIMIT 1) AS ended_at
        FROM input_run r WHERE r.tenant_id = $1 AND r.started_at < $2 ORDER BY r.started_at DESC, r.id DESC LIMIT $3";
    PAGE -> InputBatch = "SELECT first, inputs, began_at, ended_at, first_seq, last_seq, lines FROM input_batch
        WHERE tenant_id = $1 AND run_id = $2 AND first > $3 ORDER BY first LIMIT $4";
    FORGET = "DELETE FROM input_batch WHERE tenant_id = $1 AND run_id = $2 AND first IN
        (SELECT first FROM input_batch WHERE tenant_id = $1 AND run_id = $2 ORDER BY first LIMIT $3)";
    FORGET_RUN = "DELETE FROM input_run WHERE tenant_id = $1 AND id = $2";
}

/// One life of a tenant's engine: what it began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRun {
    pub id: RunId,
    pub started_at: UtcMs,
    pub seed: u64,
    /// Version of the program.
    pub program: String,
    /// The day's sums given after the first input, as JSON.
    pub today: String,
}

/// Whether the last run of a tenant may still go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRun {
    GoesOn,
    IsOver,
}

/// A run as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRun {
    pub run: InputRun,
    /// Time of the last input that was written; `None` when there is none.
    pub ended_at: Option<UtcMs>,
}

record! {
    struct RunRow {
        id: RunId,
        started_at: UtcMs,
        seed: i64,
        program: String,
        today: String,
        ended_at: Option<UtcMs>,
    }
}

impl From<RunRow> for ListedRun {
    fn from(row: RunRow) -> Self {
        let RunRow { id, started_at, seed, program, today, ended_at } = row;
        let run = InputRun { id, started_at, seed: seed.cast_unsigned(), program, today };
        Self { run, ended_at }
    }
}

/// Inputs of a run that follow each other, on their way into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    pub run: RunId,
    /// The number in its run of the first one; the run begins with 1.
    pub first: i64,
    pub count: u32,
    pub began_at: UtcMs,
    pub ended_at: UtcMs,
    /// A line each, with its line feed.
    pub lines: String,
}

impl Inputs {
    /// Whether `next` goes on where these end.
    pub fn is_followed_by(&self, next: &Inputs) -> bool {
        self.run == next.run && self.first + i64::from(self.count) == next.first
    }

    /// Adds inputs that follow (`is_followed_by`).
    pub fn extend(&mut self, next: &Inputs) {
        self.count += next.count;
        self.ended_at = next.ended_at;
        self.lines.push_str(&next.lines);
    }
}

record! {
    /// Inputs of a run as they were written.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct InputBatch {
        pub first: i64,
        pub inputs: u32,
        pub began_at: UtcMs,
        pub ended_at: UtcMs,
        /// The journal's rows that these inputs made are those from here
        pub first_seq: i64,
        /// to here; less than `first_seq` when there are none.
        pub last_seq: i64,
        pub lines: String,
    }
}

/// Writes a batch within the transaction that writes its journal rows; false when it is there already, with them.
pub(crate) async fn keep(
    tx: &mut TenantTx,
    inputs: &Inputs,
    first_seq: i64,
    last_seq: i64,
) -> Result<bool, StoreError> {
    let Inputs { run, first, count, began_at, ended_at, lines } = inputs;
    let args = args![*run, *first, *count, *began_at, *ended_at, first_seq, last_seq, lines];
    Ok(tx.run(&KEEP, args).await? == 1)
}

impl TenantDb {
    /// Notes that an engine begins; its inputs follow.
    pub async fn begin_run(&self, run: &InputRun) -> Result<(), StoreError> {
        let InputRun { id, started_at, seed, program, today } = run;
        let mut tx = self.begin().await?;
        tx.run(&BEGIN, args![*id, *started_at, seed.cast_signed(), program, today]).await?;
        tx.commit().await
    }

    /// Runs that began before `to`, the oldest first; the newest 10,000 of them.
    pub async fn input_runs(&self, to: UtcMs) -> Result<Vec<ListedRun>, StoreError> {
        let mut runs: Vec<ListedRun> =
            self.all(&RUNS, args![to, RUNS_MOST]).await?.into_iter().map(ListedRun::from).collect();
        runs.reverse();
        Ok(runs)
    }

    /// Up to `limit` batches of a run, in order, from the one after that which begins with input `after`; 0 is before
    /// the first.
    pub async fn input_page(
        &self,
        run: RunId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<InputBatch>, StoreError> {
        self.all(&PAGE, args![run, after, limit]).await
    }

    /// The journal's rows of a batch, as they are kept.
    pub async fn journal_lines(&self, batch: &InputBatch) -> Result<Vec<JournalLine>, StoreError> {
        if batch.last_seq < batch.first_seq {
            return Ok(Vec::new());
        }
        self.all(&LINES, args![batch.first_seq, batch.last_seq]).await
    }

    /// Removes a part of the runs that ended before `before`; answers how many rows went, 0 when none is left. A run that
    /// goes on stays whole: a replay must start from its beginning.
    pub async fn forget_inputs(&self, before: UtcMs, last: LastRun) -> Result<u64, StoreError> {
        let mut runs = self.input_runs(UtcMs(i64::MAX)).await?;
        if last == LastRun::GoesOn {
            runs.pop();
        }
        let over = |listed: &ListedRun| listed.ended_at.unwrap_or(listed.run.started_at) < before;
        let Some(old) = runs.iter().find(|listed| over(listed)) else { return Ok(0) };
        let id = old.run.id;
        let mut tx = self.begin().await?;
        let mut gone = tx.run(&FORGET, args![id, FORGET_AT_ONCE]).await?;
        if gone < u64::from(FORGET_AT_ONCE) {
            gone += tx.run(&FORGET_RUN, args![id]).await?;
        }
        tx.commit().await?;
        Ok(gone)
    }
}
