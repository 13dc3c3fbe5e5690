//! Dialled numbers and the flows they lead to. A number belongs to one tenant of the whole installation.

use perezvon_model::config::Number;
use perezvon_model::prompt::Language;
use perezvon_model::{E164, FlowId, NumberId};

use crate::change::Subject;
use crate::db::TenantDb;
use crate::error::StoreError;
use crate::queue::unknown;
use crate::sql::{args, queries, record};

queries! {
    LIST -> NumberRow = "SELECT id, number, flow_id, language FROM number WHERE tenant_id = $1 ORDER BY number";
    GET -> NumberRow = "SELECT id, number, flow_id, language FROM number WHERE tenant_id = $1 AND id = $2";
    INSERT = "INSERT INTO number (tenant_id, id, number, flow_id, language) VALUES ($1, $2, $3, $4, $5)";
    UPDATE = "UPDATE number SET number = $3, flow_id = $4, language = $5 WHERE tenant_id = $1 AND id = $2";
    DELETE = "DELETE FROM number WHERE tenant_id = $1 AND id = $2";
}

record! {
    pub(crate) struct NumberRow {
        id: NumberId,
        number: String,
        flow_id: FlowId,
        language: Language,
    }
}

impl From<NumberRow> for Number {
    fn from(row: NumberRow) -> Self {
        Number { id: row.id, number: row.number, flow: row.flow_id, language: row.language }
    }
}

fn check(number: &Number) -> Result<(), StoreError> {
    let short =
        (1..=15).contains(&number.number.len()) && number.number.bytes().all(|byte| byte.is_ascii_digit());
    if short || E164::from_canonical(&number.number).is_some() {
        return Ok(());
    }
    Err(StoreError::invalid(
        "number",
        "write it as +74951234567, or as a short internal number of digits only",
    ))
}

impl TenantDb {
    pub async fn numbers(&self) -> Result<Vec<Number>, StoreError> {
        Ok(self.all(&LIST, args![]).await?.into_iter().map(Number::from).collect())
    }

    pub async fn number(&self, id: NumberId) -> Result<Number, StoreError> {
        self.first(&GET, args![id]).await?.map(Number::from).ok_or(StoreError::NotFound)
    }

    pub async fn create_number(&self, number: &Number) -> Result<(), StoreError> {
        check(number)?;
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, args![number.id, &number.number, number.flow, number.language])
            .await
            .map_err(unknown_flow)?;
        tx.commit(Subject::Number, number.id.0, None, Some(number)).await
    }

    pub async fn update_number(&self, number: &Number) -> Result<(), StoreError> {
        check(number)?;
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![number.id]).await?.map(Number::from);
        tx.touch(&UPDATE, args![number.id, &number.number, number.flow, number.language])
            .await
            .map_err(unknown_flow)?;
        tx.commit(Subject::Number, number.id.0, before.as_ref(), Some(number)).await
    }

    pub async fn delete_number(&self, id: NumberId) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![id]).await?.map(Number::from);
        tx.touch(&DELETE, args![id]).await?;
        tx.commit(Subject::Number, id.0, before.as_ref(), None).await
    }
}

fn unknown_flow(error: StoreError) -> StoreError {
    // A number taken already stays a conflict; only the missing flow is a bad field.
    if matches!(error, StoreError::InUse) { unknown(error, "flow") } else { error }
}
