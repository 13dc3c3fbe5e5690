//! What happens when the database is away, full, busy, newer than we are, or when we are killed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use perezvon_model::{Activity, Presence, TenantId};
use perezvon_store::testing::{PrivateCluster, TestDb, TestEngine, limits, run, run_raw};
use perezvon_store::{Db, Limits, StoreError, both_engines};

use crate::sample::{Script, T0, company, scope};

both_engines! {
    async fn a_database_opens_again_with_what_was_written(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let again = Db::open(&test.url, limits()).await.expect("opened again");
        assert_eq!(
            again.tenant(&company.scope).config().await.expect("read"),
            company.db.config().await.expect("read")
        );
        again.ping().await.expect("alive");
        again.close().await;
    }

    async fn one_server_at_a_time_runs_on_a_postgresql_database(test: TestDb) {
        let held = test.db.lock_for_server().await.expect("asked").expect("nobody has it");
        let second = Db::open(&test.url, limits()).await.expect("opened again");
        let asked = second.lock_for_server().await.expect("asked");
        assert_eq!(asked.is_none(), test.engine == TestEngine::Postgres, "a SQLite file is guarded by its folder");
        drop((held, asked));
        // PostgreSQL notices the end of a session within moments.
        let until = Instant::now() + Duration::from_secs(30);
        while second.lock_for_server().await.expect("asked").is_none() {
            assert!(Instant::now() < until, "the lock outlives its holder");
        }
        second.close().await;
    }

    async fn a_database_of_a_newer_program_is_left_alone(test: TestDb) {
        run_raw(&test.db, "INSERT INTO schema_migration (version, text) VALUES (999, 'later')").await.expect("written");
        let refused = Db::open(&test.url, limits()).await.err();
        assert!(matches!(&refused, Some(StoreError::Unusable(text)) if text.contains("newer")), "{refused:?}");
    }

    async fn a_database_whose_migrations_are_not_ours_is_left_alone(test: TestDb) {
        run_raw(&test.db, "UPDATE schema_migration SET text = 'other' WHERE version = 1").await.expect("written");
        let refused = Db::open(&test.url, limits()).await.err();
        assert!(matches!(&refused, Some(StoreError::Unusable(text)) if text.contains("migration 1")), "{refused:?}");
    }

    async fn a_batch_that_fails_half_way_leaves_nothing_behind_and_may_be_given_again(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        let id = script.answered_call(T0, "+79160000001", &company, (1_000, 60_000));
        let entries = script.take();
        company.db.append(&entries[..3]).await.expect("appended");
        run_raw(&test.db, "ALTER TABLE queue_visit RENAME TO elsewhere").await.expect("hidden");
        let failed = company.db.append(&entries[3..]).await;
        assert!(matches!(failed, Err(StoreError::Unexpected(_))), "{failed:?}");
        run_raw(&test.db, "ALTER TABLE elsewhere RENAME TO queue_visit").await.expect("back");
        assert_eq!(company.db.journal_of(id).await.expect("read").len(), 3, "rolled back");
        company.db.append(&entries[3..]).await.expect("appended");
        let row = company.db.interaction(id).await.expect("there");
        assert_eq!((row.talk_ms, row.wait_ms), (60_000, 1_000), "counted once");
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_with_what_to_do() {
    for (url, says) in [
        ("mysql://x", "sqlite: or postgres://"),
        ("sqlite:", "name a file"),
        ("sqlite::memory:", "name a file"),
        ("sqlite:/nowhere/at/all/x.db", "/nowhere/at/all/x.db"),
        ("sqlite:x.db?synchronous=off", "synchronous=full"),
        ("postgres://[", "PostgreSQL"),
    ] {
        let refused = Db::open(url, Limits::default()).await.err();
        assert!(
            matches!(&refused, Some(StoreError::Unusable(text)) if text.contains(says)),
            "{url}: {refused:?}"
        );
    }
}

#[test]
fn a_full_disk_is_told_and_the_same_batch_passes_once_there_is_room() {
    run(TestEngine::Sqlite, |test| async move {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        for index in 0..200 {
            script.answered_call(T0 + index, "+79160000001", &company, (1_000, 60_000));
        }
        let entries = script.take();
        // The writer's one connection may not grow the file any more: SQLite then answers SQLITE_FULL, as on a full disk.
        run_raw(&test.db, "PRAGMA max_page_count = 1").await.expect("set");
        let full = company.db.append(&entries).await;
        assert!(matches!(&full, Err(error @ StoreError::DiskFull(_)) if error.is_retryable()), "{full:?}");
        assert!(company.db.journal_page(0, 10).await.expect("reads go on").is_empty());
        run_raw(&test.db, "PRAGMA max_page_count = 1073741823").await.expect("set");
        company.db.append(&entries).await.expect("appended");
        assert_eq!(company.db.journal_page(0, 10_000).await.expect("read").len(), entries.len());
    });
}

#[test]
fn a_lock_of_another_program_is_waited_for_and_then_told() {
    run(TestEngine::Sqlite, |test| async move {
        let company = company(&test.db, "acme").await;
        let quick = Limits { acquire: Duration::from_millis(100), ..limits() };
        let other = Db::open(&test.url, quick).await.expect("opened again");
        run_raw(&test.db, "BEGIN IMMEDIATE").await.expect("the one writer holds the lock");
        let entry = Script::new(1).take_one(&company);
        let busy = other.tenant(&company.scope).append(std::slice::from_ref(&entry)).await;
        assert!(matches!(busy, Err(StoreError::Unavailable(_))), "{busy:?}");
        run_raw(&test.db, "ROLLBACK").await.expect("the lock is gone");
        other.tenant(&company.scope).append(&[entry]).await.expect("appended");
        other.close().await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_may_go_and_come_back() {
    let cluster = PrivateCluster::start();
    let url = cluster.fresh_database().await;
    let db = Db::open(&url, limits()).await.expect("opened");
    let company = company(&db, "acme").await;
    let mut script = Script::new(1);
    let id = script.answered_call(T0, "+79160000001", &company, (1_000, 60_000));
    let entries = script.take();
    company.db.append(&entries[..8]).await.expect("appended");
    cluster.stop();
    for _ in 0..3 {
        let asked = Instant::now();
        let gone = company.db.append(&entries[8..]).await;
        assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
        assert!(matches!(db.ping().await, Err(StoreError::Unavailable(_))));
        assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    }
    cluster.start_again();
    company.db.append(&entries[8..]).await.expect("the pool connects again by itself");
    assert_eq!(company.db.journal_of(id).await.expect("read"), entries);
    assert_eq!(company.db.interaction(id).await.expect("there").talk_ms, 60_000);
    db.close().await;
}

const CHILD_URL: &str = "PEREZVON_TEST_CHILD_URL";
const CHILD_TENANT: &str = "PEREZVON_TEST_CHILD_TENANT";

#[test]
fn what_was_acknowledged_survives_kill_9() {
    run(TestEngine::Sqlite, |test| async move {
        let company = company(&test.db, "acme").await;
        let mut child = Command::new(std::env::current_exe().expect("this test has a file"))
            .args(["--exact", "faults::appends_until_it_is_killed", "--ignored", "--nocapture"])
            .env(CHILD_URL, &test.url)
            .env(CHILD_TENANT, company.scope.tenant().to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let acknowledged: usize = lines
            .map_while(Result::ok)
            .filter_map(|line| line.rsplit("kept ").next()?.parse().ok())
            .find(|kept| *kept >= 300)
            .expect("the child appends");
        child.kill().expect("SIGKILL is sent");
        child.wait().expect("the child is gone");
        let again = Db::open(&test.url, limits()).await.expect("opened after the kill");
        let kept = again.tenant(&company.scope).journal_page(0, 1_000_000).await.expect("read");
        assert!(kept.len() >= acknowledged, "{} of {acknowledged}", kept.len());
        assert_eq!(kept.len() % 3, 0, "batches are whole");
        let crash = again.tenant(&company.scope).interrupted(T0 + 1_000_000_000).await.expect("read");
        again.tenant(&company.scope).append(&crash.entries).await.expect("goes on");
        again.close().await;
    });
}

/// The child of the test above: a process of its own that appends batches of three and says so after each.
#[test]
#[ignore = "runs as the child of another test"]
fn appends_until_it_is_killed() {
    let (Ok(url), Ok(tenant)) = (std::env::var(CHILD_URL), std::env::var(CHILD_TENANT)) else { return };
    let tenant: TenantId = tenant.parse().expect("an id");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let db = Db::open(&url, limits()).await.expect("opened");
        let own = db.tenant(&scope(tenant));
        let agent = own.users().await.expect("read")[0].id;
        let mut script = Script::new(5);
        for count in 1_i64.. {
            for step in 0..3 {
                let activity = if step == 1 { Activity::Talking } else { Activity::Idle };
                script.agent_state(T0 + count * 10 + step, agent, Presence::Ready, activity);
            }
            own.append(&script.take()).await.expect("appended");
            println!("kept {}", count * 3);
        }
    });
}

#[test]
fn a_new_sqlite_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    run(TestEngine::Sqlite, |test: TestDb| async move {
        company(&test.db, "acme").await;
        let path = test.url.strip_prefix("sqlite:").expect("a path");
        for path in [path.to_owned(), format!("{path}-wal")] {
            let mode = std::fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{path} {mode:o}");
        }
    });
}
