//! The one socket of a page: the desk and the floor come down, commands and browser offers go up.

mod message;
mod run;
mod seats;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Credential, Signed};
use crate::origin::is_own_page;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

pub use message::{ClientMessage, ServerMessage};
pub use seats::Seats;

/// The most bytes of a message in either direction is bounded for what comes up; views may be larger.
pub const MESSAGE_LIMIT: usize = 64 * 1024;
/// Sockets open at once on this server.
pub const SOCKETS: usize = 20_000;
/// Sockets open at once for one user; a person has a few tabs.
pub const SOCKETS_OF_ONE: u32 = 20;
pub const PING_EVERY: Duration = Duration::from_secs(10);
/// A page that says nothing for so long is gone.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long one message may take to leave before the page counts as too slow.
pub const SEND_LIMIT: Duration = Duration::from_secs(10);
/// The least time between two floors.
pub const FLOOR_EVERY: Duration = Duration::from_millis(250);
/// Commands of one socket that may wait for their answer.
pub const COMMANDS_AT_ONCE: usize = 16;
/// Messages of one socket in a second; more is no person.
pub const MESSAGES_PER_SECOND: u32 = 100;
/// How often an open socket's session is looked up again: another process may have ended it.
pub const SESSION_CHECK_EVERY: Duration = Duration::from_secs(60);

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(open))
}

/// Opens the socket. Messages are JSON texts: `ServerMessage` down, `ClientMessage` up.
#[utoipa::path(get, path = "/api/v1/socket", tag = "socket", operation_id = "open_socket", responses(
    (status = 101, description = "The socket is open; ServerMessage and ClientMessage as JSON texts"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "The page is not ours", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn open(
    State(state): State<ApiState>,
    signed: Signed,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    // Browsers send cookies with sockets of any page, and no preflight: RFC 6455 section 10.2.
    let named = headers.contains_key(header::ORIGIN);
    let by_cookie = signed.credential == Credential::Cookie;
    if (by_cookie && !named) || !is_own_page(&headers, &state.config().public_url) {
        return Err(Problem::forbidden("open the socket from the page of this server"));
    }
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(StatusCode::UPGRADE_REQUIRED, "not_a_socket", rejection.body_text())
    })?;
    let port = state.port(signed.scope)?;
    let seat = state.sockets().take(signed.me.id)?;
    let alive = state.tracker().token();
    Ok(upgrade.max_message_size(MESSAGE_LIMIT).max_frame_size(MESSAGE_LIMIT).on_upgrade(
        move |socket| async move {
            run::run(socket, state, signed, port).await;
            drop((seat, alive));
        },
    ))
}
