//! Saving a change of configuration: it is written, and the running configuration is the stored one before the answer
//! goes out. Both are done to the end even when whoever asked goes away meanwhile.

use std::future::Future;

use axum::http::StatusCode;
use perezvon_model::TenantScope;
use perezvon_store::StoreError;
use tokio::sync::oneshot;

use crate::desk::{gone, post};
use crate::ports::PortRequest;
use crate::problem::{Answer, Problem};
use crate::state::ApiState;

pub async fn save(
    state: &ApiState,
    scope: TenantScope,
    change: impl Future<Output = Result<(), StoreError>> + Send + 'static,
) -> Answer<()> {
    let own = state.clone();
    // A handler is dropped with its connection; this task belongs to the state, which waits for it when it stops.
    let work = state.tracker().spawn(async move {
        change.await?;
        reload(&own, scope).await
    });
    work.await.map_err(|error| {
        tracing::error!(%error, "saving panicked");
        Problem::internal()
    })?
}

async fn reload(state: &ApiState, scope: TenantScope) -> Answer<()> {
    // A company whose calls are served nowhere takes its configuration when it starts.
    let Ok(port) = state.port(scope) else { return Ok(()) };
    let (reply, answer) = oneshot::channel();
    post(&port, PortRequest::Reload { reply }).map_err(|_| saved_only("the server is busy"))?;
    let done = answer.await.map_err(|_| saved_only(gone().detail()))?;
    state.reloaded();
    done.map_err(|reason| saved_only(&reason))
}

fn saved_only(reason: &str) -> Problem {
    let detail = format!("the change is saved but does not run yet: {reason}. Save it once more");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "saved_not_running", detail).with_retry_after(2)
}
