//! The table with what is demanded, and JSON.

use crate::bench::figure::Figure;
use crate::bench::split::Who;
use crate::bench::table::{aligned, grouped};

/// What is not there.
const NOTHING: &str = "–";

/// Most that an operation may take, in hundredths of what Linux takes.
const DEMANDED: [(&str, u64); 14] = [
    ("null call", 240),
    ("clock_gettime", 100),
    ("compute-bound", 101),
    ("read 1 byte", 250),
    ("write 1 byte", 250),
    ("open and close", 200),
    ("stat", 200),
    ("read 64 KiB", 120),
    ("page fault", 200),
    ("mmap 4 MiB and touch", 200),
    ("fork and exit", 200),
    ("fork and exec", 200),
    ("pipe round trip", 200),
    ("futex ping-pong", 200),
];

/// One operation on both systems.
pub(super) struct Row<'a> {
    our: &'a Figure,
    their: Option<&'a Figure>,
    /// In hundredths; of the other operations nothing is demanded.
    demanded: Option<u64>,
}

impl<'a> Row<'a> {
    /// Those of operations whose names begin so.
    pub(super) fn all(ours: &'a [Figure], theirs: &'a [Figure], beginning: &str) -> Vec<Self> {
        let wanted = ours.iter().filter(|our| our.name.starts_with(beginning));
        let row = |our: &'a Figure| Self {
            our,
            their: theirs.iter().find(|their| their.name == our.name),
            demanded: DEMANDED.iter().find(|(name, _)| *name == our.name).map(|(_, most)| *most),
        };
        wanted.map(row).collect()
    }

    /// Ours to theirs, in hundredths.
    fn ratio(&self) -> Option<u64> {
        let their = self.their?.instructions();
        Some((100 * self.our.instructions()).div_ceil(their.max(1)))
    }

    fn cells(&self) -> [String; 8] {
        let [kernel, server, program, _] = Who::ALL.map(|who| grouped(self.our.of(who)));
        let is_met = self.ratio().zip(self.demanded).map(|(ratio, most)| ratio <= most);
        let sign = is_met.map_or("", |is_met| if is_met { " ✓" } else { " ✗" });
        [
            self.our.name.clone(),
            grouped(self.our.instructions()),
            kernel,
            server,
            program,
            self.their.map_or(NOTHING.into(), |their| grouped(their.instructions())),
            self.ratio().map_or(NOTHING.into(), hundredths),
            self.demanded.map_or(NOTHING.into(), |most| format!("{}{sign}", hundredths(most))),
        ]
    }

    // Names need no escapes: they are those of `measure`.
    fn json(&self) -> String {
        let number =
            |number: Option<u64>| number.map_or("null".into(), |number| number.to_string());
        let [kernel, server, program, others] = Who::ALL.map(|who| self.our.of(who));
        format!(
            "{{\"name\": \"{}\", \"instructions\": {}, \"kernel\": {kernel}, \
             \"server\": {server}, \
             \"program\": {program}, \"others\": {others}, \"linux\": {}, \
             \"demanded_percent\": {}}}",
            self.our.name,
            self.our.instructions(),
            number(self.their.map(Figure::instructions)),
            number(self.demanded),
        )
    }
}

/// All of them, for readers.
pub(super) fn text(rows: &[Row], peer: Option<&str>) -> String {
    let peer = peer.map_or("no peer".into(), |version| format!("Linux {version}"));
    let head = ["instructions", "all", "kernel", "server", "program", &peer, "ratio", "demanded"];
    let rows: Vec<_> = rows.iter().map(Row::cells).collect();
    aligned(head, &rows)
}

/// All of them, for programs.
pub(super) fn json(rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(Row::json).collect();
    format!("{{\n  \"operations\": [\n    {}\n  ]\n}}\n", rows.join(",\n    "))
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", grouped(number / 100), number % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::tests::example;

    /// The second of which the peer did not do.
    fn both() -> (Vec<Figure>, Vec<Figure>) {
        let mut ours = example();
        ours[0].name = "stat".into();
        let theirs = vec![ours[0].clone()];
        (ours, theirs)
    }

    #[test]
    fn ours_stands_beside_theirs() {
        let (ours, theirs) = both();
        let text = text(&Row::all(&ours, &theirs, ""), Some("6.1"));
        let cells = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(cells).collect();
        assert_eq!(lines[2], "| stat | 85 | 60 | 0 | 25 | 85 | 1.00 | 2.00 ✓ |");
        assert_eq!(lines[3], "| wake up | 20 | 20 | 0 | 0 | – | – | – |");
        assert_eq!(Row::all(&ours, &theirs, "wa").len(), 1);
    }

    #[test]
    fn the_json_can_be_read_again() {
        let (ours, theirs) = both();
        let value = crate::json::parse(json(&Row::all(&ours, &theirs, "")).trim_end());
        let value = value.expect("good JSON");
        let [first, second] = value.list("operations") else { panic!("two operations") };
        assert_eq!((first.text("name"), second.text("name")), (Some("stat"), Some("wake up")));
    }
}
