//! One batch into the journal. The tenant's row in `journal_head` is both its sequence and its lock: whoever raised
//! it writes alone until the commit, in either engine.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

use perezvon_model::journal::{Entry, Event};
use perezvon_model::{Activity, Device, EntryId, InteractionId, TenantId, UserId, UtcMs};

use super::agents::{self, Change, Interval};
use super::fold::{InteractionState, Touched};
use super::rows::{self, RowStatements};
use super::{EntryRow, OF_INTERACTION, body};
use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::input::{self, Inputs};
use crate::sql::{Arg, args, queries, record};
use crate::words::Word;

/// Interactions remembered per tenant and half: beyond it the ones not touched for longest are forgotten and, when an
/// entry comes after all, replayed from the journal.
const REMEMBERED: usize = 20_000;

queries! {
    RAISE_HEAD -> Head = "UPDATE journal_head SET seq = seq + $2 WHERE tenant_id = $1 RETURNING seq";
    EXISTS -> Existing = "SELECT id FROM journal WHERE tenant_id = $1 AND id = $2";
    pub(crate) OPEN_INTERVALS -> IntervalRow = "SELECT id, agent_id, started_at, presence, reason, activity, device
        FROM agent_interval WHERE tenant_id = $1 AND ended_at IS NULL ORDER BY agent_id";
}

record! {
    struct Head { seq: i64 }
}
record! {
    struct Existing { id: EntryId }
}
record! {
    pub(crate) struct IntervalRow {
        id: EntryId,
        agent_id: UserId,
        started_at: UtcMs,
        presence: String,
        reason: String,
        activity: Activity,
        device: Device,
    }
}

impl IntervalRow {
    pub(crate) fn interval(self) -> Result<Interval, StoreError> {
        let presence = agents::presence_of(&self.presence, self.reason)
            .ok_or_else(|| StoreError::Unexpected(format!("`{}` is no presence", self.presence)))?;
        Ok(Interval {
            id: self.id,
            agent: self.agent_id,
            started_at: self.started_at,
            ended_at: None,
            presence,
            activity: self.activity,
            device: self.device,
        })
    }
}

/// What the writers remember between batches, by tenant. A batch takes its tenant's memory out and puts it back after
/// the commit; if it fails, the next one starts from the journal.
#[derive(Default)]
pub(crate) struct Caches(Mutex<HashMap<TenantId, Memory>>);

impl Caches {
    fn take(&self, tenant: TenantId) -> Option<Memory> {
        self.0.lock().expect("nothing panics while it holds this lock").remove(&tenant)
    }

    fn put(&self, tenant: TenantId, memory: Memory) {
        self.0.lock().expect("nothing panics while it holds this lock").insert(tenant, memory);
    }
}

/// The open ends of a tenant as of journal row `seq`.
struct Memory {
    seq: i64,
    agents: BTreeMap<UserId, Interval>,
    recent: HashMap<InteractionId, InteractionState>,
    older: HashMap<InteractionId, InteractionState>,
}

impl Memory {
    async fn load(tx: &mut TenantTx, seq: i64) -> Result<Self, StoreError> {
        let open = tx.all(&OPEN_INTERVALS, args![]).await?.into_iter().map(IntervalRow::interval);
        let open: Vec<Interval> = open.collect::<Result<_, _>>()?;
        let agents = open.into_iter().map(|interval| (interval.agent, interval)).collect();
        Ok(Self { seq, agents, recent: HashMap::new(), older: HashMap::new() })
    }

