//! `draw`: a picture of a system.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{message, write};
use super::{InputArgs, Outcome, common};
use crate::authority::System;
use crate::draw::{authority, boxes, channels, crowd, dot, memory, physical, time};

/// What is shown.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// Who calls, signals and watches whom.
    Channels,
    /// Who sees which memory and which devices.
    Memory,
    /// Who controls whom.
    Authority,
    /// What lies where in physical memory.
    Physical,
    /// Who runs when.
    Time,
}

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct DrawArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// What is shown.
    #[arg(long, value_enum, default_value = "channels")]
    pub view: View,
    /// For Graphviz instead of as SVG: channels, memory and authority only.
    #[arg(long)]
    pub dot: bool,
    /// The program that is to build the system: its size decides about memory. Without it a guess
    /// does.
    #[arg(long, value_name = "FILE")]
    pub root_task: Option<PathBuf>,
    /// The file to write; else standard output.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

/// Draws.
#[must_use]
pub fn run(args: &DrawArgs) -> Outcome {
    let loaded = match common::read(&args.input) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    let system = System::new(&loaded.model);
    let diagram = match args.view {
        View::Channels => channels::diagram(&system),
        View::Memory => memory::diagram(&system),
        View::Authority => authority::diagram(&system),
        View::Physical | View::Time if args.dot => {
            message("error: this view is no graph; it is drawn as SVG only\n");
            return Outcome::Failed;
        }
        View::Physical => {
            let root_task = args.root_task.as_deref();
            let places = match common::places(&args.input, &loaded.model, root_task) {
                Ok(places) => places.addresses,
                Err(outcome) => return outcome,
            };
            return write(args.output.as_deref(), &physical::svg(&system, &places));
        }
        View::Time => return write(args.output.as_deref(), &time::svg(&loaded.model)),
    };
    let diagram = crowd::thinned(diagram);
    let text = if args.dot { dot::dot(&diagram) } else { boxes::svg(&diagram) };
    write(args.output.as_deref(), &text)
}
