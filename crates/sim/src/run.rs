//! One scenario from its first moment to the last, checked after every event.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::company::{Company, Crowd, FaultKind};
use crate::engine::Engine;
use crate::invariants::{Checks, Invariant, Violation, replay};
use crate::scenario::Scenario;
use crate::world::{Step, World};

/// What a scenario came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Inputs of the engine.
    pub events: usize,
    /// A hash of the last state.
    pub state: u64,
}

/// What did not hold, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The number of the event after which it did not hold, 1 for the first.
    pub step: usize,
    pub violation: Violation,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}", self.step, self.violation)
    }
}

/// Runs a scenario. A panic of the engine is a violation like any other. `seen` is shown every step.
pub fn run<E: Engine>(scenario: &Scenario, seen: impl FnMut(&Step)) -> Result<Report, Failure> {
    run_watching::<E>(scenario, None, seen)
}

/// As [`run`], with an eye on one invariant alone.
pub fn run_watching<E: Engine>(
    scenario: &Scenario,
    only: Option<Invariant>,
    mut seen: impl FnMut(&Step),
) -> Result<Report, Failure> {
    let mut at = 0;
    let ran = catch_unwind(AssertUnwindSafe(|| run_to_end::<E>(scenario, only, &mut at, &mut seen)));
    let failed = |violation| Failure { step: at, violation };
    match ran {
        Ok(outcome) => outcome.map_err(failed),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let what = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
            Err(Failure {
                step: at + 1,
                violation: Violation { invariant: Invariant::NoPanic, what: what.into() },
            })
        }
    }
}

fn run_to_end<E: Engine>(
    scenario: &Scenario,
    only: Option<Invariant>,
    at: &mut usize,
    seen: &mut impl FnMut(&Step),
) -> Result<Report, Violation> {
    let company = Company::of(scenario);
    let crowd = Crowd::of(scenario, &company.config, &company.faults);
    let mut restarts: Vec<_> =
        company.faults.iter().filter(|fault| fault.kind == FaultKind::Restart).collect();
    restarts.sort_by_key(|fault| std::cmp::Reverse(fault.at));
    let mut world = World::new(E::new(scenario.seed), crowd, company.start, company.config);
    for (at, deed) in company.deeds {
        world.plan(at, deed);
    }
    world.expect(company.arrivals.into_iter());
    let mut checks = Checks::of(only);
    let feasible = |what: String| {
        let watched = only.is_none_or(|only| only == Invariant::Feasible);
        if watched { Err(Violation { invariant: Invariant::Feasible, what }) } else { Ok(()) }
    };
    let mut steps: Vec<Step> = Vec::new();
    while *at < scenario.steps && world.next_at().is_some_and(|next| next < company.end) {
        if restarts.pop_if(|fault| fault.at <= world.now()).is_some() {
            *world.engine_mut() = replay::again(scenario.seed, world.engine(), &steps)?;
        }
        checks.before(*at, world.engine_mut().tenant_mut());
        let Some(step) = world.step() else { break };
        *at += 1;
        seen(&step);
        if let Some(what) = world.complaint() {
            feasible(what.to_owned())?;
        }
        checks.after(&step, world.engine_mut().tenant_mut())?;
        steps.push(step);
    }
    if *at < scenario.steps {
        checks.over(world.engine().tenant())?;
        if world.legs_live() > 0 {
            feasible(format!("{} legs are left", world.legs_live()))?;
        }
    }
    let again = replay::again(scenario.seed, world.engine(), &steps)?;
    Ok(Report { events: *at, state: replay::state(&again) })
}
