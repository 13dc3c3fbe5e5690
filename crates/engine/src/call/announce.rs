//! What a waiting customer is told: the position, the estimated wait, prompts, by the rules of the queue.

use perezvon_acd::Pace;
use perezvon_flow::PLAY_LIMIT_MS;
use perezvon_model::announce::{Announcement, Only, Say};
use perezvon_model::journal::Event;
use perezvon_model::overflow::Goal;
use perezvon_model::prompt::{Language, Prompt};
use perezvon_model::{InteractionId, QueueId};
use std::ops::RangeInclusive;

use super::{Repeat, Stage};
use crate::limits::MAX_SPOKEN_POSITION;
use crate::line::{Offered, Stay};
use crate::tenant::Tenant;
use crate::timer::Timer;

/// Waits that can be said, in minutes; past the last it is "more than".
const SPOKEN_MIN: [u32; 10] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60];

impl Tenant {
    /// Says what is due, unless an agent is being rung or something is being said already; music follows.
    pub(crate) fn announce(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        let Some(stay) = call.line.stay else { return };
        let (stage, language) = (call.stage, call.language);
        let quiet_from = stay.announced_at.max(stay.since) + PLAY_LIMIT_MS;
        if stage == Stage::Queued && matches!(call.play, Some((_, Repeat::Once))) && self.now < quiet_from {
            // Its end comes here again; should it be lost, it is over then.
            self.timers.arm(Timer::Announce(interaction), quiet_from);
            return;
        }
        let due = self.due(interaction, &stay);
        if let Some(stay) = self.calls.get_mut(&interaction).and_then(|call| call.line.stay.as_mut()) {
            stay.announced_at = self.now;
        }
        self.arm_announcement(interaction);
        if stage != Stage::Queued {
            return;
        }
        let mut prompts = Vec::new();
        for say in due {
            prompts.extend(self.words(interaction, &stay, language, &say));
        }
        let is_silent = self.calls.get(&interaction).is_some_and(|call| call.play.is_none());
        if !prompts.is_empty() {
            self.play(interaction, prompts, Repeat::Once);
        } else if is_silent {
            self.play_music(interaction);
        }
    }

    /// What is to be said since the last time, in the order of the rules.
    fn due(&mut self, interaction: InteractionId, stay: &Stay) -> Vec<Say> {
        let (said_ms, now_ms) = (stay.announced_at.0 - stay.since.0, self.now.0 - stay.since.0);
        let rules = self.announcements(stay);
        let rules = rules.into_iter().filter(|rule| time_after(rule, said_ms).is_some_and(|at| at <= now_ms));
        rules.filter(|rule| self.applies(interaction, stay, rule.only)).map(|rule| rule.say).collect()
    }

    pub(crate) fn arm_announcement(&mut self, interaction: InteractionId) {
        let Some(stay) = self.stay(interaction) else { return };
        let said_ms = stay.announced_at.0 - stay.since.0;
        let times = self.announcements(&stay).into_iter().filter_map(|rule| time_after(&rule, said_ms));
        let next = times.min().map(|ms| stay.since + ms);
        self.timers.set(Timer::Announce(interaction), next);
    }

    /// The rules of the queue; how often the position is said may be for the flow to say.
    fn announcements(&self, stay: &Stay) -> Vec<Announcement> {
        let of = self.settings.as_ref().and_then(|settings| settings.queue(stay.queue));
        let mut rules = of.map(|of| of.routing.announcements.clone()).unwrap_or_default();
        if let Some(every_ms) = stay.terms.position_every_ms {
            rules.retain(|rule| rule.say != Say::Position);
            if let Ok(every_s @ 1..) = u32::try_from(every_ms / 1_000) {
                rules.insert(0, Announcement::position_every(every_s));
            }
        }
        rules
    }

    fn applies(&mut self, interaction: InteractionId, stay: &Stay, only: Only) -> bool {
        match only {
            Only::Always => true,
            Only::EstimateOver { s } => {
                let wait = self.estimate_ms(stay.queue, interaction);
                wait.is_some_and(|wait| middle_ms(&wait) > i64::from(s) * 1_000)
            }
            Only::Behind { others } => {
                self.acd.position(interaction).is_some_and(|position| position > others as usize)
            }
        }
    }

    /// The words, and their row in the journal.
    fn words(
        &mut self,
        interaction: InteractionId,
        stay: &Stay,
        language: Language,
        say: &Say,
    ) -> Vec<Prompt> {
        let named = |name: &str| Prompt::named(name, language);
        match say {
            Say::Position => {
                let position = self.acd.position(interaction);
                let position = position.and_then(|position| u32::try_from(position).ok());
                let (position, prompts) = match position.filter(|position| *position <= MAX_SPOKEN_POSITION) {
                    Some(value) => (value, vec![named("position"), Prompt::Number { value, language }]),
                    None => (MAX_SPOKEN_POSITION + 1, vec![named("position-more")]),
                };
                let event = Event::PositionAnnounced { queue: stay.queue, position };
                self.journal(Some(interaction), None, event);
                prompts
            }
            Say::Wait => {
                let wait = self.estimate_ms(stay.queue, interaction);
                let Some(Spoken { low_s, high_s, words }) = wait.and_then(|wait| spoken(&wait)) else {
                    return Vec::new();
                };
                let event = Event::WaitAnnounced { queue: stay.queue, low_s, high_s };
                self.journal(Some(interaction), None, event);
                words.iter().map(|word| named(word)).collect()
            }
            Say::Prompt { name } => vec![named(name)],
            Say::Callback => {
                if !self.can_reach(interaction, &Goal::Callback) {
                    return Vec::new();
                }
                let stay = self.calls.get_mut(&interaction).and_then(|call| call.line.stay.as_mut());
                if let Some(stay) = stay {
                    stay.callback = Offered::Offered;
                }
                vec![named("callback-offer")]
            }
        }
    }

