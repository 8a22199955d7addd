//! Damaged images in any number through the parser, mapper and binder:
//! `cargo run --release -p loader --example fuzz_images -- 1000000 [SEED [FILE..]]`.
//!
//! Without files, the images are made on the spot; with files, they are damaged copies of those.

use std::time::Instant;

use loader::testing::fuzz;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let files: Result<Vec<_>, _> = arguments.iter().skip(2).map(std::fs::read).collect();
    let (Ok(count), Ok(seed), Ok(files)) = (number(0, 1_000_000), number(1, 1), files) else {
        eprintln!("usage: fuzz_images [COUNT [SEED [FILE..]]], with files that can be read");
        std::process::exit(2);
    };
    let start = Instant::now();
    let report = if files.is_empty() { fuzz::run(count, seed) } else { fuzz::run_with(&files, count, seed) };
    println!(
        "{} images in {:.1} s: {} parsed, {} loaded, the slowest took {:?}",
        report.images,
        start.elapsed().as_secs_f64(),
        report.parsed,
        report.loaded,
        report.slowest
    );
}
