//! Names for screens: queues and agents to transfer to, dispositions to choose from, skills. For every role.

#[cfg(test)]
mod tests;

use axum::extract::State;
use perezvon_model::config::{Disposition, Skill};
use perezvon_model::{Channel, QueueId, UserId};
use perezvon_store::User;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Signed;
use crate::problem::Answer;
use crate::state::ApiState;

#[derive(Serialize, ToSchema)]
struct Directory {
    queues: Vec<QueueName>,
    agents: Vec<AgentName>,
    dispositions: Vec<Disposition>,
    skills: Vec<Skill>,
}

#[derive(Serialize, ToSchema)]
struct QueueName {
    id: QueueId,
    key: String,
    name: String,
    channel: Channel,
}

#[derive(Serialize, ToSchema)]
struct AgentName {
    id: UserId,
    name: String,
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show))
}

#[utoipa::path(get, path = "/api/v1/directory", tag = "directory", operation_id = "directory", responses(
    (status = 200, body = Directory),
))]
async fn show(State(state): State<ApiState>, signed: Signed) -> Answer<axum::Json<Directory>> {
    let db = signed.db(&state);
    let queues = db.queues().await?;
    let agents = db.users().await?;
    Ok(axum::Json(Directory {
        queues: queues
            .into_iter()
            .map(|q| QueueName { id: q.id, key: q.key, name: q.name, channel: q.routing.channel })
            .collect(),
        agents: agents
            .iter()
            .filter_map(User::as_agent)
            .map(|agent| AgentName { id: agent.id, name: agent.name })
            .collect(),
        dispositions: db.dispositions().await?,
        skills: db.skills().await?,
    }))
}