    /// Makes sure that `recent` holds every interaction that the entries go on with.
    async fn recall(&mut self, tx: &mut TenantTx, first: i64, entries: &[Entry]) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        for entry in entries {
            let Some(id) = entry.interaction.filter(|id| seen.insert(*id)) else { continue };
            if matches!(entry.event, Event::InteractionStarted { .. }) || self.recent.contains_key(&id) {
                continue;
            }
            let state = match self.older.remove(&id) {
                Some(state) => Some(state),
                None => {
                    let rows = tx.all(&OF_INTERACTION, args![id]).await?;
                    let before: Vec<Entry> =
                        rows.into_iter().filter(|row| row.seq < first).map(EntryRow::into).collect();
                    InteractionState::replay(&before)
                }
            };
            if let Some(state) = state {
                self.recent.insert(id, state);
            }
        }
        Ok(())
    }

    fn fold(&mut self, entries: &[Entry]) -> Dirty {
        let mut dirty = Dirty::default();
        for entry in entries {
            match agents::apply(&mut self.agents, entry) {
                Change::None => {}
                Change::Opened(agent) => dirty.open(agent),
                Change::Followed(closed) => {
                    dirty.open(closed.agent);
                    dirty.closed.push(closed);
                }
            }
            let Some(id) = entry.interaction else { continue };
            if let Some(state) = self.recent.get_mut(&id) {
                state.apply(entry, |touched| dirty.touch(id, touched));
            } else if let Some(state) = InteractionState::start(entry) {
                self.recent.insert(id, state);
                dirty.touch(id, Touched::Interaction);
            }
        }
        dirty
    }

    fn forget(&mut self, dirty: &Dirty) {
        for (id, _) in &dirty.interactions {
            if self.recent.get(id).is_some_and(InteractionState::is_complete) {
                self.recent.remove(id);
            }
        }
        if self.recent.len() > REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
    }
}

/// Rows to be written at the end of a batch, each once however often it changed.
#[derive(Default)]
struct Dirty {
    interactions: BTreeSet<(InteractionId, Touched)>,
    closed: Vec<Interval>,
    opened: BTreeSet<UserId>,
}

impl Dirty {
    fn touch(&mut self, interaction: InteractionId, touched: Touched) {
        self.interactions.insert((interaction, touched));
    }

    fn open(&mut self, agent: UserId) {
        self.opened.insert(agent);
    }
}

impl TenantDb {
    /// Writes entries to the journal, and the rows computed from them, in one transaction. Entries that are there
    /// already are left out, so that a batch may be given again when its outcome was not known.
    pub async fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        self.append_with_inputs(entries, None).await
    }

    /// As `append`, together with the inputs that made the entries: both are there, or neither.
    pub async fn append_with_inputs(
        &self,
        entries: &[Entry],
        inputs: Option<&Inputs>,
    ) -> Result<(), StoreError> {
        let nothing = |entries: &[Entry]| entries.is_empty() && inputs.is_none();
        if nothing(entries) || self.append_new(entries, inputs).await? == Appended::All {
            return Ok(());
        }
        let fresh = self.without_known(entries).await?;
        if nothing(&fresh) || self.append_new(&fresh, inputs).await? == Appended::All {
            return Ok(());
        }
        Err(StoreError::Unavailable("another program writes the same journal entries".to_owned()))
    }

    async fn append_new(&self, entries: &[Entry], inputs: Option<&Inputs>) -> Result<Appended, StoreError> {
        let mut tx = self.begin().await?;
        let count = i64::try_from(entries.len()).expect("a slice is shorter than i64::MAX");
        let last = tx.first(&RAISE_HEAD, args![count]).await?.ok_or(StoreError::NotFound)?.seq;
        let first = last - count + 1;
        if let Some(inputs) = inputs
            && !input::keep(&mut tx, inputs, first, last).await?
        {
            // Written before, when the outcome was not known, and so were their entries.
            return Ok(Appended::All);
        }
        let written = rows::JOURNAL.write(&mut tx, journal_rows(self.id(), first, entries)).await?;
        if written != count.unsigned_abs() {
            // Dropped, the transaction rolls back.
            return Ok(Appended::SomeWereKnown);
        }
        let mut memory = match self.db.caches.take(self.id()).filter(|memory| memory.seq == first - 1) {
            Some(memory) => memory,
            None => Memory::load(&mut tx, first - 1).await?,
        };
        memory.recall(&mut tx, first, entries).await?;
        let dirty = memory.fold(entries);
        write_dirty(&mut tx, &memory, &dirty).await?;
        tx.commit().await?;
        memory.forget(&dirty);
        memory.seq = last;
        self.db.caches.put(self.id(), memory);
        Ok(Appended::All)
    }

    async fn without_known(&self, entries: &[Entry]) -> Result<Vec<Entry>, StoreError> {
        let mut seen = HashSet::new();
        let mut fresh = Vec::new();
        for entry in entries.iter().filter(|entry| seen.insert(entry.id)) {
            let known = self.first(&EXISTS, args![entry.id]).await?.is_some_and(|known| known.id == entry.id);
            if !known {
                fresh.push(entry.clone());
            }
        }
        Ok(fresh)
    }
}

#[derive(PartialEq, Eq)]
enum Appended {
    All,
    SomeWereKnown,
}

