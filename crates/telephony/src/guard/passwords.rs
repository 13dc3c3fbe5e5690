//! How often passwords may be guessed: counted by the address that guesses and by the account that is guessed at, since
//! one guesser may have many addresses.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::{Allowance, Buckets, Place};

/// Wrong passwords from one address.
const BY_PLACE: Allowance = Allowance { burst: 10.0, each: Duration::from_secs(12) };
/// Wrong passwords for one account from all addresses that it was never proved from: at most 1,500 a day, against
/// passwords of which there are very many more.
const BY_ACCOUNT: Allowance = Allowance { burst: 20.0, each: Duration::from_secs(60) };
/// Accounts whose good addresses are remembered: as many as may have a phone registered.
const MAX_ACCOUNTS: usize = 50_000;
/// Good addresses that are remembered of one account; the oldest gives way.
const MAX_PLACES: usize = 8;

/// Whether a password is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Try {
    Judge,
    /// Too many were wrong.
    Refuse,
}

/// Wrong passwords by address and by account. They are kept apart from all else that is counted of strangers, so that
/// nobody can have them forgotten by asking for other things.
#[derive(Debug, Default)]
pub(crate) struct Passwords {
    places: Buckets<Place>,
    accounts: Buckets<String>,
    /// Where an account was proved from, the newest last: strangers do not lock it out there.
    good: HashMap<String, Vec<Place>>,
    /// The same by place: how many accounts.
    known: HashMap<Place, usize>,
}

impl Passwords {
    pub(crate) fn may_try(&mut self, ip: IpAddr, username: &str, now: Instant) -> Try {
        let place = Place::of(ip);
        let known = self.good.get(username).is_some_and(|places| places.contains(&place));
        let allowed =
            self.places.has(&place, BY_PLACE, now) && (known || self.accounts.has(username, BY_ACCOUNT, now));
        if allowed { Try::Judge } else { Try::Refuse }
    }

    /// A password was wrong. `username` is that of an account, or `None`: names that are none are not remembered.
    pub(crate) fn was_wrong(&mut self, ip: IpAddr, username: Option<&str>, now: Instant) {
        let place = Place::of(ip);
        self.places.take(place, BY_PLACE, now);
        if let Some(username) = username
            && !self.good.get(username).is_some_and(|places| places.contains(&place))
        {
            self.accounts.take(username.to_owned(), BY_ACCOUNT, now);
        }
    }

    /// A password was right.
    pub(crate) fn was_right(&mut self, ip: IpAddr, username: &str) {
        let place = Place::of(ip);
        if self.good.len() >= MAX_ACCOUNTS && !self.good.contains_key(username) {
            return;
        }
        let places = self.good.entry(username.to_owned()).or_default();
        match places.iter().position(|other| *other == place) {
            Some(at) => {
                places.remove(at);
            }
            None => {
                *self.known.entry(place).or_insert(0) += 1;
                if places.len() >= MAX_PLACES {
                    forget(&mut self.known, places.remove(0));
                }
            }
        }
        places.push(place);
    }

    /// Whether any account was proved from there.
    pub(crate) fn knows(&self, ip: IpAddr) -> bool {
        self.known.contains_key(&Place::of(ip))
    }

    /// Forgets where accounts were proved from that are no more.
    pub(crate) fn align(&mut self, exists: impl Fn(&str) -> bool) {
        self.good.retain(|username, places| {
            let stays = exists(username);
            if !stays {
                places.drain(..).for_each(|place| forget(&mut self.known, place));
            }
            stays
        });
    }
}

fn forget(known: &mut HashMap<Place, usize>, place: Place) {
    if let Some(accounts) = known.get_mut(&place) {
        *accounts -= 1;
        if *accounts == 0 {
            known.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, Sources};
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn looking_takes_nothing_and_ten_wrong_passwords_close_an_address() {
        let (mut passwords, now) = (Passwords::default(), Instant::now());
        for _ in 0..50 {
            assert_eq!(passwords.may_try(ip(1), "a", now), Try::Judge);
        }
        for _ in 0..10 {
            assert_eq!(passwords.may_try(ip(1), "a", now), Try::Judge);
            passwords.was_wrong(ip(1), None, now);
        }
        assert_eq!(passwords.may_try(ip(1), "a", now), Try::Refuse);
        assert_eq!(passwords.may_try(ip(2), "a", now), Try::Judge);
        assert_eq!(passwords.may_try(ip(1), "a", now + Duration::from_secs(12)), Try::Judge);
    }

    #[test]
    fn a_guesser_with_many_addresses_is_stopped_at_the_account_and_its_phone_is_not() {
        let (mut passwords, now) = (Passwords::default(), Instant::now());
        passwords.was_right(ip(7), "a");
        let guesses = (100..10_000)
            .filter(|n| {
                let judged = passwords.may_try(ip(*n), "a", now) == Try::Judge;
                if judged {
                    passwords.was_wrong(ip(*n), Some("a"), now);
                }
                judged
            })
            .count();
        assert_eq!(guesses, 20);
        assert_eq!(passwords.may_try(ip(7), "a", now), Try::Judge, "where the phone has always been");
        assert_eq!(passwords.may_try(ip(8), "b", now), Try::Judge, "another account");
        passwords.align(|_| false);
        assert_eq!(passwords.may_try(ip(7), "a", now), Try::Refuse);
    }

    #[test]
    fn an_ipv6_network_is_one_guesser() {
        let (mut passwords, now) = (Passwords::default(), Instant::now());
        for host in 0..10u128 {
            passwords.was_wrong(IpAddr::V6((9 << 64 | host).into()), None, now);
        }
        assert_eq!(passwords.may_try(IpAddr::V6((9 << 64 | 99).into()), "a", now), Try::Refuse);
    }

    #[test]
    fn a_flood_of_other_wishes_does_not_open_an_address_again() {
        let (mut passwords, mut sources, now) = (Passwords::default(), Sources::default(), Instant::now());
        for _ in 0..10 {
            passwords.was_wrong(ip(1), None, now);
        }
        for n in 0..50_000 {
            sources.admit(ip(n), Ask::Probe, now + Duration::from_micros(n.into()));
        }
        assert_eq!(passwords.may_try(ip(1), "a", now), Try::Refuse);
    }

    #[test]
    fn what_is_remembered_of_an_account_is_bounded() {
        let mut passwords = Passwords::default();
        for n in 0..1_000 {
            passwords.was_right(ip(n), "a");
        }
        assert_eq!(passwords.good["a"].len(), MAX_PLACES);
        assert_eq!(passwords.good["a"].last(), Some(&Place::of(ip(999))));
        assert_eq!(passwords.known.len(), MAX_PLACES);
        passwords.was_right(ip(999), "b");
        passwords.align(|username| username == "b");
        assert!(passwords.knows(ip(999)) && !passwords.knows(ip(998)));
        passwords.align(|_| false);
        assert_eq!(passwords.known.len(), 0);
    }
}
