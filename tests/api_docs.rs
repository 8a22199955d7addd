//! `docs/api/` has a page for each DLL, as the tables are. `UPDATE_DOCS=1 cargo test --test api_docs` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use exeunt::shims;
use exeunt::trace::Filter;

const FOOT: &str = "
*full*: all that is documented. *partial*: some of it; the table says what is missing. *stub*: an honest constant answer; the table says
why that is enough. Written by `UPDATE_DOCS=1 cargo test --test api_docs`.
";

#[test]
fn the_pages_are_as_the_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api");
    let pages = pages();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let advice = "`UPDATE_DOCS=1 cargo test --test api_docs` brings it up to date";
    for (name, text) in &pages {
        let page = fs::read_to_string(folder.join(name)).unwrap_or_default();
        let differs = page.lines().zip(text.lines()).find(|(page, table)| page != table);
        assert!(page == *text, "docs/api/{name} is not as the table is: {differs:?}; {advice}");
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains_key(&name), "docs/api/{name} is of no DLL; {advice}");
    }
}

/// The pages by file name: one for each DLL, and their index.
fn pages() -> BTreeMap<String, String> {
    let apis = shims::list(&Filter::default());
    let mut pages = BTreeMap::new();
    let mut index = String::from(
        "# The Windows APIs that are there\n\n| DLL | exports | full | partial | stub |\n| --- | --: | --: | --: | --: |\n",
    );
    for of_dll in apis.chunk_by(|a, b| a.dll == b.dll) {
        let stem = of_dll[0].dll.trim_end_matches(".dll");
        let count = |level| of_dll.iter().filter(|api| api.support == level).count();
        let counts = [shims::Level::Full, shims::Level::Partial, shims::Level::Stub].map(count);
        let [full, partial, stub] = counts;
        index += &format!("| [{stem}]({stem}.md) | {} | {full} | {partial} | {stub} |\n", of_dll.len());
        pages.insert(format!("{stem}.md"), shims::markdown(of_dll));
    }
    index += FOOT;
    pages.insert("README.md".to_owned(), index);
    pages
}
