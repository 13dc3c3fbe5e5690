//! A month of plausible calls: the journal as the engine would have written it, day by day.

mod call;
mod floor;
mod notes;
mod shape;

use perezvon_model::journal::{Entry, Event};
use perezvon_model::{DispositionId, UserId, UtcMs};

use crate::company::Company;
use crate::company::plan::{Line, UTC_OFFSET_MIN};
use crate::dice::Dice;
use floor::Floor;
use shape::{Day, MINUTE_MS};

/// Days before today that have a history.
pub const DAYS: i64 = 30;
/// Nothing of the history happens in the last minute before it is made: what lives begins after it.
const MARGIN_MS: i64 = MINUTE_MS;

/// The journal of the last `DAYS` days and of today until `now`, one batch a day, in the order of time. Every
/// interaction in it is over and every agent has gone home. The same arguments give the same history.
pub fn generate(seed: u64, now: UtcMs, company: &Company) -> impl Iterator<Item = Vec<Entry>> {
    let today = Day::of(now, UTC_OFFSET_MIN);
    (0..=DAYS)
        .rev()
        .map(move |back| one_day(seed, today.back(back), now, company))
        .filter(|day| !day.is_empty())
}

fn one_day(seed: u64, day: Day, now: UtcMs, company: &Company) -> Vec<Entry> {
    // A seed for each day, so that a day looks the same from whenever it is looked back at.
    let mut dice = Dice::new(seed ^ day.number.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let arrivals = shape::arrivals(day, &mut dice);
    let shifts = shape::shifts(day, &mut dice);
    let mut callers = dice.split();
    let mut floor = Floor::new(company, dice.split());
    let last_end = now + -MARGIN_MS;
    let last_arrival = last_end + -call::LONGEST_MS;
    for at in arrivals {
        let caller = call::draw(company, &mut callers);
        if at < last_arrival {
            floor.arrival(at, caller);
        }
    }
    for mut shift in shifts {
        // Who would still work now has gone just before, when the last call was through.
        shift.to = shift.to.min(last_end);
        if shift.from < last_arrival {
            floor.shift(&shift);
        }
    }
    floor.run()
}

/// How an agent sorts a call of this line, and the note.
pub(crate) fn write(company: &Company, line: Line, dice: &mut Dice) -> (DispositionId, String) {
    notes::draw(company, line, dice)
}

/// The agent whom a journal row is about.
fn agent_of(event: &Event) -> Option<UserId> {
    match event {
        Event::Offered { agent, .. }
        | Event::OfferEnded { agent, .. }
        | Event::AgentConnected { agent, .. }
        | Event::Rested { agent }
        | Event::WentOn { agent, .. }
        | Event::AgentLost { agent }
        | Event::AgentBack { agent }
        | Event::AgentDisconnected { agent, .. }
        | Event::WrapUpStarted { agent, .. }
        | Event::Noted { agent, .. }
        | Event::WrapUpExtended { agent, .. }
        | Event::WrapUpEnded { agent, .. }
        | Event::AgentState { agent, .. } => Some(*agent),
        Event::TransferredToQueue { by, .. } | Event::TransferredToAgent { by, .. } => Some(*by),
        Event::NothingFor { nothing } => Some(nothing.agent),
        Event::InteractionStarted { .. }
        | Event::Subject { .. }
        | Event::Routed { .. }
        | Event::CustomerMatched { .. }
        | Event::FlowAnswered
        | Event::FlowNode { .. }
        | Event::Collected { .. }
        | Event::Queued { .. }
        | Event::PositionAnnounced { .. }
        | Event::WaitAnnounced { .. }
        | Event::Overflowed { .. }
        | Event::CallbackPromised { .. }
        | Event::CallbackDialled { .. }
        | Event::CallbackFailed { .. }
        | Event::MessageStarted
        | Event::PlaceRestored { .. }
        | Event::LeftQueue { .. }
        | Event::HoldStarted { .. }
        | Event::HoldEnded { .. }
        | Event::PartyConnected { .. }
        | Event::RecordingStarted { .. }
        | Event::RecordingSealed { .. }
        | Event::RecordingFailed { .. }
        | Event::InteractionEnded { .. } => None,
    }
}

#[cfg(test)]
mod tests;
