//! `perezvon replay`: the journal's inputs once more through the engine, and the first difference from what the journal
//! holds (docs/replay.md). Reads the database beside a running server and writes nothing.

mod compare;
mod play;
mod range;
mod report;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use perezvon_model::UtcMs;
use perezvon_store::{Db, Limits, ListedRun, Tenant, TenantDb};

use crate::admin::bad;
use crate::clock::now;
use crate::settings::Settings;
use compare::Comparison;
use play::Player;
use range::Range;
use report::{Report, RunReport, Verdict};

/// Batches in memory at once; one holds up to 1 MiB of inputs.
const PAGE: u32 = 32;
/// How often the terminal is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub struct Replay {
    /// Id or name of the company
    #[arg(long)]
    tenant: String,
    /// Date or time in the company's time zone, such as 2026-11-21 or 2026-11-21T09:30; a day before `--to` by default
    #[arg(long)]
    from: Option<String>,
    /// Date, whose end is meant, or time; now by default
    #[arg(long)]
    to: Option<String>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

/// 0: the same. 1: a difference, or inputs that cannot be followed to the end. 2: nothing could be compared.
pub fn run(replay: &Replay) -> ExitCode {
    match carry_out(replay) {
        Ok(report) => {
            if replay.json {
                println!("{}", report.json());
            } else {
                print!("{report}");
            }
            match report.verdict {
                Verdict::Same => ExitCode::SUCCESS,
                Verdict::Different | Verdict::Incomplete => ExitCode::from(1),
            }
        }
        Err(error) => {
            crate::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn carry_out(replay: &Replay) -> anyhow::Result<Report> {
    let settings = Settings::load()?;
    crate::start::log_to_stderr("warn");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let db = Db::open_to_read(&settings.database_url, Limits::default()).await?;
        let report = of_company(&db, replay).await;
        db.close().await;
        report
    })
}

async fn of_company(db: &Db, replay: &Replay) -> anyhow::Result<Report> {
    let company = company(db.tenants().await?, &replay.tenant)?;
    let range = Range::read(&company.time_zone, replay.from.as_deref(), replay.to.as_deref(), now())?;
    let tenant = db.tenant(&crate::admin::scope(company.id));
    let listed = tenant.input_runs(UtcMs(i64::MAX)).await?;
    let kept_since = listed.first().map(|first| first.run.started_at);
    let runs: Vec<ListedRun> = listed.into_iter().filter(|listed| range.meets(listed)).collect();
    if runs.is_empty() {
        let kept = kept_since.map_or("none are kept at all".to_owned(), |at| {
            format!("the oldest that are kept are from {}", range.clock(at))
        });
        return Err(bad(format!(
            "no inputs of {} from {} to {}; {kept}",
            company.name,
            range.clock(range.from),
            range.clock(range.to)
        )));
    }
    let mut report = Report::new(&company, range);
    let mut progress = Progress::new();
    for listed in runs {
        let run = follow(&tenant, listed, &mut report, &mut progress).await?;
        report.runs.push(run);
    }
    progress.over();
    report.conclude();
    Ok(report)
}

fn company(all: Vec<Tenant>, wanted: &str) -> anyhow::Result<Tenant> {
    let fits = |tenant: &Tenant| tenant.id.to_string() == wanted || tenant.name == wanted;
    let names: Vec<String> = all.iter().map(|tenant| format!("{} ({})", tenant.name, tenant.id)).collect();
    let mut found = all.into_iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(bad(format!("several companies are called {wanted}; give the id"))),
        (None, _) => Err(bad(format!("there is no company {wanted}; there are: {}", names.join(", ")))),
    }
}

/// Plays one run from its beginning to the end of the range.
async fn follow(
    tenant: &TenantDb,
    listed: ListedRun,
    report: &mut Report,
    progress: &mut Progress,
) -> anyhow::Result<RunReport> {
    let mut own = RunReport::new(&listed, &report.range);
    let mut player = match Player::new(&listed.run) {
        Ok(player) => player,
        Err(broken) => {
            own.broken = Some(broken.to_string());
            return Ok(own);
        }
    };
    let mut comparison = Comparison::new(listed.run.id, report.range.clone());
    let mut after = 0;
    'run: loop {
        let page = tenant.input_page(listed.run.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.first;
        for batch in &page {
            if batch.began_at >= report.range.to {
                break 'run;
            }
            let begun = cpu();
            let played = player.play(batch);
            report.cpu += cpu().saturating_sub(begun);
            let stored = tenant.journal_lines(batch).await?;
            match played {
                Ok(made) => comparison.compare(batch, stored, made),
                Err(broken) => {
                    own.broken = Some(broken.to_string());
                    break 'run;
                }
            }
            progress.tell(report.inputs + player.played(), || report.range.clock(batch.ended_at));
        }
    }
    own.inputs = player.played();
    report.inputs += own.inputs;
    own.take(comparison, report);
    Ok(own)
}

/// CPU time of this thread, which the engine runs on.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// How far it is, on one line of a terminal; nothing elsewhere.
struct Progress {
    shown: bool,
    told: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal(), told: Instant::now() }
    }

    fn tell(&mut self, inputs: u64, until: impl Fn() -> String) {
        if self.shown && self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            eprint!("\r{inputs} inputs, {}\x1b[K", until());
        }
    }

    fn over(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
