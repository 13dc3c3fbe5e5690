//! Rows that the engine makes beside the rows that the journal holds.

use std::collections::HashSet;

use perezvon_model::{EntryId, InteractionId, RunId, UtcMs};
use perezvon_store::{InputBatch, JournalLine};
use serde::Serialize;

use super::play::Made;
use super::range::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The journal has another row in this place.
    Changed,
    /// The journal has not the row that the replay makes.
    Missing,
    /// The journal has a row that the replay does not make.
    Surplus,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub kind: Kind,
    pub run: RunId,
    pub at: UtcMs,
    pub interaction: Option<InteractionId>,
    /// The row of the journal, and that of the replay.
    pub stored: Option<String>,
    pub replayed: Option<String>,
    /// The input that the row is made of, or the first of the batch that the journal's surplus row came with.
    pub input_number: i64,
    pub input: String,
}

/// One run's rows.
pub struct Comparison {
    run: RunId,
    range: Range,
    /// Rows of the range, on either side.
    pub compared: u64,
    pub differing: u64,
    pub first: Option<Difference>,
    /// The first one before the range: what is different then may be the reason of all that follows.
    pub before: Option<Difference>,
    /// Rows between those of this run, which others wrote.
    pub foreign: u64,
    last_seq: Option<i64>,
}

impl Comparison {
    pub fn new(run: RunId, range: Range) -> Self {
        Self { run, range, compared: 0, differing: 0, first: None, before: None, foreign: 0, last_seq: None }
    }

    /// Compares one batch's rows, byte for byte, those with the same id with each other.
    pub fn compare(&mut self, batch: &InputBatch, stored: Vec<JournalLine>, made: Vec<Made>) {
        if let Some(before) = self.last_seq.replace(batch.last_seq)
            && self.range.holds(batch.began_at)
        {
            self.foreign += (batch.first_seq - before - 1).max(0).unsigned_abs();
        }
        let stored_ids: HashSet<EntryId> = stored.iter().map(|line| line.id).collect();
        let made_ids: HashSet<EntryId> = made.iter().map(|made| made.line.id).collect();
        let (mut stored, mut made) = (stored.into_iter().peekable(), made.into_iter().peekable());
        loop {
            let pair = match (stored.peek(), made.peek()) {
                (None, None) => break,
                (Some(theirs), Some(own)) if theirs.id != own.line.id => {
                    if stored_ids.contains(&own.line.id) && !made_ids.contains(&theirs.id) {
                        (stored.next(), None)
                    } else if made_ids.contains(&theirs.id) && !stored_ids.contains(&own.line.id) {
                        (None, made.next())
                    } else {
                        (stored.next(), made.next())
                    }
                }
                (Some(_), Some(_)) => (stored.next(), made.next()),
                (Some(_), None) => (stored.next(), None),
                (None, Some(_)) => (None, made.next()),
            };
            self.pair(batch, pair.0, pair.1);
        }
    }

    fn pair(&mut self, batch: &InputBatch, stored: Option<JournalLine>, made: Option<Made>) {
        let kind = match (&stored, &made) {
            (Some(theirs), Some(own)) if written(theirs) == written(&own.line) => None,
            (Some(_), Some(_)) => Some(Kind::Changed),
            (None, _) => Some(Kind::Missing),
            (Some(_), None) => Some(Kind::Surplus),
        };
        let line = stored.as_ref().or(made.as_ref().map(|made| &made.line));
        let Some((at, interaction)) = line.map(|line| (line.at, line.interaction_id)) else { return };
        let in_range = self.range.holds(at);
        self.compared += u64::from(in_range);
        let Some(kind) = kind else { return };
        self.differing += u64::from(in_range);
        let place = if in_range { &mut self.first } else { &mut self.before };
        if place.is_none() && at < self.range.to {
            let input_number = made.as_ref().map_or(batch.first, |made| made.input);
            let nth = usize::try_from(input_number - batch.first).unwrap_or_default();
            *place = Some(Difference {
                kind,
                run: self.run,
                at,
                interaction,
                stored: stored.as_ref().map(written),
                replayed: made.as_ref().map(|made| written(&made.line)),
                input_number,
                input: batch.lines.lines().nth(nth).unwrap_or_default().to_owned(),
            });
        }
    }
}

/// A row as one line: all that the journal holds of it but its sequence number.
fn written(line: &JournalLine) -> String {
    let JournalLine { seq: _, id, at, interaction_id, agent_id, body } = line;
    let or_null = |id: Option<String>| id.map_or("null".to_owned(), |id| format!("\"{id}\""));
    format!(
        r#"{{"id":"{id}","at":{},"interaction":{},"agent":{},"event":{body}}}"#,
        at.0,
        or_null(interaction_id.map(|id| id.to_string())),
        or_null(agent_id.map(|id| id.to_string()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const T0: i64 = 1_795_262_400_000;

    fn line(id: u128, body: &str) -> JournalLine {
        JournalLine {
            seq: 0,
            id: EntryId(Uuid::from_u128(id)),
            at: UtcMs(T0 + 10),
            interaction_id: None,
            agent_id: None,
            body: body.to_owned(),
        }
    }

    fn made(id: u128, body: &str, input: i64) -> Made {
        Made { line: line(id, body), input }
    }

    fn compared(stored: Vec<JournalLine>, made: Vec<Made>) -> Comparison {
        let range = Range::read("UTC", None, None, UtcMs(T0 + 20)).unwrap();
        let mut comparison = Comparison::new(RunId(Uuid::nil()), range);
        let batch = InputBatch {
            first: 5,
            inputs: 2,
            began_at: UtcMs(T0),
            ended_at: UtcMs(T0 + 10),
            first_seq: 1,
            last_seq: 3,
            lines: "the fifth\nthe sixth\n".to_owned(),
        };
        comparison.compare(&batch, stored, made);
        comparison
    }

    fn first(comparison: &Comparison) -> (Kind, &str, u64, u64) {
        let first = comparison.first.as_ref().unwrap();
        (first.kind, &first.input, comparison.differing, comparison.compared)
    }

    #[test]
    fn the_same_rows_are_the_same() {
        let all = || [(1, "a"), (2, "b"), (3, "c")];
        let comparison = compared(
            all().map(|(id, body)| line(id, body)).to_vec(),
            all().into_iter().map(|(id, body)| made(id, body, 5)).collect(),
        );
        assert_eq!((comparison.compared, comparison.differing, comparison.first), (3, 0, None));
    }

    #[test]
    fn a_row_that_was_changed_removed_or_put_in_is_told_as_such_and_hides_no_other() {
        let own = || vec![made(1, "a", 5), made(2, "b", 6), made(3, "c", 6)];
        let changed = compared(vec![line(1, "a"), line(2, "x"), line(3, "c")], own());
        assert_eq!(first(&changed), (Kind::Changed, "the sixth", 1, 3));
        let removed = compared(vec![line(1, "a"), line(3, "c")], own());
        assert_eq!(first(&removed), (Kind::Missing, "the sixth", 1, 3));
        let put_in = compared(vec![line(1, "a"), line(9, "x"), line(2, "b"), line(3, "c")], own());
        assert_eq!(first(&put_in), (Kind::Surplus, "the fifth", 1, 4));
        let all_other = compared(vec![line(7, "a"), line(8, "b")], own());
        assert_eq!(first(&all_other), (Kind::Changed, "the fifth", 3, 3));
    }
}
