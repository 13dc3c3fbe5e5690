//! Symmetric RTP: where a leg's packets come from is where its packets go (RFC 4961), learned with care.
//!
//! The address of the SDP is preferred. Behind a NAT it is wrong, and then the sound comes from where the signalling
//! comes from, or from another port of the host that the SDP names. No other host is ever followed: whoever finds the
//! port of a call would hear it. Behind those hosts there may be more than the party, so for a short while the SDP
//! address may still take the place of a source that came first, and after that nobody may.

use std::net::{IpAddr, SocketAddr};

/// Packets of a source that is not the SDP address before it is locked: one second of sound.
const TENTATIVE_PACKETS: u32 = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing has come since the last SDP.
    Open,
    /// A source other than the SDP address sends; the SDP address may still take over.
    Tentative {
        from: SocketAddr,
        packets: u32,
    },
    Locked {
        from: SocketAddr,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// From the party.
    Accept,
    /// From the party, whose address is now this one.
    AcceptMoved,
    /// From someone else.
    Refuse,
}

/// The latch of one leg.
#[derive(Clone, Copy, Debug)]
pub struct Latch {
    sdp: SocketAddr,
    /// Where the party's signalling comes from.
    signalled_from: IpAddr,
    state: State,
    target: SocketAddr,
}

impl Latch {
    pub fn new(sdp: SocketAddr, signalled_from: IpAddr) -> Latch {
        Latch { sdp, signalled_from, state: State::Open, target: sdp }
    }

    /// A new SDP opens the latch again. Packets go on to the learned address when the SDP names the same one as before.
    pub fn reopen(&mut self, sdp: SocketAddr, signalled_from: IpAddr) {
        if sdp != self.sdp {
            self.target = sdp;
        }
        self.sdp = sdp;
        self.signalled_from = signalled_from;
        self.state = State::Open;
    }

    /// Where to send to.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// Judges the source of a packet that is valid RTP of the leg's payload types.
    pub fn judge(&mut self, from: SocketAddr) -> Verdict {
        match self.state {
            State::Locked { from: locked } => {
                if from == locked {
                    Verdict::Accept
                } else {
                    Verdict::Refuse
                }
            }
            State::Open | State::Tentative { .. } if from == self.sdp => {
                self.state = State::Locked { from };
                self.moved_to(from)
            }
            State::Open if !self.is_host_of_party(from) => Verdict::Refuse,
            State::Open => {
                self.state = State::Tentative { from, packets: 1 };
                self.moved_to(from)
            }
            State::Tentative { from: first, packets } => {
                if from != first {
                    return Verdict::Refuse;
                }
                self.state = if packets + 1 >= TENTATIVE_PACKETS {
                    State::Locked { from }
                } else {
                    State::Tentative { from, packets: packets + 1 }
                };
                Verdict::Accept
            }
        }
    }

    fn is_host_of_party(&self, from: SocketAddr) -> bool {
        // A socket of both families writes an IPv4 address as an IPv6 one.
        let from = from.ip().to_canonical();
        from == self.sdp.ip().to_canonical() || from == self.signalled_from.to_canonical()
    }

    fn moved_to(&mut self, from: SocketAddr) -> Verdict {
        if self.target == from {
            return Verdict::Accept;
        }
        self.target = from;
        Verdict::AcceptMoved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn the_sdp_address_locks_at_once_and_strangers_are_refused() {
        let mut latch = Latch::new(addr(1), addr(1).ip());
        assert_eq!(latch.judge(addr(1)), Verdict::Accept);
        assert_eq!(latch.judge(addr(2)), Verdict::Refuse);
        assert_eq!(latch.target(), addr(1));
    }

    #[test]
    fn a_party_behind_a_nat_is_followed_and_then_locked() {
        let mut latch = Latch::new(addr(1), addr(1).ip());
        assert_eq!(latch.judge(addr(2)), Verdict::AcceptMoved);
        assert_eq!(latch.target(), addr(2));
        assert_eq!(latch.judge(addr(3)), Verdict::Refuse, "a different source may latch only once");
        for _ in 0..TENTATIVE_PACKETS {
            assert_eq!(latch.judge(addr(2)), Verdict::Accept);
        }
        assert_eq!(latch.judge(addr(1)), Verdict::Refuse, "locked, even against the SDP address");
    }

    #[test]
    fn a_strangers_early_packet_does_not_keep_the_party_out() {
        let mut latch = Latch::new(addr(1), addr(1).ip());
        latch.judge(addr(9));
        assert_eq!(latch.judge(addr(1)), Verdict::AcceptMoved);
        assert_eq!(latch.judge(addr(9)), Verdict::Refuse);
        assert_eq!(latch.target(), addr(1));
    }

    #[test]
    fn a_re_invite_opens_the_latch_again() {
        let mut latch = Latch::new(addr(1), addr(1).ip());
        latch.judge(addr(2));
        latch.reopen(addr(1), addr(1).ip());
        assert_eq!(latch.target(), addr(2), "the same SDP keeps the learned address meanwhile");
        assert_eq!(latch.judge(addr(3)), Verdict::AcceptMoved);
        latch.reopen(addr(4), addr(4).ip());
        assert_eq!(latch.target(), addr(4), "a new SDP address is used at once");
    }

    #[test]
    fn only_the_hosts_of_the_sdp_and_of_the_signalling_are_followed() {
        let outer: SocketAddr = "198.51.100.7:40000".parse().unwrap();
        let stranger: SocketAddr = "203.0.113.9:4000".parse().unwrap();
        let inner: SocketAddr = "10.0.0.5:4000".parse().unwrap();
        let mut latch = Latch::new(inner, outer.ip());
        for _ in 0..2 * TENTATIVE_PACKETS {
            assert_eq!(latch.judge(stranger), Verdict::Refuse);
        }
        assert_eq!(latch.target(), inner, "a stranger gets nothing, however often it sends");
        assert_eq!(latch.judge(outer), Verdict::AcceptMoved, "a phone behind a NAT");
        assert_eq!(latch.target(), outer);
        latch.reopen(inner, stranger.ip());
        assert_eq!(latch.judge(outer), Verdict::Refuse, "the signalling has moved");
    }
}
