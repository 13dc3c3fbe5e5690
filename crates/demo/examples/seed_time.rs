//! How long the first start of the demo takes to make its company: `cargo run --release -p perezvon-demo --example
//! seed_time [sqlite:PATH | postgres://...]`. Without an address it is SQLite in a folder of its own.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use perezvon_demo::company::{Company, Credentials, Seeded, seed};
use perezvon_demo::history;
use perezvon_model::UtcMs;
use perezvon_store::{Db, Limits, StoreError};

fn main() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("perezvon-seed-time-{}", std::process::id()));
    let url =
        std::env::args().nth(1).unwrap_or_else(|| format!("sqlite:{}", folder.join("perezvon.db").display()));
    let measured = std::fs::create_dir_all(&folder)
        .map_err(|error| error.to_string())
        .and_then(|()| measure(&url).map_err(|error| error.to_string()));
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        eprintln!("{} stays behind: {error}", folder.display());
    }
    match measured {
        Ok((rows, generated, seeded)) => {
            println!(
                "{rows} journal rows: made in {generated:.1?}, company and rows written in {seeded:.1?}"
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn measure(url: &str) -> Result<(usize, Duration, Duration), StoreError> {
    /// 21 November 2026, 14:30 in Moscow.
    const NOW: UtcMs = UtcMs(1_795_260_600_000);
    let began = Instant::now();
    let rows = history::generate(1, NOW, &Company::plan()).map(|day| day.len()).sum();
    let generated = began.elapsed();
    let db = Db::open(url, Limits::default()).await?;
    let credentials =
        Credentials { password_hash: "not a hash".to_owned(), ha1: &|_| ("0".repeat(32), "0".repeat(64)) };
    let began = Instant::now();
    match seed(&db, &credentials, NOW).await? {
        Seeded::Made { .. } => {}
        Seeded::Present => eprintln!("the company was there already; give an empty database"),
    }
    let seeded = began.elapsed();
    db.close().await;
    Ok((rows, generated, seeded))
}
