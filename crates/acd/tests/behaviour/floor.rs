//! A small floor in words: queues, agents and interactions by name.

use perezvon_acd::{Acd, Ask, Decision, Match, Place, Setup, Standing, Worker};
use perezvon_model::channel::{Channel, Channels};
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::{NothingFor, Receipt, Step, Strategy, Widen};
use perezvon_model::{InteractionId, QueueId, SkillId, UserId, UtcMs};
use std::collections::BTreeMap;
use uuid::Uuid;

/// An id made of a name: names of up to 15 letters are in the order of the alphabet.
pub fn id<T: From<Uuid>>(name: &str) -> T {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    T::from(Uuid::from_bytes(bytes))
}

fn name(uuid: Uuid) -> String {
    String::from_utf8_lossy(uuid.as_bytes()).trim_end_matches('\0').to_owned()
}

/// `german 3`.
pub fn level(words: &str) -> SkillLevel {
    let (skill, level) = words.split_once(' ').expect("a skill and its level");
    SkillLevel { skill: id(skill), level: level.parse().expect("a level is a number") }
}

pub fn skill(name: &str) -> SkillId {
    id(name)
}

pub fn after(after_s: u32, widen: Widen) -> Step {
    Step { after_s, widen }
}

#[derive(Clone)]
pub struct QueueOf {
    pub name: &'static str,
    pub channel: Channel,
    pub strategy: Strategy,
    pub needs: Vec<SkillLevel>,
    pub steps: Vec<Step>,
    pub ageing_per_min: u32,
}

pub fn queue(name: &'static str) -> QueueOf {
    QueueOf {
        name,
        channel: Channel::Voice,
        strategy: Strategy::LongestIdle,
        needs: Vec::new(),
        steps: Vec::new(),
        ageing_per_min: 0,
    }
}

impl QueueOf {
    pub fn by(self, strategy: Strategy) -> QueueOf {
        QueueOf { strategy, ..self }
    }

    pub fn needs(self, needs: &[&str]) -> QueueOf {
        QueueOf { needs: needs.iter().map(|words| level(words)).collect(), ..self }
    }

    pub fn steps(self, steps: &[Step]) -> QueueOf {
        QueueOf { steps: steps.to_vec(), ..self }
    }

    pub fn ages(self, ageing_per_min: u32) -> QueueOf {
        QueueOf { ageing_per_min, ..self }
    }

    pub fn of(self, channel: Channel) -> QueueOf {
        QueueOf { channel, ..self }
    }
}

#[derive(Clone)]
pub struct AgentOf {
    pub name: &'static str,
    pub queues: Vec<QueueId>,
    pub skills: Vec<SkillLevel>,
    pub weight: u32,
}

/// An agent of these queues.
pub fn agent(name: &'static str, queues: &[&str]) -> AgentOf {
    let queues = queues.iter().map(|name| id(name)).collect();
    AgentOf { name, queues, skills: Vec::new(), weight: 1 }
}

impl AgentOf {
    pub fn knows(self, skills: &[&str]) -> AgentOf {
        AgentOf { skills: skills.iter().map(|words| level(words)).collect(), ..self }
    }

    pub fn weighs(self, weight: u32) -> AgentOf {
        AgentOf { weight, ..self }
    }
}

/// How an interaction waits, beside its queue.
#[derive(Clone, Copy, Default)]
pub struct With<'a> {
    pub needs: &'a [&'a str],
    pub points: i16,
    pub preferred: Option<(&'a str, i64)>,
    pub place: Option<Place>,
}

pub struct Floor {
    pub acd: Acd,
    pub now: UtcMs,
    pub queues: Vec<QueueOf>,
    pub agents: Vec<AgentOf>,
    pub standings: BTreeMap<UserId, Standing>,
    pub receipts: BTreeMap<String, Receipt>,
    pub nothings: Vec<NothingFor>,
}

pub fn opens(queues: &[QueueOf], agents: &[AgentOf]) -> Floor {
    let mut floor = Floor {
        acd: Acd::new(1),
        now: UtcMs(1_000_000),
        queues: queues.to_vec(),
        agents: agents.to_vec(),
        standings: BTreeMap::new(),
        receipts: BTreeMap::new(),
        nothings: Vec::new(),
    };
    floor.configures();
    floor
}

