//! The files that fill frames.

use std::path::PathBuf;

use layout::Model;

use crate::code::Code;
use crate::{Diagnostic, Report};

/// Reads all files that the model names and that have no bytes yet, from the first folder that has
/// them. One that is missing is a warning: without its bytes a system can still be looked at.
pub fn fetch(model: &mut Model, folders: &[PathBuf], report: &mut Report) {
    for content in model.contents.iter_mut().filter(|content| content.bytes.is_none()) {
        let paths = folders.iter().map(|folder| folder.join(&content.name));
        content.bytes = paths.into_iter().find_map(|path| std::fs::read(path).ok());
        if content.bytes.is_none() {
            let message = format!("there is no file `{}`", content.name);
            let missing = Diagnostic::warning(Code::FILE, message).at(content.span, "");
            report.push(missing.help("name its folder with --search"));
        }
    }
}
