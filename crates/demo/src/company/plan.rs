//! The demo company as a value: what is written to the store, and what the history and the life draw from.

use perezvon_model::announce::Announcement;
use perezvon_model::config::{
    Agent, Disposition, FlowSource, Number, Queue, Routing, Skill, SkillLevel, Trunk, WrapUp,
};
use perezvon_model::id::IdMaker;
use perezvon_model::prompt::Language;
use perezvon_model::{CustomerId, Device, DispositionId, FlowId, SkillId, TenantId, TrunkId, UserId, UtcMs};

use super::customers::{Customer, customers};
use super::flows;
use super::people::{self, VIP_AGENTS};

/// The number with the Russian menu.
pub const MAIN_NUMBER: &str = "+74950000001";
/// Straight to the agents who have the skill `vip`.
pub const VIP_NUMBER: &str = "+74950000002";
/// The number with the English menu.
pub const ENGLISH_NUMBER: &str = "+74950000003";
/// A line that is closed.
pub const CLOSED_NUMBER: &str = "+74950000004";

pub const NAME: &str = "Demo";
pub const REGION: &str = "RU";
pub const TIME_ZONE: &str = "Europe/Moscow";
/// Moscow stands at UTC+3 the year round since 2014.
pub const UTC_OFFSET_MIN: i32 = 180;

/// Ids are made from this seed and time, so that every demo has the same and a reset changes none.
const SEED: u64 = 0x7065_7265_7a76_6f6e;
const FOUNDED: UtcMs = UtcMs(1_767_225_600_000);

/// Everything the demo company is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    pub tenant: TenantId,
    pub admin: UserId,
    pub supervisor: UserId,
    pub agents: Vec<Agent>,
    pub skills: Vec<Skill>,
    pub queues: Vec<Queue>,
    pub dispositions: Vec<Disposition>,
    pub flows: Vec<FlowSource>,
    pub numbers: Vec<Number>,
    pub trunk: Trunk,
    pub customers: Vec<(CustomerId, Customer)>,
}

/// The four queues in the order of the company's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Support,
    Sales,
    Billing,
    Vip,
}

impl Line {
    pub const ALL: [Line; 4] = [Line::Support, Line::Sales, Line::Billing, Line::Vip];

    pub fn key(self) -> &'static str {
        match self {
            Line::Support => "support",
            Line::Sales => "sales",
            Line::Billing => "billing",
            Line::Vip => "vip",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Line::Support => "Поддержка",
            Line::Sales => "Продажи",
            Line::Billing => "Оплата",
            Line::Vip => "VIP",
        }
    }

    pub fn wrap_up_s(self) -> u32 {
        match self {
            Line::Support => 45,
            Line::Sales | Line::Billing | Line::Vip => 30,
        }
    }
}

/// Key, name, and the queues it belongs to; none is all.
const DISPOSITIONS: [(&str, &str, &[Line]); 10] = [
    ("resolved", "Вопрос решён", &[]),
    ("follow_up", "Нужен повторный контакт", &[]),
    ("fault", "Неисправность передана инженерам", &[Line::Support, Line::Vip]),
    ("order", "Оформлен заказ", &[Line::Sales, Line::Vip]),
    ("thinking", "Клиент подумает", &[Line::Sales]),
    ("payment_found", "Платёж найден", &[Line::Billing]),
    ("refund", "Возврат денег", &[Line::Billing, Line::Vip]),
    ("complaint", "Жалоба", &[]),
    ("wrong_number", "Ошиблись номером", &[]),
    ("dropped", "Разговор прервался", &[]),
];

