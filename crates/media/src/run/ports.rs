//! Ports for RTP: pairs of an even port and the odd one above (RFC 3550 section 11).

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{IpAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::handle::MediaError;

/// The most pairs that are tried when another program holds some.
const MAX_TRIES: usize = 256;

/// The free even ports. Taken when a leg opens and closes, never by a packet.
#[derive(Debug)]
pub struct Ports {
    bind_ip: IpAddr,
    range: RangeInclusive<u16>,
    /// The port that was free longest comes first, so that stragglers of an old call seldom meet a new one.
    free: Mutex<VecDeque<u16>>,
}

/// The sockets of one leg; the port is free again when this goes.
#[derive(Debug)]
pub struct RtpSockets {
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
    port: u16,
    ports: Arc<Ports>,
}

impl Ports {
    pub fn new(bind_ip: IpAddr, range: RangeInclusive<u16>) -> Result<Ports, MediaError> {
        let (first, last) = (*range.start(), *range.end());
        let even = (first..last).filter(|port| port % 2 == 0 && *port != 0);
        let free: VecDeque<u16> = even.collect();
        if free.is_empty() {
            return Err(MediaError::PortRange { first, last });
        }
        Ok(Ports { bind_ip, range, free: Mutex::new(free) })
    }

    pub fn free(&self) -> usize {
        self.lock().len()
    }

    pub fn open(self: &Arc<Ports>) -> Result<RtpSockets, MediaError> {
        let exhausted = || MediaError::NoPort { first: *self.range.start(), last: *self.range.end() };
        for _ in 0..MAX_TRIES {
            let port = self.lock().pop_front().ok_or_else(exhausted)?;
            match self.bind_pair(port) {
                Ok((rtp, rtcp)) => return Ok(RtpSockets { rtp, rtcp, port, ports: self.clone() }),
                Err(error) => {
                    self.lock().push_back(port);
                    if error.kind() != ErrorKind::AddrInUse {
                        return Err(MediaError::Bind { ip: self.bind_ip, port, error });
                    }
                }
            }
        }
        Err(exhausted())
    }

    fn bind_pair(&self, port: u16) -> std::io::Result<(UdpSocket, UdpSocket)> {
        let rtp = UdpSocket::bind((self.bind_ip, port))?;
        let rtcp = UdpSocket::bind((self.bind_ip, port + 1))?;
        rtp.set_nonblocking(true)?;
        rtcp.set_nonblocking(true)?;
        Ok((rtp, rtcp))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u16>> {
        // A queue of numbers is whole at any moment.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RtpSockets {
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for RtpSockets {
    fn drop(&mut self) {
        self.ports.lock().push_back(self.port);
    }
}
