//! `export`: a layout for another tool.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{message, write};
use super::{InputArgs, Outcome};
use crate::front::{Input, Loaded, load};
use crate::{Sources, export, generate};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// For which tool.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "cdl")]
    pub to: Target,
    /// Where to write it; standard output otherwise.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Write it although it describes another system; what is lost is told all the same.
    #[arg(long)]
    pub lossy: bool,
}

/// The formats that are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Upstream capDL.
    Cdl,
}

/// What `generate` takes.
#[derive(Args, Clone, Debug)]
pub struct GenerateArgs {
    /// About so many objects.
    #[arg(long)]
    pub objects: usize,
    /// Where to write it; standard output otherwise.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// Writes the layout, unless something would be lost.
#[must_use]
pub fn run(args: &ExportArgs) -> Outcome {
    let Loaded { sources, model, mut report } = load(&Input::from(args.input.clone()));
    if report.has_errors() {
        message(&report.render(&sources));
        return Outcome::Refused;
    }
    let Target::Cdl = args.to;
    let (text, lost) = export::cdl::write(&model);
    let is_refused = lost.has_errors() && !args.lossy;
    report.extend(lost);
    if report.iter().next().is_some() {
        message(&report.render(&sources));
    }
    if is_refused { Outcome::Refused } else { write(args.output.as_deref(), &text) }
}

/// Writes a system of about so many objects, to measure with.
#[must_use]
pub fn run_generate(args: &GenerateArgs) -> Outcome {
    let (text, report) = export::cdl::write(&generate::system(args.objects));
    if report.has_errors() {
        message(&report.render(&Sources::default()));
        return Outcome::Refused;
    }
    write(args.output.as_deref(), &text)
}
