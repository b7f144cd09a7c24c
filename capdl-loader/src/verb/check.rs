//! `check`: everything that is wrong with a layout.

use std::path::Path;

use super::{InputArgs, Outcome};
use crate::Diagnostic;
use crate::board::Board;
use crate::check;
use crate::code::Code;
use crate::front::{self, Input, Loaded};

/// Tells all that is wrong, sorted by place.
#[must_use]
pub fn run(args: &InputArgs) -> Outcome {
    let input = Input::from(args.clone());
    let loaded = checked(&input);
    print!("{}", loaded.report.render(&loaded.sources));
    if loaded.report.has_errors() { Outcome::Refused } else { Outcome::Done }
}

/// Reads a layout and checks it. A layout that cannot be read is not checked further.
#[must_use]
pub fn checked(input: &Input) -> Loaded {
    let mut loaded = front::load(input);
    if !loaded.report.has_errors() {
        let board = board(input, &mut loaded);
        loaded.report.extend(check::check(&loaded.model, board.as_ref()));
    }
    loaded
}

/// The board of a layout; one that cannot be found is told.
fn board(input: &Input, loaded: &mut Loaded) -> Option<Board> {
    let target = &loaded.model.target;
    let name = &target.board;
    if name.is_empty() {
        return None;
    }
    let own = input.file.parent().unwrap_or(Path::new("."));
    let folders = std::iter::once(own).chain(input.search.iter().map(|folder| folder.as_path()));
    let message = match Board::find(name, folders) {
        Ok(Some(board)) => return Some(board),
        Ok(None) => format!("there is no board `{name}`"),
        Err(error) => format!("board `{name}` cannot be read: {error}"),
    };
    let known: Vec<&str> = Board::names().collect();
    let wrong = Diagnostic::error(Code::DANGLING, message).at(target.span, "");
    loaded.report.push(wrong.help(format!("known are {}", known.join(", "))));
    None
}
