//! An agent's own desk: what it shows and what can be done there.

mod late;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::UserId;
use perezvon_model::engine::{AgentCommand, CommandRefused};
use perezvon_model::state::Presence;
use perezvon_model::view::DeskView;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Signed;
use crate::extract::Json;
use crate::fields;
use crate::ports::{PortRequest, TenantPort};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

/// How long a tenant's task may take to hand out a view.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// The longest note of a conversation.
pub const MAX_NOTE_CHARS: usize = 4_000;
/// The longest reason of a break.
const MAX_REASON_CHARS: usize = 60;

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(command))
}

/// The desk of whoever is signed in.
#[utoipa::path(get, path = "/api/v1/desk", tag = "desk", operation_id = "show_desk", responses(
    (status = 200, body = DeskView),
    (status = 404, description = "This user takes no interactions", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(State(state): State<ApiState>, signed: Signed) -> Answer<axum::Json<Arc<DeskView>>> {
    let port = state.port(signed.scope)?;
    let desk = watch(&port, signed.me.id).await?;
    let desk = desk
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no_desk", "this user takes no interactions"))?;
    let view = desk.borrow().clone();
    Ok(axum::Json(view))
}

/// Does something at the own desk. For `wrap_up` and `set_presence` 204 means that the journal has it; the other commands
/// are done by then and written behind the call.
#[utoipa::path(post, path = "/api/v1/desk/command", tag = "desk", operation_id = "desk_command", request_body = AgentCommand, responses(
    (status = 204, description = "Done; `wrap_up` and `set_presence` are written too"),
    (status = 409, description = "Refused; nothing changed", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn command(
    State(state): State<ApiState>,
    signed: Signed,
    Json(command): Json<AgentCommand>,
) -> Answer<StatusCode> {
    let port = state.port(signed.scope)?;
    send(&state, &port, &signed, command)?.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands a command to the tenant's task in the order of the calls; the future is its answer.
pub fn send(
    state: &ApiState,
    port: &TenantPort,
    signed: &Signed,
    command: AgentCommand,
) -> Answer<impl Future<Output = Answer<()>> + Send + use<>> {
    check(&command)?;
    let (chosen, write_up) = match &command {
        AgentCommand::SetDevice { device } => (Some(*device), None),
        AgentCommand::WrapUp { interaction, disposition, note, finish: _ } => {
            (None, Some((*interaction, *disposition, note.clone())))
        }
        AgentCommand::SetPresence { .. }
        | AgentCommand::Accept { .. }
        | AgentCommand::Decline { .. }
        | AgentCommand::Finish { .. }
        | AgentCommand::HangUp { .. }
        | AgentCommand::Hold { .. }
        | AgentCommand::Mute { .. }
        | AgentCommand::SendDigits { .. }
        | AgentCommand::WantWrapUp { .. }
        | AgentCommand::ExtendWrapUp { .. }
        | AgentCommand::Transfer { .. } => (None, None),
    };
    let (agent, db, state) = (signed.me.id, signed.db(state), state.clone());
    let (reply, answer) = oneshot::channel();
    post(port, PortRequest::Command { agent, command, reply })?;
    Ok(async move {
        let refused = answer.await.map_err(|_| gone())?.err();
        match (refused, write_up) {
            (Some(CommandRefused::NotYours), Some((interaction, disposition, note))) => {
                late::keep(&db, state.now(), agent, interaction, disposition, note).await?;
            }
            (Some(refused), _) => return Err(refused.into()),
            (None, _) => {}
        }
        if let Some(device) = chosen
            && let Err(error) = db.set_device(agent, device).await
        {
            // The engine has it; only the next start would not know.
            tracing::warn!(%error, "the chosen device could not be kept");
        }
        Ok(())
    })
}

/// Hands a browser's offer over; the future is the answer's SDP.
pub fn offer(
    port: &TenantPort,
    agent: UserId,
    sdp: String,
) -> Answer<impl Future<Output = Answer<String>> + Send + use<>> {
    let (reply, answer) = oneshot::channel();
    post(port, PortRequest::BrowserOffer { agent, sdp, reply })?;
    Ok(
        async move { answer.await.map_err(|_| gone())?.map_err(|detail| Problem::conflict("rtc_failed", detail)) },
    )
}

pub async fn watch(port: &TenantPort, agent: UserId) -> Answer<Option<watch::Receiver<Arc<DeskView>>>> {
    let (reply, answer) = oneshot::channel();
    post(port, PortRequest::WatchDesk { agent, reply })?;
    answered(answer).await
}

/// Puts a request into the mailbox, or refuses at once: a full mailbox must not hold connections open.
pub fn post(port: &TenantPort, request: PortRequest) -> Answer<()> {
    port.commands.try_send(request).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => {
            Problem::unavailable("the server is busy; try again in a second")
        }
        mpsc::error::TrySendError::Closed(_) => gone(),
    })
}

/// The answer of a tenant's task that has nothing to wait for.
pub async fn answered<T>(answer: oneshot::Receiver<T>) -> Answer<T> {
    match timeout(ANSWER_LIMIT, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(gone()),
    }
}

pub fn gone() -> Problem {
    Problem::unavailable("this company's calls are not served at this moment; try again in a second")
}

/// Lengths only; whether a command makes sense now is for the engine to say.
fn check(command: &AgentCommand) -> Answer<()> {
    match command {
        AgentCommand::SetPresence { presence: Presence::Break { reason } } => {
            fields::short("presence.reason", reason, MAX_REASON_CHARS)
        }
        AgentCommand::SendDigits { digits, .. } => {
            let known = |byte: u8| byte.is_ascii_digit() || b"*#ABCD".contains(&byte);
            if (1..=32).contains(&digits.len()) && digits.bytes().all(known) {
                return Ok(());
            }
            Err(Problem::bad_value("digits", "send 1 to 32 of 0-9, *, #, A-D"))
        }
        AgentCommand::WrapUp { note, .. } => fields::text("note", note, MAX_NOTE_CHARS),
        AgentCommand::SetPresence { presence: Presence::Ready | Presence::Offline }
        | AgentCommand::SetDevice { .. }
        | AgentCommand::Accept { .. }
        | AgentCommand::Decline { .. }
        | AgentCommand::Finish { .. }
        | AgentCommand::HangUp { .. }
        | AgentCommand::Hold { .. }
        | AgentCommand::Mute { .. }
        | AgentCommand::WantWrapUp { .. }
        | AgentCommand::ExtendWrapUp { .. }
        | AgentCommand::Transfer { .. } => Ok(()),
    }
}
