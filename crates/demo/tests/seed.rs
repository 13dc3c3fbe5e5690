//! The company in a real database.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use perezvon_demo::company::plan::{MAIN_NUMBER, VIP_NUMBER};
use perezvon_demo::company::recordings::{RECORDINGS, record};
use perezvon_demo::company::{Company, Credentials, Seeded, scope, seed, set_password};
use perezvon_media::Library;
use perezvon_model::UtcMs;
use perezvon_store::{Db, InteractionFilter, Limits, Role, RowOutcome, RowRecording};

/// 21 November 2026, 14:30 in Moscow.
const NOW: UtcMs = UtcMs(1_795_260_600_000);

fn credentials(password: &str) -> Credentials<'static> {
    Credentials {
        password_hash: format!("hash of {password}"),
        ha1: &|username| (format!("md5 of {username}"), format!("sha256 of {username}")),
    }
}

async fn database(folder: &tempfile::TempDir) -> Db {
    let url = format!("sqlite:{}", folder.path().join("perezvon.db").display());
    Db::open(&url, Limits::default()).await.expect("a new file can be opened")
}

#[tokio::test]
async fn the_company_is_made_once_and_found_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let made = seed(&db, &credentials("a"), NOW).await.unwrap();
    let Seeded::Made { rows } = made else { panic!("{made:?}") };
    assert!(rows > 50_000, "{rows}");

    let company = Company::plan();
    let tenant = db.tenant(&scope(&company));
    let config = tenant.config().await.unwrap();
    assert_eq!((config.queues.len(), config.agents.len(), config.flows.len()), (4, 12, 4));
    assert_eq!(config.numbers.len(), 4);
    assert!(config.numbers.iter().any(|number| number.number == MAIN_NUMBER));
    assert!(config.numbers.iter().any(|number| number.number == VIP_NUMBER));
    assert_eq!(config.trunks[0].sources, ["127.0.0.0/8"]);
    let users = tenant.users().await.unwrap();
    assert_eq!(users.len(), 14);
    assert_eq!(users.iter().filter(|user| user.role == Role::Agent).count(), 12);
    let agent = users.iter().find(|user| user.email == "agent1@demo.example").unwrap();
    assert_eq!(agent.sip_username.as_deref(), Some("agent1"));
    assert_eq!(agent.queues.len(), 4);
    let phones = db.directory().await.unwrap().phones;
    assert!(phones.iter().any(|phone| phone.ha1_md5.as_deref() == Some("md5 of agent12")));

    let card = tenant.customer(company.customers[0].0).await.unwrap();
    assert_eq!(card.name, company.customers[0].1.name);
    assert_eq!(card.fields.len(), 3);
    let (id, _) = company.customers.iter().find(|(id, _)| *id != company.customers[0].0).unwrap();
    assert!(!tenant.customer(*id).await.unwrap().recent.is_empty(), "customers have called before");

    let version = tenant.tenant().await.unwrap().config_version;
    let last = tenant.journal_page(0, 1_000_000).await.unwrap().len();
    assert_eq!(seed(&db, &credentials("b"), NOW + 86_400_000).await.unwrap(), Seeded::Present);
    assert_eq!(tenant.tenant().await.unwrap().config_version, version);
    assert_eq!(tenant.journal_page(0, 1_000_000).await.unwrap().len(), last);
}

#[tokio::test]
async fn nothing_of_the_history_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    seed(&db, &credentials("a"), NOW).await.unwrap();
    let tenant = db.tenant(&scope(&Company::plan()));
    let open = InteractionFilter { outcome: Some(RowOutcome::Open), ..InteractionFilter::default() };
    assert_eq!(tenant.interactions(&open, None, 10).await.unwrap().items, []);
    let newest = tenant.interactions(&InteractionFilter::default(), None, 1).await.unwrap();
    let ago_ms = NOW.since_ms(newest.items[0].started_at);
    assert!(ago_ms < 90 * 60_000, "the newest call is {} minutes old", ago_ms / 60_000);
}

/// Drops a future after it was polled so often: a kill in the middle of its work.
async fn cut<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn a_start_that_was_cut_off_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let credentials = credentials("a");
    let tenant = db.tenant(&scope(&Company::plan()));
    let whole: usize =
        perezvon_demo::history::generate(2026, NOW, &Company::plan()).map(|day| day.len()).sum();
    let (mut cuts, mut cuts_in_history, mut polls) = (0, 0, 32);
    // Each start gets somewhat further than the one before.
    while cut(seed(&db, &credentials, NOW), polls).await.is_none() {
        cuts += 1;
        polls += 150;
        cuts_in_history += tenant.journal_page(0, 1).await.unwrap().len();
    }
    assert!(
        cuts > cuts_in_history && cuts_in_history > 0,
        "{cuts_in_history} of {cuts} cuts were in the history"
    );
    assert_eq!(tenant.journal_page(0, 1_000_000).await.unwrap().len(), whole);
    assert_eq!(tenant.users().await.unwrap().len(), 14);
    assert_eq!(seed(&db, &credentials, NOW).await.unwrap(), Seeded::Present);
}

#[tokio::test]
async fn a_new_password_reaches_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    seed(&db, &credentials("a"), NOW).await.unwrap();
    set_password(&db, &credentials("b"), NOW).await.unwrap();
    for email in
        ["admin@demo.example", "supervisor@demo.example", "agent1@demo.example", "agent12@demo.example"]
    {
        let sign_in = db.sign_in(email).await.unwrap();
        assert_eq!(sign_in.password, "hash of b", "{email}");
    }
}

/// The sounds of the repository, by the names that the server gives them.
fn library() -> Arc<Library> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let mut sounds = Vec::new();
    for folder in ["callers/ru", "callers/en", "agents/ru", "agents/en"] {
        for file in std::fs::read_dir(assets.join(folder)).expect(folder) {
            let path = file.expect(folder).path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name of the repository");
            sounds.push((format!("{folder}/{name}"), Cow::Owned(std::fs::read(&path).expect(folder))));
        }
    }
    Arc::new(Library::new(sounds.into_iter()))
}

#[tokio::test]
async fn the_newest_conversations_can_be_heard_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    seed(&db, &credentials("a"), NOW).await.unwrap();
    let files = folder.path().join("recordings");
    assert_eq!(record(&db, &files, &library()).await.unwrap(), RECORDINGS);
    assert_eq!(record(&db, &files, &library()).await.unwrap(), 0, "they are there");

    let scope = scope(&Company::plan());
    let tenant = db.tenant(&scope);
    let page = tenant.interactions(&InteractionFilter::default(), None, 200).await.unwrap();
    let heard: Vec<_> = page.items.iter().filter(|row| row.recording == RowRecording::Sealed).collect();
    assert_eq!(heard.len(), RECORDINGS);
    for row in heard {
        let recording = tenant.recordings(row.id).await.unwrap().remove(0);
        let file = files.join(recording.file_name(scope.tenant()));
        assert_eq!(file.extension().unwrap(), "opus");
        assert_eq!(recording.bytes as u64, file.metadata().unwrap().len());
        assert!((recording.duration_ms - row.talk_ms).abs() <= 20, "{recording:?}");
        let peaks = perezvon_media::recording::peaks(&file, 20).unwrap();
        assert!((0..2).all(|side| peaks.iter().any(|column| column[side] > 60)), "{peaks:?}");
    }
}
