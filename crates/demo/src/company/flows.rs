//! The flows of the demo company's numbers, as JSON that a person may copy and change.

pub struct DemoFlow {
    pub key: &'static str,
    pub name: &'static str,
    pub json: &'static str,
}

/// In the order of the numbers: main, vip, English, closed.
pub const ALL: [DemoFlow; 4] = [
    DemoFlow { key: "main", name: "Главное меню", json: include_str!("../../flows/main.json") },
    DemoFlow { key: "vip", name: "Особые клиенты", json: include_str!("../../flows/vip.json") },
    DemoFlow { key: "english", name: "English menu", json: include_str!("../../flows/english.json") },
    DemoFlow { key: "closed", name: "Закрыто", json: include_str!("../../flows/closed.json") },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use perezvon_flow::{Flow, Known};

    use super::*;
    use crate::company::plan::Line;

    #[test]
    fn every_flow_passes_the_check_with_the_prompts_and_queues_that_there_are() {
        let texts: serde_json::Value =
            serde_json::from_str(include_str!("../../../../assets/prompts/texts.json")).expect("texts");
        let prompts: BTreeSet<String> =
            texts["prompts"].as_object().expect("prompts").keys().cloned().collect();
        let queues: BTreeSet<String> = Line::ALL.iter().map(|line| line.key().to_owned()).collect();
        let known = Known { prompts: Some(prompts), queues: Some(queues), skills: None };
        for flow in &ALL {
            let problems = Flow::read(flow.json).expect(flow.key).check(&known);
            assert_eq!(problems, [], "{}", flow.key);
        }
    }
}
