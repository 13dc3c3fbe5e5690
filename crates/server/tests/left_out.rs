//! A company whose settings cannot be read is left out and named; the others are served.

mod support;

use perezvon_store::Db;
use perezvon_store::testing::{limits, run_raw};
use support::{PASSWORD, Program};

fn company(program: &Program, name: &str, email: &str) -> String {
    let made = program.run(&["admin", "tenant", "--name", name], "");
    let tenant = made.stdout.trim().to_owned();
    let words = ["admin", "user", "--tenant", &tenant, "--email", email, "--name", "Anna", "--role", "admin"];
    assert!(program.run(&words, &format!("{PASSWORD}\n")).status.success());
    tenant
}

/// Changes the database beside the program.
fn sql(program: &Program, sql: &'static str) {
    let url = format!("sqlite:{}", program.folder.path().join("data/perezvon.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(&url, limits()).await.expect("opened");
        assert_eq!(run_raw(&db, sql).await.expect("done"), 1, "{sql}");
        db.close().await;
    });
}

#[test]
fn a_queue_that_cannot_be_read_leaves_only_its_company_out() {
    let program = Program::new();
    let spoilt = company(&program, "Romashka", "anna@romashka.example");
    company(&program, "Vasilek", "anna@vasilek.example");
    sql(
        &program,
        "UPDATE queue SET name = 'Help', routing = replace(routing, 'longest_idle', 'by_magic')
        WHERE tenant_id = (SELECT id FROM tenant WHERE name = 'Romashka')",
    );

    let mut server = program.start(&["serve"]);
    let line = server.says("is left out");
    for word in ["Romashka", &spoilt, "the queue `Help`", "by_magic"] {
        assert!(line.contains(word), "no {word}: {line}");
    }
    server.is_ready();
    let (status, ready) = server.ask("GET", "/readyz", "", None);
    assert_eq!((status, &ready["ready"]), (200, &serde_json::json!(true)), "{ready}");
    assert!(ready["reasons"][0].as_str().is_some_and(|reason| reason.contains(&spoilt)), "{ready}");
    let token = server.sign_in("anna@vasilek.example");
    server.until("/api/v1/floor", &token, |floor| floor["queues"][0]["name"].as_str().map(drop));

    // Mended, it starts without a restart.
    sql(
        &program,
        "UPDATE queue SET routing = replace(routing, 'by_magic', 'longest_idle')
        WHERE tenant_id = (SELECT id FROM tenant WHERE name = 'Romashka')",
    );
    server.until("/readyz", "", |ready| ready["reasons"].as_array()?.is_empty().then_some(()));
    let token = server.sign_in("anna@romashka.example");
    server.until("/api/v1/floor", &token, |floor| floor["queues"][0]["name"].as_str().map(drop));
}
