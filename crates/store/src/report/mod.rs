//! The day report: sums by 15-minute interval, and the measures made of them (PRODUCT, "Measures").
//!
//! - `day.rs`: read from the tables.
//! - `recompute.rs`: the same figures from the journal alone, by another way; a test holds the two together.
//! - `today.rs`: what the engine starts its counters from.

mod day;
mod recompute;
mod today;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Add, AddAssign};

use perezvon_model::{Activity, Presence, QueueId, UserId, UtcMs};
use serde::Serialize;

pub(crate) use day::STATEMENTS as DAY_STATEMENTS;
pub use recompute::recompute;
pub(crate) use today::STATEMENTS as TODAY_STATEMENTS;
pub use today::{AgentToday, Today};

/// Stored with every figure that leaves here; it rises when a definition changes.
pub const FORMULA_VERSION: u32 = 1;
/// The length of an interval.
pub const INTERVAL_MS: i64 = 15 * 60 * 1_000;
/// Intervals of the longest report: a day of 25 hours has 100.
const MAX_INTERVALS: i64 = 200;

/// The time a report covers, from `start` up to and without `end`; `start` is where the first interval begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub start: UtcMs,
    pub end: UtcMs,
}

impl Day {
    /// The 24 hours of a date `YYYY-MM-DD` at an offset from UTC; `None` when it is no date.
    /// Where clocks change on that day the caller gives `start` and `end` itself.
    pub fn of(date: &str, utc_offset_min: i32) -> Option<Self> {
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return None;
        }
        let number = |text: &str| text.parse::<u32>().ok();
        let days = days_since_1970(i64::from(number(year)?), number(month)?, number(day)?)?;
        let start = UtcMs(days * 86_400_000 - i64::from(utc_offset_min) * 60_000);
        Some(Self { start, end: start + 86_400_000 })
    }

    fn intervals(&self) -> usize {
        let length_ms = self.end.since_ms(self.start);
        usize::try_from(((length_ms + INTERVAL_MS - 1) / INTERVAL_MS).min(MAX_INTERVALS)).unwrap_or(0)
    }

    fn interval_of(&self, at: UtcMs) -> Option<usize> {
        if at < self.start || at >= self.end {
            return None;
        }
        usize::try_from(at.since_ms(self.start) / INTERVAL_MS).ok()
    }

    fn start_of(&self, interval: usize) -> UtcMs {
        self.start + i64::try_from(interval).unwrap_or(0) * INTERVAL_MS
    }
}

/// Days from the civil date (H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil).
fn days_since_1970(year: i64, month: u32, day: u32) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day == 0 || day > longest {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// What a queue counts as in time and as short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// T of the service level: answered after this long or sooner.
    pub service_level_ms: i64,
    /// Abandoned sooner than this is short.
    pub short_abandon_ms: i64,
}

/// What a report is about.
#[derive(Clone, Debug)]
pub struct ReportScope {
    pub day: Day,
    /// One queue, or all.
    pub queue: Option<QueueId>,
    /// By queue; a queue that is not here has the defaults.
    pub thresholds: BTreeMap<QueueId, Thresholds>,
    /// Whose time makes the occupancy; `None` is everybody's.
    pub agents: Option<BTreeSet<UserId>>,
    /// States that are still open end here.
    pub now: UtcMs,
}

impl ReportScope {
    fn thresholds_of(&self, queue: QueueId) -> Thresholds {
        let default = Thresholds { service_level_ms: 20_000, short_abandon_ms: 5_000 };
        self.thresholds.get(&queue).copied().unwrap_or(default)
    }
}

/// Numerators and denominators. They may be added up over any intervals and queues; percentages may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sums {
    pub offered: i64,
    pub answered: i64,
    pub answered_in_threshold: i64,
    /// All who left before an answer, short ones too.
    pub abandoned: i64,
    pub abandoned_short: i64,
    /// Queue time of the answered.
    pub answer_wait_ms: i64,
    pub talk_ms: i64,
    pub hold_ms: i64,
    pub wrap_up_ms: i64,
    /// Answered, and the talk is over.
    pub handled: i64,
    /// Answered, and told before how long it would take.
    pub promised: i64,
    /// The wait from then on was within what was told; others were sooner or later.
    pub promise_kept: i64,
    pub promise_sooner: i64,
    /// Agents' time in talk, hold, wrap-up and ringing.
    pub occupied_ms: i64,
    /// Agents' time ready and idle.
    pub idle_ms: i64,
}

