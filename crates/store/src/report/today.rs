//! Sums since midnight, from which the engine goes on counting after a start.

use perezvon_model::view::QueueToday;
use perezvon_model::{QueueId, UserId, UtcMs};

use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{args, queries, record};

queries! {
    QUEUES -> QueueRow = "SELECT v.queue_id, COUNT(*) AS offered,
        CAST(SUM(CASE WHEN v.outcome = 'answered' THEN 1 ELSE 0 END) AS BIGINT) AS answered,
        CAST(SUM(CASE WHEN v.outcome = 'answered' AND v.queue_ms <= COALESCE(q.service_level_s, 20) * 1000
            THEN 1 ELSE 0 END) AS BIGINT) AS answered_in_threshold,
        CAST(SUM(CASE WHEN v.outcome = 'abandoned' THEN 1 ELSE 0 END) AS BIGINT) AS abandoned,
        CAST(SUM(CASE WHEN v.outcome = 'abandoned' AND v.queue_ms < COALESCE(q.short_abandon_s, 5) * 1000
            THEN 1 ELSE 0 END) AS BIGINT) AS abandoned_short,
        CAST(SUM(CASE WHEN v.outcome = 'answered' THEN v.queue_ms ELSE 0 END) AS BIGINT) AS answer_wait_ms
        FROM queue_visit v LEFT JOIN queue q ON q.tenant_id = v.tenant_id AND q.id = v.queue_id
        WHERE v.tenant_id = $1 AND v.queued_at >= $2 GROUP BY v.queue_id ORDER BY v.queue_id";
    AGENTS -> AgentRow = "SELECT p.agent_id, COUNT(*) AS handled,
        CAST(SUM(p.talk_ms + p.hold_ms + p.wrap_up_ms) AS BIGINT) AS handle_ms
        FROM agent_part p WHERE p.tenant_id = $1 AND p.connected_at >= $2 AND p.state <> 'talking'
        GROUP BY p.agent_id ORDER BY p.agent_id";
}

record! {
    struct QueueRow {
        queue_id: QueueId,
        offered: u32,
        answered: u32,
        answered_in_threshold: u32,
        abandoned: u32,
        abandoned_short: u32,
        answer_wait_ms: i64,
    }
}

record! {
    struct AgentRow {
        agent_id: UserId,
        handled: u32,
        handle_ms: i64,
    }
}

/// The figures of the day so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Today {
    pub queues: Vec<(QueueId, QueueToday)>,
    pub agents: Vec<(UserId, AgentToday)>,
}

/// Conversations an agent finished, and their talk, hold and wrap-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentToday {
    pub handled: u32,
    pub handle_ms: i64,
}

impl TenantDb {
    /// Sums over what began at `midnight` or later.
    pub async fn today(&self, midnight: UtcMs) -> Result<Today, StoreError> {
        let queues = self.all(&QUEUES, args![midnight]).await?.into_iter().map(|row| {
            let today = QueueToday {
                offered: row.offered,
                answered: row.answered,
                answered_in_threshold: row.answered_in_threshold,
                abandoned: row.abandoned,
                abandoned_short: row.abandoned_short,
                answer_wait_ms: row.answer_wait_ms,
            };
            (row.queue_id, today)
        });
        let agents = self.all(&AGENTS, args![midnight]).await?.into_iter();
        let agents =
            agents.map(|row| (row.agent_id, AgentToday { handled: row.handled, handle_ms: row.handle_ms }));
        Ok(Today { queues: queues.collect(), agents: agents.collect() })
    }
}
