//! Rows that tests begin with: a tenant with one of everything, and calls as journal entries.

use perezvon_model::announce::Announcement;
use perezvon_model::config::{
    Disposition, FlowSource, Number, Queue, Routing, Skill, SkillLevel, Trunk, TrunkRegistration, WrapUp,
};
use perezvon_model::id::IdMaker;
use perezvon_model::journal::{Channel, Direction, Entry, Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::prompt::Language;
use perezvon_model::{
    Activity, Device, DispositionId, FlowId, InteractionId, NumberId, Presence, QueueId, SkillId, TenantId,
    TenantScope, TrunkId, UserId, UtcMs,
};
use perezvon_store::{Author, Db, Ha1, PasswordHashes, Role, Tenant, TenantDb, User, new_id};

/// 2026-11-21T09:00:00Z, the border of an interval.
pub const T0: UtcMs = UtcMs(1_795_251_600_000);

/// Changes of the samples are made at the command line.
pub const CONSOLE: Author = Author { user: None, at: T0 };

pub struct Company {
    pub scope: TenantScope,
    pub db: TenantDb,
    pub queue: QueueId,
    pub skill: SkillId,
    pub disposition: DispositionId,
    pub flow: FlowId,
    pub number: NumberId,
    pub trunk: TrunkId,
    pub agent: UserId,
    pub other_agent: UserId,
}

impl Company {
    /// The same company in another database.
    pub fn in_database(&self, db: &Db) -> Company {
        Company { db: db.tenant(&self.scope).by(CONSOLE), ..*self }
    }
}

/// Makes the company in a second database, with the same ids.
pub async fn copy_configuration(company: &Company, from: &Db, to: &Db) {
    let tenants = from.tenants().await.expect("listed");
    let tenant =
        tenants.iter().find(|tenant| tenant.id == company.scope.tenant()).expect("the company is there");
    to.create_tenant(tenant).await.expect("a tenant is made");
    let (old, new) = (from.tenant(&company.scope), to.tenant(&company.scope).by(CONSOLE));
    for skill in old.skills().await.expect("listed") {
        new.create_skill(&skill).await.expect("a skill is made");
    }
    for queue in old.queues().await.expect("listed") {
        new.create_queue(&queue).await.expect("a queue is made");
    }
    for disposition in old.dispositions().await.expect("listed") {
        new.create_disposition(&disposition).await.expect("a disposition is made");
    }
    for user in old.users().await.expect("listed") {
        new.create_user(&user, &hashes(), T0).await.expect("a user is made");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test stands where authentication does")]
pub fn scope(tenant: TenantId) -> TenantScope {
    TenantScope::mint(tenant)
}

pub fn tenant(name: &str) -> Tenant {
    Tenant {
        id: new_id(),
        name: name.to_owned(),
        region: "RU".to_owned(),
        time_zone: "Europe/Moscow".to_owned(),
        config_version: 1,
        created_at: T0,
    }
}

pub fn queue(key: &str) -> Queue {
    Queue {
        id: new_id(),
        key: key.to_owned(),
        name: format!("Queue {key}"),
        required_skills: Vec::new(),
        ring_timeout_s: 20,
        wrap_up: WrapUp::Timed { limit_s: 30 },
        service_level_s: 20,
        service_level_target: 80,
        short_abandon_s: 5,
        max_waiting: 100,
        record: true,
        routing: Routing { announcements: vec![Announcement::position_every(30)], ..Routing::default() },
    }
}

pub fn user(email: &str, queues: Vec<QueueId>) -> User {
    let name = email.split('@').next().expect("split gives one part at least");
    User {
        id: new_id(),
        email: email.to_owned(),
        name: format!("User {name}"),
        role: Role::Agent,
        language: Language::Ru,
        device: Device::Browser,
        sip_username: None,
        phone_uri: None,
        weight: 1,
        capacity: None,
        queues,
        skills: Vec::new(),
    }
}

pub fn hashes() -> PasswordHashes {
    let ha1 = Some(Ha1 { md5: "0123".to_owned(), sha256: "4567".to_owned() });
    PasswordHashes { password: "$argon2id$secret-hash".to_owned(), ha1 }
}

/// A company with one of everything; `mark` keeps what must be unique in the installation apart.
pub async fn company(db: &Db, mark: &str) -> Company {
    let tenant = tenant(mark);
    db.create_tenant(&tenant).await.expect("a tenant is made");
    let scope = scope(tenant.id);
    let own = db.tenant(&scope).by(CONSOLE);
    let skill = Skill { id: new_id(), key: "billing".to_owned(), name: "Billing".to_owned() };
    own.create_skill(&skill).await.expect("a skill is made");
    let mut support = queue("support");
    support.required_skills = vec![SkillLevel { skill: skill.id, level: 3 }];
    own.create_queue(&support).await.expect("a queue is made");
    let disposition = Disposition {
        id: new_id(),
        key: "solved".to_owned(),
        name: "Solved".to_owned(),
        queues: vec![support.id],
    };
    own.create_disposition(&disposition).await.expect("a disposition is made");
    let flow = FlowSource {
        id: new_id(),
        key: "main".to_owned(),
        name: "Main".to_owned(),
        json: r#"{"nodes":[]}"#.to_owned(),
    };
    own.create_flow(&flow).await.expect("a flow is made");
    let digits: u32 = mark.bytes().map(u32::from).sum();
    let number =
        Number { id: new_id(), number: format!("+7495{digits:07}"), flow: flow.id, language: Language::Ru };
    own.create_number(&number).await.expect("a number is made");
    let trunk = Trunk {
        id: new_id(),
        key: "carrier".to_owned(),
        name: "Carrier".to_owned(),
        sources: vec!["192.0.2.0/24".to_owned(), "2001:db8::1".to_owned()],
        registration: Some(TrunkRegistration {
            registrar: "sip:provider.example".to_owned(),
            username: "user".to_owned(),
            password: "trunk-secret".to_owned(),
            expires_s: 600,
        }),
        max_calls: 30,
    };
    own.create_trunk(&trunk).await.expect("a trunk is made");
    let mut agent = user(&format!("agent1@{mark}.example"), vec![support.id]);
    agent.sip_username = Some(format!("{mark}-agent1"));
    agent.skills = vec![SkillLevel { skill: skill.id, level: 5 }];
    let other = user(&format!("agent2@{mark}.example"), vec![support.id]);
    for user in [&agent, &other] {
        own.create_user(user, &hashes(), T0).await.expect("a user is made");
    }
    Company {
        scope,
        db: own,
        queue: support.id,
        skill: skill.id,
        disposition: disposition.id,
        flow: flow.id,
        number: number.id,
        trunk: trunk.id,
        agent: agent.id,
        other_agent: other.id,
    }
}

/// Writes entries as the engine would.
pub struct Script {
    ids: IdMaker,
    pub entries: Vec<Entry>,
}

impl Script {
    pub fn new(seed: u64) -> Self {
        Self { ids: IdMaker::new(seed), entries: Vec::new() }
    }

    pub fn next_id<T: From<uuid::Uuid>>(&mut self, at: UtcMs) -> T {
        self.ids.next(at)
    }

    pub fn push(
        &mut self,
        at: UtcMs,
        interaction: Option<InteractionId>,
        agent: Option<UserId>,
        event: Event,
    ) {
        let id = self.ids.next(at);
        self.entries.push(Entry { id, at, interaction, agent, event });
    }

    pub fn agent_state(&mut self, at: UtcMs, agent: UserId, presence: Presence, activity: Activity) {
        let device = Device::Browser;
        self.push(at, None, Some(agent), Event::AgentState { agent, presence, activity, device });
    }

    /// A caller arrives, hears the flow for five seconds, and waits.
    pub fn arrive(&mut self, at: UtcMs, from: &str, company: &Company, queue: QueueId) -> InteractionId {
        let id: InteractionId = self.ids.next(at);
        let started = Event::InteractionStarted {
            channel: Channel::Voice,
            direction: Direction::Inbound,
            from: from.to_owned(),
            to: "+74950000001".to_owned(),
            trunk: Some(company.trunk),
            flow: Some(company.flow),
        };
        self.push(at, Some(id), None, started);
        self.push(at, Some(id), None, Event::FlowAnswered);
        let node = Event::FlowNode { node: "hello".to_owned(), node_kind: "play".to_owned() };
        self.push(at, Some(id), None, node);
        let collected = Event::Collected {
            node: "account".to_owned(),
            name: "account".to_owned(),
            value: "48".to_owned(),
        };
        self.push(at + 4_000, Some(id), None, collected);
        self.queued(at + 5_000, id, queue, 1);
        id
    }

    /// A chat that waits.
    pub fn item(&mut self, at: UtcMs, from: &str, queue: QueueId) -> InteractionId {
        let id: InteractionId = self.ids.next(at);
        let started = Event::InteractionStarted {
            channel: Channel::Chat,
            direction: Direction::Inbound,
            from: from.to_owned(),
            to: String::new(),
            trunk: None,
            flow: None,
        };
        self.push(at, Some(id), None, started);
        let link = Some("https://chats.example/1".to_owned());
        self.push(at, Some(id), None, Event::Subject { queue, text: format!("about {from}"), link });
        self.queued(at, id, queue, 1);
        id
    }

    pub fn queued(&mut self, at: UtcMs, id: InteractionId, queue: QueueId, attempt: u32) {
        self.push(at, Some(id), None, Event::Queued { queue, attempt, position: 1 });
    }

    pub fn left(
        &mut self,
        at: UtcMs,
        id: InteractionId,
        queue: QueueId,
        outcome: QueueOutcome,
        wait_ms: i64,
    ) {
        self.push(at, Some(id), None, Event::LeftQueue { queue, outcome, wait_ms });
    }

    pub fn offer(
        &mut self,
        at: UtcMs,
        id: InteractionId,
        queue: QueueId,
        agent: UserId,
        outcome: OfferOutcome,
    ) {
        let offer = self.ids.next(at);
        let offered = Event::Offered {
            offer,
            queue: Some(queue),
            agent,
            device: Device::Browser,
            deadline: at + 20_000,
        };
        self.push(at, Some(id), Some(agent), offered);
        let ended = Event::OfferEnded { offer, agent, outcome, rang_ms: 2_000 };
        self.push(at + 2_000, Some(id), Some(agent), ended);
    }

    pub fn connected(&mut self, at: UtcMs, id: InteractionId, queue: Option<QueueId>, agent: UserId) {
        let device = Device::Browser;
        self.push(at, Some(id), Some(agent), Event::AgentConnected { agent, queue, device });
    }

    pub fn disconnected(
        &mut self,
        at: UtcMs,
        id: InteractionId,
        queue: Option<QueueId>,
        agent: UserId,
        (talk_ms, hold_ms): (i64, i64),
    ) {
        let event = Event::AgentDisconnected { agent, queue, talk_ms, hold_ms };
        self.push(at, Some(id), Some(agent), event);
    }

    pub fn ended(&mut self, at: UtcMs, id: InteractionId, outcome: Outcome) {
        let event = Event::InteractionEnded { outcome, cause: Cause::Normal, by: Party::Customer };
        self.push(at, Some(id), None, event);
    }

    pub fn wrap_up(
        &mut self,
        at: UtcMs,
        id: InteractionId,
        queue: Option<QueueId>,
        agent: UserId,
        wrap_up_ms: i64,
    ) {
        let started = Event::WrapUpStarted { agent, queue, deadline: at + 30_000 };
        self.push(at, Some(id), Some(agent), started);
        let ended = Event::WrapUpEnded { agent, queue, wrap_up_ms };
        self.push(at + wrap_up_ms, Some(id), Some(agent), ended);
    }

    /// A whole answered call: waits `wait_ms`, talks `talk_ms` with ten seconds of hold, wraps up for five seconds.
    pub fn answered_call(
        &mut self,
        at: UtcMs,
        from: &str,
        company: &Company,
        (wait_ms, talk_ms): (i64, i64),
    ) -> InteractionId {
        let (queue, agent) = (company.queue, company.agent);
        let id = self.arrive(at, from, company, queue);
        let answered = at + 5_000 + wait_ms;
        self.offer(answered + -2_000, id, queue, agent, OfferOutcome::Accepted);
        self.left(answered, id, queue, QueueOutcome::Answered, wait_ms);
        self.connected(answered, id, Some(queue), agent);
        let recording = self.ids.next(answered);
        self.push(answered, Some(id), None, Event::RecordingStarted { recording });
        self.push(answered + 1_000, Some(id), Some(agent), Event::HoldStarted { by: Party::Agent });
        let held = Event::HoldEnded { by: Party::Agent, held_ms: 10_000 };
        self.push(answered + 11_000, Some(id), Some(agent), held);
        let over = answered + talk_ms + 10_000;
        self.disconnected(over, id, Some(queue), agent, (talk_ms, 10_000));
        self.ended(over, id, Outcome::Answered);
        let noted = Event::Noted {
            agent,
            disposition: Some(company.disposition),
            note: "Хочет Возврат 100%".to_owned(),
        };
        self.push(over + 2_000, Some(id), Some(agent), noted);
        self.wrap_up(over, id, Some(queue), agent, 5_000);
        let sealed = Event::RecordingSealed { recording, duration_ms: talk_ms + 10_000, bytes: 12_345 };
        self.push(over + 6_000, Some(id), None, sealed);
        id
    }

    /// A caller who gives up after `wait_ms`.
    pub fn abandoned_call(
        &mut self,
        at: UtcMs,
        from: &str,
        company: &Company,
        wait_ms: i64,
    ) -> InteractionId {
        let id = self.arrive(at, from, company, company.queue);
        self.left(at + 5_000 + wait_ms, id, company.queue, QueueOutcome::Abandoned, wait_ms);
        self.ended(at + 5_000 + wait_ms, id, Outcome::Abandoned);
        id
    }

    /// Any one entry.
    pub fn take_one(mut self, company: &Company) -> Entry {
        self.agent_state(T0 + 1, company.agent, Presence::Offline, Activity::Idle);
        self.entries.remove(0)
    }

    pub fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }
}
