//! The real program, started by a test on addresses and a folder of its own.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// No answer within this is a failure; a loaded machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(180);
pub const PASSWORD: &str = "correct horse";
pub const MAIN_NUMBER: &str = "+74950000001";

/// An address of the loopback network that no other test and no other process of this test run uses: ports need not be
/// looked for then, and nobody can take one between finding and binding it.
pub fn own_ip() -> Ipv4Addr {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let host = (std::process::id() << 4) + COUNT.fetch_add(1, Ordering::Relaxed);
    Ipv4Addr::from(0x7f80_0000 | (host & 0x007f_ffff))
}

/// What to start: a command line and its surroundings.
pub struct Program {
    pub ip: Ipv4Addr,
    pub folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Program {
    pub fn new() -> Self {
        let ip = own_ip();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut program = Self { ip, folder, environment: Vec::new() };
        let data = program.folder.path().join("data").display().to_string();
        program.set("PEREZVON_DATA", data);
        program.set("PEREZVON_HTTP", format!("{ip}:8080"));
        program.set("PEREZVON_SIP", format!("{ip}:5060"));
        program.set("PEREZVON_DEMO_PASSWORD", PASSWORD);
        program.set("PEREZVON_DEMO_LIFE", "off");
        program
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Nothing of the surroundings of the test run reaches it, and it finds no `perezvon.toml`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perezvon"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PEREZVON_")) {
            command.env_remove(name);
        }
        command.args(arguments).envs(self.environment.clone()).current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A program that asks for nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Done { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub fn start(&self, arguments: &[&str]) -> Server {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (sender, lines) = channel();
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().expect("a pipe"));
        let err: Box<dyn Read + Send> = Box::new(child.stderr.take().expect("a pipe"));
        for stream in [out, err] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    // The test may be over.
                    let _ = sender.send(line);
                }
            });
        }
        Server { child, lines, said: Vec::new(), http: SocketAddr::from((self.ip, 8080)) }
    }
}

pub struct Done {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// A running program. Ended with the test.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    pub http: SocketAddr,
}

impl Server {
    /// Waits for a line of output that holds `words`, unless there was one.
    pub fn says(&mut self, words: &str) -> String {
        if let Some(line) = self.said.iter().find(|line| line.contains(words)) {
            return line.clone();
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(error) => panic!("no `{words}` ({error}); it said: {:#?}", self.said),
            }
        }
    }

    pub fn is_ready(&mut self) -> &mut Self {
        self.says("Perezvon ");
        self
    }

    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until the program, and all it started, has closed its output; how it ended and how long that took.
    pub fn ends(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said: {:#?}", self.said),
            }
        }
        (self.child.wait().expect("a child of ours"), begun.elapsed())
    }

    /// All that was printed, until now.
    pub fn said(&self) -> String {
        self.said.join("\n")
    }

    /// Asks until an answer fits.
    pub fn until<T>(&mut self, path: &str, token: &str, fits: impl Fn(&Value) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            let (_, answer) = self.ask("GET", path, token, None);
            if let Some(found) = fits(&answer) {
                return found;
            }
            assert!(Instant::now() < until, "{path} stays {answer:#}; it said: {:#?}", self.said);
            // Its next words may be the change; a short silence is as good.
            if let Ok(line) = self.lines.recv_timeout(Duration::from_millis(50)) {
                self.said.push(line);
            }
        }
    }

    pub fn sign_in(&self, email: &str) -> String {
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let (status, session) = self.ask("POST", "/api/v1/session", "", Some(body));
        assert_eq!(status, 200, "{session}");
        session["token"].as_str().expect("a token").to_owned()
    }

    /// One request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let authorization =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let mut stream = TcpStream::connect(self.http).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}Content-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.http,
            body.len()
        )
        .expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
