//! `report`: what a system takes.

use std::path::PathBuf;

use clap::Args;

use super::output::answer;
use super::{InputArgs, Outcome, common};
use crate::authority::System;
use crate::report::show;
use crate::report::usage::Usage;

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// The program that is to build the system: its size decides about memory. Without it a guess
    /// does.
    #[arg(long, value_name = "FILE")]
    pub root_task: Option<PathBuf>,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reports.
#[must_use]
pub fn run(args: &ReportArgs) -> Outcome {
    let loaded = match common::read(&args.input) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    let system = System::new(&loaded.model);
    let places = match common::places(&args.input, &loaded.model, args.root_task.as_deref()) {
        Ok(places) => places,
        Err(outcome) => return outcome,
    };
    let usage = Usage::of(&system, &places.addresses);
    let free = places.free.as_ref().map(|free| free.as_slice());
    match args.json {
        true => answer(&format!("{}\n", show::json(&usage, &system.parties, free))),
        false => answer(&show::text(&usage, &system.parties, free)),
    }
}
