//! One chat or mail: work that comes to a queue as it is, without a leg and without a flow. What is written is read and
//! answered at the link; here is who is to do it, when, and beside what.

mod rest;
mod session;

pub(crate) use session::{Phase, Session, write_up_of};

use perezvon_model::customer::CustomerCard;
use perezvon_model::engine::{CommandRefused, NewItem, Output};
use perezvon_model::journal::{Direction, Event, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::overflow::Goal;
use perezvon_model::{Channel, InteractionId, QueueId, UserId, UtcMs};
use std::sync::Arc;

use crate::call::{Moment, RINGS_ON_MS};
use crate::limits::{MAX_DIVERSIONS, MAX_ITEM_MS, MAX_ITEMS};
use crate::line::{Gate, Line, Terms};
use crate::tenant::Tenant;
use crate::timer::Timer;

#[derive(Debug)]
pub(crate) struct Item {
    pub channel: Channel,
    /// The last queue.
    pub queue: QueueId,
    pub from: String,
    pub subject: String,
    pub link: Option<String>,
    pub card: Option<Arc<CustomerCard>>,
    pub arrived_at: UtcMs,
    pub line: Line,
    pub stage: ItemStage,
    /// Whom it is offered to.
    pub rings: Vec<UserId>,
    /// An agent has had it.
    pub served: bool,
    /// Who passed it on.
    pub transferred_by: Option<String>,
}

/// Where an item is: in exactly one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemStage {
    Waits,
    Offered,
    AtHand { agent: UserId },
}

/// What a queue says of the stay of an item: nothing that calls do.
const TERMS: Terms = Terms { position_every_ms: None, max_wait_ms: MAX_ITEM_MS, agent: None };

impl Tenant {
    pub(crate) fn item_arrived(&mut self, item: NewItem) {
        let request = item.request;
        let result = self.take_item(item);
        if let Some(request) = request {
            self.push(Output::Answer { request, result });
        }
    }

    fn take_item(&mut self, item: NewItem) -> Result<(), CommandRefused> {
        let NewItem { interaction, request, queue, from, subject, link, customer, place_at } = item;
        let of = self.settings.as_ref().and_then(|settings| settings.queue(queue));
        let channel = of.map(|of| of.routing.channel).filter(|channel| *channel != Channel::Voice);
        let channel = channel.ok_or(CommandRefused::NoSuchTarget)?;
        let is_known = self.items.contains_key(&interaction) || self.calls.contains_key(&interaction);
        if is_known || self.items.len() >= MAX_ITEMS {
            return Err(CommandRefused::QueueTakesNobody);
        }
        let is_new = request.is_some();
        if is_new && self.gate_of(queue, channel) != Gate::Open {
            return Err(CommandRefused::QueueTakesNobody);
        }
        if is_new {
            let started = Event::InteractionStarted {
                channel,
                direction: Direction::Inbound,
                from: from.clone(),
                to: String::new(),
                trunk: None,
                flow: None,
            };
            self.journal(Some(interaction), None, started);
            let about = Event::Subject { queue, text: subject.clone(), link: link.clone() };
            self.journal(Some(interaction), None, about);
            if let Some(card) = &customer {
                let matched = Event::CustomerMatched { customer: card.id, created: card.is_new };
                self.journal(Some(interaction), None, matched);
            }
        }
        let place = self.acd.new_place(place_at.min(self.now));
        let line = Line { place: Some(place), clock_at: Some(place.clock), ..Line::default() };
        let item = Item {
            channel,
            queue,
            from,
            subject,
            link,
            card: customer,
            arrived_at: place.clock,
            line,
            stage: ItemStage::Waits,
            rings: Vec::new(),
            served: false,
            transferred_by: None,
        };
        self.items.insert(interaction, item);
        self.item_joins(interaction, queue);
        Ok(())
    }

    /// Into the line of a queue.
    pub(crate) fn item_joins(&mut self, interaction: InteractionId, queue: QueueId) {
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.queue = queue;
        item.stage = ItemStage::Waits;
        self.stand_in_line(interaction, queue, TERMS, None);
        self.look_at_overflow_first(interaction);
    }

    /// It is time, or something happened: the rules of its queue are followed while it waits.
    pub(crate) fn look_at_overflow_of_item(&mut self, interaction: InteractionId) {
        let Some(item) = self.items.get(&interaction) else { return };
        match item.stage {
            ItemStage::Waits => self.follow_rules(interaction, Moment::Waits),
            ItemStage::Offered => {
                let at = self.timers.at(Timer::ItemOffer(interaction)).unwrap_or(self.now);
                self.timers.arm(Timer::Overflow(interaction), at + RINGS_ON_MS);
            }
            ItemStage::AtHand { .. } => {}
        }
    }

    /// Only another queue of its channel: a chat is not called back and speaks no message.
    pub(crate) fn item_can_reach(&self, interaction: InteractionId, goal: &Goal) -> bool {
        let Some(item) = self.items.get(&interaction) else { return false };
        match goal {
            Goal::Queue { queue } => {
                item.line.diversions < MAX_DIVERSIONS && self.gate_of(*queue, item.channel) == Gate::Open
            }
            Goal::Onward | Goal::Flow { .. } | Goal::Number { .. } | Goal::Voicemail | Goal::Callback => {
                false
            }
        }
    }

    /// The customer left, or the source took it back.
    pub(crate) fn item_withdrawn(&mut self, interaction: InteractionId) {
        let Some(item) = self.items.get(&interaction) else { return };
        match item.stage {
            ItemStage::AtHand { agent } => self.finish_item(agent, interaction, Party::Customer),
            ItemStage::Waits | ItemStage::Offered => {
                self.withdraw_item_offers(interaction);
                self.leave_queue(interaction, QueueOutcome::Abandoned);
                self.item_ended(interaction, Outcome::Abandoned, Cause::Normal, Party::Customer);
            }
        }
    }

    /// The queue that it waits in is gone, and nothing says where else it is to go.
    pub(crate) fn item_without_queue(&mut self, interaction: InteractionId) {
        self.withdraw_item_offers(interaction);
        self.leave_queue(interaction, QueueOutcome::Overflowed);
        self.item_ended(interaction, Outcome::Refused, Cause::Unavailable, Party::System);
    }

    fn item_ended(&mut self, interaction: InteractionId, outcome: Outcome, cause: Cause, by: Party) {
        let Some(item) = self.items.remove(&interaction) else { return };
        let outcome = if item.served { Outcome::Answered } else { outcome };
        self.timers.cancel(Timer::ItemOffer(interaction));
        self.journal(Some(interaction), None, Event::InteractionEnded { outcome, cause, by });
        self.push(Output::Forget { interaction, cause });
        self.floor_changed();
    }
}
