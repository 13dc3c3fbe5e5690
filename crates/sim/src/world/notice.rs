//! People notice what was decided, and do what they do: agents who are offered something, callers who wait, talk, speak a
//! message and are called back.

use perezvon_model::engine::{AgentCommand, Input};
use perezvon_model::journal::{Entry, Event, Topic};
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::{Device, InteractionId, LegId, OfferId, Presence, UserId, UtcMs};

use super::agenda::Deed;
use super::carrier::LegOf;
use super::people::{Carried, Conversation, Owed, People, Reaction, Shown, Speaks, TalkDeed};
use super::{Contact, World};
use crate::engine::Engine;

impl<E: Engine, P: People> World<E, P> {
    /// What people see and hear of what was decided.
    pub(super) fn notice(&mut self, entry: &Entry) {
        if let Event::AgentState { agent, presence: Presence::Break { reason }, .. } = &entry.event
            && let Some(after_ms) = self.people.returns(*agent, reason)
        {
            let command = AgentCommand::SetPresence { presence: Presence::Ready };
            self.agenda.write(self.now + after_ms, Deed::Command { agent: *agent, command });
        }
        let Some(interaction) = entry.interaction else { return };
        match entry.event.topic() {
            Topic::Line => {
                if let Event::Queued { .. } = entry.event {
                    self.waits(interaction);
                }
            }
            Topic::Offer => self.offer_changes(interaction, &entry.event),
            Topic::Conversation => self.talk_changes(interaction, &entry.event),
            Topic::Callback => {
                if let Event::CallbackPromised { .. } = entry.event {
                    self.is_promised(interaction);
                } else if let Event::CallbackDialled { .. } = entry.event {
                    self.is_dialled(interaction);
                }
            }
            Topic::Recording => {
                if let Event::MessageStarted = entry.event {
                    self.speaks(interaction);
                }
            }
            Topic::Interaction => {
                if let Event::PartyConnected { .. } = entry.event {
                    self.outside_answers(interaction);
                }
            }
            Topic::AfterCall => {
                if let Event::WrapUpStarted { agent, .. } = entry.event {
                    self.wraps_up(interaction, agent);
                }
            }
            Topic::Agent => {}
        }
    }

    fn offer_changes(&mut self, interaction: InteractionId, event: &Event) {
        if let Event::Offered { offer, agent, device, .. } = event {
            if let Some(contact) = self.contacts.get_mut(&interaction) {
                contact.offered.push((*agent, *offer));
            }
            self.offered(*offer, Shown { agent: *agent, device: *device, interaction });
        }
        if let Event::OfferEnded { offer, .. } = event
            && let Some(contact) = self.contacts.get_mut(&interaction)
        {
            contact.offered.retain(|(_, of)| of != offer);
        }
    }

    fn talk_changes(&mut self, interaction: InteractionId, event: &Event) {
        if let Event::AgentConnected { agent, device, .. } = event {
            self.talk_begins(*agent, *device, interaction);
        }
        if let Event::AgentDisconnected { .. } = event
            && let Some(contact) = self.contacts.get_mut(&interaction)
        {
            contact.talking = None;
        }
    }

    fn wraps_up(&mut self, interaction: InteractionId, agent: UserId) {
        let Some(contact) = self.contacts.get(&interaction) else { return };
        for (after_ms, command) in self.people.wraps_up(agent, interaction, &contact.arrival.caller) {
            self.agenda.write(self.now + after_ms, Deed::Command { agent, command });
        }
    }

    /// The customer hears the last words, hangs up and may call in again.
    fn is_promised(&mut self, interaction: InteractionId) {
        let after = self.people.promised(self.now);
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        contact.waiting = false;
        contact.wait += 1;
        if let Some(ms) = after.hangs_up_ms {
            self.agenda.write(self.now + ms, Deed::HangsUp(contact.leg));
        }
        if let Some(ms) = after.calls_again_ms {
            self.agenda.write(self.now + ms, Deed::CallsAgain(Box::new(contact.arrival.clone())));
        }
    }

