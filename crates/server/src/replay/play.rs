//! One run's inputs through a new engine.

use perezvon_engine::{Tenant, Today, UnreadableInput, read_kept};
use perezvon_model::engine::Output;
use perezvon_store::{InputBatch, InputRun, JournalLine};

/// Why a run cannot be followed further.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("what the engine began with cannot be read: {0}")]
    Beginning(#[from] serde_json::Error),
    #[error("inputs {from} to {to} are not there: they were not kept, or removed with age")]
    Gap { from: i64, to: i64 },
    #[error("input {number} cannot be read ({why}); the version of the program that wrote it can")]
    Unreadable { number: i64, why: UnreadableInput },
    #[error("the inputs from {first} on are {found}, not {said}")]
    Count { first: i64, said: u32, found: usize },
}

/// A row that the engine makes, and the number of the input that it makes it of.
pub struct Made {
    pub line: JournalLine,
    pub input: i64,
}

pub struct Player {
    engine: Tenant,
    /// Given after the first input.
    today: Option<Today>,
    /// The number of the next input.
    next: i64,
}

impl Player {
    pub fn new(run: &InputRun) -> Result<Self, Broken> {
        let today = Some(serde_json::from_str(&run.today)?);
        Ok(Self { engine: Tenant::new(run.seed), today, next: 1 })
    }

    /// Inputs so far.
    pub fn played(&self) -> u64 {
        self.next.unsigned_abs() - 1
    }

