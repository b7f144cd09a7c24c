//! The committed inputs of a target: good ones to begin with, and those that once broke it.

use std::io;
use std::path::{Path, PathBuf};

/// Where a target's former crashes are kept.
#[must_use]
pub fn crashes(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crashes").join(target)
}

/// All committed inputs of a target, in the order of their names, corpus first.
///
/// # Errors
///
/// A file or folder cannot be read. A folder that is missing is empty.
pub fn files(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut all = Vec::new();
    for folder in [corpus, crashes(target)] {
        if !folder.is_dir() {
            continue;
        }
        let entries: io::Result<Vec<_>> = folder.read_dir()?.collect();
        let mut paths: Vec<PathBuf> = entries?.iter().map(std::fs::DirEntry::path).collect();
        paths.sort();
        for path in paths {
            all.push(std::fs::read(path)?);
        }
    }
    Ok(all)
}
