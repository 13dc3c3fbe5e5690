//! Interactions: the list, one with every step it took, and its recording.

mod range;
mod recording;
mod step;
#[cfg(test)]
mod tests;

use axum::extract::State;
use perezvon_model::customer::CustomerCard;
use perezvon_model::journal::Event;
use perezvon_model::{InteractionId, QueueId, RecordingId, UserId, UtcMs};
use perezvon_store::{
    InteractionDetail as Stored, InteractionFilter, InteractionRow, Recording, RecordingState, RowOutcome,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Role, Signed};
use crate::cursor;
use crate::extract::{Filter, Id};
use crate::fields;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

pub use step::Step;

const LIST: &str = "interactions";
/// Characters of a search.
pub const MAX_SEARCH: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Search {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 when left out.
    limit: Option<u32>,
    /// Part of the caller's or the dialled number, in any spelling.
    number: Option<String>,
    /// Any agent who talked in it.
    agent: Option<UserId>,
    /// Any queue it waited in.
    queue: Option<QueueId>,
    /// Started at this time or later.
    from: Option<UtcMs>,
    /// Started before this time.
    to: Option<UtcMs>,
    outcome: Option<RowOutcome>,
    /// Part of the note, or of the customer's name, company or number.
    text: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct InteractionPage {
    items: Vec<InteractionRow>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// One interaction with every step it took.
#[derive(Serialize, ToSchema)]
struct InteractionDetail {
    interaction: InteractionRow,
    entries: Vec<Step>,
    customer: Option<CustomerCard>,
    /// Oldest first. One goes on through hold and transfer; a queue that does not record ends it.
    recordings: Vec<RecordingView>,
}

/// One recording of a conversation; `?recording=` names it.
#[derive(Serialize, ToSchema)]
struct RecordingView {
    id: RecordingId,
    state: RecordingState,
    started_at: UtcMs,
    /// 0 while it grows.
    duration_ms: i64,
}

impl From<Recording> for RecordingView {
    fn from(recording: Recording) -> Self {
        Self {
            id: recording.id,
            state: recording.state,
            started_at: recording.started_at,
            duration_ms: recording.duration_ms,
        }
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(recording::recording))
        .routes(routes!(recording::peaks))
}

/// Newest first. Agents see those in which they talked.
#[utoipa::path(get, path = "/api/v1/interactions", tag = "interaction", operation_id = "list_interactions",
    params(Search), responses(
    (status = 200, body = InteractionPage),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(state): State<ApiState>,
    signed: Signed,
    Filter(search): Filter<Search>,
) -> Answer<axum::Json<InteractionPage>> {
    let limit = cursor::limit(search.limit)?;
    fields::short("number", search.number.as_deref().unwrap_or_default(), MAX_SEARCH)?;
    fields::short("text", search.text.as_deref().unwrap_or_default(), MAX_SEARCH)?;
    let place = search.cursor.as_deref().map(|text| cursor::read(LIST, text)).transpose()?;
    let agent = match signed.me.role {
        Role::Supervisor | Role::Admin => search.agent,
        Role::Agent if search.agent.is_none_or(|agent| agent == signed.me.id) => Some(signed.me.id),
        Role::Agent => return Err(not_own()),
    };
    let filter = InteractionFilter {
        number: search.number,
        agent,
        queue: search.queue,
        from: search.from,
        to: search.to,
        outcome: search.outcome,
        text: search.text,
    };
    let page = signed.db(&state).interactions(&filter, place.as_deref(), limit).await?;
    let next_cursor = page.next_cursor.map(|place| cursor::write(LIST, &place));
    Ok(axum::Json(InteractionPage { items: page.items, next_cursor }))
}

#[utoipa::path(get, path = "/api/v1/interactions/{id}", tag = "interaction", operation_id = "show_interaction",
    params(("id" = InteractionId, Path)), responses(
    (status = 200, body = InteractionDetail),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(
    State(state): State<ApiState>,
    signed: Signed,
    Id(id): Id<InteractionId>,
) -> Answer<axum::Json<InteractionDetail>> {
    let stored = visible(&state, &signed, id).await?;
    let db = signed.db(&state);
    let (names, recordings) = (db.names().await?, db.recordings(id).await?);
    Ok(axum::Json(InteractionDetail {
        interaction: stored.interaction,
        entries: stored.entries.into_iter().map(|entry| Step::new(entry, &names)).collect(),
        customer: stored.customer,
        recordings: recordings.into_iter().map(RecordingView::from).collect(),
    }))
}

/// The interaction, if whoever asks may see it.
async fn visible(state: &ApiState, signed: &Signed, id: InteractionId) -> Answer<Stored> {
    let stored = signed.db(state).interaction_detail(id).await?;
    let talked =
        |event: &Event| matches!(event, Event::AgentConnected { agent, .. } if *agent == signed.me.id);
    match signed.me.role {
        Role::Supervisor | Role::Admin => Ok(stored),
        Role::Agent if stored.entries.iter().any(|entry| talked(&entry.event)) => Ok(stored),
        Role::Agent => Err(not_own()),
    }
}

fn not_own() -> Problem {
    Problem::forbidden("agents see the conversations in which they talked; ask a supervisor for others")
}
