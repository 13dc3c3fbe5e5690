//! Digest authentication (RFC 8760 on RFC 7616 and RFC 3261 section 22), both ways.

pub(crate) mod digest;
mod nonce;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use digest::{Algorithm, Credentials};
use nonce::{NonceError, Nonces};

use crate::directory::{PhoneAccount, REALM};
use crate::sip::message::{Header, header};

/// Judges the passwords of phones.
pub(crate) struct Authority {
    nonces: Mutex<Nonces>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Right password, nonce too old or used up: a new challenge with `stale=true`.
    Stale,
    /// No credentials for our realm.
    Missing,
    Wrong,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self { nonces: Mutex::new(Nonces::new(&crate::sip::random_text(32))) }
    }

    /// Checks the Authorization value of a request against an account.
    pub(crate) fn check(
        &self,
        authorization: Option<&str>,
        method: &str,
        account: Option<&PhoneAccount>,
        now: Instant,
    ) -> Result<(), Denied> {
        let credentials = authorization.and_then(Credentials::parse).ok_or(Denied::Missing)?;
        if credentials.realm != REALM {
            return Err(Denied::Missing);
        }
        let account = account.ok_or(Denied::Wrong)?;
        let ha1 = match credentials.algorithm {
            Algorithm::Md5 => &account.ha1_md5,
            Algorithm::Sha256 => &account.ha1_sha256,
        };
        if ha1.is_empty() || !credentials.proves(ha1, method) {
            return Err(Denied::Wrong);
        }
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.spend(&credentials.nonce, credentials.count, now).map_err(|error| match error {
            NonceError::Unknown | NonceError::Expired | NonceError::Replayed => Denied::Stale,
        })
    }

    /// The challenge for an account. MD5 goes alone unless the account has none: phones in use give up at the sight
    /// of a second line with an algorithm they lack, although RFC 8760 section 2.3 wants them to skip it. SHA-256
    /// credentials are taken all the same.
    pub(crate) fn challenge(&self, account: Option<&PhoneAccount>, stale: bool, now: Instant) -> Header {
        let nonce = self.nonces.lock().unwrap_or_else(PoisonError::into_inner).issue(now);
        let algorithm = match account {
            Some(account) if account.ha1_md5.is_empty() => Algorithm::Sha256,
            Some(_) | None => Algorithm::Md5,
        };
        let stale = if stale { ", stale=true" } else { "" };
        header(
            "WWW-Authenticate",
            format!(
                "Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                algorithm.word()
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use perezvon_model::{TenantId, TenantScope, UserId};

    fn account(md5: bool) -> PhoneAccount {
        let ha1 = |algorithm: Algorithm| algorithm.hash(&format!("agent1:{REALM}:secret"));
        #[expect(clippy::disallowed_methods, reason = "a test is its own authentication")]
        let scope = TenantScope::mint(TenantId(uuid::Uuid::nil()));
        PhoneAccount {
            scope,
            agent: UserId(uuid::Uuid::nil()),
            ha1_md5: if md5 { ha1(Algorithm::Md5) } else { String::new() },
            ha1_sha256: ha1(Algorithm::Sha256),
        }
    }

    fn authorization(challenge: &Header, password: &str, count: u32) -> String {
        let challenge = digest::Challenge::parse(challenge.value()).expect("challenge");
        digest::credentials(&challenge, "REGISTER", "sip:h", "agent1", password, "cn", count)
    }

    #[test]
    fn a_right_password_passes_once_per_count() {
        for md5 in [true, false] {
            let (authority, account, now) = (Authority::new(), account(md5), Instant::now());
            let challenge = authority.challenge(Some(&account), false, now);
            let check = |value: &str| authority.check(Some(value), "REGISTER", Some(&account), now);
            assert_eq!(check(&authorization(&challenge, "secret", 1)), Ok(()));
            assert_eq!(check(&authorization(&challenge, "secret", 1)), Err(Denied::Stale), "replayed");
            assert_eq!(check(&authorization(&challenge, "secret", 3)), Ok(()));
            assert_eq!(check(&authorization(&challenge, "secret", 2)), Err(Denied::Stale), "count went back");
            assert_eq!(check(&authorization(&challenge, "guess", 4)), Err(Denied::Wrong));
        }
    }

    #[test]
    fn an_old_or_foreign_nonce_is_stale_and_a_foreign_realm_is_no_credential() {
        let (authority, account, now) = (Authority::new(), account(true), Instant::now());
        let challenge = authority.challenge(Some(&account), false, now);
        let late = now + Duration::from_secs(3_600);
        let value = authorization(&challenge, "secret", 1);
        assert_eq!(authority.check(Some(&value), "REGISTER", Some(&account), late), Err(Denied::Stale));
        let foreign = Authority::new().challenge(Some(&account), false, now);
        let value = authorization(&foreign, "secret", 1);
        assert_eq!(authority.check(Some(&value), "REGISTER", Some(&account), now), Err(Denied::Stale));
        let value = value.replace(REALM, "other");
        assert_eq!(authority.check(Some(&value), "REGISTER", Some(&account), now), Err(Denied::Missing));
        assert_eq!(authority.check(None, "REGISTER", Some(&account), now), Err(Denied::Missing));
        assert_eq!(authority.check(Some("Basic x"), "REGISTER", None, now), Err(Denied::Missing));
    }

    #[test]
    fn the_method_is_part_of_the_proof() {
        let (authority, account, now) = (Authority::new(), account(true), Instant::now());
        let challenge = authority.challenge(Some(&account), false, now);
        let value = authorization(&challenge, "secret", 1);
        assert_eq!(authority.check(Some(&value), "INVITE", Some(&account), now), Err(Denied::Wrong));
    }
}
