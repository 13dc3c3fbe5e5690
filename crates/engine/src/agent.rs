//! One agent: the seat (what was chosen) and the work (what is being done): one call at a time, and chats and mails as
//! the capacity allows.

use perezvon_acd::{Readiness, Seat, Standing};
use perezvon_model::channel::Capacity;
use perezvon_model::view::InteractionView;
use perezvon_model::{
    Activity, Device, DispositionId, InteractionId, LegId, OfferId, Presence, QueueId, UtcMs,
};

use crate::item::{Phase, Session};
use crate::today::{AgentToday, AtWork};

#[derive(Debug)]
pub(crate) struct Agent {
    pub name: String,
    pub queues: Vec<QueueId>,
    pub seat: Seat,
    /// The device that the configuration names; the agent may have taken another since.
    pub configured_device: Device,
    pub desk: Desk,
    /// The one call.
    pub work: Work,
    /// Chats and mails beside it.
    pub sessions: Vec<Session>,
    pub capacity: Capacity,
    /// When presence or activity last changed.
    pub since: UtcMs,
    /// What the journal was told last.
    pub told: (Presence, Activity, Device),
    pub counted: Counted,
    pub missed: Missed,
    pub today: AgentToday,
    /// Up to the last change of presence or activity.
    pub at_work: AtWork,
    pub employment: Employment,
}

/// Whether the configuration still has the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Employment {
    Member,
    /// Removed while at work: goes when the work is done.
    Leaving,
}

/// The agent's desk sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Desk {
    NeverCame,
    Open,
    GoneSince(UtcMs),
}

/// As what the agent is counted in the queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Out,
    Idle,
    Busy,
    OnBreak,
}

#[derive(Debug)]
pub(crate) enum Work {
    Idle,
    Offer(Ringing),
    Talk(Talk),
    WrapUp(WrappingUp),
}

#[derive(Debug)]
pub(crate) struct Ringing {
    pub offer: OfferId,
    pub interaction: InteractionId,
    pub queue: Option<QueueId>,
    pub device: Device,
    pub leg: Option<LegId>,
    pub phase: RingPhase,
    pub offered_at: UtcMs,
    pub deadline: UtcMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RingPhase {
    /// The phone is dialled and does not ring yet.
    Reserved,
    Ringing,
    /// Accepted at the desk; the browser's leg is being joined.
    Connecting {
        accepted_at: UtcMs,
    },
    /// The agent is there, and the customer is being called back.
    CallsBack {
        accepted_at: UtcMs,
    },
}

#[derive(Debug)]
pub(crate) struct Talk {
    pub interaction: InteractionId,
    pub leg: LegId,
    pub queue: Option<QueueId>,
    pub connected_at: UtcMs,
    /// Held by the button of the desk.
    pub desk_hold: Option<UtcMs>,
    /// Held by the desk phone.
    pub phone_hold: Option<UtcMs>,
    /// Since when any of the two holds.
    pub held_since: Option<UtcMs>,
    /// Holds that are over.
    pub held_ms: i64,
    pub microphone: Microphone,
    pub sound: Sound,
    /// Set while the agent's media is lost: when the call is given up.
    pub lost_until: Option<UtcMs>,
    pub wrap_up: AfterTalk,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Microphone {
    Open,
    Muted,
}

/// Whether agent and customer hear each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    Joined,
    Apart,
}

/// What follows the conversation, where the queue leaves it to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterTalk {
    Nothing,
    WrapUp,
}

#[derive(Debug)]
pub(crate) struct WrappingUp {
    pub interaction: InteractionId,
    pub queue: Option<QueueId>,
    pub about: InteractionView,
    pub started_at: UtcMs,
    pub deadline: UtcMs,
    /// By how much it may be extended, until it was.
    pub extension_ms: Option<i64>,
    pub talk_ms: i64,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

/// Offers in a row that came to nothing, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Missed {
    pub declined: u8,
    pub no_answer: u8,
    pub busy: u8,
    pub unreachable: u8,
}

impl Agent {
    pub fn activity(&self) -> Activity {
        match &self.work {
            Work::Idle => self.activity_of_items(),
            Work::Offer(Ringing { phase: RingPhase::Reserved, .. }) => Activity::Reserved,
            Work::Offer(_) => Activity::Ringing,
            Work::Talk(talk) if talk.held_since.is_some() => Activity::Hold,
            Work::Talk(_) => Activity::Talking,
            Work::WrapUp(_) => Activity::WrapUp,
        }
    }

    fn activity_of_items(&self) -> Activity {
        let phases = || self.sessions.iter().map(|session| &session.phase);
        if phases().any(|phase| matches!(phase, Phase::Offered { .. })) {
            Activity::Ringing
        } else if phases().any(|phase| matches!(phase, Phase::AtHand(_))) {
            Activity::Talking
        } else if self.sessions.is_empty() {
            Activity::Idle
        } else {
            Activity::WrapUp
        }
    }

    pub fn has_nothing_to_do(&self) -> bool {
        matches!(self.work, Work::Idle) && self.sessions.is_empty()
    }

    /// Chose ready and can be reached.
    pub fn is_reachable(&self) -> bool {
        self.employment == Employment::Member
            && self.seat.is_ready()
            && self.seat.readiness() == Readiness::Usable
    }

    pub fn counts_as(&self) -> Counted {
        if !self.has_nothing_to_do() {
            return Counted::Busy;
        }
        match self.seat.presence() {
            Presence::Ready => Counted::Idle,
            Presence::Break { .. } => Counted::OnBreak,
            Presence::Offline => Counted::Out,
        }
    }

    /// As what the distributor is to know the agent.
    pub fn standing(&self) -> Standing {
        Standing {
            signed_in: self.employment == Employment::Member && *self.seat.presence() != Presence::Offline,
            ready: self.is_reachable(),
            open: self.room(),
            idle_since: self.seat.idle_since(),
            handled: self.today.handled,
            occupancy: self.at_work.occupancy(),
        }
    }

    pub fn rings_until(&self) -> Option<UtcMs> {
        match &self.work {
            Work::Offer(ringing) => Some(ringing.deadline),
            Work::Idle | Work::Talk(_) | Work::WrapUp(_) => None,
        }
    }

    pub fn talk(&mut self) -> Option<&mut Talk> {
        match &mut self.work {
            Work::Talk(talk) => Some(talk),
            Work::Idle | Work::Offer(_) | Work::WrapUp(_) => None,
        }
    }

    pub fn ringing(&mut self) -> Option<&mut Ringing> {
        match &mut self.work {
            Work::Offer(ringing) => Some(ringing),
            Work::Idle | Work::Talk(_) | Work::WrapUp(_) => None,
        }
    }
}
