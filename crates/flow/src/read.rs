//! From JSON text to a [`Flow`], with each fault at its node.

use serde::Deserialize;
use std::collections::BTreeMap;

use crate::check::{Checked, Known, MAX_JSON_BYTES, Problem};
use crate::graph::{Flow, Node};

/// The outer form; nodes are read one by one, so that one bad node does not hide the next.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outline {
    version: u32,
    start: String,
    nodes: BTreeMap<String, serde_json::Value>,
}

impl Flow {
    /// Reads the JSON form without checking what it means.
    pub fn read(json: &str) -> Result<Flow, Vec<Problem>> {
        if json.len() > MAX_JSON_BYTES {
            let message = format!("the flow is longer than {MAX_JSON_BYTES} bytes; split it");
            return Err(vec![Problem::of_flow("", message)]);
        }
        let outline: Outline = serde_json::from_str(json)
            .map_err(|error| vec![Problem::of_flow("", format!("the flow cannot be read: {error}"))])?;
        let mut nodes = BTreeMap::new();
        let mut problems = Vec::new();
        for (id, value) in outline.nodes {
            match serde_json::from_value::<Node>(value) {
                Ok(node) => {
                    nodes.insert(id, node);
                }
                Err(error) => problems.push(unreadable(&id, &error.to_string())),
            }
        }
        if problems.is_empty() {
            Ok(Flow { version: outline.version, start: outline.start, nodes })
        } else {
            Err(problems)
        }
    }

    /// Reads and checks all but the names of prompts and queues.
    pub fn parse(json: &str) -> Result<Checked, Vec<Problem>> {
        Flow::parse_with(json, &Known::default())
    }

    /// Reads and checks, the names of prompts and queues too where `known` has them.
    pub fn parse_with(json: &str, known: &Known) -> Result<Checked, Vec<Problem>> {
        let flow = Flow::read(json)?;
        let problems = flow.check(known);
        if problems.is_empty() { Ok(Checked::new(flow)) } else { Err(problems) }
    }
}

fn unreadable(node: &str, error: &str) -> Problem {
    // serde names a field between back-quotes in the messages about a missing or unknown one.
    let field = ["missing field `", "unknown field `"]
        .iter()
        .find_map(|start| error.strip_prefix(start)?.split('`').next())
        .unwrap_or_default();
    Problem { node: node.to_owned(), field: field.to_owned(), message: format!("cannot be read: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unreadable_node_is_named_with_its_field() {
        let json = r#"{"version":1,"start":"a","nodes":{
            "a":{"type":"play","prompts":["greeting"]},
            "b":{"type":"dance"},
            "c":{"type":"hang_up","why":"because"},
            "d":{"type":"play","prompts":[{"numbre":5}],"next":"a"}}}"#;
        let problems = Flow::read(json).unwrap_err();
        let places: Vec<_> =
            problems.iter().map(|problem| (problem.node.as_str(), problem.field.as_str())).collect();
        assert_eq!(places, [("a", "next"), ("b", ""), ("c", "why"), ("d", "")]);
        assert!(problems[1].message.contains("dance"), "{}", problems[1].message);
        assert!(problems[3].message.contains("a prompt is a name"), "{}", problems[3].message);
    }

    #[test]
    fn text_that_is_no_flow_is_refused_as_a_whole() {
        for json in ["", "[]", "{", r#"{"version":1}"#, &"x".repeat(MAX_JSON_BYTES + 1)] {
            let problems = Flow::read(json).unwrap_err();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].node, "");
        }
    }
}
