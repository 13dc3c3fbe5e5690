//! Passwords: argon2id with the parameters that OWASP's password storage page asks for.

use std::sync::{Arc, LazyLock, Mutex};

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use tokio::sync::Semaphore;

/// OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes computed at once; each holds 19 MiB and one core.
const HASHES_AT_ONCE: usize = 2;
/// Sign-ins that may wait for a hash; one more is refused at once.
const HASHES_WAITING: usize = 64;
/// The longest password taken; hashing cost does not grow with it, but bodies and logs do.
pub const MAX_PASSWORD_BYTES: usize = 256;
/// The shortest password that may be set.
pub const MIN_PASSWORD_CHARS: usize = 8;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    #[error("the password must have {MIN_PASSWORD_CHARS} characters at least")]
    TooShort,
    #[error("the password must have {MAX_PASSWORD_BYTES} bytes at most")]
    TooLong,
    #[error("the password could not be hashed")]
    Hashing,
    #[error("too many passwords are being checked at this moment")]
    Busy,
}

fn argon2id() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within argon2's ranges");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a new password to a PHC string with its own salt. Takes tens of milliseconds of one core.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    argon2id()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| PasswordError::Hashing)
}

/// Whether the password is the one that was hashed. A hash that cannot be read matches nothing.
pub fn verify(password: &str, phc: &str) -> bool {
    password.len() <= MAX_PASSWORD_BYTES
        && PasswordHash::new(phc).is_ok_and(|parsed| matches(password, &parsed) == Some(true))
}

fn matches(password: &str, parsed: &PasswordHash) -> Option<bool> {
    let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).ok()?;
    let version = Version::try_from(parsed.version?).ok()?;
    let params = Params::try_from(parsed).ok()?;
    if params.m_cost() > MEMORY_KIB {
        return None;
    }
    let (salt, expected) = (parsed.salt?, parsed.hash?);
    let mut memory =
        MEMORY.lock().expect("nothing panics while it holds this lock").pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let mut found = vec![0; expected.len()];
    let hashed = Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        password.as_bytes(),
        &salt,
        &mut found,
        &mut memory,
    );
    let mut pool = MEMORY.lock().expect("nothing panics while it holds this lock");
    if pool.len() < HASHES_AT_ONCE {
        pool.push(memory);
    }
    hashed.ok()?;
    // `Output` compares in constant time.
    Some(Output::new(&found).ok()? == expected)
}

/// Working memory, kept for the next sign-in: freed, it would stay with the allocator once for each thread that hashed.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// A hash that no password matches, checked for unknown users so that the answer takes the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    argon2id()
        .hash_password(uuid::Uuid::now_v7().as_bytes())
        .map(|hash| hash.to_string())
        .expect("hashing with constant parameters works")
});

/// Runs hashes on blocking threads, a few at once.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    queued: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            queued: Arc::new(Semaphore::new(HASHES_AT_ONCE + HASHES_WAITING)),
        }
    }
}

impl Passwords {
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash(&password)).await?
    }

    /// `phc` is none for unknown users; the work is the same.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || {
            let known = phc.is_some();
            verify(&password, phc.as_deref().unwrap_or(&NOBODY)) && known
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let queued = self.queued.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let running = self.running.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        // The permits travel with the work: a client that goes away does not free a core that still hashes.
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop((running, queued));
            result
        })
        .await
        .map_err(|_| PasswordError::Hashing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let phc = hash("correct horse").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse", &phc));
        assert!(!verify("correct horsf", &phc));
        assert!(!verify("correct horse", "not a hash"));
        assert_ne!(phc, hash("correct horse").unwrap(), "each hash has its own salt");
    }

    #[test]
    fn passwords_out_of_range_are_refused() {
        assert_eq!(hash("short"), Err(PasswordError::TooShort));
        assert_eq!(hash(&"x".repeat(257)), Err(PasswordError::TooLong));
        assert!(hash("восемьбу").is_ok(), "characters count, not bytes");
    }

    #[tokio::test]
    async fn an_unknown_user_matches_nothing() {
        assert_eq!(Passwords::default().verify("whatever1".to_owned(), None).await, Ok(false));
    }
}