impl Floor {
    /// Takes `queues` and `agents` as they are now; returns who lost their queue.
    pub fn configures(&mut self) -> Vec<String> {
        let setups: Vec<Setup<'_>> = self
            .queues
            .iter()
            .map(|queue| Setup {
                queue: id(queue.name),
                channel: queue.channel,
                strategy: queue.strategy,
                needs: &queue.needs,
                steps: &queue.steps,
                ageing_per_min: queue.ageing_per_min,
            })
            .collect();
        let workers: Vec<Worker<'_>> = self
            .agents
            .iter()
            .map(|agent| Worker {
                agent: id(agent.name),
                queues: &agent.queues,
                skills: &agent.skills,
                weight: agent.weight,
            })
            .collect();
        let orphans = self.acd.configure(7, &setups, &workers);
        orphans.into_iter().map(|interaction| name(interaction.0)).collect()
    }

    pub fn passes_s(&mut self, seconds: i64) {
        self.now = self.now + seconds * 1_000;
    }

    pub fn standing(&self, agent: &str) -> Standing {
        self.standings.get(&id::<UserId>(agent)).copied().unwrap_or_default()
    }

    pub fn set(&mut self, agent: &str, standing: Standing) {
        self.standings.insert(id(agent), standing);
        self.acd.set(id(agent), standing);
    }

    /// Ready for these channels from now on, idle since now; a millisecond passes.
    pub fn is_free_for(&mut self, agent: &str, channels: &[Channel]) {
        let open: Channels = channels.iter().copied().collect();
        let standing =
            Standing { signed_in: true, ready: true, open, idle_since: self.now, ..self.standing(agent) };
        self.set(agent, standing);
        self.now = self.now + 1;
    }

    pub fn is_free(&mut self, agent: &str) {
        self.is_free_for(agent, &[Channel::Voice]);
    }

    /// At work with something else.
    pub fn is_busy(&mut self, agent: &str) {
        let standing =
            Standing { signed_in: true, ready: true, open: Channels::NONE, ..self.standing(agent) };
        self.set(agent, standing);
    }

    pub fn is_on_break(&mut self, agent: &str) {
        let standing =
            Standing { signed_in: true, ready: false, open: Channels::NONE, ..self.standing(agent) };
        self.set(agent, standing);
    }

    pub fn signs_out(&mut self, agent: &str) {
        self.set(
            agent,
            Standing { signed_in: false, ready: false, open: Channels::NONE, ..self.standing(agent) },
        );
    }

    /// Waits as `with` says; a millisecond passes. Returns the place.
    pub fn waits(&mut self, interaction: &str, queue: &str, with: With<'_>) -> Place {
        let place = with.place.unwrap_or_else(|| self.acd.new_place(self.now));
        let needs: Vec<SkillLevel> = with.needs.iter().map(|words| level(words)).collect();
        let preferred = with.preferred.map(|(agent, seconds)| (id(agent), self.now + seconds * 1_000));
        let ask = Ask { queue: id(queue), needs: &needs, points: with.points, preferred };
        assert!(self.acd.join(id(interaction), ask, place, self.now), "there is no queue {queue}");
        self.now = self.now + 1;
        place
    }

    pub fn calls(&mut self, interaction: &str, queue: &str) -> Place {
        self.waits(interaction, queue, With::default())
    }

    pub fn leaves(&mut self, interaction: &str) {
        self.acd.leave(id(interaction));
    }

    /// The agent declines what rings.
    pub fn declines(&mut self, agent: &str, interaction: &str) {
        self.acd.refuse(id(interaction), id(agent), self.now);
        self.acd.put_back(id(interaction));
        self.is_free(agent);
    }

    /// Everything that is decided now: `who -> whom`.
    pub fn decides(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(decision) = self.acd.decide(self.now) {
            match decision {
                Decision::Match(Match { interaction, agents, receipt, .. }) => {
                    for agent in &agents {
                        if let Some(standing) = self.standings.get_mut(agent) {
                            standing.open = Channels::NONE;
                        }
                    }
                    let agents: Vec<String> = agents.iter().map(|agent| name(agent.0)).collect();
                    let interaction = name(interaction.0);
                    words.push(format!("{interaction} -> {}", agents.join(" ")));
                    self.receipts.insert(interaction, receipt);
                }
                Decision::Nothing(nothing) => self.nothings.push(nothing),
            }
        }
        words
    }

    /// One interaction comes, is decided, handled, and the agents that it was offered to are free again.
    pub fn serves_one(&mut self, queue: &str) -> String {
        self.calls("one", queue);
        let decided = self.decides();
        self.leaves("one");
        let [decided] = decided.as_slice() else { panic!("{decided:?}") };
        let agents = decided.strip_prefix("one -> ").expect("it was this one").to_owned();
        for agent in agents.split(' ') {
            self.is_free(agent);
        }
        self.decides();
        agents
    }

    pub fn position(&self, interaction: &str) -> Option<usize> {
        self.acd.position(id::<InteractionId>(interaction))
    }
}
