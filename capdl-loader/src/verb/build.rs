//! `capdl build`: from a layout to the image that the loader builds.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::check::{CheckArgs, checked};
use crate::pack::{Options, Packed, pack};

/// What to build, and how.
#[derive(Args, Clone, Debug)]
pub struct BuildArgs {
    /// The layout, and what it is checked against.
    #[command(flatten)]
    pub checked: CheckArgs,
    /// The image to write.
    #[arg(long, short)]
    pub output: PathBuf,
    /// Leave names and lines out: messages of the loader then have numbers.
    #[arg(long)]
    pub no_names: bool,
    /// Ticks of the board's counter in a second, for turns of domains in microseconds.
    #[arg(long, value_name = "HERTZ")]
    pub counter_frequency: Option<u64>,
}

/// Checks, packs, writes; a layout with errors is refused.
#[must_use]
pub fn run(args: &BuildArgs) -> Outcome {
    let loaded = checked(&args.checked);
    eprint!("{}", loaded.report.render(&loaded.sources));
    if loaded.report.has_errors() {
        return Outcome::Refused;
    }
    let options = Options {
        has_names: !args.no_names,
        counter_frequency: args.counter_frequency,
        ..Options::default()
    };
    match pack(&loaded.model, &loaded.sources, &options) {
        Ok(packed) => write(&args.output, &packed),
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                eprintln!("{}", diagnostic.render(&loaded.sources));
            }
            Outcome::Refused
        }
    }
}

fn write(path: &Path, packed: &Packed) -> Outcome {
    if let Err(error) = fs::write(path, &packed.bytes) {
        eprintln!("{}: {error}", path.display());
        return Outcome::Failed;
    }
    println!("{}: {} bytes", path.display(), packed.bytes.len());
    println!("  {} for {} objects", packed.structure(), packed.objects);
    println!("  {} of contents, {} of names", packed.contents, packed.names);
    Outcome::Done
}