    /// Plays the batch that follows; answers the rows it makes, in order, with sequence numbers as if it began at the
    /// batch's own.
    pub fn play(&mut self, batch: &InputBatch) -> Result<Vec<Made>, Broken> {
        if batch.first != self.next {
            return Err(Broken::Gap { from: self.next, to: batch.first - 1 });
        }
        let found = batch.lines.lines().count();
        if found != batch.inputs as usize {
            return Err(Broken::Count { first: batch.first, said: batch.inputs, found });
        }
        let mut made = Vec::new();
        let mut seq = batch.first_seq..;
        for line in batch.lines.lines() {
            let number = self.next;
            let (at, input) = read_kept(line).map_err(|why| Broken::Unreadable { number, why })?;
            for output in self.engine.handle(at, input) {
                if let Output::Journal(entry) = output {
                    let line = JournalLine::of(seq.next().unwrap_or_default(), &entry);
                    made.push(Made { line, input: number });
                }
            }
            if let Some(today) = self.today.take() {
                self.engine.set_today(today);
            }
            self.next += 1;
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use perezvon_engine::AgentToday;
    use perezvon_model::config::{Agent, CallerId, FlowSource, Queue, Routing, TenantConfig, WrapUp};
    use perezvon_model::engine::{AgentCommand, Input};
    use perezvon_model::prompt::Language;
    use perezvon_model::routing::Strategy;
    use perezvon_model::{Device, Presence, RunId, UserId, UtcMs};
    use uuid::Uuid;

    use super::*;

    const SEED: u64 = 5;
    const DIRECT: &str = r#"{"version":1,"start":"main","nodes":{"main":{"type":"queue","queue":"main"}}}"#;

    fn id<T: From<Uuid>>(number: u128) -> T {
        Uuid::from_u128(number).into()
    }

    fn company() -> TenantConfig {
        let agent = |number| Agent {
            id: id(number),
            name: format!("Agent {number}"),
            queues: vec![id(1)],
            skills: Vec::new(),
            device: Device::Browser,
            sip_username: None,
            phone_uri: None,
            weight: 1,
            capacity: None,
        };
        TenantConfig {
            tenant: id(9),
            name: "Company".into(),
            version: 1,
            region: "RU".into(),
            time_zone: "UTC".into(),
            utc_offset_min: 0,
            zones: Default::default(),
            capacity: Default::default(),
            queues: vec![Queue {
                id: id(1),
                key: "main".into(),
                name: "Main".into(),
                required_skills: Vec::new(),
                ring_timeout_s: 20,
                wrap_up: WrapUp::None,
                service_level_s: 20,
                service_level_target: 80,
                short_abandon_s: 5,
                max_waiting: 10,
                record: false,
                routing: Routing { strategy: Strategy::FewestInteractions, ..Routing::default() },
            }],
            agents: vec![agent(11), agent(12)],
            skills: Vec::new(),
            dispositions: Vec::new(),
            flows: vec![FlowSource {
                id: id(2),
                key: "main".into(),
                name: "Main".into(),
                json: DIRECT.into(),
            }],
            numbers: Vec::new(),
            trunks: Vec::new(),
        }
    }

    fn inputs() -> Vec<Input> {
        let mut inputs = vec![Input::Configure { config: Arc::new(company()) }];
        for agent in [11, 12].map(id::<UserId>) {
            inputs.push(Input::DeviceChanged { agent, device: Device::Browser, connected: true });
            let command = AgentCommand::SetPresence { presence: Presence::Ready };
            inputs.push(Input::Agent { agent, request: id(20), command });
        }
        inputs.push(Input::CallArrived {
            interaction: id(3),
            leg: id(4),
            trunk: None,
            from: CallerId { shown: "100".into(), number: None, name: String::new() },
            to: "200".into(),
            flow: id(2),
            language: Language::En,
        });
        inputs
    }

    /// A run as a server keeps it, in one batch, and the rows it made.
    fn lived(today: Today) -> (InputRun, InputBatch, Vec<JournalLine>) {
        let mut engine = Tenant::new(SEED);
        let (mut lines, mut rows) = (String::new(), Vec::new());
        for (number, input) in (0i64..).zip(inputs()) {
            for output in engine.handle_kept(UtcMs(1_795_262_400_000 + number), input, &mut lines) {
                if let Output::Journal(entry) = output {
                    rows.push(JournalLine::of(1 + i64::try_from(rows.len()).unwrap(), &entry));
                }
            }
            if number == 0 {
                engine.set_today(today.clone());
            }
        }
        let run = InputRun {
            id: RunId(Uuid::nil()),
            started_at: UtcMs(0),
            seed: SEED,
            program: String::new(),
            today: serde_json::to_string(&today).unwrap(),
        };
        let batch = InputBatch {
            first: 1,
            inputs: u32::try_from(lines.lines().count()).unwrap(),
            began_at: UtcMs(0),
            ended_at: UtcMs(0),
            first_seq: 1,
            last_seq: 0,
            lines,
        };
        (run, batch, rows)
    }

    #[test]
    fn what_an_agent_had_done_that_day_before_the_start_counts_once_more() {
        let handled = |number, handled| (id(number), AgentToday { handled, handle_ms: 0 });
        let chosen = |agents: Vec<(UserId, AgentToday)>| {
            let (run, batch, rows) = lived(Today { queues: Vec::new(), agents });
            let made = Player::new(&run).unwrap().play(&batch).unwrap();
            assert_eq!(
                made.iter().map(|made| &made.line).collect::<Vec<_>>(),
                rows.iter().collect::<Vec<_>>()
            );
            let offered = made.iter().find(|made| made.line.body.contains(r#""kind":"offered""#)).unwrap();
            assert_eq!(offered.input, 6, "the input that made it");
            offered.line.agent_id
        };
        assert_eq!(chosen(vec![handled(11, 5), handled(12, 1)]), Some(id(12)));
        assert_eq!(chosen(vec![handled(11, 1), handled(12, 5)]), Some(id(11)));
    }

    #[test]
    fn what_does_not_follow_or_is_not_whole_is_not_played() {
        let (run, batch, _) = lived(Today::default());
        let of = |change: fn(&mut InputBatch)| {
            let mut batch = batch.clone();
            change(&mut batch);
            Player::new(&run).unwrap().play(&batch).err().map(|broken| broken.to_string())
        };
        assert_eq!(of(|_| {}), None);
        assert!(
            of(|batch| batch.first = 4).is_some_and(|why| why.starts_with("inputs 1 to 3 are not there"))
        );
        assert!(of(|batch| batch.inputs += 1).is_some_and(|why| why.contains("are 6, not 7")));
        let spoilt = of(|batch| batch.lines = batch.lines.replacen("call_arrived", "call_departed", 1));
        assert!(spoilt.is_some_and(|why| why.starts_with("input 6 cannot be read")));
        assert!(Player::new(&InputRun { today: "now".into(), ..run }).is_err());
    }
}
