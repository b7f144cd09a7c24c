//! Few words that ask for very much, and much text that asks for little.

use super::{complaint, told};

#[test]
fn endless_arrays_are_refused() {
    let rendered = complaint("objects { f[4000000000] = frame (4k) }");
    assert!(rendered.contains("there are more than"), "{rendered}");
    let caps = format!("caps {{ c {{ 0: {} }} }}", "f[] ".repeat(100));
    let objects = "objects { f[50000] = frame (4k) c = cnode (4 bits) }";
    let rendered = complaint(&format!("{objects} {caps}"));
    assert!(rendered.contains("there are more than"), "{rendered}");
    let copies = "caps { c { 1: n = e 2: <n[0..99999999999]> } }";
    let rendered = complaint(&format!("objects {{ e = ep c = cnode (4 bits) }} {copies}"));
    assert!(rendered.contains("there are more than"), "{rendered}");
}

#[test]
fn an_array_may_be_empty() {
    let (model, rendered, _) = told("objects { x = ep l[0] = ut l[0] = ut { x } }");
    assert_eq!(model.objects.len(), 1, "{rendered}");
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = "a = ut { ".repeat(100_000);
    assert!(complaint(&format!("objects {{ {deep}")).contains("nested too deeply"));
    let deep = "n { ".repeat(100_000);
    assert!(complaint(&format!("cdt {{ {deep}")).contains("nested too deeply"));
}

#[test]
fn a_flood_of_errors_is_cut() {
    let (_, rendered, report) = told(&format!("objects {{ {} }}", "x = y\n".repeat(10_000)));
    assert!(report.iter().count() <= 100, "{}", report.iter().count());
    assert!(rendered.contains("more errors, which are not shown"), "{rendered}");
}

#[test]
fn long_chains_of_copies_are_followed() {
    let links: String = (0..20_000).map(|n| format!("{n}: n{n} = <n{}>\n", n + 1)).collect();
    let (_, rendered, report) = told(&format!(
        "objects {{ e = ep c = cnode (20 bits) }} caps {{ c {{ {links} 20000: n20000 = e }} }}"
    ));
    assert_eq!(report.iter().count(), 0, "{rendered}");
}
