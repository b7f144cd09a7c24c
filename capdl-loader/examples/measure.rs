//! How long the tool takes, for generated systems of several sizes.
//!
//! Times are wall-clock times of this machine: medians of several runs, and the fastest and the
//! slowest of them. They are printed, never judged.

use std::hint::black_box;
use std::time::{Duration, Instant};

use capdl::{export, front, generate};
use layout::span::FileId;

/// Sizes, the runs of each, and the milliseconds that reading and checking should take at most.
const SIZES: [(usize, usize, Option<u64>); 4] =
    [(100, 21, None), (1_000, 21, None), (10_000, 11, Some(100)), (100_000, 5, Some(800))];

fn main() {
    println!("{:>8}  {:<12} {:>10} {:>22}  aim", "objects", "step", "median", "fastest to slowest");
    for (objects, runs, aim) in SIZES {
        let model = generate::system(objects);
        let (text, _) = export::cdl::write(&model);
        let read = measure(runs, || front::cdl::read("generated", &text, FileId(0)));
        row(objects, "read .cdl", &read, aim);
        row(objects, "write .cdl", &measure(runs, || export::cdl::write(&model)), None);
    }
}

/// The durations of so many runs, ascending.
fn measure<T>(runs: usize, work: impl Fn() -> T) -> Vec<Duration> {
    let run = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    let mut all: Vec<Duration> = (0..runs).map(run).collect();
    all.sort();
    all
}

fn row(objects: usize, step: &str, sorted: &[Duration], aim: Option<u64>) {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return };
    let median = milliseconds(sorted[sorted.len() / 2]);
    let spread = format!("{:.2} to {:.2} ms", milliseconds(*first), milliseconds(*last));
    let aim = aim.map_or(String::new(), |aim| format!("with checks < {aim} ms"));
    println!("{objects:>8}  {step:<12} {median:>7.2} ms {spread:>22}  {aim}");
}
