use std::collections::BTreeSet;

use perezvon_store::both_engines;
use perezvon_store::testing::{TestEngine, prepare, run, sqlite_plan, statements};

both_engines! {
    async fn every_statement_is_prepared_and_answers_the_columns_of_its_record(test: TestDb) {
        for statement in statements() {
            let columns = prepare(&test.db, &statement).await;
            let columns = columns.unwrap_or_else(|error| panic!("{}: {error}", statement.name));
            assert_eq!(columns, statement.columns, "{}", statement.name);
        }
    }
}

/// Files whose statements see one tenant only: the tenant is their first argument.
const TENANT_FILES: [&str; 15] = [
    "change",
    "config",
    "customer",
    "disposition",
    "flow",
    "input",
    "interaction",
    "journal",
    "number",
    "queue",
    "recording",
    "report",
    "skill",
    "trunk",
    "user",
];

#[test]
fn statements_of_a_tenant_name_the_tenant_first() {
    let mut seen = BTreeSet::new();
    for statement in statements() {
        let Some(file) =
            TENANT_FILES.iter().find(|file| statement.name.starts_with(&format!("perezvon_store::{file}::")))
        else {
            continue;
        };
        seen.insert(file);
        let reads = statement.sql.contains("tenant_id = $1");
        let writes = statement.sql.contains("(tenant_id, ") && statement.sql.contains("VALUES ($1, ");
        assert!(reads || writes, "{}: {}", statement.name, statement.sql);
    }
    assert_eq!(seen.len(), TENANT_FILES.len(), "a file was renamed: {seen:?}");
}

/// Reads that must not grow with the history, and the index that each must go by.
const PLANS: [(&str, &str); 19] = [
    ("change::SIZES", "change_1 (tenant_id=? AND version<?)"),
    ("change::FORGET", "change_at (tenant_id=? AND at<?)"),
    ("customer::BY_NUMBER", "customer_number_1 (tenant_id=? AND number=?)"),
    ("customer::RECENT", "interaction_customer (tenant_id=? AND customer_id=?)"),
    ("input::PAGE", "input_batch_1 (tenant_id=? AND run_id=? AND first>?)"),
    ("input::RUNS", "input_batch_1 (tenant_id=? AND run_id=?)"),
    ("journal::LINES", "journal_1 (tenant_id=? AND seq>? AND seq<?)"),
    ("interaction::GET", "interaction_1 (tenant_id=? AND id=?)"),
    ("interaction::LIST", "interaction_started (tenant_id=? AND started_at>? AND (started_at,id)<(?,?))"),
    ("journal::LAST", "journal_1 (tenant_id=?)"),
    ("journal::OF_INTERACTION", "journal_interaction (tenant_id=? AND interaction_id=?)"),
    ("journal::interrupted::OPEN", "interaction_open (tenant_id=?)"),
    ("journal::interrupted::OPEN", "agent_part_open (tenant_id=?)"),
    ("journal::write::OPEN_INTERVALS", "agent_interval_open (tenant_id=?)"),
    ("recording::GROWING", "recording_growing (tenant_id=?)"),
    (
        "report::day::INTERVALS",
        "agent_interval_agent (tenant_id=? AND agent_id=? AND started_at>? AND started_at<?)",
    ),
    ("report::day::VISITS", "queue_visit_queued (tenant_id=? AND queued_at>? AND queued_at<?)"),
    ("report::today::AGENTS", "agent_part_connected (tenant_id=? AND connected_at>?)"),
    ("report::today::QUEUES", "queue_visit_queued (tenant_id=? AND queued_at>?)"),
];

#[test]
fn reads_on_the_way_of_a_call_and_of_a_page_go_by_an_index() {
    run(TestEngine::Sqlite, |test| async move {
        for (name, index) in PLANS {
            let name = format!("perezvon_store::{name}");
            let all = statements();
            let statement = all.iter().find(|statement| statement.name == name);
            let plan =
                sqlite_plan(&test.db, statement.unwrap_or_else(|| panic!("{name}"))).await.expect("a plan");
            assert!(plan.contains(index), "{name}:\n{plan}");
        }
    });
}
