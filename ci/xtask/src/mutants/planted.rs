//! Bugs like those that kernels of this family had, planted into a copy.
//!
//! `ci/mutants/planted.txt` has a block for each: a name, a file, a text that stands there once,
//! and what to put in its place, in which `KEPT` says whether the bug is absent.

use std::path::Path;

use super::Mutant;
use super::copy::{read, write};
use crate::process::Fallible;
use crate::workspace::Workspace;

/// A bug.
#[derive(Debug, Default, PartialEq)]
struct Bug {
    name: String,
    file: String,
    find: String,
    with: String,
}

/// Puts all bugs behind switches numbered from `first` on.
pub(super) fn plant(workspace: &Workspace, root: &Path, first: usize) -> Fallible<Vec<Mutant>> {
    let text = read(&workspace.root.join("ci/mutants/planted.txt"))?;
    let mut mutants = Vec::new();
    for (number, bug) in (first..).zip(parse(&text)?) {
        let path = root.join(&bug.file);
        let source = read(&path)?;
        if source.matches(&bug.find).count() != 1 {
            return Err(format!(
                "{}: {} does not stand there once: {}",
                bug.name, bug.file, bug.find
            ));
        }
        let kept = format!("crate::mutants::kept({number})");
        write(&path, &source.replace(&bug.find, &bug.with.replace("KEPT", &kept)))?;
        mutants.push(Mutant { number, name: bug.name });
    }
    Ok(mutants)
}

fn parse(text: &str) -> Fallible<Vec<Bug>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).map(block).collect()
}

fn block(text: &str) -> Fallible<Bug> {
    let mut bug = Bug::default();
    for line in text.lines() {
        let (key, value) = line.split_once(": ").ok_or_else(|| format!("no key in `{line}`"))?;
        let field = match key {
            "bug" => &mut bug.name,
            "file" => &mut bug.file,
            "find" => &mut bug.find,
            "with" => &mut bug.with,
            other => return Err(format!("unknown key `{other}`")),
        };
        *field = value.into();
    }
    if bug.find.is_empty() || !bug.with.contains("KEPT") {
        return Err(format!("`{}` has no switch", bug.name));
    }
    Ok(bug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read() {
        let text = "# Comment.\nbug: a\nfile: b.rs\nfind: c: d\nwith: if KEPT { c }\n\n";
        let bug = Bug {
            name: "a".into(),
            file: "b.rs".into(),
            find: "c: d".into(),
            with: "if KEPT { c }".into(),
        };
        assert_eq!(parse(text), Ok(vec![bug]));
        assert!(parse("bug: a\nfile: b\nfind: c\nwith: d").is_err());
        assert!(parse("what").is_err());
    }
}
