//! Examples of public types.

use super::files::Tree;
use super::source::{Line, Source};
use crate::process::Fallible;

/// Crates that are programming interfaces.
const INTERFACES: [&str; 3] = ["libsys/src/", "libsys/abi/src/", "root-task/src/"];
/// What begins a public type, at the beginning of its line or in the braces of a macro's use.
const TYPES: [&str; 6] =
    ["pub struct ", "pub enum ", "pub union ", "pub trait ", "pub unsafe trait ", "pub type "];
/// How far items in braces are indented. What macros define is further in, and not of one name.
const INDENT: &str = "    ";
/// Folders of modules that only tests have.
const TESTS: &str = "/tests/";
/// What begins a macro, which is public if an attribute says so.
const MACRO: &str = "macro_rules! ";

/// Public types and macros whose documentation shows no code.
pub(super) fn examples(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings = Vec::new();
    let public = tree.rust().filter(|(file, _)| file.is_in(&INTERFACES));
    for (file, source) in public.filter(|(file, _)| !file.path.contains(TESTS)) {
        let bare = bare(source).map(|(line, item)| format!("{}:{line}: {item}", file.path));
        findings.extend(bare);
    }
    Ok(findings)
}

/// Items without an example, and their lines from 1.
fn bare(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let test_only = source.test_only();
    source.lines.iter().enumerate().filter_map(move |(index, line)| {
        let item = line.code.trim_end();
        let item = item.strip_prefix(INDENT).unwrap_or(item);
        let head: Vec<&Line> = source.lines[..index].iter().rev().take_while(is_head).collect();
        let says = |words: &str| head.iter().any(|line| line.code.contains(words));
        let public = TYPES.iter().any(|begin| item.starts_with(begin))
            || item.starts_with(MACRO) && says("#[macro_export]");
        let shown = head.iter().any(|line| line.comment.starts_with("/// ```"));
        (public && !shown && !says("#[doc(hidden)]") && !test_only[index])
            .then_some((index + 1, item))
    })
}

/// Whether a line belongs to the documentation or the attributes of what follows.
fn is_head(line: &&Line) -> bool {
    let attribute = line.code.trim_start().starts_with("#[");
    attribute || line.code.trim().is_empty() && line.comment.starts_with("///")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        examples(&Tree::of(&[(path, text)])).expect("no input or output").len()
    }

    const FILE: &str = "libsys/src/cap.rs";

    #[test]
    fn public_types_need_an_example() {
        assert_eq!(count(FILE, "/// A.\npub struct A;\n"), 1);
        assert_eq!(
            count(FILE, "/// A.\n/// ```\n/// a();\n/// ```\n#[derive(Debug)]\npub enum A {"),
            0
        );
        // That of the item before does not count.
        assert_eq!(count(FILE, "/// ```\n/// ```\npub struct A;\n\npub unsafe trait B {}\n"), 1);
        assert_eq!(count("kernel/src/cap.rs", "pub struct A;\n"), 0);
    }

    #[test]
    fn types_in_macros_and_aliases_need_one_too() {
        let example = "    /// ```\n    /// a();\n    /// ```\n";
        let rest = "    #[derive(Hash)]\n    pub enum A {\n    }\n}\n";
        assert_eq!(count("libsys/src/cap.rs", &format!("data! {{\n    /// A.\n{rest}")), 1);
        assert_eq!(count("libsys/src/cap.rs", &format!("data! {{\n{example}{rest}")), 0);
        assert_eq!(count("root-task/src/size.rs", "pub type A = B;\n"), 1);
    }

    #[test]
    fn what_nobody_sees_needs_none() {
        for text in ["struct A;", "pub(crate) enum A {}", "#[doc(hidden)]\npub struct A;"] {
            assert_eq!(count(FILE, text), 0, "{text}");
        }
        assert_eq!(count(FILE, "#[cfg(test)]\npub struct A;"), 0);
        assert_eq!(count("libsys/src/ring/tests/model.rs", "pub struct A;"), 0);
    }

    #[test]
    fn exported_macros_need_an_example() {
        assert_eq!(count(FILE, "macro_rules! a {}"), 0);
        assert_eq!(count(FILE, "/// A.\n#[macro_export]\nmacro_rules! a {}"), 1);
    }
}
