//! Digits as telephone events (RFC 4733 section 2.3): each press comes many times and counts once.

use std::collections::VecDeque;

/// The most digits that wait to be sent on one leg.
pub const MAX_QUEUED_DIGITS: usize = 64;
/// Ticks of 20 ms for which a sent digit sounds; networks want 40 ms at least (ITU-T Q.24).
const TONE_TICKS: u16 = 5;
/// The end is sent three times (RFC 4733 section 2.5.1.4).
const END_PACKETS: u16 = 3;
/// Ticks of silence between digits.
const GAP_TICKS: u16 = 4;
/// -10 dBm0, as most phones send.
const VOLUME: u8 = 10;

/// The digit of an event number, or `None` for events that are no digits.
pub fn digit_of(event: u8) -> Option<char> {
    b"0123456789*#ABCD".get(usize::from(event)).map(|digit| char::from(*digit))
}

/// The event number of a digit.
pub fn event_of(digit: char) -> Option<u8> {
    "0123456789*#ABCD".chars().position(|known| known == digit.to_ascii_uppercase()).map(|at| at as u8)
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    ssrc: u32,
    timestamp: u32,
    event: u8,
    duration: u16,
    is_over: bool,
}

/// Hears one leg's presses.
#[derive(Clone, Debug, Default)]
pub struct DigitReceiver {
    last: Option<Heard>,
}

impl DigitReceiver {
    /// Takes one event packet; gives the digit when a press is heard for the first time.
    pub fn receive(&mut self, ssrc: u32, timestamp: u32, marker: bool, payload: &[u8]) -> Option<char> {
        let &[event, flags, high, low, ..] = payload else { return None };
        let digit = digit_of(event)?;
        let heard = Heard {
            ssrc,
            timestamp,
            event,
            duration: u16::from_be_bytes([high, low]),
            is_over: flags & 0x80 != 0,
        };
        if let Some(last) = &mut self.last
            && last.ssrc == ssrc
        {
            let later = timestamp.wrapping_sub(last.timestamp) as i32;
            if later == 0 {
                last.duration = last.duration.max(heard.duration);
                last.is_over |= heard.is_over;
                return None;
            }
            if later < 0 && later > -80_000 {
                return None; // a straggler of an earlier press
            }
            // A press of more than 8 s comes in segments, each starting where the one before ended
            // (RFC 4733 section 2.5.1.3).
            let is_segment =
                !marker && !last.is_over && last.event == event && later == i32::from(last.duration);
            if is_segment {
                *last = heard;
                return None;
            }
        }
        self.last = Some(heard);
        Some(digit)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this event packet; `first` of a press takes a new timestamp and the marker.
    Packet {
        payload: [u8; 4],
        first: bool,
    },
    /// Between two digits.
    Gap,
    Idle,
}

/// Sends digits on one leg, one step per 20 ms.
#[derive(Clone, Debug, Default)]
pub struct DigitSender {
    queue: VecDeque<u8>,
    /// The digit being sent and the ticks since it began.
    current: Option<(u8, u16)>,
}

impl DigitSender {
    /// Queues digits; what is no digit or finds no room is left out. Returns how many were taken.
    pub fn queue(&mut self, digits: &str) -> usize {
        let room = MAX_QUEUED_DIGITS - self.queue.len();
        let before = self.queue.len();
        self.queue.extend(digits.chars().filter_map(event_of).take(room));
        self.queue.len() - before
    }

    pub fn is_idle(&self) -> bool {
        self.current.is_none() && self.queue.is_empty()
    }

