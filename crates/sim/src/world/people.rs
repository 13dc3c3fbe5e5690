//! Who comes, and how people and their devices behave: given to the world from outside, from real days or from a seed.

use perezvon_model::engine::{AgentCommand, OwedCallback, Question, Reply};
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

/// A call that was promised before the start, and to whom.
#[derive(Clone, Debug)]
pub struct Owed {
    pub owed: OwedCallback,
    /// How the customer calls in again; its number is the one promised.
    pub arrival: Arrival,
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
    /// The dialling is broken off, by no fault of theirs.
    Interrupted {
        after_ms: i64,
    },
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

/// What a customer does who was promised a call, each so many milliseconds after the promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AfterPromise {
    /// Hangs up during the last words; otherwise they are heard to the end.
    pub hangs_up_ms: Option<i64>,
    /// Calls in again.
    pub calls_again_ms: Option<i64>,
}

/// How a customer takes a call that was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakesCall {
    /// As whoever is called; nobody is lost by it.
    pub reaction: Reaction,
    /// Hangs up so long after the answer, whatever comes.
    pub stays_ms: Option<i64>,
}

/// How a message ends, so many milliseconds after the tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// The hash key is pressed.
    ThenHash {
        ms: i64,
    },
    ThenHangsUp {
        ms: i64,
    },
    /// Until it is cut off.
    OnAndOn,
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

    /// How a customer takes a call that was promised.
    fn called_back(&mut self, now: UtcMs) -> TakesCall;

    /// After how long a caller who hears the offer of a callback presses the digit; `None` for never.
    fn wants_callback(&mut self, now: UtcMs) -> Option<i64>;

    /// What a customer does who was promised a call.
    fn promised(&mut self, now: UtcMs) -> AfterPromise;

    /// After how long an agent who took a callback gives up while the customer is dialled; `None` for never.
    fn tires_of_dialling(&mut self, agent: UserId) -> Option<i64>;

    /// After how long a caller who hears how to speak a message presses the hash key; `None` for hearing it to the end.
    fn skips_to_message(&mut self, now: UtcMs) -> Option<i64>;

    /// How a caller speaks a message.
    fn speaks(&mut self, now: UtcMs) -> Speaks;

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
    fn answers(&mut self, now: UtcMs, question: &Question) -> (i64, Reply);

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

    fn called_back(&mut self, _now: UtcMs) -> TakesCall {
        TakesCall { reaction: Reaction::Accepts { after_ms: self.accept_ms }, stays_ms: None }
    }

    fn wants_callback(&mut self, _now: UtcMs) -> Option<i64> {
        None
    }

    fn promised(&mut self, _now: UtcMs) -> AfterPromise {
        AfterPromise::default()
    }

    fn tires_of_dialling(&mut self, _agent: UserId) -> Option<i64> {
        None
    }

    fn skips_to_message(&mut self, _now: UtcMs) -> Option<i64> {
        None
    }

    fn speaks(&mut self, _now: UtcMs) -> Speaks {
        Speaks::ThenHangsUp { ms: 10_000 }
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

    fn answers(&mut self, _now: UtcMs, _question: &Question) -> (i64, Reply) {
        (0, Reply::Failed)
    }

    fn carries(&mut self, _now: UtcMs, _what: Carried) -> Carriage {
        Carriage::OnTime
    }
}
