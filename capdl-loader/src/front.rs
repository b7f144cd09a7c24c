//! Readers: from a file of any format to a model.
//!
//! | format | file |
//! |---|---|
//! | our own | `*.layout.toml` |
//! | upstream capDL ([`cdl`]) | `*.cdl` |
//! | rust-sel4's specification ([`json`]) | `*.json` |
//!
//! | module | what of our own format |
//! |---|---|
//! | [`tree`] | a text in TOML, with places |
//! | [`overlay`] | several of them as one |
//! | [`decode`] | from a tree to types, with all that is wrong |
//! | [`declare`] | macros: type, decoder and schema of one declaration |
//! | [`forms`] | forms of values that several parts have |
//! | [`limits`] | which numbers are refused, and which fields exclude each other |
//! | [`suggest`] | "did you mean" |
//! | [`shape`] | what a format looks like, as data |
//! | [`schema`] | the format as a JSON Schema |
//! | [`explain`] | where a value comes from, and what it means |
//! | [`mod@format`] | what may stand in a layout |
//! | [`expand`] | from what a layout says to objects and capabilities |

mod affinity;
pub mod cdl;
pub mod contents;
mod declare;
pub mod decode;
mod expand;
pub mod explain;
pub mod format;
pub mod forms;
pub mod json;
pub mod limits;
pub mod overlay;
mod problems;
pub mod schema;
pub mod shape;
pub mod suggest;
mod thread_slots;
pub mod tree;

use std::io::Read;
use std::path::{Path, PathBuf};

use layout::span::FileId;
use layout::{Model, Span};

use crate::board::Board;
use crate::code::Code;
use crate::sources::TooMuch;
use crate::{Diagnostic, Report, Severity, Sources};
use decode::{Decode, Decoder};
use format::Layout;
use tree::Node;

/// What to read, and where to look for what it names.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The file.
    pub file: PathBuf,
    /// Further files of our own format, each of which adds to what is before it.
    pub overlays: Vec<PathBuf>,
    /// Folders with the programs and other files that are named in it, beside its own folder.
    pub search: Vec<PathBuf>,
    /// The board to build for, instead of the one that the file names: other formats name none.
    pub board: Option<String>,
}

/// What was read. If the report has no error, the model is all that the file says; if it is
/// checkable, all but the contents of files.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// For lines and columns.
    pub sources: Sources,
    /// The system.
    pub model: Model,
    /// What is wrong.
    pub report: Report,
}

