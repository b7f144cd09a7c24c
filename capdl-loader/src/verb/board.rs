//! `board`: what a machine has, from its device tree.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use super::output::{message, write};
use crate::board;

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct BoardArgs {
    /// A flattened device tree as the boot loader would hand it over.
    pub device_tree: PathBuf,
    /// The board's name.
    #[arg(long)]
    pub name: String,
    /// Bits of the processor's physical addresses.
    #[arg(long, default_value_t = 40)]
    pub address_bits: u64,
    /// Where to write the board; standard output otherwise.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// Writes the board file of a machine.
#[must_use]
pub fn run(args: &BoardArgs) -> Outcome {
    match text(args) {
        Ok(text) => write(args.output.as_deref(), &text),
        Err(why) => {
            message(&format!("error: {why}\n"));
            Outcome::Failed
        }
    }
}

fn text(args: &BoardArgs) -> Result<String, String> {
    let file = &args.device_tree;
    let blob = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let board = board::from_device_tree(&args.name, &blob, args.address_bits);
    board.map(|board| board.to_text()).map_err(|error| format!("{}: {error}", file.display()))
}
