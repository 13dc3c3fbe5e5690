//! A PostgreSQL of our own for tests: a private folder, a Unix socket and no network.
//!
//! One cluster serves every test process that runs at the same time. Each user of it holds a shared lock on
//! `users.lock` for as long as the process lives; a small shell process that outlives the starter waits until nobody
//! has held it for a while, then stops the cluster and removes its folder. A killed test run is cleaned up the same way.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sqlx::{Connection, Executor};

/// How long an unused cluster stays, so that the tests of one run share it.
const LINGER_S: u32 = 20;
/// Owns the databases; no superuser.
const ROLE: &str = "perezvon";
const PROGRAMS: [&str; 3] =
    ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin"];
/// Nothing here needs to outlive a power failure; a killed server keeps what it committed.
const SETTINGS: &str = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB -c autovacuum=off -c log_min_messages=fatal";

/// The cluster shared by all test processes; holds its lock until the process ends.
pub fn shared_cluster() -> &'static SharedCluster {
    static CLUSTER: OnceLock<SharedCluster> = OnceLock::new();
    CLUSTER.get_or_init(SharedCluster::start)
}

pub struct SharedCluster {
    socket: PathBuf,
    _lock: File,
}

impl SharedCluster {
    fn start() -> Self {
        let user = std::env::var("USER").unwrap_or_default();
        let folder = std::env::temp_dir().join(format!("perezvon-test-postgres-{}{user}", effective_user()));
        std::fs::create_dir_all(&folder).expect("the system's folder for temporary files can be written");
        allow_others_through(&folder);
        let users = File::create(folder.join("users.lock")).expect("a lock file can be made");
        let starting = File::create(folder.join("start.lock")).expect("a lock file can be made");
        // The starter's lock first, always: it is short, and under it nobody stops the cluster.
        starting.lock().expect("the system locks files");
        users.lock_shared().expect("the system locks files");
        let data = folder.join("cluster");
        if !is_running(&data) {
            Cluster::create(&data);
            stop_when_unused(&folder);
        }
        starting.unlock().expect("the system unlocks files");
        Self { socket: data, _lock: users }
    }

    /// The address of a database that nobody else uses.
    pub async fn fresh_database(&self) -> String {
        create_database(&self.socket).await
    }
}

/// A cluster for one test that stops and starts it; gone with this value.
pub struct PrivateCluster {
    folder: tempfile::TempDir,
}

impl PrivateCluster {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("the system's folder for temporary files can be written");
        allow_others_through(folder.path());
        Cluster::create(&folder.path().join("cluster"));
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("cluster")
    }

    pub async fn fresh_database(&self) -> String {
        create_database(&self.data()).await
    }

    /// As if its machine lost power.
    pub fn stop(&self) {
        Cluster::control(&self.data(), &["stop", "-m", "immediate"]);
    }

    pub fn start_again(&self) {
        Cluster::control(&self.data(), &["start", "-o", &Cluster::options(&self.data())]);
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        if is_running(&self.data()) {
            self.stop();
        }
    }
}

async fn create_database(socket: &Path) -> String {
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let address = |role: &str, database: &str| {
        format!("postgres://{role}@localhost/{database}?host={}", socket.display())
    };
    let mut connection = sqlx::PgConnection::connect(&address("postgres", "postgres"))
        .await
        .expect("our own cluster takes connections");
    let statement = format!("CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0");
    // The name is ours: a letter and hexadecimal digits.
    connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("a database can be made");
    connection.close().await.expect("a connection closes");
    address(ROLE, &name)
}

struct Cluster;

impl Cluster {
    /// Makes a cluster in a folder that does not exist yet, or anew where one died, and starts it.
    fn create(data: &Path) {
        let _ = std::fs::remove_dir_all(data);
        std::fs::create_dir(data).expect("a folder can be made");
        std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700)).expect("the folder is ours");
        if let Some((user, group)) = other_user() {
            std::os::unix::fs::chown(data, Some(user), Some(group)).expect("root may give a folder away");
        }
        let options =
            ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        run(as_other_user(&program("initdb")).args(options).arg("-D").arg(data));
        Self::control(data, &["start", "-o", &Self::options(data)]);
        // As in production: row-level security holds everybody but superusers.
        let role = format!("CREATE ROLE {ROLE} LOGIN");
        run(as_other_user(&program("psql")).arg("-h").arg(data).args(["-U", "postgres", "-c", &role]));
    }

    fn options(data: &Path) -> String {
        format!("-k {} {SETTINGS}", data.display())
    }

    fn control(data: &Path, arguments: &[&str]) {
        let log = data.join("log");
        let mut command = as_other_user(&program("pg_ctl"));
        run(command.arg("-w").arg("-D").arg(data).arg("-l").arg(log).args(arguments));
    }
}

fn run(command: &mut Command) {
    // The server inherits these; kept pipes would keep a test runner waiting.
    let command = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status =
        command.status().unwrap_or_else(|error| panic!("{command:?}: {error}; install postgresql-15"));
    assert!(status.success(), "{command:?}: {status}");
}

fn program(name: &str) -> PathBuf {
    let found = PROGRAMS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| PathBuf::from(name))
}

fn is_running(data: &Path) -> bool {
    let mut status = as_other_user(&program("pg_ctl"));
    status.arg("status").arg("-D").arg(data).current_dir("/");
    status.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn effective_user() -> u32 {
    std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).unwrap_or(0)
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody` where that user is missing.
fn other_user() -> Option<(u32, u32)> {
    if effective_user() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let mut fields = users.lines().find(|line| line.starts_with(&format!("{name}:")))?.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(find("postgres").or_else(|| find("nobody")).unwrap_or((65_534, 65_534)))
}

fn as_other_user(program: &Path) -> Command {
    let Some((user, group)) = other_user() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups").arg(program);
    command
}

/// The other user must get to its own folder inside ours.
fn allow_others_through(folder: &Path) {
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
}

/// Leaves a shell behind that stops the cluster once nobody has used it for `LINGER_S` seconds.
fn stop_when_unused(folder: &Path) {
    let data = folder.join("cluster");
    let mut stop = as_other_user(&program("pg_ctl"));
    stop.arg("stop").arg("-m").arg("immediate").arg("-D").arg(&data);
    let quote = |text: &std::ffi::OsStr| format!("'{}'", text.to_string_lossy());
    let stop: Vec<String> = std::iter::once(stop.get_program()).chain(stop.get_args()).map(quote).collect();
    std::fs::write(folder.join("stop.sh"), format!("{}\nrm -rf cluster\nexit 0\n", stop.join(" ")))
        .expect("the folder is ours");
    let script = format!(
        "while :; do flock -x users.lock true; sleep {LINGER_S}; \
         flock -x start.lock flock -n -x users.lock sh stop.sh && break; done"
    );
    let mut shell = Command::new("setsid");
    // With `--fork` what is waited for ends at once, and the shell belongs to nobody but its own loop.
    shell.arg("--fork").arg("sh").arg("-c").arg(script).current_dir(folder);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().expect("setsid and sh are on every Debian");
}
