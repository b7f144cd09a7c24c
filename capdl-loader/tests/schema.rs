//! The schema refuses no more and, as far as it can say it, no less than the reader.

use std::path::Path;

use capdl::Severity;
use capdl::board::Board;
use capdl::check::check;
use capdl::code::Code;
use capdl::front::limits::{Bound, LARGEST, ONE_OF, SMALLEST};
use capdl::front::schema::schema;
use capdl::front::{Input, load_text};

/// A layout in which a field of a table has this number.
fn with(bound: &Bound, number: u64) -> String {
    let component = |prio: &str, time: &str, more: &str| {
        format!(
            "[component.a]\nimage = 'program.elf'\nprio = {prio}\nstack = '16K'\n{time}\n{more}\n"
        )
    };
    let time = "sched = { budget_us = 20, period_us = 1000 }";
    let plain = |more: String| component("9", time, &more);
    let field = bound.field;
    let rest = match (bound.table, field) {
        ("Component", "prio") => component(&number.to_string(), time, ""),
        ("Component", "max_prio") => plain(format!("max_prio = {number}")),
        ("Supervisor", "budget_us") => {
            format!("supervisor.budget_us = {number}\n") + &plain(String::new())
        }
        ("Supervisor", _) => {
            format!("supervisor = {{ {field} = {number}, budget_us = 20 }}\n")
                + &plain(String::new())
        }
        ("Pool", "max") => plain(format!(
            "pool = {{ name = 'p', max = {number}, prio_max = 9, member_size = '2K' }}"
        )),
        ("Restart", _) => plain(format!("restart = {{ on = ['fault'], {field} = {number} }}")),
        ("Sched", "budget_us") => {
            component("9", &format!("sched = {{ budget_us = {number}, period_us = 1000 }}"), "")
        }
        ("Sched", "period_us") => {
            component("9", &format!("sched = {{ budget_us = {number}, period_us = {number} }}"), "")
        }
        ("RawThread", _) => format!("[raw.thread.t]\nstart = false\n{field} = {number}\n"),
        ("RawCoreSignal", "number") => {
            format!("[raw.core_signal.s]\nnumber = {number}\ncore = 0\n")
        }
        other => panic!("{other:?} needs a layout here"),
    };
    format!("layout = 1\nboard = 'qemu-virt-aarch64'\n{rest}")
}

/// How many errors the reader and the checks find.
fn errors(text: String) -> usize {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let file = "bounds.layout.toml".into();
    let input = Input { file, search: vec![programs], ..Input::default() };
    let mut loaded = load_text(&input, text);
    let board = Board::find("qemu-virt-aarch64", []).expect("readable");
    if loaded.is_checkable() {
        loaded.report.extend(check(&loaded.model, board.as_ref()));
    }
    let wrong = |code| ![Code::OUT_OF_MEMORY, Code::OUT_OF_SLOTS].contains(&code);
    let found = loaded.report.iter().filter(|found| found.severity == Severity::Error);
    found.filter(|found| wrong(found.code)).count()
}

#[test]
fn bounds_of_the_schema_are_those_of_the_reader() {
    let text = schema();
    for (bounds, word, beyond) in [(LARGEST, "maximum", 1), (SMALLEST, "minimum", -1)] {
        for bound in bounds {
            let outside = bound.last.wrapping_add_signed(beyond);
            let (good, bad) = (errors(with(bound, bound.last)), errors(with(bound, outside)));
            assert!(bad > good, "{bound:?}: {good} errors, beyond it {bad}");
            let table = text.split(&format!("\"{}\": {{", bound.table)).nth(1).expect("a table");
            let field = table.split(&format!("\"{}\": {{", bound.field)).nth(1).expect("a field");
            let own = field.split("\"allOf\"").next().unwrap_or_default();
            assert!(own.contains(&format!("\"{word}\": {}", bound.last)), "{bound:?}: {own}");
        }
    }
}

#[test]
fn the_schema_wants_exactly_one_where_the_reader_does() {
    let text = schema();
    for (table, fields) in ONE_OF {
        let own = text.split(&format!("\"{table}\": {{")).nth(1).expect("a table");
        let choice = own.split("\"oneOf\": [").nth(1).expect("a choice");
        let choice = choice.split("}]").next().unwrap_or_default();
        let named = fields.iter().filter(|field| choice.contains(&format!("\"{field}\"")));
        assert_eq!(named.count(), fields.len(), "{table}: {choice}");
    }
}
