//! `perezvon demo` as a newcomer finds it.

mod support;

use support::Program;

#[test]
fn some_conversations_of_the_history_can_be_heard_and_a_restart_makes_no_more() {
    let program = Program::new();
    let mut server = program.start(&["demo"]);
    let made = server.is_ready().says("recordings of the demo's history");
    assert!(made.contains("made=8"), "{made}");
    let token = server.sign_in("supervisor@demo.example");
    let rows = |server: &support::Server| {
        let (status, page) = server.ask("GET", "/api/v1/interactions?limit=200", &token, None);
        assert_eq!(status, 200, "{page}");
        let rows = page["items"].as_array().expect("rows").clone();
        rows.into_iter().filter(|row| row["recording"] == "sealed").collect::<Vec<_>>()
    };
    let heard = rows(&server);
    assert_eq!(heard.len(), 8);
    let path = format!("/api/v1/interactions/{}/peaks?columns=50", heard[0]["id"].as_str().expect("an id"));
    let (status, _) = server.ask("GET", &path, &token, None);
    assert_eq!(status, 200);
    server.signal("-TERM");
    assert!(server.ends().0.success(), "{}", server.said());

    let mut server = program.start(&["demo"]);
    let made = server.is_ready().says("recordings of the demo's history");
    assert!(made.contains("made=0"), "{made}");
    assert_eq!(rows(&server).len(), 8);
}
