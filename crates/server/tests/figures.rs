//! The floor's figures of today are those of the day's report, and those that a restart reads back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use perezvon_engine::Tenant;
use perezvon_model::config::{CallerId, FlowSource, Queue, WrapUp};
use perezvon_model::engine::{AgentCommand, Input, Output, TransferTarget};
use perezvon_model::journal::Entry;
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Language;
use perezvon_model::view::DeskView;
use perezvon_model::{
    Device, FlowId, InteractionId, LegId, Presence, QueueId, RequestId, TenantId, UserId, UtcMs,
};
use perezvon_store::report::Day;
use perezvon_store::{Db, Limits, PasswordHashes, Role, TenantDb, User};

/// 2026-11-21 00:00 in UTC, which is this company's zone, and 09:00 of it.
const MIDNIGHT: UtcMs = UtcMs(1_795_219_200_000);
const DAY_MS: i64 = 86_400_000;
const OPENING_MS: i64 = 9 * 3_600_000;

/// Ten seconds for support, twenty for sales, and support once more.
const OVERFLOWING: &str = r#"{"version":1,"start":"support","nodes":{
    "support":{"type":"queue","queue":"support","max_wait_s":10,"on_max_wait":"sales"},
    "sales":{"type":"queue","queue":"sales","max_wait_s":20,"on_max_wait":"again"},
    "again":{"type":"queue","queue":"support"}}}"#;

fn id<T: From<uuid::Uuid>>(number: u64) -> T {
    uuid::Uuid::from_u64_pair(0x019a_0000_0000_7000, 0x8000_0000_0000_0000 | number).into()
}

/// splitmix64: plausible enough calls, the same ones each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}

async fn company(folder: &tempfile::TempDir) -> (Db, TenantDb) {
    let url = format!("sqlite:{}", folder.path().join("perezvon.db").display());
    let db = Db::open(&url, Limits::default()).await.expect("a new file");
    let tenant = perezvon_store::Tenant {
        id: id::<TenantId>(1),
        name: "Company".into(),
        region: "RU".into(),
        time_zone: "UTC".into(),
        config_version: 1,
        created_at: MIDNIGHT,
    };
    db.create_tenant(&tenant).await.expect("a tenant");
    #[expect(clippy::disallowed_methods, reason = "the test made the tenant")]
    let own = db.tenant(&perezvon_model::TenantScope::mint(tenant.id));
    let own = own.by(perezvon_store::Author { user: None, at: MIDNIGHT });
    for (number, key) in [(10, "support"), (11, "sales")] {
        let queue = Queue {
            id: id::<QueueId>(number),
            key: key.into(),
            name: key.into(),
            required_skills: Vec::new(),
            ring_timeout_s: 15,
            wrap_up: WrapUp::Timed { limit_s: 5 },
            service_level_s: 20,
            service_level_target: 80,
            short_abandon_s: 5,
            max_waiting: 100,
            record: false,
            routing: perezvon_model::config::Routing::default(),
        };
        own.create_queue(&queue).await.expect("a queue");
    }
    for number in 20..23 {
        let user = User {
            id: id::<UserId>(number),
            email: format!("agent{number}@company.example"),
            name: format!("Agent {number}"),
            role: Role::Agent,
            language: Language::default(),
            device: Device::Browser,
            sip_username: None,
            phone_uri: None,
            weight: 1,
            capacity: None,
            queues: vec![id(10), id(11)],
            skills: Vec::new(),
        };
        let hashes = PasswordHashes { password: "none".into(), ha1: None };
        own.create_user(&user, &hashes, MIDNIGHT).await.expect("an agent");
    }
    let flow = FlowSource {
        id: id::<FlowId>(30),
        key: "main".into(),
        name: "Main".into(),
        json: OVERFLOWING.into(),
    };
    own.create_flow(&flow).await.expect("a flow");
    (db, own)
}

struct Morning {
    engine: Tenant,
    now: UtcMs,
    wake: Option<UtcMs>,
    journal: Vec<Entry>,
    callers: BTreeMap<InteractionId, LegId>,
    ids: u64,
}

impl Morning {
    fn next<T: From<uuid::Uuid>>(&mut self) -> T {
        self.ids += 1;
        id(1_000 + self.ids)
    }

