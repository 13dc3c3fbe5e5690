//! The journal: appended in batches together with the tables computed from it, in one transaction.
//!
//! - `fold.rs`, `agents.rs`: what an entry changes in those tables, pure.
//! - `write.rs`: one batch, and the memory of what is open between batches.
//! - `rows.rs`: statements of many rows.
//! - `interrupted.rs`: what to append after a crash.

mod agents;
mod fold;
mod interrupted;
pub(crate) mod rows;
mod write;

use perezvon_model::journal::{Entry, Event};
use perezvon_model::{EntryId, InteractionId, UserId, UtcMs};

use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{Json, args, queries, record};

pub(crate) use agents::presence_of;
pub(crate) use interrupted::STATEMENTS as INTERRUPTED_STATEMENTS;
pub use interrupted::{Interrupted, OwedItem};
pub(crate) use write::{Caches, STATEMENTS as WRITE_STATEMENTS};

queries! {
    OF_INTERACTION -> EntryRow = "SELECT seq, id, at, interaction_id, agent_id, body FROM journal
        WHERE tenant_id = $1 AND interaction_id = $2 ORDER BY seq";
    PAGE -> EntryRow = "SELECT seq, id, at, interaction_id, agent_id, body FROM journal
        WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    /// The rows as they are kept, for `input.rs`.
    pub(crate) LINES -> JournalLine = "SELECT seq, id, at, interaction_id, agent_id, body FROM journal
        WHERE tenant_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq";
    LAST -> EntryRow = "SELECT seq, id, at, interaction_id, agent_id, body FROM journal
        WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1";
}

record! {
    pub(crate) struct EntryRow {
        seq: i64,
        id: EntryId,
        at: UtcMs,
        interaction_id: Option<InteractionId>,
        agent_id: Option<UserId>,
        body: Json<Event>,
    }
}

record! {
    /// A row as it is kept, byte for byte.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct JournalLine {
        pub seq: i64,
        pub id: EntryId,
        pub at: UtcMs,
        pub interaction_id: Option<InteractionId>,
        pub agent_id: Option<UserId>,
        /// The event as JSON.
        pub body: String,
    }
}

impl JournalLine {
    /// What is written for an entry at `seq`.
    pub fn of(seq: i64, entry: &Entry) -> Self {
        Self {
            seq,
            id: entry.id,
            at: entry.at,
            interaction_id: entry.interaction,
            agent_id: entry.agent,
            body: body(&entry.event),
        }
    }
}

/// The one form in which an event is kept.
fn body(event: &Event) -> String {
    serde_json::to_string(event).expect("events have string keys and serialise without I/O")
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Entry {
            id: row.id,
            at: row.at,
            interaction: row.interaction_id,
            agent: row.agent_id,
            event: row.body.0,
        }
    }
}

impl TenantDb {
    /// Every entry of one interaction, in order; empty when there is none.
    pub async fn journal_of(&self, interaction: InteractionId) -> Result<Vec<Entry>, StoreError> {
        Ok(self.all(&OF_INTERACTION, args![interaction]).await?.into_iter().map(Entry::from).collect())
    }

    /// Up to `limit` entries after sequence number `after`, each with its own; 0 is before the first.
    pub async fn journal_page(&self, after: i64, limit: u32) -> Result<Vec<(i64, Entry)>, StoreError> {
        let rows = self.all(&PAGE, args![after, limit]).await?;
        Ok(rows.into_iter().map(|row| (row.seq, row.into())).collect())
    }
}
