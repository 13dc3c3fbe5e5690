//! A stop while people talk.

mod support;

use std::net::UdpSocket;
use std::time::Duration;

use perezvon_store::{Db, InteractionFilter, Limits, RowOutcome};
use support::{MAIN_NUMBER, PATIENCE, Program, Server};

/// HTTP may take 5 s, the rest 20 s; a loaded machine gets as much again.
const BOUND: Duration = Duration::from_secs(50);

/// A caller who speaks as much SIP as a stop needs: INVITE, ACK, and an ear for BYE.
struct Caller {
    socket: UdpSocket,
    server: String,
}

impl Caller {
    fn calls(program: &Program) -> Self {
        let socket = UdpSocket::bind((program.ip, 0)).expect("a port");
        socket.set_read_timeout(Some(PATIENCE)).expect("not zero");
        let caller = Self { socket, server: format!("{}:5060", program.ip) };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n",
            program.ip
        );
        let invite = caller.request("INVITE", "", 1, &sdp);
        caller.send(&invite);
        let answered =
            caller.hears(|message| message.starts_with("SIP/2.0 200") && message.contains("INVITE"));
        let to = header(&answered, "To: ");
        caller.send(&caller.request("ACK", &to, 2, ""));
        caller
    }

    fn request(&self, method: &str, to: &str, branch: u32, body: &str) -> String {
        let (own, server) = (self.socket.local_addr().expect("bound"), &self.server);
        let to = if to.is_empty() { format!("<sip:{MAIN_NUMBER}@{server}>") } else { to.to_owned() };
        format!(
            "{method} sip:{MAIN_NUMBER}@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKstop{branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+79161234567@{own}>;tag=stop\r\nTo: {to}\r\nCall-ID: stop@{own}\r\n\
             CSeq: 1 {method}\r\nContact: <sip:caller@{own}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn send(&self, message: &str) {
        self.socket.send_to(message.as_bytes(), &self.server).expect("the server's port");
    }

    fn hears(&self, fits: impl Fn(&str) -> bool) -> String {
        let mut buffer = [0; 4_096];
        loop {
            let (length, _) = self.socket.recv_from(&mut buffer).expect("the server speaks");
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if fits(&message) {
                return message;
            }
        }
    }
}

fn header(message: &str, name: &str) -> String {
    let line = message.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {message}")).to_owned()
}

fn talking(program: &mut Program) -> (Server, Caller) {
    program.set("PEREZVON_DEMO_LIFE", "on");
    let mut server = program.start(&["demo"]);
    server.is_ready();
    let caller = Caller::calls(program);
    // And one of the demo's own customers talks with one of its own agents.
    let token = server.sign_in("supervisor@demo.example");
    server.until("/api/v1/floor", &token, |floor| {
        let mut agents = floor["agents"].as_array()?.iter();
        agents.any(|agent| agent["activity"] == "talking").then_some(())
    });
    (server, caller)
}

#[test]
fn a_stop_says_bye_writes_the_journal_and_ends_within_a_bound() {
    let mut program = Program::new();
    let (mut server, caller) = talking(&mut program);
    server.signal("-TERM");
    let bye = caller.hears(|message| message.starts_with("BYE "));
    let answer = [
        "SIP/2.0 200 OK".to_owned(),
        format!("Via: {}", header(&bye, "Via: ")),
        format!("From: {}", header(&bye, "From: ")),
        format!("To: {}", header(&bye, "To: ")),
        format!("Call-ID: {}", header(&bye, "Call-ID: ")),
        format!("CSeq: {}", header(&bye, "CSeq: ")),
        "Content-Length: 0\r\n\r\n".to_owned(),
    ];
    caller.send(&answer.join("\r\n"));
    let (status, took) = server.ends();
    assert!(status.success(), "{}", server.said());
    assert!(took < BOUND, "{took:?}: {}", server.said());

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let path = program.folder.path().join("data/perezvon.db");
        let db =
            Db::open(&format!("sqlite:{}", path.display()), Limits::default()).await.expect("closed well");
        let tenant = db.tenant(&perezvon_demo::company::scope(&perezvon_demo::company::Company::plan()));
        let open = InteractionFilter { outcome: Some(RowOutcome::Open), ..InteractionFilter::default() };
        let rows = tenant.interactions(&open, None, 10).await.expect("rows").items;
        assert!(rows.is_empty(), "the journal closes every call: {rows:?}");
        let now = perezvon_model::UtcMs(i64::MAX / 2);
        let left = tenant.interrupted(now).await.expect("rows").entries;
        assert_eq!(left, [], "the next start has nothing to close: no call, no wrap-up, no agent");
    });
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut program = Program::new();
    let (mut server, _caller) = talking(&mut program);
    // The caller does not answer the BYE, so the first stop takes its time.
    server.signal("-TERM");
    server.says("once more stops at once");
    server.signal("-INT");
    let (status, _) = server.ends();
    assert_eq!(status.code(), Some(1), "{}", server.said());
    assert!(server.said().contains("stopped at once on SIGINT"), "{}", server.said());
}
