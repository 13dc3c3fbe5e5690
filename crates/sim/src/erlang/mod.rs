//! Erlang C (M/M/n) and Erlang A (M/M/n+M): what a queue of exponential arrivals, handle times and patience comes to.
//! The simulator around the production engine must agree with them.
//!
//! Erlang B by its recursion in the number of agents, which neither overflows nor loses digits (Gans, Koole and Mandelbaum,
//! "Telephone call centers", MSOM 5, 2003, section 4). Erlang A by the probabilities relative to the state in which all
//! agents are busy and nobody waits (Palm 1957; Mandelbaum and Zeltyn, "Service engineering in action: the Palm/Erlang-A
//! queue", 2007).

mod measured;
mod settings;

pub use measured::{Estimate, Measured, Run, measure};
pub use settings::settings;

/// A queue in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    pub agents: u32,
    pub calls_per_hour: f64,
    /// Mean handle time.
    pub handle_s: f64,
    /// Mean patience; without it nobody hangs up.
    pub patience_s: Option<f64>,
    /// Threshold of the service level.
    pub target_s: f64,
}

/// What callers meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Part of all who find every agent busy.
    pub waiting: f64,
    /// Part of all who are served within the threshold.
    pub in_time: f64,
    /// Mean wait of all, those who hang up too, in seconds.
    pub wait_s: f64,
    /// Part of all who hang up.
    pub abandoned: f64,
}

/// Erlang B: the part of calls that find `agents` lines busy, at `load` erlangs. By `B(k) = a B(k-1) / (k + a B(k-1))`.
pub fn erlang_b(agents: u32, load: f64) -> f64 {
    (1..=agents).fold(1.0, |blocked, k| load * blocked / (f64::from(k) + load * blocked))
}

impl Setting {
    /// Offered load in erlangs.
    pub fn load(&self) -> f64 {
        self.calls_per_hour * self.handle_s / 3_600.0
    }

    /// By Erlang C, or by Erlang A with patience; `None` where Erlang C has no steady state.
    pub fn expected(&self) -> Option<Expected> {
        match self.patience_s {
            None => self.erlang_c(),
            Some(patience_s) => Some(self.erlang_a(patience_s)),
        }
    }

    fn erlang_c(&self) -> Option<Expected> {
        let (load, agents) = (self.load(), f64::from(self.agents));
        if load >= agents {
            return None;
        }
        let blocked = erlang_b(self.agents, load);
        let waiting = blocked / (1.0 - load / agents * (1.0 - blocked));
        let freed_s = self.handle_s / (agents - load);
        let in_time = 1.0 - waiting * (-self.target_s / freed_s).exp();
        Some(Expected { waiting, in_time, wait_s: waiting * freed_s, abandoned: 0.0 })
    }

    fn erlang_a(&self, patience_s: f64) -> Expected {
        let (arrivals, leaves) = (self.calls_per_hour / 3_600.0, 1.0 / patience_s);
        let served = f64::from(self.agents) / self.handle_s;
        // All sums are relative to the probability of all agents busy and nobody waiting.
        let (mut part, mut busy, mut in_time, mut length) = (1.0, 0.0, 0.0, 0.0);
        let idle = 1.0 / erlang_b(self.agents, self.load()) - 1.0;
        // With j ahead the wait is a sum of exponential stages; the part of those still patient who are not served by
        // then has a regularised incomplete beta tail I_x(a, j+1), summed upwards from I_x(a, 1) = x^a.
        let a = served / leaves + 1.0;
        let ln_x = -leaves * self.target_s;
        let ln_rest = (-ln_x.exp_m1()).ln();
        let (mut ln_term, mut tail) = (a * ln_x, 0.0);
        for j in 0..10_000_000u32 {
            let j = f64::from(j);
            tail += ln_term.exp();
            ln_term += ln_rest + ((a + j) / (j + 1.0)).ln();
            busy += part;
            length += j * part;
            in_time += part * served / (served + (j + 1.0) * leaves) * (1.0 - tail).max(0.0);
            part *= arrivals / (served + (j + 1.0) * leaves);
            if part < 1e-17 * busy {
                break;
            }
        }
        let all = idle + busy;
        let wait_s = length / all / arrivals;
        Expected { waiting: busy / all, in_time: (idle + in_time) / all, wait_s, abandoned: wait_s * leaves }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("../../data/erlang_reference.csv");

    fn near(is: f64, should: f64) -> bool {
        (is - should).abs() <= 1e-9 * should.abs().max(1e-3)
    }

    #[test]
    fn the_formulas_agree_with_the_table() {
        let mut rows = 0;
        for line in TABLE.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let mut fields = line.split(',');
            let id = fields.next().expect("an id");
            let fields: Vec<Option<f64>> = fields.map(|field| field.parse().ok()).collect();
            let number = |at: usize| fields[at].expect("a number");
            let setting = Setting {
                calls_per_hour: number(0),
                handle_s: number(1),
                agents: number(2) as u32,
                target_s: number(3),
                patience_s: fields[4],
            };
            let is = setting.expected().expect("a steady state");
            let pairs = [
                (is.waiting, number(5)),
                (is.in_time, number(6)),
                (is.wait_s, number(7)),
                (is.abandoned, number(8)),
            ];
            assert!(pairs.iter().all(|(is, should)| near(*is, *should)), "{id}: {pairs:?}");
            rows += 1;
        }
        assert!(rows >= 20, "{rows} rows");
    }

    #[test]
    fn more_load_than_agents_has_no_steady_state_without_patience() {
        let setting =
            Setting { agents: 5, calls_per_hour: 60.0, handle_s: 300.0, patience_s: None, target_s: 20.0 };
        assert_eq!(setting.expected(), None);
        let patient = Setting { patience_s: Some(60.0), ..setting };
        assert!(patient.expected().is_some_and(|is| is.abandoned > 0.1));
    }
}
