//! One agent in the books: the state that the journal told last, the work that follows from its entries, and the times.

use perezvon_engine::AgentToday;
use perezvon_model::{Activity, Device, InteractionId, OfferId, Presence, QueueId, UtcMs};

/// What an agent has at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    None,
    Offer { offer: OfferId, interaction: InteractionId, at: UtcMs, deadline: UtcMs },
    Talk { interaction: InteractionId, at: UtcMs, held_since: Option<UtcMs>, held_ms: i64 },
    WrapUp { interaction: InteractionId, at: UtcMs, deadline: UtcMs },
}

#[derive(Clone, Debug)]
pub struct AgentRow {
    pub presence: Presence,
    pub activity: Activity,
    pub device: Device,
    /// When presence or activity last changed.
    pub since: UtcMs,
    pub session: Session,
    /// Of the last configuration that had the agent.
    pub queues: Vec<QueueId>,
    browser: bool,
    phone: bool,
    pub today: AgentToday,
    /// Ringing, talk, hold and wrap-up of today.
    pub busy_ms: i64,
    /// Ready and idle, today.
    pub idle_ms: i64,
    /// By state since the agent came: ready and idle, on a break and idle, ringing, talking, on hold, in wrap-up.
    pub spent_ms: [i64; 6],
    /// Of the sessions that are over: ringing, talking and hold together, wrap-up.
    pub told_ms: [i64; 3],
    pub signed_in_since: Option<UtcMs>,
    pub signed_in_ms: i64,
}

impl AgentRow {
    pub fn new(device: Device, now: UtcMs) -> AgentRow {
        AgentRow {
            presence: Presence::Offline,
            activity: Activity::Idle,
            device,
            since: now,
            session: Session::None,
            queues: Vec::new(),
            browser: false,
            phone: false,
            today: AgentToday::default(),
            busy_ms: 0,
            idle_ms: 0,
            spent_ms: [0; 6],
            told_ms: [0; 3],
            signed_in_since: None,
            signed_in_ms: 0,
        }
    }

    pub fn connected(&mut self, device: Device, connected: bool) {
        match device {
            Device::Browser => self.browser = connected,
            Device::Phone => self.phone = connected,
        }
    }

    pub fn is_usable(&self, phone_is_fixed: bool) -> bool {
        match self.device {
            Device::Browser => self.browser,
            Device::Phone => self.phone || phone_is_fixed,
        }
    }

    pub fn begins_a_day(&mut self) {
        self.today = AgentToday::default();
        (self.busy_ms, self.idle_ms) = (0, 0);
    }

    /// Busy part of the time at work today, in millionths.
    pub fn occupancy(&self) -> u32 {
        let at_work_ms = self.busy_ms + self.idle_ms;
        if at_work_ms == 0 {
            0
        } else {
            u32::try_from(self.busy_ms * 1_000_000 / at_work_ms).unwrap_or(u32::MAX)
        }
    }

    /// The state of before, as one of those that are counted; `None` while signed out.
    fn counted(&self) -> Option<usize> {
        match (self.activity, &self.presence) {
            (Activity::Idle, Presence::Ready) => Some(0),
            (Activity::Idle, Presence::Break { .. }) => Some(1),
            (Activity::Idle, Presence::Offline) => None,
            (Activity::Reserved | Activity::Ringing, _) => Some(2),
            (Activity::Talking, _) => Some(3),
            (Activity::Hold, _) => Some(4),
            (Activity::WrapUp, _) => Some(5),
        }
    }

    pub fn is(&mut self, presence: &Presence, activity: Activity, device: Device, at: UtcMs) {
        self.device = device;
        if *presence == self.presence && activity == self.activity {
            return;
        }
        let ms = at.since_ms(self.since);
        match self.counted() {
            Some(0) => self.idle_ms += ms,
            Some(2..) => self.busy_ms += ms,
            Some(_) | None => {}
        }
        if let Some(state) = self.counted() {
            self.spent_ms[state] += ms;
        }
        (self.presence, self.activity, self.since) = (presence.clone(), activity, at);
        match (self.counted(), self.signed_in_since) {
            (Some(_), None) => self.signed_in_since = Some(at),
            (None, Some(since)) => {
                self.signed_in_ms += at.since_ms(since);
                self.signed_in_since = None;
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// Seconds of the states up to now, in milliseconds.
    pub fn spent_until(&self, now: UtcMs) -> [i64; 6] {
        let mut spent = self.spent_ms;
        if let Some(state) = self.counted() {
            spent[state] += now.since_ms(self.since);
        }
        spent
    }

    pub fn signed_in_until(&self, now: UtcMs) -> i64 {
        self.signed_in_ms + self.signed_in_since.map_or(0, |since| now.since_ms(since))
    }

    /// What the sessions come to up to now: ringing, talking and hold together, wrap-up.
    pub fn told_until(&self, now: UtcMs) -> [i64; 3] {
        let mut told = self.told_ms;
        match self.session {
            Session::None => {}
            Session::Offer { at, .. } => told[0] += now.since_ms(at),
            Session::Talk { at, .. } => told[1] += now.since_ms(at),
            Session::WrapUp { at, .. } => told[2] += now.since_ms(at),
        }
        told
    }
}
