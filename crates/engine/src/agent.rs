//! One agent: the seat (what was chosen) and the work (what is being done), of which there is one at a time.

use perezvon_acd::{Readiness, Seat, Standing};
use perezvon_model::view::InteractionView;
use perezvon_model::{
    Activity, Channel, Device, DispositionId, InteractionId, LegId, OfferId, Presence, QueueId, UtcMs,
};

use crate::today::{AgentToday, AtWork};

#[derive(Debug)]
pub(crate) struct Agent {
    pub name: String,
    pub queues: Vec<QueueId>,
    pub seat: Seat,
    /// The device that the configuration names; the agent may have taken another since.
    pub configured_device: Device,
    pub desk: Desk,
    pub work: Work,
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
            Work::Idle => Activity::Idle,
            Work::Offer(Ringing { phase: RingPhase::Reserved, .. }) => Activity::Reserved,
            Work::Offer(_) => Activity::Ringing,
            Work::Talk(talk) if talk.held_since.is_some() => Activity::Hold,
            Work::Talk(_) => Activity::Talking,
            Work::WrapUp(_) => Activity::WrapUp,
        }
    }

    /// Chose ready and can be reached.
    pub fn is_reachable(&self) -> bool {
        self.employment == Employment::Member
            && self.seat.is_ready()
            && self.seat.readiness() == Readiness::Usable
    }

    pub fn counts_as(&self) -> Counted {
        match (&self.work, self.seat.presence()) {
            (Work::Idle, Presence::Ready) => Counted::Idle,
            (Work::Idle, Presence::Break { .. }) => Counted::OnBreak,
            (Work::Idle, Presence::Offline) => Counted::Out,
            (Work::Offer(_) | Work::Talk(_) | Work::WrapUp(_), _) => Counted::Busy,
        }
    }

    /// As what the distributor is to know the agent.
    pub fn standing(&self) -> Standing {
        let free = self.is_reachable() && matches!(self.work, Work::Idle);
        Standing {
            signed_in: self.employment == Employment::Member && *self.seat.presence() != Presence::Offline,
            ready: self.is_reachable(),
            open: free.then_some(Channel::Voice).into_iter().collect(),
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
