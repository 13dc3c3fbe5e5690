//! The floor: every queue and agent of the company, live. For supervisors and admins.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use perezvon_model::view::FloorView;
use tokio::sync::{oneshot, watch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Supervisor;
use crate::desk::{answered, post};
use crate::ports::{PortRequest, TenantPort};
use crate::problem::{Answer, ProblemBody};
use crate::state::ApiState;

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// The floor as it stands.
#[utoipa::path(get, path = "/api/v1/floor", tag = "floor", operation_id = "show_floor", responses(
    (status = 200, body = FloorView),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(
    State(state): State<ApiState>,
    Supervisor(signed): Supervisor,
) -> Answer<axum::Json<Arc<FloorView>>> {
    let port = state.port(signed.scope)?;
    let view = watch(&port).await?.borrow().clone();
    Ok(axum::Json(view))
}

pub async fn watch(port: &TenantPort) -> Answer<watch::Receiver<Arc<FloorView>>> {
    let (reply, answer) = oneshot::channel();
    post(port, PortRequest::WatchFloor { reply })?;
    answered(answer).await
}
