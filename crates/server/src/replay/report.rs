//! What a replay says, to people and as JSON.

use std::fmt;
use std::time::Duration;

use perezvon_model::{RunId, TenantId};
use perezvon_store::{ListedRun, Tenant};
use serde::Serialize;

use super::compare::{Comparison, Difference, Kind};
use super::range::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Same,
    Different,
    /// As far as the inputs go it is the same; they do not go all the way.
    Incomplete,
}

#[derive(Serialize)]
pub struct Report {
    pub tenant: TenantId,
    pub name: String,
    pub from: String,
    pub to: String,
    pub time_zone: String,
    /// Version of this program.
    pub program: &'static str,
    pub verdict: Verdict,
    pub runs: Vec<RunReport>,
    pub inputs: u64,
    /// Rows of the range that were compared, and how many of them differ.
    pub entries: u64,
    pub differing: u64,
    /// Inputs a second of this machine's CPU, their reading included.
    pub steps_per_cpu_second: u64,
    pub first_difference: Option<Difference>,
    /// The first difference before the range, in the runs that reach into it.
    pub difference_before: Option<Difference>,
    #[serde(skip)]
    pub range: Range,
    #[serde(skip)]
    pub cpu: Duration,
}

#[derive(Serialize)]
pub struct RunReport {
    pub run: RunId,
    pub started: String,
    pub program: String,
    pub inputs: u64,
    pub entries: u64,
    /// Rows in between that others wrote, such as a note after its wrap-up.
    pub foreign_entries: u64,
    /// Why it could not be followed to the end of the range.
    pub broken: Option<String>,
}

impl RunReport {
    pub fn new(listed: &ListedRun, range: &Range) -> Self {
        Self {
            run: listed.run.id,
            started: range.clock(listed.run.started_at),
            program: listed.run.program.clone(),
            inputs: 0,
            entries: 0,
            foreign_entries: 0,
            broken: None,
        }
    }

    pub fn take(&mut self, comparison: Comparison, report: &mut Report) {
        self.entries = comparison.compared;
        self.foreign_entries = comparison.foreign;
        report.entries += comparison.compared;
        report.differing += comparison.differing;
        report.first_difference = report.first_difference.take().or(comparison.first);
        report.difference_before = report.difference_before.take().or(comparison.before);
    }
}

impl Report {
    pub fn new(company: &Tenant, range: Range) -> Self {
        Self {
            tenant: company.id,
            name: company.name.clone(),
            from: range.clock(range.from),
            to: range.clock(range.to),
            time_zone: range.zone().to_owned(),
            program: env!("CARGO_PKG_VERSION"),
            verdict: Verdict::Same,
            runs: Vec::new(),
            inputs: 0,
            entries: 0,
            differing: 0,
            steps_per_cpu_second: 0,
            first_difference: None,
            difference_before: None,
            range,
            cpu: Duration::ZERO,
        }
    }

    pub fn conclude(&mut self) {
        let micros = self.cpu.as_micros().max(1);
        self.steps_per_cpu_second =
            u64::try_from(u128::from(self.inputs) * 1_000_000 / micros).unwrap_or(u64::MAX);
        self.verdict = if self.first_difference.is_some() {
            Verdict::Different
        } else if self.runs.iter().any(|run| run.broken.is_some()) {
            Verdict::Incomplete
        } else {
            Verdict::Same
        };
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report has string keys and serialises without I/O")
    }

    fn write_difference(&self, f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
        let Difference { kind, run, at, interaction, stored, replayed, input_number, input } = difference;
        let what = match kind {
            Kind::Changed => "the rows differ",
            Kind::Missing => "the journal has no such row",
            Kind::Surplus => "the replay makes no such row",
        };
        let of = interaction.map_or("no interaction".to_owned(), |id| format!("interaction {id}"));
        writeln!(f, "  {}, {of}, run {run}: {what}", self.range.clock(*at))?;
        writeln!(f, "  journal {}", stored.as_deref().unwrap_or("-"))?;
        writeln!(f, "  replay  {}", replayed.as_deref().unwrap_or("-"))?;
        writeln!(f, "  input {input_number}: {input}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {} to {} ({})", self.name, self.from, self.to, self.time_zone)?;
        for RunReport { run, started, program, inputs, entries, foreign_entries, broken } in &self.runs {
            write!(f, "run {run} from {started}, version {program}: {inputs} inputs, {entries} entries")?;
            if *foreign_entries > 0 {
                write!(f, " ({foreign_entries} in between are not the engine's)")?;
            }
            writeln!(f)?;
            if let Some(why) = broken {
                writeln!(f, "  not followed to the end: {why}")?;
            }
        }
        writeln!(
            f,
            "in all {} inputs, {} journal entries compared, {} inputs a second of CPU",
            self.inputs, self.entries, self.steps_per_cpu_second
        )?;
        match self.verdict {
            Verdict::Same => writeln!(f, "the same, byte for byte")?,
            Verdict::Incomplete => writeln!(f, "the same as far as the inputs go")?,
            Verdict::Different => writeln!(f, "DIFFERENT: {} entries; the first:", self.differing)?,
        }
        if let Some(first) = &self.first_difference {
            self.write_difference(f, first)?;
        }
        if let Some(before) = &self.difference_before {
            writeln!(f, "before that time there is a difference already:")?;
            self.write_difference(f, before)?;
        }
        if self.verdict == Verdict::Different
            && let Some(other) = self.runs.iter().find(|run| run.program != self.program)
        {
            writeln!(
                f,
                "this is version {}, and version {} decided then: it may have decided otherwise",
                self.program, other.program
            )?;
        }
        Ok(())
    }
}
