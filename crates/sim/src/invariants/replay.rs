//! Invariant 10. The same seed and inputs give the same outputs and the same state: what a restart from the recorded
//! inputs rests on.

use std::fmt::{self, Debug, Write};

use super::{Check, holds};
use crate::engine::Engine;
use crate::world::Step;

/// Feeds the inputs again to a new engine; it must put out the same and be the same as the one that lived.
pub fn again<E: Engine>(seed: u64, lived: &E, steps: &[Step]) -> Result<E, super::Violation> {
    let mut engine = E::new(seed);
    for (number, step) in steps.iter().enumerate() {
        let outputs = engine.handle(step.at, step.input.clone());
        holds!(outputs == step.outputs, Replay, "step {number} puts out something else: {:?}", step.input);
    }
    same(lived, &engine)?;
    Ok(engine)
}

fn same<E: Engine>(lived: &E, again: &E) -> Check {
    let (a, b) = (state(lived), state(again));
    holds!(a == b, Replay, "the state is {a:016x}, and {b:016x} when replayed");
    Ok(())
}

/// A hash of the whole state, as `Debug` shows it (FNV-1a).
pub fn state<E: Engine>(engine: &E) -> u64 {
    struct Hash(u64);
    impl Write for Hash {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for byte in text.bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            Ok(())
        }
    }
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let whole: &dyn Debug = engine.tenant();
    // Writing into a hash cannot fail.
    let _ = write!(hash, "{whole:?}");
    hash.0
}
