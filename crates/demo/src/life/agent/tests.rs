use std::collections::BTreeSet;

use perezvon_model::view::{InteractionView, WrapUpView};
use perezvon_model::{Activity, UserId};
use uuid::Uuid;

use super::*;

const LEG: LegId = LegId(Uuid::from_u128(1));
const OTHER_LEG: LegId = LegId(Uuid::from_u128(2));
const INTERACTION: InteractionId = InteractionId(Uuid::from_u128(3));

fn desk(presence: Presence, wrap_up: Option<InteractionId>) -> Box<DeskView> {
    let about = |interaction| InteractionView {
        callback: false,
        interaction,
        from: String::new(),
        to: String::new(),
        queue: None,
        queue_name: String::new(),
        arrived_at: UtcMs(0),
        waited_ms: 0,
        customer: None,
        collected: Vec::new(),
        transferred_by: None,
    };
    Box::new(DeskView {
        agent: UserId(Uuid::from_u128(9)),
        presence,
        activity: Activity::Idle,
        since: UtcMs(0),
        device: Device::Phone,
        browser_connected: false,
        phone_registered: true,
        offer: None,
        call: None,
        wrap_up: wrap_up.map(|interaction| WrapUpView {
            about: about(interaction),
            started_at: UtcMs(0),
            deadline: UtcMs(0),
            talk_ms: 0,
            may_extend: false,
            transfer_ringing: None,
            disposition: None,
            note: String::new(),
        }),
        items: Vec::new(),
        queues: Vec::new(),
        handled_today: 0,
        mean_handle_ms: 0,
    })
}

fn ready() -> Act {
    Act::Command(AgentCommand::SetPresence { presence: Presence::Ready })
}

/// Moves to the time that the agent waits for.
fn wake(agent: &mut Agent) -> (UtcMs, Vec<Act>) {
    let at = agent.wake_at().expect("the agent waits for a time");
    (at, agent.step(at, Event::Time))
}

/// An agent who signed in, took the phone and got ready.
fn at_work(seed: u64) -> (Agent, UtcMs) {
    let mut agent = Agent::new(UtcMs(1_000), Dice::new(seed));
    let (now, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::SignIn]);
    assert_eq!(
        agent.step(now, Event::Done),
        [Act::Command(AgentCommand::SetDevice { device: Device::Phone })]
    );
    assert_eq!(agent.step(now, Event::Done), [ready()]);
    assert_eq!(agent.step(now, Event::Done), []);
    (agent, now)
}

#[test]
fn an_agent_answers_speaks_and_writes_up_the_call() {
    let (mut agent, now) = at_work(1);
    assert_eq!(agent.step(now, Event::Called(LEG)), [Act::Ring(LEG)]);
    let (answered, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::Answer(LEG)]);
    assert!((1_000..=4_000).contains(&(answered - now)));
    let acts = agent.step(answered, Event::Connected(LEG));
    assert!(matches!(&acts[..], [Act::Speak(LEG, words)] if words.len() >= 4), "{acts:?}");
    assert_eq!(agent.step(answered + 40_000, Event::Said), [Act::Listen(LEG)]);
    let (over, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::HangUp(LEG)]);
    assert_eq!(agent.step(over, Event::Ended(LEG)), []);
    let (now, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::LookAtDesk]);
    assert_eq!(agent.step(now, Event::Desk(desk(Presence::Ready, None))), [], "not there yet");
    let (now, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::LookAtDesk]);
    agent.step(now, Event::Desk(desk(Presence::Ready, Some(INTERACTION))));
    let (wrote, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::WriteUp(INTERACTION)]);
    assert!((3_000..=10_000).contains(&(wrote - now)));
}

#[test]
fn some_offers_are_missed_and_some_calls_are_followed_by_a_break() {
    let mut missed = 0;
    let mut breaks = 0;
    for seed in 0..400 {
        let (mut agent, now) = at_work(seed);
        agent.step(now, Event::Called(LEG));
        let (now, acts) = wake(&mut agent);
        if acts.is_empty() {
            missed += 1;
            agent.step(now + 10_000, Event::Ended(LEG));
            let (now, acts) = wake(&mut agent);
            assert_eq!(acts, [Act::LookAtDesk]);
            let away = Presence::Break { reason: "missed_offer".to_owned() };
            agent.step(now, Event::Desk(desk(away, None)));
            assert_eq!(wake(&mut agent).1, [ready()], "who missed an offer comes back");
            continue;
        }
        agent.step(now, Event::Connected(LEG));
        agent.step(now + 30_000, Event::Ended(LEG));
        let (now, _) = wake(&mut agent);
        agent.step(now, Event::Desk(desk(Presence::Ready, Some(INTERACTION))));
        let (now, _) = wake(&mut agent);
        let acts = agent.step(now, Event::Done);
        if !acts.is_empty() {
            breaks += 1;
            assert_eq!(wake(&mut agent).1, [ready()]);
        }
    }
    assert!((2..30).contains(&missed), "{missed}");
    assert!((5..45).contains(&breaks), "{breaks}");
}

