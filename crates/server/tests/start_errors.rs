//! What stops a start is said in one line that names it and the cure.

mod support;

use std::net::{TcpListener, UdpSocket};

use support::{Done, Program};

/// Exit status, and words of the one line.
fn expect(done: &Done, status: i32, words: &[&str]) {
    assert_eq!(done.status.code(), Some(status), "{}", done.stderr);
    assert_eq!(done.stderr.lines().count(), 1, "one line: {}", done.stderr);
    assert!(done.stderr.starts_with("perezvon: "), "{}", done.stderr);
    for word in words {
        assert!(done.stderr.contains(word), "no `{word}`: {}", done.stderr);
    }
}

#[test]
fn a_port_in_use_is_named_with_its_setting() {
    let program = Program::new();
    let address = format!("{}:8080", program.ip);
    let taken = TcpListener::bind(&address).expect("nobody else has this address");
    expect(&program.run(&["serve"], ""), 1, &["HTTP", &address, "in use", "set PEREZVON_HTTP"]);
    drop(taken);
    let address = format!("{}:5060", program.ip);
    let _taken = UdpSocket::bind(&address).expect("nobody else has this address");
    expect(&program.run(&["serve"], ""), 1, &["SIP", &address, "in use", "set PEREZVON_SIP"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_its_setting() {
    let mut program = Program::new();
    let file = program.folder.path().join("file");
    std::fs::write(&file, "in the way").expect("a temporary folder");
    let below = file.join("recordings").display().to_string();
    program.set("PEREZVON_RECORDINGS", &below);
    expect(&program.run(&["serve"], ""), 1, &[&below, "recordings folder", "set PEREZVON_RECORDINGS"]);
    let below = file.join("data").display().to_string();
    program.set("PEREZVON_DATA", &below);
    expect(&program.run(&["serve"], ""), 1, &[&below, "data folder", "set PEREZVON_DATA"]);
    // The kernel's own folder is there, and not even root writes in it.
    program.set("PEREZVON_DATA", "/proc");
    expect(&program.run(&["serve"], ""), 1, &["/proc", "data folder", "set PEREZVON_DATA"]);
}

#[test]
fn a_bad_setting_is_named_with_what_is_wanted() {
    for (name, value, words) in [
        ("PEREZVON_HTTP", "localhost", ["PEREZVON_HTTP", "address and a port"]),
        ("PEREZVON_HTPP", "127.0.0.1:1", ["PEREZVON_HTPP", "PEREZVON_HTTP"]),
        ("PEREZVON_MAX_CALLS", "many", ["PEREZVON_MAX_CALLS", "from 1 to"]),
        ("PEREZVON_DATABASE_URL", "mysql://a:b@c/d", ["PEREZVON_DATABASE_URL", "postgres://"]),
        ("PEREZVON_CONFIG", "/nonexistent/perezvon.toml", ["/nonexistent/perezvon.toml", "settings file"]),
    ] {
        let mut program = Program::new();
        program.set(name, value);
        for command in ["serve", "demo", "settings"] {
            expect(&program.run(&[command], ""), 2, &words);
        }
    }
}

#[test]
fn a_settings_file_that_is_no_toml_is_named_with_the_line() {
    let program = Program::new();
    let file = program.folder.path().join("perezvon.toml");
    for (text, words) in [
        ("max_calls = 5\nhttp = 127.0.0.1:8080\n", ["perezvon.toml", "line 2"]),
        ("max_calls = [1, 2]\n", ["max_calls", "whole number"]),
        ("max_cals = 5\n", ["max_cals", "max_calls"]),
        ("max_calls = 0\n", ["`max_calls` in perezvon.toml", "from 1 to"]),
    ] {
        std::fs::write(&file, text).expect("a temporary folder");
        expect(&program.run(&["serve"], ""), 2, &words);
    }
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let mut program = Program::new();
    program.set("PEREZVON_DATABASE_URL", format!("postgres://calls:hunter2@{}:5432/calls", program.ip));
    let done = program.run(&["serve"], "");
    let place = format!("postgres://calls:***@{}:5432/calls", program.ip);
    expect(&done, 1, &[&place, "PEREZVON_DATABASE_URL", "runs"]);
    assert!(!done.stderr.contains("hunter2"));
}

#[test]
fn a_second_server_on_the_same_data_folder_is_refused() {
    let program = Program::new();
    let mut server = program.start(&["serve"]);
    server.is_ready();
    let mut second = Program::new();
    let data = program.folder.path().join("data").display().to_string();
    second.set("PEREZVON_DATA", &data);
    expect(&second.run(&["serve"], ""), 1, &["another Perezvon server", &data, "PEREZVON_DATA"]);
    server.signal("-KILL");
    server.ends();
    let mut third = second.start(&["serve"]);
    third.is_ready();
}
