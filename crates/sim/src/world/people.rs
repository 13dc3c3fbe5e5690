//! Who comes, and how people and their devices behave: given to the world from outside, from real days or from a seed.

use perezvon_model::engine::{AgentCommand, Question, Reply};
use perezvon_model::leg::LegEvent;
use perezvon_model::prompt::Language;
use perezvon_model::{Device, FlowId, InteractionId, TrunkId, UserId, UtcMs};

/// Somebody who calls.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub at: UtcMs,
    /// The number shown in E.164, or any other text for a caller who shows none.
    pub from: String,
    pub to: String,
    pub trunk: Option<TrunkId>,
    pub flow: FlowId,
    pub language: Language,
    pub caller: Caller,
}

/// What a caller brings along.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// How long the caller waits in queues before hanging up, from the first queue or the last conversation on.
    pub patience_ms: Option<i64>,
    /// How long the caller stays at all before the first conversation, wherever that is.
    pub stays_ms: Option<i64>,
    /// How long each conversation takes.
    pub talk_ms: i64,
    /// The after-call work that the conversation makes, where the queue leaves it to the agent.
    pub wrap_up_ms: i64,
    /// Digits, and how long after arriving each is pressed.
    pub presses: Vec<(i64, char)>,
}

/// An offer as the agent sees it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub agent: UserId,
    pub device: Device,
    pub interaction: InteractionId,
}

/// What comes of an offer, or of a call to somebody outside. Times are from the offer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    Accepts {
        after_ms: i64,
    },
    Declines {
        after_ms: i64,
    },
    /// It rings until it is taken away.
    Ignores,
    /// The phone is engaged.
    Busy,
    /// The phone is registered and not there.
    Unreachable,
    /// Neither ringing nor an answer is ever heard of.
    Silent,
    /// Browser, phone and desk are cut off while it rings, and come back.
    Lost {
        after_ms: i64,
        back_ms: i64,
    },
}

/// A conversation that begins.
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    pub agent: UserId,
    pub device: Device,
    pub interaction: InteractionId,
    pub caller: &'a Caller,
    /// 1 for the first of this caller.
    pub number: u32,
}

/// What happens in a conversation, if it still goes on by then.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkDeed {
    CallerHangsUp,
    Caller(LegEvent),
    Agent(AgentCommand),
    AgentLeg(LegEvent),
}

/// What the carrier and the shell bring to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carried {
    PlayDone,
    Ringing,
    BrowserAnswered,
    PhoneAnswered,
    OutsideAnswered,
    Ended,
    Reply,
    Sealed,
    Command,
    Wake,
}

/// What becomes of it on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    OnTime,
    Late { ms: i64 },
    Twice { ms: i64 },
    Lost,
}

/// How everybody behaves. What a caller brings along is in [`Caller`]; this is the rest.
pub trait People {
    fn offered(&mut self, now: UtcMs, offer: Shown) -> Reaction;

    /// What comes of a call to somebody outside.
    fn called_outside(&mut self, now: UtcMs) -> Reaction;

    /// What happens in a conversation, each so many milliseconds after its begin. Without an end here it ends when the
    /// caller has talked enough.
    fn talks(&mut self, talk: Conversation<'_>) -> Vec<(i64, TalkDeed)>;

    /// What the agent does in the after-call work, each so many milliseconds after its begin. Nothing leaves it to its
    /// time limit.
    fn wraps_up(
        &mut self,
        agent: UserId,
        interaction: InteractionId,
        caller: &Caller,
    ) -> Vec<(i64, AgentCommand)>;

    /// When an agent on a break that the system took is ready again; `None` for never.
    fn returns(&mut self, agent: UserId, reason: &str) -> Option<i64>;

    /// When a question is answered, and how.
    fn answers(&mut self, question: &Question) -> (i64, Reply);

    /// How something travels to the engine.
    fn carries(&mut self, now: UtcMs, what: Carried) -> Carriage;
}

/// The command that ends an after-call work.
pub fn finish(interaction: InteractionId) -> AgentCommand {
    AgentCommand::WrapUp { interaction, disposition: None, note: String::new(), finish: true }
}

/// People without surprises: every offer is accepted after the same time, conversations last as long as the caller
/// brings along, nothing is lost. For rehearsals and for comparisons with formulas.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steady {
    /// From the offer to the accept.
    pub accept_ms: i64,
}

impl People for Steady {
    fn offered(&mut self, _now: UtcMs, _offer: Shown) -> Reaction {
        Reaction::Accepts { after_ms: self.accept_ms }
    }

    fn called_outside(&mut self, _now: UtcMs) -> Reaction {
        Reaction::Accepts { after_ms: self.accept_ms }
    }

    fn talks(&mut self, _talk: Conversation<'_>) -> Vec<(i64, TalkDeed)> {
        Vec::new()
    }

    fn wraps_up(
        &mut self,
        _agent: UserId,
        interaction: InteractionId,
        caller: &Caller,
    ) -> Vec<(i64, AgentCommand)> {
        vec![(caller.wrap_up_ms, finish(interaction))]
    }

    fn returns(&mut self, _agent: UserId, _reason: &str) -> Option<i64> {
        Some(0)
    }

    fn answers(&mut self, _question: &Question) -> (i64, Reply) {
        (0, Reply::Failed)
    }

    fn carries(&mut self, _now: UtcMs, _what: Carried) -> Carriage {
        Carriage::OnTime
    }
}
