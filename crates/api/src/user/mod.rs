//! People who sign in. A password opens the page and the phone account of the same person.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::channel::Capacity;
use perezvon_model::config::SkillLevel;
use perezvon_model::prompt::Language;
use perezvon_model::{Device, QueueId, UserId};
use perezvon_store::{Ha1, PasswordHashes, TenantDb, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::{Admin, Role};
use crate::capacity;
use crate::extract::{Id, Json};
use crate::fields;
use crate::password::PasswordError;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::save::save;
use crate::sip::sip_ha1;
use crate::state::ApiState;

/// A person as admins see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    pub device: Device,
    /// Name of the phone account at the registrar.
    pub sip_username: Option<String>,
    /// A fixed address of the phone, used in place of a registration.
    pub phone_uri: Option<String>,
    /// The part of the work where a queue shares by weight.
    pub weight: u32,
    /// What this agent carries at once; none: as the company has it.
    pub capacity: Option<Capacity>,
    pub queues: Vec<QueueId>,
    pub skills: Vec<SkillLevel>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            language: user.language,
            device: user.device,
            sip_username: user.sip_username,
            phone_uri: user.phone_uri,
            weight: user.weight,
            capacity: user.capacity,
            queues: user.queues,
            skills: user.skills,
        }
    }
}

/// A person as they are saved.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct UserBody {
    pub email: String,
    pub name: String,
    pub role: Role,
    #[serde(default)]
    pub language: Language,
    pub device: Device,
    #[serde(default)]
    pub sip_username: Option<String>,
    #[serde(default)]
    pub phone_uri: Option<String>,
    /// 1 to 100: the part of the work where a queue shares by weight.
    #[serde(default = "one")]
    pub weight: u32,
    /// What this agent carries at once; without: as the company has it.
    #[serde(default)]
    pub capacity: Option<Capacity>,
    #[serde(default)]
    pub queues: Vec<QueueId>,
    #[serde(default)]
    pub skills: Vec<SkillLevel>,
    /// At least 8 characters. Needed for a new person and for a new phone account; else left out it stays.
    #[serde(default)]
    #[schema(format = Password)]
    pub password: Option<String>,
}

fn one() -> u32 {
    1
}

impl std::fmt::Debug for UserBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserBody").field("email", &self.email).finish_non_exhaustive()
    }
}

impl UserBody {
    async fn check(self, id: UserId, db: &TenantDb) -> Answer<(User, Option<String>)> {
        fields::email("email", self.email.trim())?;
        fields::filled("name", &self.name, 80)?;
        let empty_is_none = |text: Option<String>| text.filter(|text| !text.is_empty());
        let sip_username = empty_is_none(self.sip_username);
        if let Some(name) = &sip_username {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !plain || name.len() > 64 {
                return Err(Problem::bad_value(
                    "sip_username",
                    "write 1 to 64 Latin letters, digits, -, _ or .",
                ));
            }
        }
        let phone_uri = empty_is_none(self.phone_uri);
        if let Some(uri) = &phone_uri {
            fields::short("phone_uri", uri, 200)?;
            let rest = uri.strip_prefix("sip:").unwrap_or_default();
            if rest.is_empty() || rest.contains(|char: char| char.is_whitespace() || "<>\"".contains(char)) {
                return Err(Problem::bad_value("phone_uri", "write it as sip:100@192.0.2.7"));
            }
        }
        let queues: Vec<QueueId> = db.queues().await?.iter().map(|queue| queue.id).collect();
        fields::known("queues", &self.queues, &queues)?;
        fields::levels("skills", &self.skills)?;
        fields::between("weight", self.weight, 1, 100)?;
        self.capacity.iter().try_for_each(|own| capacity::check("capacity", own))?;
        let skills = db.skills().await?;
        for (n, own) in self.skills.iter().enumerate() {
            if !skills.iter().any(|skill| skill.id == own.skill) {
                return Err(Problem::bad_value(format!("skills[{n}].skill"), "there is no such skill"));
            }
        }
        let user = User {
            id,
            email: self.email.trim().to_owned(),
            name: self.name.trim().to_owned(),
            role: self.role,
            language: self.language,
            device: self.device,
            sip_username,
            phone_uri,
            weight: self.weight,
            capacity: self.capacity,
            queues: self.queues,
            skills: self.skills,
        };
        Ok((user, empty_is_none(self.password)))
    }
}

