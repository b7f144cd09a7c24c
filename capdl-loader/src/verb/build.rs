//! `capdl build`: from a layout to the image that the loader builds.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::check::{CheckArgs, checked};
use super::output::{self, answer, message};
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
    message(&loaded.report.render(&loaded.sources));
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
                message(&format!("{}\n", diagnostic.render(&loaded.sources)));
            }
            Outcome::Refused
        }
    }
}

fn write(path: &Path, packed: &Packed) -> Outcome {
    let written = output::write_bytes(path, &packed.bytes);
    if written != Outcome::Done {
        return written;
    }
    answer(&format!(
        "{}: {} bytes\n  {} for {} objects\n  {} of contents, {} of names\n",
        path.display(),
        packed.bytes.len(),
        packed.structure(),
        packed.objects,
        packed.contents,
        packed.names,
    ))
}
