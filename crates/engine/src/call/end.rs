//! The call is over: everything that belongs to it ends with it.

use perezvon_model::InteractionId;
use perezvon_model::engine::Output;
use perezvon_model::journal::{Event, Outcome, Party, QueueOutcome};
use perezvon_model::leg::{Cause, LegCommand};

use super::{Pickup, Service, Stage};
use crate::tenant::Tenant;
use crate::timer::Timer;

/// Whether a leg is still to be hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegEnd {
    HangUp,
    Over,
}

impl Tenant {
    /// Ends the call. `leg` tells whether the customer's leg is over already.
    pub(crate) fn end_call(&mut self, interaction: InteractionId, by: Party, cause: Cause, leg: LegEnd) {
        let Some(call) = self.calls.get(&interaction) else { return };
        let (stage, customer) = (call.stage, call.leg);
        if stage == Stage::Parting && call.callback.is_some() {
            return self.wait_for_callback(interaction, leg);
        }
        if leg == LegEnd::Over {
            // Nothing more may be sent to it, by what ends below either.
            self.legs.remove(&customer);
        }
        let abandoned = call.line.stay.is_some() && by == Party::Customer;
        if abandoned {
            self.keep_place(interaction);
        }
        match stage {
            Stage::Offered { .. } => self.withdraw_offers(interaction),
            Stage::Talking { agent } => self.end_talk(agent, LegEnd::HangUp),
            Stage::Outside { leg, .. } => self.hang_up_outside(leg),
            Stage::Flow
            | Stage::Queued
            | Stage::Message
            | Stage::Away
            | Stage::CallsBack
            | Stage::Parting => {}
        }
        let left = if abandoned { QueueOutcome::Abandoned } else { QueueOutcome::Overflowed };
        self.leave_queue(interaction, left);
        self.end_customer_hold(interaction);
        for timer in [
            Timer::Flow(interaction),
            Timer::Outside(interaction),
            Timer::Message(interaction),
            Timer::CallBack(interaction),
            Timer::Parting(interaction),
        ] {
            self.timers.cancel(timer);
        }
        self.forget_callback(interaction);
        let Some(call) = self.calls.remove(&interaction) else { return };
        if let Some(recording) = call.recording {
            self.push(Output::RecordStop { recording });
        }
        if self.legs.remove(&customer).is_some() {
            self.leg(customer, last_command(call.pickup, cause));
        }
        let outcome = match (call.service, abandoned) {
            (Service::Served, _) => Outcome::Answered,
            (Service::Message, _) => Outcome::LeftMessage,
            (Service::NotReached, _) => Outcome::NotReached,
            (Service::NotYet, true) => Outcome::Abandoned,
            (Service::NotYet, false) => Outcome::EndedInFlow,
        };
        self.journal(Some(interaction), None, Event::InteractionEnded { outcome, cause, by });
        self.push(Output::Forget { interaction, cause });
        self.floor_changed();
    }

    pub(super) fn end_customer_hold(&mut self, interaction: InteractionId) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        if let Some(since) = call.held_by_customer.take() {
            let event = Event::HoldEnded { by: Party::Customer, held_ms: now.since_ms(since) };
            self.journal(Some(interaction), None, event);
        }
    }
}

fn last_command(pickup: Pickup, cause: Cause) -> LegCommand {
    match (pickup, cause) {
        (Pickup::Answered, cause) => LegCommand::HangUp { cause },
        // A call that was never answered cannot end normally: its exchange is told to try later.
        (Pickup::Ringing, Cause::Normal) => LegCommand::Reject { cause: Cause::Unavailable },
        (Pickup::Ringing, cause) => LegCommand::Reject { cause },
    }
}
