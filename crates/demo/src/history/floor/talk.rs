//! The part of a call that agents have: the ring, the talk, what is written after it.

use perezvon_model::journal::{Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::{Activity, Device, Presence};

use super::{Coming, Floor, State};
use crate::company::plan::Line;
use crate::history::notes;

impl Floor<'_> {
    pub(super) fn ring_over(&mut self, call: usize, stay: u32, agent: usize, answered: bool) {
        let state = &self.calls[call];
        let (true, Some((ringing, offer, rang_at))) = (state.stay == stay, state.ringing) else { return };
        if ringing != agent {
            return;
        }
        self.calls[call].ringing = None;
        if !answered {
            self.offer_ended(call, agent, offer, OfferOutcome::NoAnswer, rang_at);
            let missed = Presence::Break { reason: "missed_offer".to_owned() };
            self.workers[agent].state = State::OnBreak;
            self.write_state(agent, missed, Activity::Idle);
            let away_ms = self.dice.between(20_000, 90_000);
            self.after(away_ms, Coming::BreakOver { agent });
            self.offer_waiting();
            return;
        }
        self.offer_ended(call, agent, offer, OfferOutcome::Accepted, rang_at);
        self.leave_queue(call, QueueOutcome::Answered);
        let queue = Some(self.company.queue(self.calls[call].line).id);
        let user = self.user(agent);
        self.write_call(call, Event::AgentConnected { agent: user, queue, device: Device::Browser });
        self.write_state(agent, Presence::Ready, Activity::Talking);
        let state = &mut self.calls[call];
        state.talking = Some((agent, self.now));
        state.held_ms = 0;
        let talk = &state.caller.talks[state.part];
        let (talk_ms, hold) = (talk.talk_ms, talk.hold);
        match hold {
            Some((after_ms, lasts_ms)) if after_ms < talk_ms => {
                self.after(after_ms, Coming::HoldStart { call, lasts_ms });
                self.after(talk_ms + lasts_ms, Coming::TalkOver { call });
            }
            Some(_) | None => self.after(talk_ms, Coming::TalkOver { call }),
        }
    }

    pub(super) fn hold_start(&mut self, call: usize, lasts_ms: i64) {
        if let Some((agent, _)) = self.calls[call].talking {
            self.write_with(call, Some(self.user(agent)), Event::HoldStarted { by: Party::Agent });
            self.write_state(agent, Presence::Ready, Activity::Hold);
        }
        self.after(lasts_ms, Coming::HoldEnd { call, held_ms: lasts_ms });
    }

    pub(super) fn hold_end(&mut self, call: usize, held_ms: i64) {
        self.calls[call].held_ms += held_ms;
        if let Some((agent, _)) = self.calls[call].talking {
            self.write_with(call, Some(self.user(agent)), Event::HoldEnded { by: Party::Agent, held_ms });
            self.write_state(agent, Presence::Ready, Activity::Talking);
        }
    }

    pub(super) fn talk_over(&mut self, call: usize) {
        let state = &mut self.calls[call];
        let (agent, since) = state.talking.take().expect("a talk that ends has begun");
        let (hold_ms, line, then) = (state.held_ms, state.line, state.caller.talks[state.part].then);
        state.part += 1;
        let talk_ms = self.now.since_ms(since) - hold_ms;
        let (user, queue) = (self.user(agent), Some(self.company.queue(line).id));
        if let Some(next) = then {
            let next = self.company.queue(next).id;
            self.write_call(call, Event::TransferredToQueue { queue: next, by: user });
        }
        self.write_call(call, Event::AgentDisconnected { agent: user, queue, talk_ms, hold_ms });
        let limit_ms = i64::from(line.wrap_up_s()) * 1_000;
        self.write_call(call, Event::WrapUpStarted { agent: user, queue, deadline: self.now + limit_ms });
        self.write_state(agent, Presence::Ready, Activity::WrapUp);
        let wrap_up_ms = (self.dice.lognormal(16_000.0, 0.5) as i64).clamp(3_000, limit_ms);
        self.after(wrap_up_ms * 2 / 3, Coming::Noting { call, agent, line, wrap_up_ms });
        match then {
            Some(next) => {
                let patience_ms = self.calls[call].caller.patience_ms;
                self.enqueue(call, next, patience_ms);
            }
            None => {
                let by = if self.dice.chance(0.6) { Party::Customer } else { Party::Agent };
                self.end(call, Outcome::Answered, by);
            }
        }
    }

    pub(super) fn noting(&mut self, call: usize, agent: usize, line: Line, wrap_up_ms: i64) {
        let (disposition, note) = notes::draw(self.company, line, &mut self.dice);
        let user = self.user(agent);
        self.write_call(call, Event::Noted { agent: user, disposition: Some(disposition), note });
        self.after(wrap_up_ms - wrap_up_ms * 2 / 3, Coming::WrapUpOver { call, agent, line, wrap_up_ms });
    }

    pub(super) fn wrap_up_over(&mut self, call: usize, agent: usize, line: Line, wrap_up_ms: i64) {
        let (user, queue) = (self.user(agent), Some(self.company.queue(line).id));
        self.write_call(call, Event::WrapUpEnded { agent: user, queue, wrap_up_ms });
        self.free(agent);
    }
}
