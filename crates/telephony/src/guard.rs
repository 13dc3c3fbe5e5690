//! Strangers: how much attention an address without a trunk or a call gets. Bounded, pure.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Addresses that are remembered; when full, the one that was silent longest is forgotten.
const MAX_SOURCES: usize = 8_192;

/// What a stranger wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// To be told that it is refused.
    Refusal,
    /// An answer to OPTIONS.
    Probe,
    /// To register; many phones may stand behind one address.
    Register,
    /// To try one more password after a wrong one.
    Password,
}

/// Burst, and the time in which one more is granted.
fn allowance(ask: Ask) -> (f64, Duration) {
    match ask {
        Ask::Refusal => (5.0, Duration::from_secs(30)),
        Ask::Probe => (20.0, Duration::from_millis(500)),
        Ask::Register => (200.0, Duration::from_millis(50)),
        Ask::Password => (10.0, Duration::from_secs(12)),
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, ask: Ask, now: Instant) {
        let (burst, each) = allowance(ask);
        let gained = now.saturating_duration_since(self.at).as_secs_f64() / each.as_secs_f64();
        self.left = (self.left + gained).min(burst);
        self.at = now;
    }
}

/// Token buckets by address and wish.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    buckets: HashMap<(IpAddr, u8), Bucket>,
}

impl Sources {
    /// Takes one token of this address for this wish; `false` when there is none left.
    pub(crate) fn admit(&mut self, ip: IpAddr, ask: Ask, now: Instant) -> bool {
        let bucket = self.bucket(ip, ask, now);
        bucket.refill(ask, now);
        let granted = bucket.left >= 1.0;
        if granted {
            bucket.left -= 1.0;
        }
        granted
    }

    /// Whether a token would be granted, without taking it.
    pub(crate) fn would_admit(&mut self, ip: IpAddr, ask: Ask, now: Instant) -> bool {
        match self.buckets.get_mut(&(ip, ask as u8)) {
            Some(bucket) => {
                bucket.refill(ask, now);
                bucket.left >= 1.0
            }
            None => true,
        }
    }

    fn bucket(&mut self, ip: IpAddr, ask: Ask, now: Instant) -> &mut Bucket {
        let key = (ip, ask as u8);
        if self.buckets.len() >= MAX_SOURCES && !self.buckets.contains_key(&key) {
            self.forget_some();
        }
        self.buckets.entry(key).or_insert(Bucket { left: allowance(ask).0, at: now })
    }

    /// Forgets the half that was silent longest, so that the cost of forgetting is spread over many strangers.
    fn forget_some(&mut self) {
        let mut times: Vec<Instant> = self.buckets.values().map(|bucket| bucket.at).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.buckets.retain(|_, bucket| bucket.at > median);
        if self.buckets.len() >= MAX_SOURCES {
            self.buckets.clear();
        }
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
            assert!(sources.buckets.len() <= MAX_SOURCES);
        }
        // And all at one instant.
        for n in 0..20_000 {
            sources.admit(ip(n), Ask::Register, start);
            assert!(sources.buckets.len() <= MAX_SOURCES);
        }
    }

    #[test]
    fn looking_takes_nothing() {
        let (mut sources, now) = (Sources::default(), Instant::now());
        for _ in 0..50 {
            assert!(sources.would_admit(ip(1), Ask::Password, now));
        }
        while sources.admit(ip(1), Ask::Password, now) {}
        assert!(!sources.would_admit(ip(1), Ask::Password, now));
    }
}
