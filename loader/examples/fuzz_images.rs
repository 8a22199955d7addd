//! Damaged images in any number through the parser, mapper and binder:
//! `cargo run --release -p loader --example fuzz_images -- 1000000 [SEED]`.

use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse());
    let (Ok(count), Ok(seed)) = (arguments.next().unwrap_or(Ok(1_000_000)), arguments.next().unwrap_or(Ok(1))) else {
        eprintln!("usage: fuzz_images [COUNT [SEED]]");
        std::process::exit(2);
    };
    let start = Instant::now();
    let report = loader::testing::fuzz::run(count, seed);
    println!(
        "{} images in {:.1} s: {} parsed, {} loaded, the slowest took {:?}",
        report.images,
        start.elapsed().as_secs_f64(),
        report.parsed,
        report.loaded,
        report.slowest
    );
}
