//! The operations as a table and as JSON.

use super::counts::{Counts, METRICS, Metric};
use super::measured::{Measured, Measurement};
use super::operations::{LINES, Operation, SECTIONS};
use super::table::{aligned, grouped};
use super::wall::Timed;

const HEAD: [&str; 12] = [
    "operation",
    "kernel",
    "with user",
    "entries",
    "peer",
    "of peer",
    "floor",
    "aim",
    "code lines/pages",
    "data lines/pages",
    "MSR",
    "ISB/DSB/DMB",
];

/// The table in Markdown, and what is not as steady as it should be.
pub(super) fn text(measurement: &Measurement) -> String {
    let rows: Vec<[String; 12]> = measurement.operations.iter().map(row).collect();
    let mut text = aligned(HEAD, &rows);
    let unsteady = measurement.operations.iter().filter(|measured| !measured.is_steady());
    for measured in unsteady {
        text += &format!(
            "{}: from {} to {} instructions in {} windows\n",
            measured.operation.name,
            grouped(measured.least.get(Metric::Kernel)),
            grouped(measured.most.get(Metric::Kernel)),
            measured.windows
        );
    }
    text += &reached(measurement);
    let further = further(measurement);
    if !further.is_empty() {
        text += "\n";
        text += &aligned(["further figures", "number", "peer", "floor", "aim"], &further);
    }
    text
}

/// How many operations keep their floors and aims.
fn reached(measurement: &Measurement) -> String {
    let count = |figure: fn(&Operation) -> Option<u64>| {
        let all = measurement.operations.iter();
        let kept = all.filter_map(|m| figure(m.operation).map(|figure| m.kernel() <= figure));
        kept.fold((0, 0), |(kept, all), keeps| (kept + u64::from(keeps), all + 1))
    };
    let [(peers, of), (floors, bounded), (aims, _)] =
        [count(|o| o.peer), count(|o| o.floor), count(|o| o.aim)];
    format!(
        "\nNot above the peer: {peers} of {of} operations; floor kept: {floors} of {bounded}; aim \
         reached: {aims}.\n"
    )
}

/// Rows about lines and about the image's sections.
fn further(measurement: &Measurement) -> Vec<[String; 5]> {
    let measured = |name: &str| measurement.operations.iter().find(|m| m.operation.name == name);
    let lines = LINES.iter().filter_map(|(metric, expected)| {
        let kind = if *metric == Metric::DataLines { "data lines" } else { "code lines" };
        let number = measured(expected.name)?.median.get(*metric);
        Some(compared(format!("{}: {kind}", expected.name), number, Some(expected)))
    });
    let sections = measurement.sections.iter().map(|(name, bytes)| {
        let expected = SECTIONS.iter().find(|section| section.name == name);
        compared(format!("image: bytes of {name}"), *bytes, expected)
    });
    lines.chain(sections).collect()
}

/// A number beside what is expected of it.
fn compared(name: String, number: u64, expected: Option<&Operation>) -> [String; 5] {
    let [peer, floor, aim] = expected.map_or([None; 3], |e| [e.peer, e.floor, e.aim]);
    let figure = |figure: Option<u64>| figure.map_or("–".into(), |figure| mark(number, figure));
    [name, grouped(number), peer.map_or("–".into(), grouped), figure(floor), figure(aim)]
}

fn row(measured: &Measured) -> [String; 12] {
    let (operation, counts, kernel) = (measured.operation, &measured.median, measured.kernel());
    let pair = |a, b| format!("{}/{}", counts.get(a), counts.get(b));
    [
        operation.name.into(),
        grouped(kernel),
        grouped(kernel + counts.get(Metric::User)),
        counts.get(Metric::Entries).to_string(),
        operation.peer.map_or("–".into(), grouped),
        operation.peer.map_or("–".into(), |peer| format!("{} %", kernel * 100 / peer.max(1))),
        operation.floor.map_or("–".into(), |floor| mark(kernel, floor)),
        operation.aim.map_or("–".into(), |aim| mark(kernel, aim)),
        pair(Metric::CodeLines, Metric::CodePages),
        pair(Metric::DataLines, Metric::DataPages),
        counts.get(Metric::Msr).to_string(),
        [Metric::Isb, Metric::Dsb, Metric::Dmb].map(|kind| counts.get(kind).to_string()).join("/"),
    ]
}

/// A figure to reach, and whether it is reached.
fn mark(kernel: u64, figure: u64) -> String {
    format!("{} {}", grouped(figure), if kernel <= figure { "✓" } else { "✗" })
}