impl Add for Sums {
    type Output = Sums;
    fn add(self, other: Sums) -> Sums {
        Sums {
            offered: self.offered + other.offered,
            answered: self.answered + other.answered,
            answered_in_threshold: self.answered_in_threshold + other.answered_in_threshold,
            abandoned: self.abandoned + other.abandoned,
            abandoned_short: self.abandoned_short + other.abandoned_short,
            answer_wait_ms: self.answer_wait_ms + other.answer_wait_ms,
            talk_ms: self.talk_ms + other.talk_ms,
            hold_ms: self.hold_ms + other.hold_ms,
            wrap_up_ms: self.wrap_up_ms + other.wrap_up_ms,
            handled: self.handled + other.handled,
            promised: self.promised + other.promised,
            promise_kept: self.promise_kept + other.promise_kept,
            promise_sooner: self.promise_sooner + other.promise_sooner,
            occupied_ms: self.occupied_ms + other.occupied_ms,
            idle_ms: self.idle_ms + other.idle_ms,
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Sums) {
        *self = *self + other;
    }
}

/// Percentages from 0 to 100 with one decimal, times in milliseconds; `None` where the denominator is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Measures {
    /// Answered within T / (offered - abandoned before the short threshold).
    pub service_level: Option<f64>,
    /// Queue time of answered / answered.
    pub asa_ms: Option<i64>,
    /// Abandoned after the short threshold / (offered - short abandons).
    pub abandonment: Option<f64>,
    /// Waits as long as told / answered of those who were told.
    pub promises_kept: Option<f64>,
    /// (Talk + hold + wrap-up) / handled.
    pub aht_ms: Option<i64>,
    /// (Talk + hold + wrap-up + ringing) / (that + idle).
    pub occupancy: Option<f64>,
}

impl Sums {
    pub fn measures(&self) -> Measures {
        let counted = self.offered - self.abandoned_short;
        Measures {
            service_level: percent(self.answered_in_threshold, counted),
            asa_ms: mean(self.answer_wait_ms, self.answered),
            abandonment: percent(self.abandoned - self.abandoned_short, counted),
            promises_kept: percent(self.promise_kept, self.promised),
            aht_ms: mean(self.talk_ms + self.hold_ms + self.wrap_up_ms, self.handled),
            occupancy: percent(self.occupied_ms, self.occupied_ms + self.idle_ms),
        }
    }
}

/// `part / whole` in tenths of a per cent, rounded half up in integers, so that every machine rounds alike.
fn percent(part: i64, whole: i64) -> Option<f64> {
    let tenths = mean(part.checked_mul(1_000)?, whole)?;
    #[expect(clippy::cast_precision_loss, reason = "0 to 1,000 is exact")]
    Some(tenths as f64 / 10.0)
}

fn mean(sum: i64, count: i64) -> Option<i64> {
    if count <= 0 { None } else { Some((2 * sum + count).div_euclid(2 * count)) }
}

/// One line of the report: an interval, or the whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ReportRow {
    pub start: UtcMs,
    #[serde(flatten)]
    pub sums: Sums,
    #[serde(flatten)]
    pub measures: Measures,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DayReport {
    /// Version of the definitions that made these figures.
    pub formula: u32,
    /// T of the one queue, or of all when they share it.
    pub service_level_s: Option<u32>,
    /// Every interval of the day, in order, empty ones too.
    pub intervals: Vec<ReportRow>,
    pub total: ReportRow,
}

