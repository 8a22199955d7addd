//! Development tasks: `cargo xtask --help` lists them.

mod codegen;
mod corpus;
mod metadata;
mod new_shim;

use std::process::ExitCode;

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
    /// Runs real Windows programs and compares them with their Linux builds.
    #[command(subcommand)]
    Corpus(corpus::CorpusTask),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::NewShim { dll, function } => new_shim::run(&dll, &function),
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
