//! CPU of the media thread per packet: `cargo bench -p perezvon-media --bench relay -- [calls] [seconds] [relay|record|music]`.
//!
//! The generator runs in another process, so that only the media's CPU is counted; it is this program started again.

use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use perezvon_media::core::rtp::{HEADER_LEN, write_header};
use perezvon_media::{Begin, Codec, Library, Media, MediaConfig, RemoteRtp};
use perezvon_model::id::IdMaker;
use perezvon_model::prompt::Prompt;
use perezvon_model::{LegId, PlayId, RecordingId, UtcMs};

fn main() {
    // Cargo adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.first().is_some_and(|arg| arg == "generate") {
        generate();
        return;
    }
    let calls: usize = args.first().and_then(|arg| arg.parse().ok()).unwrap_or(200);
    let seconds: u64 = args.get(1).and_then(|arg| arg.parse().ok()).unwrap_or(10);
    let work = args.get(2).cloned().unwrap_or_else(|| "relay".to_owned());
    measure(calls, seconds, &work);
}

fn measure(calls: usize, seconds: u64, work: &str) {
    let localhost = [127, 0, 0, 1].into();
    let music: Vec<u8> = (0..80_000).map(|n| (n * 7 % 251) as u8).collect();
    let config = MediaConfig {
        bind_ip: localhost,
        public_ip: localhost,
        rtp_ports: 20_000..=29_999,
        webrtc_port: 0,
        library: Arc::new(Library::new([("music/hold".to_owned(), music.into())].into_iter())),
    };
    let media = Media::start(config, Arc::new(|_| {})).expect("media starts");
    let mut ids = IdMaker::new(1);
    let mut generator = Command::new(std::env::current_exe().expect("our own path"))
        .arg("generate")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the generator starts");
    let mut input = generator.stdin.take().expect("piped");
    let mut output = generator.stdout.take().expect("piped");
    let legs: Vec<LegId> = (0..2 * calls).map(|_| ids.next(UtcMs(1))).collect();
    input.write_all(&(legs.len() as u32).to_le_bytes()).expect("written");
    input.write_all(&[u8::from(work == "music")]).expect("written");
    for leg in &legs {
        let addr = media.open_rtp(*leg).expect("a port");
        input.write_all(&addr.port().to_le_bytes()).expect("written");
        let mut port = [0; 2];
        output.read_exact(&mut port).expect("the generator's port");
        media.start_rtp(
            *leg,
            RemoteRtp {
                addr: SocketAddr::new(localhost, u16::from_le_bytes(port)),
                signalled_from: localhost,
                codec: Codec::Pcmu,
                dtmf_payload: None,
                send: true,
                receive: true,
                begin: Begin::AtOnce,
            },
        );
    }
    let folder = std::env::temp_dir().join(format!("perezvon-bench-{}", std::process::id()));
    let recordings: Vec<RecordingId> = (0..calls).map(|_| ids.next(UtcMs(1))).collect();
    for (pair, recording) in legs.chunks_exact(2).zip(&recordings) {
        match work {
            "music" => {
                for leg in pair {
                    media.play(*leg, ids.next::<PlayId>(UtcMs(1)), vec![Prompt::Music], true);
                }
            }
            _ => media.bridge(pair[0], pair[1]),
        }
        if work == "record" {
            media.record_start(*recording, pair[0], folder.join(format!("{recording}.wav")));
        }
    }
    std::thread::sleep(Duration::from_secs(2));
    let (cpu, before, start) = (cpu_us(), media.counters(), Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let (cpu, after, took) = (cpu_us() - cpu, media.counters(), start.elapsed().as_secs_f64());
    let (received, sent) = (after.packets_in - before.packets_in, after.packets_out - before.packets_out);
    let call_minutes = calls as f64 * took / 60.0;
    println!(
        "{work}: {calls} calls, {took:.1} s, {received} in, {sent} out, {} dropped, {} send errors, {} wakes",
        after.packets_dropped - before.packets_dropped,
        after.send_errors - before.send_errors,
        after.wakes - before.wakes,
    );
    println!(
        "  {:.2} us CPU per packet sent on, {:.2} per packet operation, {:.4} CPU s per call-minute",
        cpu as f64 / sent.max(1) as f64,
        cpu as f64 / (received + sent).max(1) as f64,
        cpu as f64 / 1e6 / call_minutes,
    );
    if work == "record" {
        let cpu = cpu_us();
        for recording in &recordings {
            media.record_stop(*recording);
        }
        let opus = |folder: &std::path::Path| {
            let files = std::fs::read_dir(folder).expect("the folder of recordings");
            files
                .filter(|file| {
                    file.as_ref().is_ok_and(|file| file.path().extension() == Some("opus".as_ref()))
                })
                .count()
        };
        let deadline = Instant::now() + Duration::from_secs(120);
        let _ = generator.kill();
        while opus(&folder) < calls && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(100));
        }
        let minutes = calls as f64 * (took + 2.0) / 60.0;
        println!("  sealing: {:.4} CPU s per call-minute", (cpu_us() - cpu) as f64 / 1e6 / minutes);
    }
    let _ = generator.kill();
    let _ = generator.wait();
    drop(media);
    let _ = std::fs::remove_dir_all(folder);
}

/// User and system time of this process.
fn cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let after_name = stat.rsplit(") ").next().expect("the name is in brackets");
    let fields: Vec<u64> =
        after_name.split(' ').skip(11).take(2).map(|field| field.parse().unwrap_or(0)).collect();
    // In ticks of 10 ms.
    fields.iter().sum::<u64>() * 10_000
}

/// Sends a packet to each leg every 20 ms, spread over the beat, and takes what comes back.
fn generate() {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut count = [0; 4];
    input.read_exact(&mut count).expect("the number of legs");
    let mut listens_only = [0; 1];
    input.read_exact(&mut listens_only).expect("the kind of work");
    let mut legs = Vec::new();
    for n in 0..u32::from_le_bytes(count) {
        let mut port = [0; 2];
        input.read_exact(&mut port).expect("a port");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_nonblocking(true).expect("it can");
        socket.connect(("127.0.0.1", u16::from_le_bytes(port))).expect("it can");
        let own = socket.local_addr().expect("bound").port();
        output.write_all(&own.to_le_bytes()).expect("written");
        output.flush().expect("written");
        legs.push((socket, n));
    }
    let start = Instant::now();
    let mut datagram = [0x55; HEADER_LEN + 160];
    let mut buffer = [0; 2_048];
    for beat in 0u32.. {
        for (part, legs) in legs.chunks(legs.len().div_ceil(10).max(1)).enumerate() {
            let due = start + Duration::from_millis(20) * beat + Duration::from_millis(2) * part as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            for (socket, ssrc) in legs {
                let header = datagram.first_chunk_mut().expect("longer than a header");
                write_header(header, 0, beat == 0, beat as u16, beat.wrapping_mul(160), *ssrc);
                if listens_only[0] == 0 {
                    // The media may be gone already at the end.
                    let _ = socket.send(&datagram);
                }
                while socket.recv(&mut buffer).is_ok() {}
            }
        }
    }
}
