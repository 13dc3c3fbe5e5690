//! Brute force: how many sign-ins may fail from one address and for one e-mail.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use perezvon_model::UtcMs;
use sha2::{Digest, Sha256};

/// Failures are remembered this long.
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Failures within the window from one address; many people may share one.
const PER_ADDRESS: u32 = 30;
/// Failures within the window for one e-mail.
const PER_EMAIL: u32 = 10;
/// Addresses and e-mails remembered; past it the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

/// Counts failures. An attempt counts as failed from its start, so that attempts at once are no way around.
#[derive(Default)]
pub struct Attempts {
    addresses: Windows<IpAddr>,
    emails: Windows<[u8; 32]>,
}

/// One sign-in on its way.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    address: IpAddr,
    email: [u8; 32],
}

/// Seconds until another attempt makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    pub retry_after_s: u64,
}

impl Attempts {
    pub fn begin(&mut self, now: UtcMs, address: IpAddr, email: &str) -> Result<Attempt, TooMany> {
        let attempt = Attempt {
            address: prefix(address),
            email: Sha256::digest(email.trim().to_lowercase().as_bytes()).into(),
        };
        self.addresses.room(now, &attempt.address, PER_ADDRESS)?;
        self.emails.room(now, &attempt.email, PER_EMAIL)?;
        self.addresses.add(now, attempt.address);
        self.emails.add(now, attempt.email);
        Ok(attempt)
    }

    /// The password was right: the e-mail starts anew, the address gets this attempt back. (An attacker with one good
    /// account must not be able to clear an address.)
    pub fn succeeded(&mut self, attempt: Attempt) {
        self.emails.entries.remove(&attempt.email);
        self.addresses.give_back(&attempt.address);
    }

    /// The attempt was not judged, such as when the database was away.
    pub fn abandoned(&mut self, attempt: Attempt) {
        self.emails.give_back(&attempt.email);
        self.addresses.give_back(&attempt.address);
    }
}

/// A home has a whole /64 (RFC 6177), so that is one address here.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
    }
}

struct Windows<K> {
    entries: HashMap<K, Window>,
}

#[derive(Clone, Copy)]
struct Window {
    since: UtcMs,
    count: u32,
}

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self { entries: HashMap::new() }
    }
}

impl<K: Hash + Eq + Copy> Windows<K> {
    fn room(&mut self, now: UtcMs, key: &K, limit: u32) -> Result<(), TooMany> {
        let Some(window) = self.entries.get(key) else { return Ok(()) };
        let ends_in_ms = WINDOW_MS - now.since_ms(window.since);
        if ends_in_ms <= 0 {
            self.entries.remove(key);
            return Ok(());
        }
        if window.count < limit {
            return Ok(());
        }
        Err(TooMany { retry_after_s: ends_in_ms.unsigned_abs().div_ceil(1000) })
    }

    fn add(&mut self, now: UtcMs, key: K) {
        if self.entries.len() >= REMEMBERED && !self.entries.contains_key(&key) {
            self.entries.retain(|_, window| now.since_ms(window.since) < WINDOW_MS);
            if self.entries.len() >= REMEMBERED {
                self.forget_oldest();
            }
        }
        self.entries.entry(key).or_insert(Window { since: now, count: 0 }).count += 1;
    }

    /// A tenth at once, so that a flood of new keys does not pay for a search each.
    fn forget_oldest(&mut self) {
        let mut starts: Vec<UtcMs> = self.entries.values().map(|window| window.since).collect();
        let mut left = starts.len().div_ceil(10);
        let (_, newest_to_go, _) = starts.select_nth_unstable(left - 1);
        self.entries.retain(|_, window| {
            let goes = left > 0 && window.since <= *newest_to_go;
            left -= usize::from(goes);
            !goes
        });
    }

    fn give_back(&mut self, key: &K) {
        if let Some(window) = self.entries.get_mut(key) {
            window.count = window.count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn ten_failures_close_an_email_for_the_rest_of_its_window_from_any_address() {
        let mut attempts = Attempts::default();
        for n in 0..10 {
            attempts.begin(UtcMs(1000), address(n), "Boss@Example.org").unwrap();
        }
        let refused = attempts.begin(UtcMs(61_000), address(99), " boss@example.org").unwrap_err();
        assert_eq!(refused.retry_after_s, 14 * 60);
        attempts.begin(UtcMs(61_000), address(99), "other@example.org").unwrap();
        attempts.begin(UtcMs(1000 + WINDOW_MS), address(99), "boss@example.org").unwrap();
    }

    #[test]
    fn thirty_failures_close_an_address_for_any_email() {
        let mut attempts = Attempts::default();
        for n in 0..30 {
            attempts.begin(UtcMs(0), address(1), &format!("{n}@example.org")).unwrap();
        }
        assert!(attempts.begin(UtcMs(0), address(1), "new@example.org").is_err());
        assert!(attempts.begin(UtcMs(0), address(2), "new@example.org").is_ok());
    }

    #[test]
    fn a_success_clears_the_email_and_gives_one_attempt_back_to_the_address() {
        let mut attempts = Attempts::default();
        for round in 0..100 {
            let attempt = attempts.begin(UtcMs(round), address(1), "boss@example.org").expect("never closed");
            attempts.succeeded(attempt);
        }
        for n in 0..29 {
            attempts.begin(UtcMs(200), address(1), &format!("{n}@example.org")).unwrap();
        }
        let good = attempts.begin(UtcMs(200), address(1), "boss@example.org").unwrap();
        attempts.succeeded(good);
        attempts.begin(UtcMs(200), address(1), "x@example.org").unwrap();
        assert!(attempts.begin(UtcMs(200), address(1), "boss@example.org").is_err());
    }

    #[test]
    fn one_home_network_of_ipv6_is_one_address() {
        let a: IpAddr = "2001:db8:1:2:aaaa::1".parse().unwrap();
        let b: IpAddr = "2001:db8:1:2:bbbb::9".parse().unwrap();
        let c: IpAddr = "2001:db8:1:3::1".parse().unwrap();
        assert_eq!(prefix(a), prefix(b));
        assert_ne!(prefix(a), prefix(c));
        assert_eq!(prefix("::ffff:192.0.2.1".parse().unwrap()), address(1));
    }

    #[test]
    fn memory_stays_bounded_whatever_is_tried() {
        let mut attempts = Attempts::default();
        for n in 0..30_000u32 {
            let from = IpAddr::V4(n.into());
            let _ = attempts.begin(UtcMs(n.into()), from, &format!("{n}@example.org"));
        }
        assert!(attempts.addresses.entries.len() <= REMEMBERED);
        assert!(attempts.emails.entries.len() <= REMEMBERED);
    }
}
