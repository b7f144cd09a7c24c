//! The agreed list of panic sites.

use std::collections::BTreeMap;

use super::Sites;

/// Explains the committed list to its readers.
const HEADING: &str = "\
# Panics left in the release kernel: function | panic | number of branches | which invariant
# would have to be broken. Written by `cargo xtask panic-sites --update`, which keeps the reasons;
# `cargo xtask test` fails if the list differs from the kernel or a reason is missing.
";

/// Differences between kernel and list, one sentence each.
pub(crate) fn compare(sites: &Sites, list: &str) -> Vec<String> {
    let agreed = parse(list);
    let mut differences = Vec::new();
    for ((caller, panic), count) in sites {
        let listed = agreed.get(&(caller.clone(), panic.clone()));
        match listed {
            None => differences.push(format!("new panic site: {caller} | {panic}")),
            Some((old, _)) if old != count => differences
                .push(format!("{caller} | {panic}: {count} branches, the list says {old}")),
            Some((_, reason)) if reason.is_empty() => {
                differences.push(format!("no reason given for {caller} | {panic}"));
            }
            Some(_) => {}
        }
    }
    let gone = agreed.keys().filter(|key| !sites.contains_key(*key));
    differences.extend(gone.map(|(caller, panic)| format!("gone, good: {caller} | {panic}")));
    differences
}

/// The list as it should be committed, with the reasons of the old one.
pub(super) fn render(sites: &Sites, old: &str) -> String {
    let agreed = parse(old);
    let mut text = String::from(HEADING);
    for (key, count) in sites {
        let reason = agreed.get(key).map_or("", |(_, reason)| reason);
        text += format!("{} | {} | {count} | {reason}", key.0, key.1).trim_end();
        text.push('\n');
    }
    text
}

/// The agreed sites with their number and reason.
fn parse(list: &str) -> BTreeMap<(String, String), (usize, String)> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.splitn(4, '|').map(str::trim).collect::<Vec<_>>());
    let entry = |fields: Vec<&str>| match fields.as_slice() {
        [caller, panic, count, reason @ ..] => {
            let reason = reason.first().copied().unwrap_or_default();
            Some((((*caller).into(), (*panic).into()), (count.parse().ok()?, reason.into())))
        }
        _ => None,
    };
    fields.filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(caller: &str, panic: &str) -> (String, String) {
        (caller.into(), panic.into())
    }

    #[test]
    fn differences_are_new_changed_gone_and_unexplained() {
        let sites = Sites::from([
            (key("a", "p"), 1),
            (key("b", "p"), 2),
            (key("c", "p"), 1),
            (key("d", "p"), 1),
        ]);
        let list = "# heading\na | p | 1 | because\nb | p | 1 | so\nd | p | 1\ne | p | 1 | old\n";
        let differences = compare(&sites, list);
        assert_eq!(
            differences,
            [
                "b | p: 2 branches, the list says 1",
                "new panic site: c | p",
                "no reason given for d | p",
                "gone, good: e | p"
            ]
        );
    }

    #[test]
    fn an_updated_list_keeps_reasons_and_has_no_differences_once_explained() {
        let sites = Sites::from([(key("a", "p"), 3), (key("b", "q"), 1)]);
        let text = render(&sites, "a | p | 1 | because | of this\n");
        assert!(text.ends_with("a | p | 3 | because | of this\nb | q | 1 |\n"), "{text}");
        let explained = text.replace("b | q | 1 |", "b | q | 1 | I9");
        assert!(compare(&sites, &explained).is_empty());
    }
}
