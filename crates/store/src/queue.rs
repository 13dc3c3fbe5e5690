//! Queues. One that is deleted is only put away, so that old interactions keep its name.

use perezvon_model::config::{Queue, Routing, SkillLevel, WrapUp};
use perezvon_model::{QueueId, SkillId, UtcMs};

use crate::change::Subject;
use crate::checks;
use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::sql::{Arg, Column, Kind, Value, args, queries, record};
use crate::words::words;

const MAX_WRAP_UP_S: u32 = 900;

queries! {
    LIST -> QueueRow = "SELECT id, key, name, ring_timeout_s, wrap_up_limit_s, service_level_s, service_level_target,
        short_abandon_s, max_waiting, record, wrap_up_mode, routing
        FROM queue WHERE tenant_id = $1 AND archived_at IS NULL ORDER BY name, id";
    GET -> QueueRow = "SELECT id, key, name, ring_timeout_s, wrap_up_limit_s, service_level_s, service_level_target,
        short_abandon_s, max_waiting, record, wrap_up_mode, routing
        FROM queue WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    SKILLS -> QueueSkill = "SELECT queue_id, skill_id, level FROM queue_skill WHERE tenant_id = $1
        ORDER BY queue_id, skill_id";
    INSERT = "INSERT INTO queue (tenant_id, id, key, name, ring_timeout_s, wrap_up_limit_s, service_level_s,
        service_level_target, short_abandon_s, max_waiting, record, wrap_up_mode, routing)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    UPDATE = "UPDATE queue SET key = $3, name = $4, ring_timeout_s = $5, wrap_up_limit_s = $6, service_level_s = $7,
        service_level_target = $8, short_abandon_s = $9, max_waiting = $10, record = $11,
        wrap_up_mode = $12, routing = $13
        WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    CLEAR_SKILLS = "DELETE FROM queue_skill WHERE tenant_id = $1 AND queue_id = $2";
    ADD_SKILL = "INSERT INTO queue_skill (tenant_id, queue_id, skill_id, level) VALUES ($1, $2, $3, $4)";
    CLEAR_AGENTS = "DELETE FROM user_queue WHERE tenant_id = $1 AND queue_id = $2";
    CLEAR_DISPOSITIONS = "DELETE FROM disposition_queue WHERE tenant_id = $1 AND queue_id = $2";
    ARCHIVE = "UPDATE queue SET archived_at = $3 WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
}

record! {
    pub(crate) struct QueueRow {
        id: QueueId,
        key: String,
        name: String,
        ring_timeout_s: u32,
        wrap_up_limit_s: Option<u32>,
        service_level_s: u32,
        service_level_target: u32,
        short_abandon_s: u32,
        max_waiting: u32,
        record: bool,
        wrap_up_mode: WrapUpMode,
        /// JSON; read with the rest, where the queue can be named.
        routing: String,
    }
}

/// Which wrap-up; its time stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrapUpMode {
    None,
    Optional,
    Timed,
    Extendable,
    Open,
}

words! {
    WrapUpMode {
        None = "none", Optional = "optional", Timed = "timed", Extendable = "extendable", Open = "open",
    }
}

record! {
    pub(crate) struct QueueSkill {
        queue_id: QueueId,
        skill_id: SkillId,
        level: u8,
    }
}

impl QueueRow {
    fn with_skills(self, skills: &[QueueSkill]) -> Result<Queue, StoreError> {
        let own = skills.iter().filter(|skill| skill.queue_id == self.id);
        let routing: Routing = serde_json::from_str(&self.routing).map_err(|error| {
            let Self { id, name, .. } = &self;
            StoreError::Unexpected(format!("the rules of the queue `{name}` ({id}) cannot be read: {error}"))
        })?;
        Ok(Queue {
            id: self.id,
            key: self.key,
            name: self.name,
            required_skills: own
                .map(|skill| SkillLevel { skill: skill.skill_id, level: skill.level })
                .collect(),
            ring_timeout_s: self.ring_timeout_s,
            wrap_up: wrap_up(self.wrap_up_mode, self.wrap_up_limit_s.unwrap_or(MAX_WRAP_UP_S)),
            service_level_s: self.service_level_s,
            service_level_target: self.service_level_target,
            short_abandon_s: self.short_abandon_s,
            max_waiting: self.max_waiting,
            record: self.record,
            routing,
        })
    }
}

fn check(queue: &Queue) -> Result<(), StoreError> {
    checks::key(&queue.key)?;
    checks::filled("name", &queue.name, 200)?;
    checks::between("ring_timeout_s", queue.ring_timeout_s, 3, 120)?;
    checks::between("service_level_s", queue.service_level_s, 1, 3_600)?;
    checks::between("service_level_target", queue.service_level_target, 0, 100)?;
    checks::between("short_abandon_s", queue.short_abandon_s, 0, 60)?;
    checks::between("max_waiting", queue.max_waiting, 1, 100_000)?;
    checks::levels(&queue.required_skills)?;
    if let (_, Some(limit_s)) = wrap_up_columns(queue.wrap_up) {
        checks::between("wrap_up", limit_s, 1, MAX_WRAP_UP_S)?;
    }
    Ok(())
}

