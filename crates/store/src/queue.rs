//! Queues. One that is deleted is only put away, so that old interactions keep its name.

use perezvon_model::config::{Queue, SkillLevel, WrapUp};
use perezvon_model::{QueueId, SkillId, UtcMs};

use crate::checks;
use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::sql::{args, queries, record};

queries! {
    LIST -> QueueRow = "SELECT id, key, name, ring_timeout_s, wrap_up_limit_s, service_level_s, service_level_target,
        short_abandon_s, announce_every_s, max_waiting, record
        FROM queue WHERE tenant_id = $1 AND archived_at IS NULL ORDER BY name, id";
    GET -> QueueRow = "SELECT id, key, name, ring_timeout_s, wrap_up_limit_s, service_level_s, service_level_target,
        short_abandon_s, announce_every_s, max_waiting, record
        FROM queue WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    SKILLS -> QueueSkill = "SELECT queue_id, skill_id, level FROM queue_skill WHERE tenant_id = $1
        ORDER BY queue_id, skill_id";
    INSERT = "INSERT INTO queue (tenant_id, id, key, name, ring_timeout_s, wrap_up_limit_s, service_level_s,
        service_level_target, short_abandon_s, announce_every_s, max_waiting, record)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    UPDATE = "UPDATE queue SET key = $3, name = $4, ring_timeout_s = $5, wrap_up_limit_s = $6, service_level_s = $7,
        service_level_target = $8, short_abandon_s = $9, announce_every_s = $10, max_waiting = $11, record = $12
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
        announce_every_s: u32,
        max_waiting: u32,
        record: bool,
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
    fn with_skills(self, skills: &[QueueSkill]) -> Queue {
        let own = skills.iter().filter(|skill| skill.queue_id == self.id);
        Queue {
            id: self.id,
            key: self.key,
            name: self.name,
            required_skills: own
                .map(|skill| SkillLevel { skill: skill.skill_id, level: skill.level })
                .collect(),
            ring_timeout_s: self.ring_timeout_s,
            wrap_up: match self.wrap_up_limit_s {
                None => WrapUp::None,
                Some(limit_s) => WrapUp::Timed { limit_s },
            },
            service_level_s: self.service_level_s,
            service_level_target: self.service_level_target,
            short_abandon_s: self.short_abandon_s,
            announce_every_s: self.announce_every_s,
            max_waiting: self.max_waiting,
            record: self.record,
        }
    }
}

fn check(queue: &Queue) -> Result<(), StoreError> {
    checks::key(&queue.key)?;
    checks::filled("name", &queue.name, 200)?;
    checks::between("ring_timeout_s", queue.ring_timeout_s, 3, 120)?;
    checks::between("service_level_s", queue.service_level_s, 1, 3_600)?;
    checks::between("service_level_target", queue.service_level_target, 0, 100)?;
    checks::between("short_abandon_s", queue.short_abandon_s, 0, 60)?;
    checks::between("announce_every_s", queue.announce_every_s, 0, 3_600)?;
    checks::between("max_waiting", queue.max_waiting, 1, 100_000)?;
    checks::levels(&queue.required_skills)?;
    match queue.wrap_up {
        WrapUp::None => Ok(()),
        WrapUp::Timed { limit_s } => checks::between("wrap_up", limit_s, 1, 900),
    }
}

fn wrap_up_limit_s(queue: &Queue) -> Option<u32> {
    match queue.wrap_up {
        WrapUp::None => None,
        WrapUp::Timed { limit_s } => Some(limit_s),
    }
}

fn columns(queue: &Queue) -> Vec<crate::sql::Arg> {
    args![
        queue.id,
        &queue.key,
        &queue.name,
        queue.ring_timeout_s,
        wrap_up_limit_s(queue),
        queue.service_level_s,
        queue.service_level_target,
        queue.short_abandon_s,
        queue.announce_every_s,
        queue.max_waiting,
        queue.record,
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

impl TenantDb {
    pub async fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        let skills = self.all(&SKILLS, args![]).await?;
        Ok(self.all(&LIST, args![]).await?.into_iter().map(|row| row.with_skills(&skills)).collect())
    }

    pub async fn queue(&self, id: QueueId) -> Result<Queue, StoreError> {
        let row = self.first(&GET, args![id]).await?.ok_or(StoreError::NotFound)?;
        Ok(row.with_skills(&self.all(&SKILLS, args![]).await?))
    }

    pub async fn create_queue(&self, queue: &Queue) -> Result<(), StoreError> {
        check(queue)?;
        let mut tx = self.begin().await?;
        tx.run(&INSERT, columns(queue)).await?;
        write_skills(&mut tx, queue).await?;
        tx.commit_configuration().await
    }

    pub async fn update_queue(&self, queue: &Queue) -> Result<(), StoreError> {
        check(queue)?;
        let mut tx = self.begin().await?;
        tx.touch(&UPDATE, columns(queue)).await?;
        write_skills(&mut tx, queue).await?;
        tx.commit_configuration().await
    }

    /// Puts the queue away: no agent and no disposition belongs to it any more, its history stays.
    pub async fn delete_queue(&self, id: QueueId, now: UtcMs) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.touch(&ARCHIVE, args![id, now]).await?;
        tx.run(&CLEAR_SKILLS, args![id]).await?;
        tx.run(&CLEAR_AGENTS, args![id]).await?;
        tx.run(&CLEAR_DISPOSITIONS, args![id]).await?;
        tx.commit_configuration().await
    }
}
