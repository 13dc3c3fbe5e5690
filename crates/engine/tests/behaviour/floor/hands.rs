//! What callers and agents do, said as in a story.

use super::*;

pub struct CallerHand<'a> {
    pub(super) floor: &'a mut Floor,
    pub(super) name: String,
}

impl CallerHand<'_> {
    /// Rings in on the number of a flow.
    pub fn arrives_at(self, flow: &str) {
        self.floor.names += 1;
        let number = self.floor.names;
        let interaction: InteractionId = id(&format!("interaction {number}"));
        let leg: LegId = id(&format!("leg {number}"));
        self.floor.callers.insert(self.name.clone(), (interaction, leg));
        let shown = self.name.clone();
        self.floor.input(Input::CallArrived {
            interaction,
            leg,
            trunk: Some(id::<TrunkId>("trunk")),
            from: CallerId { number: E164::from_canonical(&shown), shown, name: String::new() },
            to: "+74950000001".into(),
            flow: id::<FlowId>(flow),
            language: Language::Ru,
        });
    }

    pub fn leg(&self) -> LegId {
        self.floor.callers[&self.name].1
    }

    pub fn interaction(&self) -> InteractionId {
        self.floor.callers[&self.name].0
    }

    pub fn presses(self, digits: &str) {
        let leg = self.leg();
        for digit in digits.chars() {
            self.floor.leg_event(leg, LegEvent::Digit { digit });
        }
    }

    /// Hears what plays to its end.
    pub fn listens(self) {
        let leg = self.leg();
        let (play, _) = self.floor.playing.remove(&leg).expect("something plays");
        self.floor.leg_event(leg, LegEvent::PlayDone { play });
    }

    pub fn listens_if_any(self) {
        let leg = self.leg();
        // Music has no end.
        if self.floor.playing.get(&leg).is_some_and(|(_, prompts)| !prompts.contains(&Prompt::Music)) {
            self.listens();
        }
    }

    pub fn gets_card_if_asked(self) {
        let interaction = self.interaction();
        if self.floor.asks.contains_key(&interaction) {
            let yesterday = UtcMs(self.floor.now.0 - 80_000_000);
            self.gets_card_of("Ivan", Some("anna"), Some(("boris", yesterday)));
        }
    }

    pub fn hangs_up(self) {
        let leg = self.leg();
        self.floor.leg_event(leg, LegEvent::Ended { cause: Cause::Normal });
    }

    pub fn holds_us(self, on: bool) {
        let leg = self.leg();
        self.floor.leg_event(leg, LegEvent::HeldByPeer { on });
    }

    /// The look-up answers with a card of this name.
    pub fn gets_card(self, name: &str) {
        self.gets_card_of(name, None, None);
    }

    /// The same; the card names the customer's own agent, or the one of the last conversation and when that was.
    pub fn gets_card_of(self, name: &str, owner: Option<&str>, last: Option<(&str, UtcMs)>) {
        let interaction = self.interaction();
        let ask = self.floor.asks[&interaction];
        let card = Arc::new(CustomerCard {
            id: id::<CustomerId>(name),
            name: name.into(),
            company: "Romashka".into(),
            numbers: vec![E164::from_canonical("+74950000009").expect("canonical")],
            fields: vec![CustomerField { name: "contract".into(), value: "48-1120".into() }],
            note: "Calls on Mondays".into(),
            recent: Vec::new(),
            owner: owner.map(id::<UserId>),
            last_agent: last.map(|(agent, at)| LastAgent { agent: id::<UserId>(agent), at }),
            version: 1,
            is_new: false,
        });
        self.floor.input(Input::Reply { ask, reply: Reply::Customer { card } });
    }
}

pub struct AgentHand<'a> {
    pub(super) floor: &'a mut Floor,
    pub id: UserId,
}

impl AgentHand<'_> {
    pub fn command(self, command: AgentCommand) -> Result<(), CommandRefused> {
        let request: RequestId = id("request");
        let outputs = self.floor.input(Input::Agent { agent: self.id, request, command });
        let mut answers = outputs.into_iter().filter_map(|output| match output {
            Output::Answer { request: of, result } if of == request => Some(result),
            _ => None,
        });
        let answer = answers.next().expect("every command is answered");
        assert!(answers.next().is_none(), "a command is answered once");
        answer
    }

    fn view(&self) -> DeskView {
        self.floor.tenant.desk(self.floor.now, self.id).expect("the agent exists")
    }

    pub fn offer(&self) -> OfferId {
        self.view().offer.expect("the agent is being offered a call").offer
    }

    /// The conversation, or what the wrap-up is about.
    pub fn interaction(&self) -> InteractionId {
        let view = self.view();
        let about = view.call.map(|call| call.about).or(view.wrap_up.map(|wrap_up| wrap_up.about));
        about.expect("the agent has a conversation or a wrap-up").interaction
    }

    pub fn becomes_ready(self) {
        self.command(AgentCommand::SetPresence { presence: Presence::Ready }).expect("may be ready");
    }

    pub fn takes_break(self, reason: &str) {
        let presence = Presence::Break { reason: reason.into() };
        self.command(AgentCommand::SetPresence { presence }).expect("may take a break");
    }

    pub fn accepts(self) {
        let offer = self.offer();
        self.command(AgentCommand::Accept { offer }).expect("may accept");
    }

    pub fn declines(self) {
        let offer = self.offer();
        self.command(AgentCommand::Decline { offer }).expect("may decline");
    }

    pub fn hangs_up(self) {
        let interaction = self.interaction();
        self.command(AgentCommand::HangUp { interaction }).expect("may hang up");
    }

    pub fn holds(self, on: bool) {
        let interaction = self.interaction();
        self.command(AgentCommand::Hold { interaction, on }).expect("may hold");
    }

    pub fn passes_to_queue(self, queue: &str) -> Result<(), CommandRefused> {
        let interaction = self.interaction();
        let to = TransferTarget::Queue { queue: id::<QueueId>(queue) };
        self.command(AgentCommand::Transfer { interaction, to })
    }

    pub fn passes_to_agent(self, agent: &str) -> Result<(), CommandRefused> {
        let interaction = self.interaction();
        let to = TransferTarget::Agent { agent: id::<UserId>(agent) };
        self.command(AgentCommand::Transfer { interaction, to })
    }

    pub fn notes(self, note: &str) {
        let interaction = self.interaction();
        let note = note.to_owned();
        let command = AgentCommand::WrapUp { interaction, disposition: None, note, finish: false };
        self.command(command).expect("may note");
    }

    pub fn finishes(self) {
        let interaction = self.interaction();
        let note = self.view().wrap_up.map(|wrap_up| wrap_up.note).unwrap_or_default();
        let command = AgentCommand::WrapUp { interaction, disposition: None, note, finish: true };
        self.command(command).expect("may finish");
    }

    /// The leg dialled for this agent.
    pub fn leg(&self) -> LegId {
        self.floor.agent_legs[&self.id]
    }

    pub fn leg_event(self, event: LegEvent) {
        let leg = self.leg();
        self.floor.leg_event(leg, event);
    }

    pub fn device(self, device: Device, connected: bool) {
        self.floor.input(Input::DeviceChanged { agent: self.id, device, connected });
    }

    pub fn desk(self, connected: bool) {
        self.floor.input(Input::DeskChanged { agent: self.id, connected });
    }
}
