//! Dialled numbers and the flows they lead to.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::config::Number;
use perezvon_model::prompt::Language;
use perezvon_model::{E164, FlowId, NumberId};
use perezvon_store::TenantDb;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Admin;
use crate::extract::{Id, Json};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::save::save;
use crate::state::ApiState;

/// A number as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct NumberBody {
    /// As people write it, or a short internal number of 1 to 6 digits.
    pub number: String,
    pub flow: FlowId,
    pub language: Language,
}

/// Digits of an internal number at most; a longer one is read as a telephone number.
const INTERNAL_DIGITS: usize = 6;

impl NumberBody {
    async fn check(self, id: NumberId, db: &TenantDb) -> Answer<Number> {
        let text = self.number.trim();
        let internal =
            (1..=INTERNAL_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if internal {
            text.to_owned()
        } else {
            let region = db.tenant().await?.region;
            let parsed = E164::parse(text, &region);
            parsed.map_err(|error| Problem::bad_value("number", error.to_string()))?.to_string()
        };
        if !db.flows().await?.iter().any(|flow| flow.id == self.flow) {
            return Err(Problem::bad_value("flow", "there is no such flow; choose one of the list"));
        }
        Ok(Number { id, number, flow: self.flow, language: self.language })
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

#[utoipa::path(get, path = "/api/v1/numbers", tag = "number", operation_id = "list_numbers", responses(
    (status = 200, body = Vec<Number>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<Number>>> {
    Ok(axum::Json(signed.db(&state).numbers().await?))
}

#[utoipa::path(post, path = "/api/v1/numbers", tag = "number", operation_id = "create_number", request_body = NumberBody, responses(
    (status = 201, body = Number),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<NumberBody>,
) -> Answer<(StatusCode, axum::Json<Number>)> {
    let db = signed.db(&state);
    let number = body.check(NumberId(Uuid::now_v7()), &db).await?;
    let saved = number.clone();
    save(&state, signed.scope, async move { db.create_number(&saved).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(number)))
}

#[utoipa::path(put, path = "/api/v1/numbers/{id}", tag = "number", operation_id = "update_number", request_body = NumberBody,
    params(("id" = NumberId, Path)), responses(
    (status = 200, body = Number),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<NumberId>,
    Json(body): Json<NumberBody>,
) -> Answer<axum::Json<Number>> {
    let db = signed.db(&state);
    // What is not there is not there, whatever the body says.
    db.number(id).await?;
    let number = body.check(id, &db).await?;
    let saved = number.clone();
    save(&state, signed.scope, async move { db.update_number(&saved).await }).await?;
    Ok(axum::Json(number))
}

/// Calls to the number are refused from now on.
#[utoipa::path(delete, path = "/api/v1/numbers/{id}", tag = "number", operation_id = "delete_number",
    params(("id" = NumberId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<NumberId>,
) -> Answer<StatusCode> {
    let db = signed.db(&state);
    save(&state, signed.scope, async move { db.delete_number(id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
