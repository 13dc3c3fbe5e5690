//! What a seed makes happen, as a value that can be made smaller: the first so many queues and agents, and of callers,
//! moves, changes and faults those that are kept.

use std::fmt;
use std::str::FromStr;

use crate::chance::Chance;

/// The most steps of one scenario; one that needs more is cut there.
pub const MAX_STEPS: usize = 200_000;

/// Numbers that are kept, in order. Written as `0-4,7`, or `none`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept(pub Vec<u32>);

/// One scenario. All its sizes follow from the seed unless they were made smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    pub seed: u64,
    /// 1 to 8.
    pub queues: u32,
    /// 1 to 24.
    pub agents: u32,
    pub callers: Kept,
    /// What agents do by themselves: breaks, devices that go and come, desks that close.
    pub moves: Kept,
    /// Changes of the configuration.
    pub changes: Kept,
    pub faults: Kept,
    /// Whether conversations have holds, transfers and the like.
    pub quirks: bool,
    /// The most inputs of the engine; the scenario ends there.
    pub steps: usize,
}

impl Scenario {
    /// The whole scenario of a seed.
    pub fn of(seed: u64) -> Scenario {
        let mut chance = Chance::of(seed, "size", 0);
        let mut size = |least: i64, most: i64| chance.between(least, most) as u32;
        Scenario {
            seed,
            queues: size(1, 8),
            agents: size(1, 24),
            callers: Kept::first(size(10, 150)),
            moves: Kept::first(size(0, 30)),
            changes: Kept::first(size(0, 6)),
            faults: Kept::first(size(0, 16)),
            quirks: true,
            steps: MAX_STEPS,
        }
    }
}

impl Kept {
    /// 0 to `count` - 1.
    pub fn first(count: u32) -> Kept {
        Kept((0..count).collect())
    }

    pub fn has(&self, number: u32) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    /// One past the last.
    pub fn end(&self) -> u32 {
        self.0.last().map_or(0, |last| last + 1)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let runs = self.0.chunk_by(|a, b| a + 1 == *b);
        for (at, run) in runs.enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match run {
                [one] => write!(f, "{comma}{one}")?,
                [first, .., last] => write!(f, "{comma}{first}-{last}")?,
                [] => {}
            }
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a list of numbers such as 0-4,7, or none")]
pub struct NotAList(String);

impl FromStr for Kept {
    type Err = NotAList;

    fn from_str(text: &str) -> Result<Kept, NotAList> {
        if text == "none" {
            return Ok(Kept::default());
        }
        let refuse = || NotAList(text.to_owned());
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u32, u32) =
                (first.parse().map_err(|_| refuse())?, last.parse().map_err(|_| refuse())?);
            if last > 100_000 {
                return Err(refuse());
            }
            numbers.extend(first..=last);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Kept(numbers))
    }
}

/// The arguments of `sim run` that make this scenario again.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = Scenario::of(self.seed);
        write!(f, "--seed {}", self.seed)?;
        if self.queues != whole.queues {
            write!(f, " --queues {}", self.queues)?;
        }
        if self.agents != whole.agents {
            write!(f, " --agents {}", self.agents)?;
        }
        let lists = [
            ("callers", &self.callers, &whole.callers),
            ("moves", &self.moves, &whole.moves),
            ("changes", &self.changes, &whole.changes),
            ("faults", &self.faults, &whole.faults),
        ];
        for (name, kept, all) in lists {
            if kept != all {
                write!(f, " --{name} {kept}")?;
            }
        }
        if !self.quirks {
            write!(f, " --plain")?;
        }
        if self.steps != whole.steps {
            write!(f, " --steps {}", self.steps)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_they_are_written() {
        for text in ["none", "0", "0-4,7", "1,3-5,9-10"] {
            assert_eq!(text.parse::<Kept>().map(|kept| kept.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "a", "1-", "4-200000"] {
            assert!(text.parse::<Kept>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_seed_that_was_not_reduced_is_its_own_name() {
        assert_eq!(Scenario::of(12).to_string(), "--seed 12");
        let less =
            Scenario { queues: 1, callers: Kept(vec![1, 2]), quirks: false, steps: 40, ..Scenario::of(0) };
        assert!(less.to_string().ends_with("--callers 1-2 --plain --steps 40"), "{less}");
    }
}
