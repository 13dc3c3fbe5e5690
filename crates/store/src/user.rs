//! Users: people who sign in; an agent is one who takes interactions. One that is deleted is only put away.

use perezvon_model::channel::Capacity;
use perezvon_model::config::{Agent, SkillLevel};
use perezvon_model::prompt::Language;
use perezvon_model::{Device, QueueId, SkillId, UserId, UtcMs};
use serde::{Deserialize, Serialize};

use crate::capacity;
use crate::change::{ChangeTx, Subject};
use crate::checks;
use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::queue::unknown;
use crate::sql::{Arg, Column, Kind, Value, args, queries, record};
use crate::words::words;

/// What a user may do; each may do what the ones before may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Agent,
    Supervisor,
    Admin,
}

words! { Role { Agent = "agent", Supervisor = "supervisor", Admin = "admin" } }

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    pub id: UserId,
    /// Kept in small letters; unique in the installation.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Language,
    pub device: Device,
    /// Name of the phone account; unique in the installation.
    pub sip_username: Option<String>,
    /// A fixed address of the phone, used in place of a registration.
    pub phone_uri: Option<String>,
    /// The part of the work where a queue shares by weight. 1 to 100.
    pub weight: u32,
    /// What this agent carries at once; none: as the company has it.
    pub capacity: Option<Capacity>,
    pub queues: Vec<QueueId>,
    pub skills: Vec<SkillLevel>,
}

/// What a password is kept as. The caller hashes; nothing here can be turned back into a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHashes {
    /// argon2id as PHC text.
    pub password: String,
    /// For SIP digest, of the user name it was made with; `None` when the user has no phone account.
    pub ha1: Option<Ha1>,
}

/// H(username:realm:password) of RFC 7616 section 3.4.2, in small hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    pub md5: String,
    pub sha256: String,
}

impl std::fmt::Debug for PasswordHashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHashes(***)")
    }
}

impl std::fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ha1(***)")
    }
}

queries! {
    LIST -> UserRow = "SELECT id, email, name, role, language, device, sip_username, phone_uri, weight, capacity
        FROM users WHERE tenant_id = $1 AND archived_at IS NULL ORDER BY name, id";
    GET -> UserRow = "SELECT id, email, name, role, language, device, sip_username, phone_uri, weight, capacity
        FROM users WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    QUEUES -> UserQueue = "SELECT user_id, queue_id FROM user_queue WHERE tenant_id = $1 ORDER BY user_id, queue_id";
    SKILLS -> UserSkill = "SELECT user_id, skill_id, level FROM user_skill WHERE tenant_id = $1
        ORDER BY user_id, skill_id";
    INSERT = "INSERT INTO users (tenant_id, id, email, name, role, language, device, sip_username, phone_uri, weight,
        capacity, password, ha1_md5, ha1_sha256, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    // The digest hashes hold the account's name: with another name they are worth nothing.
    UPDATE = "UPDATE users SET email = $3, name = $4, role = $5, language = $6, device = $7, phone_uri = $9, weight = $10,
        capacity = $11,
        ha1_md5 = CASE WHEN sip_username = $8 THEN ha1_md5 END,
        ha1_sha256 = CASE WHEN sip_username = $8 THEN ha1_sha256 END,
        sip_username = $8
        WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    SET_PASSWORD = "UPDATE users SET password = $3, ha1_md5 = $4, ha1_sha256 = $5
        WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    SET_LANGUAGE = "UPDATE users SET language = $3 WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    SET_DEVICE = "UPDATE users SET device = $3 WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    CLEAR_QUEUES = "DELETE FROM user_queue WHERE tenant_id = $1 AND user_id = $2";
    ADD_QUEUE = "INSERT INTO user_queue (tenant_id, user_id, queue_id) VALUES ($1, $2, $3)";
    CLEAR_SKILLS = "DELETE FROM user_skill WHERE tenant_id = $1 AND user_id = $2";
    ADD_SKILL = "INSERT INTO user_skill (tenant_id, user_id, skill_id, level) VALUES ($1, $2, $3, $4)";
    ARCHIVE = "UPDATE users SET archived_at = $3, ha1_md5 = NULL, ha1_sha256 = NULL
        WHERE tenant_id = $1 AND id = $2 AND archived_at IS NULL";
    END_SESSIONS = "DELETE FROM session WHERE tenant_id = $1 AND user_id = $2";
    END_OTHER_SESSIONS = "DELETE FROM session WHERE tenant_id = $1 AND user_id = $2 AND token_sha256 <> $3";
}

