//! Any session description: read, answered, accepted.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| perezvon_telephony::fuzzing::description(bytes));
