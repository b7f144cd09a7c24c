//! Rules about the source text and the dependency graph, which no compiler knows.

mod examples;
mod files;
mod lengths;
mod licences;
mod manifests;
mod marks;
mod places;
mod source;

pub(crate) use files::Tree;
pub(crate) use source::Source;

use std::process::ExitCode;

use crate::process::Fallible;
use crate::workspace::Workspace;

/// A rule and how to look for what breaks it; each finding is one line that names the place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// What the rule is about, in a few words.
    pub(crate) name: &'static str,
    find: fn(&Tree) -> Fallible<Vec<String>>,
}

/// All rules.
pub(crate) const RULES: [Rule; 15] = [
    Rule { name: "file length", find: lengths::files },
    Rule { name: "function length", find: lengths::functions },
    Rule { name: "line length", find: lengths::lines },
    Rule { name: "unsafe only in listed files", find: places::unsafe_code },
    Rule { name: "assembly only in listed files", find: places::assembly },
    Rule { name: "conditional compilation", find: places::conditions },
    Rule { name: "no static mut, no transmute", find: places::forbidden_words },
    Rule { name: "open points name an issue", find: marks::open_points },
    Rule { name: "no commented-out code", find: marks::dead_code },
    Rule { name: "no machine paths", find: marks::machine_paths },
    Rule { name: "examples of public types", find: examples::examples },
    Rule { name: "lints of the workspace", find: manifests::lints },
    Rule { name: "versions of the workspace", find: manifests::versions },
    Rule { name: "direction of dependencies", find: manifests::direction },
    Rule { name: "licences", find: licences::licences },
];

/// What breaks a rule.
pub(crate) fn findings(workspace: &Workspace, rule: Rule) -> Fallible<Vec<String>> {
    (rule.find)(&Tree::read(&workspace.root)?)
}

/// The verb: all rules, a line each.
pub(crate) fn run(workspace: &Workspace) -> Fallible<ExitCode> {
    let tree = Tree::read(&workspace.root)?;
    let mut broken = 0;
    for rule in RULES {
        let findings = (rule.find)(&tree)?;
        println!("{}  {}", if findings.is_empty() { "ok    " } else { "BROKEN" }, rule.name);
        for finding in &findings {
            println!("    {finding}");
        }
        broken += usize::from(!findings.is_empty());
    }
    println!("{} passed, {broken} failed", RULES.len() - broken);
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
