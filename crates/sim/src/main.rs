//! `sim soak` runs seeds and stops at the first that fails, made smaller; `sim run` runs one scenario again; `sim erlang`
//! compares the engine with Erlang C and Erlang A.

use clap::{Parser, Subcommand};
use perezvon_engine::Tenant;
use sim::{Failure, Kept, Report, Scenario, run, shrink};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

#[derive(Parser)]
#[command(
    name = "sim",
    about = "Simulated companies around the production engine, checked after every event"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs seeds, each a company with a day of its own.
    Soak {
        /// How many seeds.
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// Runs one scenario, as a failing soak prints it.
    Run(RunArguments),
    /// Compares the engine with Erlang C and Erlang A at 24 settings of 2 to 500 agents.
    Erlang {
        /// Length of each of 20 batches in mean handle times; the tests take 5.
        #[arg(long, default_value_t = 50.0)]
        batch: f64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

#[derive(clap::Args)]
struct RunArguments {
    #[arg(long)]
    seed: u64,
    /// Only the first so many queues.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=8))]
    queues: Option<u32>,
    /// Only the first so many agents.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=24))]
    agents: Option<u32>,
    /// Only these callers, such as 0-4,7 or none.
    #[arg(long)]
    callers: Option<Kept>,
    /// Only these moves of agents.
    #[arg(long)]
    moves: Option<Kept>,
    /// Only these changes of the configuration.
    #[arg(long)]
    changes: Option<Kept>,
    /// Only these mishaps.
    #[arg(long)]
    faults: Option<Kept>,
    /// Conversations without holds, transfers and the like.
    #[arg(long)]
    plain: bool,
    /// The scenario ends after so many events.
    #[arg(long)]
    steps: Option<usize>,
    /// Prints every event with what the engine answered.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Soak { seeds, from } => soak(from, seeds),
        Command::Run(arguments) => run_one(arguments),
        Command::Erlang { batch, seed } => compare(sim::erlang::Run { seed, batch }),
    }
}

/// All seeds, on all cores. The first failure in the order of seeds is made smaller and printed.
fn soak(from: u64, seeds: u64) -> ExitCode {
    let panics = std::panic::take_hook();
    // A panic of the engine is a failure like any other, and told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicU64::new(from);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (tell, next) = (tell.clone(), &next);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more when the program ends.
                    if seed >= from.saturating_add(seeds)
                        || tell.send((seed, run::<Tenant>(&Scenario::of(seed), |_| {}))).is_err()
                    {
                        break;
                    }
                }
            });
        }
    });
    drop(tell);
    let mut outcomes: Vec<(u64, Result<Report, Failure>)> = told.iter().collect();
    outcomes.sort_by_key(|(seed, _)| *seed);
    let events: usize = outcomes.iter().filter_map(|(_, outcome)| Some(outcome.as_ref().ok()?.events)).sum();
    let failures: Vec<_> =
        outcomes.iter().filter_map(|(seed, outcome)| Some((*seed, outcome.as_ref().err()?))).collect();
    for (seed, failure) in &failures {
        println!("seed {seed} fails, {failure}");
    }
    let smallest = failures.first().map(|(seed, failure)| shrink::<Tenant>(&Scenario::of(*seed), failure));
    std::panic::set_hook(panics);
    if let Some((scenario, failure)) = smallest {
        println!("\nthe first one made smaller, {failure}");
        println!("    cargo run --release -p sim -- run {scenario} --trace");
    }
    println!("seeds={} events={events} violations={}", outcomes.len(), failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_one(arguments: RunArguments) -> ExitCode {
    let mut scenario = Scenario::of(arguments.seed);
    let RunArguments { queues, agents, callers, moves, changes, faults, plain, steps, trace, seed: _ } =
        arguments;
    scenario.queues = queues.unwrap_or(scenario.queues);
    scenario.agents = agents.unwrap_or(scenario.agents);
    scenario.callers = callers.unwrap_or(scenario.callers);
    scenario.moves = moves.unwrap_or(scenario.moves);
    scenario.changes = changes.unwrap_or(scenario.changes);
    scenario.faults = faults.unwrap_or(scenario.faults);
    scenario.quirks = !plain;
    scenario.steps = steps.unwrap_or(scenario.steps);
    let mut number = 0;
    let outcome = run::<Tenant>(&scenario, |step| {
        number += 1;
        if trace {
            println!("{number} at {}: {:?}", step.at.0, step.input);
            for output in &step.outputs {
                println!("    {output:?}");
            }
        }
    });
    match outcome {
        Ok(Report { events, state }) => {
            println!("{scenario}: events={events} violations=0 state={state:016x}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{scenario} fails, {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line per setting: the formula's figure, and the simulator's with half the width of its 99.9 % interval.
fn compare(run: sim::erlang::Run) -> ExitCode {
    println!(
        "agents  load  patience |      waiting %            in time %             wait s          abandoned %"
    );
    let mut wrong = 0;
    for setting in sim::erlang::settings() {
        let Some(expected) = setting.expected() else { continue };
        let is = sim::erlang::measure(&setting, run);
        let patience = setting.patience_s.map_or("-".into(), |patience_s| format!("{patience_s:.0} s"));
        print!("{:6} {:5.1} {patience:>9} |", setting.agents, setting.load());
        for (should, is, unit) in [
            (expected.waiting, is.waiting, 100.0),
            (expected.in_time, is.in_time, 100.0),
            (expected.wait_s, is.wait_s, 1.0),
            (expected.abandoned, is.abandoned, 100.0),
        ] {
            print!(" {:6.2} {:6.2}+-{:5.2}", should * unit, is.mean * unit, is.half_width * unit);
        }
        let differs = is.differs(&expected);
        wrong += usize::from(!differs.is_empty());
        println!("  {} callers {}", is.callers, differs.join(", "));
    }
    println!("settings that differ: {wrong}");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
