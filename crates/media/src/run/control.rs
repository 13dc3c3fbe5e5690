//! What each command does to the legs.

use perezvon_model::prompt::Prompt;
use perezvon_model::{LegId, PlayId, UserId};
use rustix::event::epoll;

use super::Command;
use super::leg::{Leg, Line, Play, Remote, RtpLine};
use super::ports::RtpSockets;
use super::switch::Switch;
use crate::core::latch::Latch;
use crate::core::playlist::Playlist;
use crate::handle::{Begin, RemoteRtp};

impl Switch {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::OpenRtp { leg, sockets } => self.open_rtp(leg, *sockets),
            Command::StartRtp { leg, remote } => self.start_rtp(leg, remote),
            Command::BeginRtp { leg } => self.begin_rtp(leg),
            Command::Close { leg } => self.close(leg),
            Command::Bridge { a, b } => self.bridge(a, b),
            Command::Unbridge { leg } => {
                if let Some(index) = self.find(leg) {
                    self.unbridge(index);
                }
            }
            Command::Play { leg, play, prompts, looped } => self.play(leg, play, &prompts, looped),
            Command::StopPlay { leg } => {
                if let Some(index) = self.find(leg) {
                    self.legs[index].play = None;
                }
            }
            Command::Mute { leg, on } => {
                if let Some(index) = self.find(leg) {
                    self.legs[index].muted = on;
                }
            }
            Command::SendDigits { leg, digits } => self.send_digits(leg, &digits),
            Command::RecordStart { recording, leg, path } => self.record_start(recording, leg, path),
            Command::RecordStop { recording } => self.record_stop(recording),
            Command::SealLeftOver { recording, path } => self.writer.seal_left_over(recording, path),
            Command::Peer { agent, rtc } => self.new_peer(agent, rtc),
            Command::AttachBrowser { leg, agent } => self.attach_browser(leg, agent),
            Command::CloseBrowser { agent } => self.close_browser(agent),
            Command::Stop => unreachable!("the loop takes it"),
        }
    }

    fn find(&self, leg: LegId) -> Option<usize> {
        let found = self.by_id.get(&leg).copied();
        if found.is_none() {
            // Commands may cross with the end of a call.
            tracing::debug!(%leg, "command for a leg that is not there");
        }
        found
    }

    fn add(&mut self, leg: LegId, line: Line) -> usize {
        self.close(leg);
        let index = self.legs.insert(Leg::new(leg, line));
        self.by_id.insert(leg, index);
        index
    }

    fn open_rtp(&mut self, leg: LegId, sockets: RtpSockets) {
        let line = RtpLine::new(sockets, self.now);
        let index = self.add(leg, Line::Rtp(Box::new(line)));
        let Line::Rtp(line) = &self.legs[index].line else { return };
        let flags = epoll::EventFlags::IN;
        let added = epoll::add(&self.epoll, &line.sockets.rtp, Switch::rtp_token(index), flags)
            .and_then(|()| epoll::add(&self.epoll, &line.sockets.rtcp, Switch::rtcp_token(index), flags));
        if let Err(error) = added {
            // The kernel's limit on watches: the leg stays and will be told as silent.
            tracing::error!(%error, %leg, "socket cannot be watched");
        }
    }

    fn start_rtp(&mut self, leg: LegId, rtp: RemoteRtp) {
        let Some(index) = self.find(leg) else { return };
        self.is_heard(index);
        let Line::Rtp(line) = &mut self.legs[index].line else { return };
        let latch = match line.remote {
            None => Latch::new(rtp.addr, rtp.signalled_from),
            Some(mut remote) => {
                remote.latch.reopen(rtp.addr, rtp.signalled_from);
                remote.latch
            }
        };
        line.remote = Some(Remote { rtp, latch });
        self.want_tick(index);
    }

    fn begin_rtp(&mut self, leg: LegId) {
        let Some(index) = self.find(leg) else { return };
        let Line::Rtp(line) = &mut self.legs[index].line else { return };
        if let Some(remote) = &mut line.remote {
            remote.rtp.begin = Begin::AtOnce;
        }
    }

    /// Ends a leg; its recording is sealed.
    pub(super) fn close(&mut self, leg: LegId) {
        let Some(index) = self.by_id.remove(&leg) else { return };
        self.unbridge(index);
        if let Some(recording) = self.legs[index].recording {
            self.finish_recording(recording);
        }
        let leg = self.legs.remove(index);
        self.ticking.retain(|ticking| *ticking != index);
        match leg.line {
            Line::Rtp(line) => {
                // Closing the sockets takes them out of the epoll.
                drop(line);
            }
            Line::Browser { agent } => {
                if let Some(attached) = self.attached.get_mut(&agent) {
                    attached.retain(|attached| *attached != index);
                    if attached.is_empty() {
                        self.attached.remove(&agent);
                    }
                }
            }
        }
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        let (Some(a), Some(b)) = (self.find(a), self.find(b)) else { return };
        if a == b {
            return;
        }
        self.unbridge(a);
        self.unbridge(b);
        for (index, other) in [(a, b), (b, a)] {
            let leg = &mut self.legs[index];
            leg.bridged = Some(other);
            if leg.play.as_ref().is_some_and(|play| play.list.is_endless()) {
                leg.play = None;
            }
        }
    }

    fn unbridge(&mut self, index: usize) {
        if let Some(other) = self.legs[index].bridged.take()
            && let Some(other) = self.legs.get_mut(other)
        {
            other.bridged = None;
        }
    }

    fn play(&mut self, leg: LegId, play: PlayId, prompts: &[Prompt], looped: bool) {
        let Some(index) = self.find(leg) else { return };
        let (list, missing) = Playlist::new(&self.library, prompts, looped);
        if !missing.is_empty() {
            tracing::warn!(%leg, ?missing, "prompts without a sound are left out");
        }
        self.legs[index].play = Some(Play { id: play, list });
        self.want_tick(index);
    }

    fn send_digits(&mut self, leg: LegId, digits: &str) {
        let Some(index) = self.find(leg) else { return };
        let taken = self.legs[index].digits.queue(digits);
        if taken < digits.chars().count() {
            tracing::warn!(%leg, taken, "digits left out: not digits, or too many wait");
        }
        self.want_tick(index);
    }

    fn attach_browser(&mut self, leg: LegId, agent: UserId) {
        let index = self.add(leg, Line::Browser { agent });
        self.attached.entry(agent).or_default().push(index);
    }
}