#[test]
fn a_server_that_is_away_is_asked_less_and_less_often_and_found_again() {
    let mut agent = Agent::new(UtcMs(0), Dice::new(1));
    let mut waits = Vec::new();
    for _ in 0..8 {
        let (now, acts) = wake(&mut agent);
        assert_eq!(acts, [Act::SignIn]);
        assert_eq!(agent.step(now, Event::Trouble), []);
        waits.push(agent.wake_at().expect("it tries again") - now);
    }
    assert!(waits[0] < 3_000 && waits[7] >= BACK_OFF_LIMIT_MS, "{waits:?}");
    let (now, _) = wake(&mut agent);
    assert_eq!(
        agent.step(now, Event::Done),
        [Act::Command(AgentCommand::SetDevice { device: Device::Phone })]
    );

    let (mut agent, now) = at_work(1);
    assert_eq!(agent.step(now, Event::Trouble), [], "the session is gone");
    assert_eq!(wake(&mut agent).1, [Act::SignIn]);
}

#[test]
fn trouble_at_the_desk_does_not_end_a_call() {
    let (mut agent, now) = at_work(1);
    agent.step(now, Event::Called(LEG));
    let (now, _) = wake(&mut agent);
    agent.step(now, Event::Connected(LEG));
    assert_eq!(agent.step(now, Event::Trouble), []);
    assert_eq!(agent.step(now, Event::Called(OTHER_LEG)), [Act::HangUp(OTHER_LEG)], "one call at a time");
    assert_eq!(agent.step(now, Event::Ended(OTHER_LEG)), []);
    assert_eq!(agent.step(now + 1, Event::Said), [Act::Listen(LEG)]);
}

#[test]
fn a_refused_command_is_tried_again_until_the_phone_is_registered() {
    let mut agent = Agent::new(UtcMs(0), Dice::new(1));
    let (now, _) = wake(&mut agent);
    agent.step(now, Event::Done);
    agent.step(now, Event::Done);
    assert_eq!(agent.step(now, Event::Refused), [], "not ready without a phone");
    let (later, acts) = wake(&mut agent);
    assert!(later > now);
    assert_eq!(acts, [Act::Command(AgentCommand::SetDevice { device: Device::Phone })]);
}

#[test]
fn what_was_never_answered_is_asked_again() {
    let mut agent = Agent::new(UtcMs(0), Dice::new(1));
    assert_eq!(wake(&mut agent).1, [Act::SignIn]);
    assert_eq!(wake(&mut agent).1, [], "the answer to the sign-in was lost");
    let (now, acts) = wake(&mut agent);
    assert_eq!(acts, [Act::SignIn]);
    agent.step(now, Event::Done);
    let take_phone = [Act::Command(AgentCommand::SetDevice { device: Device::Phone })];
    let (now, acts) = wake(&mut agent);
    assert_eq!(acts, take_phone);
    agent.step(now, Event::Done);
    let (now, acts) = wake(&mut agent);
    assert_eq!(acts, [ready()]);
    agent.step(now, Event::Done);

    agent.step(now, Event::Called(LEG));
    let (now, _) = wake(&mut agent);
    agent.step(now, Event::Connected(LEG));
    agent.step(now, Event::Ended(LEG));
    assert_eq!(wake(&mut agent).1, [Act::LookAtDesk]);
    assert_eq!(wake(&mut agent).1, [Act::LookAtDesk]);
}

#[test]
fn agents_speak_twenty_to_ninety_seconds() {
    let spoken_ms = |words: &[Prompt]| -> i64 {
        let one = |prompt: &Prompt| match prompt {
            Prompt::Silence { ms } => i64::from(*ms),
            // The shortest and longest sentence of the agents are 5.4 and 6.6 s.
            Prompt::Named { .. } => 6_000,
            Prompt::Number { .. } | Prompt::Music | Prompt::Ringback => 0,
        };
        words.iter().map(one).sum()
    };
    let mut dice = Dice::new(1);
    let lengths: BTreeSet<i64> = (0..500).map(|_| spoken_ms(&words(&mut dice))).collect();
    let (shortest, longest) = (lengths.first().copied(), lengths.last().copied());
    assert!(shortest >= Some(19_000) && longest <= Some(90_000), "{shortest:?} to {longest:?}");
    assert!(longest > Some(60_000));
}
