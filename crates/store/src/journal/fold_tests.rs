use perezvon_model::id::IdMaker;
use perezvon_model::{Device, OfferId};

use super::*;

/// Entries of one interaction, and the ids in them.
struct Tape {
    ids: IdMaker,
    entries: Vec<Entry>,
    interaction: InteractionId,
    sales: QueueId,
    support: QueueId,
    anna: UserId,
    boris: UserId,
}

impl Tape {
    fn new() -> Self {
        let mut ids = IdMaker::new(7);
        let at = UtcMs(0);
        let mut tape = Self {
            interaction: ids.next(at),
            sales: ids.next(at),
            support: ids.next(at),
            anna: ids.next(at),
            boris: ids.next(at),
            ids,
            entries: Vec::new(),
        };
        let flow = Some(tape.ids.next(at));
        tape.at(
            1_000,
            Event::InteractionStarted {
                channel: Channel::Voice,
                direction: Direction::Inbound,
                from: "+79160000001".to_owned(),
                to: "+74950000001".to_owned(),
                trunk: None,
                flow,
            },
        );
        tape
    }

    fn at(&mut self, at: i64, event: Event) -> EntryId {
        let id = self.ids.next(UtcMs(at));
        let interaction = Some(self.interaction);
        self.entries.push(Entry { id, at: UtcMs(at), interaction, agent: None, event });
        id
    }

    fn queued(&mut self, at: i64, queue: QueueId, attempt: u32) -> EntryId {
        self.at(at, Event::Queued { queue, attempt, position: 1 })
    }

    fn left(&mut self, at: i64, queue: QueueId, outcome: QueueOutcome, wait_ms: i64) {
        self.at(at, Event::LeftQueue { queue, outcome, wait_ms });
    }

    fn connected(&mut self, at: i64, agent: UserId, queue: Option<QueueId>) -> EntryId {
        self.at(at, Event::AgentConnected { agent, queue, device: Device::Browser })
    }

    fn disconnected(&mut self, at: i64, agent: UserId, talk_ms: i64, hold_ms: i64) {
        self.at(at, Event::AgentDisconnected { agent, queue: None, talk_ms, hold_ms });
    }

    fn wrapped_up(&mut self, at: i64, agent: UserId, wrap_up_ms: i64) {
        self.at(at, Event::WrapUpStarted { agent, queue: None, deadline: UtcMs(at + 30_000) });
        self.at(at + wrap_up_ms, Event::WrapUpEnded { agent, queue: None, wrap_up_ms });
    }

    fn ended(&mut self, at: i64, outcome: Outcome) {
        self.at(at, Event::InteractionEnded { outcome, cause: Cause::Normal, by: Party::Customer });
    }

    fn fold(&self) -> InteractionState {
        InteractionState::replay(&self.entries).expect("the tape begins with a start")
    }
}

#[test]
fn an_answered_call_becomes_one_row_with_its_times() {
    let mut tape = Tape::new();
    let (queue, agent) = (tape.support, tape.anna);
    let customer = tape.ids.next(UtcMs(0));
    let disposition = tape.ids.next(UtcMs(0));
    tape.at(1_000, Event::FlowAnswered);
    tape.at(1_500, Event::CustomerMatched { customer, created: false });
    let visit = tape.queued(5_000, queue, 1);
    tape.left(15_000, queue, QueueOutcome::Answered, 10_000);
    let part = tape.connected(15_000, agent, Some(queue));
    tape.disconnected(75_000, agent, 50_000, 10_000);
    tape.ended(75_000, Outcome::Answered);
    tape.at(76_000, Event::Noted { agent, disposition: Some(disposition), note: "First".to_owned() });
    tape.at(77_000, Event::Noted { agent, disposition: Some(disposition), note: "Last".to_owned() });
    tape.wrapped_up(75_000, agent, 8_000);
    let state = tape.fold();
    let row = &state.row;
    assert_eq!((row.customer, row.queue, row.agent), (Some(customer), Some(queue), Some(agent)));
    assert_eq!(row.answered_at, Some(UtcMs(15_000)));
    assert_eq!(row.ended_at, Some(UtcMs(75_000)));
    assert_eq!((row.wait_ms, row.talk_ms, row.hold_ms, row.wrap_up_ms), (10_000, 50_000, 10_000, 8_000));
    assert_eq!(row.end, Some((Outcome::Answered, Cause::Normal, Party::Customer)));
    assert_eq!((row.disposition, row.note.as_str()), (Some(disposition), "Last"));
    let [one] = &state.visits[..] else { panic!("{:?}", state.visits) };
    assert_eq!((one.id, one.outcome, one.queue_ms), (visit, Some(QueueOutcome::Answered), 10_000));
    assert_eq!((one.handled, one.talk_ms, one.hold_ms, one.wrap_up_ms), (true, 50_000, 10_000, 8_000));
    let [own] = &state.parts[..] else { panic!("{:?}", state.parts) };
    assert_eq!((own.id, own.state, own.wrap_up_ms), (part, PartState::Ended, 8_000));
    assert!(state.is_complete());
}

#[test]
fn a_talk_counts_as_handled_only_when_it_is_over() {
    let mut tape = Tape::new();
    tape.queued(5_000, tape.support, 1);
    tape.left(6_000, tape.support, QueueOutcome::Answered, 1_000);
    tape.connected(6_000, tape.anna, Some(tape.support));
    assert!(!tape.fold().visits[0].handled);
    assert!(!tape.fold().is_complete());
    tape.disconnected(9_000, tape.anna, 3_000, 0);
    assert!(tape.fold().visits[0].handled);
}