impl DayReport {
    fn new(day: &Day, service_level_s: Option<u32>, intervals: &[Sums]) -> Self {
        let row = |start, sums: Sums| ReportRow { start, sums, measures: sums.measures() };
        let total = intervals.iter().fold(Sums::default(), |total, sums| total + *sums);
        Self {
            formula: FORMULA_VERSION,
            service_level_s,
            intervals: intervals
                .iter()
                .enumerate()
                .map(|(index, sums)| row(day.start_of(index), *sums))
                .collect(),
            total: row(day.start, total),
        }
    }
}

/// How a moment of an agent counts for the occupancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occupation {
    Occupied,
    Idle,
    /// On a break or offline, with nothing in hand: in neither sum.
    Away,
}

/// A reserved agent already rings as far as the agent's time goes. Work counts on a break too; idling does not.
fn occupation(presence: &Presence, activity: Activity) -> Occupation {
    match activity {
        Activity::Talking | Activity::Hold | Activity::WrapUp | Activity::Ringing | Activity::Reserved => {
            Occupation::Occupied
        }
        Activity::Idle => match presence {
            Presence::Ready => Occupation::Idle,
            Presence::Break { reason: _ } | Presence::Offline => Occupation::Away,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRODUCT, "Check values".
    #[test]
    fn the_default_service_level_is_answered_in_time_over_offered_without_short_abandons() {
        let sums = Sums {
            offered: 1_060,
            answered: 1_000,
            answered_in_threshold: 860,
            abandoned: 60,
            abandoned_short: 10,
            ..Sums::default()
        };
        let measures = sums.measures();
        assert_eq!(measures.service_level, Some(81.9));
        assert_eq!(measures.abandonment, Some(4.8), "50 of 1,050");
    }

    #[test]
    fn percentages_are_made_of_sums_and_never_averaged() {
        let busy = Sums { offered: 98, answered: 98, answered_in_threshold: 0, ..Sums::default() };
        let quiet = Sums { offered: 2, answered: 2, answered_in_threshold: 2, ..Sums::default() };
        assert_eq!((busy + quiet).measures().service_level, Some(2.0), "an average would say 50");
    }

    #[test]
    fn without_a_denominator_there_is_no_figure() {
        assert_eq!(Sums::default().measures(), Measures::default());
        let all_short = Sums { offered: 3, abandoned: 3, abandoned_short: 3, ..Sums::default() };
        assert_eq!(all_short.measures().service_level, None);
    }

    #[test]
    fn means_are_rounded_half_up() {
        let sums = Sums {
            answered: 2,
            answer_wait_ms: 3,
            handled: 3,
            talk_ms: 10,
            hold_ms: 5,
            wrap_up_ms: 1,
            ..Sums::default()
        };
        assert_eq!(sums.measures().asa_ms, Some(2));
        assert_eq!(sums.measures().aht_ms, Some(5));
    }

    #[test]
    fn work_is_occupied_idling_ready_is_idle_and_breaks_are_neither() {
        let lunch = Presence::Break { reason: "lunch".to_owned() };
        assert_eq!(occupation(&Presence::Ready, Activity::Idle), Occupation::Idle);
        assert_eq!(occupation(&lunch, Activity::Idle), Occupation::Away);
        assert_eq!(occupation(&Presence::Offline, Activity::Idle), Occupation::Away);
        for activity in
            [Activity::Reserved, Activity::Ringing, Activity::Talking, Activity::Hold, Activity::WrapUp]
        {
            assert_eq!(occupation(&lunch, activity), Occupation::Occupied);
        }
    }

    #[test]
    fn a_date_is_a_day_of_the_time_zone() {
        assert_eq!(Day::of("1970-01-01", 0), Some(Day { start: UtcMs(0), end: UtcMs(86_400_000) }));
        // date -u -d '2026-11-21 21:00' +%s
        assert_eq!(Day::of("2026-11-22", 180).map(|day| day.start), Some(UtcMs(1_795_294_800_000)));
        assert_eq!(Day::of("2024-02-29", 0).map(|day| day.start), Some(UtcMs(1_709_164_800_000)));
        for bad in ["2026-02-29", "2026-13-01", "2026-1-1", "2026-11-22-1", "", "today", "2026-00-10"] {
            assert_eq!(Day::of(bad, 0), None, "{bad}");
        }
    }
}
