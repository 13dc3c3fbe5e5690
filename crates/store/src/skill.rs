//! Skills: named abilities that queues need and agents have.

use perezvon_model::SkillId;
use perezvon_model::config::Skill;

use crate::change::Subject;
use crate::checks;
use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{args, queries, record};

queries! {
    LIST -> SkillRow = "SELECT id, key, name FROM skill WHERE tenant_id = $1 ORDER BY name, id";
    GET -> SkillRow = "SELECT id, key, name FROM skill WHERE tenant_id = $1 AND id = $2";
    INSERT = "INSERT INTO skill (tenant_id, id, key, name) VALUES ($1, $2, $3, $4)";
    UPDATE = "UPDATE skill SET key = $3, name = $4 WHERE tenant_id = $1 AND id = $2";
    FORGET_IN_USERS = "DELETE FROM user_skill WHERE tenant_id = $1 AND skill_id = $2";
    DELETE = "DELETE FROM skill WHERE tenant_id = $1 AND id = $2";
}

record! {
    pub(crate) struct SkillRow {
        id: SkillId,
        key: String,
        name: String,
    }
}

impl From<SkillRow> for Skill {
    fn from(row: SkillRow) -> Self {
        Skill { id: row.id, key: row.key, name: row.name }
    }
}

fn check(skill: &Skill) -> Result<(), StoreError> {
    checks::key(&skill.key)?;
    checks::filled("name", &skill.name, 200)
}

impl TenantDb {
    pub async fn skills(&self) -> Result<Vec<Skill>, StoreError> {
        Ok(self.all(&LIST, args![]).await?.into_iter().map(Skill::from).collect())
    }

    pub async fn skill(&self, id: SkillId) -> Result<Skill, StoreError> {
        self.first(&GET, args![id]).await?.map(Skill::from).ok_or(StoreError::NotFound)
    }

    pub async fn create_skill(&self, skill: &Skill) -> Result<(), StoreError> {
        check(skill)?;
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, args![skill.id, &skill.key, &skill.name]).await?;
        tx.commit(Subject::Skill, skill.id.0, None, Some(skill)).await
    }

    pub async fn update_skill(&self, skill: &Skill) -> Result<(), StoreError> {
        check(skill)?;
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![skill.id]).await?.map(Skill::from);
        tx.touch(&UPDATE, args![skill.id, &skill.key, &skill.name]).await?;
        tx.commit(Subject::Skill, skill.id.0, before.as_ref(), Some(skill)).await
    }

    /// Takes the skill from every agent; refused with `InUse` while a queue needs it.
    pub async fn delete_skill(&self, id: SkillId) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![id]).await?.map(Skill::from);
        tx.run(&FORGET_IN_USERS, args![id]).await?;
        tx.touch(&DELETE, args![id]).await?;
        tx.commit(Subject::Skill, id.0, before.as_ref(), None).await
    }
}
