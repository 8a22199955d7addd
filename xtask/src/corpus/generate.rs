//! Deterministic input for the cases: random bytes and trees of files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::manifest::Generate;

/// Modification time of the first generated file, in seconds since 1970; even, since a zip archive has steps of two seconds.
const FIRST_TIME: u64 = 1_700_000_000;

/// File names that Windows and Linux both take, in several scripts; one is beyond the basic multilingual plane.
const STEMS: &[&str] = &[
    "plain",
    "grün",
    "日本語",
    "Ελληνικά",
    "кириллица",
    "naïve café",
    "한국어",
    "emoji 🎉",
    "עברית",
    "UPPER Case",
    "ſtraße",
    "dots.in.name",
];

/// Folders of the tree; the last one stays empty.
const FOLDERS: &[&str] = &["", "doc", "doc/данные", "src", "src/深い/階層", "ünïcode folder", "empty"];

/// Makes the input in `folder`.
pub(super) fn generate(input: &Generate, folder: &Path) -> io::Result<()> {
    match input {
        Generate::File { file, bytes, seed } => fs::write(folder.join(file), Random(*seed).bytes(*bytes)),
        Generate::Repeat { file, repeat, times } => {
            fs::write(folder.join(file), fs::read(folder.join(repeat))?.repeat(*times))
        }
        Generate::Tree { tree, files, seed } => generate_tree(&folder.join(tree), *files, *seed),
        Generate::Modules { modules, files, seed } => generate_modules(&folder.join(modules), *files, *seed),
    }
}

fn generate_modules(root: &Path, files: usize, seed: u64) -> io::Result<()> {
    fs::create_dir_all(root)?;
    let mut random = Random(seed);
    let mut index = String::new();
    for number in 0..files {
        fs::write(root.join(format!("module{number}.ts")), random.module(number))?;
        index += &format!("export {{ total as total{number} }} from \"./module{number}\";\n");
    }
    fs::write(root.join("index.ts"), index)
}

fn generate_tree(root: &Path, files: usize, seed: u64) -> io::Result<()> {
    for name in FOLDERS {
        fs::create_dir_all(root.join(name))?;
    }
    let mut random = Random(seed);
    for number in 0..files {
        let folder = FOLDERS[number % (FOLDERS.len() - 1)];
        let stem = STEMS[number % STEMS.len()];
        let (extension, content) = match number % 4 {
            // The first file is empty.
            0 if number == 0 => ("txt", Vec::new()),
            0 | 1 => ("txt", random.text(number * 150)),
            2 => ("bin", random.bytes(number * 700 + 1)),
            _ => ("dat", vec![u8::try_from(number % 251).unwrap_or_default(); number * 1_500]),
        };
        let path = root.join(folder).join(format!("{stem} {number:02}.{extension}"));
        fs::write(&path, content)?;
        set_time(&path, number)?;
    }
    // Folders last: writing into them changed their times.
    for name in FOLDERS.iter().rev() {
        set_time(&root.join(name), files)?;
    }
    set_time(&root.join("doc"), files)?;
    set_time(&root.join("src"), files)?;
    set_time(&root.join("src/深い"), files)
}

fn set_time(path: &Path, number: usize) -> io::Result<()> {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST_TIME + 86_402 * number as u64);
    File::open(path)?.set_modified(time)
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(count);
        bytes
    }

    /// Words in lines, so that it compresses as text does.
    fn text(&mut self, count: usize) -> Vec<u8> {
        const WORDS: &[&str] =
            &["handle", "section", "mutant", "grün", "disposition", "reserve", "commit", "日本", "module"];
        let mut text = String::new();
        while text.len() < count {
            let number = self.next();
            text.push_str(WORDS[usize::try_from(number % WORDS.len() as u64).unwrap_or_default()]);
            text.push(if (number >> 32).is_multiple_of(9) { '\n' } else { ' ' });
        }
        text.into_bytes()
    }

    /// TypeScript that imports some of the modules before it: a class and functions, some of which nobody uses.
    fn module(&mut self, number: usize) -> String {
        let mut text = String::new();
        let mut sum = String::from("0");
        let earlier: BTreeSet<u64> = (0..3).filter_map(|_| self.next().checked_rem(number as u64)).collect();
        for import in earlier {
            text += &format!("import {{ total as total{import}, Point{import} }} from \"./module{import}\";\n");
            sum += &format!(" + total{import} * new Point{import}(1, 2).length");
        }
        text += &format!(
            "export class Point{number} {{\n  constructor(readonly x = 0, private y?: number) {{}}\n  get length(): number \
             {{ return Math.hypot(this.x, this.y ?? {}); }}\n}}\n",
            self.next() % 100
        );
        for function in 0..20 {
            text += &format!(
                "export function work{function}(values: readonly number[], {{ factor = {}, name = `work ${{{number}}}` }} = {{}}) {{\n  \
                 // {}\n  const scaled = values.map((value) => value * factor).filter((value) => value !== {} && value > -1);\n  \
                 if (scaled.length === 0) {{ throw new RangeError(name + \" of nothing\"); }} else {{ return \
                 scaled.reduce((a, b) => a + b); }}\n}}\n",
                self.next() % 1000,
                String::from_utf8_lossy(&self.text(60)).replace('\n', " "),
                self.next() % 10,
            );
        }
        text + &format!("export const total: number = {sum} + work{}([1, 2, 3]);\n", self.next() % 20)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(Random(1).bytes(5), [0xC1, 0x5C, 0x02, 0x89, 0xEC]);
        assert_eq!(Random(7).text(1_000), Random(7).text(1_000));
        assert_ne!(Random(7).bytes(16), Random(8).bytes(16));
        assert_eq!(Random(7).module(5), Random(7).module(5));
    }
}