    /// The next leg is the customer's; the agent who took it waits, or does not.
    fn is_dialled(&mut self, interaction: InteractionId) {
        self.calls_back = Some(interaction);
        let Some(&(agent, offer)) = self.contacts.get(&interaction).and_then(|of| of.offered.first()) else {
            return;
        };
        let Some(after_ms) = self.people.tires_of_dialling(agent) else { return };
        let phone = self.legs.iter().find(|(_, leg)| leg.of == LegOf::Phone(agent)).map(|(leg, _)| *leg);
        let input = match phone {
            Some(leg) => Input::Leg { leg, event: LegEvent::Ended { cause: Cause::Normal } },
            None => self.command(agent, AgentCommand::Decline { offer }),
        };
        self.agenda.write(self.now + after_ms, Deed::Reaches(input));
    }

    /// A customer who was dialled answers: from now on this is the leg.
    pub(super) fn customer_is_back(&mut self, leg: LegId) {
        if let Some(LegOf::Back(interaction)) = self.legs.get(&leg).map(|leg| leg.of)
            && let Some(contact) = self.contacts.get_mut(&interaction)
        {
            contact.leg = leg;
        }
    }

    fn speaks(&mut self, interaction: InteractionId) {
        let Some(leg) = self.contacts.get(&interaction).map(|contact| contact.leg) else { return };
        let (ms, deed) = match self.people.speaks(self.now) {
            Speaks::ThenHash { ms } => (ms, Deed::PressesOn(leg, '#')),
            Speaks::ThenHangsUp { ms } => (ms, Deed::HangsUp(leg)),
            Speaks::OnAndOn => return,
        };
        self.agenda.write(self.now + ms, deed);
    }

    /// A promise from before the start; the customer is on no leg.
    pub(super) fn owe(&mut self, owed: Owed) -> Input {
        let Owed { mut owed, arrival } = owed;
        owed.interaction = InteractionId(self.number());
        let leg = LegId(self.number());
        self.contacts.insert(owed.interaction, Contact::of(leg, arrival));
        Input::CallbackOwed(owed)
    }

    fn outside_answers(&mut self, interaction: InteractionId) {
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        contact.waiting = false;
        contact.wait += 1;
        contact.talks += 1;
        let (leg, talk_ms) = (contact.leg, contact.arrival.caller.talk_ms);
        self.leg_event(talk_ms, Carried::Ended, leg, LegEvent::Ended { cause: Cause::Normal });
    }

    fn waits(&mut self, interaction: InteractionId) {
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        if !std::mem::replace(&mut contact.waiting, true) {
            contact.wait += 1;
            if let Some(patience_ms) = contact.arrival.caller.patience_ms {
                let deed = Deed::GivesUp { interaction, wait: contact.wait };
                self.agenda.write(self.now + patience_ms, deed);
            }
        }
    }

    fn offered(&mut self, offer: OfferId, shown: Shown) {
        let reaction = self.people.offered(self.now, shown);
        let Shown { agent, device, .. } = shown;
        if let Reaction::Lost { after_ms, back_ms } = reaction {
            self.cut_off(agent, device, self.now + after_ms, back_ms);
        }
        if device == Device::Phone {
            self.phones.insert(agent, reaction);
            return;
        }
        let (after_ms, command) = match reaction {
            Reaction::Accepts { after_ms } => (after_ms, AgentCommand::Accept { offer }),
            Reaction::Declines { after_ms } => (after_ms, AgentCommand::Decline { offer }),
            Reaction::Ignores
            | Reaction::Busy
            | Reaction::Unreachable
            | Reaction::Silent
            | Reaction::Interrupted { .. }
            | Reaction::Lost { .. } => return,
        };
        let input = self.command(agent, command);
        self.carry(after_ms, Carried::Command, input);
    }

    fn cut_off(&mut self, agent: UserId, device: Device, at: UtcMs, back_ms: i64) {
        for (at, connected) in [(at, false), (at + back_ms, true)] {
            self.agenda.write(at, Deed::Device { agent, device, connected });
            self.agenda.write(at, Deed::Desk { agent, connected });
        }
    }

    fn talk_begins(&mut self, agent: UserId, device: Device, interaction: InteractionId) {
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        (contact.waiting, contact.talking) = (false, Some(agent));
        contact.wait += 1;
        contact.talks += 1;
        let number = contact.talks;
        let talk = Conversation { agent, device, interaction, caller: &contact.arrival.caller, number };
        let mut deeds = self.people.talks(talk);
        deeds.push((contact.arrival.caller.talk_ms, TalkDeed::CallerHangsUp));
        for (after_ms, deed) in deeds {
            let deed = Deed::InTalk { agent, interaction, number, deed };
            self.agenda.write(self.now + after_ms, deed);
        }
    }
}
