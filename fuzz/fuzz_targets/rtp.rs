//! Any datagrams on an RTP or RTCP port: all that the media thread does with them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| perezvon_media::fuzzing::datagrams(bytes));
