//! Perezvon, an open contact centre in one program: the command line and the order of starting and stopping.
//! It decides nothing about calls; the engine does.

mod admin;
mod child;
mod configuration;
mod journal_writer;
mod leg_map;
mod library;
mod measures;
mod recordings;
mod settings;
mod start;
mod tenant;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{SETTINGS, Settings};

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
    /// List every setting with its default and meaning
    Settings,
    /// The demo's simulated callers and agents; started by `demo` as a process of its own
    #[command(hide = true)]
    DemoLife,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Settings => {
            list_settings();
            Ok(())
        }
        Command::DemoLife => child::run(),
        command => Settings::load().map_err(anyhow::Error::from).and_then(|settings| {
            std::fs::create_dir_all(&settings.data).map_err(|error| {
                anyhow::anyhow!(
                    "cannot make the data folder {}: {error}; set PEREZVON_DATA to one that can be written",
                    settings.data.display()
                )
            })?;
            match command {
                Command::Serve => start::run(settings, start::Mode::Serve),
                Command::Demo => start::run(settings, start::Mode::Demo),
                Command::Admin(admin) => admin::run(settings, admin),
                Command::Settings | Command::DemoLife => Ok(()),
            }
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("perezvon: {error:#}");
            let bad_input = error.is::<settings::SettingsError>() || error.is::<admin::BadInput>();
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

fn list_settings() {
    for setting in SETTINGS {
        let default = if setting.default.is_empty() { "(empty)" } else { setting.default };
        println!("PEREZVON_{:<24}{default:<18}{}", setting.key.to_uppercase(), setting.meaning);
    }
}
