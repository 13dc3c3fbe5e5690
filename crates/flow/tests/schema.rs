//! `docs/flow.schema.json` is what the program reads. `UPDATE_SNAPSHOTS=1 cargo nextest run -p perezvon-flow` rewrites it.

use std::path::Path;

#[test]
fn the_published_schema_is_the_one_that_the_program_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flow.schema.json");
    let schema = perezvon_flow::schema();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &schema).expect("the docs folder can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == schema, "docs/flow.schema.json is stale; run this test with UPDATE_SNAPSHOTS=1");
}
