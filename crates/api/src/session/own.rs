//! What everybody may change of their own account.

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::prompt::Language;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Signed;
use crate::extract::Json;
use crate::origin::Client;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::save::save;
use crate::session::judge_once;
use crate::state::ApiState;
use crate::user::hashes;

#[derive(Deserialize, ToSchema)]
pub struct OwnPassword {
    #[schema(format = Password)]
    pub old_password: String,
    /// At least 8 characters.
    #[schema(format = Password)]
    pub password: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct OwnLanguage {
    pub language: Language,
}

/// Changes the own password, of the phone account too; every other session of the person ends.
#[utoipa::path(put, path = "/api/v1/session/password", tag = "session", operation_id = "change_own_password",
    request_body = OwnPassword, responses(
    (status = 204, description = "Changed; this session goes on"),
    (status = 422, description = "The old password is wrong, or the new one cannot be taken", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "Too many failures; see Retry-After", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn change_password(
    State(state): State<ApiState>,
    signed: Signed,
    Client(client): Client,
    Json(asked): Json<OwnPassword>,
) -> Answer<StatusCode> {
    // Whoever finds a page left open may not guess here either.
    let judged = judge_once(&state, client, &signed.me.email, asked.old_password).await?;
    if judged != Some((signed.me.tenant, signed.me.id)) {
        return Err(Problem::bad_value(
            "old_password",
            "this is not the password; write the one you sign in with",
        ));
    }
    let (db, id) = (signed.db(&state), signed.me.id);
    let hashes = hashes(&state, &db.user(id).await?, asked.password).await?;
    let own = signed.token_sha256;
    save(&state, signed.scope, async move { db.set_own_password(id, &hashes, &own).await }).await?;
    state.revoke_user(id);
    tracing::info!(user = %id, "changed the own password");
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the language of the own pages.
#[utoipa::path(put, path = "/api/v1/session/language", tag = "session", operation_id = "change_own_language",
    request_body = OwnLanguage, responses(
    (status = 204, description = "Changed"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn change_language(
    State(state): State<ApiState>,
    signed: Signed,
    Json(asked): Json<OwnLanguage>,
) -> Answer<StatusCode> {
    signed.db(&state).set_language(signed.me.id, asked.language).await?;
    Ok(StatusCode::NO_CONTENT)
}
