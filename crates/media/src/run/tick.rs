//! The beat of 20 ms for legs that play something or send digits; other legs have none.

use std::time::Duration;

use super::leg::{Line, Remote};
use super::switch::Switch;
use crate::core::dtmf::Step;
use crate::core::playlist::Frame;
use crate::core::rtp::HEADER_LEN;
use crate::core::{FRAME, SAMPLE_RATE};
use crate::handle::MediaEvent;

const TICK: Duration = Duration::from_millis(20);
/// Beats made up for after a late wake; more are left out rather than sent in a burst.
const MAX_LATE_TICKS: u32 = 3;

impl Switch {
    /// Puts a leg that has something to say on the beat.
    pub(super) fn want_tick(&mut self, index: usize) {
        let leg = &mut self.legs[index];
        if leg.has_tick || !leg.speaks_itself() {
            return;
        }
        leg.has_tick = true;
        if self.ticking.is_empty() {
            self.next_tick = self.now;
        }
        self.ticking.push(index);
    }

    pub(super) fn ticks(&mut self) {
        for _ in 0..MAX_LATE_TICKS {
            if self.now < self.next_tick {
                return;
            }
            self.next_tick += TICK;
            self.tick();
        }
        if self.now >= self.next_tick {
            self.next_tick = self.now + TICK;
        }
    }

    fn tick(&mut self) {
        let mut ticking = std::mem::take(&mut self.ticking);
        ticking.retain(|index| {
            self.tick_leg(*index);
            let leg = &mut self.legs[*index];
            leg.has_tick = leg.speaks_itself();
            leg.has_tick
        });
        self.ticking = ticking;
    }

    fn tick_leg(&mut self, index: usize) {
        let leg = &mut self.legs[index];
        if let Line::Rtp(line) = &leg.line
            && line.remote.as_ref().is_some_and(Remote::waits)
        {
            return;
        }
        match leg.digits.tick() {
            Step::Idle => self.tick_play(index),
            Step::Gap => {}
            Step::Packet { payload, first } => {
                // Browsers have no use for digits: nobody hears them there.
                let Line::Rtp(line) = &mut leg.line else { return };
                let Some(remote) = line.remote.filter(Remote::hears) else { return };
                let Some(payload_type) = remote.rtp.dtmf_payload else { return };
                if first {
                    leg.digit_timestamp = line.out.event_start(self.now);
                }
                let stamp = line.out.event(self.now, leg.digit_timestamp, first);
                let mut datagram = [0; HEADER_LEN + 4];
                datagram[HEADER_LEN..].copy_from_slice(&payload);
                let sent = line.send(payload_type, stamp, &mut datagram);
                self.count_sent(sent);
            }
        }
    }

    fn tick_play(&mut self, index: usize) {
        let clock = self.now_ms() * u64::from(SAMPLE_RATE) / 1_000;
        let codec = match &self.legs[index].line {
            // Until the leg is answered there is nobody to hear, and the list waits.
            Line::Rtp(line) => match line.remote {
                Some(remote) => remote.rtp.codec,
                None => return,
            },
            Line::Browser { agent } => self.browser_codec(*agent),
        };
        let leg = &mut self.legs[index];
        let Some(play) = &mut leg.play else { return };
        let mut datagram = [0; HEADER_LEN + FRAME];
        let frame = datagram.last_chunk_mut::<FRAME>().expect("a frame follows the header");
        let filled = play.list.fill(codec, clock, frame);
        if filled != Frame::Done {
            match &mut leg.line {
                Line::Rtp(line) => {
                    if line.remote.as_ref().is_some_and(Remote::hears) {
                        let stamp = line.out.own(self.now);
                        let sent = line.send(codec.payload_type(), stamp, &mut datagram);
                        self.count_sent(sent);
                    }
                }
                Line::Browser { agent } => {
                    let (agent, frame) = (*agent, *frame);
                    self.play_to_browser(index, agent, codec, &frame);
                }
            }
        }
        match filled {
            Frame::Filled => {}
            Frame::Last | Frame::Done => {
                let leg = &mut self.legs[index];
                if let Some(play) = leg.play.take() {
                    let leg = leg.id;
                    self.tell(MediaEvent::PlayDone { leg, play: play.id });
                }
            }
        }
    }
}
