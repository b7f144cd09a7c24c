//! Finds the checks of the kernel in its text: conditions that decide between an error and going
//! on.

use std::ops::Range;

/// What becomes of a check when it is taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A condition under which a call is refused: it never holds.
    Refuses,
    /// A condition under which a call goes on: it always holds.
    Passes,
    /// A statement that may end in an error: it is not there.
    Statement,
}

/// A check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Guard {
    /// Where its condition, or the statement, stands in the text.
    pub(super) place: Range<usize>,
    /// What it is.
    pub(super) shape: Shape,
}

/// How far behind a passing arm the refusing one may stand.
const NEAR: usize = 600;

/// All checks of a file, in their order. Tests of the file do not count.
pub(super) fn find(text: &str) -> Vec<Guard> {
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let text = &text[..end];
    let mut found: Vec<Guard> = Vec::new();
    found.extend(words(text, "if ").filter_map(|at| condition(text, at)));
    found.extend(words(text, ".filter(|").filter_map(|at| filter(text, at)));
    found.extend(statements(text));
    found.retain(|guard| !is_const(text, guard.place.start));
    found.sort_by_key(|guard| guard.place.start);
    // One check inside of another's condition would be changed twice.
    let mut last = 0;
    found.retain(|guard| {
        let apart = guard.place.start >= last;
        last = last.max(guard.place.end);
        apart
    });
    found
}

/// Where a word begins, outside of comments.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let line = text[..*at].rfind('\n').map_or(0, |end| end + 1);
        let before = &text[line..*at];
        let separate = !before.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        !before.contains("//") && (separate || word.starts_with('.'))
    })
}

/// The end of what begins at a place: the first of some signs outside of brackets.
fn until(text: &str, start: usize, is_end: impl Fn(&str) -> bool) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, sign) in text[start..].char_indices() {
        let rest = &text[start + offset..];
        if depth == 0 && is_end(rest) {
            return Some(start + offset);
        }
        match sign {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ';' if depth == 0 => return None,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

fn begins_with_error(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches('{').trim_start();
    text.starts_with("return Err(") || text.starts_with("Err(")
}

/// The check whose `if` stands at a place.
fn condition(text: &str, at: usize) -> Option<Guard> {
    let start = at + "if ".len();
    let is_let = text[start..].starts_with("let ")
        || until(text, start, |rest| rest.starts_with("&& let ")).is_some_and(|place| {
            !text[start..place].contains(" {\n") && !text[start..place].contains("=>")
        });
    let end = until(text, start, |rest| {
        rest.starts_with(" =>") || rest.starts_with(if is_let { " {\n" } else { " {" })
    })?;
    let place = start..end;
    if let Some(arm) = text[end..].strip_prefix(" =>") {
        let shape = match begins_with_error(arm) {
            true => Shape::Refuses,
            false => Shape::Passes,
        };
        let near: String = arm.chars().take(NEAR).collect();
        let near = near.split("\n}").next().unwrap_or_default();
        let decides = shape == Shape::Refuses || near.contains("=> Err(");
        return (decides && !is_let).then_some(Guard { place, shape });
    }
    let block = end + " ".len();
    if begins_with_error(&text[block..]) {
        return Some(Guard { place, shape: Shape::Refuses });
    }
    let close = until(text, block + 1, |rest| rest.starts_with('}'))?;
    let otherwise = text[close + 1..].strip_prefix(" else ")?;
    let passes = !is_let && begins_with_error(otherwise);
    passes.then_some(Guard { place, shape: Shape::Passes })
}

/// `.filter(|…| condition)` whose result becomes an error if there is none.
fn filter(text: &str, at: usize) -> Option<Guard> {
    let start = at + ".filter(|".len();
    let start = start + text[start..].find("| ")? + "| ".len();
    let end = until(text, start, |rest| rest.starts_with(')'))?;
    let behind: String = text[end..].chars().take(120).collect();
    let decides = behind.split(';').next().is_some_and(|rest| rest.contains("ok_or"));
    decides.then_some(Guard { place: start..end, shape: Shape::Passes })
}

/// Lines that only check.
fn statements(text: &str) -> impl Iterator<Item = Guard> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let code = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let calls = code.ends_with(")?;") && code.matches('(').count() == code.matches(')').count();
        let first = code.split(['(', ' ']).next().unwrap_or_default();
        let plain = first.chars().all(|sign| sign.is_alphanumeric() || "._:".contains(sign));
        let checks = calls && plain && first.contains("check") && !code.contains(" = ");
        checks.then(|| Guard { place: start..start + code.len(), shape: Shape::Statement })
    })
}

