//! The flow calls somebody outside and joins the caller with them; both end together.

use perezvon_flow::Event as FlowEvent;
use perezvon_model::engine::Output;
use perezvon_model::journal::{Event, Party};
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Prompt;
use perezvon_model::{InteractionId, LegId, TrunkId};

use super::sound::Repeat;
use super::{LegEnd, Outside, OutsideState, Pickup, Record, Stage};
use crate::limits::DIAL_GRACE_MS;
use crate::tenant::{LegOf, Tenant};
use crate::timer::Timer;

impl Tenant {
    pub(crate) fn dial_outside(
        &mut self,
        interaction: InteractionId,
        to: &str,
        trunk: Option<TrunkId>,
        ring_ms: i64,
        record: Record,
    ) {
        let leg: LegId = self.ids.next(self.now);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let Some(settings) = &self.settings else { return };
        let (uri, trunk) = settings.way_out(to, trunk, call.trunk);
        call.stage = Stage::Outside { leg, state: OutsideState::Dialling };
        call.outside = Some(Outside { uri: uri.clone(), record });
        let from = CallerName { number: call.from.shown.clone(), name: call.from.name.clone() };
        let target = DialTarget::Uri { uri, trunk };
        // A caller whom we have not answered hears the ringing of the own exchange: the arrival was told `Ring`.
        let hears_ringing = call.pickup == Pickup::Ringing;
        self.legs.insert(leg, LegOf::Outside(interaction));
        self.timers.arm(Timer::Outside(interaction), self.now + ring_ms + DIAL_GRACE_MS);
        self.leg(leg, LegCommand::Dial { target, from, timeout_ms: ring_ms });
        if !hears_ringing {
            self.play(interaction, vec![Prompt::Ringback], Repeat::Forever);
        }
    }

    pub(crate) fn outside_leg_event(&mut self, interaction: InteractionId, leg: LegId, event: LegEvent) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let Stage::Outside { state, .. } = call.stage else { return };
        match (event, state) {
            (LegEvent::Answered, OutsideState::Dialling) => {
                call.stage = Stage::Outside { leg, state: OutsideState::Joined };
                call.run = None;
                let Some(Outside { uri, record }) = call.outside.take() else { return };
                let customer = call.leg;
                self.timers.cancel(Timer::Outside(interaction));
                self.ensure_answered(interaction);
                self.stop_play(interaction);
                self.push(Output::Bridge { a: customer, b: leg });
                self.journal(Some(interaction), None, Event::PartyConnected { uri });
                if record == Record::Both {
                    self.start_recording(interaction);
                }
            }
            (LegEvent::Failed { .. } | LegEvent::Ended { .. }, OutsideState::Dialling) => {
                self.legs.remove(&leg);
                self.outside_failed(interaction);
            }
            (LegEvent::Failed { cause } | LegEvent::Ended { cause }, OutsideState::Joined) => {
                self.legs.remove(&leg);
                self.end_call(interaction, Party::System, cause, LegEnd::HangUp);
            }
            (LegEvent::Answered, OutsideState::Joined)
            | (
                LegEvent::Ringing
                | LegEvent::Digit { .. }
                | LegEvent::PlayDone { .. }
                | LegEvent::HeldByPeer { .. }
                | LegEvent::MediaLost
                | LegEvent::MediaBack,
                OutsideState::Dialling | OutsideState::Joined,
            ) => {}
        }
    }

    pub(crate) fn outside_too_late(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        if let Stage::Outside { leg, state: OutsideState::Dialling } = call.stage {
            self.hang_up_outside(leg);
            self.outside_failed(interaction);
        }
    }

    pub(crate) fn hang_up_outside(&mut self, leg: LegId) {
        if self.legs.remove(&leg).is_some() {
            self.leg(leg, LegCommand::HangUp { cause: Cause::Normal });
        }
    }

    fn outside_failed(&mut self, interaction: InteractionId) {
        self.timers.cancel(Timer::Outside(interaction));
        self.stop_play(interaction);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.outside = None;
        if call.run.is_some() {
            self.step_flow(interaction, FlowEvent::TransferFailed);
        } else {
            self.part(interaction);
        }
    }
}
