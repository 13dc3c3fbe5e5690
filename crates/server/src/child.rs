//! The demo's life as a process of its own: started with the demo, ended with it.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use perezvon_demo::life::{self, LifeConfig};

use crate::settings::Settings;

const PASSWORD: &str = "PEREZVON_DEMO_PASSWORD";
const HTTP: &str = "PEREZVON_HTTP";
const SIP: &str = "PEREZVON_SIP";
const CALLS_AT_START: u32 = 4;

/// The running child; its standard input carries the controls, and its end ends the child.
pub struct Life {
    child: Mutex<Child>,
    controls: Mutex<ChildStdin>,
    calls_per_minute: AtomicU32,
}

impl Life {
    pub fn spawn(settings: &Settings, password: &str) -> anyhow::Result<Arc<Self>> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("demo-life")
            .env(PASSWORD, password)
            .env(HTTP, settings.http.to_string())
            .env(SIP, settings.sip.to_string())
            .stdin(Stdio::piped())
            .spawn()?;
        let controls =
            child.stdin.take().ok_or_else(|| anyhow::anyhow!("the child has no standard input"))?;
        Ok(Arc::new(Self {
            child: Mutex::new(child),
            controls: Mutex::new(controls),
            calls_per_minute: AtomicU32::new(CALLS_AT_START),
        }))
    }

    pub fn calls_per_minute(&self) -> u32 {
        self.calls_per_minute.load(Ordering::Relaxed)
    }

    pub fn set_calls_per_minute(&self, calls: u32) {
        self.calls_per_minute.store(calls, Ordering::Relaxed);
        // A child that has ended is said by `call_me`; the slider has nobody to tell.
        let _ = self.send(&serde_json::json!({ "calls_per_minute": calls }));
    }

    pub fn call_me(&self) -> Result<(), String> {
        self.send(&serde_json::json!({ "call_me": true }))
            .map_err(|_| "the simulated callers are not running; restart the demo".to_owned())
    }

    fn send(&self, line: &serde_json::Value) -> std::io::Result<()> {
        let mut controls =
            self.controls.lock().map_err(|_| std::io::Error::other("a control was cut short"))?;
        writeln!(controls, "{line}")?;
        controls.flush()
    }

    /// Ends the child and waits for it.
    pub fn stop(&self) {
        if let Ok(mut child) = self.child.lock() {
            // It may have ended by itself already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The child's own main.
pub fn run() -> anyhow::Result<()> {
    let read =
        |name: &str| std::env::var(name).map_err(|_| anyhow::anyhow!("{name} is missing; `demo` sets it"));
    crate::start::log_to_stderr("warn");
    let config = LifeConfig {
        http: read(HTTP)?.parse()?,
        sip: read(SIP)?.parse()?,
        password: read(PASSWORD)?,
        seed: 1,
        library: Arc::new(crate::library::sounds()),
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(life::run(config))?;
    Ok(())
}
