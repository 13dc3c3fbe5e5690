//! One company with one of everything.

use perezvon_model::config::{Disposition, FlowSource, Number, Queue, Skill, SkillLevel, Trunk, WrapUp};
use perezvon_model::customer::CustomerField;
use perezvon_model::journal::{Channel, Direction, Entry, Event, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::prompt::Language;
use perezvon_model::{
    CustomerId, Device, DispositionId, E164, FlowId, InteractionId, NumberId, QueueId, RecordingId, SkillId,
    TenantId, TenantScope, TrunkId, UserId, UtcMs,
};
use perezvon_store::{Author, CustomerDraft, Db, PasswordHashes, Role, Tenant, TenantDb, User, new_id};

/// A flow that leads to the queue `support`.
pub const FLOW: &str = r#"{"version":1,"start":"hello","nodes":{
    "hello":{"type":"play","prompts":["greeting"],"next":"wait"},
    "wait":{"type":"queue","queue":"support"}}}"#;

#[derive(Clone, Debug)]
pub struct Company {
    pub scope: TenantScope,
    pub admin: UserId,
    pub supervisor: UserId,
    pub agent: UserId,
    pub other_agent: UserId,
    pub queue: QueueId,
    pub skill: SkillId,
    pub disposition: DispositionId,
    pub flow: FlowId,
    pub number: NumberId,
    pub trunk: TrunkId,
    pub customer: CustomerId,
    /// Answered by `agent`, with a sealed recording.
    pub interaction: InteractionId,
    pub recording: RecordingId,
}

impl Company {
    #[expect(clippy::disallowed_methods, reason = "a test's own company")]
    pub async fn found(db: &Db, word: &str, digit: u8, phc: &str) -> Self {
        let id: TenantId = new_id();
        let scope = TenantScope::mint(id);
        db.create_tenant(&Tenant {
            id,
            name: word.to_owned(),
            region: "RU".to_owned(),
            time_zone: "Europe/Moscow".to_owned(),
            config_version: 1,
            created_at: UtcMs(1),
        })
        .await
        .unwrap();
        let company = Self {
            scope,
            admin: new_id(),
            supervisor: new_id(),
            agent: new_id(),
            other_agent: new_id(),
            queue: new_id(),
            skill: new_id(),
            disposition: new_id(),
            flow: new_id(),
            number: new_id(),
            trunk: new_id(),
            customer: new_id(),
            interaction: new_id(),
            recording: new_id(),
        };
        let tenant = db.tenant(&scope).by(Author { user: None, at: UtcMs(1) });
        company.set_up(&tenant, digit).await;
        for (user, role, name) in [
            (company.admin, Role::Admin, "admin"),
            (company.supervisor, Role::Supervisor, "supervisor"),
            (company.agent, Role::Agent, "agent"),
            (company.other_agent, Role::Agent, "other"),
        ] {
            let hashes = PasswordHashes { password: phc.to_owned(), ha1: None };
            tenant.create_user(&company.user(user, role, name, word), &hashes, UtcMs(1)).await.unwrap();
        }
        tenant.append(&company.history(digit)).await.unwrap();
        company
    }

    fn user(&self, id: UserId, role: Role, name: &str, word: &str) -> User {
        let works = role == Role::Agent;
        User {
            id,
            email: format!("{name}@{word}.example"),
            name: name.to_owned(),
            role,
            language: Language::En,
            device: Device::Browser,
            sip_username: None,
            phone_uri: None,
            weight: 1,
            capacity: None,
            queues: if works { vec![self.queue] } else { Vec::new() },
            skills: if works { vec![SkillLevel { skill: self.skill, level: 5 }] } else { Vec::new() },
        }
    }

    async fn set_up(&self, tenant: &TenantDb, digit: u8) {
        let skill = Skill { id: self.skill, key: "english".into(), name: "English".into() };
        tenant.create_skill(&skill).await.unwrap();
        let queue = Queue {
            id: self.queue,
            key: "support".into(),
            name: "Support".into(),
            required_skills: vec![SkillLevel { skill: self.skill, level: 1 }],
            ring_timeout_s: 20,
            wrap_up: WrapUp::Timed { limit_s: 30 },
            service_level_s: 20,
            service_level_target: 80,
            short_abandon_s: 5,
            max_waiting: 100,
            record: true,
            routing: perezvon_model::config::Routing::default(),
        };
        tenant.create_queue(&queue).await.unwrap();
        let disposition = Disposition {
            id: self.disposition,
            key: "solved".into(),
            name: "Solved".into(),
            queues: Vec::new(),
        };
        tenant.create_disposition(&disposition).await.unwrap();
        let flow = FlowSource { id: self.flow, key: "main".into(), name: "Main".into(), json: FLOW.into() };
        tenant.create_flow(&flow).await.unwrap();
        let number = Number {
            id: self.number,
            number: format!("+7495000000{digit}"),
            flow: self.flow,
            language: Language::En,
        };
        tenant.create_number(&number).await.unwrap();
        let trunk = Trunk {
            id: self.trunk,
            key: "provider".into(),
            name: "Provider".into(),
            sources: vec!["192.0.2.0/24".into()],
            registration: None,
            max_calls: 10,
        };
        tenant.create_trunk(&trunk).await.unwrap();
        let draft = CustomerDraft {
            name: "Anna Ivanova".into(),
            company: "Sever".into(),
            numbers: vec![E164::from_canonical(&format!("+7916000000{digit}")).unwrap()],
            fields: vec![CustomerField { name: "contract".into(), value: "48-1120".into() }],
            note: String::new(),
            owner: None,
        };
        tenant.create_customer(self.customer, &draft, UtcMs(1)).await.unwrap();
    }

    fn history(&self, digit: u8) -> Vec<Entry> {
        let start = UtcMs(1_795_000_000_000);
        let (agent, queue) = (self.agent, self.queue);
        let about = |n: i64, event| Entry {
            id: new_id(),
            at: start + n * 1_000,
            interaction: Some(self.interaction),
            agent: None,
            event,
        };
        let started = Event::InteractionStarted {
            channel: Channel::Voice,
            direction: Direction::Inbound,
            from: format!("+7916000000{digit}"),
            to: format!("+7495000000{digit}"),
            trunk: Some(self.trunk),
            flow: Some(self.flow),
        };
        vec![
            about(0, started),
            about(0, Event::CustomerMatched { customer: self.customer, created: false }),
            about(1, Event::FlowAnswered),
            about(5, Event::Queued { queue, attempt: 1, position: 1 }),
            about(9, Event::LeftQueue { queue, outcome: QueueOutcome::Answered, wait_ms: 4_000 }),
            about(9, Event::AgentConnected { agent, queue: Some(queue), device: Device::Browser }),
            about(9, Event::RecordingStarted { recording: self.recording }),
            about(69, Event::AgentDisconnected { agent, queue: Some(queue), talk_ms: 60_000, hold_ms: 0 }),
            about(
                69,
                Event::InteractionEnded {
                    outcome: Outcome::Answered,
                    cause: Cause::Normal,
                    by: Party::Customer,
                },
            ),
            about(69, Event::WrapUpStarted { agent, queue: Some(queue), deadline: start + 99_000 }),
            about(75, Event::Noted { agent, disposition: Some(self.disposition), note: "told how".into() }),
            about(80, Event::WrapUpEnded { agent, queue: Some(queue), wrap_up_ms: 11_000 }),
            about(
                81,
                Event::RecordingSealed { recording: self.recording, duration_ms: 60_000, bytes: 1_000 },
            ),
        ]
    }
}
