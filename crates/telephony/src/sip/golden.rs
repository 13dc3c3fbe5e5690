//! The files of `tests/golden`: a message and the answer that is due. They follow RFC 4475.
//!
//! Lines before `---`: `# why`, `expect: accept | drop | STATUS`, and where needed `header: NAME: VALUE` (the answer
//! has it), `framing: stream`, `lines: lf`. The message stands with LF, which becomes CRLF; `\xNN` is a byte.

use std::net::SocketAddr;
use std::path::PathBuf;

use rsipstack::transaction::key::{TransactionKey, TransactionRole};

use super::check::{Framing, Verdict, judge};
use super::message::{Fields, SipMessage, status_of};

struct Golden {
    name: String,
    expect: String,
    headers: Vec<(String, String)>,
    framing: Framing,
    bytes: Vec<u8>,
}

fn read_all() -> Vec<Golden> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut all: Vec<Golden> =
        std::fs::read_dir(folder).expect("folder").map(|entry| read(&entry.expect("entry").path())).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn read(path: &std::path::Path) -> Golden {
    let name = path.file_stem().expect("name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("text");
    let (head, message) = text.split_once("---\n").expect("a line of three dashes");
    let mut golden = Golden {
        name,
        expect: String::new(),
        headers: Vec::new(),
        framing: Framing::Datagram,
        bytes: Vec::new(),
    };
    let mut end_of_line: &[u8] = b"\r\n";
    for line in head.lines().filter(|line| !line.starts_with('#')) {
        let (key, value) = line.split_once(": ").expect("key: value");
        match (key, value) {
            ("expect", value) => golden.expect = value.to_owned(),
            ("header", value) => {
                let (name, value) = value.split_once(": ").expect("name: value");
                golden.headers.push((name.to_owned(), value.to_owned()));
            }
            ("framing", "stream") => golden.framing = Framing::Stream,
            ("lines", "lf") => end_of_line = b"\n",
            other => panic!("{}: {other:?}", golden.name),
        }
    }
    let mut rest = message.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match (byte, after) {
            (b'\n', _) => golden.bytes.extend_from_slice(end_of_line),
            (b'\\', [b'x', high, low, ..]) => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).expect("hex");
                golden.bytes.push(u8::from_str_radix(hex, 16).expect("hex"));
                rest = &after[3..];
                continue;
            }
            _ => golden.bytes.push(*byte),
        }
        rest = after;
    }
    golden
}

#[test]
fn every_golden_message_gets_the_answer_that_is_due() {
    let source: SocketAddr = "192.0.2.1:5060".parse().expect("address");
    let all = read_all();
    assert!(all.len() > 60, "the golden files are missing");
    let mut wrong = Vec::new();
    for golden in &all {
        let verdict = judge(&golden.bytes, source, golden.framing);
        let got = match &verdict {
            Verdict::Accept(message) => {
                // What the judge lets through, the library must be able to place.
                let key = match message {
                    SipMessage::Request(request) => {
                        TransactionKey::from_request(request, TransactionRole::Server)
                    }
                    SipMessage::Response(response) => {
                        TransactionKey::from_response(response, TransactionRole::Client)
                    }
                };
                match key {
                    Ok(_) => "accept".to_owned(),
                    Err(error) => format!("accept, but no transaction: {error}"),
                }
            }
            Verdict::Drop(_) => "drop".to_owned(),
            Verdict::Refuse { response, .. } => {
                for (name, value) in &golden.headers {
                    if response.field(name) != Some(value) {
                        wrong.push(format!("{}: {name} is {:?}", golden.name, response.field(name)));
                    }
                }
                status_of(response).to_string()
            }
        };
        if got != golden.expect {
            wrong.push(format!("{}: {got}, due is {} ({verdict:?})", golden.name, golden.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_refusal_can_be_matched_by_its_sender_and_is_the_same_each_time() {
    let source: SocketAddr = "192.0.2.1:5060".parse().expect("address");
    let golden = read_all().into_iter().find(|golden| golden.name == "483-max-forwards-0").expect("file");
    let answers: Vec<_> = (0..2)
        .map(|_| match judge(&golden.bytes, source, golden.framing) {
            Verdict::Refuse { response, to } => {
                assert_eq!(to, source);
                response
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].field("Via"), Some("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKgolden"));
    assert_eq!(answers[0].call_id(), "golden@example.org");
    assert_eq!(answers[0].cseq(), Some((1, "OPTIONS")));
    assert!(answers[0].recipient_tag().is_some());
}

#[test]
fn no_cut_or_flipped_byte_of_a_golden_message_panics() {
    for golden in read_all() {
        for at in 0..golden.bytes.len() {
            crate::fuzzing::datagram(&golden.bytes[..at]);
            let mut flipped = golden.bytes.clone();
            flipped[at] ^= 0xA0;
            crate::fuzzing::datagram(&flipped);
        }
    }
}