/// What a new password is kept as.
pub(crate) async fn hashes(state: &ApiState, user: &User, password: String) -> Answer<PasswordHashes> {
    let ha1 = user.sip_username.as_ref().map(|name| {
        let ha1 = sip_ha1(name, &password);
        Ha1 { md5: ha1.md5, sha256: ha1.sha256 }
    });
    let password = state.passwords().hash(password).await.map_err(|error| match error {
        PasswordError::TooShort | PasswordError::TooLong => Problem::bad_value("password", error.to_string()),
        PasswordError::Busy => Problem::unavailable("many people sign in at this moment; try again"),
        PasswordError::Hashing => Problem::internal(),
    })?;
    Ok(PasswordHashes { password, ha1 })
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

#[utoipa::path(get, path = "/api/v1/users", tag = "user", operation_id = "list_users", responses(
    (status = 200, body = Vec<UserView>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<UserView>>> {
    let users = signed.db(&state).users().await?;
    Ok(axum::Json(users.into_iter().map(UserView::from).collect()))
}

#[utoipa::path(post, path = "/api/v1/users", tag = "user", operation_id = "create_user", request_body = UserBody, responses(
    (status = 201, body = UserView),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<UserBody>,
) -> Answer<(StatusCode, axum::Json<UserView>)> {
    let db = signed.db(&state);
    let (user, password) = body.check(UserId(Uuid::now_v7()), &db).await?;
    let password =
        password.ok_or_else(|| Problem::bad_value("password", "give the new person a password"))?;
    let hashes = hashes(&state, &user, password).await?;
    let (saved, now) = (user.clone(), state.now());
    save(&state, signed.scope, async move { db.create_user(&saved, &hashes, now).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(user.into())))
}

/// A new password or a new role signs the person out everywhere.
#[utoipa::path(put, path = "/api/v1/users/{id}", tag = "user", operation_id = "update_user", request_body = UserBody,
    params(("id" = UserId, Path)), responses(
    (status = 200, body = UserView),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<UserId>,
    Json(body): Json<UserBody>,
) -> Answer<axum::Json<UserView>> {
    let db = signed.db(&state);
    let before = db.user(id).await?;
    let (user, password) = body.check(id, &db).await?;
    if id == signed.me.id && user.role != Role::Admin {
        let detail = "you cannot take admin from yourself; another admin can";
        return Err(Problem::conflict("own_account", detail).with_field("role"));
    }
    // The phone's secret is made from its name: another name needs the password again.
    if user.sip_username.is_some() && user.sip_username != before.sip_username && password.is_none() {
        return Err(Problem::bad_value("password", "a new phone account needs the password once more"));
    }
    let hashes = match password {
        Some(password) => Some(hashes(&state, &user, password).await?),
        None => None,
    };
    let tenant = db.clone();
    save(&state, signed.scope, async move { tenant.update_user(&user, hashes.as_ref()).await }).await?;
    state.revoke_user(id);
    Ok(axum::Json(db.user(id).await?.into()))
}

/// Puts the person away: no sign-in, no phone, no queue; the name stays in the history.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "user", operation_id = "delete_user",
    params(("id" = UserId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "It is you", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<UserId>,
) -> Answer<StatusCode> {
    if id == signed.me.id {
        return Err(Problem::conflict("own_account", "you cannot delete yourself; another admin can"));
    }
    let (db, now) = (signed.db(&state), state.now());
    save(&state, signed.scope, async move { db.delete_user(id, now).await }).await?;
    state.revoke_user(id);
    Ok(StatusCode::NO_CONTENT)
}
