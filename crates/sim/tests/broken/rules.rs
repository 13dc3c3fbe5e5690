//! Broken in the rules of a queue: callbacks, own agents, overflow, hours, announcements.

use perezvon_model::announce::Only;
use perezvon_model::config::{Preferred, Queue, Trunk, TrunkRegistration};
use perezvon_model::engine::{Input, Output};
use perezvon_model::hours::AtClose;
use perezvon_model::journal::Event;
use perezvon_model::leg::Cause;
use perezvon_model::overflow::{CallFirst, Overflow, OverflowWhen};
use sim::invariants::Invariant;

use super::{Breakage, configured, event, is_caught_by};

#[derive(Default)]
struct CountsTriesWrong;

impl Breakage for CountsTriesWrong {
    fn output(&mut self, output: &mut Output) -> bool {
        if let Output::Journal(entry) = output
            && let Event::CallbackDialled { attempt, .. } = &mut entry.event
        {
            *attempt += 1;
        }
        true
    }
}

#[test]
fn promises_13_catches_a_try_that_is_not_the_next() {
    is_caught_by::<CountsTriesWrong>(Invariant::Promises);
}

#[derive(Default)]
struct TriesOnceMore;

impl Breakage for TriesOnceMore {
    fn input(&mut self, input: Input) -> Option<Input> {
        let more = |queue: &mut Queue| queue.routing.callbacks.tries += 1;
        Some(configured(input, |config| config.queues.iter_mut().for_each(more)))
    }
}

#[test]
fn promises_13_catches_one_try_too_many() {
    is_caught_by::<TriesOnceMore>(Invariant::Promises);
}

#[derive(Default)]
struct CallsTheCustomerFirst;

impl Breakage for CallsTheCustomerFirst {
    fn input(&mut self, input: Input) -> Option<Input> {
        let customer_first = |queue: &mut Queue| queue.routing.callbacks.first = CallFirst::Customer;
        Some(configured(input, |config| config.queues.iter_mut().for_each(customer_first)))
    }
}

#[test]
fn promises_13_catches_a_customer_who_is_called_before_the_agent() {
    is_caught_by::<CallsTheCustomerFirst>(Invariant::Promises);
}

/// An agent who leaves while the customer rings costs a try.
#[derive(Default)]
struct HidesWhoLeft;

impl Breakage for HidesWhoLeft {
    fn output(&mut self, output: &mut Output) -> bool {
        if let Output::Journal(entry) = output
            && let Event::CallbackFailed { cause, .. } = &mut entry.event
            && *cause == Cause::Cancelled
        {
            *cause = Cause::Interrupted;
        }
        true
    }
}

#[test]
fn promises_13_catches_a_try_that_is_not_counted() {
    is_caught_by::<HidesWhoLeft>(Invariant::Promises);
}

#[derive(Default)]
struct FindsAWayOut;

impl Breakage for FindsAWayOut {
    fn input(&mut self, input: Input) -> Option<Input> {
        let registers = |trunk: &mut Trunk| {
            trunk.registration.get_or_insert_with(|| TrunkRegistration {
                registrar: "sip:provider.example".into(),
                username: String::new(),
                password: String::new(),
                expires_s: 600,
            });
        };
        Some(configured(input, |config| config.trunks.iter_mut().for_each(registers)))
    }
}

#[test]
fn promises_13_catches_a_promise_that_nobody_can_keep() {
    is_caught_by::<FindsAWayOut>(Invariant::Promises);
}

#[derive(Default)]
struct DoesNotSayPromised;

impl Breakage for DoesNotSayPromised {
    fn output(&mut self, output: &mut Output) -> bool {
        !matches!(event(output), Some(Event::CallbackPromised { .. }))
    }
}

#[test]
fn conservation_1_catches_a_promise_that_nobody_heard_of() {
    is_caught_by::<DoesNotSayPromised>(Invariant::Conservation);
}

#[derive(Default)]
struct HoldsForNobody;

impl Breakage for HoldsForNobody {
    fn input(&mut self, input: Input) -> Option<Input> {
        let stop = |queue: &mut Queue| queue.routing.preferred = Preferred::default();
        Some(configured(input, |config| config.queues.iter_mut().for_each(stop)))
    }
}

#[test]
fn held_14_catches_who_is_held_and_given_to_another() {
    is_caught_by::<HoldsForNobody>(Invariant::Held);
}

#[derive(Default)]
struct HoldsTwiceAsLong;

impl Breakage for HoldsTwiceAsLong {
    fn input(&mut self, input: Input) -> Option<Input> {
        let longer = |queue: &mut Queue| {
            queue.routing.preferred.owner_s *= 2;
            queue.routing.preferred.last_s *= 2;
        };
        Some(configured(input, |config| config.queues.iter_mut().for_each(longer)))
    }
}

