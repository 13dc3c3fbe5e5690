//! The RTP header, read and written in place (RFC 3550 section 5.1).

pub const HEADER_LEN: usize = 12;
/// The largest datagram taken: an Ethernet frame with room to spare.
pub const MAX_DATAGRAM: usize = 2_048;

/// A received header and where its payload lies in the datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    pub payload_type: u8,
    pub marker: bool,
    pub seq: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Start and end of the payload, after contributing sources and extension, before padding.
    pub start: usize,
    pub end: usize,
}

/// Reads a datagram, or `None` when it is not RTP version 2 or its lengths do not hold together.
pub fn parse(datagram: &[u8]) -> Option<Packet> {
    if datagram.len() < HEADER_LEN || datagram[0] >> 6 != 2 {
        return None;
    }
    let has_padding = datagram[0] & 0x20 != 0;
    let has_extension = datagram[0] & 0x10 != 0;
    let sources = usize::from(datagram[0] & 0x0F);
    let mut start = HEADER_LEN + 4 * sources;
    if has_extension {
        let length = datagram.get(start + 2..start + 4)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    let mut end = datagram.len();
    if has_padding {
        let padding = usize::from(datagram[end - 1]);
        if padding == 0 {
            return None;
        }
        end = end.checked_sub(padding)?;
    }
    if start > end {
        return None;
    }
    Some(Packet {
        payload_type: datagram[1] & 0x7F,
        marker: datagram[1] & 0x80 != 0,
        seq: u16::from_be_bytes([datagram[2], datagram[3]]),
        timestamp: u32::from_be_bytes([datagram[4], datagram[5], datagram[6], datagram[7]]),
        ssrc: u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]),
        start,
        end,
    })
}

/// A datagram whose second byte lies in 192..=223 is RTCP, by the rule for shared ports (RFC 5761 section 4).
pub fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.len() >= 8 && datagram[0] >> 6 == 2 && (192..=223).contains(&datagram[1])
}

/// Writes a plain header: no padding, no extension, no contributing sources.
pub fn write_header(
    header: &mut [u8; HEADER_LEN],
    payload_type: u8,
    marker: bool,
    seq: u16,
    timestamp: u32,
    ssrc: u32,
) {
    header[0] = 0x80;
    header[1] = payload_type & 0x7F | if marker { 0x80 } else { 0 };
    header[2..4].copy_from_slice(&seq.to_be_bytes());
    header[4..8].copy_from_slice(&timestamp.to_be_bytes());
    header[8..12].copy_from_slice(&ssrc.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_with_sources_extension_and_padding_gives_the_bare_payload() {
        let mut datagram = vec![0x80 | 0x20 | 0x10 | 2, 0x80, 0x12, 0x34, 0, 0, 0, 9, 1, 2, 3, 4];
        datagram.extend([0; 8]); // two contributing sources
        datagram.extend([0xBE, 0xDE, 0, 1, 5, 5, 5, 5]); // one word of extension
        datagram.extend([7, 7, 7]);
        datagram.extend([0, 0, 3]); // padding of three bytes
        let packet = parse(&datagram).unwrap();
        assert_eq!(&datagram[packet.start..packet.end], [7, 7, 7]);
        assert!(packet.marker);
        assert_eq!(
            (packet.payload_type, packet.seq, packet.timestamp, packet.ssrc),
            (0, 0x1234, 9, 0x0102_0304)
        );
    }

    #[test]
    fn lengths_that_do_not_hold_together_are_refused() {
        let header = [0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1];
        assert!(parse(&header).is_some(), "an empty payload is legal");
        assert!(parse(&header[..11]).is_none(), "short header");
        let with_first = |first: u8, rest: &[u8]| [&[first], &header[1..], rest].concat();
        assert!(parse(&with_first(0x40, &[])).is_none(), "version 1");
        assert!(parse(&with_first(0x8F, &[0; 8])).is_none(), "fewer sources than counted");
        assert!(parse(&with_first(0x90, &[0, 0, 0xFF, 0xFF])).is_none(), "extension past the end");
        assert!(parse(&with_first(0xA0, &[1, 2, 0])).is_none(), "padding of nothing");
        assert!(parse(&with_first(0xA0, &[1, 2, 200])).is_none(), "padding past the start");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic_and_within_bounds(
            datagram in proptest::collection::vec(any::<u8>(), 0..400)
        ) {
            if let Some(packet) = parse(&datagram) {
                prop_assert!(packet.start >= HEADER_LEN && packet.start <= packet.end);
                prop_assert!(packet.end <= datagram.len());
            }
            is_rtcp(&datagram);
        }

        #[test]
        fn what_is_written_is_read_back(
            payload_type in 0u8..128, marker: bool, seq: u16, timestamp: u32, ssrc: u32
        ) {
            let mut header = [0; HEADER_LEN];
            write_header(&mut header, payload_type, marker, seq, timestamp, ssrc);
            let packet = Packet { payload_type, marker, seq, timestamp, ssrc, start: 12, end: 12 };
            prop_assert_eq!(parse(&header), Some(packet));
        }
    }
}
