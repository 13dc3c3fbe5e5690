//! How long somebody will wait, told as a range.
//!
//! Those before are taken one after the other. With service starts at random at a steady pace, the wait of the one at
//! position n is the sum of n exponential gaps: a gamma distribution of shape n (any textbook on renewal processes). Its
//! quantiles come from the cube-root normal approximation (Wilson and Hilferty, "The distribution of chi-square", PNAS 17,
//! 1931), which is off by less than 7 % of the mean here, far less than the pace itself is uncertain.

use std::ops::RangeInclusive;

/// The tenth and the ninetieth of a hundred: eight promises of ten hold when the pace stays as it was.
const Z: f64 = 1.281_551_565_5;

/// At what pace a queue is served while somebody waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Interactions of the queue that were answered of late.
    pub answered: u32,
    /// For how long of that time somebody waited: without it a quiet hour would look like a slow one.
    pub waited_ms: i64,
    /// Agents at work who serve the queue.
    pub agents: u32,
    /// Mean handle time.
    pub handle_ms: i64,
}

/// Fewer answers tell nothing of the pace.
const ENOUGH: u32 = 5;

impl Pace {
    /// The mean gap between two service starts, in milliseconds; `None` when nothing is known. Agents who are all busy
    /// cannot start faster than they finish, however fast it went while some were free; and they may be slower, since
    /// other queues have them too.
    fn gap_ms(self) -> Option<f64> {
        let seen = (self.answered >= ENOUGH).then(|| self.waited_ms as f64 / f64::from(self.answered));
        let staffed =
            (self.agents > 0 && self.handle_ms > 0).then(|| self.handle_ms as f64 / f64::from(self.agents));
        match (seen, staffed) {
            (Some(seen), Some(staffed)) => Some(seen.max(staffed)),
            (seen, staffed) => seen.or(staffed),
        }
    }

    /// The wait of the one at `position`, 1 for the head, in milliseconds; `None` when nothing is known.
    pub fn wait_ms(self, position: u32) -> Option<RangeInclusive<i64>> {
        let gap_ms = self.gap_ms()?;
        let shape = f64::from(position.max(1));
        let quantile = |z: f64| {
            let root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
            (shape * root.max(0.0).powi(3) * gap_ms).round() as i64
        };
        Some(quantile(-Z)..=quantile(Z))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(gamma of integer shape <= x): one minus a Poisson sum.
    fn below(shape: u32, x: f64) -> f64 {
        let (mut term, mut sum) = ((-x).exp(), 0.0);
        for k in 0..shape {
            sum += term;
            term *= x / f64::from(k + 1);
        }
        1.0 - sum
    }

    fn pace() -> Pace {
        Pace { answered: 30, waited_ms: 1_800_000, agents: 4, handle_ms: 200_000 }
    }

    #[test]
    fn eight_of_ten_waits_are_in_the_range() {
        for position in [1, 2, 3, 5, 10, 50, 200] {
            let range = pace().wait_ms(position).expect("the pace is known");
            let part = |ms: i64| below(position, ms as f64 / 60_000.0);
            let held = part(*range.end()) - part(*range.start());
            assert!((0.77..=0.83).contains(&held), "{position}: {held}");
        }
    }

    #[test]
    fn with_few_answers_staff_and_handle_time_tell_the_pace() {
        let few = Pace { answered: 4, ..pace() };
        let same = Pace { answered: 36, waited_ms: 1_800_000, agents: 0, ..pace() };
        assert_eq!(few.wait_ms(3), same.wait_ms(3), "four agents of 200 s are a start every 50 s");
    }

    #[test]
    fn a_quiet_hour_does_not_promise_what_busy_agents_cannot_do() {
        let quiet = Pace { answered: 100, waited_ms: 300_000, ..pace() };
        assert_eq!(quiet.wait_ms(2), Pace { answered: 0, ..pace() }.wait_ms(2));
        let shared = Pace { answered: 10, waited_ms: 1_800_000, ..pace() };
        assert!(shared.wait_ms(2).unwrap().end() > quiet.wait_ms(2).unwrap().end(), "others have them too");
    }

    #[test]
    fn who_is_further_back_waits_longer() {
        let waits: Vec<_> = (1..100).filter_map(|position| pace().wait_ms(position)).collect();
        assert!(waits.windows(2).all(|two| two[0].start() < two[1].start() && two[0].end() < two[1].end()));
    }

    #[test]
    fn without_answers_and_staff_nothing_is_promised() {
        assert_eq!(Pace { answered: 0, agents: 0, ..pace() }.wait_ms(1), None);
        assert_eq!(Pace::default().wait_ms(1), None);
    }
}
