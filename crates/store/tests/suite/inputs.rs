//! What the engine was given is kept with what it made of it, whole or not at all, and for its time only.

use perezvon_model::{RunId, UtcMs};
use perezvon_store::testing::{limits, run_raw};
use perezvon_store::{
    Db, InputRun, Inputs, JournalLine, LastRun, StoreError, TenantDb, both_engines, new_id,
};

use crate::sample::{Company, Script, T0, company, scope};

const DAY_MS: i64 = 86_400_000;

fn run(started_at: UtcMs) -> InputRun {
    InputRun {
        id: new_id(),
        started_at,
        // Not to be had from a number with a sign by accident.
        seed: u64::MAX - 6,
        program: "1.2.3".to_owned(),
        today: r#"{"queues":[],"agents":[]}"#.to_owned(),
    }
}

/// Inputs of a run from number `first`.
fn inputs(run: RunId, first: i64, count: u32, at: UtcMs) -> Inputs {
    let numbers = first..first + i64::from(count);
    let lines =
        numbers.map(|number| format!("{} {{\"input\":\"wake\",\"number\":{number}}}\n", at.0)).collect();
    Inputs { run, first, count, began_at: at, ended_at: at + 5, lines }
}

async fn batches(db: &TenantDb, run: RunId) -> Vec<(i64, u32, i64, i64)> {
    let page = db.input_page(run, 0, 1_000).await.expect("read");
    page.iter().map(|batch| (batch.first, batch.inputs, batch.first_seq, batch.last_seq)).collect()
}

async fn begin(company: &Company, at: UtcMs) -> RunId {
    let run = run(at);
    company.db.begin_run(&run).await.expect("begun");
    run.id
}