#[test]
fn an_overflow_to_another_queue_keeps_the_callers_clock() {
    let mut tape = Tape::new();
    tape.queued(10_000, tape.sales, 1);
    tape.left(70_000, tape.sales, QueueOutcome::Overflowed, 60_000);
    tape.queued(72_000, tape.support, 2);
    tape.left(80_000, tape.support, QueueOutcome::Answered, 8_000);
    let state = tape.fold();
    assert_eq!(state.visits[0].queue_ms, 60_000);
    assert_eq!(state.visits[1].queue_ms, 70_000, "from the first queue on");
    assert_eq!(state.row.wait_ms, 68_000, "the row counts the stays alone");
    assert_eq!(state.row.queue, Some(tape.support));
}

#[test]
fn a_transfer_to_a_queue_after_a_talk_starts_a_new_clock_and_each_agent_counts_in_their_queue() {
    let mut tape = Tape::new();
    tape.queued(10_000, tape.sales, 1);
    tape.left(12_000, tape.sales, QueueOutcome::Answered, 2_000);
    tape.connected(12_000, tape.anna, Some(tape.sales));
    tape.disconnected(42_000, tape.anna, 30_000, 0);
    tape.at(42_000, Event::TransferredToQueue { queue: tape.support, by: tape.anna });
    tape.queued(42_000, tape.support, 2);
    tape.left(50_000, tape.support, QueueOutcome::Answered, 8_000);
    tape.connected(50_000, tape.boris, Some(tape.support));
    tape.wrapped_up(42_000, tape.anna, 20_000);
    tape.disconnected(90_000, tape.boris, 40_000, 0);
    let state = tape.fold();
    assert_eq!(state.visits[1].queue_ms, 8_000);
    assert_eq!((state.visits[0].talk_ms, state.visits[0].wrap_up_ms), (30_000, 20_000));
    assert_eq!((state.visits[1].talk_ms, state.visits[1].wrap_up_ms), (40_000, 0));
    assert_eq!((state.row.talk_ms, state.row.agent), (70_000, Some(tape.boris)));
}

#[test]
fn a_transfer_to_an_agent_adds_to_the_visit_that_brought_the_caller() {
    let mut tape = Tape::new();
    tape.queued(10_000, tape.sales, 1);
    tape.left(12_000, tape.sales, QueueOutcome::Answered, 2_000);
    tape.connected(12_000, tape.anna, Some(tape.sales));
    tape.disconnected(42_000, tape.anna, 30_000, 0);
    tape.connected(45_000, tape.boris, Some(tape.sales));
    tape.disconnected(55_000, tape.boris, 10_000, 0);
    let state = tape.fold();
    assert_eq!((state.visits[0].talk_ms, state.visits[0].handled), (40_000, true));
    assert_eq!(state.parts.len(), 2);
    assert_eq!(state.row.answered_at, Some(UtcMs(12_000)), "the first answer");
}

#[test]
fn a_connection_from_no_queue_counts_in_no_visit() {
    let mut tape = Tape::new();
    tape.connected(12_000, tape.anna, None);
    tape.disconnected(42_000, tape.anna, 30_000, 0);
    let state = tape.fold();
    assert!(state.visits.is_empty());
    assert_eq!((state.row.talk_ms, state.parts[0].talk_ms), (30_000, 30_000));
}

#[test]
fn the_same_queue_twice_gives_two_visits_and_the_later_is_left() {
    let mut tape = Tape::new();
    tape.queued(10_000, tape.support, 1);
    tape.left(11_000, tape.support, QueueOutcome::Overflowed, 1_000);
    tape.queued(12_000, tape.support, 2);
    tape.left(15_000, tape.support, QueueOutcome::Abandoned, 3_000);
    let outcomes: Vec<_> = tape.fold().visits.iter().map(|visit| visit.outcome).collect();
    assert_eq!(outcomes, [Some(QueueOutcome::Overflowed), Some(QueueOutcome::Abandoned)]);
}

#[test]
fn a_recording_grows_until_it_is_sealed() {
    let mut tape = Tape::new();
    let recording = tape.ids.next(UtcMs(0));
    tape.at(2_000, Event::RecordingStarted { recording });
    tape.ended(9_000, Outcome::EndedInFlow);
    assert_eq!(tape.fold().recordings[0].state, RecordingState::Growing);
    assert!(!tape.fold().is_complete(), "the seal is still to come");
    tape.at(10_000, Event::RecordingSealed { recording, duration_ms: 7_000, bytes: 99 });
    let state = tape.fold();
    let sealed = &state.recordings[0];
    assert_eq!((sealed.state, sealed.duration_ms, sealed.bytes), (RecordingState::Sealed, 7_000, 99));
    assert!(state.is_complete());
}

#[test]
fn steps_that_change_no_row_touch_none() {
    let mut tape = Tape::new();
    let (queue, agent) = (tape.support, tape.anna);
    let offer: OfferId = tape.ids.next(UtcMs(0));
    tape.at(2_000, Event::FlowNode { node: "a".to_owned(), node_kind: "play".to_owned() });
    tape.at(3_000, Event::PositionAnnounced { queue, position: 2 });
    tape.at(4_000, Event::HoldStarted { by: Party::Agent });
    tape.at(
        5_000,
        Event::Offered { offer, queue: Some(queue), agent, device: Device::Browser, deadline: UtcMs(9_000) },
    );
    let mut state = InteractionState::start(&tape.entries[0]).expect("a start");
    let before = state.clone();
    for entry in &tape.entries[1..] {
        state.apply(entry, |touched| panic!("{touched:?}"));
    }
    assert_eq!(state, before);
}

#[test]
fn what_does_not_begin_with_a_start_is_no_interaction() {
    let mut tape = Tape::new();
    tape.entries.clear();
    tape.queued(1, tape.support, 1);
    assert_eq!(InteractionState::replay(&tape.entries), None);
}