impl Company {
    /// The company; the same value at every call.
    pub fn plan() -> Self {
        let mut ids = IdMaker::new(SEED);
        let skill = |ids: &mut IdMaker, key: &str, name: &str| Skill {
            id: ids.next(FOUNDED),
            key: key.to_owned(),
            name: name.to_owned(),
        };
        let vip = skill(&mut ids, "vip", "Особые клиенты");
        let english = skill(&mut ids, "english", "Английский язык");
        let technical = skill(&mut ids, "technical", "Техника");
        let tenant = ids.next(FOUNDED);
        let admin = ids.next(FOUNDED);
        let supervisor = ids.next(FOUNDED);
        let queues: Vec<Queue> = Line::ALL.map(|line| queue(&mut ids, line, vip.id)).into();
        let agents = people::agents()
            .map(|person| {
                let mut skills =
                    vec![SkillLevel { skill: technical.id, level: 3 + (person.number % 6) as u8 }];
                if person.number <= VIP_AGENTS {
                    skills.push(SkillLevel { skill: vip.id, level: 8 });
                }
                if person.number % 2 == 1 {
                    skills.push(SkillLevel { skill: english.id, level: 5 + (person.number % 5) as u8 });
                }
                Agent {
                    id: ids.next(FOUNDED),
                    name: person.name.to_owned(),
                    queues: queues.iter().map(|queue| queue.id).collect(),
                    skills,
                    device: Device::Browser,
                    sip_username: Some(person.sip_username()),
                    phone_uri: None,
                    weight: 1,
                    capacity: None,
                }
            })
            .collect();
        let dispositions = DISPOSITIONS
            .iter()
            .map(|(key, name, lines)| Disposition {
                id: ids.next(FOUNDED),
                key: (*key).to_owned(),
                name: (*name).to_owned(),
                queues: lines.iter().map(|line| queues[*line as usize].id).collect(),
            })
            .collect();
        let flows: Vec<FlowSource> = flows::ALL
            .iter()
            .map(|flow| FlowSource {
                id: ids.next(FOUNDED),
                key: flow.key.to_owned(),
                name: flow.name.to_owned(),
                json: flow.json.to_owned(),
            })
            .collect();
        let number = |ids: &mut IdMaker, number: &str, flow: usize, language| Number {
            id: ids.next(FOUNDED),
            number: number.to_owned(),
            flow: flows[flow].id,
            language,
        };
        let numbers = vec![
            number(&mut ids, MAIN_NUMBER, 0, Language::Ru),
            number(&mut ids, VIP_NUMBER, 1, Language::Ru),
            number(&mut ids, ENGLISH_NUMBER, 2, Language::En),
            number(&mut ids, CLOSED_NUMBER, 3, Language::Ru),
        ];
        let trunk = Trunk {
            id: ids.next(FOUNDED),
            key: "loopback".to_owned(),
            name: "Эта машина".to_owned(),
            sources: vec!["127.0.0.0/8".to_owned()],
            registration: None,
            max_calls: 1_000,
        };
        let customers = customers().into_iter().map(|customer| (ids.next(FOUNDED), customer)).collect();
        Self {
            tenant,
            admin,
            supervisor,
            agents,
            skills: vec![vip, english, technical],
            queues,
            dispositions,
            flows,
            numbers,
            trunk,
            customers,
        }
    }

    pub fn queue(&self, line: Line) -> &Queue {
        &self.queues[line as usize]
    }

    /// The dispositions offered after calls of a queue, in order.
    pub fn dispositions_of(&self, line: Line) -> Vec<DispositionId> {
        let queue = self.queue(line).id;
        let offered =
            |disposition: &&Disposition| disposition.queues.is_empty() || disposition.queues.contains(&queue);
        self.dispositions.iter().filter(offered).map(|disposition| disposition.id).collect()
    }

    pub fn flow_of(&self, number: &str) -> Option<FlowId> {
        self.numbers.iter().find(|known| known.number == number).map(|known| known.flow)
    }

    pub fn trunk_id(&self) -> TrunkId {
        self.trunk.id
    }
}

fn queue(ids: &mut IdMaker, line: Line, vip: SkillId) -> Queue {
    Queue {
        id: ids.next(FOUNDED),
        key: line.key().to_owned(),
        name: line.name().to_owned(),
        required_skills: match line {
            Line::Vip => vec![SkillLevel { skill: vip, level: 1 }],
            Line::Support | Line::Sales | Line::Billing => Vec::new(),
        },
        ring_timeout_s: 15,
        wrap_up: WrapUp::Timed { limit_s: line.wrap_up_s() },
        service_level_s: 20,
        service_level_target: 80,
        short_abandon_s: 5,
        max_waiting: 100,
        record: true,
        routing: Routing { announcements: vec![Announcement::position_every(30)], ..Routing::default() },
    }
}
