//! What is going to happen, in the order of time; equal times in the order in which they were written down.

use perezvon_model::config::TenantConfig;
use perezvon_model::engine::{AgentCommand, Input};
use perezvon_model::{Device, InteractionId, LegId, UserId, UtcMs};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::people::{Arrival, Owed, TalkDeed};

/// One thing that is going to happen.
#[derive(Clone, Debug)]
pub enum Deed {
    /// The whole configuration takes effect.
    Configure(Arc<TenantConfig>),
    Command {
        agent: UserId,
        command: AgentCommand,
    },
    Device {
        agent: UserId,
        device: Device,
        connected: bool,
    },
    Desk {
        agent: UserId,
        connected: bool,
    },
    /// The clock is set forward, or back where it is negative.
    Clock {
        ms: i64,
    },
    /// The server stops.
    Stop,
    Arrives(Box<Arrival>),
    /// A customer calls in once more.
    CallsAgain(Box<Arrival>),
    /// A promise of a call from before the start.
    Owes(Box<Owed>),
    /// A customer who is still on this leg hangs up.
    HangsUp(LegId),
    /// A digit on this leg, if the customer is still there.
    PressesOn(LegId, char),
    Presses {
        interaction: InteractionId,
        digit: char,
    },
    /// The caller's patience ends, if it is still this wait.
    GivesUp {
        interaction: InteractionId,
        wait: u32,
    },
    /// The caller hangs up unless there was a conversation.
    Leaves {
        interaction: InteractionId,
    },
    InTalk {
        agent: UserId,
        interaction: InteractionId,
        number: u32,
        deed: TalkDeed,
    },
    /// Something reaches the engine as it is.
    Reaches(Input),
}

struct Due {
    at: UtcMs,
    number: u64,
    deed: Deed,
}

impl Due {
    fn order(&self) -> (UtcMs, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

#[derive(Default)]
pub(super) struct Agenda {
    due: BinaryHeap<Reverse<Due>>,
    written: u64,
}

impl Agenda {
    pub fn write(&mut self, at: UtcMs, deed: Deed) {
        self.written += 1;
        self.due.push(Reverse(Due { at, number: self.written, deed }));
    }

    pub fn next_at(&self) -> Option<UtcMs> {
        self.due.peek().map(|Reverse(due)| due.at)
    }

    pub fn pop(&mut self) -> Option<Deed> {
        self.due.pop().map(|Reverse(due)| due.deed)
    }
}
