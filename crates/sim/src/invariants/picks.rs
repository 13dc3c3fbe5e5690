//! Invariant 12. Indexed picks are naive picks, on sampled steps: every decision of such a step is held against a search
//! through everything (`acd/src/scan.rs`), and after it that search finds no pair that could still be made.

use perezvon_engine::Tenant;

use super::{Check, holds};

/// One step of so many is compared.
const EVERY: usize = 8;

pub(super) fn sample(number: usize, engine: &mut Tenant) {
    if number.is_multiple_of(EVERY) {
        engine.compare_picks();
    }
}

pub(super) fn after(engine: &mut Tenant) -> Check {
    if let Some(how) = engine.picks_differ() {
        holds!(false, Picks, "{how}");
    }
    Ok(())
}