record! {
    pub(crate) struct UserRow {
        id: UserId,
        email: String,
        name: String,
        role: Role,
        language: Language,
        device: Device,
        sip_username: Option<String>,
        phone_uri: Option<String>,
        weight: u32,
        capacity: String,
    }
}

record! {
    pub(crate) struct UserQueue {
        user_id: UserId,
        queue_id: QueueId,
    }
}

record! {
    pub(crate) struct UserSkill {
        user_id: UserId,
        skill_id: SkillId,
        level: u8,
    }
}

impl UserRow {
    fn with(self, queues: &[UserQueue], skills: &[UserSkill]) -> User {
        let own_queues = queues.iter().filter(|queue| queue.user_id == self.id);
        let own_skills = skills.iter().filter(|skill| skill.user_id == self.id);
        User {
            id: self.id,
            email: self.email,
            name: self.name,
            role: self.role,
            language: self.language,
            device: self.device,
            sip_username: self.sip_username,
            phone_uri: self.phone_uri,
            weight: self.weight,
            capacity: capacity::read(&self.capacity),
            queues: own_queues.map(|queue| queue.queue_id).collect(),
            skills: own_skills
                .map(|skill| SkillLevel { skill: skill.skill_id, level: skill.level })
                .collect(),
        }
    }
}

impl User {
    /// As the engine knows the user, if the user takes interactions: by role, or by being in a queue.
    pub fn as_agent(&self) -> Option<Agent> {
        (self.role == Role::Agent || !self.queues.is_empty()).then(|| Agent {
            id: self.id,
            name: self.name.clone(),
            queues: self.queues.clone(),
            skills: self.skills.clone(),
            device: self.device,
            sip_username: self.sip_username.clone(),
            phone_uri: self.phone_uri.clone(),
            weight: self.weight,
            capacity: self.capacity.clone(),
        })
    }
}

/// The form in which e-mail addresses are kept and looked up.
pub fn canonical_email(email: &str) -> String {
    email.trim().to_lowercase()
}

fn check(user: &User) -> Result<(), StoreError> {
    let email = canonical_email(&user.email);
    let parts = email.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if parts.is_none() || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(StoreError::invalid("email", "write it as name@example.org"));
    }
    checks::filled("name", &user.name, 200)?;
    checks::levels(&user.skills)?;
    checks::between("weight", user.weight, 1, 100)?;
    user.capacity.iter().try_for_each(capacity::check)?;
    if let Some(name) = &user.sip_username {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !plain || name.is_empty() || name.len() > 64 {
            return Err(StoreError::invalid(
                "sip_username",
                "write 1 to 64 Latin letters, digits, `-`, `_` or `.`",
            ));
        }
    }
    if let Some(uri) = &user.phone_uri {
        checks::filled("phone_uri", uri, 200)?;
        if !uri.starts_with("sip:") {
            return Err(StoreError::invalid("phone_uri", "write it as sip:100@192.0.2.7"));
        }
    }
    Ok(())
}

fn columns(user: &User) -> Vec<Arg> {
    args![
        user.id,
        canonical_email(&user.email),
        &user.name,
        user.role,
        user.language,
        user.device,
        user.sip_username.clone(),
        user.phone_uri.clone(),
        user.weight,
        capacity::written(user.capacity.as_ref()),
    ]
}

async fn write_belongings(tx: &mut TenantTx, user: &User) -> Result<(), StoreError> {
    tx.run(&CLEAR_QUEUES, args![user.id]).await?;
    for queue in &user.queues {
        tx.run(&ADD_QUEUE, args![user.id, *queue]).await.map_err(|error| unknown(error, "queues"))?;
    }
    tx.run(&CLEAR_SKILLS, args![user.id]).await?;
    for skill in &user.skills {
        tx.run(&ADD_SKILL, args![user.id, skill.skill, skill.level])
            .await
            .map_err(|error| unknown(error, "skills"))?;
    }
    Ok(())
}

async fn write_password(tx: &mut TenantTx, id: UserId, hashes: &PasswordHashes) -> Result<(), StoreError> {
    let (md5, sha256) = ha1_columns(hashes);
    tx.touch(&SET_PASSWORD, args![id, &hashes.password, md5, sha256]).await
}

fn ha1_columns(hashes: &PasswordHashes) -> (Option<String>, Option<String>) {
    hashes.ha1.as_ref().map(|ha1| (ha1.md5.clone(), ha1.sha256.clone())).unzip()
}

/// A person as a change is noted: a password is told to be there, or to be another one now.
#[derive(Serialize)]
struct Noted<'a> {
    #[serde(flatten)]
    user: &'a User,
    password: &'static str,
}

