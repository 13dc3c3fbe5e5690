//! A tenant's whole configuration as the engine is given it, and the names behind ids for screens.

use std::collections::BTreeMap;

use perezvon_model::config::TenantConfig;
use perezvon_model::{DispositionId, QueueId, SkillId, UserId};

use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{args, queries, record};

queries! {
    QUEUE_NAMES -> QueueName = "SELECT id, name FROM queue WHERE tenant_id = $1";
    USER_NAMES -> UserName = "SELECT id, name FROM users WHERE tenant_id = $1";
    DISPOSITION_NAMES -> DispositionName = "SELECT id, name FROM disposition WHERE tenant_id = $1";
    SKILL_NAMES -> SkillName = "SELECT id, name FROM skill WHERE tenant_id = $1";
}

record! {
    struct QueueName { id: QueueId, name: String }
}
record! {
    struct UserName { id: UserId, name: String }
}
record! {
    struct DispositionName { id: DispositionId, name: String }
}
record! {
    struct SkillName { id: SkillId, name: String }
}

/// The names of everything the journal may speak of, deleted things too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub queues: BTreeMap<QueueId, String>,
    pub users: BTreeMap<UserId, String>,
    pub dispositions: BTreeMap<DispositionId, String>,
    pub skills: BTreeMap<SkillId, String>,
}

/// A configuration read while it is changed is read again, this often at most.
const READ_AGAIN: usize = 5;

impl TenantDb {
    /// The configuration, all of one version. `utc_offset_min` is 0 and `zones` is empty: the shell knows the time zones.
    pub async fn config(&self) -> Result<TenantConfig, StoreError> {
        let mut before = self.tenant().await?;
        for _ in 0..READ_AGAIN {
            let config = TenantConfig {
                tenant: before.id,
                name: before.name,
                version: before.config_version,
                region: before.region,
                time_zone: before.time_zone,
                utc_offset_min: 0,
                zones: BTreeMap::new(),
                capacity: self.capacity().await?,
                queues: self.queues().await?,
                agents: self.users().await?.iter().filter_map(crate::user::User::as_agent).collect(),
                skills: self.skills().await?,
                dispositions: self.dispositions().await?,
                flows: self.flows().await?,
                numbers: self.numbers().await?,
                trunks: self.trunks().await?,
            };
            let after = self.tenant().await?;
            if after.config_version == config.version {
                return Ok(config);
            }
            before = after;
        }
        Err(StoreError::Unavailable("the configuration changes faster than it can be read".to_owned()))
    }

    pub async fn names(&self) -> Result<Names, StoreError> {
        let queues = self.all(&QUEUE_NAMES, args![]).await?;
        let users = self.all(&USER_NAMES, args![]).await?;
        let dispositions = self.all(&DISPOSITION_NAMES, args![]).await?;
        let skills = self.all(&SKILL_NAMES, args![]).await?;
        Ok(Names {
            queues: queues.into_iter().map(|row| (row.id, row.name)).collect(),
            users: users.into_iter().map(|row| (row.id, row.name)).collect(),
            dispositions: dispositions.into_iter().map(|row| (row.id, row.name)).collect(),
            skills: skills.into_iter().map(|row| (row.id, row.name)).collect(),
        })
    }
}