    /// One tick of 20 ms.
    pub fn tick(&mut self) -> Step {
        let (event, ticks) = match self.current {
            Some(current) => current,
            None => match self.queue.pop_front() {
                None => return Step::Idle,
                Some(event) => (event, 0),
            },
        };
        let next = ticks + 1;
        self.current = (next < TONE_TICKS + END_PACKETS + GAP_TICKS).then_some((event, next));
        if ticks >= TONE_TICKS + END_PACKETS {
            return Step::Gap;
        }
        let is_end = ticks >= TONE_TICKS;
        // The three end packets repeat one duration.
        let duration = (ticks.min(TONE_TICKS) + 1) * super::FRAME as u16;
        let [high, low] = duration.to_be_bytes();
        Step::Packet {
            payload: [event, VOLUME | if is_end { 0x80 } else { 0 }, high, low],
            first: ticks == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_press_counts_once_however_often_it_is_sent() {
        let mut receiver = DigitReceiver::default();
        let mut heard = Vec::new();
        for (timestamp, event) in [(1_000, 5), (3_000, 5), (5_000, 11)] {
            for (n, flags) in [(1u16, 10), (2, 10), (3, 10), (4, 0x8A), (4, 0x8A), (4, 0x8A)] {
                let [high, low] = (n * 160).to_be_bytes();
                heard.extend(receiver.receive(1, timestamp, n == 1, &[event, flags, high, low]));
            }
        }
        assert_eq!(heard, ['5', '5', '#']);
    }

    #[test]
    fn a_press_whose_first_packets_are_lost_still_counts_once() {
        let mut receiver = DigitReceiver::default();
        assert_eq!(receiver.receive(1, 7, false, &[1, 0x8A, 3, 0x20]), Some('1'));
        assert_eq!(receiver.receive(1, 7, false, &[1, 0x8A, 3, 0x20]), None);
    }

    #[test]
    fn stragglers_of_an_earlier_press_are_not_a_new_one() {
        let mut receiver = DigitReceiver::default();
        assert!(receiver.receive(1, 1_000, true, &[1, 0x0A, 0, 160]).is_some());
        assert!(receiver.receive(1, 4_000, true, &[2, 0x0A, 0, 160]).is_some());
        assert_eq!(receiver.receive(1, 1_000, false, &[1, 0x8A, 3, 32]), None);
        assert_eq!(receiver.receive(1, 4_000, false, &[2, 0x8A, 3, 32]), None);
    }

    #[test]
    fn a_long_press_in_segments_is_one_press() {
        let mut receiver = DigitReceiver::default();
        assert!(receiver.receive(1, 1_000, true, &[1, 0x0A, 0xFF, 0xFF]).is_some());
        assert_eq!(receiver.receive(1, 1_000 + 0xFFFF, false, &[1, 0x0A, 0, 160]), None);
    }

    #[test]
    fn sent_digits_are_heard_as_they_were_queued_with_three_ends_each() {
        let mut sender = DigitSender::default();
        assert_eq!(sender.queue("12x#d"), 4);
        let mut receiver = DigitReceiver::default();
        let (mut heard, mut ends, mut timestamp) = (String::new(), 0, 0);
        for tick in 0.. {
            match sender.tick() {
                Step::Idle => break,
                Step::Gap => {}
                Step::Packet { payload, first } => {
                    if first {
                        timestamp = tick * 160;
                    }
                    ends += u32::from(payload[1] & 0x80 != 0);
                    heard.extend(receiver.receive(1, timestamp, first, &payload));
                }
            }
        }
        assert_eq!((heard.as_str(), ends), ("12#D", 12));
    }

    #[test]
    fn the_queue_of_digits_is_bounded() {
        let mut sender = DigitSender::default();
        assert_eq!(sender.queue(&"7".repeat(1_000)), MAX_QUEUED_DIGITS);
        assert_eq!(sender.queue("7"), 0);
    }

    proptest! {
        #[test]
        fn any_payload_is_taken_without_panic(
            packets in proptest::collection::vec(
                (any::<u32>(), any::<u32>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..8)), 0..50)
        ) {
            let mut receiver = DigitReceiver::default();
            for (ssrc, timestamp, marker, payload) in packets {
                receiver.receive(ssrc, timestamp, marker, &payload);
            }
        }
    }
}
