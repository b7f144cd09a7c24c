//! `check`: everything that is wrong with a layout.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{answer, message};
use super::{InputArgs, Outcome, certificates, common};
use crate::Diagnostic;
use crate::board::{Board, Loader};
use crate::check;
use crate::code::Code;
use crate::front::{self, Input, Loaded};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// The program that is to build the system, without a system in it: its size decides about
    /// memory. Without it a guess does.
    #[arg(long, value_name = "FILE")]
    pub root_task: Option<PathBuf>,
}

/// What the verb takes besides.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// What is checked.
    #[command(flatten)]
    pub checked: CheckArgs,
    /// Write the proof of each assertion that holds to a file in this folder, for
    /// `verify-certificate`.
    #[arg(long, value_name = "FOLDER")]
    pub certificates: Option<PathBuf>,
}

/// Tells all that is wrong, sorted by place.
#[must_use]
pub fn run(args: &RunArgs) -> Outcome {
    let loaded = checked(&args.checked);
    let mut said = answer(&loaded.report.render(&loaded.sources));
    if let Some(folder) = &args.certificates
        && let Err(reason) = certificates::write(folder, &loaded)
    {
        message(&format!("error: no certificates: {reason}\n"));
        said = Outcome::Failed;
    }
    if loaded.report.has_errors() { Outcome::Refused } else { said }
}

/// Reads a layout and checks it, as far as it could be read.
#[must_use]
pub fn checked(args: &CheckArgs) -> Loaded {
    let input = Input::from(args.input.clone());
    let mut loaded = front::load(&input);
    if !loaded.is_checkable() {
        return loaded;
    }
    let loader = match args.root_task.as_deref().map(common::loader_in).transpose() {
        Ok(Some(loader)) => loader.with_system(&loaded.model),
        Ok(None) => Loader::guess(&loaded.model),
        Err(wrong) => {
            loaded.report.push(wrong);
            return loaded;
        }
    };
    let board = board(&input, &mut loaded);
    loaded.report.extend(check::check_with_loader(&loaded.model, board.as_ref(), &loader));
    loaded
}

/// What is said where nothing names a board.
const NO_BOARD: &str = "note: no board is named, so nobody looked whether memory, devices and \
    interrupts fit; `--board NAME` names one\n";

/// The board of a layout; one that cannot be found is told.
fn board(input: &Input, loaded: &mut Loaded) -> Option<Board> {
    let target = &loaded.model.target;
    let name = &target.board;
    if name.is_empty() {
        message(NO_BOARD);
        return None;
    }
    let own = input.file.parent().unwrap_or(Path::new("."));
    let folders = std::iter::once(own).chain(input.search.iter().map(|folder| folder.as_path()));
    let why = match Board::find(name, folders) {
        Ok(Some(board)) => return Some(board),
        Ok(None) => format!("there is no board `{name}`"),
        Err(error) => format!("board `{name}` cannot be read: {error}"),
    };
    let known: Vec<&str> = Board::names().collect();
    let wrong = Diagnostic::error(Code::DANGLING, why).at(target.span, "");
    loaded.report.push(wrong.help(format!("known are {}", known.join(", "))));
    None
}
