//! A call comes in: refused at once with its cause, or opened and led into its flow.

use std::sync::Arc;

use perezvon_flow::{Event as FlowEvent, Run};
use perezvon_model::config::CallerId;
use perezvon_model::customer::CustomerCard;
use perezvon_model::engine::{Output, Question, Reply};
use perezvon_model::journal::{Channel, Direction, Event, Outcome, Party};
use perezvon_model::leg::{Cause, LegCommand};
use perezvon_model::prompt::Language;
use perezvon_model::{AskId, FlowId, InteractionId, LegId, TrunkId};

use super::{Call, Stage};
use crate::agent::Work;
use crate::limits::{ASK_MS, MAX_CALLS};
use crate::tenant::{LegOf, Tenant};
use crate::timer::Timer;

impl Tenant {
    #[expect(clippy::too_many_arguments, reason = "the fields of Input::CallArrived, passed on once")]
    pub(crate) fn call_arrived(
        &mut self,
        interaction: InteractionId,
        leg: LegId,
        trunk: Option<TrunkId>,
        from: CallerId,
        to: String,
        flow: FlowId,
        language: Language,
    ) {
        if self.calls.contains_key(&interaction) || self.legs.contains_key(&leg) {
            return;
        }
        let shown = from.number.as_ref().map_or(from.shown.as_str(), |number| number.as_str()).to_owned();
        self.journal(
            Some(interaction),
            None,
            Event::InteractionStarted {
                channel: Channel::Voice,
                direction: Direction::Inbound,
                from: shown,
                to: to.clone(),
                trunk,
                flow: Some(flow),
            },
        );
        let checked = self.settings.as_ref().and_then(|settings| settings.flow(flow));
        let refusal = if self.calls.len() >= MAX_CALLS { Cause::Overload } else { Cause::Unavailable };
        let Some(checked) = checked.filter(|_| self.calls.len() < MAX_CALLS) else {
            self.refuse_call(interaction, leg, refusal);
            return;
        };
        let ask = self.ask_for_customer(interaction, &from);
        self.legs.insert(leg, LegOf::Customer(interaction));
        self.calls.insert(
            interaction,
            Call {
                ask,
                run: Some(Run::new(checked, language)),
                ..Call::new(leg, trunk, from, to, language, self.now)
            },
        );
        self.floor_changed();
        self.leg(leg, LegCommand::Ring);
        self.step_flow(interaction, FlowEvent::Start);
    }

    fn refuse_call(&mut self, interaction: InteractionId, leg: LegId, cause: Cause) {
        self.leg(leg, LegCommand::Reject { cause });
        self.journal(
            Some(interaction),
            None,
            Event::InteractionEnded { outcome: Outcome::Refused, cause, by: Party::System },
        );
        self.push(Output::Forget { interaction, cause });
    }

    /// Asks who calls, when the caller shows a number. The call goes on at once; the card comes when it comes.
    pub(crate) fn ask_for_customer(&mut self, interaction: InteractionId, from: &CallerId) -> Option<AskId> {
        let number = from.number.clone()?;
        let ask: AskId = self.ids.next(self.now);
        self.asks.insert(ask, interaction);
        self.timers.arm(Timer::Ask(ask), self.now + ASK_MS);
        let question = Question::CustomerByNumber { number, name: from.name.clone() };
        self.push(Output::Ask { ask, question });
        Some(ask)
    }

    /// The answer to a question, or its absence. The first one counts; it is journalled even after the call.
    pub(crate) fn replied(&mut self, ask: AskId, reply: Reply) {
        let Some(interaction) = self.asks.remove(&ask) else { return };
        self.timers.cancel(Timer::Ask(ask));
        let card = match reply {
            Reply::Customer { card } => Some(card),
            Reply::Failed => None,
        };
        if let Some(card) = &card {
            self.journal(
                Some(interaction),
                None,
                Event::CustomerMatched { customer: card.id, created: card.is_new },
            );
        }
        if let Some(card) = &card {
            self.card_for_wrap_up(interaction, card);
        }
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.ask = None;
        if card.is_some() {
            call.card = card;
            self.prefer_by_card(interaction);
            let Some(call) = self.calls.get(&interaction) else { return };
            self.desks.extend(&call.rings);
            if let Stage::Talking { agent } = call.stage {
                self.desks.insert(agent);
            }
            self.floor_changed();
        }
    }

    /// Who still writes about the conversation sees whom it was with, though the card came late.
    fn card_for_wrap_up(&mut self, interaction: InteractionId, card: &Arc<CustomerCard>) {
        for (id, agent) in &mut self.agents {
            if let Work::WrapUp(wrap_up) = &mut agent.work
                && wrap_up.interaction == interaction
            {
                wrap_up.about.customer = Some(card.clone());
                self.desks.insert(*id);
            }
        }
        self.floor_changed();
    }
}