    /// What the shells would do at once: browsers answer, prompts are heard to their end.
    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.engine.handle(self.now, input) {
                if let Output::Leg { leg, command } = &output {
                    match command {
                        LegCommand::Dial { target: DialTarget::Browser { .. }, .. } => {
                            inputs.push_back(Input::Leg { leg: *leg, event: LegEvent::Answered });
                        }
                        LegCommand::Play { play, looped: false, .. } => {
                            let event = LegEvent::PlayDone { play: *play };
                            inputs.push_back(Input::Leg { leg: *leg, event });
                        }
                        LegCommand::Dial { .. }
                        | LegCommand::Play { .. }
                        | LegCommand::Ring
                        | LegCommand::Answer
                        | LegCommand::Reject { .. }
                        | LegCommand::HangUp { .. }
                        | LegCommand::StopPlay
                        | LegCommand::Mute { .. }
                        | LegCommand::SendDigits { .. } => {}
                    }
                } else if let Output::Journal(entry) = output {
                    self.journal.push(entry);
                } else if let Output::WakeAt { at } = output {
                    self.wake = Some(self.wake.map_or(at, |earlier| earlier.min(at)));
                } else if let Output::Forget { interaction, .. } = output {
                    self.callers.remove(&interaction);
                }
            }
        }
    }

    fn passes(&mut self, ms: i64) {
        let until = self.now + ms;
        while let Some(at) = self.wake.filter(|at| *at <= until) {
            self.wake = None;
            self.now = at;
            self.input(Input::Wake);
        }
        self.now = until;
    }

    fn command(&mut self, agent: UserId, command: AgentCommand) {
        let request: RequestId = self.next();
        self.input(Input::Agent { agent, request, command });
    }

    fn arrives(&mut self) {
        let (interaction, leg) = (self.next(), self.next());
        self.callers.insert(interaction, leg);
        let from = CallerId { shown: "anonymous".into(), number: None, name: String::new() };
        let to = "+74950000001".to_owned();
        let flow = id(30);
        self.input(Input::CallArrived {
            interaction,
            leg,
            trunk: None,
            from,
            to,
            flow,
            language: Language::default(),
        });
    }

    fn hangs_up(&mut self, dice: &mut Dice) {
        let count = self.callers.len() as u64;
        if count == 0 {
            return;
        }
        let nth = usize::try_from(dice.below(count)).expect("small");
        let leg = *self.callers.values().nth(nth).expect("within the count");
        self.input(Input::Leg { leg, event: LegEvent::Ended { cause: Cause::Normal } });
    }

    fn agent_does_something(&mut self, agent: UserId, dice: &mut Dice) {
        let Some(DeskView { offer, call, .. }) = self.engine.desk(self.now, agent) else { return };
        let command = match (offer, call, dice.below(4)) {
            (Some(offer), _, 0) => AgentCommand::Decline { offer: offer.offer },
            (Some(offer), _, _) => AgentCommand::Accept { offer: offer.offer },
            (None, Some(call), 0) => AgentCommand::HangUp { interaction: call.about.interaction },
            (None, Some(call), 1) => AgentCommand::Transfer {
                interaction: call.about.interaction,
                to: TransferTarget::Queue { queue: id(10 + dice.below(2)) },
            },
            (None, Some(_), _) => return,
            (None, None, _) => AgentCommand::SetPresence { presence: Presence::Ready },
        };
        self.command(agent, command);
    }
}

#[tokio::test]
async fn floor_report_and_restart_agree_over_a_morning_with_overflow_and_transfers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_db, own) = company(&folder).await;
    let config = Arc::new(own.config().await.expect("a configuration"));
    let mut morning = Morning {
        engine: Tenant::new(1),
        now: MIDNIGHT + OPENING_MS,
        wake: None,
        journal: Vec::new(),
        callers: BTreeMap::new(),
        ids: 0,
    };
    morning.input(Input::Configure { config });
    let agents: [UserId; 3] = [id(20), id(21), id(22)];
    for agent in agents {
        morning.input(Input::DeviceChanged { agent, device: Device::Browser, connected: true });
        morning.input(Input::DeskChanged { agent, connected: true });
        morning.command(agent, AgentCommand::SetPresence { presence: Presence::Ready });
    }
    let mut dice = Dice(7);
    for _ in 0..1_500 {
        morning.passes(i64::try_from(dice.below(6_000)).expect("small"));
        match dice.below(8) {
            0 | 1 => morning.arrives(),
            2 => morning.hangs_up(&mut dice),
            _ => {
                let nth = usize::try_from(dice.below(3)).expect("small");
                morning.agent_does_something(agents[nth], &mut dice);
            }
        }
    }
    own.append(&morning.journal).await.expect("a journal");

    let day = Day { start: MIDNIGHT, end: MIDNIGHT + DAY_MS };
    let stored = own.today(MIDNIGHT).await.expect("sums");
    for view in morning.engine.floor(morning.now).queues {
        let shown = view.today;
        assert!(shown.answered > 20 && shown.abandoned > 5 && shown.offered > 60, "too quiet: {shown:?}");
        let restarted = stored.queues.iter().find(|(queue, _)| *queue == view.queue).map(|(_, sums)| *sums);
        assert_eq!(restarted, Some(shown), "a restart would show other figures of {}", view.name);
        let report = own.report_day(day, Some(view.queue), morning.now).await.expect("a report").total.sums;
        let floor = [
            shown.offered,
            shown.answered,
            shown.answered_in_threshold,
            shown.abandoned,
            shown.abandoned_short,
        ];
        let figures = [
            report.offered,
            report.answered,
            report.answered_in_threshold,
            report.abandoned,
            report.abandoned_short,
        ];
        assert_eq!(floor.map(i64::from), figures, "{}", view.name);
        assert_eq!(shown.answer_wait_ms, report.answer_wait_ms, "{}", view.name);
    }
}
