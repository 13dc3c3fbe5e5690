//! `perezvon replay` on what a real server left: calls, a kill, a second start.

mod support;

use std::time::{Duration, Instant};

use perezvon_store::testing::{limits, run_raw, shared_cluster};
use perezvon_store::{Db, InputRun};
use serde_json::Value;
use support::{Done, PATIENCE, Program, Server};

fn tenant() -> String {
    perezvon_demo::company::scope(&perezvon_demo::company::Company::plan()).tenant().to_string()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(5));
    done
}

/// The demo on a database of its own, with customers who call and agents who answer.
struct Demo {
    program: Program,
    url: String,
}

impl Demo {
    fn on(url: Option<String>) -> Self {
        let mut program = Program::new();
        program.set("PEREZVON_DEMO_LIFE", "on");
        let path = program.folder.path().join("data/perezvon.db");
        let url = url.unwrap_or_else(|| format!("sqlite:{}", path.display()));
        program.set("PEREZVON_DATABASE_URL", &url);
        Self { program, url }
    }

    /// Starts it and waits until somebody talks.
    fn lives(&self) -> Server {
        let mut server = self.program.start(&["demo"]);
        server.is_ready();
        let token = server.sign_in("supervisor@demo.example");
        server.until("/api/v1/floor", &token, |floor| {
            let mut agents = floor["agents"].as_array()?.iter();
            agents.any(|agent| agent["activity"] == "talking").then_some(())
        });
        server
    }

    fn replay(&self, more: &[&str]) -> Done {
        let tenant = tenant();
        let mut words = vec!["replay", "--tenant", &tenant];
        words.extend(more);
        self.program.run(&words, "")
    }

    fn report(&self, code: i32) -> Value {
        let done = self.replay(&["--json"]);
        assert_eq!(done.status.code(), Some(code), "{}{}", done.stdout, done.stderr);
        serde_json::from_str(&done.stdout).expect("JSON")
    }

    /// Does something to the database that nobody should.
    fn tampers(&self, sql: &'static str) {
        block_on(async {
            let db = Db::open(&self.url, limits()).await.expect("opened");
            assert_eq!(run_raw(&db, sql).await.expect("done"), 1, "{sql}");
            db.close().await;
        });
    }
}

