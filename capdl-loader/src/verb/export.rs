//! `export`: a layout for another tool.

use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use layout::memory::Content;

use super::output::{message, write};
use super::{InputArgs, Outcome};
use crate::front::{Input, Loaded, load};
use crate::{Sources, export, generate};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// For which tool.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "cdl")]
    pub to: Target,
    /// Where to write it; standard output otherwise.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// A folder for the programs and other files that it names, those too that the tool makes.
    #[arg(long, value_name = "FOLDER")]
    pub files: Option<PathBuf>,
    /// Write it although it describes another system; what is lost is told all the same.
    #[arg(long)]
    pub lossy: bool,
}

/// The formats that are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Upstream capDL.
    Cdl,
}

/// What `generate` takes.
#[derive(Args, Clone, Debug)]
pub struct GenerateArgs {
    /// About so many objects.
    #[arg(long)]
    pub objects: usize,
    /// Where to write it; standard output otherwise.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// Writes the layout, unless something would be lost.
#[must_use]
pub fn run(args: &ExportArgs) -> Outcome {
    let Loaded { sources, model, mut report } = load(&Input::from(args.input.clone()));
    if report.has_errors() {
        message(&report.render(&sources));
        return Outcome::Refused;
    }
    let Target::Cdl = args.to;
    let (text, lost) = export::cdl::write(&model);
    let is_refused = lost.has_errors() && !args.lossy;
    report.extend(lost);
    if report.iter().next().is_some() {
        message(&report.render(&sources));
    }
    if is_refused {
        return Outcome::Refused;
    }
    match args.files.as_deref().map(|folder| write_files(folder, &model.contents)) {
        Some(Err(why)) => {
            message(&why);
            Outcome::Failed
        }
        _ => write(args.output.as_deref(), &text),
    }
}

/// Writes files into a folder, by their names and nowhere else.
fn write_files(folder: &Path, contents: &[Content]) -> Result<(), String> {
    for content in contents {
        let Some(bytes) = &content.bytes else { continue };
        let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        let name = Path::new(&content.name);
        if !name.components().all(is_inside) {
            return Err(format!("error: `{}` lies outside of any folder\n", content.name));
        }
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| std::fs::write(&path, bytes));
        written.map_err(|error| format!("error: `{}`: {error}\n", path.display()))?;
    }
    Ok(())
}

/// Writes a system of about so many objects, to measure with.
#[must_use]
pub fn run_generate(args: &GenerateArgs) -> Outcome {
    let (text, report) = export::cdl::write(&generate::system(args.objects));
    if report.has_errors() {
        message(&report.render(&Sources::default()));
        return Outcome::Refused;
    }
    write(args.output.as_deref(), &text)
}
