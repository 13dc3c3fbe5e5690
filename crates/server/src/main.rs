//! Perezvon, an open contact centre in one program: the command line and the order of starting and stopping.
//! It decides nothing about calls; the engine does.

mod admin;
mod child;
mod clock;
mod configuration;
mod data_folder;
mod demo;
mod events;
mod http;
mod journal_writer;
mod leg_map;
mod library;
mod measures;
mod open_files;
mod recordings;
mod replay;
mod retention;
mod run_record;
mod settings;
mod signals;
mod sip_probe;
mod start;
mod tenant;
mod tenants;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::data_folder::DataFolder;
use crate::settings::Settings;

#[derive(Parser)]
#[command(name = "perezvon", version, about = "An open contact centre in one program", max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the companies of the database
    Serve,
    /// Serve with the demo company: customers call, agents answer, a month of history is there
    Demo,
    /// Make companies, users and numbers; reset passwords
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Make the decisions of a time once more from the journal's inputs and tell the first difference
    Replay(replay::Replay),
    /// List every setting: the value in force, where it comes from, and its meaning
    Settings,
    /// The demo's simulated callers and agents; started by `demo` as a process of its own
    #[command(hide = true)]
    DemoLife,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Settings => Settings::list().map_err(anyhow::Error::from).map(|list| print!("{list}")),
        Command::DemoLife => child::run(),
        Command::Serve => serve(start::Mode::Serve),
        Command::Demo => serve(start::Mode::Demo),
        Command::Replay(replay) => return replay::run(&replay),
        Command::Admin(admin) => prepared().and_then(|(settings, _)| admin::run(settings, admin)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            let bad_input = error.is::<settings::SettingsError>() || error.is::<admin::BadInput>();
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

/// One line, whatever a library has to say.
fn complain(error: &anyhow::Error) {
    eprintln!("perezvon: {}", format!("{error:#}").replace(['\r', '\n'], " "));
}

fn serve(mode: start::Mode) -> anyhow::Result<()> {
    let (settings, folder) = prepared()?;
    start::run(settings, mode, &folder)
}

fn prepared() -> anyhow::Result<(Settings, DataFolder)> {
    let settings = Settings::load()?;
    let folder = DataFolder::open(&settings)?;
    Ok((settings, folder))
}