fn journal_rows(tenant: TenantId, first: i64, entries: &[Entry]) -> Vec<Arg> {
    let tenant = tenant.to_string();
    let mut args = Vec::with_capacity(entries.len() * 7);
    for (seq, entry) in (first..).zip(entries) {
        args.extend([
            Arg::from(&tenant),
            seq.into(),
            entry.id.into(),
            entry.at.into(),
            entry.interaction.into(),
            entry.agent.into(),
            body(&entry.event).into(),
        ]);
    }
    args
}

async fn write_dirty(tx: &mut TenantTx, memory: &Memory, dirty: &Dirty) -> Result<(), StoreError> {
    let tenant = tx.tenant().to_string();
    let (mut interactions, mut visits, mut parts, mut recordings) = (vec![], vec![], vec![], vec![]);
    for (id, touched) in &dirty.interactions {
        let Some(state) = memory.recent.get(id) else { continue };
        match touched {
            Touched::Interaction => interactions.extend(interaction_row(&tenant, state)),
            Touched::Visit(index) => visits.extend(visit_row(&tenant, state, *index)),
            Touched::Part(index) => parts.extend(part_row(&tenant, state, *index)),
            Touched::Recording(index) => recordings.extend(recording_row(&tenant, state, *index)),
        }
    }
    let opened = dirty.opened.iter().filter_map(|agent| memory.agents.get(agent));
    let intervals = dirty.closed.iter().chain(opened).flat_map(|interval| interval_row(&tenant, interval));
    let tables: [(&RowStatements, Vec<Arg>); 5] = [
        (&rows::INTERACTION, interactions),
        (&rows::QUEUE_VISIT, visits),
        (&rows::AGENT_PART, parts),
        (&rows::RECORDING, recordings),
        (&rows::AGENT_INTERVAL, intervals.collect()),
    ];
    for (statements, args) in tables {
        statements.write(tx, args).await?;
    }
    Ok(())
}

fn interaction_row(tenant: &String, state: &InteractionState) -> Vec<Arg> {
    let row = &state.row;
    args![
        tenant,
        row.id,
        row.channel,
        row.direction,
        &row.from,
        &row.to,
        row.flow,
        row.trunk,
        row.customer,
        row.queue,
        row.agent,
        row.started_at,
        row.answered_at,
        row.ended_at,
        row.wait_ms,
        row.talk_ms,
        row.hold_ms,
        row.wrap_up_ms,
        row.end.map(|(outcome, _, _)| outcome.word().to_owned()),
        row.end.map(|(_, cause, _)| cause.word().to_owned()),
        row.end.map(|(_, _, by)| by.word().to_owned()),
        row.disposition,
        &row.note,
        row.note.to_lowercase(),
    ]
}

fn visit_row(tenant: &String, state: &InteractionState, index: usize) -> Vec<Arg> {
    let visit = &state.visits[index];
    args![
        tenant,
        visit.id,
        state.row.id,
        visit.queue,
        visit.attempt,
        visit.clock_at,
        visit.queued_at,
        visit.outcome,
        visit.queue_ms,
        visit.handled,
        visit.promise.map(|promise| promise.at),
        visit.promise.map(|promise| promise.low_s),
        visit.promise.and_then(|promise| promise.high_s),
        visit.talk_ms,
        visit.hold_ms,
        visit.wrap_up_ms,
    ]
}

fn part_row(tenant: &String, state: &InteractionState, index: usize) -> Vec<Arg> {
    let part = &state.parts[index];
    args![
        tenant,
        part.id,
        state.row.id,
        part.agent,
        part.queue,
        part.state,
        part.connected_at,
        part.talk_ms,
        part.hold_ms,
        part.wrap_up_ms,
    ]
}

fn recording_row(tenant: &String, state: &InteractionState, index: usize) -> Vec<Arg> {
    let recording = &state.recordings[index];
    args![
        tenant,
        recording.id,
        state.row.id,
        recording.state,
        recording.started_at,
        recording.duration_ms,
        recording.bytes,
        &recording.reason,
    ]
}

fn interval_row(tenant: &String, interval: &Interval) -> Vec<Arg> {
    let (presence, reason) = agents::presence_columns(&interval.presence);
    args![
        tenant,
        interval.id,
        interval.agent,
        interval.started_at,
        interval.ended_at,
        presence,
        reason,
        interval.activity,
        interval.device,
    ]
}