fn noted(user: &User) -> Noted<'_> {
    Noted { user, password: "kept" }
}

async fn stored(tx: &mut TenantTx, id: UserId) -> Result<Option<User>, StoreError> {
    let (queues, skills) = (tx.all(&QUEUES, args![]).await?, tx.all(&SKILLS, args![]).await?);
    Ok(tx.first(&GET, args![id]).await?.map(|row| row.with(&queues, &skills)))
}

/// Commits a new password, which is noted without being in the note.
async fn commit_password(mut tx: ChangeTx, id: UserId) -> Result<(), StoreError> {
    let user = stored(&mut tx, id).await?.ok_or(StoreError::NotFound)?;
    let after = Noted { password: "another", ..noted(&user) };
    tx.commit(Subject::User, id.0, Some(&noted(&user)), Some(&after)).await
}

impl TenantDb {
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let queues = self.all(&QUEUES, args![]).await?;
        let skills = self.all(&SKILLS, args![]).await?;
        let rows = self.all(&LIST, args![]).await?;
        Ok(rows.into_iter().map(|row| row.with(&queues, &skills)).collect())
    }

    pub async fn user(&self, id: UserId) -> Result<User, StoreError> {
        let row = self.first(&GET, args![id]).await?.ok_or(StoreError::NotFound)?;
        let queues = self.all(&QUEUES, args![]).await?;
        Ok(row.with(&queues, &self.all(&SKILLS, args![]).await?))
    }

    pub async fn create_user(
        &self,
        user: &User,
        hashes: &PasswordHashes,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        check(user)?;
        let (md5, sha256) = ha1_columns(hashes);
        let mut columns = columns(user);
        columns.extend(args![&hashes.password, md5, sha256, now]);
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, columns).await?;
        write_belongings(&mut tx, user).await?;
        tx.commit(Subject::User, user.id.0, None, Some(&noted(user))).await
    }

    /// With a new password every session of the user ends as well; all of it happens or nothing. Without one, another
    /// `sip_username` leaves the phone account without a password until `set_password`.
    pub async fn update_user(&self, user: &User, hashes: Option<&PasswordHashes>) -> Result<(), StoreError> {
        check(user)?;
        let mut tx = self.begin_change().await?;
        let before = stored(&mut tx, user.id).await?;
        tx.touch(&UPDATE, columns(user)).await?;
        write_belongings(&mut tx, user).await?;
        if let Some(hashes) = hashes {
            write_password(&mut tx, user.id, hashes).await?;
            tx.run(&END_SESSIONS, args![user.id]).await?;
        }
        let password = if hashes.is_some() { "another" } else { "kept" };
        let (before, after) = (before.as_ref().map(noted), Noted { password, ..noted(user) });
        tx.commit(Subject::User, user.id.0, before.as_ref(), Some(&after)).await
    }

    /// Ends every session of the user as well.
    pub async fn set_password(&self, id: UserId, hashes: &PasswordHashes) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        write_password(&mut tx, id, hashes).await?;
        tx.run(&END_SESSIONS, args![id]).await?;
        commit_password(tx, id).await
    }

    /// As `set_password`, but the session of the user who changes it goes on.
    pub async fn set_own_password(
        &self,
        id: UserId,
        hashes: &PasswordHashes,
        token_sha256: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        write_password(&mut tx, id, hashes).await?;
        tx.run(&END_OTHER_SESSIONS, args![id, token_sha256]).await?;
        commit_password(tx, id).await
    }

    pub async fn set_language(&self, id: UserId, language: Language) -> Result<(), StoreError> {
        self.touch(&SET_LANGUAGE, args![id, language]).await
    }

    /// Where the agent takes calls from the next start on; the engine knows already.
    pub async fn set_device(&self, id: UserId, device: Device) -> Result<(), StoreError> {
        self.touch(&SET_DEVICE, args![id, device]).await
    }

    /// Puts the user away: no sign-in, no phone, no queue; the name stays in the history.
    pub async fn delete_user(&self, id: UserId, now: UtcMs) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = stored(&mut tx, id).await?;
        tx.touch(&ARCHIVE, args![id, now]).await?;
        tx.run(&END_SESSIONS, args![id]).await?;
        tx.run(&CLEAR_QUEUES, args![id]).await?;
        tx.run(&CLEAR_SKILLS, args![id]).await?;
        let before = before.as_ref().map(noted);
        tx.commit(Subject::User, id.0, before.as_ref(), None).await
    }
}
