//! What verbs have in common: reading a layout, placing its objects.

use std::path::{Path, PathBuf};

use layout::Model;
use packed::image::{VERSION, version_read_by};

use super::output::message;
use super::{InputArgs, Outcome};
use crate::board::{Board, Loader};
use crate::code::Code;
use crate::front::{Input, Loaded, load};
use crate::placement::Placement;
use crate::report::ranges;
use crate::{Diagnostic, Sources};

/// Reads a layout. What is wrong goes to standard error, and is fatal if it is an error; files of
/// programs, and others that only fill memory, may be missing, so that one can look at a system
/// before its programs are built. Texts that describe the system may not.
///
/// # Errors
/// How the run ends.
pub(super) fn read(args: &InputArgs) -> Result<Loaded, Outcome> {
    let mut loaded = load(&Input::from(args.clone()));
    if !args.file.is_file() {
        message(&loaded.report.render(&loaded.sources));
        return Err(Outcome::Failed);
    }
    loaded.report.retain(|found| found.code != Code::FILE);
    if loaded.report.has_errors() {
        message(&loaded.report.render(&loaded.sources));
        return Err(Outcome::Refused);
    }
    Ok(loaded)
}

/// The loader in a file, for systems of our version.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn loader_in(file: &Path) -> Result<Loader, Diagnostic> {
    let refused = |why: &dyn std::fmt::Display, help: &str| {
        let message = format!("the root task `{}` cannot be used: {why}", file.display());
        Diagnostic::error(Code::TEXT, message).help(help)
    };
    let wants =
        "`--root-task` takes the loader's ELF file: `cargo xtask build` makes root-task.elf";
    let bytes = std::fs::read(file).map_err(|error| refused(&error, wants))?;
    let loader = Loader::of(&bytes).map_err(|failure| refused(&failure, wants))?;
    match version_read_by(&bytes) {
        Some(VERSION) => Ok(loader),
        Some(other) => {
            let why = format!("it reads images of version {other}, this tool writes {VERSION}");
            Err(refused(&why, "build the root task and this tool of one source"))
        }
        None => Err(refused(&"it is no loader of layouts", wants)),
    }
}

/// Where objects lie, as far as it is known.
pub(super) struct Places {
    /// Of all objects.
    pub(super) addresses: Vec<Option<u64>>,
    /// Pieces of memory that stay free, by the power of two of their size.
    pub(super) free: Option<[u64; 48]>,
}

/// Places the objects of a model as the loader will, if its board is known; else only those whose
/// layout says where they lie are placed. Without a root task its size is guessed.
///
/// # Errors
/// How the run ends: the root task cannot be used, as was told.
pub(super) fn places(
    args: &InputArgs,
    model: &Model,
    root_task: Option<&Path>,
) -> Result<Places, Outcome> {
    let loader = match root_task.map(loader_in).transpose() {
        Ok(Some(loader)) => loader.with_system(model),
        Ok(None) => Loader::guess(model),
        Err(wrong) => {
            message(&wrong.render(&Sources::default()));
            return Err(Outcome::Refused);
        }
    };
    let unknown = || Places { addresses: ranges::fixed(model), free: None };
    Ok(planned(args, model, &loader).unwrap_or_else(unknown))
}

/// The board with this name, if it can be read.
pub(super) fn board_of(args: &InputArgs, name: &str) -> Option<Board> {
    let own = args.file.parent().unwrap_or(Path::new("."));
    let folders = std::iter::once(own).chain(args.search.iter().map(PathBuf::as_path));
    Board::find(name, folders).ok()?
}

fn planned(args: &InputArgs, model: &Model, loader: &Loader) -> Option<Places> {
    let board = board_of(args, &model.target.board)?;
    let forecast = board.forecast(&model.target, loader).ok()?;
    let placement = Placement::of(model, &forecast.untyped);
    let bytes = placement.planner.free_by_size();
    let pieces = std::array::from_fn(|bits| bytes[bits] >> bits);
    Some(Places { addresses: placement.addresses, free: Some(pieces) })
}