#[test]
fn nobody_waits_6_catches_who_is_held_too_long() {
    is_caught_by::<HoldsTwiceAsLong>(Invariant::NobodyWaits);
}

/// Changes every rule of overflow that the engine gets.
fn with_overflow(input: Input, change: impl Fn(&mut Overflow)) -> Input {
    configured(input, |config| {
        let rules = config.queues.iter_mut().flat_map(|queue| &mut queue.routing.overflow);
        rules.for_each(&change);
    })
}

#[derive(Default)]
struct SendsTooSoon;

impl Breakage for SendsTooSoon {
    fn input(&mut self, input: Input) -> Option<Input> {
        Some(with_overflow(input, |rule| {
            if let OverflowWhen::WaitedOver { s } = &mut rule.when {
                *s = s.div_ceil(2);
            }
        }))
    }
}

#[test]
fn elsewhere_15_catches_who_is_sent_and_met_no_rule() {
    is_caught_by::<SendsTooSoon>(Invariant::Elsewhere);
}

#[derive(Default)]
struct SendsTooLate;

impl Breakage for SendsTooLate {
    fn input(&mut self, input: Input) -> Option<Input> {
        Some(with_overflow(input, |rule| {
            if let OverflowWhen::WaitedOver { s } = &mut rule.when {
                *s += 60;
            }
        }))
    }
}

#[test]
fn elsewhere_15_catches_who_meets_a_rule_and_stays() {
    is_caught_by::<SendsTooLate>(Invariant::Elsewhere);
}

#[derive(Default)]
struct FindsNoRoom;

impl Breakage for FindsNoRoom {
    fn input(&mut self, input: Input) -> Option<Input> {
        let narrow = |queue: &mut Queue| queue.max_waiting = 1;
        Some(configured(input, |config| config.queues.iter_mut().for_each(narrow)))
    }
}

#[test]
fn elsewhere_15_catches_who_was_hindered_and_never_looked_at_again() {
    is_caught_by::<FindsNoRoom>(Invariant::Elsewhere);
}

#[derive(Default)]
struct ServesAtClose;

impl Breakage for ServesAtClose {
    fn input(&mut self, input: Input) -> Option<Input> {
        let serve = |queue: &mut Queue| {
            if let Some(hours) = &mut queue.routing.hours {
                hours.at_close = AtClose::Serve;
            }
        };
        Some(configured(input, |config| config.queues.iter_mut().for_each(serve)))
    }
}

#[test]
fn elsewhere_15_catches_who_waits_in_a_queue_that_has_closed() {
    is_caught_by::<ServesAtClose>(Invariant::Elsewhere);
}

#[derive(Default)]
struct SaysLongerWaits;

impl Breakage for SaysLongerWaits {
    fn output(&mut self, output: &mut Output) -> bool {
        if let Output::Journal(entry) = output
            && let Event::WaitAnnounced { low_s, .. } = &mut entry.event
        {
            *low_s += 60;
        }
        true
    }
}

#[test]
fn said_16_catches_a_wait_that_does_not_follow() {
    is_caught_by::<SaysLongerWaits>(Invariant::Said);
}

#[derive(Default)]
struct SaysTheNextPosition;

impl Breakage for SaysTheNextPosition {
    fn output(&mut self, output: &mut Output) -> bool {
        if let Output::Journal(entry) = output
            && let Event::PositionAnnounced { position, .. } = &mut entry.event
        {
            *position += 1;
        }
        true
    }
}

#[test]
fn said_16_catches_another_position() {
    is_caught_by::<SaysTheNextPosition>(Invariant::Said);
}

#[derive(Default)]
struct SaysItToAll;

impl Breakage for SaysItToAll {
    fn input(&mut self, input: Input) -> Option<Input> {
        Some(configured(input, |config| {
            let rules = config.queues.iter_mut().flat_map(|queue| &mut queue.routing.announcements);
            rules.for_each(|rule| rule.only = Only::Always);
        }))
    }
}

#[test]
fn said_16_catches_a_wait_that_is_told_though_it_is_short() {
    is_caught_by::<SaysItToAll>(Invariant::Said);
}

#[derive(Default)]
struct DoesNotSayThatAMessageBegins;

impl Breakage for DoesNotSayThatAMessageBegins {
    fn output(&mut self, output: &mut Output) -> bool {
        !matches!(event(output), Some(Event::MessageStarted))
    }
}

#[test]
fn deadlines_7_catches_a_message_that_never_begins() {
    is_caught_by::<DoesNotSayThatAMessageBegins>(Invariant::Deadlines);
}

#[derive(Default)]
struct RecordsOn;

impl Breakage for RecordsOn {
    fn output(&mut self, output: &mut Output) -> bool {
        !matches!(output, Output::RecordStop { .. })
    }
}

#[test]
fn recordings_that_outlive_their_leg_are_caught() {
    is_caught_by::<RecordsOn>(Invariant::Feasible);
}
