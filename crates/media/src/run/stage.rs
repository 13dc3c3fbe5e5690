//! A media plane whose time a test tells: one leg, no thread.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use perezvon_model::LegId;

use super::leg::Line;
use super::switch::Switch;
use super::{Command, Shared, prepare};
use crate::core::library::Library;
use crate::handle::{Events, MediaConfig, MediaEvent, RemoteRtp};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub fn leg_id() -> LegId {
    "00000000-0000-0000-0000-000000000001".parse().expect("an id")
}

pub struct Stage {
    pub switch: Switch,
    events: Receiver<MediaEvent>,
    _shared: Arc<Shared>,
}

impl Stage {
    pub fn new() -> Stage {
        let (sender, events) = channel();
        let told: Events = Arc::new(move |event| {
            let _ = sender.send(event);
        });
        let first = 42_000 + (std::process::id() % 200) as u16 * 20;
        let config = MediaConfig {
            bind_ip: LOCALHOST,
            public_ip: LOCALHOST,
            rtp_ports: first..=first + 999,
            webrtc_port: 0,
            library: Arc::new(Library::new([].into_iter())),
        };
        let (mut switch, _, shared, _) = prepare(config, told).expect("a media plane");
        let sockets = Box::new(shared.ports.open().expect("ports"));
        switch.command(Command::OpenRtp { leg: leg_id(), sockets });
        Stage { switch, events, _shared: shared }
    }

    pub fn start(&mut self, remote: RemoteRtp) {
        self.switch.command(Command::StartRtp { leg: leg_id(), remote });
    }

    pub fn index(&self) -> usize {
        self.switch.by_id[&leg_id()]
    }

    pub fn rtp_addr(&self) -> SocketAddr {
        match &self.switch.legs[self.index()].line {
            Line::Rtp(line) => line.sockets.rtp.local_addr().expect("address"),
            Line::Browser { .. } => panic!("a browser"),
        }
    }

    /// Lets time pass and looks after the legs.
    pub fn pass(&mut self, time: Duration) {
        self.switch.now += time;
        self.switch.sweep_legs();
    }

    pub fn told(&self) -> Vec<MediaEvent> {
        self.events.try_iter().collect()
    }
}
