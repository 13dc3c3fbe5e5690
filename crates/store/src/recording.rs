//! Recordings: where each stands. The sound itself is a file, `TENANT/RECORDING.wav` while it grows and
//! `TENANT/RECORDING.opus` once sealed, in the folder of recordings.

use perezvon_model::{InteractionId, RecordingId, TenantId, UtcMs};
use serde::{Deserialize, Serialize};

use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{Arg, Column, Kind, Value, args, queries, record};
use crate::words::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    Growing,
    Sealed,
    Failed,
}

words! { RecordingState { Growing = "growing", Sealed = "sealed", Failed = "failed" } }

queries! {
    OF_INTERACTION -> Recording = "SELECT id, interaction_id AS interaction, state, started_at, duration_ms, bytes,
        reason FROM recording WHERE tenant_id = $1 AND interaction_id = $2 ORDER BY started_at, id";
    GET -> Recording = "SELECT id, interaction_id AS interaction, state, started_at, duration_ms, bytes, reason
        FROM recording WHERE tenant_id = $1 AND id = $2";
    GROWING -> Recording = "SELECT id, interaction_id AS interaction, state, started_at, duration_ms, bytes, reason
        FROM recording WHERE tenant_id = $1 AND state = 'growing' ORDER BY started_at, id";
}

record! {
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Recording {
        pub id: RecordingId,
        pub interaction: InteractionId,
        pub state: RecordingState,
        pub started_at: UtcMs,
        /// 0 while it grows.
        pub duration_ms: i64,
        pub bytes: i64,
        /// Why it failed, or empty.
        pub reason: String,
    }
}

impl Recording {
    /// The file, relative to the folder of recordings.
    pub fn file_name(&self, tenant: TenantId) -> String {
        let ending = match self.state {
            RecordingState::Growing | RecordingState::Failed => "wav",
            RecordingState::Sealed => "opus",
        };
        format!("{tenant}/{}.{ending}", self.id)
    }
}

impl TenantDb {
    /// The recordings of an interaction, oldest first; empty when there are none, or no such interaction.
    pub async fn recordings(&self, interaction: InteractionId) -> Result<Vec<Recording>, StoreError> {
        self.all(&OF_INTERACTION, args![interaction]).await
    }

    /// `None` for a file of which the journal never heard.
    pub async fn recording(&self, id: RecordingId) -> Result<Option<Recording>, StoreError> {
        self.first(&GET, args![id]).await
    }

    /// What was not sealed yet: after a crash these are repaired and sealed.
    pub async fn growing_recordings(&self) -> Result<Vec<Recording>, StoreError> {
        self.all(&GROWING, args![]).await
    }
}
