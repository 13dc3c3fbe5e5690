//! The watch for a leg from which nothing comes any more.

use std::time::{Duration, Instant};

/// A leg without a packet for so long is silent.
pub const SILENCE: Duration = Duration::from_secs(60);

/// When a leg was heard last, and whether its silence was told.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    heard_at: Instant,
    is_told: bool,
}

/// What a sign of life means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// No silence was told since the last one.
    Still,
    /// A silence was told and is over.
    Back,
}

impl Watch {
    pub fn new(now: Instant) -> Watch {
        Watch { heard_at: now, is_told: false }
    }

    /// A packet of the party came, or it has only now reason to send.
    pub fn heard(&mut self, now: Instant) -> Heard {
        let heard = if self.is_told { Heard::Back } else { Heard::Still };
        *self = Watch::new(now);
        heard
    }

    /// True once for each silence.
    pub fn is_newly_silent(&mut self, now: Instant) -> bool {
        let is_new = !self.is_told && now.saturating_duration_since(self.heard_at) >= SILENCE;
        self.is_told |= is_new;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_once_until_the_leg_is_heard_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut watch = Watch::new(start);
        assert!(!watch.is_newly_silent(at(59)));
        assert!(watch.is_newly_silent(at(60)));
        assert!(!watch.is_newly_silent(at(600)));
        assert_eq!(watch.heard(at(601)), Heard::Back);
        assert_eq!(watch.heard(at(601)), Heard::Still);
        assert!(!watch.is_newly_silent(at(660)));
        assert!(watch.is_newly_silent(at(661)));
    }
}
