//! G.711: tables between A-law, mu-law and linear samples (ITU-T G.711).

/// The sound codings that legs speak. Their payload types are static (RFC 3551 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Mu-law, payload type 0.
    Pcmu,
    /// A-law, payload type 8.
    Pcma,
}

impl Codec {
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }

    pub fn from_payload_type(payload_type: u8) -> Option<Codec> {
        match payload_type {
            0 => Some(Codec::Pcmu),
            8 => Some(Codec::Pcma),
            1..=7 | 9.. => None,
        }
    }

    /// The byte that is silence.
    pub fn silence(self) -> u8 {
        match self {
            Codec::Pcmu => ULAW_SILENCE,
            Codec::Pcma => ALAW_SILENCE,
        }
    }

    /// The table from this coding to another, or `None` when they are the same.
    pub fn table_to(self, to: Codec) -> Option<&'static [u8; 256]> {
        match (self, to) {
            (Codec::Pcmu, Codec::Pcmu) | (Codec::Pcma, Codec::Pcma) => None,
            (Codec::Pcmu, Codec::Pcma) => Some(&ULAW_TO_ALAW),
            (Codec::Pcma, Codec::Pcmu) => Some(&ALAW_TO_ULAW),
        }
    }
}

pub const ULAW_SILENCE: u8 = 0xFF;
pub const ALAW_SILENCE: u8 = 0xD5;

pub static ULAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = ulaw_to_linear(code as u8);
        code += 1;
    }
    table
};

pub static ALAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = alaw_to_linear(code as u8);
        code += 1;
    }
    table
};

pub static ULAW_TO_ALAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = linear_to_alaw(ulaw_to_linear(code as u8));
        code += 1;
    }
    table
};

pub static ALAW_TO_ULAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = linear_to_ulaw(alaw_to_linear(code as u8));
        code += 1;
    }
    table
};

/// Rewrites samples in place by a table.
pub fn transcode(samples: &mut [u8], table: &[u8; 256]) {
    for sample in samples {
        *sample = table[usize::from(*sample)];
    }
}

/// The offset that makes the eight mu-law segments start at powers of two (G.711 table 2a, in 16-bit scale).
const ULAW_BIAS: i32 = 0x84;
const ULAW_CLIP: i32 = 32_635;

const fn ulaw_to_linear(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let magnitude = ((((code & 0x0F) as i32) << 3) + ULAW_BIAS) << segment;
    let magnitude = magnitude - ULAW_BIAS;
    (if code & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

/// The nearest mu-law code of a 16-bit sample.
pub const fn linear_to_ulaw(sample: i16) -> u8 {
    let sign: u8 = if sample < 0 { 0x80 } else { 0 };
    let mut magnitude = (sample as i32).abs();
    if magnitude > ULAW_CLIP {
        magnitude = ULAW_CLIP;
    }
    magnitude += ULAW_BIAS;
    // The bias keeps the magnitude at 0x84 or more, so the segment is never negative.
    let segment = 24 - magnitude.leading_zeros() as i32;
    let step = (magnitude >> (segment + 3)) & 0x0F;
    !(sign | ((segment as u8) << 4) | step as u8)
}

const fn alaw_to_linear(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 7;
    let step = ((code & 0x0F) as i32) << 4;
    let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

/// The nearest A-law code of a 16-bit sample.
pub const fn linear_to_alaw(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample as i32) } else { (0, -(sample as i32) - 1) };
    let code = if magnitude < 256 {
        magnitude >> 4
    } else {
        let segment = 24 - magnitude.leading_zeros() as i32;
        (segment << 4) | ((magnitude >> (segment + 3)) & 0x0F)
    };
    (code as u8 | sign) ^ 0x55
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_of_the_standard_decode_to_its_values() {
        for (code, sample) in
            [(0x00, -32_124), (0x80, 32_124), (0xFF, 0), (0x7F, 0), (0xF0, 120), (0x70, -120)]
        {
            assert_eq!(ULAW_TO_LINEAR[code], sample, "mu-law {code:#x}");
        }
        for (code, sample) in [(0x55, -8), (0xD5, 8), (0x2A, -32_256), (0xAA, 32_256), (0x80, 5_504)] {
            assert_eq!(ALAW_TO_LINEAR[code], sample, "A-law {code:#x}");
        }
    }

    #[test]
    fn every_code_survives_a_trip_through_linear() {
        for code in 0..=255u8 {
            let back = linear_to_ulaw(ULAW_TO_LINEAR[usize::from(code)]);
            // Negative zero becomes positive zero.
            assert_eq!(back, if code == 0x7F { 0xFF } else { code });
            assert_eq!(linear_to_alaw(ALAW_TO_LINEAR[usize::from(code)]), code);
        }
    }

    #[test]
    fn transcoding_keeps_each_sample_within_one_step() {
        for code in 0..=255usize {
            let sample = i32::from(ULAW_TO_LINEAR[code]);
            let through = i32::from(ALAW_TO_LINEAR[usize::from(ULAW_TO_ALAW[code])]);
            assert!((sample - through).abs() <= 16 + sample.abs() / 24, "{sample} became {through}");
            let sample = i32::from(ALAW_TO_LINEAR[code]);
            let through = i32::from(ULAW_TO_LINEAR[usize::from(ALAW_TO_ULAW[code])]);
            assert!((sample - through).abs() <= 16 + sample.abs() / 24, "{sample} became {through}");
        }
    }

    #[test]
    fn encoding_is_nearest_enough_over_the_whole_range() {
        for sample in (i16::MIN..=i16::MAX).step_by(7) {
            let exact = i32::from(sample).clamp(-32_635, 32_635);
            let ulaw = i32::from(ULAW_TO_LINEAR[usize::from(linear_to_ulaw(sample))]);
            let alaw = i32::from(ALAW_TO_LINEAR[usize::from(linear_to_alaw(sample))]);
            assert!((exact - ulaw).abs() <= 8 + exact.abs() / 24, "{sample} became {ulaw}");
            assert!((exact - alaw).abs() <= 16 + exact.abs() / 24, "{sample} became {alaw}");
        }
    }
}
