//! What may not stand in comments and texts.

use super::files::Tree;
use crate::process::Fallible;

/// Words that mark an open point.
const OPEN_POINTS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Beginnings of paths that exist on one machine only. In pieces, since this file is read too.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/", "home/"), concat!("/", "tmp/"), concat!("/", "work/"), concat!("/", "root/")];

/// Folders where such paths are data: Linux programs use them.
const LINUX_PATHS: [&str; 1] = ["personality-linux/"];

/// Open points in comments without the number of an issue.
pub(super) fn open_points(tree: &Tree) -> Fallible<Vec<String>> {
    comments(tree, |comment| {
        OPEN_POINTS.iter().any(|mark| comment.contains(mark)) && !names_issue(comment)
    })
}

/// Comments that were code.
pub(super) fn dead_code(tree: &Tree) -> Fallible<Vec<String>> {
    comments(tree, is_code)
}

/// Paths of somebody's machine.
pub(super) fn machine_paths(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_in(&LINUX_PATHS)) {
        for (index, line) in file.text.lines().enumerate() {
            if MACHINE_PATHS.iter().any(|path| contains_path(line, path)) {
                findings.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    Ok(findings)
}

fn comments(tree: &Tree, chosen: fn(&str) -> bool) -> Fallible<Vec<String>> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for (index, line) in source.lines.iter().enumerate() {
            if chosen(&line.comment) {
                let text = line.comment.trim();
                findings.push(format!("{}:{}: {text}", file.path, index + 1));
            }
        }
    }
    Ok(findings)
}

/// Whether there is something like `#12`.
fn names_issue(comment: &str) -> bool {
    comment.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A guess that is right about statements and headers of blocks; prose rarely ends like them.
fn is_code(comment: &str) -> bool {
    let is_documentation = ["///", "//!", "/**", "/*!"].iter().any(|c| comment.starts_with(c));
    if is_documentation || !comment.starts_with("//") {
        return false;
    }
    let text = comment.trim_start_matches('/').trim();
    let keywords = ["let ", "use ", "pub ", "fn ", "if ", "for ", "while ", "return", "match "];
    let begins = keywords.iter().any(|word| text.starts_with(word)) || text.starts_with("#[");
    let statement = text.ends_with(';')
        && (begins || text.contains(" = ") || text.contains("::") || is_call(text));
    let block = text.ends_with('{') && (begins || text.starts_with('}'));
    statement || block || text.starts_with("#[") && text.ends_with(']') || text == "}"
}

/// Whether the text ends like a call: a name directly before its parentheses.
fn is_call(text: &str) -> bool {
    let name = text.split('(').next().unwrap_or_default();
    let ends = name.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    ends && text.ends_with(");")
}

/// Whether a path begins with `path` in the line: not in the middle of a longer one.
fn contains_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "./_-}$".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_points_need_an_issue() {
        let [to_do, ..] = OPEN_POINTS;
        let text = format!("// {to_do}: later\n// {to_do} (#12): later\nlet s = \"{to_do}\";");
        let findings = open_points(&Tree::of(&[("a.rs", &text)])).expect("no input or output");
        assert_eq!(findings, [format!("a.rs:1: // {to_do}: later")]);
    }

    #[test]
    fn code_in_comments_is_recognised() {
        for text in [
            "// let x = f();",
            "//    return;",
            "// self.queue.push(thread);",
            "// if a == b {",
            "// } else {",
            "// #[inline]",
            "// }",
        ] {
            assert!(is_code(text), "{text}");
        }
        for text in [
            "// The queue is empty here; nobody waits.",
            "// if nobody waits, the next one is chosen",
            "// SAFETY: I1, and `&mut self` is the only reference.",
            "/// let x = f();",
            "//! use abi::Error;",
            "// in the manual (section 4);",
            "",
        ] {
            assert!(!is_code(text), "{text}");
        }
    }

    #[test]
    fn machine_paths_are_found_in_any_text() {
        let [home, ..] = MACHINE_PATHS;
        let text = format!("see {home}me/x\nsee https://example.org{home}me\n${{X}}{home}\n");
        let tree = Tree::of(&[("README.md", &text), ("personality-linux/a.rs", &text)]);
        let findings = machine_paths(&tree).expect("no input or output");
        assert_eq!(findings, [format!("README.md:1: see {home}me/x")]);
    }
}
