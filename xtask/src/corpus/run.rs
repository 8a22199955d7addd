//! `corpus run`: every case, its times, a table and the saved results.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::manifest::{Case, Manifest};
use super::step::{self, Placed, Times};
use super::{fetch, target_folder};
use crate::TaskResult;

/// What `corpus run` was asked for.
pub(super) struct Options {
    pub(super) names: Vec<String>,
    pub(super) runner: Vec<String>,
    pub(super) repeat: u32,
    pub(super) time_limit: u64,
    pub(super) skip_missing: bool,
    pub(super) json: bool,
}

/// The result of one case.
#[derive(Serialize, Deserialize)]
pub(super) struct CaseResult {
    pub(super) case: String,
    pub(super) program: String,
    /// Milliseconds of the guest's runs, the best of all repetitions; absent when the case failed.
    pub(super) guest_ms: Option<f64>,
    /// The same for the Linux build.
    pub(super) native_ms: Option<f64>,
    /// What was different.
    pub(super) failure: Option<String>,
}

impl CaseResult {
    /// How many times the native time the guest took.
    pub(super) fn ratio(&self) -> Option<f64> {
        Some(self.guest_ms? / self.native_ms?)
    }
}

/// Runs the selected cases, prints the table or JSON, and saves the results for `corpus report`.
pub(super) fn run(manifest: &Manifest, options: &Options) -> TaskResult {
    let selected = |case: &&Case| options.names.is_empty() || options.names.iter().any(|name| case.name.contains(name));
    let cases: Vec<&Case> = manifest.cases.iter().filter(selected).collect();
    if cases.is_empty() {
        return Err(format!("no case is named like {}", options.names.join(" or ")).into());
    }
    let mut placed = BTreeMap::new();
    let mut results = Vec::new();
    if !options.json {
        println!("{:<24} {:>10} {:>10} {:>7}  result", "case", "native ms", "guest ms", "ratio");
    }
    for case in cases {
        if let Some(package) = missing_package(manifest, case).filter(|_| options.skip_missing) {
            eprintln!("{:<24} skipped: package {package} is not fetched", case.name);
            continue;
        }
        let result = run_case(manifest, case, options, &mut placed);
        if !options.json {
            println!("{}", table_line(&result));
        }
        results.push(result);
    }
    if results.is_empty() {
        return Err("no case ran: none of the packages is fetched".into());
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&results)?);
    }
    if options.names.is_empty() {
        std::fs::write(target_folder().join("results.json"), serde_json::to_string_pretty(&results)?)?;
    }
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} cases failed", results.len()).into()) }
}

fn run_case<'a>(
    manifest: &'a Manifest,
    case: &'a Case,
    options: &Options,
    placed: &mut BTreeMap<&'a str, Placed>,
) -> CaseResult {
    let times = repeat_case(manifest, case, options, placed);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    CaseResult {
        case: case.name.clone(),
        program: case.program.clone(),
        guest_ms: times.as_ref().ok().map(|times| milliseconds(times.guest)),
        native_ms: times.as_ref().ok().map(|times| milliseconds(times.native)),
        failure: times.err(),
    }
}

/// A package the case needs and that is not there.
fn missing_package<'a>(manifest: &'a Manifest, case: &Case) -> Option<&'a str> {
    let program = manifest.programs.get(&case.program)?;
    let is_there = |name: &str| manifest.packages.get(name).is_some_and(|package| fetch::is_unpacked(name, package));
    program.files().map(|file| file.package.as_str()).find(|name| !is_there(name))
}

/// The best time of each side over all repetitions, each of which must hold.
fn repeat_case<'a>(
    manifest: &'a Manifest,
    case: &'a Case,
    options: &Options,
    placed: &mut BTreeMap<&'a str, Placed>,
) -> Result<Times, String> {
    let program = manifest.programs.get(&case.program).ok_or("its program is not in the manifest")?;
    if let Some(package) = missing_package(manifest, case) {
        return Err(format!("package {package} is missing: cargo xtask corpus fetch"));
    }
    if !placed.contains_key(case.program.as_str()) {
        let limit = Duration::from_secs(options.time_limit);
        let copy = Placed::new(&case.program, program, &options.runner, limit).map_err(|error| error.to_string())?;
        placed.insert(&case.program, copy);
    }
    let program = placed.get(case.program.as_str()).ok_or("its program is not in place")?;
    let mut best = step::run_case(case, program)?;
    for _ in 1..options.repeat {
        let times = step::run_case(case, program)?;
        best = Times { guest: best.guest.min(times.guest), native: best.native.min(times.native) };
    }
    Ok(best)
}

fn table_line(result: &CaseResult) -> String {
    let number =
        |value: Option<f64>, decimals: usize| value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"));
    format!(
        "{:<24} {:>10} {:>10} {:>7}  {}",
        result.case,
        number(result.native_ms, 1),
        number(result.guest_ms, 1),
        number(result.ratio(), 2),
        result.failure.as_ref().map_or("ok".to_owned(), |failure| format!("FAILED: {failure}"))
    )
}
