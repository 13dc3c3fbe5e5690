//! What an agent carries, and what rests of it while something that interrupts it is up.

use perezvon_acd::Load;
use perezvon_model::UserId;
use perezvon_model::channel::{Channel, Channels};
use perezvon_model::journal::Event;

use super::Phase;
use crate::agent::{Agent, Desk, Work};
use crate::tenant::Tenant;

impl Agent {
    /// Of which channels one more may be offered now. One offer at a time: two at once would be one too many to answer.
    pub fn room(&self) -> Channels {
        if !self.is_reachable() || self.is_offered() {
            return Channels::NONE;
        }
        let room = self.load(|_| true).room(&self.capacity);
        if self.desk == Desk::Open { room } else { room.only(Channel::Voice) }
    }

    fn is_offered(&self) -> bool {
        let item = self.sessions.iter().any(|session| matches!(session.phase, Phase::Offered { .. }));
        item || matches!(self.work, Work::Offer(_))
    }

    /// Calls, and the sessions wanted.
    fn load(&self, wanted: impl Fn(&Phase) -> bool) -> Load {
        let mut load = Load::default();
        match self.work {
            Work::Idle => {}
            Work::Offer(_) | Work::Talk(_) | Work::WrapUp(_) => load.takes(Channel::Voice),
        }
        for session in self.sessions.iter().filter(|session| wanted(&session.phase)) {
            load.takes(session.channel);
        }
        load
    }

    /// Channels whose work rests. An offer interrupts nothing until it is accepted.
    fn resting(&self) -> Channels {
        let mut load = self.load(|phase| !matches!(phase, Phase::Offered { .. }));
        if matches!(self.work, Work::Offer(_)) {
            load.gives_back(Channel::Voice);
        }
        load.resting(&self.capacity)
    }
}

impl Tenant {
    /// Lets rest what is interrupted, and go on what is not any more.
    pub(crate) fn rest_or_go_on(&mut self, id: UserId) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if agent.sessions.is_empty() {
            return;
        }
        let resting = agent.resting();
        let mut events = Vec::new();
        for session in &mut agent.sessions {
            let Phase::AtHand(at_hand) = &mut session.phase else { continue };
            let event = match (resting.contains(session.channel), at_hand.rests_since) {
                (true, None) => {
                    at_hand.rests_since = Some(now);
                    Event::Rested { agent: id }
                }
                (false, Some(_)) => Event::WentOn { agent: id, rested_ms: at_hand.goes_on(now) },
                (true, Some(_)) | (false, None) => continue,
            };
            session.since = now;
            events.push((session.interaction, event));
        }
        for (interaction, event) in events {
            self.journal(Some(interaction), Some(id), event);
        }
    }
}