/// The table of durations, of operations whose names begin so.
pub(super) fn durations(timed: &[Timed], prefix: &str) -> String {
    let chosen = timed.iter().filter(|timed| timed.name.starts_with(prefix));
    let row = |Timed { name, times }: &Timed| {
        let [median, least, most] = [times.median(), times.shortest(), times.longest()]
            .map(|time| grouped(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)));
        [name.clone(), median, least, most]
    };
    let rows: Vec<[String; 4]> = chosen.map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "{}By this machine's clock, in nanoseconds of QEMU without counting: what QEMU makes dear \
         (a change of\nASID flushes its whole TLB) is not what hardware does, and other load shows \
         in every figure.\n",
        aligned(["operation, by the clock", "median", "least", "most"], &rows)
    )
}

/// Durations for programs, in nanoseconds: for each operation its median, least and most.
pub(super) fn durations_json(timed: &[Timed]) -> String {
    let member = |Timed { name, times }: &Timed| {
        let numbers = [times.median(), times.shortest(), times.longest()];
        format!("\"{name}\": [{}]", numbers.map(|time| time.as_nanos().to_string()).join(", "))
    };
    let members: Vec<String> = timed.iter().map(member).collect();
    format!("\"nanoseconds\": {{\n    {}\n  }}", members.join(",\n    "))
}

/// Members of an object for programs: a list of operations, and the bytes of each section.
pub(super) fn json(measurement: &Measurement) -> String {
    let objects: Vec<String> = measurement.operations.iter().map(object).collect();
    let section = |(name, bytes): &(String, u64)| format!("\"{name}\": {bytes}");
    let sections: Vec<String> = measurement.sections.iter().map(section).collect();
    format!(
        "\"operations\": [\n    {}\n  ],\n  \"sections\": {{{}}}",
        objects.join(",\n    "),
        sections.join(", ")
    )
}

fn object(measured: &Measured) -> String {
    let operation = measured.operation;
    let number = |number: Option<u64>| number.map_or("null".into(), |number| number.to_string());
    let range = |counts: &Counts| counts.get(Metric::Kernel);
    let metrics =
        METRICS.map(|(metric, name)| format!("\"{name}\": {}", measured.median.get(metric)));
    // Names need no escapes: a test of the table says so.
    format!(
        "{{\"name\": \"{}\", \"peer\": {}, \"floor\": {}, \"aim\": {}, \"windows\": {}, \
         \"least\": {}, \"most\": {}, {}}}",
        operation.name,
        number(operation.peer),
        number(operation.floor),
        number(operation.aim),
        measured.windows,
        range(&measured.least),
        range(&measured.most),
        metrics.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::measured::tests::example;
    use std::time::Duration;

    use super::super::operations::OPERATIONS;
    use super::super::wall::Times;
    use super::*;
    use crate::json::Value;

    #[test]
    fn the_table_compares_with_the_peer() {
        let text = text(&example());
        let first = text.lines().nth(3).expect("a row");
        let cells: Vec<&str> = first.split('|').map(str::trim).collect();
        assert_eq!(cells[1..3], ["call 0 words", "1 000"]);
        assert_eq!(cells[5..9], ["209", "478 %", "185 ✗", "140 ✗"]);
        let bounded = OPERATIONS.iter().filter(|operation| operation.floor.is_some()).count();
        assert!(text.contains(&format!(" of {bounded}; aim reached: ")), "{text}");
        let image = text.lines().find(|line| line.starts_with("| image: bytes of .text "));
        let cells: Vec<&str> = image.expect("a row").split('|').map(str::trim).collect();
        assert_eq!(cells[2..6], ["100", "41 400", "131 072 ✓", "57 344 ✓"]);
        assert!(text.contains("\ncall 0 words: from 1 000 to 1 010 instructions in 9 windows\n"));
    }

    #[test]
    fn the_json_can_be_read_again() {
        let text = format!("{{{}}}", json(&example()));
        let value = crate::json::parse(&text).expect("good JSON");
        let [_, first, _, third, ..] = value.list("operations") else { panic!("operations") };
        assert_eq!(first.text("name"), Some("call 0 words"));
        assert_eq!(first.member("kernel"), Some(&Value::Number("1000".into())));
        assert_eq!(third.member("peer"), Some(&Value::Null));
        let text = value.member("sections").and_then(|sections| sections.member(".text"));
        assert_eq!(text, Some(&Value::Number("100".into())));
    }

    #[test]
    fn durations_have_a_median_and_a_range() {
        let times = [300, 1000, 200].map(Duration::from_nanos).to_vec();
        let timed = [Timed { name: "call".into(), times: Times { times } }];
        let text = durations(&timed, "c");
        let row = text.lines().nth(2).expect("a row");
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[1..5], ["call", "300", "200", "1 000"]);
        assert!(!durations(&timed, "x").contains("call"));
        let json = crate::json::parse(&format!("{{{}}}", durations_json(&timed)));
        assert_eq!(
            json.expect("good JSON").member("nanoseconds").map(|n| n.list("call").len()),
            Some(3)
        );
    }
}
