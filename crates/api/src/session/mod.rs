//! Signing in and out.

mod own;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use perezvon_model::prompt::Language;
use perezvon_model::{TenantId, UserId};
use perezvon_store::{SignedIn, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{COOKIE, Role, SESSION_MS, Signed, new_token, token_sha256};
use crate::extract::Json;
use crate::origin::Client;
use crate::password::PasswordError;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::{ApiState, Revoked};

/// Whoever is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    pub id: UserId,
    pub tenant: TenantId,
    pub tenant_name: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    /// IANA name of the company's zone; days of reports begin at its midnight.
    pub time_zone: String,
    /// The server shows the demo company.
    pub demo: bool,
}

impl Me {
    pub fn new(signed_in: SignedIn, demo: bool) -> Self {
        Self {
            id: signed_in.user,
            tenant: signed_in.tenant,
            tenant_name: signed_in.tenant_name,
            email: signed_in.email,
            name: signed_in.name,
            role: signed_in.role,
            language: signed_in.language,
            time_zone: signed_in.time_zone,
            demo,
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    pub email: String,
    #[schema(format = Password)]
    pub password: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`; pages use the cookie.
    pub token: String,
    pub user: Me,
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(show, sign_in, sign_out))
        .routes(routes!(own::change_password))
        .routes(routes!(own::change_language))
}

/// Signs in: answers a token and sets it as a cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", operation_id = "sign_in", request_body = SignIn, security(()), responses(
    (status = 200, body = Session),
    (status = 401, description = "Wrong e-mail or password", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "Too many failures; see Retry-After", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn sign_in(
    State(state): State<ApiState>,
    Client(client): Client,
    Json(asked): Json<SignIn>,
) -> Answer<Response> {
    match judge_once(&state, client, &asked.email, asked.password).await? {
        Some((tenant, user)) => begin(&state, tenant, user).await,
        None => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_password",
            "the e-mail or the password is wrong; check both",
        )),
    }
}

/// Judges a password within the limit of failures.
pub(crate) async fn judge_once(
    state: &ApiState,
    client: IpAddr,
    email: &str,
    password: String,
) -> Answer<Option<(TenantId, UserId)>> {
    let attempt = state.attempts().begin(state.now(), client, email).map_err(|too_many| {
        tracing::warn!(%client, "sign-ins refused: too many failures");
        let detail = format!("too many failed sign-ins; try again in {} s", too_many.retry_after_s);
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", detail)
            .with_retry_after(too_many.retry_after_s)
    })?;
    let judged = judge(state, email, password).await;
    match &judged {
        Ok(Some(_)) => state.attempts().succeeded(state.now(), attempt),
        Ok(None) => {}
        Err(_) => state.attempts().abandoned(attempt),
    }
    judged
}

async fn judge(state: &ApiState, email: &str, password: String) -> Answer<Option<(TenantId, UserId)>> {
    let known = match state.db().sign_in(email).await {
        Ok(known) => Some(known),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let phc = known.as_ref().map(|known| known.password.clone());
    match state.passwords().verify(password, phc).await {
        Ok(true) => Ok(known.map(|known| (known.tenant, known.user))),
        Ok(false) => Ok(None),
        Err(PasswordError::Busy) => {
            Err(Problem::unavailable("many people sign in at this moment; try again"))
        }
        Err(error @ (PasswordError::TooShort | PasswordError::TooLong | PasswordError::Hashing)) => {
            tracing::error!(%error, "a password could not be checked");
            Err(Problem::internal())
        }
    }
}

/// Makes a session and answers it.
pub async fn begin(state: &ApiState, tenant: TenantId, user: UserId) -> Answer<Response> {
    let token = new_token()?;
    let hash = token_sha256(&token);
    let now = state.now();
    state.db().create_session(&hash, tenant, user, now, now + SESSION_MS).await?;
    if state.sweep_is_due(now)
        && let Err(error) = state.db().end_expired_sessions(now).await
    {
        tracing::warn!(%error, "sessions that are over could not be swept away");
    }
    let signed_in = state.db().session(&hash, now).await?;
    let me = Me::new(signed_in, state.config().demo.is_some());
    tracing::info!(user = %me.id, "signed in");
    let cookie = cookie(state, &token, None);
    Ok(([(header::SET_COOKIE, cookie)], axum::Json(Session { token, user: me })).into_response())
}

/// Without Max-Age: the server ends the session when it is not used, the browser when it is closed.
fn cookie(state: &ApiState, token: &str, max_age_s: Option<u32>) -> HeaderValue {
    let secure = if state.config().secure_cookies { "; Secure" } else { "" };
    let age = max_age_s.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/{age}{secure}"))
        .expect("a token is hexadecimal")
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", operation_id = "show_session", responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(signed: Signed) -> axum::Json<Me> {
    axum::Json(signed.me)
}

/// Signs out; every socket of this session closes.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", operation_id = "sign_out", responses(
    (status = 204, description = "Signed out"),
))]
async fn sign_out(State(state): State<ApiState>, signed: Signed) -> Answer<Response> {
    state.db().end_session(&signed.token_sha256).await?;
    state.revoke(Revoked::Session(signed.token_sha256));
    let gone = cookie(&state, "", Some(0));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}
