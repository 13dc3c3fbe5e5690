//! The same engine on live calls: SIPp calls three queues with 20 SIP agents, and the journal is held against what was
//! due, worked out here from the rules alone: whom to serve first, by whom, and what each receipt says.

#[path = "live_routing/due.rs"]
mod due;
mod support;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use perezvon_model::journal::{Entry, Event};
use perezvon_store::Db;
use perezvon_store::testing::limits;
use serde_json::{Value, json};
use support::{PASSWORD, PATIENCE, Program, Server};

use due::{Agent, Checked, Due, Queue, Way};

const AGENTS: usize = 20;
const CALLS: usize = 60;
/// Calls a second and queue: more than the agents can take, so that queues grow and drain.
const RATE: usize = 7;
const PHONES: u16 = 5_070;

/// SIPp running one scenario; ended with the test.
struct Sipp(Child);

impl Sipp {
    fn start(program: &Program, scenario: &str, port: u16, more: &[&str]) -> Self {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp").join(scenario);
        let ip = program.ip.to_string();
        let port = port.to_string();
        let to = format!("{ip}:5060");
        let seconds = PATIENCE.as_secs().to_string();
        let fixed = ["-i", &ip, "-mi", &ip, "-p", &port, "-nostdin", "-timeout", &seconds, "-timeout_error"];
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(file)
            .args(fixed)
            .args(more)
            .arg(to)
            .current_dir(program.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sipp must be installed for this test: apt-get install sip-tester");
        Self(child)
    }

    fn succeeds(mut self) {
        let status = self.0.wait().expect("a child of ours");
        assert!(status.success(), "a call went wrong: {status}");
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Office<'a> {
    server: &'a Server,
    admin: String,
}

impl Office<'_> {
    fn make(&self, what: &str, body: Value) -> String {
        let (status, made) = self.server.ask("POST", &format!("/api/v1/{what}"), &self.admin, Some(body));
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    fn queue(&self, key: &str, skills: Value, routing: Value) -> String {
        self.make(
            "queues",
            json!({
                "key": key, "name": key, "required_skills": skills, "ring_timeout_s": 20,
                "wrap_up": {"mode": "none"}, "service_level_s": 20, "service_level_target": 80,
                "short_abandon_s": 5, "max_waiting": 500, "record": false, "routing": routing,
            }),
        )
    }

    fn leads_to(&self, number: &str, queue: &str) {
        let nodes = json!({"wait": {"type": "queue", "queue": queue}});
        let flow = json!({"version": 1, "start": "wait", "nodes": nodes}).to_string();
        let flow = self.make("flows", json!({"key": queue, "name": queue, "json": flow}));
        self.make("numbers", json!({"number": number, "flow": flow, "language": "en"}));
    }
}

/// Three queues that compete for the same people by different rules.
fn company(office: &Office<'_>) -> Due {
    let english = office.make("skills", json!({"key": "live-english", "name": "English"}));
    let plain = office.queue("plain", json!([]), json!({"strategy": "longest_idle"}));
    let ageing = json!({"strategy": "fewest_interactions", "priority": 3, "ageing_per_min": 30});
    let fast = office.queue("fast", json!([]), ageing);
    let steps = json!([{"after_s": 3, "widen": {"kind": "lower_level", "skill": english, "level": 1}}]);
    let skilled = json!({"strategy": "least_skilled", "priority": 1, "ageing_per_min": 10, "steps": steps});
    let foreign = office.queue("foreign", json!([{"skill": english, "level": 4}]), skilled);
    for (number, queue) in [("201", "plain"), ("202", "fast"), ("203", "foreign")] {
        office.leads_to(number, queue);
    }
    let mut due = Due::new(
        english.parse().expect("an id"),
        vec![
            Queue::new(&plain, Way::LongestIdle, 0, 0, &[]),
            Queue::new(&fast, Way::FewestInteractions, 3, 30, &[]),
            Queue::new(&foreign, Way::LeastSkilled, 1, 10, &[(0, 4), (3_000, 1)]),
        ],
    );
    for number in 0..AGENTS {
        let level = [0, 5, 2, 4, 1][number % 5];
        let queues: &[usize] = [&[0, 1][..], &[1, 2], &[0, 1, 2], &[0, 2]][number % 4];
        let ids = [&plain, &fast, &foreign];
        let names: Vec<&String> = queues.iter().map(|queue| ids[*queue]).collect();
        let skills = if level > 0 { json!([{"skill": english, "level": level}]) } else { json!([]) };
        let id = office.make(
            "users",
            json!({
                "email": format!("phone{number}@live.example"), "name": format!("Phone {number}"),
                "role": "agent", "device": "phone", "password": PASSWORD, "queues": names, "skills": skills,
                "phone_uri": format!("sip:phone{number}@{}:{PHONES}", office.server.http.ip()),
            }),
        );
        due.agents.insert(id.parse().expect("an id"), Agent::new(queues, level));
    }
    due
}

fn journal_of(program: &Program) -> Vec<Entry> {
    let path = program.folder.path().join("data/perezvon.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(&format!("sqlite:{}", path.display()), limits()).await.expect("opened");
        let scope = perezvon_demo::company::scope(&perezvon_demo::company::Company::plan());
        let tenant = db.tenant(&scope);
        let mut entries: Vec<Entry> = Vec::new();
        let mut after = 0;
        loop {
            let page = tenant.journal_page(after, 1_000).await.expect("read");
            let Some((last, _)) = page.last() else { break };
            after = *last;
            entries.extend(page.into_iter().map(|(_, entry)| entry));
        }
        db.close().await;
        entries
    })
}

#[test]
fn the_order_served_is_the_order_due_and_every_receipt_is_true() {
    let program = Program::new();
    let mut server = program.start(&["demo"]);
    server.is_ready();
    let admin = server.sign_in("admin@demo.example");
    let mut due = company(&Office { server: &server, admin: admin.clone() });
    let _phones = Sipp::start(&program, "agent.xml", PHONES, &[]);
    for number in 0..AGENTS {
        let token = server.sign_in(&format!("phone{number}@live.example"));
        let ready = json!({"command": "set_presence", "presence": {"state": "ready"}});
        let (status, said) = server.ask("POST", "/api/v1/desk/command", &token, Some(ready));
        assert_eq!(status, 204, "{said}");
    }
    let (calls, rate) = (CALLS.to_string(), RATE.to_string());
    let callers: Vec<Sipp> = [("201", 5_081), ("202", 5_082), ("203", 5_083)]
        .into_iter()
        .map(|(number, port)| {
            Sipp::start(&program, "caller.xml", port, &["-s", number, "-m", &calls, "-r", &rate])
        })
        .collect();
    callers.into_iter().for_each(Sipp::succeeds);
    server.until("/api/v1/floor", &admin, |floor| (floor["calls"] == 0).then_some(()));
    server.signal("-TERM");
    assert!(server.ends().0.success(), "{}", server.said());

    let entries = journal_of(&program);
    let answered = entries.iter().filter(|entry| matches!(entry.event, Event::AgentConnected { .. }));
    let today = answered.filter(|entry| entry.agent.is_some_and(|agent| due.agents.contains_key(&agent)));
    assert_eq!(today.count(), 3 * CALLS, "everybody was served");
    let Checked { decisions, with_choice_of_callers, with_choice_of_agents, nothing } = due.checks(&entries);
    assert_eq!(decisions, 3 * CALLS);
    assert!(with_choice_of_callers > CALLS, "queues grew: {with_choice_of_callers}");
    assert!(with_choice_of_agents > 10, "agents were free at first: {with_choice_of_agents}");
    assert!(nothing > 5, "agents got free and got nothing: {nothing}");
}
