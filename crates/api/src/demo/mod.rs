//! The demo company's controls. In `perezvon serve` the first answers 204 and the others 404.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Role, Signed};
use crate::extract::Json;
use crate::fields;
use crate::origin::Local;
use crate::ports::{DemoDoors, DemoPort};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::session;
use crate::state::ApiState;

/// The most simulated calls a minute.
pub const MAX_CALLS_PER_MINUTE: u32 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Demo {
    pub calls_per_minute: u32,
    /// Simulated callers and agents run.
    pub life: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct DemoChange {
    /// 0 to 30.
    pub calls_per_minute: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct DemoSignIn {
    pub role: Role,
}

fn demo(state: &ApiState) -> Answer<&DemoPort> {
    state.config().demo.as_ref().ok_or_else(Problem::not_found)
}

fn shown(demo: &DemoPort) -> axum::Json<Demo> {
    axum::Json(Demo { calls_per_minute: (demo.calls_per_minute)(), life: demo.life })
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show, change)).routes(routes!(call)).routes(routes!(sign_in))
}

/// Whether this is a demo, and how busy it is. Open to everybody: pages ask it before anyone has signed in.
#[utoipa::path(get, path = "/api/v1/demo", tag = "demo", operation_id = "show_demo", security(()), responses(
    (status = 200, body = Demo),
    (status = 204, description = "This is no demo"),
))]
async fn show(State(state): State<ApiState>) -> Response {
    match &state.config().demo {
        Some(demo) => shown(demo).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

#[utoipa::path(put, path = "/api/v1/demo", tag = "demo", operation_id = "change_demo", request_body = DemoChange, responses(
    (status = 200, body = Demo),
    (status = 404, description = "This is no demo", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn change(
    State(state): State<ApiState>,
    _signed: Signed,
    Json(change): Json<DemoChange>,
) -> Answer<axum::Json<Demo>> {
    let demo = demo(&state)?;
    fields::between("calls_per_minute", change.calls_per_minute, 0, MAX_CALLS_PER_MINUTE)?;
    (demo.set_calls_per_minute)(change.calls_per_minute);
    Ok(shown(demo))
}

/// A simulated caller rings for whoever asks.
#[utoipa::path(post, path = "/api/v1/demo/call", tag = "demo", operation_id = "demo_call", responses(
    (status = 204, description = "It will ring"),
    (status = 404, description = "This is no demo", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "It cannot ring now", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn call(State(state): State<ApiState>, signed: Signed) -> Answer<StatusCode> {
    (demo(&state)?.call_me)(signed.me.id).map_err(|detail| Problem::conflict("no_call", detail))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs in to a role of the demo company without a password, from this machine only.
#[utoipa::path(post, path = "/api/v1/demo/session", tag = "demo", operation_id = "demo_session",
    request_body = DemoSignIn, security(()), responses(
    (status = 200, body = session::Session),
    (status = 403, description = "Not from this machine", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "This is no demo", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_in(
    State(state): State<ApiState>,
    local: Result<Local, Problem>,
    Json(asked): Json<DemoSignIn>,
) -> Answer<Response> {
    let demo = demo(&state)?;
    match demo.doors {
        DemoDoors::Local => {
            local?;
        }
        DemoDoors::Closed => return Err(crate::origin::not_local()),
    }
    let email = match asked.role {
        Role::Agent => &demo.agent_email,
        Role::Supervisor => &demo.supervisor_email,
        Role::Admin => &demo.admin_email,
    };
    let known = state.db().sign_in(email).await?;
    session::begin(&state, known.tenant, known.user).await
}
