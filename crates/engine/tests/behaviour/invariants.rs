//! What must hold after every step, whatever happened: kept as a ledger of the journal and compared with the views.

use perezvon_acd::qualifies;
use perezvon_model::journal::{Entry, Event, OfferOutcome, Party};
use perezvon_model::view::DeskView;
use perezvon_model::{Activity, Device, InteractionId, OfferId, Presence, QueueId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};

use crate::floor::Floor;

#[derive(Default)]
pub struct Ledger {
    read: usize,
    open: BTreeMap<InteractionId, Track>,
    ended: BTreeSet<InteractionId>,
    offers: BTreeMap<UserId, (OfferId, InteractionId)>,
    talks: BTreeMap<UserId, TalkTrack>,
    wrap_ups: BTreeMap<UserId, (InteractionId, UtcMs)>,
    states: BTreeMap<UserId, (Presence, Activity, Device)>,
    clocks: u64,
    /// Of those who have gone, for whoever has their places again.
    clock_of: BTreeMap<InteractionId, u64>,
}

struct Track {
    /// The order of the first queue.
    clock: Option<u64>,
    queued: Option<(QueueId, UtcMs)>,
    /// The decision that offers follow from.
    routed: BTreeSet<UserId>,
    offered: BTreeSet<UserId>,
    talking: Option<UserId>,
    declined_by: BTreeSet<UserId>,
    /// At the latest: perhaps not held at all.
    held_until: UtcMs,
}

impl Track {
    fn new() -> Track {
        Track {
            clock: None,
            queued: None,
            routed: BTreeSet::new(),
            offered: BTreeSet::new(),
            talking: None,
            declined_by: BTreeSet::new(),
            held_until: UtcMs(0),
        }
    }
}

struct TalkTrack {
    interaction: InteractionId,
    since: UtcMs,
    held_ms: i64,
    held_since: Option<UtcMs>,
}

fn track(open: &mut BTreeMap<InteractionId, Track>, interaction: InteractionId) -> &mut Track {
    open.get_mut(&interaction).expect("what is journalled is open")
}

impl Ledger {
    /// Reads what the journal has got since the last time, and compares with the views.
    pub fn check(&mut self, floor: &Floor) {
        for entry in &floor.journal[self.read..] {
            self.read_entry(entry);
            self.hold(entry, floor);
        }
        self.read = floor.journal.len();
        self.check_places(floor);
        self.check_sound(floor);
        self.check_nobody_waits_for_a_free_agent(floor);
        self.check_counts(floor);
    }

    /// After everybody has gone: every story has its end.
    pub fn check_over(&self, floor: &Floor) {
        assert!(self.open.is_empty(), "interactions are lost: {:?}", self.open.keys());
        assert!(self.offers.is_empty(), "offers never ended: {:?}", self.offers);
        assert!(self.talks.is_empty() && self.wrap_ups.is_empty());
        let remains = floor.tenant.remains();
        let left = (remains.calls, remains.legs, remains.asks, remains.waiting, remains.timers);
        assert_eq!(left, (0, 0, 0, 0, 0), "something remains");
        assert_eq!(floor.legs_live(), [], "legs are left");
    }

    /// Whoever begins to wait, or is known now, may be held for a preferred agent for a time.
    fn hold(&mut self, entry: &Entry, floor: &Floor) {
        if !matches!(entry.event, Event::Queued { .. } | Event::CustomerMatched { .. }) {
            return;
        }
        let Some(track) = entry.interaction.and_then(|interaction| self.open.get_mut(&interaction)) else {
            return;
        };
        let queue = track.queued.and_then(|(queue, _)| {
            floor.config.queues.iter().find(|config| config.id == queue).map(|queue| queue.routing.preferred)
        });
        let most_s = queue.map_or(0, |preferred| preferred.owner_s.max(preferred.last_s));
        track.held_until = entry.at + i64::from(most_s) * 1_000;
    }