fn a_day_with_a_kill(demo: &Demo) {
    let mut server = demo.lives();
    let beside = demo.report(0);
    assert_eq!(beside["verdict"], "same", "beside the server, and with calls in the middle: {beside}");
    server.signal("-KILL");
    server.ends();
    let mut server = demo.lives();
    server.signal("-TERM");
    assert!(server.ends().0.success(), "{}", server.said());

    let whole = demo.report(0);
    let runs = whole["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 2, "{whole}");
    for run in runs {
        assert!(run["inputs"].as_u64() > Some(20) && run["entries"].as_u64() > Some(10), "{whole}");
        assert_eq!((&run["broken"], &run["program"]), (&Value::Null, &whole["program"]));
    }
    // What the second start closed of the first is nobody's decision and is not taken for one.
    let said = demo.replay(&[]).stdout;
    assert!(said.ends_with("the same, byte for byte\n"), "{said}");
}

#[test]
fn the_same_inputs_make_the_same_journal_and_what_was_changed_is_told() {
    let demo = Demo::on(None);
    a_day_with_a_kill(&demo);

    demo.tampers(
        "UPDATE journal SET body = replace(body, '\"position\":', '\"position\":9')
         WHERE seq = (SELECT MAX(seq) FROM journal WHERE body LIKE '{\"kind\":\"queued\"%')",
    );
    let report = demo.report(1);
    let first = &report["first_difference"];
    assert_eq!((&report["verdict"], &report["differing"]), (&"different".into(), &1.into()), "{report}");
    assert_eq!(first["kind"], "changed");
    let text = |name: &str| first[name].as_str().expect("text").to_owned();
    assert!(text("stored").contains("\"position\":9") && !text("replayed").contains("\"position\":9"));
    assert!(text("input").contains("\"input\":"), "{first}");
    assert!(first["interaction"].is_string() && text("stored").contains(&text("interaction")));
    let said = demo.replay(&[]).stdout;
    assert!(said.contains("DIFFERENT: 1 entries") && said.contains("  replay  {\"id\""), "{said}");
    demo.tampers(
        "UPDATE journal SET body = replace(body, '\"position\":9', '\"position\":')
         WHERE seq = (SELECT MAX(seq) FROM journal WHERE body LIKE '{\"kind\":\"queued\"%')",
    );

    demo.tampers(
        "DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal WHERE body LIKE '{\"kind\":\"offered\"%')",
    );
    let report = demo.report(1);
    assert_eq!((&report["first_difference"]["kind"], &report["differing"]), (&"missing".into(), &1.into()));

    demo.tampers(
        "UPDATE input_batch SET lines = replace(lines, '\"to\":\"+7', '\"to\":\"+8') WHERE run_id || first IN
         (SELECT run_id || first FROM input_batch WHERE lines LIKE '%\"to\":\"+7%' ORDER BY run_id, first LIMIT 1)",
    );
    let report = demo.report(1);
    let first = &report["first_difference"];
    assert_eq!(first["kind"], "changed", "{report}");
    assert!(first["input"].as_str().is_some_and(|input| input.contains("call_arrived")), "{first}");
}

#[test]
fn inputs_that_are_not_there_are_told_and_nothing_is_called_the_same_for_them() {
    let demo = Demo::on(None);
    let mut server = demo.lives();
    server.signal("-TERM");
    assert!(server.ends().0.success(), "{}", server.said());
    demo.tampers(
        "UPDATE input_batch SET lines = replace(lines, '{\"input\":\"stop\"', '{\"input\":\"halt\"')
         WHERE lines LIKE '%{\"input\":\"stop\"%'",
    );
    let report = demo.report(1);
    assert_eq!(report["verdict"], "incomplete", "{report}");
    assert!(report["runs"][0]["broken"].as_str().is_some_and(|why| why.contains("cannot be read")));
    demo.tampers(
        "DELETE FROM input_batch WHERE first = (SELECT MIN(first) FROM input_batch WHERE first > 1)",
    );
    let said = demo.replay(&[]);
    assert_eq!(said.status.code(), Some(1), "{}", said.stdout);
    assert!(said.stdout.contains("are not there"), "{}", said.stdout);
    assert!(!said.stdout.contains("byte for byte"), "{}", said.stdout);
}

#[test]
fn it_is_the_same_on_postgresql() {
    a_day_with_a_kill(&Demo::on(Some(block_on(shared_cluster().fresh_database()))));
}

#[test]
fn what_cannot_be_compared_is_said_in_one_line() {
    let mut program = Program::new();
    let run = |program: &Program, words: &[&str]| {
        let done = program.run(&[&["replay"], words].concat(), "");
        assert_eq!(
            (done.status.code(), done.stderr.lines().count()),
            (Some(2), 1),
            "{words:?}: {}",
            done.stderr
        );
        assert_eq!(done.stdout, "");
        done.stderr
    };
    let none = run(&program, &["--tenant", "Romashka"]);
    assert!(none.contains("there is no database"), "{none}");
    assert!(!program.folder.path().join("data").exists(), "it makes nothing");

    let made = program.run(&["admin", "tenant", "--name", "Romashka"], "");
    let id = made.stdout.trim().to_owned();
    for (words, expected) in [
        (&["--tenant", "Vasilyok"][..], "there is no company Vasilyok; there are: Romashka"),
        (&["--tenant", "Romashka"], "none are kept at all"),
        (&["--tenant", "Romashka", "--from", "noon"], "--from is `noon`"),
    ] {
        let said = run(&program, words);
        assert!(said.contains(expected), "{said}");
    }

    // A server that is told to keep none keeps none, and one that is told nothing does.
    program.set("PEREZVON_INPUT_DAYS", "0");
    let mut server = program.start(&["serve"]);
    server.is_ready().signal("-TERM");
    server.ends();
    assert!(run(&program, &["--tenant", &id]).contains("none are kept at all"));
    program.set("PEREZVON_INPUT_DAYS", "1");
    let mut server = program.start(&["serve"]);
    server.is_ready().signal("-TERM");
    server.ends();
    let done = program.run(&["replay", "--tenant", "Romashka"], "");
    assert_eq!(done.status.code(), Some(0), "{}{}", done.stdout, done.stderr);
    let old = run(&program, &["--tenant", "Romashka", "--to", "2026-01-01"]);
    assert!(old.contains("the oldest that are kept are from"), "{old}");
}

#[test]
fn old_inputs_are_removed_by_the_server() {
    let program = Program::new();
    let made = program.run(&["admin", "tenant", "--name", "Romashka"], "");
    let tenant = made.stdout.trim().parse().expect("an id");
    let url = format!("sqlite:{}", program.folder.path().join("data/perezvon.db").display());
    #[expect(clippy::disallowed_methods, reason = "the test made the company")]
    let scope = perezvon_model::TenantScope::mint(tenant);
    let runs = || {
        block_on(async {
            let db = Db::open(&url, limits()).await.expect("opened");
            let runs = db.tenant(&scope).input_runs(perezvon_model::UtcMs(i64::MAX)).await.expect("listed");
            db.close().await;
            runs
        })
    };
    block_on(async {
        let db = Db::open(&url, limits()).await.expect("opened");
        let run = InputRun {
            id: perezvon_store::new_id(),
            started_at: perezvon_model::UtcMs(1_000),
            seed: 1,
            program: "0.0.1".into(),
            today: "{}".into(),
        };
        db.tenant(&scope).begin_run(&run).await.expect("begun");
        db.close().await;
    });
    assert_eq!(runs()[0].run.program, "0.0.1");
    let mut server = program.start(&["serve"]);
    server.is_ready();
    // It is done at the start, beside everything else: the ready server has begun it.
    let until = Instant::now() + PATIENCE;
    while runs().iter().any(|listed| listed.run.program == "0.0.1") {
        assert!(Instant::now() < until, "it stays");
    }
    assert_eq!(runs().len(), 1, "its own run stays");
    server.signal("-TERM");
    assert!(server.ends().0.success(), "{}", server.said());
}
