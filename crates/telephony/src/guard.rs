//! Strangers: how much attention an address without a trunk or a call gets. Bounded, pure.

mod passwords;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

pub(crate) use passwords::{Passwords, Try};

/// What is remembered of one kind; when full, those that were silent longest are forgotten.
const MAX_BUCKETS: usize = 8_192;

/// What a stranger wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    /// To be told that it is refused.
    Refusal,
    /// An answer to OPTIONS.
    Probe,
    /// To register; many phones may stand behind one address.
    Register,
}

/// Burst, and the time in which one more is granted.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    burst: f64,
    each: Duration,
}

fn allowance(ask: Ask) -> Allowance {
    let (burst, each) = match ask {
        Ask::Refusal => (5.0, Duration::from_secs(30)),
        Ask::Probe => (20.0, Duration::from_millis(500)),
        Ask::Register => (200.0, Duration::from_millis(50)),
    };
    Allowance { burst, each }
}

/// Whose doings are counted as one: an IPv4 address, or the /64 of an IPv6 one, of which a single host has all
/// (RFC 6177 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place(IpAddr);

impl Place {
    fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(ip.into()),
            IpAddr::V6(ip) => Self(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, allowance: Allowance, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() / allowance.each.as_secs_f64();
        self.left = (self.left + gained).min(allowance.burst);
        self.at = now;
    }
}

/// Token buckets of one kind.
#[derive(Debug)]
struct Buckets<K> {
    by_key: HashMap<K, Bucket>,
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self { by_key: HashMap::new() }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes one token; `false` when there is none left.
    fn take(&mut self, key: K, allowance: Allowance, now: Instant) -> bool {
        if self.by_key.len() >= MAX_BUCKETS && !self.by_key.contains_key(&key) {
            self.forget_some();
        }
        let bucket = self.by_key.entry(key).or_insert(Bucket { left: allowance.burst, at: now });
        bucket.refill(allowance, now);
        let granted = bucket.left >= 1.0;
        if granted {
            bucket.left -= 1.0;
        }
        granted
    }

    /// Whether a token would be granted, without taking it.
    fn has<Q>(&mut self, key: &Q, allowance: Allowance, now: Instant) -> bool
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match self.by_key.get_mut(key) {
            Some(bucket) => {
                bucket.refill(allowance, now);
                bucket.left >= 1.0
            }
            None => true,
        }
    }

    /// Forgets the half that was silent longest, so that the cost of forgetting is spread over many strangers.
    fn forget_some(&mut self) {
        let mut times: Vec<Instant> = self.by_key.values().map(|bucket| bucket.at).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.by_key.retain(|_, bucket| bucket.at > median);
        if self.by_key.len() >= MAX_BUCKETS {
            self.by_key.clear();
        }
    }
}

/// Token buckets by address and wish.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    buckets: Buckets<(Place, Ask)>,
}

impl Sources {
    /// Takes one token of this address for this wish; `false` when there is none left.
    pub(crate) fn admit(&mut self, ip: IpAddr, ask: Ask, now: Instant) -> bool {
        self.buckets.take((Place::of(ip), ask), allowance(ask), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn a_stranger_is_refused_a_few_times_then_ignored_then_forgiven_one_by_one() {
        let (mut sources, now) = (Sources::default(), Instant::now());
        let granted = (0..100).filter(|_| sources.admit(ip(1), Ask::Refusal, now)).count();
        assert_eq!(granted, 5);
        assert!(sources.admit(ip(2), Ask::Refusal, now), "another address has its own allowance");
        assert!(sources.admit(ip(1), Ask::Probe, now), "another wish has its own allowance");
        let later = now + Duration::from_secs(31);
        assert!(sources.admit(ip(1), Ask::Refusal, later));
        assert!(!sources.admit(ip(1), Ask::Refusal, later));
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_table() {
        let (mut sources, start) = (Sources::default(), Instant::now());
        for n in 0..100_000 {
            sources.admit(ip(n), Ask::Refusal, start + Duration::from_micros(n.into()));
            assert!(sources.buckets.by_key.len() <= MAX_BUCKETS);
        }
        // And all at one instant.
        for n in 0..20_000 {
            sources.admit(ip(n), Ask::Register, start);
            assert!(sources.buckets.by_key.len() <= MAX_BUCKETS);
        }
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_are_one_stranger() {
        let (mut sources, now) = (Sources::default(), Instant::now());
        let of = |network: u128, host: u128| IpAddr::V6((network << 64 | host).into());
        let granted = (0..100).filter(|n| sources.admit(of(7, *n), Ask::Refusal, now)).count();
        assert_eq!(granted, 5);
        assert!(sources.admit(of(8, 1), Ask::Refusal, now));
        // An IPv4 address in the clothes of IPv6 is still its own.
        assert!((0..20).all(|n| sources.admit(
            IpAddr::V6(std::net::Ipv4Addr::from(n).to_ipv6_mapped()),
            Ask::Refusal,
            now
        )));
    }
}
