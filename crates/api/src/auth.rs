//! Who asks: from a cookie or a bearer token to a user, and from the user's role to what is allowed. This file alone
//! mints a `TenantScope`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use perezvon_model::{TenantScope, UtcMs};
use perezvon_store::{Author, SignedIn, StoreError, TenantDb};
use sha2::{Digest, Sha256};

use crate::problem::{Answer, Problem};
use crate::session::Me;
use crate::state::ApiState;

pub use perezvon_store::Role;

pub const COOKIE: &str = "perezvon_session";
/// A page of another site cannot set it without a preflight, which nobody here answers.
pub const CSRF_HEADER: &str = "x-perezvon";
/// A session ends when it was not used for so long; a shift fits.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// A used session is prolonged at most this often, so that reading writes nothing most of the time.
const PROLONG_EVERY_MS: i64 = 10 * 60 * 1000;
const TOKEN_BYTES: usize = 32;

/// How the request says who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    Cookie,
    Bearer,
}

/// Whoever is signed in, in any role.
#[derive(Clone, Debug)]
pub struct Signed {
    pub scope: TenantScope,
    pub me: Me,
    pub token_sha256: String,
    pub credential: Credential,
}

impl Signed {
    /// The rows of the own company; changes of the configuration are noted as this person's.
    pub fn db(&self, state: &ApiState) -> TenantDb {
        state.db().tenant(&self.scope).by(Author { user: Some(self.me.id), at: state.now() })
    }
}

/// A supervisor or an admin.
pub struct Supervisor(pub Signed);

pub struct Admin(pub Signed);

/// A new secret token, 256 bits as hexadecimal.
pub fn new_token() -> Answer<String> {
    let mut bytes = [0u8; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the operating system gives no randomness");
        Problem::internal()
    })?;
    Ok(hex::encode(bytes))
}

/// What the database knows of a token: a stolen copy of it opens nothing.
pub fn token_sha256(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn credential(headers: &HeaderMap) -> Option<(String, Credential)> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| (token.trim().to_owned(), Credential::Bearer));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| (token.to_owned(), Credential::Cookie))
}

fn is_token(text: &str) -> bool {
    text.len() == 2 * TOKEN_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl FromRequestParts<ApiState> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Answer<Self> {
        let (token, credential) = credential(&parts.headers).ok_or_else(Problem::unauthorised)?;
        if !is_token(&token) {
            return Err(Problem::unauthorised());
        }
        let signed = look_up(state, token_sha256(&token), credential).await?;
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let marked = parts.headers.get(CSRF_HEADER).is_some_and(|value| value == "1");
        match credential {
            Credential::Cookie if !safe && !marked => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "send the header X-Perezvon: 1 with a change that is signed by cookie",
            )),
            Credential::Cookie | Credential::Bearer => Ok(signed),
        }
    }
}

async fn look_up(state: &ApiState, token_sha256: String, credential: Credential) -> Answer<Signed> {
    let now = state.now();
    let signed_in = match state.db().session(&token_sha256, now).await {
        Ok(signed_in) => signed_in,
        Err(StoreError::NotFound) => return Err(Problem::unauthorised()),
        Err(error) => return Err(error.into()),
    };
    prolong(state, &token_sha256, signed_in.expires_at, now).await;
    Ok(Signed {
        scope: scope_of(&signed_in),
        me: Me::new(signed_in, state.config().demo.is_some()),
        token_sha256,
        credential,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a session names the tenant of its user: this is authentication"
)]
fn scope_of(signed_in: &SignedIn) -> TenantScope {
    TenantScope::mint(signed_in.tenant)
}

async fn prolong(state: &ApiState, token_sha256: &str, expires_at: UtcMs, now: UtcMs) {
    if expires_at - now > SESSION_MS - PROLONG_EVERY_MS {
        return;
    }
    // A database that cannot write now must not sign people out: the session still lasts for hours.
    if let Err(error) = state.db().extend_session(token_sha256, now + SESSION_MS).await {
        tracing::warn!(%error, "a session could not be prolonged");
    }
}

/// Whether an open socket may stay, in the role that it was opened with.
pub async fn still_signed_in(state: &ApiState, signed: &Signed) -> Answer<bool> {
    let now = state.now();
    match state.db().session(&signed.token_sha256, now).await {
        Ok(current) => {
            prolong(state, &signed.token_sha256, current.expires_at, now).await;
            Ok(current.role == signed.me.role)
        }
        Err(StoreError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl FromRequestParts<ApiState> for Supervisor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Answer<Self> {
        let signed = Signed::from_request_parts(parts, state).await?;
        match signed.me.role {
            Role::Supervisor | Role::Admin => Ok(Self(signed)),
            Role::Agent => Err(Problem::forbidden("this is for supervisors and admins")),
        }
    }
}

impl FromRequestParts<ApiState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Answer<Self> {
        let signed = Signed::from_request_parts(parts, state).await?;
        match signed.me.role {
            Role::Admin => Ok(Self(signed)),
            Role::Agent | Role::Supervisor => Err(Problem::forbidden("this is for admins")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(name: header::HeaderName, value: &'static str) -> Option<(String, Credential)> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        credential(&headers)
    }

    #[test]
    fn a_token_comes_by_cookie_or_by_bearer() {
        let cookie = read(header::COOKIE, "a=b; perezvon_session=abc; c=d");
        assert_eq!(cookie, Some(("abc".to_owned(), Credential::Cookie)));
        assert_eq!(read(header::AUTHORIZATION, "bearer abc"), Some(("abc".to_owned(), Credential::Bearer)));
        assert_eq!(read(header::AUTHORIZATION, "Basic YTpi"), None);
        assert_eq!(read(header::COOKIE, "xperezvon_session=abc"), None);
    }

    #[test]
    fn tokens_are_256_random_bits() {
        let (a, b) = (new_token().unwrap(), new_token().unwrap());
        assert!(is_token(&a) && is_token(&b));
        assert_ne!(a, b);
        assert!(!is_token(&a[1..]) && !is_token(&"g".repeat(64)));
    }
}
