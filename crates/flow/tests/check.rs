//! Every fault of a flow is found when it is saved, at its node and field.

use perezvon_flow::{Flow, Known, Problem};
use std::collections::BTreeSet;

fn problems(nodes: &str) -> Vec<Problem> {
    let json = format!(r#"{{"version":1,"start":"start","nodes":{{{nodes}}}}}"#);
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    let known = Known {
        prompts: names(&["greeting", "menu"]),
        queues: names(&["support"]),
        skills: names(&["english"]),
    };
    Flow::parse_with(&json, &known).err().unwrap_or_default()
}

fn places(nodes: &str) -> Vec<(String, String)> {
    problems(nodes).into_iter().map(|problem| (problem.node, problem.field)).collect()
}

fn at(node: &str, field: &str) -> (String, String) {
    (node.to_owned(), field.to_owned())
}

const BYE: &str = r#""bye":{"type":"hang_up"}"#;

#[test]
fn a_whole_flow_has_no_problems() {
    let flow = format!(
        r#""start":{{"type":"hours","week":[{{"days":["mon"],"from":"09:00","to":"24:00"}}],"open":"menu","closed":"bye"}},
        "menu":{{"type":"menu","prompts":["menu",{{"number":3}}],"choices":{{"1":"queue","0":"menu"}},"on_timeout":"queue","on_invalid":"menu"}},
        "queue":{{"type":"queue","queue":"support","on_full":"bye","on_max_wait":"menu"}},{BYE}"#
    );
    assert_eq!(problems(&flow), []);
}

#[test]
fn a_target_that_does_not_exist_is_named() {
    let found = problems(r#""start":{"type":"play","prompts":["greeting"],"next":"nowhere"}"#);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].node.as_str(), found[0].field.as_str()), ("start", "next"));
    assert!(found[0].message.contains("`nowhere`"));
}

#[test]
fn a_start_that_does_not_exist_is_named() {
    assert_eq!(places(BYE), [at("", "start")]);
}

#[test]
fn a_node_that_no_call_reaches_is_named() {
    let flow = format!(r#""start":{{"type":"hang_up"}},{BYE}"#);
    assert_eq!(places(&flow), [at("bye", "")]);
}

#[test]
fn nodes_that_lead_to_no_end_are_dead_ends() {
    let flow = r#""start":{"type":"menu","prompts":["menu"],"choices":{"1":"other"},"on_timeout":"other","on_invalid":"start"},
        "other":{"type":"menu","prompts":["menu"],"choices":{"1":"start"},"on_timeout":"start","on_invalid":"start"}"#;
    assert_eq!(places(flow), [at("other", ""), at("start", "")]);
}

#[test]
fn a_loop_that_the_caller_cannot_break_is_found_and_one_with_a_menu_is_not() {
    let hours = r#""start":{"type":"hours","week":[],"open":"bye","closed":"again"}"#;
    let again = r#""again":{"type":"play","prompts":["greeting"],"next":"start"}"#;
    assert_eq!(places(&format!("{hours},{again},{BYE}")), [at("again", ""), at("start", "")]);
    let menu = r#""again":{"type":"menu","prompts":["menu"],"choices":{"1":"bye"},"on_timeout":"start","on_invalid":"start"}"#;
    assert_eq!(places(&format!("{hours},{menu},{BYE}")), []);
}

#[test]
fn a_full_queue_that_leads_back_to_itself_is_a_loop() {
    let flow = r#""start":{"type":"queue","queue":"support","on_full":"sorry"},
        "sorry":{"type":"play","prompts":["greeting"],"next":"start"}"#;
    assert_eq!(places(flow), [at("sorry", ""), at("start", "")]);
}

#[test]
fn prompts_and_queues_that_are_not_there_are_named() {
    let flow = format!(
        r#""start":{{"type":"play","prompts":["greeting","unheard",{{"number":21}}],"next":"queue"}},
        "queue":{{"type":"queue","queue":"sales","on_full":"bye"}},{BYE}"#
    );
    assert_eq!(places(&flow), [at("queue", "queue"), at("start", "prompts"), at("start", "prompts")]);
}

#[test]
fn values_out_of_range_are_named_with_their_range() {
    let table = [
        (r#"{"type":"play","prompts":[],"next":"bye"}"#, "prompts"),
        (
            r#"{"type":"menu","prompts":["menu"],"choices":{},"on_timeout":"bye","on_invalid":"bye"}"#,
            "choices",
        ),
        (
            r#"{"type":"menu","prompts":["menu"],"choices":{"x":"bye"},"on_timeout":"bye","on_invalid":"bye"}"#,
            "choices",
        ),
        (
            r#"{"type":"menu","prompts":["menu"],"choices":{"1":"bye"},"timeout_s":0,"on_timeout":"bye","on_invalid":"bye"}"#,
            "timeout_s",
        ),
        (
            r#"{"type":"menu","prompts":["menu"],"choices":{"1":"bye"},"tries":11,"on_timeout":"bye","on_invalid":"bye"}"#,
            "tries",
        ),
        (
            r#"{"type":"collect","prompts":["menu"],"name":"","max_digits":5,"next":"bye","on_fail":"bye"}"#,
            "name",
        ),
        (
            r#"{"type":"collect","prompts":["menu"],"name":"n","min_digits":6,"max_digits":5,"next":"bye","on_fail":"bye"}"#,
            "min_digits",
        ),
        (
            r#"{"type":"collect","prompts":["menu"],"name":"n","max_digits":33,"next":"bye","on_fail":"bye"}"#,
            "max_digits",
        ),
        (
            r#"{"type":"hours","week":[{"days":[],"from":"09:00","to":"10:00"}],"open":"bye","closed":"bye"}"#,
            "week",
        ),
        (
            r#"{"type":"hours","week":[{"days":["mon"],"from":"22:00","to":"06:00"}],"open":"bye","closed":"bye"}"#,
            "week",
        ),
        (r#"{"type":"language","language":"en","choices":{"1":"ru"},"next":"bye"}"#, "choices"),
        (r#"{"type":"queue","queue":"support","announce_every_s":9,"on_full":"bye"}"#, "announce_every_s"),
        (r#"{"type":"queue","queue":"support","max_wait_s":0,"on_full":"bye"}"#, "max_wait_s"),
        (r#"{"type":"transfer","to":"desk","on_fail":"bye"}"#, "to"),
        (r#"{"type":"transfer","to":"sip:a b","on_fail":"bye"}"#, "to"),
        (r#"{"type":"transfer","to":"+7495","ring_s":121,"on_fail":"bye"}"#, "ring_s"),
    ];
    for (node, field) in table {
        assert_eq!(places(&format!(r#""start":{node},{BYE}"#)), [at("start", field)], "{node}");
    }
}

#[test]
fn unreadable_hours_are_refused_with_what_to_write() {
    let found = problems(&format!(
        r#""start":{{"type":"hours","week":[{{"days":["mon"],"from":"9","to":"18:00"}}],"open":"bye","closed":"bye"}},{BYE}"#
    ));
    assert_eq!(found[0].node, "start");
    assert!(found[0].message.contains("write HH:MM"), "{}", found[0].message);
}

#[test]
fn an_unknown_version_and_an_odd_id_are_refused() {
    let found = Flow::parse(r#"{"version":2,"start":"A b","nodes":{"A b":{"type":"hang_up"}}}"#).unwrap_err();
    let fields: Vec<_> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["version", ""]);
}

#[test]
fn skills_and_priority_of_a_queue_node_are_checked() {
    let flow = |more: &str| format!(r#""start":{{"type":"queue","queue":"support"{more}}}"#);
    assert_eq!(problems(&flow(r#","skills":[{"skill":"english","level":10}],"priority":-1000"#)), []);
    for (more, field, said) in [
        (r#","skills":[{"skill":"german"}]"#, "skills.0", "there is no skill `german`"),
        (r#","skills":[{"skill":"english","level":11}]"#, "skills.0", "10"),
        (r#","skills":[{"skill":"english"},{"skill":"english"}]"#, "skills.1", "asked for twice"),
        (r#","priority":1001"#, "priority", "1000"),
    ] {
        let found = problems(&flow(more));
        let [problem] = &found[..] else { panic!("{more}: {found:?}") };
        assert_eq!(problem.field, field);
        assert!(problem.message.contains(said), "{more}: {found:?}");
    }
}
