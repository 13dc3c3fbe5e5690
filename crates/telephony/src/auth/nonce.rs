//! Nonces that need no memory until a right password has used them: a time and a seal. Pure, bounded.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::digest::hex;

/// How long a nonce is good.
const LIFETIME: Duration = Duration::from_secs(300);
/// Nonces in use that are remembered with their counts; when full, new ones are stale.
const MAX_IN_USE: usize = 65_536;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NonceError {
    /// Not of our making.
    Unknown,
    Expired,
    /// The count is not higher than one that was used.
    Replayed,
}

pub(super) struct Nonces {
    secret: String,
    start: Instant,
    issued: u64,
    /// Highest count used, and when the nonce ends.
    in_use: HashMap<String, (u32, Instant)>,
}

impl Nonces {
    pub(super) fn new(secret: &str) -> Self {
        Self { secret: secret.to_owned(), start: Instant::now(), issued: 0, in_use: HashMap::new() }
    }

    pub(super) fn issue(&mut self, now: Instant) -> String {
        self.issued += 1;
        let age_ms = now.saturating_duration_since(self.start).as_millis();
        let open = format!("{age_ms:x}-{:x}", self.issued);
        format!("{open}-{}", self.seal(&open))
    }

    fn seal(&self, open: &str) -> String {
        // Length extension does not help a forger: the text before the seal has one form only.
        let sealed = Sha256::digest(format!("{}:{open}:{}", self.secret, self.secret).as_bytes());
        hex(&sealed[..16])
    }

    /// Uses a nonce with a count. A count of 0 (no `qop`) uses it up.
    pub(super) fn spend(&mut self, nonce: &str, count: u32, now: Instant) -> Result<(), NonceError> {
        let (open, seal) = nonce.rsplit_once('-').ok_or(NonceError::Unknown)?;
        if self.seal(open) != seal {
            return Err(NonceError::Unknown);
        }
        let age_ms = open.split('-').next().and_then(|age| u64::from_str_radix(age, 16).ok());
        let end = self.start + Duration::from_millis(age_ms.ok_or(NonceError::Unknown)?) + LIFETIME;
        if now >= end {
            self.in_use.remove(nonce);
            return Err(NonceError::Expired);
        }
        let count = if count == 0 { u32::MAX } else { count };
        if let Some((used, _)) = self.in_use.get_mut(nonce) {
            if count <= *used {
                return Err(NonceError::Replayed);
            }
            *used = count;
            return Ok(());
        }
        if self.in_use.len() >= MAX_IN_USE {
            self.in_use.retain(|_, (_, end)| *end > now);
            if self.in_use.len() >= MAX_IN_USE {
                return Err(NonceError::Expired);
            }
        }
        self.in_use.insert(nonce.to_owned(), (count, end));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_used_nonces_is_bounded_and_frees_itself() {
        let (mut nonces, now) = (Nonces::new("s"), Instant::now());
        for _ in 0..MAX_IN_USE {
            let nonce = nonces.issue(now);
            assert_eq!(nonces.spend(&nonce, 1, now), Ok(()));
        }
        let one_more = nonces.issue(now);
        assert_eq!(nonces.spend(&one_more, 1, now), Err(NonceError::Expired));
        let later = now + LIFETIME;
        let fresh = nonces.issue(later);
        assert_eq!(nonces.spend(&fresh, 1, later), Ok(()));
        assert_eq!(nonces.in_use.len(), 1);
    }

    #[test]
    fn a_nonce_that_was_changed_is_unknown() {
        let (mut nonces, now) = (Nonces::new("s"), Instant::now());
        let nonce = nonces.issue(now);
        for changed in [format!("f{nonce}"), nonce[..nonce.len() - 1].to_owned(), String::new(), "-".into()] {
            assert_eq!(nonces.spend(&changed, 1, now), Err(NonceError::Unknown), "{changed}");
        }
    }
}
