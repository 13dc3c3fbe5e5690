//! The inputs of one run of a tenant's engine on their way to the journal's writer. Those that make no entry wait for the
//! next one that does, so that keeping them costs no transaction of its own.

use perezvon_engine::Tenant;
use perezvon_model::engine::{Input, Output};
use perezvon_model::{RunId, UtcMs};
use perezvon_store::Inputs;

/// Inputs that may wait for an entry.
const WAIT_MOST: u32 = 256;
/// Their bytes: a configuration is long.
const WAIT_MOST_BYTES: usize = 256 * 1_024;

pub struct RunRecord {
    waiting: Inputs,
}

impl RunRecord {
    pub fn new(run: RunId) -> Self {
        Self { waiting: none_yet(run, 1) }
    }

    /// Steps the engine and takes the input down.
    pub fn handle(&mut self, engine: &mut Tenant, at: UtcMs, input: Input) -> Vec<Output> {
        let waiting = &mut self.waiting;
        let outputs = engine.handle_kept(at, input, &mut waiting.lines);
        if waiting.count == 0 {
            waiting.began_at = at;
        }
        waiting.ended_at = at;
        waiting.count += 1;
        outputs
    }

    pub fn is_full(&self) -> bool {
        self.waiting.count >= WAIT_MOST || self.waiting.lines.len() >= WAIT_MOST_BYTES
    }

    /// All that waits.
    pub fn take(&mut self) -> Option<Inputs> {
        let next = none_yet(self.waiting.run, self.waiting.first + i64::from(self.waiting.count));
        Some(std::mem::replace(&mut self.waiting, next)).filter(|inputs| inputs.count > 0)
    }
}

fn none_yet(run: RunId, first: i64) -> Inputs {
    Inputs { run, first, count: 0, began_at: UtcMs(0), ended_at: UtcMs(0), lines: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_numbered_without_a_gap_and_taken_once() {
        let mut record = RunRecord::new(RunId(uuid::Uuid::nil()));
        let mut engine = Tenant::new(1);
        assert_eq!(record.take(), None);
        record.handle(&mut engine, UtcMs(5), Input::Wake);
        record.handle(&mut engine, UtcMs(7), Input::Stop);
        let mut first = record.take().unwrap();
        assert_eq!((first.first, first.count, first.began_at, first.ended_at), (1, 2, UtcMs(5), UtcMs(7)));
        assert_eq!(first.lines, "5 {\"input\":\"wake\"}\n7 {\"input\":\"stop\"}\n");
        for _ in 0..WAIT_MOST {
            assert!(!record.is_full());
            record.handle(&mut engine, UtcMs(9), Input::Wake);
        }
        assert!(record.is_full());
        let next = record.take().unwrap();
        assert_eq!(next.first, 3);
        assert!(first.is_followed_by(&next) && !next.is_followed_by(&first));
        first.extend(&next);
        assert_eq!((first.count, first.ended_at), (2 + WAIT_MOST, UtcMs(9)));
    }
}
