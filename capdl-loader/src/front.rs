//! Readers: from a file of any format to a model.
//!
//! | format | file |
//! |---|---|
//! | our own | `*.layout.toml` |
//! | upstream capDL ([`cdl`]) | `*.cdl` |
//! | rust-sel4's specification | `*.json` |

mod affinity;
pub mod cdl;
mod problems;
pub mod suggest;

use std::path::{Path, PathBuf};

use layout::Model;

use crate::{Report, Sources};

/// What to read, and where to look for what it names.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The file.
    pub file: PathBuf,
    /// Further files of our own format, each of which adds to what is before it.
    pub overlays: Vec<PathBuf>,
    /// Folders with the programs and other files that are named in it, beside its own folder.
    pub search: Vec<PathBuf>,
}

/// What was read. If the report has no error, the model is all that the file says.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// For lines and columns.
    pub sources: Sources,
    /// The system.
    pub model: Model,
    /// What is wrong.
    pub report: Report,
}

/// The formats that are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Our own.
    Layout,
    /// Upstream capDL.
    Cdl,
    /// rust-sel4's specification.
    Json,
}

impl Format {
    /// By the end of the file's name.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Self::Layout),
            "cdl" => Some(Self::Cdl),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}