/// Whether a place is in a function that the compiler may evaluate, where nothing can be switched.
fn is_const(text: &str, at: usize) -> bool {
    let header = text[..at].rfind("fn ").unwrap_or(0);
    let line = text[..header].rfind('\n').map_or(0, |end| end + 1);
    text[line..header].contains("const ")
}

/// The text with a switch in each check, numbered from `first` on.
pub(super) fn switched(text: &str, guards: &[Guard], first: usize) -> String {
    let mut new = String::new();
    let mut copied = 0;
    for (number, Guard { place, shape }) in (first..).zip(guards) {
        new.push_str(&text[copied..place.start]);
        let check = &text[place.clone()];
        let kept = format!("crate::mutants::kept({number})");
        let whole = if check.contains("let ") { check.into() } else { format!("({check})") };
        new.push_str(&match shape {
            Shape::Refuses => format!("{kept} && {whole}"),
            Shape::Passes => format!("!{kept} || {whole}"),
            Shape::Statement => format!("if {kept} {{ {check} }}"),
        });
        copied = place.end;
    }
    new + &text[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(&str, Shape)> {
        find(text).into_iter().map(|guard| (&text[guard.place], guard.shape)).collect()
    }

    #[test]
    fn refusing_blocks_are_found() {
        let text =
            "fn f() {\n    if a > 1 || b {\n        return Err(E);\n    }\n    if c {\n    }\n}";
        assert_eq!(all(text), [("a > 1 || b", Shape::Refuses)]);
        let chain = "if let Some(x) = y\n    && x > 1\n{\n    return Err(E);\n}";
        assert!(all(chain).len() <= 1);
        let either = "if a { Err(E) } else { Ok(1) }";
        assert_eq!(all(either), [("a", Shape::Refuses)]);
        let other = "if matches!(a, B { .. }) { Ok(1) } else { Err(E) }";
        assert_eq!(all(other), [("matches!(a, B { .. })", Shape::Passes)]);
    }

    #[test]
    fn arms_and_filters_are_found() {
        let text = "match a {\n    Some(b) if b != c => return Err(E),\n    None if d => 1,\n    \
                    _ => Err(E),\n}";
        assert_eq!(all(text), [("b != c", Shape::Refuses), ("d", Shape::Passes)]);
        let filter = "let a = b.filter(|c| c.is(1)).ok_or(E)?;";
        assert_eq!(all(filter), [("c.is(1)", Shape::Passes)]);
        assert_eq!(all("let a = b.filter(|c| c.is(1));"), []);
    }

    #[test]
    fn what_cannot_be_switched_is_left() {
        assert_eq!(all("const fn f() {\n    if a {\n        return Err(E);\n    }\n}"), []);
        assert_eq!(all("// if a {\n// return Err(E);\n"), []);
        assert_eq!(
            all("#[cfg(test)]\nmod tests {\n    if a {\n        return Err(E);\n    }\n}"),
            []
        );
    }

    #[test]
    fn every_check_has_its_switch() {
        let text = "if a || b {\n    return Err(E);\n}\nkernel.check(1)?;\n";
        let new = switched(text, &find(text), 7);
        let expected = "if crate::mutants::kept(7) && (a || b) {\n    return Err(E);\n}\n\
                        if crate::mutants::kept(8) { kernel.check(1)?; }\n";
        assert_eq!(new, expected);
    }
}
