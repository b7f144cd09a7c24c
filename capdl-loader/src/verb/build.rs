//! `capdl build`: from a layout to the image that the loader builds, or to a root task with it.

use std::path::{Path, PathBuf};

use clap::Args;
use program::modules::{self, Module};

use super::Outcome;
use super::check::{CheckArgs, checked};
use super::output::{self, answer, message};
use crate::front::Loaded;
use crate::pack::{Options, Packed, pack};

/// The module in which the root task finds its system.
pub const MODULE: &str = "layout";

/// What to build, and how.
#[derive(Args, Clone, Debug)]
pub struct BuildArgs {
    /// The layout, and what it is checked against. With a root task, that is written, with the
    /// image in it.
    #[command(flatten)]
    pub checked: CheckArgs,
    /// The file to write: the image, or with `--root-task`, a root task that boots.
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
    match made(args, &loaded, &options) {
        Ok((file, packed)) => write(&args.output, &file, &packed),
        Err(why) => {
            message(&why);
            Outcome::Refused
        }
    }
}

/// The file to write, and the image in it; else why there is none.
fn made(args: &BuildArgs, loaded: &Loaded, options: &Options) -> Result<(Vec<u8>, Packed), String> {
    let packed = pack(&loaded.model, &loaded.sources, options);
    let packed = packed.map_err(|diagnostics| {
        let line = |diagnostic: &crate::Diagnostic| diagnostic.render(&loaded.sources) + "\n";
        diagnostics.iter().map(line).collect::<String>()
    })?;
    let Some(root_task) = &args.checked.root_task else {
        return Ok((packed.bytes.clone(), packed));
    };
    let named = |why: &dyn std::fmt::Display| format!("error: {}: {why}\n", root_task.display());
    let root_task = std::fs::read(root_task).map_err(|error| named(&error))?;
    let module = Module { name: MODULE.into(), content: packed.bytes.clone() };
    let file = modules::add(&root_task, vec![module]).map_err(|why| named(&why))?;
    Ok((file, packed))
}

fn write(path: &Path, file: &[u8], packed: &Packed) -> Outcome {
    let written = output::write_bytes(path, file);
    if written != Outcome::Done {
        return written;
    }
    answer(&format!(
        "{}: {} bytes, {} of them the image\n  {} for {} objects\n  {} of contents, {} of names\n",
        path.display(),
        file.len(),
        packed.bytes.len(),
        packed.structure(),
        packed.objects,
        packed.contents,
        packed.names,
    ))
}
