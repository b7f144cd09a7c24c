//! How long files, functions and lines may be.

use super::files::Tree;
use crate::process::Fallible;

/// Lines of a file.
const FILE: usize = 500;
/// Lines of the README: a newcomer reads it to the end.
const README: usize = 119;
/// Lines of a function, from `fn` to its closing brace.
const FUNCTION: usize = 60;
/// Characters of a line, of code for people and for machines.
const LINE: usize = 100;
/// Endings of the files whose lines are measured.
const CODE: [&str; 3] = [".rs", ".S", ".ld"];

/// Files that should be split.
pub(super) fn files(tree: &Tree) -> Fallible<Vec<String>> {
    let long = tree.rust().filter_map(|(file, source)| {
        // The lexer sees an empty line after the last line end.
        let count = source.lines.len() - usize::from(file.text.ends_with('\n'));
        (count > FILE).then(|| format!("{}: {count} lines, at most {FILE}", file.path))
    });
    let readme = tree.files.iter().find(|file| file.path == "README.md");
    let long_readme = readme.map(|file| file.text.lines().count()).filter(|count| *count > README);
    let long_readme =
        long_readme.map(|count| format!("README.md: {count} lines, at most {README}"));
    Ok(long.chain(long_readme).collect())
}

/// Functions that should be split.
pub(super) fn functions(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for function in source.functions() {
            let count = function.last - function.first + 1;
            if count > FUNCTION {
                let (path, line, name) = (&file.path, function.first, function.name);
                findings
                    .push(format!("{path}:{line}: {name} has {count} lines, at most {FUNCTION}"));
            }
        }
    }
    Ok(findings)
}

/// Lines that should be broken. The formatter leaves comments and strings alone; this does not.
pub(super) fn lines(tree: &Tree) -> Fallible<Vec<String>> {
    let mut findings = Vec::new();
    let measured = tree.files.iter().filter(|f| CODE.iter().any(|end| f.path.ends_with(end)));
    for file in measured {
        for (index, line) in file.text.lines().enumerate() {
            let count = line.chars().count();
            if count > LINE {
                let place = format!("{}:{}", file.path, index + 1);
                findings.push(format!("{place}: {count} characters, at most {LINE}"));
            }
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(find: fn(&Tree) -> Fallible<Vec<String>>, path: &str, text: &str) -> usize {
        find(&Tree::of(&[(path, text)])).expect("no input or output").len()
    }

    #[test]
    fn a_file_may_have_exactly_the_limit() {
        assert_eq!(count(files, "a.rs", &"\n".repeat(FILE)), 0);
        assert_eq!(count(files, "a.rs", &"\n".repeat(FILE + 1)), 1);
        assert_eq!(count(files, "a.md", &"\n".repeat(FILE + 1)), 0);
        assert_eq!(count(files, "README.md", &"\n".repeat(README)), 0);
        assert_eq!(count(files, "README.md", &"\n".repeat(README + 1)), 1);
    }

    #[test]
    fn a_function_may_have_exactly_the_limit() {
        let function = |lines: usize| format!("fn f() {{{}}}\n", "\n".repeat(lines - 1));
        assert_eq!(count(functions, "a.rs", &function(FUNCTION)), 0);
        assert_eq!(count(functions, "a.rs", &function(FUNCTION + 1)), 1);
    }

    #[test]
    fn lines_are_measured_in_characters() {
        assert_eq!(count(lines, "a.rs", &"ä".repeat(LINE)), 0);
        assert_eq!(count(lines, "a.rs", &"a".repeat(LINE + 1)), 1);
        assert_eq!(count(lines, "a.S", &"a".repeat(LINE + 1)), 1);
        assert_eq!(count(lines, "README.md", &"a".repeat(LINE + 1)), 0);
    }
}