impl Loaded {
    /// Whether the checks can look at it: what they then find is wrong whatever is in the files
    /// that could not be used.
    #[must_use]
    pub fn is_checkable(&self) -> bool {
        let mut errors = self.report.iter().filter(|found| found.severity == Severity::Error);
        errors.all(|found| found.code == Code::FILE)
    }
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

/// Reads a file of any format with its overlays.
#[must_use]
pub fn load(input: &Input) -> Loaded {
    if let Some(format) = Format::of(&input.file) {
        return load_as(input, format);
    }
    let mut loaded = Loaded::default();
    let message = format!("`{}` is of no known format", input.file.display());
    let help = "a layout is a file *.layout.toml, *.cdl or *.json";
    loaded.report.push(Diagnostic::error(Code::TEXT, message).help(help));
    loaded
}

/// Reads a file of this format, whatever its name.
#[must_use]
pub fn load_as(input: &Input, format: Format) -> Loaded {
    let mut loaded = match format {
        Format::Layout => load_layout(input),
        Format::Cdl => load_with(input, cdl::read),
        Format::Json => load_with(input, json::read),
    };
    if let Some(board) = &input.board {
        loaded.model.target.board.clone_from(board);
    }
    loaded
}

/// A reader of another format: of the system's name and the text.
type Reader = fn(&str, &str, FileId) -> (Model, Report);

/// Reads a file of another format.
fn load_with(input: &Input, read: Reader) -> Loaded {
    let mut loaded = Loaded::default();
    let Some((file, text)) = text_of(&input.file, &mut loaded.sources, &mut loaded.report) else {
        return loaded;
    };
    let name = input.file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let (model, report) = read(name, &text, file);
    loaded.model = model;
    loaded.report.extend(report);
    contents::fetch(&mut loaded.model, &folders_of(input), &mut loaded.report);
    loaded
}

/// The folders with the files that a system names: its own first.
fn folders_of(input: &Input) -> Vec<PathBuf> {
    let own = input.file.parent().unwrap_or(Path::new("")).to_path_buf();
    std::iter::once(own).chain(input.search.iter().cloned()).collect()
}

/// Reads a layout of our own format.
fn load_layout(input: &Input) -> Loaded {
    let mut loaded = Loaded::default();
    if let Some(tree) = tree_of(input, &mut loaded.sources, &mut loaded.report) {
        expand_tree(&tree, input, &mut loaded);
    }
    loaded
}

/// Reads a layout of our own format from this text instead of from its file, which only names it.
#[must_use]
pub fn load_text(input: &Input, text: String) -> Loaded {
    let mut loaded = Loaded::default();
    match loaded.sources.add(&input.file, text.clone()) {
        Ok(file) => {
            let tree = tree::parse(file, &text, &mut loaded.report);
            expand_tree(&tree, input, &mut loaded);
        }
        Err(TooMuch) => loaded.report.push(too_large(&input.file)),
    }
    loaded
}

/// The model of a tree that could be read.
fn expand_tree(tree: &Node, input: &Input, loaded: &mut Loaded) {
    if let Some(layout) = Layout::decode(tree, &mut Decoder::new(&mut loaded.report)) {
        loaded.model = model_of(layout, input, &mut loaded.report);
    }
}

/// The tree of a layout with its overlays. `None`: there is nothing to read, as was told.
pub fn tree_of(input: &Input, sources: &mut Sources, report: &mut Report) -> Option<Node> {
    let mut merged: Option<Node> = None;
    for path in std::iter::once(&input.file).chain(&input.overlays) {
        let Some((file, text)) = text_of(path, sources, report) else { continue };
        let tree = tree::parse(file, &text, report);
        match &mut merged {
            None => merged = Some(tree),
            Some(base) => overlay::merge(base, tree, "layout", report),
        }
    }
    merged
}

/// Bytes of a text at most: nobody writes more, and devices have no end.
const LONGEST: u64 = 256 << 20;

/// The text of a file. `None`, and told, if it cannot be read.
fn text_of(path: &Path, sources: &mut Sources, report: &mut Report) -> Option<(FileId, String)> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    if let Err(error) = file.and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)) {
        let message = format!("`{}` cannot be read: {error}", path.display());
        report.push(Diagnostic::error(Code::TEXT, message).help("name a file that can be read"));
        return None;
    }
    let bad = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let file = sources.add(path, text.clone()).ok().filter(|_| text.len() as u64 <= LONGEST);
    let Some(file) = file else {
        report.push(too_large(path));
        return None;
    };
    if let Some(at) = bad.and_then(|at| u32::try_from(at).ok()) {
        let message = format!("`{}` is no text", path.display());
        let wrong = Diagnostic::error(Code::SYNTAX, message);
        let wrong = wrong.at(Span::new(file, at, at), "from here on it is not UTF-8");
        report.push(wrong.help("save it as UTF-8"));
        return None;
    }
    Some((file, text))
}

fn too_large(path: &Path) -> Diagnostic {
    let wrong = Diagnostic::error(Code::TEXT, format!("`{}` is too large", path.display()));
    wrong.help("a text has at most 256 MiB: split it into overlays")
}

/// The model of a layout that could be read.
fn model_of(mut layout: Layout, input: &Input, report: &mut Report) -> Model {
    let folders = folders_of(input);
    let Some(board) = board_of(&layout, &folders, report) else { return Model::default() };
    layout.name = layout.name.take().or_else(|| {
        let name = input.file.file_name()?.to_str()?;
        Some(name.trim_end_matches(".toml").trim_end_matches(".layout").into())
    });
    expand::expand(&layout, &board, expand::Files::new(folders), report)
}

/// The board of a layout; `None`, and told, if there is none.
fn board_of(layout: &Layout, folders: &[PathBuf], report: &mut Report) -> Option<Board> {
    let name = &layout.board.value;
    let span: Span = layout.board.span;
    match Board::find(name, folders.iter().map(PathBuf::as_path)) {
        Ok(Some(board)) => Some(board),
        Ok(None) => {
            let message = format!("there is no board `{name}`");
            let known: Vec<&str> = Board::names().collect();
            let help = format!("known are {}", known.join(", "));
            let wrong = Diagnostic::error(Code::DANGLING, message).at(span, "unknown");
            report.push(wrong.help(help));
            None
        }
        Err(error) => {
            let message = format!("the board `{name}` cannot be used");
            let wrong = Diagnostic::error(Code::TEXT, message).at(span, error.0);
            report.push(wrong.help("make it with `capdl board`, or name another board"));
            None
        }
    }
}
