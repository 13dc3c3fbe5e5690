//! How many files and sockets the system lets this program open, and whether that is enough for the calls it may take.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::settings::Settings;

/// RTP and RTCP.
const SOCKETS_A_LEG: u64 = 2;
/// The customer, and an agent at a phone or an outside party.
const LEGS_A_CALL: u64 = 2;
/// The database, the log, the listeners, recordings that are heard.
const OTHERS: u64 = 512;

/// Raises the limit as far as the system allows, since services are started with 1,024, and says when that is too few.
pub fn raise(settings: &Settings) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
    {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let (allowed, needed) = (getrlimit(Resource::Nofile).current, needed(settings.max_calls));
    // None is no limit.
    if let Some(allowed) = allowed.filter(|allowed| *allowed < needed) {
        tracing::warn!(
            allowed,
            needed,
            "too few open files for PEREZVON_MAX_CALLS calls; raise the limit (LimitNOFILE in systemd) or lower the setting"
        );
    }
}

/// Each growing recording is a file too.
fn needed(max_calls: u32) -> u64 {
    u64::from(max_calls) * (LEGS_A_CALL * SOCKETS_A_LEG + 1) + crate::http::CONNECTIONS as u64 + OTHERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_needs_the_sockets_of_two_legs_and_a_recording() {
        assert_eq!(needed(2_000) - needed(0), 10_000);
    }
}
