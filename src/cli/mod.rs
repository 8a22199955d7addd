//! The command line: one file for each command.
//!
//! A plain `exeunt [run] PROGRAM ARGS` goes past clap, which would take a tenth of the start.

mod completions;
mod gdb;
mod inspect;
mod man;
mod output;
mod path;
mod run;
mod shims;
mod symbolize;
mod trace;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::{CommandFactory, Parser, Subcommand};
use exeunt::{Error, Program, status};

/// Runs Windows command-line programs on Linux as ordinary processes.
#[derive(Parser)]
#[command(
    name = "exeunt",
    version,
    args_conflicts_with_subcommands = true,
    override_usage = "exeunt [run] [OPTIONS] PROGRAM [ARGS]...\n       exeunt COMMAND ...",
    after_help = EXAMPLES,
    after_long_help = LONG_EXAMPLES,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Trace(trace::Trace),
    Inspect(inspect::Inspect),
    Shims(shims::Shims),
    Symbolize(symbolize::Symbolize),
    Path(path::Path),
    Completions(completions::Completions),
    Man(man::Man),
}

/// The command itself, by whatever name it was started.
const OURSELVES: &std::ffi::CStr = c"/proc/self/exe";

/// The words that are commands, not programs.
const COMMANDS: &[&str] = &["completions", "help", "inspect", "man", "path", "run", "shims", "symbolize", "trace"];

const EXAMPLES: &str = "\
Examples:
  exeunt hello.exe one two                   run a program
  exeunt trace -e 'kernel32!*File*' tool.exe see its calls
  exeunt inspect tool.exe                    see whether it can run

'exeunt --help' says more, and so does 'exeunt help COMMAND'.";

const LONG_EXAMPLES: &str = r"Examples:
  exeunt hello.exe one two
      Runs a program. Its streams, current folder, environment and exit status are the process's.
  exeunt 'Z:\tools\cc.exe' /c src\main.c
      Programs and arguments may be spelled as on Windows; Z: is the root of the host's files.
  exeunt run inspect.exe
      A program called like a command.
  exeunt trace -e 'kernel32!Create*,!*Heap*' -o calls.txt tool.exe
      Writes the calls of some functions, with their arguments and results, to a file.
  exeunt trace -c tool.exe
      Counts them.
  exeunt trace --stable tool.exe 2>expected.txt
      The same text in each run, to be compared with later ones.
  exeunt inspect tool.exe
      Says what a file is, what it imports, how much of that is there, and whether it can run.
  exeunt shims '*File*'
      Lists the Windows functions that are there.
  exeunt path src/main.c
      Prints a path as Windows programs see it.

In build tools:
  cargo   .cargo/config.toml: [target.x86_64-pc-windows-gnu] runner = 'exeunt'
  CMake   -DCMAKE_CROSSCOMPILING_EMULATOR=exeunt
  Meson   exe_wrapper = 'exeunt' in the cross file
  Go      GOOS=windows go test -exec exeunt ./...

Exit status:
  0-255   the program's own; of a larger one the low 8 bits, but never 0 (--status-file has all 32)
  120     the program called a Windows function that is missing
  125     exeunt failed or was used wrongly
  126     the file is not a program that can run
  127     there is no such program
  signal  the program crashed: SIGSEGV, SIGFPE, SIGILL, SIGTRAP or SIGABRT, by its exception";

/// Runs the command line `arguments`, of which the first is the command's own name.
pub(crate) fn main(arguments: Vec<OsString>) -> u8 {
    if let Some(program) = plain_program(&arguments) {
        let mut words = arguments.into_iter().skip(program);
        let name = words.next().unwrap_or_default();
        let result = Program::find(name).and_then(|found| found.symbolizer(OURSELVES).args(words).run());
        return report(result.map(|never| match never {}));
    }
    match Cli::try_parse_from(arguments) {
        Ok(cli) => report(execute(cli)),
        Err(error) => usage(&error),
    }
}

/// Which word is the program, where no option stands before it.
fn plain_program(arguments: &[OsString]) -> Option<usize> {
    let is_option = |word: &OsString| word.as_bytes().starts_with(b"-");
    match arguments {
        [_, run, program, ..] if run == "run" && !is_option(program) => Some(2),
        [_, program, ..] if !is_option(program) && !is_command(program) => Some(1),
        _ => None,
    }
}

fn is_command(word: &OsString) -> bool {
    COMMANDS.iter().any(|command| word == command)
}

fn execute(cli: Cli) -> Result<u8, Error> {
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(run) if run.gdb => gdb::execute(),
        Command::Run(run) => match run.program()?.run()? {},
        Command::Trace(trace) if trace.run.gdb => gdb::execute(),
        Command::Trace(trace) => match trace.program()?.run()? {},
        Command::Inspect(inspect) => inspect.execute(),
        Command::Shims(shims) => shims.execute(),
        Command::Symbolize(symbolize) => symbolize.execute(),
        Command::Path(path) => path.execute(),
        Command::Completions(completions) => completions.execute(&mut Cli::command()),
        Command::Man(man) => man.execute(Cli::command()),
    }
}

fn report(result: Result<u8, Error>) -> u8 {
    result.unwrap_or_else(|error| {
        eprintln!("exeunt: {error}");
        error.status()
    })
}

/// Prints the help that was asked for, or says what is wrong with the command line.
fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        return match error.print() {
            Ok(()) => status::SUCCESS,
            Err(error) => report(output::result(Err(error))),
        };
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        eprintln!("exeunt: {line}");
    }
    status::FAILED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_program_without_options_is_found() {
        let find = |line: &str| {
            let words: Vec<_> = line.split(' ').map(OsString::from).collect();
            plain_program(&words)
        };
        assert_eq!(find("exeunt a.exe --help"), Some(1));
        assert_eq!(find("exeunt run a.exe"), Some(2));
        assert_eq!(find("exeunt run run"), Some(2));
        assert_eq!(find("exeunt run"), None);
        assert_eq!(find("exeunt run --root x a.exe"), None);
        assert_eq!(find("exeunt --root x a.exe"), None);
        assert_eq!(find("exeunt trace a.exe"), None);
        assert_eq!(find("exeunt"), None);
    }

    #[test]
    fn the_list_of_commands_is_complete() {
        let mut command = Cli::command();
        command.build();
        let mut names: Vec<_> = command.get_subcommands().map(|command| command.get_name()).collect();
        names.sort_unstable();
        assert_eq!(names, COMMANDS);
    }
}
