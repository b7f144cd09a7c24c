//! `capdl explain`: where a value comes from and what it means; what a check looks for.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use crate::code::Code;
use crate::explanation::Explanation;
use crate::front::explain::explain;
use crate::front::{Input, tree_of};
use crate::{Report, Sources};

/// What to explain.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// A value, such as `component.blk.prio`, or the code of a check, such as `T305`.
    pub what: String,
    /// The layout that has the value.
    pub file: Option<PathBuf>,
    /// A layout that adds to it; may be repeated.
    #[arg(long = "overlay", value_name = "FILE")]
    pub overlays: Vec<PathBuf>,
}

/// Explains a value of a layout, or a check.
#[must_use]
pub fn run(args: &ExplainArgs) -> Outcome {
    if let Some(code) = Code::parse(&args.what) {
        println!("{code}  {}", code.title());
        if let Some(Explanation { why, example, remedy, .. }) = Explanation::of(code) {
            println!("\nWhy: {why}\nExample: {example}.\nRemedy: {remedy}");
        }
        return Outcome::Done;
    }
    let Some(file) = args.file.clone() else {
        eprintln!("`{}` is the code of no check; a value needs its layout", args.what);
        return Outcome::Refused;
    };
    let input = Input { file, overlays: args.overlays.clone(), search: Vec::new() };
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let Some(tree) = tree_of(&input, &mut sources, &mut report) else {
        eprint!("{}", report.render(&sources));
        return Outcome::Failed;
    };
    match explain(&args.what, &tree, &sources) {
        Ok(text) => {
            print!("{text}");
            Outcome::Done
        }
        Err(reason) => {
            eprintln!("{reason}");
            Outcome::Refused
        }
    }
}
