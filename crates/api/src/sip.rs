//! Digest secrets of phone accounts.

use md5::{Digest as _, Md5};
use sha2::{Digest as _, Sha256};

/// The realm of every phone account; the registrar challenges with the same word.
pub const REALM: &str = "perezvon";

/// `HA1` of RFC 2617 (MD5) and of RFC 8760 (SHA-256): what the registrar keeps in place of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct SipHa1 {
    pub md5: String,
    pub sha256: String,
}

impl std::fmt::Debug for SipHa1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SipHa1(***)")
    }
}

/// Hashes `username:perezvon:password` in both ways, as lower-case hexadecimal.
pub fn sip_ha1(username: &str, password: &str) -> SipHa1 {
    let text = format!("{username}:{REALM}:{password}");
    SipHa1 {
        md5: hex::encode(Md5::digest(text.as_bytes())),
        sha256: hex::encode(Sha256::digest(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'agent1:perezvon:secret' | md5sum` and `sha256sum`.
    #[test]
    fn phone_secrets_are_the_digests_of_user_realm_and_password() {
        let ha1 = sip_ha1("agent1", "secret");
        assert_eq!(ha1.md5, "7d586de2e7a6a339dc2508abc2f1a2f9");
        assert_eq!(ha1.sha256, "46bb22b9dd2e080aca38c1ae520023643cb11cd68d34fb8cdda05ea63a345f52");
        assert_eq!(format!("{ha1:?}"), "SipHa1(***)");
    }
}
