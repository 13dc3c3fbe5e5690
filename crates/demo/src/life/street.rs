//! Everybody at once: one loop that hands each caller and agent what happened, and does what they want.

use std::collections::BTreeMap;

use perezvon_media::{Media, MediaEvent};
use perezvon_model::id::IdMaker;
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Prompt;
use perezvon_model::view::{AgentView, FloorView};
use perezvon_model::{Activity, LegId, PlayId, Presence, TenantScope, UserId, UtcMs};
use perezvon_telephony::{Telephony, TelephonyEvent};
use tokio::sync::mpsc;

use super::caller::{self, Act, Caller, Errand, Event};
use super::control::Control;
use super::lines::Lines;
use super::office::{Office, PhoneAct};
use super::voices::silence;
use super::{CALLS_PER_MINUTE, Clock, LifeConfig};
use crate::company::Company;
use crate::company::people::VIP_AGENTS;
use crate::dice::Dice;

/// The most callers at once; while so many are on the line nobody new rings.
const CALLERS: usize = 80;
/// How long a dialled call may ring before it is given up, as told to the telephone.
const DIAL_LIMIT_MS: i64 = 30_000;
/// One period of the silence that a listening telephone sends.
const LISTEN_MS: i64 = 10_000;

pub(super) struct Street {
    sip: std::net::SocketAddr,
    clock: Clock,
    company: Company,
    dice: Dice,
    ids: IdMaker,
    telephony: Telephony,
    media: Media,
    scope: TenantScope,
    calls: mpsc::Receiver<TelephonyEvent>,
    sounds: mpsc::Receiver<MediaEvent>,
    callers: BTreeMap<LegId, Caller>,
    office: Office,
    /// Which playing on a leg is its words; what else ends there is not heard.
    speaking: BTreeMap<LegId, PlayId>,
    calls_per_minute: u32,
    next_call: Option<UtcMs>,
    vip_served: bool,
}

impl Street {
    pub fn new(config: LifeConfig, lines: Lines, clock: Clock) -> Self {
        let mut dice = Dice::new(config.seed);
        let ids = IdMaker::new(dice.word());
        let office = Office::new(&config, dice.split(), clock.now());
        let mut street = Self {
            sip: config.sip,
            clock,
            company: Company::plan(),
            dice,
            ids,
            telephony: lines.telephony,
            media: lines.media,
            scope: lines.scope,
            calls: lines.calls,
            sounds: lines.sounds,
            callers: BTreeMap::new(),
            office,
            speaking: BTreeMap::new(),
            calls_per_minute: CALLS_PER_MINUTE,
            next_call: None,
            vip_served: false,
        };
        street.draw_next_call();
        street
    }

    /// Lives until `controls` closes; then every call is ended.
    pub async fn live(mut self, mut controls: mpsc::Receiver<Control>) {
        loop {
            let wake = self.wake_at().map(|at| self.clock.instant(at));
            tokio::select! {
                control = controls.recv() => match control {
                    Some(control) => self.control(control),
                    None => break,
                },
                Some(event) = self.calls.recv() => self.line(event),
                Some(event) = self.sounds.recv() => self.sound(&event),
                Some(answer) = self.office.answered() => {
                    let now = self.clock.now();
                    let acts = self.office.take(now, answer);
                    self.carry_out_all(acts);
                    if let Some(floor) = self.office.seen() {
                        self.look_at(&floor);
                    }
                }
                () = at(wake) => self.due(),
            }
        }
        self.office.close().await;
        self.telephony.shutdown().await;
    }

    fn wake_at(&self) -> Option<UtcMs> {
        let callers = self.callers.values().filter_map(Caller::wake_at);
        callers.chain(self.next_call).chain(self.office.wake_at(self.somebody_waits())).min()
    }

    fn somebody_waits(&self) -> bool {
        self.callers.values().any(Caller::awaits_agent)
    }

    fn control(&mut self, control: Control) {
        match control {
            Control::CallsPerMinute(rate) => {
                self.calls_per_minute = rate;
                self.draw_next_call();
            }
            Control::CallMe => self.begin_call(Errand::CallMe),
        }
    }

    /// A Poisson process: the time to the next call is exponential.
    fn draw_next_call(&mut self) {
        let rate = f64::from(self.calls_per_minute);
        let gap_ms = (rate > 0.0).then(|| self.dice.exponential(60_000.0 / rate) as i64);
        self.next_call = gap_ms.map(|gap_ms| self.clock.now() + gap_ms);
    }

    fn due(&mut self) {
        let now = self.clock.now();
        if self.next_call.is_some_and(|at| at <= now) {
            self.draw_next_call();
            self.begin_call(Errand::Any { vip_served: self.vip_served });
        }
        let is_due = |caller: &Caller| caller.wake_at().is_some_and(|at| at <= now);
        let due: Vec<LegId> = self.callers.iter().filter(|(_, c)| is_due(c)).map(|(leg, _)| *leg).collect();
        for leg in due {
            self.tell_caller(leg, Event::Time);
        }
        let acts = self.office.due(now, self.somebody_waits());
        self.carry_out_all(acts);
    }

    fn begin_call(&mut self, errand: Errand) {
        if self.callers.len() >= CALLERS {
            return;
        }
        let busy: Vec<String> = self.callers.values().map(|caller| caller.plan.name.clone()).collect();
        let plan = caller::draw(&self.company, errand, &busy, &mut self.dice);
        let leg = self.ids.next(self.clock.now());
        tracing::debug!(from = %plan.from, to = plan.to, "a caller rings");
        self.callers.insert(leg, Caller::new(plan));
        self.tell_caller(leg, Event::Start);
    }

