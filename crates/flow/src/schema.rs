//! The JSON schema of a flow, for editors and for people who write flows by hand.

use crate::graph::Flow;

/// JSON Schema (draft 2020-12) of the flow's JSON form, pretty-printed, with a line end.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Flow);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