    /// How long one who waits in the queue will wait. 0 for one who has just come while agents are free for all who
    /// wait before; whoever still waits later waits for others than these. `None` while nothing is known.
    pub(crate) fn estimate_ms(
        &mut self,
        queue: QueueId,
        interaction: InteractionId,
    ) -> Option<RangeInclusive<i64>> {
        let position = u32::try_from(self.acd.position(interaction)?).unwrap_or(u32::MAX);
        let stay = self.stay(interaction);
        let has_just_come = stay.is_some_and(|stay| stay.since == self.now);
        let state = self.queues.get_mut(&queue)?;
        if has_just_come && position <= state.idle {
            return Some(0..=0);
        }
        let (answered, waited_ms) = state.recent.pace(self.now);
        let pace =
            Pace { answered, waited_ms, agents: state.idle + state.busy, handle_ms: state.handle.mean_ms() };
        pace.wait_ms(position)
    }
}

pub(crate) fn middle_ms(wait: &RangeInclusive<i64>) -> i64 {
    i64::midpoint(*wait.start(), *wait.end())
}

/// The first time of an announcement after `ms` in the queue.
fn time_after(rule: &Announcement, ms: i64) -> Option<i64> {
    let (after_ms, every_ms) = (i64::from(rule.after_s) * 1_000, i64::from(rule.every_s) * 1_000);
    if ms < after_ms {
        return Some(after_ms);
    }
    (every_ms > 0).then(|| after_ms + ((ms - after_ms) / every_ms + 1) * every_ms)
}

/// A wait as it is said and promised.
#[derive(Debug, PartialEq, Eq)]
struct Spoken {
    low_s: u32,
    /// None: more than the low one.
    high_s: Option<u32>,
    words: Vec<String>,
}

/// The wait in steps that can be said: never shorter than the range, rather longer. Nothing when it says nothing.
fn spoken(wait: &RangeInclusive<i64>) -> Option<Spoken> {
    let minutes = |ms: i64| ms as f64 / 60_000.0;
    let low = SPOKEN_MIN.iter().copied().rfind(|step| f64::from(*step) <= minutes(*wait.start()));
    let over = |step: &u32| f64::from(*step) >= minutes(*wait.end()) && low.is_none_or(|low| *step > low);
    let high = SPOKEN_MIN.iter().copied().find(over);
    let words = match (low, high) {
        (None, Some(high)) => vec![format!("wait-under-{high}")],
        (Some(low), Some(high)) => vec![format!("wait-from-{low}"), format!("wait-to-{high}")],
        (Some(low), None) => vec![format!("wait-over-{low}")],
        (None, None) => return None,
    };
    Some(Spoken { low_s: low.unwrap_or(0) * 60, high_s: high.map(|high| high * 60), words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_steps_that_hold_it() {
        let table = [
            ((0, 0), Some((0, Some(60), "wait-under-1"))),
            ((10, 59), Some((0, Some(60), "wait-under-1"))),
            ((60, 60), Some((60, Some(120), "wait-from-1 wait-to-2"))),
            ((100, 290), Some((60, Some(300), "wait-from-1 wait-to-5"))),
            ((30, 1_300), Some((0, Some(1_800), "wait-under-30"))),
            ((1_900, 3_601), Some((1_800, None, "wait-over-30"))),
            ((5_000, 9_000), Some((3_600, None, "wait-over-60"))),
            ((30, 9_000), None),
        ];
        for ((low, high), said) in table {
            let got = spoken(&(low * 1_000..=high * 1_000));
            let got = got.as_ref().map(|got| (got.low_s, got.high_s, got.words.join(" ")));
            let said = said.map(|(low, high, words)| (low, high, words.to_owned()));
            assert_eq!(got, said, "{low} to {high} s");
        }
    }

    #[test]
    fn an_announcement_comes_at_its_times() {
        let rule = |after_s, every_s| Announcement { after_s, every_s, ..Announcement::position_every(1) };
        assert_eq!(time_after(&rule(0, 0), -1), Some(0));
        assert_eq!(time_after(&rule(0, 0), 0), None);
        assert_eq!(time_after(&rule(30, 0), 29_999), Some(30_000));
        assert_eq!(time_after(&rule(30, 0), 30_000), None);
        assert_eq!(time_after(&rule(30, 20), 30_000), Some(50_000));
        assert_eq!(time_after(&rule(30, 20), 69_999), Some(70_000));
    }
}