    fn tell_caller(&mut self, leg: LegId, event: Event) {
        let now = self.clock.now();
        let Some(caller) = self.callers.get_mut(&leg) else { return };
        for act in caller.step(now, event) {
            self.act(leg, act);
        }
    }

    fn act(&mut self, leg: LegId, act: Act) {
        match act {
            Act::Dial => {
                let Some(caller) = self.callers.get(&leg) else { return };
                let uri = format!("sip:{}@{}", caller.plan.to, self.sip);
                let from = CallerName { number: caller.plan.from.clone(), name: caller.plan.name.clone() };
                let target = DialTarget::Uri { uri, trunk: None };
                self.telephony.command(
                    self.scope,
                    leg,
                    LegCommand::Dial { target, from, timeout_ms: DIAL_LIMIT_MS },
                );
            }
            Act::Listen => self.listen(leg),
            Act::Press(digits) => self.media.send_digits(leg, digits),
            Act::Speak(words) => self.speak(leg, words),
            Act::HangUp => self.hang_up(leg),
            Act::Gone => {
                self.callers.remove(&leg);
                self.speaking.remove(&leg);
            }
        }
    }

    fn carry_out_all(&mut self, acts: Vec<PhoneAct>) {
        for act in acts {
            match act {
                PhoneAct::Ring(leg) => self.telephony.command(self.scope, leg, LegCommand::Ring),
                PhoneAct::Answer(leg) => self.telephony.command(self.scope, leg, LegCommand::Answer),
                PhoneAct::Speak(leg, words) => self.speak(leg, words),
                PhoneAct::Listen(leg) => self.listen(leg),
                PhoneAct::HangUp(leg) => self.hang_up(leg),
            }
        }
    }

    fn speak(&mut self, leg: LegId, words: Vec<Prompt>) {
        let play = self.ids.next(self.clock.now());
        self.speaking.insert(leg, play);
        self.media.play(leg, play, words, false);
    }

    fn listen(&mut self, leg: LegId) {
        self.speaking.remove(&leg);
        let play = self.ids.next(self.clock.now());
        self.media.play(leg, play, vec![silence(LISTEN_MS)], true);
    }

    fn hang_up(&mut self, leg: LegId) {
        self.telephony.command(self.scope, leg, LegCommand::HangUp { cause: Cause::Normal });
    }

    fn line(&mut self, event: TelephonyEvent) {
        match event {
            TelephonyEvent::CallArrived { leg, to, .. } => {
                let acts = self.office.called(self.clock.now(), &to, leg);
                if acts.is_empty() {
                    self.hang_up(leg);
                }
                self.carry_out_all(acts);
            }
            TelephonyEvent::Leg { leg, event, .. } => self.leg(leg, &event),
            TelephonyEvent::TrunkState { state, .. } => self.office.registration(&state),
            TelephonyEvent::PhoneRegistered { .. } => {}
        }
    }

    fn leg(&mut self, leg: LegId, event: &LegEvent) {
        let now = self.clock.now();
        match event {
            LegEvent::Answered => {
                self.tell_caller(leg, Event::Answered);
                let acts = self.office.connected(now, leg);
                self.carry_out_all(acts);
            }
            LegEvent::Failed { .. } | LegEvent::Ended { .. } => {
                self.tell_caller(leg, Event::Ended);
                self.speaking.remove(&leg);
                let acts = self.office.ended(now, leg);
                self.carry_out_all(acts);
            }
            LegEvent::Ringing
            | LegEvent::Digit { .. }
            | LegEvent::PlayDone { .. }
            | LegEvent::HeldByPeer { .. }
            | LegEvent::MediaLost
            | LegEvent::MediaBack => {}
        }
    }

    fn sound(&mut self, event: &MediaEvent) {
        match event {
            MediaEvent::PlayDone { leg, play } if self.speaking.get(leg) == Some(play) => {
                self.speaking.remove(leg);
                self.tell_caller(*leg, Event::Said);
                let acts = self.office.said(self.clock.now(), *leg);
                self.carry_out_all(acts);
            }
            MediaEvent::PlayDone { .. }
            | MediaEvent::Digit { .. }
            | MediaEvent::LegSilent { .. }
            | MediaEvent::LegBack { .. }
            | MediaEvent::BrowserConnected { .. }
            | MediaEvent::BrowserLost { .. }
            | MediaEvent::RecordingSealed { .. }
            | MediaEvent::RecordingFailed { .. } => {}
        }
    }

    /// A caller cannot hear yet whether an agent is on the line; the floor shows with whom each agent talks.
    fn look_at(&mut self, floor: &FloorView) {
        let vip: Vec<UserId> = self.company.agents[..VIP_AGENTS].iter().map(|agent| agent.id).collect();
        let works = |agent: &AgentView| vip.contains(&agent.agent) && agent.presence == Presence::Ready;
        self.vip_served = floor.agents.iter().any(works);
        let talking: Vec<&str> = floor
            .agents
            .iter()
            .filter(|agent| agent.activity == Activity::Talking)
            .filter_map(|agent| agent.with.as_deref())
            .collect();
        let served = |caller: &Caller| {
            let plan = &caller.plan;
            caller.awaits_agent() && talking.iter().any(|with| *with == plan.name || *with == plan.from)
        };
        let served: Vec<LegId> =
            self.callers.iter().filter(|(_, caller)| served(caller)).map(|(leg, _)| *leg).collect();
        for leg in served {
            self.tell_caller(leg, Event::Connected);
        }
    }
}

async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
