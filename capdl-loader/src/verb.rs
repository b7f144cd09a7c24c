//! What the tool can do: one module for each verb.

pub mod board;
pub mod build;
mod certificates;
pub mod check;
mod common;
pub mod constants;
pub mod diff;
pub mod draw;
pub mod explain;
pub mod export;
pub mod image;
pub mod import;
pub mod key;
mod output;
pub mod query;
pub mod report;
mod strict;
pub mod verify_certificate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::code::{Code, NOT_CHECKED};
use crate::front::Input;

/// Layouts: describe a system, check it, see it, pack it.
#[derive(Parser, Debug)]
#[command(name = "capdl", version)]
pub struct Tool {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Tells everything that is wrong with a layout.
    Check(check::RunArgs),
    /// Lists what each check looks for.
    Codes,
    /// Prints the format of layouts as a JSON Schema, for editors.
    Schema,
    /// Says where a value of a layout comes from, and what it means.
    Explain(explain::ExplainArgs),
    /// Writes the slots, addresses, badges and bits of a component for its program.
    Constants(constants::ConstantsArgs),
    /// Answers a question about authority or data flow, with a way or a proof.
    Query(query::QueryArgs),
    /// Checks again what `query` and `check` proved, by rules that no search uses.
    VerifyCertificate(verify_certificate::VerifyCertificateArgs),
    /// Draws a system as SVG.
    Draw(draw::DrawArgs),
    /// Says what a system takes: memory, objects, slots, time.
    Report(report::ReportArgs),
    /// Says what differs between two systems: authority, parameters, memory.
    Diff(diff::DiffArgs),
    /// Makes a board file from a device tree.
    Board(board::BoardArgs),
    /// Reads a file of another tool, and tells what is in it and what is odd.
    Import(import::ImportArgs),
    /// Writes a layout for another tool, and refuses what it cannot carry.
    Export(export::ExportArgs),
    /// Writes a system of any size, to measure with.
    Generate(export::GenerateArgs),
    /// Says what an image, or a root task with one, will make: a line for each fact.
    Dump(image::DumpArgs),
    /// Says whether an image, or a root task with one, is whole, and who signed it.
    Verify(image::VerifyArgs),
    /// Makes a pair of keys, to sign systems and to check that.
    Key(key::KeyArgs),
    /// Packs a layout into the image that the loader builds.
    Build(build::BuildArgs),
}

/// What every verb that reads a layout takes.
#[derive(Args, Clone, Debug, Default)]
pub struct InputArgs {
    /// The layout: *.layout.toml, *.cdl or *.json.
    pub file: PathBuf,
    /// A layout that adds to it; may be repeated.
    #[arg(long = "overlay", value_name = "FILE")]
    pub overlays: Vec<PathBuf>,
    /// A folder with programs and other files that it names; may be repeated.
    #[arg(long = "search", value_name = "FOLDER")]
    pub search: Vec<PathBuf>,
    /// The board to build for: one of `boards`, or the name of a file NAME.toml beside the layout.
    /// Instead of what the layout names; files of other formats name none.
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

impl From<InputArgs> for Input {
    fn from(args: InputArgs) -> Self {
        let InputArgs { file, overlays, search, board } = args;
        Self { file, overlays, search, board }
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// As asked.
    Done,
    /// The layout has errors, or a question was answered with no.
    Refused,
    /// The tool could not do it: a file could not be read or written.
    Failed,
}

impl Outcome {
    /// The status of the process.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Failed => 2,
        }
    }
}

/// Does it. What was asked for goes to standard output, messages to standard error.
#[must_use]
pub fn run(tool: &Tool) -> Outcome {
    match &tool.verb {
        Verb::Check(args) => check::run(args),
        Verb::Codes => {
            let codes = Code::ALL.iter().map(|(code, title)| format!("{code}  {title}\n"));
            let others = NOT_CHECKED.iter().map(|(code, why)| format!("{code}  {why}\n"));
            output::answer(&codes.chain(others).collect::<String>())
        }
        Verb::Schema => output::answer(&crate::front::schema::schema()),
        Verb::Explain(args) => explain::run(args),
        Verb::Constants(args) => constants::run(args),
        Verb::Query(args) => query::run(args),
        Verb::VerifyCertificate(args) => verify_certificate::run(args),
        Verb::Draw(args) => draw::run(args),
        Verb::Report(args) => report::run(args),
        Verb::Diff(args) => diff::run(args),
        Verb::Import(args) => import::run(args),
        Verb::Export(args) => export::run(args),
        Verb::Generate(args) => export::run_generate(args),
        Verb::Board(args) => board::run(args),
        Verb::Dump(args) => image::run_dump(args),
        Verb::Verify(args) => image::run_verify(args),
        Verb::Key(args) => key::run(args),
        Verb::Build(args) => build::run(args),
    }
}
