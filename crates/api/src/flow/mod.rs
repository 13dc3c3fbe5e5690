//! Flows: what callers hear before an agent. Saved only when nothing is wrong with them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use perezvon_flow::{Flow, Known};
use perezvon_model::FlowId;
use perezvon_model::channel::Channel;
use perezvon_model::config::FlowSource;
use perezvon_store::TenantDb;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Admin;
use crate::extract::{FLOW_BODY_LIMIT, Id, Json};
use crate::fields;
use crate::problem::{Answer, FlowProblem, Problem, ProblemBody};
use crate::queue::whole::queues_that_lead_to;
use crate::save::save;
use crate::state::ApiState;

/// A flow as admins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Flow)]
pub struct FlowView {
    pub id: FlowId,
    pub key: String,
    pub name: String,
    /// The flow as JSON text, as it was written; its schema is `docs/flow.schema.json`.
    pub json: String,
}

impl From<FlowSource> for FlowView {
    fn from(flow: FlowSource) -> Self {
        Self { id: flow.id, key: flow.key, name: flow.name, json: flow.json }
    }
}

/// A flow as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct FlowBody {
    pub key: String,
    pub name: String,
    pub json: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct FlowDraft {
    pub json: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowCheck {
    /// Empty when the flow may be saved.
    pub problems: Vec<FlowProblem>,
}

async fn problems(state: &ApiState, db: &TenantDb, json: &str) -> Answer<Vec<FlowProblem>> {
    let queues = db.queues().await?.into_iter().filter(|queue| queue.routing.channel == Channel::Voice);
    let queues: BTreeSet<String> = queues.map(|queue| queue.key).collect();
    let skills: BTreeSet<String> = db.skills().await?.into_iter().map(|skill| skill.key).collect();
    let prompts = Some((*state.config().prompts).clone());
    let known = Known { prompts, queues: Some(queues), skills: Some(skills) };
    let found = Flow::parse_with(json, &known).err().unwrap_or_default();
    let named = |text: String| (!text.is_empty()).then_some(text);
    Ok(found
        .into_iter()
        .map(|problem| FlowProblem {
            node: named(problem.node),
            field: named(problem.field),
            message: problem.message,
        })
        .collect())
}

impl FlowBody {
    async fn check(self, id: FlowId, state: &ApiState, db: &TenantDb) -> Answer<FlowSource> {
        fields::key("key", &self.key)?;
        fields::filled("name", &self.name, 80)?;
        let problems = problems(state, db, &self.json).await?;
        if !problems.is_empty() {
            let detail = "the flow has problems; mend them and save again";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Problem::new(status, "flow_problems", detail)
                .with_field("json")
                .with_problems(problems));
        }
        Ok(FlowSource { id, key: self.key, name: self.name.trim().to_owned(), json: self.json })
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update, delete))
        .routes(routes!(check))
        .layer(DefaultBodyLimit::max(FLOW_BODY_LIMIT))
}

#[utoipa::path(get, path = "/api/v1/flows", tag = "flow", operation_id = "list_flows", responses(
    (status = 200, body = Vec<FlowView>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<FlowView>>> {
    let flows = signed.db(&state).flows().await?;
    Ok(axum::Json(flows.into_iter().map(FlowView::from).collect()))
}

#[utoipa::path(post, path = "/api/v1/flows", tag = "flow", operation_id = "create_flow", request_body = FlowBody, responses(
    (status = 201, body = FlowView),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "flow_problems lists everything wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<FlowBody>,
) -> Answer<(StatusCode, axum::Json<FlowView>)> {
    let db = signed.db(&state);
    let flow = body.check(FlowId(Uuid::now_v7()), &state, &db).await?;
    let saved = flow.clone();
    save(&state, signed.scope, async move { db.create_flow(&saved).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(flow.into())))
}

/// Calls that run go on with the flow that they began with.
#[utoipa::path(put, path = "/api/v1/flows/{id}", tag = "flow", operation_id = "update_flow", request_body = FlowBody,
    params(("id" = FlowId, Path)), responses(
    (status = 200, body = FlowView),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "flow_problems lists everything wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<FlowId>,
    Json(body): Json<FlowBody>,
) -> Answer<axum::Json<FlowView>> {
    let db = signed.db(&state);
    // What is not there is not there, whatever the body says.
    db.flow(id).await?;
    let flow = body.check(id, &state, &db).await?;
    let saved = flow.clone();
    save(&state, signed.scope, async move { db.update_flow(&saved).await }).await?;
    Ok(axum::Json(flow.into()))
}

#[utoipa::path(delete, path = "/api/v1/flows/{id}", tag = "flow", operation_id = "delete_flow",
    params(("id" = FlowId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "Numbers or queues lead to it", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<FlowId>,
) -> Answer<StatusCode> {
    let db = signed.db(&state);
    let numbers = db.numbers().await?;
    let used_by: Vec<String> = numbers.into_iter().filter(|n| n.flow == id).map(|n| n.number).collect();
    if !used_by.is_empty() {
        let detail = "numbers lead to this flow; let them lead elsewhere first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    let used_by = queues_that_lead_to(id, &db.queues().await?);
    if !used_by.is_empty() {
        let detail = "queues lead to this flow; let them lead elsewhere first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    save(&state, signed.scope, async move { db.delete_flow(id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what is wrong with a flow, without saving it.
#[utoipa::path(post, path = "/api/v1/flows/check", tag = "flow", operation_id = "check_flow", request_body = FlowDraft,
    responses((status = 200, body = FlowCheck)))]
async fn check(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(draft): Json<FlowDraft>,
) -> Answer<axum::Json<FlowCheck>> {
    let db = signed.db(&state);
    Ok(axum::Json(FlowCheck { problems: problems(&state, &db, &draft.json).await? }))
}
