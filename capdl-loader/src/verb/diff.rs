//! `diff`: what differs between two systems.

use std::path::PathBuf;

use clap::Args;

use super::output::answer;
use super::{InputArgs, Outcome, common};
use crate::authority::System;
use crate::difference::{Difference, show};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// The first layout, and what both need.
    #[command(flatten)]
    pub input: InputArgs,
    /// The second layout.
    pub other: PathBuf,
    /// Only authority that was gained is a reason to fail: for reviews.
    #[arg(long)]
    pub gate: bool,
    /// Answer in JSON.
    #[arg(long)]
    pub json: bool,
}

/// Compares; refused if there is a difference, or with `--gate`, if authority was gained.
#[must_use]
pub fn run(args: &DiffArgs) -> Outcome {
    let other = InputArgs { file: args.other.clone(), ..args.input.clone() };
    let (before, after) = match (common::read(&args.input), common::read(&other)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let systems = (System::new(&before.model), System::new(&after.model));
    let places = (common::places(&args.input, &before.model), common::places(&other, &after.model));
    let difference =
        Difference::between((&systems.0, &places.0.addresses), (&systems.1, &places.1.addresses));
    let said = match args.json {
        true => answer(&format!("{}\n", show::json(&difference))),
        false => answer(&show::text(&difference)),
    };
    let fails = if args.gate { !difference.gained.is_empty() } else { !difference.is_empty() };
    if fails { Outcome::Refused } else { said }
}
