//! The text files of the checkout.

use std::path::{Path, PathBuf};

use super::Source;
use crate::process::Fallible;

/// What holds nothing of ours. A second working tree has a file instead of the first folder.
const SKIPPED: [&str; 2] = [".git", "target"];

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path below the root, with slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its code and comments, if it is a Rust file.
    pub(crate) rust: Option<Source>,
}

impl File {
    /// A file in memory.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let rust = path.ends_with(".rs").then(|| Source::new(text));
        Self { path: path.into(), text: text.into(), rust }
    }

    /// Whether the file stands in one of the listed places: files, or folders with a slash.
    pub(crate) fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| match place.strip_suffix('/') {
            Some(_) => self.path.starts_with(place),
            None => self.path == *place,
        })
    }
}

/// All text files.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// The files, sorted by path.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads the checkout. What git would say does not matter: a new file has to be tidy too.
    pub(crate) fn read(root: &Path) -> Fallible<Self> {
        let mut paths = Vec::new();
        list(root, &mut paths)?;
        paths.sort();
        let mut tree = Self { root: root.into(), files: Vec::new() };
        for path in paths {
            // What is not UTF-8 is not text.
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            tree.files.push(File::new(&name, &text));
        }
        Ok(tree)
    }

    /// The Rust files with their code.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    /// Files in memory.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File::new(path, text)).collect();
        Self { root: PathBuf::new(), files }
    }
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Fallible<()> {
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    for entry in folder.read_dir().map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let kind = entry.file_type().map_err(cannot)?;
        if SKIPPED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            list(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_files_or_folders() {
        let file = File::new("kernel/src/mem.rs", "");
        assert!(file.is_in(&["kernel/src/mem.rs"]) && file.is_in(&["kernel/"]));
        assert!(!file.is_in(&["kernel/src/mem", "kernel/src"]));
    }

    #[test]
    fn the_checkout_contains_this_file_and_no_build_products() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tree = Tree::read(root).expect("readable");
        assert!(tree.rust().any(|(file, _)| file.path == "src/tidy/files.rs"));
        assert!(tree.files.iter().all(|file| !file.path.starts_with("target/")));
    }
}
