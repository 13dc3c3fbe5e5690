//! Companies, days and mishaps made from a seed. Each part draws from a stream of its own and by its own number, so that a
//! scenario made smaller keeps the rest as it was.

mod changes;
mod crowd;
mod day;
mod faults;
mod flows;
mod owed;
mod rules;
mod setup;

pub use crowd::Crowd;
pub use faults::{Fault, FaultKind};

use perezvon_model::config::TenantConfig;
use perezvon_model::{QueueId, SkillId, UserId, UtcMs};
use std::sync::Arc;
use uuid::Uuid;

use crate::chance::Chance;
use crate::scenario::Scenario;
use crate::world::{Arrival, Deed};

/// 2026-11-23 07:00 UTC, a Monday.
const MORNING: UtcMs = UtcMs(1_795_417_200_000);
const SKILLS: u64 = 3;

/// Everything that a scenario makes happen, beside what people do when they are asked.
pub struct Company {
    pub start: UtcMs,
    /// When everything must be over.
    pub end: UtcMs,
    pub config: Arc<TenantConfig>,
    pub arrivals: Vec<Arrival>,
    pub deeds: Vec<(UtcMs, Deed)>,
    pub faults: Vec<Fault>,
}

/// Long enough after the last caller for every limit of a conversation to have been met.
const STOP_AFTER_MS: i64 = 3 * 3_600_000;
/// And then for every promise of a call, which is kept for a day.
const AFTER_MS: i64 = STOP_AFTER_MS + 25 * 3_600_000;

/// When the day is, and on which clocks.
#[derive(Clone, Debug)]
struct Span {
    start: UtcMs,
    /// From the start to about the last caller.
    length_ms: i64,
    utc_offset_min: i32,
    /// Minutes east of UTC.
    zones: [(&'static str, i32); 2],
}

impl Company {
    pub fn of(scenario: &Scenario) -> Company {
        let seed = scenario.seed;
        let mut chance = Chance::of(seed, "day", 0);
        let utc_offset_min = chance.one(&[-480, 0, 180, 330]).unwrap_or(0);
        let hour_ms = 3_600_000;
        // Some days cross midnight.
        let start = if chance.percent(30) {
            let midnight =
                MORNING.0.div_euclid(24 * hour_ms) * 24 * hour_ms - i64::from(utc_offset_min) * 60_000;
            UtcMs(midnight + 24 * hour_ms - chance.between(1, 15) * 60_000)
        } else {
            MORNING + chance.between(0, 12) * hour_ms
        };
        let day = day::Day::of(scenario);
        let zones = [("Asia/Omsk", 360), ("America/Caracas", -240)];
        let span = Span { start, length_ms: day.length_ms, utc_offset_min, zones };
        let config = setup::config(scenario, &span);
        let arrivals = day.arrivals(scenario, start);
        let last = arrivals.last().map_or(start, |last| last.at);
        let mut deeds = day::first_moves(scenario, &config, start);
        deeds.extend(day.moves(scenario, &config, start));
        deeds.extend(changes::of(scenario, &config, &span));
        deeds.extend(owed::of(scenario, &config, start));
        let faults = faults::of(scenario, start, day.length_ms);
        deeds.extend(faults.iter().filter_map(Fault::deed));
        deeds.push((last + STOP_AFTER_MS, Deed::Stop));
        Company { start, end: last + AFTER_MS, config: Arc::new(config), arrivals, deeds, faults }
    }
}

fn queue_id(number: u64) -> QueueId {
    QueueId(Uuid::from_u128(0x1000_0000_0000_0000 + u128::from(number)))
}

fn user_id(number: u64) -> UserId {
    UserId(Uuid::from_u128(0x2000_0000_0000_0000 + u128::from(number)))
}

fn skill_id(number: u64) -> SkillId {
    SkillId(Uuid::from_u128(0x3000_0000_0000_0000 + u128::from(number)))
}
