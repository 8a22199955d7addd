//! Development tasks: `cargo xtask --help` lists them.

mod codegen;
mod corpus;
mod metadata;
mod new_shim;
#[cfg(test)]
mod signatures;

use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

/// What every task returns; the error is the message the user reads.
type TaskResult = Result<(), Box<dyn std::error::Error>>;

/// Development tasks of exeunt.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes the tables of status codes, made from Microsoft's metadata, to abi/src/generated.
    Codegen {
        /// Writes nothing; fails when a generated file is not up to date.
        #[arg(long)]
        check: bool,
    },
    /// Prints the skeleton of a shim, from Microsoft's metadata.
    NewShim {
        /// The DLL a program imports it from: kernel32.
        dll: String,
        /// The function, as Microsoft spells it: CreateFileW.
        function: String,
    },
    /// Compares every shim's parameters with Microsoft's metadata.
    Signatures,
    /// Runs real Windows programs and compares them with their Linux builds.
    #[command(subcommand)]
    Corpus(corpus::CorpusTask),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::NewShim { dll, function } => new_shim::run(&dll, &function),
        Task::Signatures => run_signature_tests(),
        Task::Corpus(task) => corpus::run(task),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The comparison is a test, so that building xtask, which writes abi's tables, does not need api-shims.
fn run_signature_tests() -> TaskResult {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["test", "--quiet", "--package", "xtask", "signatures::"];
    let status = Command::new(cargo).args(arguments).current_dir(metadata::workspace_root()).status()?;
    if status.success() { Ok(()) } else { Err("a shim's parameters are not Microsoft's".into()) }
}
