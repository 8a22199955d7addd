//! The command line.
use std::path::Path;
use std::process::ExitCode;

use loader::Image;
use syscall_xlate::process::{Options, Version};
use syscall_xlate::program::{Program, run};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(path) = arguments.next() else { return ExitCode::from(127) };
    let image = match Image::open(Path::new(&path)) {
        Ok(image) => image,
        Err(error) => {
            eprintln!("exeunt: {error}");
            return ExitCode::from(126);
        }
    };
    let options = Options { dlls: api_shims::dlls(), version: Version::WINDOWS_10, tracer: None, status_file: None };
    let Err(error) = run(options, Program { image, arguments: arguments.collect() });
    eprintln!("exeunt: {error}");
    ExitCode::from(126)
}
