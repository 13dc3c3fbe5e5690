//! Deadlines in the order in which they come.

use perezvon_model::{AskId, InteractionId, QueueId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};

/// What a deadline is for; each is armed at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The flow waits for a digit or the end of a prompt.
    Flow(InteractionId),
    /// The next announcement.
    Announce(InteractionId),
    /// Whether the caller goes elsewhere is looked at again.
    Overflow(InteractionId),
    /// The longest wait in the queue.
    QueueLimit(InteractionId),
    /// The outside party must have answered.
    Outside(InteractionId),
    /// The good-bye must be over.
    Parting(InteractionId),
    /// The answer to a question must have come.
    Ask(AskId),
    /// The offer must be accepted, and then connected.
    Offer(UserId),
    /// The agent's lost media must be back.
    Lost(UserId),
    WrapUp(UserId),
    /// The offer of a chat or a mail must be accepted.
    ItemOffer(InteractionId),
    /// The wrap-up after it.
    ItemWrapUp(UserId, InteractionId),
    /// The agent's desk must be back.
    DeskGone(UserId),
    /// The ready agent's device must be back.
    DeviceGone(UserId),
    /// The distributor looks again: a step of relaxing is due, a hold ends, a caller may be offered again to somebody.
    Look,
    /// The wait is past the threshold of the service level.
    Late(InteractionId),
    /// The tone must be over, and then the spoken message is long enough.
    Message(InteractionId),
    /// The customer is to be called again, or the call that is dialled must be answered.
    CallBack(InteractionId),
    /// The promise to call back is too old.
    CallbackOld(InteractionId),
    /// The queue may close.
    Hours(QueueId),
    /// Whether a queue lends its agents is weighed again.
    Lending(QueueId),
    /// Today's sums start again.
    Midnight,
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    armed: BTreeMap<Timer, UtcMs>,
    queue: BTreeSet<(UtcMs, Timer)>,
    /// The wake that the shell owes us.
    asked: Option<UtcMs>,
}

impl Timers {
    pub fn arm(&mut self, timer: Timer, at: UtcMs) {
        if let Some(before) = self.armed.insert(timer, at) {
            if before == at {
                return;
            }
            self.queue.remove(&(before, timer));
        }
        self.queue.insert((at, timer));
    }

    pub fn cancel(&mut self, timer: Timer) {
        if let Some(before) = self.armed.remove(&timer) {
            self.queue.remove(&(before, timer));
        }
    }

    /// Arms or cancels.
    pub fn set(&mut self, timer: Timer, at: Option<UtcMs>) {
        match at {
            Some(at) => self.arm(timer, at),
            None => self.cancel(timer),
        }
    }

    /// The next deadline that has come.
    pub fn pop_due(&mut self, now: UtcMs) -> Option<Timer> {
        let &(at, timer) = self.queue.first()?;
        if at > now {
            return None;
        }
        self.queue.pop_first();
        self.armed.remove(&timer);
        Some(timer)
    }

    /// The shell has woken us, early or late: it owes no wake any more.
    pub fn woken(&mut self) {
        self.asked = None;
    }

    /// The wake to ask for now. A deadline that moved away is no reason: the early wake does no harm.
    pub fn wake(&mut self, now: UtcMs) -> Option<UtcMs> {
        if self.asked.is_some_and(|asked| asked <= now) {
            self.asked = None;
        }
        let &(earliest, _) = self.queue.first()?;
        if self.asked.is_some_and(|asked| asked <= earliest) {
            return None;
        }
        self.asked = Some(earliest);
        Some(earliest)
    }

    pub fn at(&self, timer: Timer) -> Option<UtcMs> {
        self.armed.get(&timer).copied()
    }

    pub fn is_armed(&self, timer: Timer) -> bool {
        self.armed.contains_key(&timer)
    }

    /// Every deadline that is armed, for the check that nothing is left behind.
    pub fn armed(&self) -> impl Iterator<Item = Timer> {
        self.armed.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_is_asked_for_only_when_the_earliest_deadline_comes_nearer_or_has_passed() {
        let mut timers = Timers::default();
        timers.arm(Timer::Midnight, UtcMs(100));
        assert_eq!(timers.wake(UtcMs(0)), Some(UtcMs(100)));
        assert_eq!(timers.wake(UtcMs(1)), None);
        timers.arm(Timer::Look, UtcMs(50));
        assert_eq!(timers.wake(UtcMs(2)), Some(UtcMs(50)));
        timers.cancel(Timer::Look);
        assert_eq!(timers.wake(UtcMs(3)), None);
        assert_eq!(timers.pop_due(UtcMs(50)), None);
        assert_eq!(timers.wake(UtcMs(50)), Some(UtcMs(100)));
    }

    #[test]
    fn a_wake_that_comes_early_is_asked_for_again() {
        let mut timers = Timers::default();
        timers.arm(Timer::Midnight, UtcMs(100));
        assert_eq!(timers.wake(UtcMs(0)), Some(UtcMs(100)));
        timers.woken();
        assert_eq!(timers.wake(UtcMs(99)), Some(UtcMs(100)));
    }

    #[test]
    fn a_deadline_that_is_armed_again_comes_once() {
        let mut timers = Timers::default();
        timers.arm(Timer::Look, UtcMs(10));
        timers.arm(Timer::Look, UtcMs(20));
        assert_eq!(timers.pop_due(UtcMs(15)), None);
        assert_eq!(timers.pop_due(UtcMs(20)), Some(Timer::Look));
        assert_eq!(timers.pop_due(UtcMs(99)), None);
    }
}
