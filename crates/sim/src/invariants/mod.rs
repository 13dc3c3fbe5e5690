//! The invariants, a file each, asserted after every event. What an entry of the journal must not say is judged
//! before it is written into the books; what must hold between books and engine is judged after it.
//!
//! | | invariant | file |
//! |---|---|---|
//! | 1 | conservation: everything offered to a queue is somewhere | `conservation.rs` |
//! | 2 | each interaction in exactly one place, final states never left | `one_place.rs` |
//! | 3 | capacity within its limit and equal to the sum of sessions | `capacity.rs` |
//! | 4 | no assignment without the skills in force | `skills.rs` |
//! | 5 | equal class and priority: served in the order of places | `order.rs` |
//! | 6 | nobody waits while somebody eligible is free | `nobody_waits.rs` |
//! | 7 | wrap-up is not cut short, deadlines are met, places are kept | `deadlines.rs` |
//! | 8 | with ageing nobody is overtaken without bound | `overtaking.rs` |
//! | 9 | counters equal the journal, states sum to signed-in time | `counters.rs` |
//! | 10 | replay gives the same state and outputs | `replay.rs` |
//! | 11 | the dialler keeps its cap: there is no dialler yet | |
//! | 12 | indexed picks equal naive picks, on sampled steps | `picks.rs` |
//! | 13 | a promised call is in one place, promised once, and comes to an end | `promises.rs` |
//! | 14 | who is held for an agent goes to nobody else meanwhile | `held.rs` |
//! | 15 | who is sent elsewhere met the rule, and who meets one is sent | `elsewhere.rs` |
//! | 16 | positions and waits that are said are true | `said.rs` |
//!
//! Beside them: the shells can carry out what the engine puts out, and the engine never panics.

mod capacity;
mod conservation;
mod counters;
mod deadlines;
mod elsewhere;
mod held;
mod nobody_waits;
mod one_place;
mod order;
mod overtaking;
mod picks;
mod promises;
pub mod replay;
mod said;
mod skills;

use perezvon_engine::{Audit, Tenant};
use perezvon_model::engine::Output;
use perezvon_model::journal::Entry;
use std::fmt;

use crate::ledger::Ledger;
use crate::world::Step;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    Conservation,
    OnePlace,
    Capacity,
    Skills,
    Order,
    NobodyWaits,
    Deadlines,
    Overtaking,
    Counters,
    Replay,
    Picks,
    Promises,
    Held,
    Elsewhere,
    Said,
    /// The shells can carry out what the engine puts out.
    Feasible,
    NoPanic,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Invariant::Conservation => "1 (conservation)",
            Invariant::OnePlace => "2 (exactly one place)",
            Invariant::Capacity => "3 (capacity)",
            Invariant::Skills => "4 (skills in force)",
            Invariant::Order => "5 (order of equals)",
            Invariant::NobodyWaits => "6 (nobody waits for a free agent)",
            Invariant::Deadlines => "7 (wrap-up, deadlines and places)",
            Invariant::Overtaking => "8 (bounded overtaking)",
            Invariant::Counters => "9 (counters and times)",
            Invariant::Replay => "10 (replay)",
            Invariant::Picks => "12 (indexed picks are naive picks)",
            Invariant::Promises => "13 (promised calls)",
            Invariant::Held => "14 (held for an agent)",
            Invariant::Elsewhere => "15 (who goes elsewhere)",
            Invariant::Said => "16 (what is said is true)",
            Invariant::Feasible => "outputs can be carried out",
            Invariant::NoPanic => "no panic",
        })
    }
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant {invariant}: {what}")]
pub struct Violation {
    pub invariant: Invariant,
    pub what: String,
}

pub(crate) type Check = Result<(), Violation>;

/// Ends the check unless the condition holds.
macro_rules! holds {
    ($condition:expr, $invariant:ident, $($what:tt)+) => {
        if !$condition {
            return Err($crate::invariants::Violation {
                invariant: $crate::invariants::Invariant::$invariant,
                what: format!($($what)+),
            });
        }
    };
}
pub(crate) use holds;

/// The books of one scenario and the checks that go with them.
#[derive(Default)]
pub struct Checks {
    ledger: Ledger,
    /// Only this invariant, or all of them.
    only: Option<Invariant>,
}

impl Checks {
    /// Checks one invariant, or all of them.
    pub fn of(only: Option<Invariant>) -> Checks {
        Checks { only, ..Checks::default() }
    }

    /// Lets pass what is not watched.
    fn judge(&self, check: Check) -> Check {
        check.or_else(|violation| match self.only {
            Some(only) if only != violation.invariant => Ok(()),
            Some(_) | None => Err(violation),
        })
    }

    /// Before the next input: samples the picks of some of them.
    pub fn before(&self, number: usize, engine: &mut Tenant) {
        picks::sample(number, engine);
    }

    /// After every input.
    pub fn after(&mut self, step: &Step, engine: &mut Tenant) -> Check {
        self.ledger.begin(step.at, &step.input);
        self.judge(picks::after(engine))?;
        let engine = &*engine;
        let audit = engine.audit();
        for output in &step.outputs {
            self.ledger.hear(output);
            if let Output::Journal(entry) = output {
                self.entry(step, entry, audit)?;
            }
        }
        self.ledger.end(audit);
        let ledger = &self.ledger;
        self.judge(conservation::after(ledger, engine))?;
        self.judge(one_place::after(ledger, audit))?;
        self.judge(capacity::after(ledger, audit))?;
        self.judge(skills::after(ledger, audit))?;
        self.judge(nobody_waits::after(ledger, audit))?;
        self.judge(deadlines::after(ledger, audit))?;
        self.judge(counters::after(ledger, audit))?;
        self.judge(promises::after(ledger))?;
        self.judge(elsewhere::after(ledger))
    }

    fn entry(&mut self, step: &Step, entry: &Entry, audit: Audit<'_>) -> Check {
        let ledger = &self.ledger;
        self.judge(one_place::entry(ledger, entry))?;
        self.judge(capacity::entry(ledger, entry))?;
        self.judge(skills::entry(ledger, entry, audit))?;
        self.judge(order::entry(ledger, entry, audit))?;
        self.judge(deadlines::entry(ledger, entry))?;
        self.judge(overtaking::entry(ledger, entry, audit))?;
        self.judge(counters::entry(ledger, entry))?;
        self.judge(promises::entry(ledger, entry))?;
        self.judge(held::entry(ledger, entry, audit))?;
        self.judge(elsewhere::entry(ledger, step, entry))?;
        self.judge(said::entry(ledger, entry))?;
        self.ledger.write(entry, audit);
        Ok(())
    }

    /// Once everybody has gone.
    pub fn over(&self, engine: &Tenant) -> Check {
        self.judge(conservation::over(&self.ledger, engine))
    }
}
