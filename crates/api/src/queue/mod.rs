//! Queues of the company.

mod rules;
#[cfg(test)]
pub mod tests;
pub mod whole;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_flow::Flow;
use perezvon_flow::graph::Node;
use perezvon_model::QueueId;
use perezvon_model::config::{FlowSource, Queue, Routing, SkillLevel, WrapUp};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Admin;
use crate::extract::{Id, Json};
use crate::fields;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::save::save;
use crate::state::ApiState;

/// A queue as it is saved.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
pub struct QueueBody {
    /// Stable word used by flows, such as `support`.
    pub key: String,
    pub name: String,
    #[serde(default)]
    pub required_skills: Vec<SkillLevel>,
    /// 3 to 120.
    pub ring_timeout_s: u32,
    pub wrap_up: WrapUp,
    /// 1 to 3,600.
    pub service_level_s: u32,
    /// Per cent.
    pub service_level_target: u32,
    /// 0 to 60.
    pub short_abandon_s: u32,
    /// 1 to 100,000.
    pub max_waiting: u32,
    pub record: bool,
    #[serde(default)]
    pub routing: Routing,
}

impl QueueBody {
    fn check(self, id: QueueId) -> Answer<Queue> {
        fields::key("key", &self.key)?;
        fields::filled("name", &self.name, 80)?;
        fields::between("ring_timeout_s", self.ring_timeout_s, 3, 120)?;
        fields::between("service_level_s", self.service_level_s, 1, 3_600)?;
        fields::between("service_level_target", self.service_level_target, 0, 100)?;
        fields::between("short_abandon_s", self.short_abandon_s, 0, 60)?;
        fields::between("max_waiting", self.max_waiting, 1, 100_000)?;
        fields::levels("required_skills", &self.required_skills)?;
        match self.wrap_up {
            WrapUp::None | WrapUp::Open => {}
            WrapUp::Optional { limit_s } | WrapUp::Timed { limit_s } | WrapUp::Extendable { limit_s } => {
                fields::between("wrap_up.limit_s", limit_s, 1, 900)?;
            }
        }
        rules::check(&self.routing)?;
        Ok(Queue {
            id,
            key: self.key,
            name: self.name.trim().to_owned(),
            required_skills: self.required_skills,
            ring_timeout_s: self.ring_timeout_s,
            wrap_up: self.wrap_up,
            service_level_s: self.service_level_s,
            service_level_target: self.service_level_target,
            short_abandon_s: self.short_abandon_s,
            max_waiting: self.max_waiting,
            record: self.record,
            routing: self.routing,
        })
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update, delete))
        .routes(routes!(list_warnings))
}

/// Queues that nobody could serve as the company is set up now.
#[utoipa::path(get, path = "/api/v1/queues/warnings", tag = "queue", operation_id = "list_queue_warnings", responses(
    (status = 200, body = Vec<whole::Warning>),
))]
async fn list_warnings(
    State(state): State<ApiState>,
    Admin(signed): Admin,
) -> Answer<axum::Json<Vec<whole::Warning>>> {
    Ok(axum::Json(whole::warnings(&signed.db(&state).config().await?)))
}

#[utoipa::path(get, path = "/api/v1/queues", tag = "queue", operation_id = "list_queues", responses(
    (status = 200, body = Vec<Queue>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<Queue>>> {
    Ok(axum::Json(signed.db(&state).queues().await?))
}

#[utoipa::path(post, path = "/api/v1/queues", tag = "queue", operation_id = "create_queue", request_body = QueueBody, responses(
    (status = 201, body = Queue),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<QueueBody>,
) -> Answer<(StatusCode, axum::Json<Queue>)> {
    let queue = body.check(QueueId(Uuid::now_v7()))?;
    whole::check(&queue, &signed.db(&state).config().await?, &state.config().prompts)?;
    let (db, saved) = (signed.db(&state), queue.clone());
    save(&state, signed.scope, async move { db.create_queue(&saved).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(queue)))
}

#[utoipa::path(put, path = "/api/v1/queues/{id}", tag = "queue", operation_id = "update_queue", request_body = QueueBody,
    params(("id" = QueueId, Path)), responses(
    (status = 200, body = Queue),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<QueueId>,
    Json(body): Json<QueueBody>,
) -> Answer<axum::Json<Queue>> {
    let queue = body.check(id)?;
    let db = signed.db(&state);
    let before = db.queue(id).await?;
    if before.routing.channel != queue.routing.channel {
        let detail = "a queue keeps its channel, since those who wait came on it; make another queue";
        return Err(Problem::bad_value("routing.channel", detail));
    }
    if before.key != queue.key {
        let used_by = flows_with(&db.flows().await?, &before.key);
        if !used_by.is_empty() {
            let detail =
                format!("flows lead to `{}` by this key; change them first or keep the key", before.key);
            return Err(Problem::conflict("in_use", detail).with_field("key").with_used_by(used_by));
        }
    }
    whole::check(&queue, &db.config().await?, &state.config().prompts)?;
    let saved = queue.clone();
    save(&state, signed.scope, async move { db.update_queue(&saved).await }).await?;
    Ok(axum::Json(queue))
}

/// Puts the queue away; its history stays. Agents and dispositions leave it.
#[utoipa::path(delete, path = "/api/v1/queues/{id}", tag = "queue", operation_id = "delete_queue",
    params(("id" = QueueId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "Flows lead to it", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<QueueId>,
) -> Answer<StatusCode> {
    let db = signed.db(&state);
    let queue = db.queue(id).await?;
    let used_by = flows_with(&db.flows().await?, &queue.key);
    if !used_by.is_empty() {
        let detail = "flows lead to this queue; let them lead elsewhere first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    let used_by = whole::queues_that_need(id, &db.queues().await?);
    if !used_by.is_empty() {
        let detail = "other queues lead to this one or ask for its agents; change their rules first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    let now = state.now();
    save(&state, signed.scope, async move { db.delete_queue(id, now).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The names of the flows that lead to the queue of this key.
fn flows_with(flows: &[FlowSource], key: &str) -> Vec<String> {
    let leads = |source: &&FlowSource| {
        Flow::read(&source.json).is_ok_and(|flow| {
            flow.nodes.values().any(|node| match node {
                Node::Queue(queue) => queue.queue == key,
                Node::Play(_)
                | Node::Menu(_)
                | Node::Collect(_)
                | Node::Hours(_)
                | Node::Language(_)
                | Node::Transfer(_)
                | Node::HangUp(_) => false,
            })
        })
    };
    flows.iter().filter(leads).map(|source| source.name.clone()).collect()
}