both_engines! {
    async fn a_run_and_its_inputs_are_read_as_they_were_written(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let run = run(T0);
        company.db.begin_run(&run).await.expect("begun");
        let [listed] = &company.db.input_runs(T0 + 1).await.expect("listed")[..] else { panic!("one run") };
        assert_eq!((&listed.run, listed.ended_at), (&run, None));
        assert!(company.db.input_runs(T0).await.expect("listed").is_empty(), "it began at that moment");

        let mut script = Script::new(1);
        script.answered_call(T0, "+79160000001", &company, (1_000, 60_000));
        let entries = script.take();
        company.db.append(&entries[..2]).await.expect("rows of others");
        let first = inputs(run.id, 1, 3, T0 + 10);
        company.db.append_with_inputs(&entries[2..7], Some(&first)).await.expect("appended");
        company.db.append_with_inputs(&[], Some(&inputs(run.id, 4, 2, T0 + 20))).await.expect("no row, and kept");
        company.db.append(&entries[7..8]).await.expect("a row of others");
        company.db.append_with_inputs(&entries[8..], Some(&inputs(run.id, 6, 1, T0 + 30))).await.expect("appended");

        let last = i64::try_from(entries.len()).expect("few");
        assert_eq!(batches(&company.db, run.id).await, [(1, 3, 3, 7), (4, 2, 8, 7), (6, 1, 9, last)]);
        let page = company.db.input_page(run.id, 1, 1).await.expect("read");
        assert_eq!(page.iter().map(|batch| batch.first).collect::<Vec<_>>(), [4], "a page of one after the first");
        assert_eq!(company.db.journal_lines(&page[0]).await.expect("read"), []);
        let page = company.db.input_page(run.id, 0, 1).await.expect("read");
        assert_eq!((&page[0].lines, page[0].began_at, page[0].ended_at), (&first.lines, T0 + 10, T0 + 15));
        let lines = company.db.journal_lines(&page[0]).await.expect("read");
        let expected: Vec<JournalLine> =
            (3..).zip(&entries[2..7]).map(|(seq, entry)| JournalLine::of(seq, entry)).collect();
        assert_eq!(lines, expected, "byte for byte what an entry is written as");
        let runs = company.db.input_runs(T0 + 1).await.expect("listed");
        assert_eq!(runs[0].ended_at, Some(T0 + 35));
    }

    async fn inputs_and_their_rows_are_there_both_or_neither(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let run = begin(&company, T0).await;
        let mut script = Script::new(1);
        script.answered_call(T0, "+79160000001", &company, (1_000, 60_000));
        let entries = script.take();
        let given = inputs(run, 1, 2, T0);
        run_raw(&test.db, "ALTER TABLE queue_visit RENAME TO elsewhere").await.expect("hidden");
        let failed = company.db.append_with_inputs(&entries, Some(&given)).await;
        assert!(matches!(failed, Err(StoreError::Unexpected(_))), "{failed:?}");
        assert!(batches(&company.db, run).await.is_empty(), "rolled back with the rows");
        run_raw(&test.db, "ALTER TABLE elsewhere RENAME TO queue_visit").await.expect("back");
        company.db.append_with_inputs(&entries, Some(&given)).await.expect("appended");
        // The answer was lost on its way: the same once more.
        company.db.append_with_inputs(&entries, Some(&given)).await.expect("known");
        let last = i64::try_from(entries.len()).expect("few");
        assert_eq!(batches(&company.db, run).await, [(1, 2, 1, last)]);
        assert_eq!(company.db.journal_page(0, 1_000).await.expect("read").len(), entries.len());
        let nobody = test.db.tenant(&scope(new_id()));
        let refused = nobody.append_with_inputs(&[], Some(&given)).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }

    async fn runs_that_are_over_go_with_their_time_and_the_last_one_stays_whole(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let other = crate::sample::company(&test.db, "zeta").await;
        let foreign = begin(&other, T0).await;
        other.db.append_with_inputs(&[], Some(&inputs(foreign, 1, 1, T0))).await.expect("appended");
        let old = begin(&company, T0).await;
        for number in 0..600 {
            company.db.append_with_inputs(&[], Some(&inputs(old, number + 1, 1, T0))).await.expect("appended");
        }
        let empty = begin(&company, T0 + 1).await;
        let long = begin(&company, T0 + 2).await;
        company.db.append_with_inputs(&[], Some(&inputs(long, 1, 1, T0 + 2))).await.expect("appended");
        company.db.append_with_inputs(&[], Some(&inputs(long, 2, 1, T0 + DAY_MS))).await.expect("appended");
        let current = begin(&company, T0 + 3).await;
        company.db.append_with_inputs(&[], Some(&inputs(current, 1, 1, T0 + 3))).await.expect("appended");

        let mut portions = 0;
        while company.db.forget_inputs(T0 + DAY_MS, LastRun::GoesOn).await.expect("forgotten") > 0 {
            portions += 1;
        }
        assert_eq!(portions, 3, "the old run in two, the empty one in one");
        let left = company.db.input_runs(UtcMs(i64::MAX)).await.expect("listed");
        assert_eq!(left.iter().map(|listed| listed.run.id).collect::<Vec<_>>(), [long, current]);
        assert!(!left.iter().any(|listed| listed.run.id == empty));
        assert_eq!(batches(&company.db, long).await.len(), 2, "its end is not old: all of it is needed");
        while company.db.forget_inputs(T0 + 100 * DAY_MS, LastRun::GoesOn).await.expect("forgotten") > 0 {}
        let left = company.db.input_runs(UtcMs(i64::MAX)).await.expect("listed");
        assert_eq!(left.iter().map(|listed| listed.run.id).collect::<Vec<_>>(), [current], "it may go on");
        assert_eq!(batches(&other.db, foreign).await.len(), 1, "the other company has rules of its own");
        while company.db.forget_inputs(T0 + 100 * DAY_MS, LastRun::IsOver).await.expect("forgotten") > 0 {}
        assert!(company.db.input_runs(UtcMs(i64::MAX)).await.expect("listed").is_empty(), "no server writes it");
    }

    async fn nobody_reads_the_inputs_of_another_company(test: TestDb) {
        let own = company(&test.db, "acme").await;
        let other = crate::sample::company(&test.db, "zeta").await;
        let run = begin(&other, T0).await;
        other.db.append_with_inputs(&[], Some(&inputs(run, 1, 1, T0))).await.expect("appended");
        assert!(own.db.input_runs(UtcMs(i64::MAX)).await.expect("listed").is_empty());
        assert!(own.db.input_page(run, 0, 10).await.expect("read").is_empty());
        assert_eq!(own.db.forget_inputs(UtcMs(i64::MAX), LastRun::IsOver).await.expect("nothing"), 0);
    }

    async fn a_reader_opens_what_is_there_and_refuses_tables_of_another_version(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let reader = Db::open_to_read(&test.url, limits()).await.expect("opened beside the server");
        assert!(reader.tenant(&company.scope).input_runs(UtcMs(i64::MAX)).await.expect("listed").is_empty());
        reader.close().await;
        run_raw(&test.db, "DELETE FROM schema_migration WHERE version = 4").await.expect("as an older program left it");
        let refused = Db::open_to_read(&test.url, limits()).await.err();
        assert!(matches!(&refused, Some(StoreError::Unusable(text)) if text.contains("version")), "{refused:?}");
    }
}

#[tokio::test]
async fn a_reader_makes_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("none.db");
    let refused = Db::open_to_read(&format!("sqlite:{}", path.display()), limits()).await.err();
    assert!(matches!(&refused, Some(StoreError::Unusable(text)) if text.contains("none.db")), "{refused:?}");
    assert!(!path.exists());
}
