//! Engines that are broken on purpose, each in one thing: the simulator catches every one of them, and says by what.

use perezvon_engine::Tenant;
use perezvon_model::UtcMs;
use perezvon_model::engine::{Input, Output};
use perezvon_model::journal::Event;
use perezvon_model::leg::{LegCommand, LegEvent};
use sim::invariants::Invariant;
use sim::{Engine, Scenario, run, run_watching, shrink};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

mod rules;

/// What is broken.
trait Breakage: Default {
    /// What the engine gets in place of an input, while the world believes that it got it; `None` drops it.
    fn input(&mut self, input: Input) -> Option<Input> {
        Some(input)
    }

    /// Changes an output; false drops it.
    fn output(&mut self, _output: &mut Output) -> bool {
        true
    }
}

struct Broken<B> {
    tenant: Tenant,
    breakage: B,
}

impl<B: Breakage> Engine for Broken<B> {
    fn new(seed: u64) -> Self {
        Broken { tenant: Tenant::new(seed), breakage: B::default() }
    }

    fn handle(&mut self, now: UtcMs, input: Input) -> Vec<Output> {
        let Some(input) = self.breakage.input(input) else { return Vec::new() };
        let mut outputs = self.tenant.handle(now, input);
        outputs.retain_mut(|output| self.breakage.output(output));
        outputs
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn tenant_mut(&mut self) -> &mut Tenant {
        &mut self.tenant
    }
}

/// Some seed of thirty is caught by this invariant, with no help of the others.
fn is_caught_by<B: Breakage>(invariant: Invariant) {
    let caught = (0..30).any(|seed| {
        let outcome = run_watching::<Broken<B>>(&Scenario::of(seed), Some(invariant), |_| {});
        outcome.is_err_and(|failure| failure.violation.invariant == invariant)
    });
    assert!(caught, "nothing was noticed by {invariant}");
}

fn event(output: &Output) -> Option<&Event> {
    if let Output::Journal(entry) = output { Some(&entry.event) } else { None }
}

/// Changes the configuration that the engine gets.
fn configured(input: Input, change: impl Fn(&mut perezvon_model::config::TenantConfig)) -> Input {
    let Input::Configure { config } = input else { return input };
    let mut config = (*config).clone();
    change(&mut config);
    Input::Configure { config: Arc::new(config) }
}

#[derive(Default)]
struct LosesAnEvent {
    lost: bool,
}

impl Breakage for LosesAnEvent {
    fn input(&mut self, input: Input) -> Option<Input> {
        let ends = matches!(input, Input::Leg { event: LegEvent::Ended { .. }, .. });
        (!ends || std::mem::replace(&mut self.lost, true)).then_some(input)
    }
}

#[test]
fn an_engine_that_loses_one_event_is_caught_and_the_seed_made_small() {
    let failures = (0..30).find_map(|seed| {
        let scenario = Scenario::of(seed);
        let failure = run::<Broken<LosesAnEvent>>(&scenario, |_| {}).err()?;
        Some((scenario, failure))
    });
    let (scenario, failure) = failures.expect("some seed of thirty is caught");
    let (small, _) = shrink::<Broken<LosesAnEvent>>(&scenario, &failure);
    assert!(small.callers.0.len() <= 3 && !small.quirks, "{small}");
    assert!(small.faults.0.is_empty() && small.changes.0.is_empty() && small.moves.0.is_empty(), "{small}");
    assert!(run::<Broken<LosesAnEvent>>(&small, |_| {}).is_err(), "what is printed fails again");
}

#[derive(Default)]
struct DoesNotSayQueued;

impl Breakage for DoesNotSayQueued {
    fn output(&mut self, output: &mut Output) -> bool {
        !matches!(event(output), Some(Event::Queued { attempt: 2, .. }))
    }
}

#[test]
fn conservation_1_catches_a_stay_that_nobody_heard_of() {
    is_caught_by::<DoesNotSayQueued>(Invariant::Conservation);
}

#[derive(Default)]
struct DoesNotSayLeft {
    left: usize,
}

impl Breakage for DoesNotSayLeft {
    fn output(&mut self, output: &mut Output) -> bool {
        let leaves = matches!(event(output), Some(Event::LeftQueue { .. }));
        self.left += usize::from(leaves);
        !leaves || self.left != 3
    }
}

#[test]
fn one_place_2_catches_who_talks_and_never_left_the_queue() {
    is_caught_by::<DoesNotSayLeft>(Invariant::OnePlace);
}

#[derive(Default)]
struct DoesNotSayWrapUp;

impl Breakage for DoesNotSayWrapUp {
    fn output(&mut self, output: &mut Output) -> bool {
        !matches!(event(output), Some(Event::WrapUpStarted { .. }))
    }
}

#[test]
fn capacity_3_catches_work_that_nobody_heard_of() {
    is_caught_by::<DoesNotSayWrapUp>(Invariant::Capacity);
}

#[derive(Default)]
struct ForgetsSkills;

impl Breakage for ForgetsSkills {
    fn input(&mut self, input: Input) -> Option<Input> {
        Some(configured(input, |config| {
            config.queues.iter_mut().for_each(|queue| queue.required_skills.clear())
        }))
    }
}

#[test]
fn skills_4_catches_an_agent_who_lacks_one() {
    is_caught_by::<ForgetsSkills>(Invariant::Skills);
}

#[derive(Default)]
struct TurnsPrioritiesRound;

impl Breakage for TurnsPrioritiesRound {
    fn input(&mut self, input: Input) -> Option<Input> {
        let turn = |queue: &mut perezvon_model::config::Queue| queue.routing.priority *= -1;
        Some(configured(input, |config| config.queues.iter_mut().for_each(turn)))
    }
}

#[test]
fn order_5_catches_a_lower_priority_that_goes_first() {
    is_caught_by::<TurnsPrioritiesRound>(Invariant::Order);
}

#[derive(Default)]
struct ForgetsMembers;

impl Breakage for ForgetsMembers {
    fn input(&mut self, input: Input) -> Option<Input> {
        Some(configured(input, |config| {
            for agent in &mut config.agents {
                agent.queues.truncate(1);
            }
        }))
    }
}

#[test]
fn nobody_waits_6_catches_who_waits_for_a_free_agent() {
    is_caught_by::<ForgetsMembers>(Invariant::NobodyWaits);
}

#[derive(Default)]
struct WrapsUpTooLong;

impl Breakage for WrapsUpTooLong {
    fn output(&mut self, output: &mut Output) -> bool {
        if let Output::Journal(entry) = output
            && let Event::WrapUpStarted { deadline, .. } = &mut entry.event
        {
            // It was to last half as long.
            *deadline = UtcMs((deadline.0 + entry.at.0) / 2);
        }
        true
    }
}

#[test]
fn deadlines_7_catches_a_wrap_up_that_does_not_end() {
    is_caught_by::<WrapsUpTooLong>(Invariant::Deadlines);
}

#[derive(Default)]
struct DoesNotAge;

impl Breakage for DoesNotAge {
    fn input(&mut self, input: Input) -> Option<Input> {
        let stop = |queue: &mut perezvon_model::config::Queue| queue.routing.ageing_per_min = 0;
        Some(configured(input, |config| config.queues.iter_mut().for_each(stop)))
    }
}

#[test]
fn overtaking_8_catches_priorities_that_do_not_age() {
    is_caught_by::<DoesNotAge>(Invariant::Overtaking);
}

#[derive(Default)]
struct TalksLonger;

impl Breakage for TalksLonger {
    fn output(&mut self, output: &mut Output) -> bool {
        if let Output::Journal(entry) = output
            && let Event::AgentDisconnected { talk_ms, .. } = &mut entry.event
        {
            *talk_ms += 1;
        }
        true
    }
}

#[test]
fn counters_9_catches_a_millisecond_too_many() {
    is_caught_by::<TalksLonger>(Invariant::Counters);
}

/// Each engine that is made is another one.
struct Moody {
    number: usize,
}

impl Default for Moody {
    fn default() -> Moody {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        Moody { number: MADE.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Breakage for Moody {
    fn output(&mut self, output: &mut Output) -> bool {
        self.number.is_multiple_of(2) || !matches!(output, Output::FloorChanged)
    }
}

#[test]
fn replay_10_catches_an_engine_that_does_not_do_the_same_again() {
    is_caught_by::<Moody>(Invariant::Replay);
}

#[derive(Default)]
struct DoesNotHangUp;

impl Breakage for DoesNotHangUp {
    fn output(&mut self, output: &mut Output) -> bool {
        !matches!(output, Output::Leg { command: LegCommand::HangUp { .. }, .. })
    }
}

#[test]
fn legs_that_are_never_hung_up_are_caught() {
    is_caught_by::<DoesNotHangUp>(Invariant::Feasible);
}

#[derive(Default)]
struct Panics {
    inputs: usize,
}

impl Breakage for Panics {
    fn input(&mut self, input: Input) -> Option<Input> {
        self.inputs += 1;
        assert!(self.inputs < 90, "the engine is tired");
        Some(input)
    }
}

#[test]
fn a_panic_is_a_violation_like_any_other() {
    let scenario = Scenario::of(1);
    let failure = run::<Broken<Panics>>(&scenario, |_| {}).expect_err("it panics");
    assert_eq!((failure.step, failure.violation.invariant), (90, Invariant::NoPanic));
    assert_eq!(failure.violation.what, "the engine is tired");
}
