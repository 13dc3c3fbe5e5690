//! `perezvon admin`, beside a running server and without one.

mod support;

use support::{PASSWORD, Program, Server};

fn tenant(program: &Program) -> String {
    let done = program.run(&["admin", "tenant", "--name", "Romashka"], "");
    assert!(done.status.success(), "{}", done.stderr);
    done.stdout.trim().to_owned()
}

fn user(program: &Program, tenant: &str, email: &str, role: &str) {
    let words = ["admin", "user", "--tenant", tenant, "--email", email, "--name", "Anna", "--role", role];
    let done = program.run(&words, &format!("{PASSWORD}\n"));
    assert!(done.status.success(), "{}", done.stderr);
    assert!(!done.stdout.contains(PASSWORD) && !done.stderr.contains(PASSWORD));
}

fn number(program: &Program, tenant: &str, number: &str) {
    let words = ["admin", "number", "--tenant", tenant, "--number", number, "--flow", "main"];
    let done = program.run(&words, "");
    assert!(done.status.success(), "{}", done.stderr);
    assert_eq!(done.stdout.trim(), "+74951234567");
}

fn serve(program: &Program) -> Server {
    let mut server = program.start(&["serve"]);
    server.is_ready();
    server
}

#[test]
fn what_is_made_before_the_start_is_served() {
    let program = Program::new();
    let tenant = tenant(&program);
    user(&program, &tenant, "anna@romashka.example", "admin");
    number(&program, &tenant, "8 495 123-45-67");
    let server = serve(&program);
    let token = server.sign_in("anna@romashka.example");
    let (_, numbers) = server.ask("GET", "/api/v1/numbers", &token, None);
    assert_eq!(numbers[0]["number"], "+74951234567", "{numbers}");
}

#[test]
fn what_is_made_beside_a_running_server_runs_without_a_restart() {
    let program = Program::new();
    let mut server = serve(&program);
    let tenant = tenant(&program);
    user(&program, &tenant, "anna@romashka.example", "admin");
    let token = server.sign_in("anna@romashka.example");
    server.until("/api/v1/floor", &token, |floor| floor["queues"][0]["name"].as_str().map(drop));
    user(&program, &tenant, "boris@romashka.example", "agent");
    server.until("/api/v1/floor", &token, |floor| {
        let agents = floor["agents"].as_array()?;
        (agents.len() == 2).then_some(())
    });
    let (status, ready) = server.ask("GET", "/readyz", "", None);
    assert_eq!((status, &ready["ready"]), (200, &serde_json::json!(true)), "{ready}");
}

#[test]
fn what_the_command_line_changes_is_in_the_audit_trail() {
    let program = Program::new();
    let tenant = tenant(&program);
    user(&program, &tenant, "anna@romashka.example", "admin");
    number(&program, &tenant, "8 495 123-45-67");
    let done =
        program.run(&["admin", "password", "--email", "anna@romashka.example"], &format!("{PASSWORD}\n"));
    assert!(done.status.success(), "{}", done.stderr);
    let server = serve(&program);
    let token = server.sign_in("anna@romashka.example");
    let (_, changes) = server.ask("GET", "/api/v1/changes?by=console", &token, None);
    let subjects: Vec<_> =
        changes["items"].as_array().expect("a list").iter().map(|one| one["subject"].clone()).collect();
    assert_eq!(
        subjects,
        ["user", "number", "user", "flow", "disposition", "disposition", "disposition", "queue"]
    );
    assert_eq!(changes["items"][0]["after"]["password"], "another");
    assert!(!changes.to_string().contains(PASSWORD));
}

#[test]
fn a_new_password_ends_the_sessions_of_the_old_one() {
    let program = Program::new();
    let tenant = tenant(&program);
    user(&program, &tenant, "anna@romashka.example", "agent");
    let server = serve(&program);
    let token = server.sign_in("anna@romashka.example");
    let done = program.run(&["admin", "password", "--email", "anna@romashka.example"], "another horse\n");
    assert!(done.status.success(), "{}", done.stderr);
    assert_eq!(server.ask("GET", "/api/v1/session", &token, None).0, 401);
    let new = serde_json::json!({"email": "anna@romashka.example", "password": "another horse"});
    assert_eq!(server.ask("POST", "/api/v1/session", "", Some(new)).0, 200);
}

#[test]
fn bad_input_gets_one_line_and_changes_nothing() {
    let program = Program::new();
    let made = tenant(&program);
    user(&program, &made, "anna@romashka.example", "agent");
    let nobody = "019aa000-0000-7000-8000-000000000000";
    let of = |tenant: &'static str, email: &'static str| {
        ["admin", "user", "--tenant", tenant, "--email", email, "--name", "A", "--role", "agent"]
    };
    let made = made.leak() as &'static str;
    let number = |number: &'static str, flow: &'static str| {
        ["admin", "number", "--tenant", made, "--number", number, "--flow", flow]
    };
    let cases: [(&[&str], &str, &str); 10] = [
        (&["admin", "tenant", "--name", "X", "--time-zone", "Moscow"], "", "`Moscow` is not a time zone"),
        (&["admin", "tenant", "--name", "X", "--region", "Russia"], "", "region"),
        (&["admin", "tenant", "--name", " "], "", "name"),
        (&of(nobody, "b@x.example"), "long enough\n", "there is no company"),
        (&of(made, "nobody"), "long enough\n", "email"),
        (&of(made, "anna@romashka.example"), "long enough\n", "`email` is taken"),
        (&of(made, "b@x.example"), "short\n", "8"),
        (&of(made, "b@x.example"), "", "password"),
        (&number("+7495", "main"), "", "+7495"),
        (&number("+74951234567", "none"), "", "there are: main"),
    ];
    for (words, input, expected) in cases {
        let done = program.run(words, input);
        assert_eq!(done.status.code(), Some(2), "{words:?}: {}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{words:?}: {}", done.stderr);
        assert!(done.stderr.contains(expected), "{words:?}: {}", done.stderr);
        assert_eq!(done.stdout, "", "{words:?}");
    }
    let done = program.run(&["admin", "password", "--email", "nobody@x.example"], "long enough\n");
    assert_eq!(done.status.code(), Some(2));
    assert!(done.stderr.contains("nobody signs in as `nobody@x.example`"), "{}", done.stderr);
}