    fn read_entry(&mut self, entry: &Entry) {
        let at = entry.at;
        if let Event::AgentState { agent, presence, activity, device } = &entry.event {
            let now_is = (presence.clone(), *activity, *device);
            let before = self.states.insert(*agent, now_is.clone());
            assert_ne!(before, Some(now_is), "an agent's state is journalled without a change");
            return;
        }
        if let Event::NothingFor { nothing } = &entry.event {
            assert_eq!(entry.agent, Some(nothing.agent));
            return;
        }
        let interaction = entry.interaction.expect("all but agents' states belong to an interaction");
        if self.ended.contains(&interaction) {
            let late = matches!(
                entry.event,
                Event::Noted { .. }
                    | Event::WrapUpEnded { .. }
                    | Event::WrapUpExtended { .. }
                    | Event::RecordingSealed { .. }
                    | Event::RecordingFailed { .. }
                    | Event::CustomerMatched { .. }
            );
            assert!(late, "{:?} after the end", entry.event);
        }
        match &entry.event {
            Event::InteractionStarted { .. } => {
                assert!(self.open.insert(interaction, Track::new()).is_none());
            }
            Event::Queued { queue, .. } => {
                let clocks = &mut self.clocks;
                let track = track(&mut self.open, interaction);
                assert_eq!(track.queued, None, "queued twice");
                track.queued = Some((*queue, at));
                track.clock.get_or_insert_with(|| {
                    *clocks += 1;
                    *clocks
                });
            }
            Event::Routed { agents, .. } => {
                for agent in agents {
                    self.check_order(interaction, *agent, at);
                }
                let track = track(&mut self.open, interaction);
                assert!(track.offered.is_empty(), "routed while it is offered");
                track.routed = agents.iter().copied().collect();
            }
            Event::Offered { offer, agent, .. } => {
                let track = track(&mut self.open, interaction);
                let routed = track.routed.remove(agent);
                assert!(routed || track.queued.is_none(), "offered from a queue without a decision");
                assert!(track.offered.insert(*agent), "offered twice to an agent");
                assert_eq!(track.talking, None, "offered while somebody talks");
                assert!(
                    self.offers.insert(*agent, (*offer, interaction)).is_none(),
                    "two offers to an agent"
                );
                assert!(!self.talks.contains_key(agent), "offered to an agent who talks");
                assert!(!self.wrap_ups.contains_key(agent), "offered to an agent in wrap-up");
            }
            Event::OfferEnded { offer, agent, outcome, .. } => {
                assert_eq!(self.offers.remove(agent), Some((*offer, interaction)));
                let track = track(&mut self.open, interaction);
                assert!(track.offered.remove(agent));
                match outcome {
                    OfferOutcome::Declined
                    | OfferOutcome::NoAnswer
                    | OfferOutcome::Busy
                    | OfferOutcome::Unreachable => drop(track.declined_by.insert(*agent)),
                    OfferOutcome::Accepted | OfferOutcome::Withdrawn => {}
                }
            }
            Event::PlaceRestored { of, .. } => {
                track(&mut self.open, interaction).clock = self.clock_of.get(of).copied();
            }
            Event::LeftQueue { queue, wait_ms, .. } => {
                let track = track(&mut self.open, interaction);
                let (of, since) = track.queued.take().expect("leaves a queue that it was in");
                assert_eq!((of, at.since_ms(since)), (*queue, *wait_ms));
            }
            Event::AgentConnected { agent, .. } => {
                let track = track(&mut self.open, interaction);
                assert_eq!(track.talking.replace(*agent), None);
                assert_eq!(track.queued, None, "talks and waits");
                track.declined_by.clear();
                let talk = TalkTrack { interaction, since: at, held_ms: 0, held_since: None };
                assert!(self.talks.insert(*agent, talk).is_none(), "two conversations of an agent");
            }
            Event::HoldStarted { by: Party::Agent } => {
                let talk = self.talk_of(interaction);
                assert_eq!(talk.held_since.replace(at), None);
            }
            Event::HoldEnded { by: Party::Agent, held_ms } => {
                let talk = self.talk_of(interaction);
                let since = talk.held_since.take().expect("a hold that ends has begun");
                assert_eq!(*held_ms, at.since_ms(since));
                talk.held_ms += held_ms;
            }
            Event::AgentDisconnected { agent, talk_ms, hold_ms, .. } => {
                let talk = self.talks.remove(agent).expect("who is disconnected was connected");
                assert_eq!(talk.held_since, None, "a hold outlives its conversation");
                assert_eq!(*hold_ms, talk.held_ms, "holds do not add up");
                assert_eq!(talk_ms + hold_ms, at.since_ms(talk.since), "talk and hold do not add up");
                track(&mut self.open, interaction).talking = None;
            }
            Event::WrapUpStarted { agent, .. } => {
                assert!(self.wrap_ups.insert(*agent, (interaction, at)).is_none());
            }
            Event::WrapUpEnded { agent, wrap_up_ms, .. } => {
                let (of, since) = self.wrap_ups.remove(agent).expect("a wrap-up that ends has begun");
                assert_eq!((of, at.since_ms(since)), (interaction, *wrap_up_ms));
            }
            Event::InteractionEnded { .. } => {
                let track = self.open.remove(&interaction).expect("what ends was open");
                self.clock_of.extend(track.clock.map(|clock| (interaction, clock)));
                assert_eq!(
                    (track.queued, track.offered.len(), track.talking),
                    (None, 0, None),
                    "ends in a place"
                );
                assert!(self.ended.insert(interaction));
            }
            Event::CustomerMatched { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::CallbackPromised { .. }
            | Event::CallbackDialled { .. }
            | Event::CallbackFailed { .. }
            | Event::MessageStarted
            | Event::HoldStarted { .. }
            | Event::HoldEnded { .. }
            | Event::Subject { .. }
            | Event::Rested { .. }
            | Event::WentOn { .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::TransferredToQueue { .. }
            | Event::TransferredToAgent { .. }
            | Event::PartyConnected { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::Noted { .. }
            | Event::NothingFor { .. }
            | Event::WrapUpExtended { .. }
            | Event::AgentState { .. } => {}
        }
    }

    fn talk_of(&mut self, interaction: InteractionId) -> &mut TalkTrack {
        self.talks.values_mut().find(|talk| talk.interaction == interaction).expect("somebody talks")
    }

    /// Order served equals order due: nobody in the same line with an earlier clock is due, but for those whom this
    /// agent declined.
    fn check_order(&self, interaction: InteractionId, agent: UserId, at: UtcMs) {
        let Some(mine) = self.open.get(&interaction) else { panic!("offered and not open") };
        let Some((queue, _)) = mine.queued else { return };
        for (other, track) in &self.open {
            let due = track.offered.is_empty() && track.queued.is_some_and(|(of, _)| of == queue);
            let fair =
                at <= track.held_until || track.declined_by.contains(&agent) || track.clock >= mine.clock;
            assert!(!due || fair, "{other} was due before {interaction}");
        }
    }

    fn check_places(&self, floor: &Floor) {
        assert_eq!(floor.view().calls as usize, self.open.len(), "calls are lost or left behind");
        for agent in floor.view().agents {
            let desk = floor.tenant.desk(floor.now, agent.agent).expect("who is on the floor has a desk");
            let DeskView { offer, call, wrap_up, activity, .. } = &desk;
            let works = [offer.is_some(), call.is_some(), wrap_up.is_some()];
            assert!(works.iter().filter(|work| **work).count() <= 1, "an agent does two things");
            let offered = offer.as_ref().map(|offer| (offer.offer, offer.about.interaction));
            assert_eq!(
                offered,
                self.offers.get(&agent.agent).copied(),
                "desk and journal differ on the offer"
            );
            let talk = call.as_ref().map(|call| call.about.interaction);
            assert_eq!(talk, self.talks.get(&agent.agent).map(|talk| talk.interaction));
            let expected = match (works, call.as_ref().is_some_and(|call| call.held_since.is_some())) {
                ([true, _, _], _) => [Activity::Reserved, Activity::Ringing].as_slice(),
                ([_, true, _], true) => &[Activity::Hold],
                ([_, true, _], false) => &[Activity::Talking],
                ([_, _, true], _) => &[Activity::WrapUp],
                ([false, false, false], _) => &[Activity::Idle],
            };
            assert!(expected.contains(activity), "{activity:?} with {works:?}");
        }
        for track in self.open.values() {
            let places = usize::from(track.talking.is_some()) + usize::from(!track.offered.is_empty());
            assert!(places <= 1, "an interaction is in two places");
        }
    }

    /// Agent and customer hear each other exactly while nobody holds and nothing is lost.
    fn check_sound(&self, floor: &Floor) {
        for (agent, talk) in &self.talks {
            let Some(call) = floor.tenant.desk(floor.now, *agent).and_then(|desk| desk.call) else {
                continue;
            };
            let caller = floor.caller_of(talk.interaction);
            let apart = call.held_since.is_some() || call.lost_until.is_some();
            assert_eq!(floor.is_joined(&caller), !apart, "{caller} hears {}", floor.hears(&caller));
            assert_eq!(floor.hears(&caller) == "music", apart);
        }
    }

    fn check_nobody_waits_for_a_free_agent(&self, floor: &Floor) {
        for of in &floor.config.agents {
            let Some(desk) = floor.tenant.desk(floor.now, of.id) else { continue };
            let usable = match desk.device {
                Device::Browser => desk.browser_connected,
                Device::Phone => desk.phone_registered,
            };
            if desk.presence != Presence::Ready || desk.activity != Activity::Idle || !usable {
                continue;
            }
            for (interaction, track) in &self.open {
                let Some((queue, _)) = track.queued else { continue };
                let needs = floor.config.queues.iter().find(|config| config.id == queue);
                let may = of.queues.contains(&queue)
                    && needs.is_some_and(|queue| qualifies(&of.skills, &queue.required_skills));
                let held = floor.now <= track.held_until;
                let waits = track.offered.is_empty() && !track.declined_by.contains(&of.id) && !held;
                assert!(!(may && waits), "{interaction} waits while {} is free", of.name);
            }
        }
    }

    fn check_counts(&self, floor: &Floor) {
        let view = floor.view();
        for queue in &view.queues {
            let waiting =
                self.open.values().filter(|track| track.queued.is_some_and(|(of, _)| of == queue.queue));
            let on_the_line = queue.waiting - queue.callbacks;
            assert_eq!(on_the_line as usize, waiting.count(), "queue {}", queue.key);
            let members = view.agents.iter().filter(|agent| {
                let of = floor.config.agents.iter().find(|of| of.id == agent.agent);
                of.is_some_and(|of| of.queues.contains(&queue.queue))
            });
            let (mut idle, mut busy, mut signed_in) = (0, 0, 0);
            for agent in members {
                match (&agent.presence, agent.activity) {
                    (Presence::Ready, Activity::Idle) => idle += 1,
                    (_, Activity::Idle) => {}
                    _ => busy += 1,
                }
                if agent.presence != Presence::Offline || agent.activity != Activity::Idle {
                    signed_in += 1;
                }
            }
            // A dismissed agent who is still at work is counted until the work is done.
            if floor.everyone_is_member() {
                assert_eq!(
                    (queue.idle, queue.busy, queue.signed_in),
                    (idle, busy, signed_in),
                    "{}",
                    queue.key
                );
            }
        }
    }
}
