//! Who works at the demo company.

/// How many agents there are; `agent1` to `agent12`.
pub const AGENTS: usize = 12;
/// These first ones serve the line `vip`: a newcomer signs in as the first of them.
pub const VIP_AGENTS: usize = 3;
/// From this number on agents are simulated; those before are for people who look around.
pub const FIRST_SIMULATED_AGENT: usize = 4;

pub const ADMIN: (&str, &str) = ("admin@demo.example", "Андрей Козлов");
pub const SUPERVISOR: (&str, &str) = ("supervisor@demo.example", "Ирина Белова");

const AGENT_NAMES: [&str; AGENTS] = [
    "Анна Соколова",
    "Дмитрий Орлов",
    "Мария Лебедева",
    "Сергей Волков",
    "Елена Морозова",
    "Алексей Зайцев",
    "Ольга Кузнецова",
    "Иван Павлов",
    "Наталья Семёнова",
    "Павел Голубев",
    "Татьяна Виноградова",
    "Максим Богданов",
];

/// One of `agent1` to `agent12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// 1 to `AGENTS`.
    pub number: usize,
    pub name: &'static str,
}

impl Person {
    pub fn sip_username(&self) -> String {
        format!("agent{}", self.number)
    }

    pub fn email(&self) -> String {
        format!("agent{}@demo.example", self.number)
    }
}

pub fn agents() -> impl Iterator<Item = Person> {
    AGENT_NAMES.iter().enumerate().map(|(index, name)| Person { number: index + 1, name })
}
