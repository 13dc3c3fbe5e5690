//! The one clock of the shells. It never goes back, so that no deadline of a call waits for a time that was already.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use perezvon_model::UtcMs;

/// Ahead of the wall clock, the clock runs slower by one part in this many until both agree: a ring time of 15 s is
/// then 150 ms too long, which nobody notices, and a step back of a minute is gone after 100.
const SLOWER_BY: i64 = 100;

static CLOCK: LazyLock<(Instant, Mutex<Clock>)> =
    LazyLock::new(|| (Instant::now(), Mutex::new(Clock::new(wall_us()))));

/// Now, in UTC. Follows the monotonic clock of the system between corrections by its wall clock.
pub fn now() -> UtcMs {
    let (started, clock) = &*CLOCK;
    let mut clock = clock.lock().unwrap_or_else(PoisonError::into_inner);
    // Read while the lock is held: another thread must not have read later and written earlier.
    let elapsed_us = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    UtcMs(clock.read(elapsed_us, wall_us()) / 1_000)
}

fn wall_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// All in microseconds.
///
/// The wall clock alone would not do: the engine takes a time before the last one for the last one, so after a step
/// back of an hour (an administrator, a broken time server) no ring time or wrap-up would end for an hour. Time since
/// the start alone would not do either: it stands still while a machine sleeps, and it drifts.
struct Clock {
    elapsed: i64,
    at: i64,
}

impl Clock {
    fn new(wall: i64) -> Self {
        Self { elapsed: 0, at: wall }
    }

    /// A wall clock that is ahead is followed at once (after a sleep what was due is due); one that is behind is met
    /// slowly, by running slower.
    fn read(&mut self, elapsed: i64, wall: i64) -> i64 {
        let step = (elapsed - self.elapsed).max(0);
        let straight = self.at + step;
        let correction = (straight - wall).clamp(0, step / SLOWER_BY);
        self.at = if wall >= straight { wall } else { straight - correction };
        self.elapsed = self.elapsed.max(elapsed);
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_step_back_of_the_wall_clock_does_not_stop_time() {
        let mut clock = Clock::new(100_000 * SECOND);
        let before = clock.read(SECOND, 100_001 * SECOND);
        let after = clock.read(11 * SECOND, (100_011 - 3_600) * SECOND);
        assert!((9_900_000..=10_000_000).contains(&(after - before)), "{}", after - before);
    }

    #[test]
    fn a_clock_that_is_ahead_meets_the_wall_clock_in_the_end() {
        let mut clock = Clock::new(100_000 * SECOND);
        let mut last = 0;
        for second in 1..=7_000 {
            let at = clock.read(second * SECOND, (100_000 + second - 60) * SECOND);
            assert!(at > last);
            last = at;
        }
        assert_eq!(last, (100_000 + 7_000 - 60) * SECOND);
    }

    #[test]
    fn a_step_forward_is_followed_at_once() {
        let mut clock = Clock::new(0);
        assert_eq!(clock.read(SECOND, 3_600 * SECOND), 3_600 * SECOND);
        assert_eq!(clock.read(2 * SECOND, 3_601 * SECOND), 3_601 * SECOND);
    }

    #[test]
    fn now_is_the_time_of_the_system() {
        let wall = wall_us() / 1_000;
        assert!((now().0 - wall).abs() < 60_000);
    }
}
