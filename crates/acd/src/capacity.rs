//! How much an agent carries at once, over all channels.

use perezvon_model::channel::{Capacity, Channel, Channels};

/// What an agent carries, wrap-ups included: a wrap-up keeps its place until it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    counts: [u8; Channel::ALL.len()],
}

impl Load {
    pub fn count(self, channel: Channel) -> u8 {
        self.counts[channel.index()]
    }

    pub fn takes(&mut self, channel: Channel) {
        let count = &mut self.counts[channel.index()];
        *count = count.saturating_add(1);
    }

    pub fn gives_back(&mut self, channel: Channel) {
        let count = &mut self.counts[channel.index()];
        *count = count.saturating_sub(1);
    }

    /// Channels of which one more may be offered. What the new one interrupts makes room for it; what another one has
    /// interrupted does not, since it goes on when that ends.
    pub fn room(self, capacity: &Capacity) -> Channels {
        Channel::ALL.into_iter().filter(|channel| self.has_room(capacity, *channel)).collect()
    }

    fn has_room(self, capacity: &Capacity, channel: Channel) -> bool {
        let share = capacity.share(channel);
        let stays = Channel::ALL.into_iter().filter(|other| !share.interrupts.contains(other));
        let used: u32 = stays.map(|other| self.units_of(capacity, other)).sum();
        self.count(channel) < share.most && used + u32::from(share.cost) <= u32::from(capacity.units)
    }

    /// Channels whose interactions rest, because one that interrupts them is up.
    pub fn resting(self, capacity: &Capacity) -> Channels {
        let up = Channel::ALL.into_iter().filter(|channel| self.count(*channel) > 0);
        up.flat_map(|channel| capacity.share(channel).interrupts.iter().copied()).collect()
    }

    /// Units in use: those of interactions that rest are not.
    pub fn used(self, capacity: &Capacity) -> u32 {
        let resting = self.resting(capacity);
        let awake = Channel::ALL.into_iter().filter(|channel| !resting.contains(*channel));
        awake.map(|channel| self.units_of(capacity, channel)).sum()
    }

    fn units_of(self, capacity: &Capacity, channel: Channel) -> u32 {
        u32::from(self.count(channel)) * u32::from(capacity.share(channel).cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_model::channel::Share;
    use proptest::prelude::*;

    fn load(channels: &[Channel]) -> Load {
        let mut load = Load::default();
        channels.iter().for_each(|channel| load.takes(*channel));
        load
    }

    fn room(channels: &[Channel]) -> Vec<Channel> {
        load(channels).room(&Capacity::default()).iter().collect()
    }

    #[test]
    fn by_default_an_agent_takes_one_call_or_three_chats_or_a_mail_that_both_interrupt() {
        use Channel::{Chat, Mail, Voice};
        assert_eq!(room(&[]), [Voice, Chat, Mail]);
        assert_eq!(room(&[Voice]), []);
        assert_eq!(room(&[Chat, Chat]), [Chat]);
        assert_eq!(room(&[Chat, Chat, Chat]), []);
        assert_eq!(room(&[Mail]), [Voice, Chat]);
        assert_eq!(room(&[Mail, Chat]), [Chat]);
        assert_eq!(room(&[Mail, Voice]), []);
    }

    #[test]
    fn what_is_interrupted_rests_and_takes_no_units_until_it_goes_on() {
        use Channel::{Mail, Voice};
        let capacity = Capacity::default();
        let mut both = load(&[Mail, Voice]);
        assert_eq!(
            (both.resting(&capacity).iter().collect::<Vec<_>>(), both.used(&capacity)),
            (vec![Mail], 6)
        );
        both.gives_back(Voice);
        assert_eq!((both.resting(&capacity).iter().count(), both.used(&capacity)), (0, 6));
    }

    #[test]
    fn a_channel_of_which_none_may_be_has_no_room() {
        let mut capacity = Capacity::default();
        capacity.chat.most = 0;
        assert!(!Load::default().room(&capacity).contains(Channel::Chat));
    }

    fn share() -> impl Strategy<Value = Share> {
        (1u8..10, 0u8..5, 0usize..8).prop_map(|(cost, most, bits)| Share {
            cost,
            most,
            interrupts: Channel::ALL.into_iter().filter(|channel| bits >> channel.index() & 1 == 1).collect(),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Nothing interrupts in a ring: what rests would never go on.
        #[test]
        fn units_and_counts_stay_within_their_limits_whatever_comes_and_goes(
            units in 1u8..20,
            shares in (share(), share(), share()),
            steps in prop::collection::vec((0usize..3, any::<bool>()), 1..60),
        ) {
            let (mut voice, mut chat, mut mail) = shares;
            voice.interrupts.retain(|of| *of != Channel::Voice);
            chat.interrupts.retain(|of| *of == Channel::Mail);
            mail.interrupts.clear();
            let capacity = Capacity { units, voice, chat, mail };
            let (mut load, mut up) = (Load::default(), Vec::new());
            for (which, comes) in steps {
                let channel = Channel::ALL[which];
                if comes && load.room(&capacity).contains(channel) {
                    load.takes(channel);
                    up.push(channel);
                } else if !comes && let Some(at) = up.iter().position(|of| *of == channel) {
                    up.remove(at);
                    load.gives_back(channel);
                }
                prop_assert!(load.used(&capacity) <= u32::from(units), "{load:?} of {capacity:?}");
                for channel in Channel::ALL {
                    prop_assert!(load.count(channel) <= capacity.share(channel).most);
                    prop_assert_eq!(usize::from(load.count(channel)), up.iter().filter(|of| **of == channel).count());
                }
            }
        }
    }
}
