//! Signing in. These reads come before any tenant is known: their answer is what a `TenantScope` is minted from.

use perezvon_model::prompt::Language;
use perezvon_model::{TenantId, UserId, UtcMs};

use crate::db::Db;
use crate::error::StoreError;
use crate::sql::{args, queries, record};
use crate::user::{Role, canonical_email};

queries! {
    BY_EMAIL -> SignIn = "SELECT tenant_id AS tenant, id AS user, password FROM users
        WHERE email = $1 AND archived_at IS NULL";
    INSERT = "INSERT INTO session (token_sha256, tenant_id, user_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5)";
    BY_TOKEN -> SignedIn = "SELECT u.tenant_id AS tenant, u.id AS user, t.name AS tenant_name, t.time_zone, u.email,
        u.name, u.role, u.language, s.expires_at
        FROM session s
        JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
        JOIN tenant t ON t.id = s.tenant_id
        WHERE s.token_sha256 = $1 AND s.expires_at > $2 AND u.archived_at IS NULL";
    EXTEND = "UPDATE session SET expires_at = $2 WHERE token_sha256 = $1";
    END = "DELETE FROM session WHERE token_sha256 = $1";
    END_EXPIRED = "DELETE FROM session WHERE expires_at <= $1";
}

record! {
    /// Whom an e-mail address belongs to, and the hash to check the password against.
    #[derive(Clone, PartialEq, Eq)]
    pub struct SignIn {
        pub tenant: TenantId,
        pub user: UserId,
        /// argon2id as PHC text.
        pub password: String,
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("tenant", &self.tenant)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

record! {
    /// Who holds a session.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SignedIn {
        pub tenant: TenantId,
        pub user: UserId,
        pub tenant_name: String,
        pub time_zone: String,
        pub email: String,
        pub name: String,
        pub role: Role,
        pub language: Language,
        pub expires_at: UtcMs,
    }
}

impl Db {
    pub async fn sign_in(&self, email: &str) -> Result<SignIn, StoreError> {
        self.first(&BY_EMAIL, args![canonical_email(email)]).await?.ok_or(StoreError::NotFound)
    }

    /// Keeps a session by the SHA-256 of its token, in hexadecimal; the token itself is nowhere in the database.
    pub async fn create_session(
        &self,
        token_sha256: &str,
        tenant: TenantId,
        user: UserId,
        now: UtcMs,
        expires_at: UtcMs,
    ) -> Result<(), StoreError> {
        self.run(&INSERT, args![token_sha256, tenant, user, now, expires_at]).await.map(drop)
    }

    /// `NotFound` when there is no such session, it is over, or its user is gone.
    pub async fn session(&self, token_sha256: &str, now: UtcMs) -> Result<SignedIn, StoreError> {
        self.first(&BY_TOKEN, args![token_sha256, now]).await?.ok_or(StoreError::NotFound)
    }

    pub async fn extend_session(&self, token_sha256: &str, expires_at: UtcMs) -> Result<(), StoreError> {
        self.run(&EXTEND, args![token_sha256, expires_at]).await.map(drop)
    }

    pub async fn end_session(&self, token_sha256: &str) -> Result<(), StoreError> {
        self.run(&END, args![token_sha256]).await.map(drop)
    }

    /// Answers how many were over; worth doing once an hour.
    pub async fn end_expired_sessions(&self, now: UtcMs) -> Result<u64, StoreError> {
        self.run(&END_EXPIRED, args![now]).await
    }
}
