use std::collections::BTreeSet;

use perezvon_store::both_engines;
use perezvon_store::testing::{prepare, statements};

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
const TENANT_FILES: [&str; 13] = [
    "config",
    "customer",
    "disposition",
    "flow",
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
