//! What a journal entry costs: `cargo run -p perezvon-store --example append_cost --features testing [-- ENTRIES BATCH INPUT_BYTES]`.
//! Appends answered calls of 18 entries, many at a time as on a busy floor, to a fresh SQLite file, and prints wall and
//! CPU time per entry. With INPUT_BYTES, each entry comes with so many bytes of the engine's inputs (docs/replay.md).
//! Build with `--release` for figures to keep.

use std::time::Instant;

use perezvon_model::id::IdMaker;
use perezvon_model::journal::{Channel, Direction, Entry, Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::{
    Activity, Device, FlowId, InteractionId, Presence, QueueId, TenantScope, UserId, UtcMs,
};
use perezvon_store::testing::TestEngine;
use perezvon_store::{InputRun, Inputs, Tenant, new_id};

/// Calls that run at the same time, each a step further in each round.
const AT_ONCE: usize = 500;

fn steps(ids: &mut IdMaker, at: i64, flow: FlowId, queue: QueueId, agent: UserId) -> Vec<Entry> {
    let at = UtcMs(at);
    let interaction: InteractionId = ids.next(at);
    let offer = ids.next(at);
    let recording = ids.next(at);
    let device = Device::Browser;
    let state = |activity| Event::AgentState { agent, presence: Presence::Ready, activity, device };
    let events = vec![
        Event::InteractionStarted {
            channel: Channel::Voice,
            direction: Direction::Inbound,
            from: "+79160000001".to_owned(),
            to: "+74950000001".to_owned(),
            trunk: None,
            flow: Some(flow),
        },
        Event::FlowAnswered,
        Event::FlowNode { node: "greeting".to_owned(), node_kind: "play".to_owned() },
        Event::FlowNode { node: "menu".to_owned(), node_kind: "menu".to_owned() },
        Event::Collected { node: "menu".to_owned(), name: "topic".to_owned(), value: "1".to_owned() },
        Event::CustomerMatched { customer: ids.next(at), created: false },
        Event::Queued { queue, attempt: 1, position: 1 },
        Event::Offered { offer, queue: Some(queue), agent, device, deadline: at + 20_000 },
        state(Activity::Ringing),
        Event::OfferEnded { offer, agent, outcome: OfferOutcome::Accepted, rang_ms: 2_000 },
        Event::LeftQueue { queue, outcome: QueueOutcome::Answered, wait_ms: 9_000 },
        Event::AgentConnected { agent, queue: Some(queue), device },
        Event::RecordingStarted { recording },
        state(Activity::Talking),
        Event::AgentDisconnected { agent, queue: Some(queue), talk_ms: 120_000, hold_ms: 0 },
        Event::InteractionEnded { outcome: Outcome::Answered, cause: Cause::Normal, by: Party::Customer },
        state(Activity::Idle),
        Event::RecordingSealed { recording, duration_ms: 120_000, bytes: 480_000 },
    ];
    let entry = |(index, event): (usize, Event)| {
        let own = matches!(event, Event::AgentState { .. });
        let at = at + i64::try_from(index).expect("few") * 1_000;
        Entry { id: ids.next(at), at, interaction: (!own).then_some(interaction), agent: Some(agent), event }
    };
    events.into_iter().enumerate().map(entry).collect()
}

fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().map(|field| fields[*field].parse::<f64>().expect("ticks")).sum();
    ticks / 100.0
}

#[expect(clippy::disallowed_methods, reason = "a benchmark stands where start-up does")]
fn scope(tenant: &Tenant) -> TenantScope {
    TenantScope::mint(tenant.id)
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().expect("a number"));
    let (entries, batch) = (arguments.next().unwrap_or(180_000), arguments.next().unwrap_or(512));
    let input_bytes = arguments.next().unwrap_or(0);
    let engine =
        if std::env::var_os("POSTGRES").is_some() { TestEngine::Postgres } else { TestEngine::Sqlite };
    perezvon_store::testing::run(engine, |test| async move {
        let tenant = Tenant {
            id: new_id(),
            name: "Bench".to_owned(),
            region: "RU".to_owned(),
            time_zone: "Europe/Moscow".to_owned(),
            config_version: 1,
            created_at: UtcMs(0),
        };
        test.db.create_tenant(&tenant).await.expect("a tenant is made");
        let own = test.db.tenant(&scope(&tenant));
        let mut ids = IdMaker::new(1);
        let (flow, queue) = (ids.next(UtcMs(0)), ids.next(UtcMs(0)));
        let agents: Vec<UserId> = (0..AT_ONCE).map(|_| ids.next(UtcMs(0))).collect();
        let mut all: Vec<Entry> = Vec::with_capacity(entries);
        let mut at = 1_795_251_600_000;
        while all.len() < entries {
            let calls: Vec<Vec<Entry>> =
                agents.iter().map(|agent| steps(&mut ids, at, flow, queue, *agent)).collect();
            for step in 0..calls[0].len() {
                all.extend(calls.iter().map(|call| call[step].clone()));
            }
            at += 200_000;
        }
        let run = InputRun {
            id: new_id(),
            started_at: UtcMs(0),
            seed: 1,
            program: String::new(),
            today: String::new(),
        };
        own.begin_run(&run).await.expect("begun");
        let line = r#"1795251600000 {"input":"leg","leg":"019aa5f2-7d00-7abc-8def-0123456789ab","event":{"kind":"answered"}}"#;
        let mut inputs = Inputs {
            run: run.id,
            first: 1,
            count: 0,
            began_at: UtcMs(0),
            ended_at: UtcMs(0),
            lines: String::new(),
        };
        let (wall, cpu) = (Instant::now(), cpu_s());
        for batch in all.chunks(batch) {
            inputs.first += i64::from(inputs.count);
            inputs.count = 0;
            inputs.lines.clear();
            while inputs.lines.len() < input_bytes * batch.len() {
                inputs.lines.push_str(line);
                inputs.lines.push('\n');
                inputs.count += 1;
            }
            let given = (input_bytes > 0).then_some(&inputs);
            own.append_with_inputs(batch, given).await.expect("appended");
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let count = all.len() as f64;
        let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
        println!(
            "{engine:?}, {count} entries with {input_bytes} bytes of inputs each, in batches of {batch}: {:.1} us wall, {:.1} us CPU of this process per entry",
            wall / count * 1e6,
            cpu / count * 1e6
        );
    });
}
