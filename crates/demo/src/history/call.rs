//! What one caller will do, drawn when the call arrives.

use crate::company::Company;
use crate::company::plan::{CLOSED_NUMBER, ENGLISH_NUMBER, Line, MAIN_NUMBER, VIP_NUMBER};
use crate::dice::Dice;

/// One step of a flow that a caller passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub node: &'static str,
    pub kind: &'static str,
    /// How long the caller stays at it.
    pub lasts_ms: i64,
    /// Name and value of what was pressed.
    pub collected: Option<(&'static str, String)>,
}

/// How the way through the flow ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    To(Line),
    /// The caller hangs up in the flow.
    Away,
    /// The flow says goodbye.
    Goodbye,
}

#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Index in the company's customers; none is who withholds the number.
    pub customer: Option<usize>,
    pub from: String,
    pub to: &'static str,
    pub steps: Vec<Step>,
    pub leads: Leads,
    /// Gives up after this long in a queue.
    pub patience_ms: i64,
    pub talks: Vec<Talk>,
}

/// One agent's part of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Talk {
    pub talk_ms: i64,
    /// After how much talking a hold begins, and how long it lasts.
    pub hold: Option<(i64, i64)>,
    /// Where the agent passes the call to at the end of this part.
    pub then: Option<Line>,
}

/// The share of callers who show a number; each such caller is a customer.
const KNOWN: f64 = 0.92;
/// Nobody waits longer.
const PATIENCE_LIMIT_MS: f64 = 240_000.0;
const TALK_LIMIT_MS: f64 = 540_000.0;
const SECOND_TALK_LIMIT_MS: f64 = 180_000.0;
const HOLD_LIMIT_MS: i64 = 60_000;
/// The most that can pass between the arrival of a caller and the end of all that follows: the flow, two stays in a
/// queue with a last ring, both talks, the hold and two wrap-ups.
pub(super) const LONGEST_MS: i64 =
    60_000 + 2 * (240_000 + 15_000) + 540_000 + 180_000 + HOLD_LIMIT_MS + 2 * 45_000;

pub(super) fn draw(company: &Company, dice: &mut Dice) -> Caller {
    let to =
        [MAIN_NUMBER, VIP_NUMBER, ENGLISH_NUMBER, CLOSED_NUMBER][dice.weighted(&[0.77, 0.06, 0.13, 0.04])];
    let customer = dice.chance(KNOWN).then(|| dice.below(company.customers.len()));
    let from = match customer {
        Some(index) => company.customers[index].1.number.to_string(),
        None => "anonymous".to_owned(),
    };
    let account = customer.map_or_else(|| "481120".to_owned(), |index| company.customers[index].1.account());
    let (steps, leads) = way(to, account, dice);
    let first = Talk {
        talk_ms: dice.lognormal(215_000.0, 0.55).clamp(15_000.0, TALK_LIMIT_MS) as i64,
        hold: dice.chance(0.18).then(|| (dice.between(6_000, 14_000), dice.between(8_000, HOLD_LIMIT_MS))),
        then: None,
    };
    let mut talks = vec![first];
    if let Leads::To(line) = leads
        && line != Line::Vip
        && dice.chance(0.05)
    {
        talks[0].then = Some(if line == Line::Billing { Line::Support } else { Line::Billing });
        let talk_ms = dice.lognormal(90_000.0, 0.4).clamp(15_000.0, SECOND_TALK_LIMIT_MS) as i64;
        talks.push(Talk { talk_ms, hold: None, then: None });
    }
    let patience_ms = dice.exponential(130_000.0).clamp(1_500.0, PATIENCE_LIMIT_MS) as i64;
    Caller { customer, from, to, steps, leads, patience_ms, talks }
}

fn way(to: &'static str, account: String, dice: &mut Dice) -> (Vec<Step>, Leads) {
    let step = |node, kind, lasts_ms| Step { node, kind, lasts_ms, collected: None };
    if to == CLOSED_NUMBER {
        let steps = vec![step("hours", "hours", 0), step("closed", "play", 7_480), step("bye", "hang_up", 0)];
        return (steps, Leads::Goodbye);
    }
    if to == VIP_NUMBER {
        return (vec![step("vip", "queue", 0)], Leads::To(Line::Vip));
    }
    let mut steps = match to {
        ENGLISH_NUMBER => vec![step("english", "language", 0), step("greeting", "play", 2_760)],
        _russian => vec![step("greeting", "play", 4_010)],
    };
    if dice.chance(0.03) {
        steps.push(step("menu", "menu", dice.between(1_000, 6_000)));
        return (steps, Leads::Away);
    }
    let pressed = dice.weighted(&[0.42, 0.2, 0.2, 0.1, 0.08]);
    let digit = ["1", "2", "3", "4"].get(pressed);
    steps.push(Step {
        node: "menu",
        kind: "menu",
        lasts_ms: if digit.is_some() { dice.between(1_500, 6_200) } else { 6_480 },
        collected: digit.map(|digit| ("menu", (*digit).to_owned())),
    });
    if pressed == 3 {
        let lasts_ms = dice.between(6_000, 14_000);
        let collected = Some(("account", account));
        steps.push(Step { node: "account", kind: "collect", lasts_ms, collected });
        steps.push(step("account_accepted", "play", 2_070));
    }
    let line = match pressed {
        1 => Line::Sales,
        2 => Line::Billing,
        _support => Line::Support,
    };
    steps.push(step(line.key(), "queue", 0));
    (steps, Leads::To(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_mixed_as_on_a_real_floor() {
        let company = Company::plan();
        let mut dice = Dice::new(5);
        let callers: Vec<Caller> = (0..4_000).map(|_| draw(&company, &mut dice)).collect();
        let share = |like: &dyn Fn(&Caller) -> bool| {
            callers.iter().filter(|caller| like(caller)).count() as f64 / callers.len() as f64
        };
        assert!((0.06..0.10).contains(&share(&|caller| caller.customer.is_none())));
        assert!((0.40..0.60).contains(&share(&|caller| caller.leads == Leads::To(Line::Support))));
        assert!((0.045..0.075).contains(&share(&|caller| caller.leads == Leads::To(Line::Vip))));
        assert!((0.02..0.06).contains(&share(&|caller| caller.talks.len() == 2)));
    }

    #[test]
    fn no_caller_stays_longer_than_the_limit_says() {
        let company = Company::plan();
        let mut dice = Dice::new(6);
        for _ in 0..4_000 {
            let caller = draw(&company, &mut dice);
            let flow: i64 = caller.steps.iter().map(|step| step.lasts_ms).sum();
            let talk: i64 =
                caller.talks.iter().map(|talk| talk.talk_ms + talk.hold.map_or(0, |hold| hold.1)).sum();
            let all = flow + talk + 2 * (caller.patience_ms + 15_000) + 2 * 45_000;
            assert!(all <= LONGEST_MS, "{all}");
        }
    }
}
