//! Mutants that no game notices, each with its reason: `ci/mutants/survivors.txt`.

use std::process::ExitCode;

use super::Mutant;
use super::copy::read;
use crate::process::Fallible;
use crate::workspace::Workspace;

/// Compares those found now with the committed ones, of the chosen mutants.
pub(super) fn compare(
    workspace: &Workspace,
    survivors: &[String],
    chosen: &[&Mutant],
) -> Fallible<ExitCode> {
    let text = read(&workspace.root.join("ci/mutants/survivors.txt"))?;
    let known = parse(&text)?;
    let unknown: Vec<&String> =
        survivors.iter().filter(|name| !known.iter().any(|(other, _)| other == *name)).collect();
    for name in &unknown {
        println!("nobody knows why this survives: {name}");
    }
    for (name, _) in &known {
        if chosen.iter().any(|mutant| mutant.name == *name) && !survivors.contains(name) {
            println!("this is found now, its line can go: {name}");
        }
    }
    Ok(if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Names and reasons: a name, and its reason in the line below, indented.
fn parse(text: &str) -> Fallible<Vec<(String, String)>> {
    let mut known: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match (line.strip_prefix("  "), known.last_mut()) {
            (Some(reason), Some((_, all))) => all.push_str(reason),
            (Some(_), None) => return Err("a reason without a mutant".into()),
            (None, _) => known.push((line.into(), String::new())),
        }
    }
    match known.iter().find(|(_, reason)| reason.is_empty()) {
        Some((name, _)) => Err(format!("no reason for `{name}`")),
        None => Ok(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_survivor_has_a_reason() {
        let text = "# Comment.\na.rs: f: b\n  because\n\nc.rs: g: d\n  so\n";
        let known = parse(text).expect("good");
        assert_eq!(known[1], ("c.rs: g: d".into(), "so".into()));
        assert!(parse("a\nb\n  why\n").is_err());
        assert!(parse("  why\n").is_err());
    }
}
