//! Seeds that every build runs, with every check after every event. More: `cargo run --release -p sim -- soak --seeds 1000`.

use perezvon_engine::Tenant;
use sim::{Scenario, run, shrink};

fn all_hold(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let scenario = Scenario::of(seed);
        if let Err(failure) = run::<Tenant>(&scenario, |_| {}) {
            let (small, smaller) = shrink::<Tenant>(&scenario, &failure);
            panic!(
                "seed {seed} fails, {failure}\nmade smaller, {smaller}\n\
                 cargo run --release -p sim -- run {small} --trace"
            );
        }
    }
}

#[test]
fn the_invariants_hold_for_seeds_0_to_49() {
    all_hold(0..50);
}

#[test]
fn the_invariants_hold_for_seeds_50_to_99() {
    all_hold(50..100);
}

#[test]
fn the_same_seed_is_the_same_day() {
    let scenario = Scenario::of(5);
    let lives = || {
        let mut outputs = Vec::new();
        let report = run::<Tenant>(&scenario, |step| outputs.extend(step.outputs.clone())).expect("it holds");
        (report, outputs)
    };
    assert_eq!(lives(), lives());
    assert_ne!(run::<Tenant>(&Scenario::of(6), |_| {}), run::<Tenant>(&scenario, |_| {}));
}
