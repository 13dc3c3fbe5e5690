//! Calls that were promised before the last stop of the server, and are owed from the start.

use perezvon_model::config::TenantConfig;
use perezvon_model::engine::OwedCallback;
use perezvon_model::prompt::Language;
use perezvon_model::{E164, InteractionId, UtcMs};
use uuid::Uuid;

use super::day::{SHARED_NUMBERS, shared_number};
use super::setup::trunk_id;
use super::{flows, queue_id};
use crate::chance::Chance;
use crate::scenario::Scenario;
use crate::world::{Arrival, Caller, Deed, Owed};

/// The most promises of the day before.
const MOST: usize = 4;

pub(super) fn of(scenario: &Scenario, config: &TenantConfig, start: UtcMs) -> Vec<(UtcMs, Deed)> {
    let mut chance = Chance::of(scenario.seed, "owed", 0);
    let count = chance.below(MOST).min(SHARED_NUMBERS);
    // A scenario made smaller has them with its callers.
    let kept = (0..count).filter(|number| scenario.callers.has(*number as u32));
    let mut owed: Vec<Owed> = kept.map(|number| one(scenario, config, number, start)).collect();
    // Who has waited longer has the place before.
    owed.sort_by_key(|of| of.owed.place_at);
    owed.into_iter().map(|of| (start, Deed::Owes(Box::new(of)))).collect()
}

fn one(scenario: &Scenario, config: &TenantConfig, number: usize, start: UtcMs) -> Owed {
    let mut chance = Chance::of(scenario.seed, "owed", 1 + number as u64);
    let queue = chance.bits() % u64::from(scenario.queues);
    let from = shared_number(number);
    let caller = Caller {
        patience_ms: Some(chance.between(1_000, 120_000)),
        talk_ms: chance.between(5_000, 60_000),
        wrap_up_ms: chance.between(0, 20_000),
        ..Caller::default()
    };
    let place_at = start + -chance.between(1, 20 * 3_600_000);
    let owed = OwedCallback {
        // Given by the world, as to everybody.
        interaction: InteractionId(Uuid::nil()),
        queue: queue_id(queue),
        number: E164::from_canonical(&from).expect("a number"),
        language: Language::Ru,
        to: "+74950000001".into(),
        trunk: config.trunks.first().map(|trunk| trunk.id),
        arrived_at: place_at,
        place_at,
        tries: chance.between(0, 2) as u8,
        not_before: start + chance.one(&[-60_000, 0, 20_000, 90_000]).unwrap_or(0),
        needs: Vec::new(),
        points: 0,
    };
    let flow = flows::flow_id(queue * flows::PER_QUEUE);
    let (to, trunk, language) = (owed.to.clone(), Some(trunk_id()), Language::Ru);
    Owed { owed, arrival: Arrival { at: start, from, to, trunk, flow, language, caller } }
}
