//! Skills of the company.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::SkillId;
use perezvon_model::config::Skill;
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

/// A skill as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct SkillBody {
    pub key: String,
    pub name: String,
}

impl SkillBody {
    fn check(self, id: SkillId) -> Answer<Skill> {
        fields::key("key", &self.key)?;
        fields::filled("name", &self.name, 80)?;
        Ok(Skill { id, key: self.key, name: self.name.trim().to_owned() })
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

#[utoipa::path(get, path = "/api/v1/skills", tag = "skill", operation_id = "list_skills", responses(
    (status = 200, body = Vec<Skill>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<Skill>>> {
    Ok(axum::Json(signed.db(&state).skills().await?))
}

#[utoipa::path(post, path = "/api/v1/skills", tag = "skill", operation_id = "create_skill", request_body = SkillBody, responses(
    (status = 201, body = Skill),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<SkillBody>,
) -> Answer<(StatusCode, axum::Json<Skill>)> {
    let skill = body.check(SkillId(Uuid::now_v7()))?;
    let (db, saved) = (signed.db(&state), skill.clone());
    save(&state, signed.scope, async move { db.create_skill(&saved).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(skill)))
}

#[utoipa::path(put, path = "/api/v1/skills/{id}", tag = "skill", operation_id = "update_skill", request_body = SkillBody,
    params(("id" = SkillId, Path)), responses(
    (status = 200, body = Skill),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<SkillId>,
    Json(body): Json<SkillBody>,
) -> Answer<axum::Json<Skill>> {
    let skill = body.check(id)?;
    let (db, saved) = (signed.db(&state), skill.clone());
    save(&state, signed.scope, async move { db.update_skill(&saved).await }).await?;
    Ok(axum::Json(skill))
}

/// Takes the skill from every agent; refused while a queue needs it.
#[utoipa::path(delete, path = "/api/v1/skills/{id}", tag = "skill", operation_id = "delete_skill",
    params(("id" = SkillId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "Queues need it", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<SkillId>,
) -> Answer<StatusCode> {
    let db = signed.db(&state);
    let queues = db.queues().await?;
    let needing = queues.iter().filter(|queue| queue.required_skills.iter().any(|need| need.skill == id));
    let used_by: Vec<String> = needing.map(|queue| queue.name.clone()).collect();
    if !used_by.is_empty() {
        let detail = "queues need this skill; take it from them first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    save(&state, signed.scope, async move { db.delete_skill(id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
