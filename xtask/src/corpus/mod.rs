//! `cargo xtask corpus`: real Windows programs, compared with their Linux builds.

mod compare;
mod fetch;
mod generate;
mod manifest;
mod process;
mod report;
mod run;
mod step;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::TaskResult;
use crate::metadata::workspace_root;
use manifest::Manifest;

/// The corpus' tasks.
#[derive(Subcommand)]
pub(crate) enum CorpusTask {
    /// Downloads the packages of the manifest, checks their hashes and unpacks them into target/corpus.
    Fetch,
    /// Runs the cases and prints a table; fails when a case fails.
    Run {
        /// Only the cases whose name contains one of these words.
        names: Vec<String>,
        /// The command that runs a Windows program; `target/release/exeunt` unless given.
        #[arg(long)]
        runner: Option<String>,
        /// How often each case runs; the shortest time of each side counts.
        #[arg(long, default_value_t = 3)]
        repeat: u32,
        /// Seconds after which a program of a case is killed.
        #[arg(long, default_value_t = 120)]
        time_limit: u64,
        /// Leaves out the cases whose packages are not fetched, instead of failing.
        #[arg(long)]
        skip_missing: bool,
        /// Prints the results as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Writes the table of the last run into README.md, between its corpus markers.
    Report,
}

/// Runs one of the corpus' tasks.
pub(crate) fn run(task: CorpusTask) -> TaskResult {
    let manifest = Manifest::load(&corpus_folder().join("corpus.toml"))?;
    match task {
        CorpusTask::Fetch => fetch::fetch(&manifest),
        CorpusTask::Run { names, runner, repeat, time_limit, skip_missing, json } => {
            let runner = runner_command(runner)?;
            let options = run::Options { names, runner, repeat: repeat.max(1), time_limit, skip_missing, json };
            run::run(&manifest, &options)
        }
        CorpusTask::Report => report::write_readme(&manifest),
    }
}

/// The folder of the manifest and of the inputs.
fn corpus_folder() -> PathBuf {
    workspace_root().join("corpus")
}

/// Where packages, work folders and results go; never committed.
fn target_folder() -> PathBuf {
    workspace_root().join("target/corpus")
}

/// The words of the runner's command, the first of them an absolute path if it names a file.
fn runner_command(runner: Option<String>) -> Result<Vec<String>, String> {
    let Some(command) = runner else {
        let exeunt = workspace_root().join("target/release/exeunt");
        if !exeunt.is_file() {
            return Err(format!("{} is missing: cargo build --release, or name another --runner", exeunt.display()));
        }
        return Ok(vec![exeunt.to_string_lossy().into_owned()]);
    };
    let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let program = words.first_mut().ok_or("--runner is empty")?;
    if program.contains('/') {
        let path = Path::new(program).canonicalize().map_err(|error| format!("--runner {program}: {error}"))?;
        *program = path.to_string_lossy().into_owned();
    }
    Ok(words)
}