fn wrap_up(mode: WrapUpMode, limit_s: u32) -> WrapUp {
    match mode {
        WrapUpMode::None => WrapUp::None,
        WrapUpMode::Optional => WrapUp::Optional { limit_s },
        WrapUpMode::Timed => WrapUp::Timed { limit_s },
        WrapUpMode::Extendable => WrapUp::Extendable { limit_s },
        WrapUpMode::Open => WrapUp::Open,
    }
}

fn wrap_up_columns(wrap_up: WrapUp) -> (WrapUpMode, Option<u32>) {
    match wrap_up {
        WrapUp::None => (WrapUpMode::None, None),
        WrapUp::Optional { limit_s } => (WrapUpMode::Optional, Some(limit_s)),
        WrapUp::Timed { limit_s } => (WrapUpMode::Timed, Some(limit_s)),
        WrapUp::Extendable { limit_s } => (WrapUpMode::Extendable, Some(limit_s)),
        WrapUp::Open => (WrapUpMode::Open, None),
    }
}

fn columns(queue: &Queue) -> Vec<Arg> {
    let (wrap_up_mode, wrap_up_limit_s) = wrap_up_columns(queue.wrap_up);
    let routing = serde_json::to_string(&queue.routing).expect("routing is plain data");
    args![
        queue.id,
        &queue.key,
        &queue.name,
        queue.ring_timeout_s,
        wrap_up_limit_s,
        queue.service_level_s,
        queue.service_level_target,
        queue.short_abandon_s,
        queue.max_waiting,
        queue.record,
        wrap_up_mode,
        routing,
    ]
}

async fn write_skills(tx: &mut TenantTx, queue: &Queue) -> Result<(), StoreError> {
    tx.run(&CLEAR_SKILLS, args![queue.id]).await?;
    for skill in &queue.required_skills {
        tx.run(&ADD_SKILL, args![queue.id, skill.skill, skill.level])
            .await
            .map_err(|error| unknown(error, "required_skills"))?;
    }
    Ok(())
}

/// A reference to what this tenant does not have, or the same one twice.
pub(crate) fn unknown(error: StoreError, field: &'static str) -> StoreError {
    match error {
        StoreError::InUse => StoreError::invalid(field, "names something that does not exist"),
        StoreError::Conflict { .. } => StoreError::invalid(field, "names the same thing twice"),
        other => other,
    }
}

async fn stored(tx: &mut TenantTx, id: QueueId) -> Result<Option<Queue>, StoreError> {
    let skills = tx.all(&SKILLS, args![]).await?;
    tx.first(&GET, args![id]).await?.map(|row| row.with_skills(&skills)).transpose()
}

impl TenantDb {
    pub async fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        let skills = self.all(&SKILLS, args![]).await?;
        self.all(&LIST, args![]).await?.into_iter().map(|row| row.with_skills(&skills)).collect()
    }

    pub async fn queue(&self, id: QueueId) -> Result<Queue, StoreError> {
        let row = self.first(&GET, args![id]).await?.ok_or(StoreError::NotFound)?;
        row.with_skills(&self.all(&SKILLS, args![]).await?)
    }

    pub async fn create_queue(&self, queue: &Queue) -> Result<(), StoreError> {
        check(queue)?;
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, columns(queue)).await?;
        write_skills(&mut tx, queue).await?;
        tx.commit(Subject::Queue, queue.id.0, None, Some(queue)).await
    }

    pub async fn update_queue(&self, queue: &Queue) -> Result<(), StoreError> {
        check(queue)?;
        let mut tx = self.begin_change().await?;
        let before = stored(&mut tx, queue.id).await?;
        tx.touch(&UPDATE, columns(queue)).await?;
        write_skills(&mut tx, queue).await?;
        tx.commit(Subject::Queue, queue.id.0, before.as_ref(), Some(queue)).await
    }

    /// Puts the queue away: no agent and no disposition belongs to it any more, its history stays.
    pub async fn delete_queue(&self, id: QueueId, now: UtcMs) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = stored(&mut tx, id).await?;
        tx.touch(&ARCHIVE, args![id, now]).await?;
        tx.run(&CLEAR_SKILLS, args![id]).await?;
        tx.run(&CLEAR_AGENTS, args![id]).await?;
        tx.run(&CLEAR_DISPOSITIONS, args![id]).await?;
        tx.commit(Subject::Queue, id.0, before.as_ref(), None).await
    }
}
