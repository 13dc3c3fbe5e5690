//! Agent and customer hear each other: joined, held, lost and back.

use perezvon_model::engine::{CommandRefused, Output};
use perezvon_model::journal::{Event, OfferOutcome, Party, QueueOutcome};
use perezvon_model::leg::{Cause, LegCommand};
use perezvon_model::{InteractionId, RecordingId, UserId, UtcMs};

use super::{LegEnd, Service, Stage};
use crate::agent::{AfterTalk, Microphone, Missed, RingPhase, Sound, Talk, Work};
use crate::limits::LOST_MS;
use crate::presence::SystemBreak;
use crate::tenant::Tenant;
use crate::timer::Timer;

impl Tenant {
    /// The agent's leg is answered: the offer is accepted and both are joined.
    pub(crate) fn connect(&mut self, id: UserId) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Some(ringing) = agent.ringing() else { return };
        let Some(leg) = ringing.leg else { return };
        let (interaction, queue, offer, device) =
            (ringing.interaction, ringing.queue, ringing.offer, ringing.device);
        let accepted_at = match ringing.phase {
            RingPhase::Connecting { accepted_at } | RingPhase::CallsBack { accepted_at } => accepted_at,
            RingPhase::Reserved | RingPhase::Ringing => now,
        };
        let rang_ms = accepted_at.since_ms(ringing.offered_at);
        agent.missed = Missed::default();
        agent.work = Work::Talk(Talk {
            interaction,
            leg,
            queue,
            connected_at: now,
            desk_hold: None,
            phone_hold: None,
            held_since: None,
            held_ms: 0,
            microphone: Microphone::Open,
            sound: Sound::Apart,
            lost_until: None,
            wrap_up: AfterTalk::Nothing,
            disposition: None,
            note: String::new(),
        });
        self.timers.cancel(Timer::Offer(id));
        let accepted = Event::OfferEnded { offer, agent: id, outcome: OfferOutcome::Accepted, rang_ms };
        self.journal(Some(interaction), Some(id), accepted);
        self.withdraw_other_offers(interaction, id);
        self.leave_queue(interaction, QueueOutcome::Answered);
        self.count_callback_answered(interaction);
        self.callback_is_kept(interaction);
        self.transfer_rings_no_more(interaction);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::Talking { agent: id };
        call.rings.clear();
        call.run = None;
        // A talk ends the caller's clock; whoever queues them again starts another.
        call.line.clock_at = None;
        call.service = Service::Served;
        call.line.diversions = 0;
        self.timers.cancel(Timer::Flow(interaction));
        self.join_sound(id);
        let connected = Event::AgentConnected { agent: id, queue, device };
        self.journal(Some(interaction), Some(id), connected);
        self.record_as_queue_says(interaction);
        self.agent_changed(id);
    }

    /// Records a conversation of a queue that records. One recording goes on through hold and transfer.
    fn record_as_queue_says(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let settings = self.settings.as_ref();
        let records = settings.zip(call.queue).and_then(|(settings, queue)| settings.queue(queue));
        match (records.is_some_and(|queue| queue.record), call.recording) {
            (true, None) => self.start_recording(interaction),
            (false, Some(recording)) => {
                call.recording = None;
                self.push(Output::RecordStop { recording });
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    pub(crate) fn start_recording(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let recording: RecordingId = self.ids.next(self.now);
        call.recording = Some(recording);
        let leg = call.leg;
        self.push(Output::RecordStart { recording, interaction, leg });
        self.journal(Some(interaction), None, Event::RecordingStarted { recording });
    }

    /// Brings the bridge in line: joined while nobody holds and nothing is lost, music to the customer otherwise.
    fn join_sound(&mut self, id: UserId) {
        let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) else { return };
        let wanted = match (talk.held_since, talk.lost_until) {
            (None, None) => Sound::Joined,
            (Some(_), _) | (_, Some(_)) => Sound::Apart,
        };
        if std::mem::replace(&mut talk.sound, wanted) == wanted {
            return;
        }
        let (interaction, agent_leg) = (talk.interaction, talk.leg);
        let Some(customer) = self.calls.get(&interaction).map(|call| call.leg) else { return };
        match wanted {
            Sound::Joined => {
                self.stop_play(interaction);
                self.push(Output::Bridge { a: customer, b: agent_leg });
            }
            Sound::Apart => {
                self.push(Output::Unbridge { leg: customer });
                self.play_music(interaction);
            }
        }
    }

    pub(crate) fn hold(
        &mut self,
        id: UserId,
        interaction: InteractionId,
        on: bool,
    ) -> Result<(), CommandRefused> {
        let now = self.now;
        let talk = self.talk_of(id, interaction)?;
        talk.desk_hold = on.then(|| talk.desk_hold.unwrap_or(now));
        self.hold_changed(id);
        Ok(())
    }

    pub(crate) fn held_by_phone(&mut self, id: UserId, on: bool) {
        let now = self.now;
        if let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) {
            talk.phone_hold = on.then(|| talk.phone_hold.unwrap_or(now));
            self.hold_changed(id);
        }
    }

    /// Desk and phone may both hold: the customer is held from the first hold to the end of the last.
    fn hold_changed(&mut self, id: UserId) {
        let now = self.now;
        let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) else { return };
        let interaction = talk.interaction;
        let event = match (talk.held_since, talk.desk_hold.or(talk.phone_hold)) {
            (None, Some(_)) => {
                talk.held_since = Some(now);
                Event::HoldStarted { by: Party::Agent }
            }
            (Some(since), None) => end_hold(talk, since, now),
            (None, None) | (Some(_), Some(_)) => return,
        };
        self.journal(Some(interaction), Some(id), event);
        self.join_sound(id);
        self.agent_changed(id);
    }

    /// The agent's media is lost: the customer hears music and the agent has some time to come back.
    pub(crate) fn agent_lost(&mut self, id: UserId) {
        let until = self.now + LOST_MS;
        let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) else { return };
        if talk.lost_until.is_some() {
            return;
        }
        talk.lost_until = Some(until);
        let interaction = talk.interaction;
        self.timers.arm(Timer::Lost(id), until);
        self.journal(Some(interaction), Some(id), Event::AgentLost { agent: id });
        self.join_sound(id);
        self.agent_changed(id);
    }

    pub(crate) fn agent_back(&mut self, id: UserId) {
        let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) else { return };
        if talk.lost_until.take().is_none() {
            return;
        }
        let interaction = talk.interaction;
        self.timers.cancel(Timer::Lost(id));
        self.journal(Some(interaction), Some(id), Event::AgentBack { agent: id });
        self.join_sound(id);
        self.agent_changed(id);
    }

    pub(crate) fn agent_lost_for_good(&mut self, id: UserId) {
        self.give_back_to_queue(id, LegEnd::HangUp, SystemBreak::ConnectionLost);
    }

    /// The conversation broke on the agent's side: the customer goes to the head of the queue by the old clock.
    pub(crate) fn give_back_to_queue(&mut self, id: UserId, leg: LegEnd, why: SystemBreak) {
        let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) else { return };
        let interaction = talk.interaction;
        self.end_talk(id, leg);
        self.rejoin_queue(interaction);
        self.take_break(id, why);
    }

    pub(crate) fn agent_hangs_up(
        &mut self,
        id: UserId,
        interaction: InteractionId,
    ) -> Result<(), CommandRefused> {
        self.talk_of(id, interaction)?;
        self.end_talk(id, LegEnd::HangUp);
        self.end_call(interaction, Party::Agent, Cause::Normal, LegEnd::HangUp);
        Ok(())
    }

    /// Ends this agent's part of the conversation and begins the wrap-up. The customer's leg is left without a
    /// bridge: what follows gives it sound or ends it.
    pub(crate) fn end_talk(&mut self, id: UserId, leg: LegEnd) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if agent.talk().is_none() {
            return;
        }
        let Work::Talk(mut talk) = std::mem::replace(&mut agent.work, Work::Idle) else { return };
        let interaction = talk.interaction;
        let hold_over = talk.held_since.map(|since| end_hold(&mut talk, since, now));
        let hold_ms = talk.held_ms;
        let talk_ms = now.since_ms(talk.connected_at) - hold_ms;
        agent.today.handled += 1;
        agent.today.handle_ms += talk_ms + hold_ms;
        self.count_handled(talk.queue, talk_ms + hold_ms);
        self.timers.cancel(Timer::Lost(id));
        if let Some(hold_over) = hold_over {
            self.journal(Some(interaction), Some(id), hold_over);
        }
        if talk.sound == Sound::Joined
            && let Some(customer) = self.calls.get(&interaction).map(|call| call.leg)
            && self.legs.contains_key(&customer)
        {
            self.push(Output::Unbridge { leg: customer });
        }
        if self.legs.remove(&talk.leg).is_some() && leg == LegEnd::HangUp {
            self.leg(talk.leg, LegCommand::HangUp { cause: Cause::Normal });
        }
        self.journal(
            Some(interaction),
            Some(id),
            Event::AgentDisconnected { agent: id, queue: talk.queue, talk_ms, hold_ms },
        );
        self.begin_wrap_up(id, talk, talk_ms);
    }
}

fn end_hold(talk: &mut Talk, since: UtcMs, now: UtcMs) -> Event {
    let held_ms = now.since_ms(since);
    talk.held_since = None;
    talk.held_ms += held_ms;
    Event::HoldEnded { by: Party::Agent, held_ms }
}
