//! The ways on which interactions come, and how many of each an agent carries at once.

use serde::{Deserialize, Serialize};

#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    #[default]
    Voice,
    Chat,
    Mail,
}

impl Channel {
    pub const ALL: [Channel; 3] = [Channel::Voice, Channel::Chat, Channel::Mail];

    pub fn index(self) -> usize {
        match self {
            Channel::Voice => 0,
            Channel::Chat => 1,
            Channel::Mail => 2,
        }
    }
}

/// A set of channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels(u8);

impl Channels {
    pub const NONE: Channels = Channels(0);

    pub fn with(self, channel: Channel) -> Channels {
        Channels(self.0 | 1 << channel.index())
    }

    /// The channels of both.
    pub fn and(self, other: Channels) -> Channels {
        Channels(self.0 | other.0)
    }

    pub fn contains(self, channel: Channel) -> bool {
        self.0 >> channel.index() & 1 == 1
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The channels that this set has and the other has not.
    pub fn without(self, other: Channels) -> Channels {
        Channels(self.0 & !other.0)
    }

    /// This channel alone, if the set has it.
    pub fn only(self, channel: Channel) -> Channels {
        Channels(self.0 & 1 << channel.index())
    }

    pub fn iter(self) -> impl Iterator<Item = Channel> {
        Channel::ALL.into_iter().filter(move |channel| self.contains(*channel))
    }
}

impl FromIterator<Channel> for Channels {
    fn from_iter<I: IntoIterator<Item = Channel>>(channels: I) -> Channels {
        channels.into_iter().fold(Channels::NONE, Channels::with)
    }
}

/// The most units of a capacity.
pub const MAX_UNITS: u8 = 100;
/// The most units that one interaction costs.
pub const MAX_COST: u8 = 100;
/// The most interactions of one channel at once.
pub const MAX_OF_A_CHANNEL: u8 = 20;

/// What an agent carries at once: units in all, and for each channel what one interaction costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Capacity {
    /// 1 to 100.
    pub units: u8,
    pub voice: Share,
    pub chat: Share,
    pub mail: Share,
}

/// What interactions of one channel take of an agent's capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Share {
    /// Units that one interaction takes. 1 to 100.
    pub cost: u8,
    /// The most at once. 0 to 20; 0: none of this channel.
    pub most: u8,
    /// Channels whose interactions rest while one of this channel is up: what rests takes no units.
    pub interrupts: Vec<Channel>,
}

impl Capacity {
    pub fn share(&self, channel: Channel) -> &Share {
        match channel {
            Channel::Voice => &self.voice,
            Channel::Chat => &self.chat,
            Channel::Mail => &self.mail,
        }
    }
}

impl Capacity {
    /// Whether a channel interrupts one that, by others or at once, interrupts it: both would rest for ever.
    pub fn interrupts_in_a_ring(&self) -> bool {
        Channel::ALL.into_iter().any(|channel| {
            let mut reached = self.interrupted_by(Channels::NONE.with(channel));
            for _ in Channel::ALL {
                reached = reached.and(self.interrupted_by(reached));
            }
            reached.contains(channel)
        })
    }

    fn interrupted_by(&self, channels: Channels) -> Channels {
        channels.iter().flat_map(|channel| self.share(channel).interrupts.iter().copied()).collect()
    }
}

impl Default for Capacity {
    /// One call, or up to three chats, or one mail that a call or a chat may interrupt.
    fn default() -> Capacity {
        Capacity {
            units: 6,
            voice: Share { cost: 6, most: 1, interrupts: vec![Channel::Mail] },
            chat: Share { cost: 2, most: 3, interrupts: vec![Channel::Mail] },
            mail: Share { cost: 6, most: 1, interrupts: Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_interrupt_each_other_are_a_ring() {
        let mut capacity = Capacity::default();
        assert!(!capacity.interrupts_in_a_ring());
        capacity.mail.interrupts = vec![Channel::Voice];
        assert!(capacity.interrupts_in_a_ring(), "a call interrupts a mail");
        capacity.mail.interrupts = vec![Channel::Mail];
        assert!(capacity.interrupts_in_a_ring(), "itself");
        let mut round = Capacity::default();
        round.voice.interrupts = vec![Channel::Chat];
        round.chat.interrupts = vec![Channel::Mail];
        round.mail.interrupts = vec![Channel::Voice];
        assert!(round.interrupts_in_a_ring());
    }
}
