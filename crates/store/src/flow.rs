//! Flows as JSON text. Whoever saves one has checked it; this file only keeps it.

use perezvon_model::FlowId;
use perezvon_model::config::FlowSource;

use crate::change::Subject;
use crate::checks;
use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{args, queries, record};

/// The longest flow, in bytes of JSON.
pub const FLOW_LIMIT_BYTES: usize = 1 << 20;

queries! {
    LIST -> FlowRow = "SELECT id, key, name, json FROM flow WHERE tenant_id = $1 ORDER BY name, id";
    GET -> FlowRow = "SELECT id, key, name, json FROM flow WHERE tenant_id = $1 AND id = $2";
    INSERT = "INSERT INTO flow (tenant_id, id, key, name, json) VALUES ($1, $2, $3, $4, $5)";
    UPDATE = "UPDATE flow SET key = $3, name = $4, json = $5 WHERE tenant_id = $1 AND id = $2";
    DELETE = "DELETE FROM flow WHERE tenant_id = $1 AND id = $2";
}

record! {
    pub(crate) struct FlowRow {
        id: FlowId,
        key: String,
        name: String,
        json: String,
    }
}

impl From<FlowRow> for FlowSource {
    fn from(row: FlowRow) -> Self {
        FlowSource { id: row.id, key: row.key, name: row.name, json: row.json }
    }
}

fn check(flow: &FlowSource) -> Result<(), StoreError> {
    checks::key(&flow.key)?;
    checks::filled("name", &flow.name, 200)?;
    if flow.json.len() > FLOW_LIMIT_BYTES {
        return Err(StoreError::invalid("json", format!("must not be longer than {FLOW_LIMIT_BYTES} bytes")));
    }
    Ok(())
}

impl TenantDb {
    pub async fn flows(&self) -> Result<Vec<FlowSource>, StoreError> {
        Ok(self.all(&LIST, args![]).await?.into_iter().map(FlowSource::from).collect())
    }

    pub async fn flow(&self, id: FlowId) -> Result<FlowSource, StoreError> {
        self.first(&GET, args![id]).await?.map(FlowSource::from).ok_or(StoreError::NotFound)
    }

    pub async fn create_flow(&self, flow: &FlowSource) -> Result<(), StoreError> {
        check(flow)?;
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, args![flow.id, &flow.key, &flow.name, &flow.json]).await?;
        tx.commit(Subject::Flow, flow.id.0, None, Some(flow)).await
    }

    pub async fn update_flow(&self, flow: &FlowSource) -> Result<(), StoreError> {
        check(flow)?;
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![flow.id]).await?.map(FlowSource::from);
        tx.touch(&UPDATE, args![flow.id, &flow.key, &flow.name, &flow.json]).await?;
        tx.commit(Subject::Flow, flow.id.0, before.as_ref(), Some(flow)).await
    }

    /// Refused with `InUse` while a number leads to it.
    pub async fn delete_flow(&self, id: FlowId) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![id]).await?.map(FlowSource::from);
        tx.touch(&DELETE, args![id]).await?;
        tx.commit(Subject::Flow, id.0, before.as_ref(), None).await
    }
}
