//! The process in which a target runs, and may break.

use std::io;
use std::path::Path;

use super::note::Writer;
use super::watcher::Campaign;
use crate::Target;
use crate::mutation::Inputs;

/// The first word of a worker's command line: run a campaign.
pub const WORK: &str = "--work";
/// The first word of a worker's command line: run one input.
pub const EXECUTE: &str = "--execute";

/// Runs a campaign, noting each input before it is executed.
///
/// # Errors
///
/// The note cannot be written.
pub fn work(campaign: &Campaign, corpus: &[Vec<u8>], note: &Path) -> io::Result<()> {
    let Target { run, words, .. } = campaign.target;
    let inputs = Inputs { corpus, words, seed: campaign.seed };
    let mut note = Writer::open(note)?;
    for execution in 0..corpus.len() as u64 + campaign.runs {
        let input = inputs.input(execution);
        note.begin(execution, &input)?;
        run(&input);
    }
    note.done()
}

/// Runs a target once with the bytes of a file.
///
/// # Errors
///
/// The file cannot be read.
pub fn execute(target: Target, file: &Path) -> io::Result<()> {
    (target.run)(&std::fs::read(file)?);
    Ok(())
}
