//! Which licences our dependencies may have.

use super::files::Tree;
use super::manifests;
use crate::process::Fallible;

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "MIT-0",
];

/// Packages under a licence that is not allowed, or under none.
pub(super) fn licences(tree: &Tree) -> Fallible<Vec<String>> {
    let metadata = manifests::metadata(tree)?;
    let refused = metadata.list("packages").iter().filter_map(|package| {
        let licence = package.text("license").unwrap_or("no licence");
        let name = package.text("name").unwrap_or("?");
        (!is_allowed(licence)).then(|| format!("{name}: {licence}"))
    });
    Ok(refused.collect())
}

/// Whether an expression of the SPDX specification, annex D, can be met by allowed licences.
/// Old packages write `/` for `OR`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest) && rest.is_empty()
}

/// One or more parts joined by OR.
fn either(words: &mut &[&str]) -> bool {
    let mut allowed = both(words);
    while let [first, rest @ ..] = *words
        && *first == "OR"
    {
        *words = rest;
        // Not `||`, which would not read the words.
        allowed |= both(words);
    }
    allowed
}

/// One or more parts joined by AND.
fn both(words: &mut &[&str]) -> bool {
    let mut allowed = part(words);
    while let [first, rest @ ..] = *words
        && *first == "AND"
    {
        *words = rest;
        allowed &= part(words);
    }
    allowed
}

/// A licence, perhaps with an exception, or an expression in parentheses.
fn part(words: &mut &[&str]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let allowed = either(words);
            let [")", rest @ ..] = *words else { return false };
            *words = rest;
            allowed
        }
        [licence, "WITH", exception, rest @ ..] => {
            *words = rest;
            ALLOWED.contains(&format!("{licence} WITH {exception}").as_str())
        }
        [licence, rest @ ..] => {
            *words = rest;
            ALLOWED.contains(licence)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn expressions_that_can_be_met_are_allowed() {
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "Unlicense OR MIT",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "GPL-2.0 OR BSD-3-Clause AND Zlib",
        ] {
            assert!(is_allowed(expression), "{expression}");
        }
    }

    #[test]
    fn other_expressions_are_refused() {
        for expression in [
            "",
            "no licence",
            "MPL-2.0",
            "MIT AND GPL-3.0",
            "(MIT",
            "MIT)",
            "GPL-2.0 WITH LLVM-exception",
            "BSD-3-Clause AND (GPL-2.0 OR MPL-2.0)",
        ] {
            assert!(!is_allowed(expression), "{expression}");
        }
    }
}
