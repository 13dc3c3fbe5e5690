//! Brute force: how many sign-ins may fail from one address, from one address for one account, and for one account.
//!
//! An account is not simply closed after some failures: anybody who knows an e-mail could keep its owner out (OWASP
//! Authentication Cheat Sheet, "Account Lockout"). So the narrow limit counts an address and an account together, and the
//! wide one, which slows down guesses from many addresses, does not hold for an address where the account was signed in
//! to before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies", with the address in the cookie's place).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use perezvon_model::UtcMs;
use sha2::{Digest, Sha256};

/// Failures are remembered this long.
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Failures within the window from one address; many people may share one.
const PER_ADDRESS: u32 = 30;
/// Failures within the window from one address for one account.
const PER_PAIR: u32 = 10;
/// Failures within the window for one account, from addresses where it was never signed in to.
const PER_ACCOUNT: u32 = 100;
/// A good sign-in makes its address known for the account for so long.
const KNOWN_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Addresses, accounts and pairs remembered, of each; past it the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

type Account = [u8; 32];

/// Counts failures. An attempt counts as failed from its start, so that attempts at once are no way around.
#[derive(Default)]
pub struct Attempts {
    addresses: Windows<IpAddr>,
    pairs: Windows<(IpAddr, Account)>,
    accounts: Windows<Account>,
    known: Windows<(IpAddr, Account)>,
}

/// One sign-in on its way.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    address: IpAddr,
    account: Account,
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
            account: Sha256::digest(email.trim().to_lowercase().as_bytes()).into(),
        };
        let Attempt { address, account } = attempt;
        self.addresses.room(now, WINDOW_MS, &address, PER_ADDRESS)?;
        self.pairs.room(now, WINDOW_MS, &(address, account), PER_PAIR)?;
        if !self.known.holds(now, KNOWN_MS, &(address, account)) {
            self.accounts.room(now, WINDOW_MS, &account, PER_ACCOUNT)?;
        }
        self.addresses.add(now, WINDOW_MS, address);
        self.pairs.add(now, WINDOW_MS, (address, account));
        self.accounts.add(now, WINDOW_MS, account);
        Ok(attempt)
    }

    /// The password was right: this address starts anew for this account and is known from now on; address and account
    /// get this one attempt back. (An attacker with one good account must not be able to clear an address.)
    pub fn succeeded(&mut self, now: UtcMs, attempt: Attempt) {
        let pair = (attempt.address, attempt.account);
        self.pairs.entries.remove(&pair);
        self.known.entries.remove(&pair);
        self.known.add(now, KNOWN_MS, pair);
        self.addresses.give_back(&attempt.address);
        self.accounts.give_back(&attempt.account);
    }

    /// The attempt was not judged, such as when the database was away.
    pub fn abandoned(&mut self, attempt: Attempt) {
        self.pairs.give_back(&(attempt.address, attempt.account));
        self.accounts.give_back(&attempt.account);
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
    fn holds(&self, now: UtcMs, length_ms: i64, key: &K) -> bool {
        self.entries.get(key).is_some_and(|window| now.since_ms(window.since) < length_ms)
    }

    fn room(&mut self, now: UtcMs, length_ms: i64, key: &K, limit: u32) -> Result<(), TooMany> {
        let Some(window) = self.entries.get(key) else { return Ok(()) };
        let ends_in_ms = length_ms - now.since_ms(window.since);
        if ends_in_ms <= 0 {
            self.entries.remove(key);
            return Ok(());
        }
        if window.count < limit {
            return Ok(());
        }
        Err(TooMany { retry_after_s: ends_in_ms.unsigned_abs().div_ceil(1000) })
    }

    fn add(&mut self, now: UtcMs, length_ms: i64, key: K) {
        if self.entries.len() >= REMEMBERED && !self.entries.contains_key(&key) {
            self.entries.retain(|_, window| now.since_ms(window.since) < length_ms);
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
    fn ten_failures_from_one_address_close_an_account_for_that_address_only() {
        let mut attempts = Attempts::default();
        for _ in 0..10 {
            attempts.begin(UtcMs(1000), address(1), "Boss@Example.org").unwrap();
        }
        let refused = attempts.begin(UtcMs(61_000), address(1), " boss@example.org").unwrap_err();
        assert_eq!(refused.retry_after_s, 14 * 60);
        attempts.begin(UtcMs(61_000), address(1), "other@example.org").unwrap();
        attempts.begin(UtcMs(61_000), address(2), "boss@example.org").expect("the owner is not kept out");
        attempts.begin(UtcMs(1000 + WINDOW_MS), address(1), "boss@example.org").unwrap();
    }

    #[test]
    fn guesses_from_many_addresses_close_an_account_but_where_it_was_signed_in_to() {
        let mut attempts = Attempts::default();
        let good = attempts.begin(UtcMs(0), address(200), "boss@example.org").unwrap();
        attempts.succeeded(UtcMs(0), good);
        for n in 0..100 {
            attempts.begin(UtcMs(1000), address(n / 10), "boss@example.org").unwrap();
        }
        assert!(attempts.begin(UtcMs(1000), address(100), "boss@example.org").is_err());
        attempts.begin(UtcMs(1000), address(200), "boss@example.org").expect("a known address");
        attempts.begin(UtcMs(1000 + WINDOW_MS), address(100), "boss@example.org").unwrap();
        assert!(!attempts.known.holds(UtcMs(KNOWN_MS), KNOWN_MS, &(address(200), good.account)));
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
    fn a_success_clears_the_account_here_and_gives_one_attempt_back_to_the_address() {
        let mut attempts = Attempts::default();
        for round in 0..100 {
            let attempt = attempts.begin(UtcMs(round), address(1), "boss@example.org").expect("never closed");
            attempts.succeeded(UtcMs(round), attempt);
        }
        for n in 0..29 {
            attempts.begin(UtcMs(200), address(1), &format!("{n}@example.org")).unwrap();
        }
        let good = attempts.begin(UtcMs(200), address(1), "boss@example.org").unwrap();
        attempts.succeeded(UtcMs(200), good);
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
        assert!(attempts.pairs.entries.len() <= REMEMBERED);
        assert!(attempts.accounts.entries.len() <= REMEMBERED);
    }
}
