//! Dispositions of the company.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::config::Disposition;
use perezvon_model::{DispositionId, QueueId};
use perezvon_store::TenantDb;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Admin;
use crate::extract::{Id, Json};
use crate::fields;
use crate::problem::{Answer, ProblemBody};
use crate::save::save;
use crate::state::ApiState;

/// A disposition as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct DispositionBody {
    pub key: String,
    pub name: String,
    /// Offered after calls of these queues; empty means all.
    #[serde(default)]
    pub queues: Vec<QueueId>,
}

impl DispositionBody {
    async fn check(self, id: DispositionId, db: &TenantDb) -> Answer<Disposition> {
        fields::key("key", &self.key)?;
        fields::filled("name", &self.name, 80)?;
        let queues: Vec<QueueId> = db.queues().await?.iter().map(|queue| queue.id).collect();
        fields::known("queues", &self.queues, &queues)?;
        Ok(Disposition { id, key: self.key, name: self.name.trim().to_owned(), queues: self.queues })
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

#[utoipa::path(get, path = "/api/v1/dispositions", tag = "disposition", operation_id = "list_dispositions", responses(
    (status = 200, body = Vec<Disposition>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<Disposition>>> {
    Ok(axum::Json(signed.db(&state).dispositions().await?))
}

#[utoipa::path(post, path = "/api/v1/dispositions", tag = "disposition", operation_id = "create_disposition", request_body = DispositionBody, responses(
    (status = 201, body = Disposition),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<DispositionBody>,
) -> Answer<(StatusCode, axum::Json<Disposition>)> {
    let db = signed.db(&state);
    let disposition = body.check(DispositionId(Uuid::now_v7()), &db).await?;
    let saved = disposition.clone();
    save(&state, signed.scope, async move { db.create_disposition(&saved).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(disposition)))
}

#[utoipa::path(put, path = "/api/v1/dispositions/{id}", tag = "disposition", operation_id = "update_disposition", request_body = DispositionBody,
    params(("id" = DispositionId, Path)), responses(
    (status = 200, body = Disposition),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<DispositionId>,
    Json(body): Json<DispositionBody>,
) -> Answer<axum::Json<Disposition>> {
    let db = signed.db(&state);
    // What is not there is not there, whatever the body says.
    db.disposition(id).await?;
    let disposition = body.check(id, &db).await?;
    let saved = disposition.clone();
    save(&state, signed.scope, async move { db.update_disposition(&saved).await }).await?;
    Ok(axum::Json(disposition))
}

/// Puts the disposition away; conversations keep its name.
#[utoipa::path(delete, path = "/api/v1/dispositions/{id}", tag = "disposition", operation_id = "delete_disposition",
    params(("id" = DispositionId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<DispositionId>,
) -> Answer<StatusCode> {
    let (db, now) = (signed.db(&state), state.now());
    save(&state, signed.scope, async move { db.delete_disposition(id, now).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
