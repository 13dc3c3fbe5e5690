//! What follows a change of configuration: the running one becomes the stored one before the answer goes out.

use axum::http::StatusCode;
use perezvon_model::TenantScope;
use tokio::sync::oneshot;

use crate::desk::{gone, post};
use crate::ports::PortRequest;
use crate::problem::{Answer, Problem};
use crate::state::ApiState;

pub async fn reload(state: &ApiState, scope: TenantScope) -> Answer<()> {
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
