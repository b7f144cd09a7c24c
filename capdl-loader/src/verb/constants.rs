//! `capdl constants`: slots, addresses, badges and bits of a component, for its program.
//!
//! A text in Rust begins with no inner comment, so that `include!` takes it into any module.

use std::fmt::Write;
use std::path::PathBuf;

use abi::directory::{Directory, Entry, Kind};
use clap::{Args, ValueEnum};
use layout::Model;

use super::output::{message, write};
use super::{InputArgs, Outcome, common};

/// The language of constants.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// A module for each kind, a constant for each name.
    Rust,
    /// A macro for each name.
    C,
}

/// For whom, and how.
#[derive(Args, Clone, Debug)]
pub struct ConstantsArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// The component.
    #[arg(long)]
    pub component: String,
    /// The language.
    #[arg(long, value_enum, default_value = "rust")]
    pub language: Language,
    /// The file to write; else standard output.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

/// Writes the constants. They do not depend on programs, which may not exist yet.
#[must_use]
pub fn run(args: &ConstantsArgs) -> Outcome {
    let loaded = match common::read(&args.input) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    let Some(text) = constants(&loaded.model, &args.component, args.language) else {
        message(&format!("error: there is no component `{}`\n", args.component));
        return Outcome::Refused;
    };
    write(args.output.as_deref(), &text)
}

/// The constants of a component; `None`: there is no such component.
#[must_use]
pub fn constants(model: &Model, component: &str, language: Language) -> Option<String> {
    let name = format!("{component}/directory");
    let content = model.contents.iter().find(|content| content.name == name)?;
    let directory = Directory::new(content.bytes.as_deref()?)?;
    Some(match language {
        Language::Rust => rust(component, directory),
        Language::C => c(component, directory),
    })
}

/// What the extent of a kind's entries is, if it is something.
const fn extent(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::CSpace | Kind::Untyped => "BITS",
        Kind::Interrupt => "SIGNAL",
        Kind::Spare => "COUNT",
        Kind::Region | Kind::Device | Kind::File | Kind::Memory => "BYTES",
        _ => return None,
    })
}

/// Entries that are numbers, by kind.
fn by_kind<'a>(directory: Directory<'a>, kind: Kind) -> Vec<Entry<'a>> {
    let is_number = |entry: &Entry<'_>| !matches!(entry.kind, Kind::Argument | Kind::Component);
    directory.entries().filter(|entry| entry.kind == kind && is_number(entry)).collect()
}

fn rust(component: &str, directory: Directory<'_>) -> String {
    let mut text = format!("// What the component `{component}` was given. Made by `capdl`.\n");
    for kind in Kind::ALL {
        let entries = by_kind(directory, *kind);
        if entries.is_empty() {
            continue;
        }
        // Writing into a string cannot fail.
        let _ = writeln!(text, "\n/// Kind `{0}`.\npub mod {0} {{", kind.word());
        for entry in entries {
            let name = identifier(entry.name);
            let value = entry.value;
            let called = match entry.name {
                "" => "The only one".into(),
                name => format!("`{name}`"),
            };
            let _ = writeln!(text, "    /// {called}.");
            let _ = writeln!(text, "    pub const {name}: u64 = {value:#x};");
            if let Some(word) = extent(*kind) {
                let extent = entry.extent;
                let _ = writeln!(text, "    /// {called}: {word}.");
                let _ = writeln!(text, "    pub const {name}_{word}: u64 = {extent:#x};");
            }
        }
        text.push_str("}\n");
    }
    text
}

fn c(component: &str, directory: Directory<'_>) -> String {
    let mut text = format!("/* What the component `{component}` was given. Made by `capdl`. */\n");
    text.push_str("#pragma once\n");
    for kind in Kind::ALL {
        for entry in by_kind(directory, *kind) {
            let name = format!("{}_{}", kind.word().to_uppercase(), identifier(entry.name));
            // Writing into a string cannot fail.
            let _ = writeln!(text, "#define {name} {:#x}ul", entry.value);
            if let Some(word) = extent(*kind) {
                let _ = writeln!(text, "#define {name}_{word} {:#x}ul", entry.extent);
            }
        }
    }
    text
}

/// A name as a constant: capital letters, digits and underscores; `IT` for what has no name.
fn identifier(name: &str) -> String {
    if name.is_empty() {
        return "IT".into();
    }
    let upper = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
        _ => '_',
    };
    let name: String = name.chars().map(upper).collect();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) { format!("_{name}") } else { name }
}
