//! The wish to stop: the first SIGTERM or SIGINT ends the server in order, a second one at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// What a stop that was cut short ends with.
const CUT_SHORT: i32 = 1;

pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on signals no longer end the process by themselves.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Sets `wish` at the first signal and ends the process at the second; never returns.
    pub async fn carry(mut self, wish: watch::Sender<bool>) {
        let first = self.next().await;
        tracing::info!("stopping on {first}; once more stops at once");
        wish.send_replace(true);
        let second = self.next().await;
        eprintln!("perezvon: stopped at once on {second}; the next start closes what was open");
        std::process::exit(CUT_SHORT);
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
