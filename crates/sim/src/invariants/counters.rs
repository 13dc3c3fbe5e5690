//! Invariant 9. Counters are those recomputed from the journal; the times of an agent's states sum to the time signed in.

use perezvon_engine::Audit;
use perezvon_model::journal::{Entry, Event, Party, Topic};
use perezvon_model::view::QueueToday;

use super::{Check, holds};
use crate::ledger::{Ledger, Session};

/// Times within entries are those between entries.
pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    let at = entry.at;
    holds!(at == ledger.now, Counters, "an entry is dated {at:?}, and it is {:?}", ledger.now);
    match entry.event.topic() {
        Topic::Conversation => conversation(ledger, entry),
        Topic::Agent => agent_state(ledger, entry),
        Topic::Interaction
        | Topic::Line
        | Topic::Callback
        | Topic::Offer
        | Topic::Recording
        | Topic::AfterCall => Ok(()),
    }
}

fn conversation(ledger: &Ledger, entry: &Entry) -> Check {
    let at = entry.at;
    let session_of = |agent| ledger.agents.get(agent).map(|row| row.session);
    if let Event::AgentDisconnected { agent, talk_ms, hold_ms, .. } = &entry.event {
        let session = session_of(agent);
        let right = matches!(session, Some(Session::Talk { at: since, held_since: None, held_ms, .. })
            if held_ms == *hold_ms && talk_ms + hold_ms == at.since_ms(since));
        holds!(right, Counters, "{agent} talked {talk_ms} ms and held {hold_ms} ms: {session:?}");
    }
    if let Event::HoldEnded { by: Party::Agent, held_ms } = &entry.event {
        let session = entry.agent.as_ref().and_then(session_of);
        let right = matches!(session, Some(Session::Talk { held_since: Some(since), .. })
            if at.since_ms(since) == *held_ms);
        holds!(right, Counters, "a hold of {held_ms} ms ends: {session:?}");
    }
    Ok(())
}

fn agent_state(ledger: &Ledger, entry: &Entry) -> Check {
    let Event::AgentState { agent, presence, activity, device } = &entry.event else { return Ok(()) };
    let Some(row) = ledger.agents.get(agent) else { return Ok(()) };
    let before = (&row.presence, row.activity, row.device);
    let same = before == (presence, *activity, *device);
    holds!(!same, Counters, "the state of {agent} is told again: {before:?}");
    Ok(())
}

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    let now = ledger.now;
    for (id, row) in &ledger.queues {
        let (told, is) = (row.today, audit.queue_today(*id));
        let gone = is.is_none() && ledger.queue(*id).is_none();
        holds!(is == Some(told) || gone, Counters, "today of {id} is {is:?}, by the journal {told:?}");
        let QueueToday { offered, answered, abandoned, answered_in_threshold, abandoned_short, .. } = told;
        let parts = answered + abandoned <= offered && answered_in_threshold <= answered;
        holds!(parts && abandoned_short <= abandoned || gone, Counters, "today of {id} cannot be: {told:?}");
    }
    for (id, row) in &ledger.agents {
        let is = audit.agent_today(*id);
        holds!(is == Some(row.today), Counters, "today of {id} is {is:?}, by the journal {:?}", row.today);
        let since = audit.since(*id);
        holds!(
            since == Some(row.since),
            Counters,
            "{id} is so since {since:?}, by the journal {:?}",
            row.since
        );
        if let Some(standing) = audit.standing(*id) {
            let (is, told) = (standing.occupancy, row.occupancy());
            holds!(is == told, Counters, "{id} is occupied {is} millionths, by the journal {told}");
            let (is, told) = (standing.handled, row.today.handled);
            holds!(is == told, Counters, "{id} handled {is}, by the journal {told}");
        }
        let spent = row.spent_until(now);
        let (sum, signed_in) = (spent.iter().sum::<i64>(), row.signed_in_until(now));
        holds!(sum == signed_in, Counters, "{id} was signed in for {signed_in} ms and in states for {sum}");
        let states = [spent[2], spent[3] + spent[4], spent[5]];
        let told = row.told_until(now);
        holds!(
            states == told,
            Counters,
            "ringing, talk and wrap-up of {id} are {states:?} by state, {told:?} by work"
        );
    }
    Ok(())
}
