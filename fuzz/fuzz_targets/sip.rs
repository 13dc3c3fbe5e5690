//! Any datagram on the SIP port: judged, answered, read as far as a call reads it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| perezvon_telephony::fuzzing::datagram(bytes));
