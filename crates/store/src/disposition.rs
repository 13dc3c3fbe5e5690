//! Dispositions: what an agent says a conversation came to. One that is deleted is only put away.

use perezvon_model::config::Disposition;
use perezvon_model::{DispositionId, QueueId, UtcMs};

use crate::change::Subject;
use crate::checks;
use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::queue::unknown;
use crate::sql::{args, queries, record};

queries! {
    LIST -> DispositionRow = "SELECT id, key, name FROM disposition WHERE tenant_id = $1 AND archived_at IS NULL
        ORDER BY name, id";
    GET -> DispositionRow = "SELECT id, key, name FROM disposition
        WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    QUEUES -> DispositionQueue = "SELECT disposition_id, queue_id FROM disposition_queue WHERE tenant_id = $1
        ORDER BY disposition_id, queue_id";
    INSERT = "INSERT INTO disposition (tenant_id, id, key, name) VALUES ($1, $2, $3, $4)";
    UPDATE = "UPDATE disposition SET key = $3, name = $4 WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    CLEAR_QUEUES = "DELETE FROM disposition_queue WHERE tenant_id = $1 AND disposition_id = $2";
    ADD_QUEUE = "INSERT INTO disposition_queue (tenant_id, disposition_id, queue_id) VALUES ($1, $2, $3)";
    ARCHIVE = "UPDATE disposition SET archived_at = $3 WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
}

record! {
    pub(crate) struct DispositionRow {
        id: DispositionId,
        key: String,
        name: String,
    }
}

record! {
    pub(crate) struct DispositionQueue {
        disposition_id: DispositionId,
        queue_id: QueueId,
    }
}

impl DispositionRow {
    fn with_queues(self, queues: &[DispositionQueue]) -> Disposition {
        let own = queues.iter().filter(|queue| queue.disposition_id == self.id);
        Disposition {
            id: self.id,
            key: self.key,
            name: self.name,
            queues: own.map(|queue| queue.queue_id).collect(),
        }
    }
}

fn check(disposition: &Disposition) -> Result<(), StoreError> {
    checks::key(&disposition.key)?;
    checks::filled("name", &disposition.name, 200)
}

async fn write_queues(tx: &mut TenantTx, disposition: &Disposition) -> Result<(), StoreError> {
    tx.run(&CLEAR_QUEUES, args![disposition.id]).await?;
    for queue in &disposition.queues {
        tx.run(&ADD_QUEUE, args![disposition.id, *queue]).await.map_err(|error| unknown(error, "queues"))?;
    }
    Ok(())
}

async fn stored(tx: &mut TenantTx, id: DispositionId) -> Result<Option<Disposition>, StoreError> {
    let queues = tx.all(&QUEUES, args![]).await?;
    Ok(tx.first(&GET, args![id]).await?.map(|row| row.with_queues(&queues)))
}

impl TenantDb {
    pub async fn dispositions(&self) -> Result<Vec<Disposition>, StoreError> {
        let queues = self.all(&QUEUES, args![]).await?;
        Ok(self.all(&LIST, args![]).await?.into_iter().map(|row| row.with_queues(&queues)).collect())
    }

    pub async fn disposition(&self, id: DispositionId) -> Result<Disposition, StoreError> {
        let row = self.first(&GET, args![id]).await?.ok_or(StoreError::NotFound)?;
        Ok(row.with_queues(&self.all(&QUEUES, args![]).await?))
    }

    pub async fn create_disposition(&self, disposition: &Disposition) -> Result<(), StoreError> {
        check(disposition)?;
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, args![disposition.id, &disposition.key, &disposition.name]).await?;
        write_queues(&mut tx, disposition).await?;
        tx.commit(Subject::Disposition, disposition.id.0, None, Some(disposition)).await
    }

    pub async fn update_disposition(&self, disposition: &Disposition) -> Result<(), StoreError> {
        check(disposition)?;
        let mut tx = self.begin_change().await?;
        let before = stored(&mut tx, disposition.id).await?;
        tx.touch(&UPDATE, args![disposition.id, &disposition.key, &disposition.name]).await?;
        write_queues(&mut tx, disposition).await?;
        tx.commit(Subject::Disposition, disposition.id.0, before.as_ref(), Some(disposition)).await
    }

    pub async fn delete_disposition(&self, id: DispositionId, now: UtcMs) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = stored(&mut tx, id).await?;
        tx.touch(&ARCHIVE, args![id, now]).await?;
        tx.run(&CLEAR_QUEUES, args![id]).await?;
        tx.commit(Subject::Disposition, id.0, before.as_ref(), None).await
    }
}
