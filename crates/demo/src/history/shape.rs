//! When calls come and who works: the shape of a day.
//!
//! Calls are a doubly stochastic Poisson process: base x weekday x hour x a lognormal factor of the day, the
//! form fitted to a year of a bank's calls (weekday factors 1.12 to 0.95, log deviation of a day 0.061).

use perezvon_model::UtcMs;

use crate::company::people::{AGENTS, VIP_AGENTS};
use crate::dice::Dice;

pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// First hour in which the lines are staffed, local.
pub(super) const OPENS_HOUR: i64 = 8;
const CLOSES_HOUR: i64 = 21;
/// Callers stop this long before the agents leave, so that the last ones are served.
const LAST_CALL_MS: i64 = 10 * MINUTE_MS;

/// Calls of a mean Tuesday.
const BASE: f64 = 165.0;
/// Monday to Sunday.
const WEEKDAY: [f64; 7] = [1.10, 1.01, 0.96, 0.95, 0.99, 0.80, 0.78];
const DAY_LOG_DEVIATION: f64 = 0.061;
/// Share of each hour from `OPENS_HOUR` on; scaled to sum to one.
const HOURS: [f64; (CLOSES_HOUR - OPENS_HOUR) as usize] =
    [0.55, 0.95, 1.25, 1.22, 1.08, 0.94, 1.00, 1.02, 0.96, 0.84, 0.60, 0.45, 0.34];

/// One local day of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// Local midnight.
    pub starts: UtcMs,
    /// Days since 1970-01-01, local.
    pub number: i64,
}

impl Day {
    pub fn of(at: UtcMs, utc_offset_min: i32) -> Self {
        let offset = i64::from(utc_offset_min) * MINUTE_MS;
        let starts = (at + offset).floor_to(DAY_MS);
        Self { starts: starts + -offset, number: starts.0 / DAY_MS }
    }

    pub fn back(self, days: i64) -> Self {
        Self { starts: self.starts + -days * DAY_MS, number: self.number - days }
    }

    pub fn hour(self, hour: i64) -> UtcMs {
        self.starts + hour * HOUR_MS
    }

    /// 0 is Monday; 1970-01-01 was a Thursday.
    fn weekday(self) -> usize {
        usize::try_from((self.number + 3).rem_euclid(7)).unwrap_or(0)
    }

    fn is_weekend(self) -> bool {
        self.weekday() >= 5
    }
}

/// When calls arrive on a day, in order.
pub(super) fn arrivals(day: Day, dice: &mut Dice) -> Vec<UtcMs> {
    let total = BASE * WEEKDAY[day.weekday()] * dice.lognormal(1.0, DAY_LOG_DEVIATION);
    let share = total / HOURS.iter().sum::<f64>();
    let closes = day.hour(CLOSES_HOUR) + -LAST_CALL_MS;
    let mut times = Vec::new();
    for (hour, weight) in (OPENS_HOUR..).zip(HOURS) {
        let gap_ms = HOUR_MS as f64 / (share * weight);
        let mut at = day.hour(hour).0 as f64;
        let end = day.hour(hour + 1).0 as f64;
        loop {
            // The exponential gap has no memory, so each hour may start afresh.
            at += dice.exponential(gap_ms);
            if at >= end {
                break;
            }
            times.push(UtcMs(at as i64));
        }
    }
    times.retain(|at| *at < closes);
    times
}

/// One agent's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// Index in the company's agents.
    pub agent: usize,
    pub from: UtcMs,
    pub to: UtcMs,
    /// Start, length and reason; taken when the agent is free.
    pub breaks: Vec<(UtcMs, i64, &'static str)>,
}

/// Start and length of a shift in minutes after midnight; in each one agent of the vip line works.
const SHIFTS: [(i64, i64); 3] = [(8 * 60, 285), (12 * 60, 285), (16 * 60 + 15, 285)];

/// Who works on a day: part-time shifts that rotate, one agent fewer in each at the weekend.
pub(super) fn shifts(day: Day, dice: &mut Dice) -> Vec<Shift> {
    let others = if day.is_weekend() { 2 } else { 3 };
    let mut shifts = Vec::new();
    let rotation = usize::try_from(day.number.rem_euclid(1_000)).unwrap_or(0);
    for (slot, (start_min, length_min)) in SHIFTS.iter().enumerate() {
        let vip = (rotation + slot) % VIP_AGENTS;
        let rest =
            (0..others).map(|n| VIP_AGENTS + (rotation * 2 + slot * others + n) % (AGENTS - VIP_AGENTS));
        for agent in std::iter::once(vip).chain(rest) {
            let from = day.starts + start_min * MINUTE_MS + -dice.between(0, 6 * MINUTE_MS);
            let to = day.starts + (start_min + length_min) * MINUTE_MS + dice.between(0, 4 * MINUTE_MS);
            let coffee = from + dice.between(70, 100) * MINUTE_MS;
            let lunch = from + dice.between(150, 190) * MINUTE_MS;
            let breaks = vec![
                (coffee, dice.between(8, 14) * MINUTE_MS, "coffee"),
                (lunch, dice.between(22, 32) * MINUTE_MS, "lunch"),
            ];
            shifts.push(Shift { agent, from, to, breaks });
        }
    }
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 2 November 2026, 00:00 in Moscow.
    const MONDAY: Day = Day { starts: UtcMs(1_793_566_800_000), number: 20_759 };

    #[test]
    fn a_day_begins_at_local_midnight_and_knows_its_weekday() {
        assert_eq!(Day::of(UtcMs(MONDAY.starts.0), 180), MONDAY);
        assert_eq!(Day::of(UtcMs(MONDAY.starts.0 + DAY_MS - 1), 180), MONDAY);
        assert_eq!(Day::of(UtcMs(MONDAY.starts.0 - 1), 180), MONDAY.back(1));
        assert_eq!(MONDAY.weekday(), 0);
        assert!(MONDAY.back(1).is_weekend());
    }

    #[test]
    fn mondays_are_busier_than_sundays_and_noon_than_evening() {
        let mut dice = Dice::new(1);
        let calls =
            |day: Day, dice: &mut Dice| -> Vec<UtcMs> { (0..40).flat_map(|_| arrivals(day, dice)).collect() };
        let monday = calls(MONDAY, &mut dice);
        let sunday = calls(MONDAY.back(1), &mut dice);
        assert!(monday.len() * 100 > sunday.len() * 125, "{} and {}", monday.len(), sunday.len());
        let in_hour =
            |hour: i64| monday.iter().filter(|at| (at.0 - MONDAY.starts.0) / HOUR_MS == hour).count();
        assert!(in_hour(11) > 2 * in_hour(19));
        assert_eq!(in_hour(7) + in_hour(21), 0);
    }

    #[test]
    fn nobody_works_two_shifts_on_one_day_and_somebody_serves_the_vip_line() {
        let mut dice = Dice::new(1);
        for back in 0..60 {
            let shifts = shifts(MONDAY.back(back), &mut dice);
            let mut agents: Vec<usize> = shifts.iter().map(|shift| shift.agent).collect();
            agents.sort_unstable();
            agents.dedup();
            assert_eq!(agents.len(), shifts.len(), "day -{back}");
            assert_eq!(agents.iter().filter(|agent| **agent < VIP_AGENTS).count(), SHIFTS.len());
        }
    }
}
