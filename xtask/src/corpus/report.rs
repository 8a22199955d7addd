//! `corpus report`: the README's table of what runs, from the results of the last whole run.

use std::fmt::Write as _;

use super::manifest::Manifest;
use super::run::CaseResult;
use super::target_folder;
use crate::TaskResult;
use crate::metadata::workspace_root;

const BEGIN: &str = "<!-- corpus:begin (written by cargo xtask corpus report) -->";
const END: &str = "<!-- corpus:end -->";

/// Replaces what stands between the markers of README.md.
pub(super) fn write_readme(manifest: &Manifest) -> TaskResult {
    let results = target_folder().join("results.json");
    let results = std::fs::read_to_string(&results)
        .map_err(|error| format!("{}: {error}; run cargo xtask corpus run first", results.display()))?;
    let results: Vec<CaseResult> = serde_json::from_str(&results)?;
    let path = workspace_root().join("README.md");
    let readme = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let readme = replace_between_markers(&readme, &table(manifest, &results))?;
    std::fs::write(&path, readme).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

fn table(manifest: &Manifest, results: &[CaseResult]) -> String {
    let mut table = String::from("| Program | What it does | Same as the Linux build | Linux | exeunt | Ratio |\n");
    table.push_str("| --- | --- | --- | ---: | ---: | ---: |\n");
    for result in results {
        let title = manifest.programs.get(&result.program).map_or(result.program.as_str(), |program| &program.title);
        let about = manifest.cases.iter().find(|case| case.name == result.case).map_or("", |case| &case.about);
        let time = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.1} ms"));
        let _ = writeln!(
            table,
            "| {title} | {about} | {} | {} | {} | {} |",
            if result.failure.is_none() { "yes" } else { "**no**" },
            time(result.native_ms),
            time(result.guest_ms),
            result.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}")),
        );
    }
    table
}

fn replace_between_markers(text: &str, table: &str) -> Result<String, String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("README.md lacks the lines {BEGIN:?} and {END:?}"))?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let written = replace_between_markers(&text, "| new |\n").unwrap();
        assert_eq!(written, format!("before\n{BEGIN}\n| new |\n{END}\nafter\n"));
        assert_eq!(replace_between_markers(&written, "| new |\n").unwrap(), written);
    }

    #[test]
    fn a_readme_without_markers_is_refused() {
        assert!(replace_between_markers("text", "").unwrap_err().contains("corpus:begin"));
    }
}
