//! O109, O110: how tables contain each other.

use layout::cap::Cap;
use layout::object::Kind;
use layout::{ObjectId, Span};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every entry of every table.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let model = facts.model;
    let mut parents: Vec<Option<(ObjectId, Span)>> = vec![None; model.objects.len()];
    for (id, object) in model.objects() {
        let Kind::PageTable(table) = &object.kind else { continue };
        for entry in &table.slots {
            let name = &object.name;
            match entry.cap {
                Cap::PageTable(child) => {
                    let Kind::PageTable(below) = &model[child].kind else { continue };
                    let other = &model[child].name;
                    if below.level != table.level.saturating_add(1) {
                        let (here, there) = (table.level, below.level);
                        let message = format!("table `{other}` cannot stand in table `{name}`");
                        let label = format!("of level {there}, in a table of level {here}");
                        let wrong = Diagnostic::error(Code::TABLE_LEVEL, message);
                        findings.push(wrong.at(entry.span, label).help(wanted(table.level)));
                    }
                    let parent = parents[child.index()].replace((id, entry.span));
                    if let Some((parent, first)) = parent {
                        findings.push(shared(other, &model[parent].name, name, entry.span, first));
                    }
                    if child == id {
                        let message = format!("table `{name}` contains itself");
                        let wrong = Diagnostic::error(Code::TABLE_SHARED, message);
                        findings.push(wrong.at(entry.span, "itself").help("use another table"));
                    }
                }
                Cap::Frame { object: frame, .. } => {
                    let Kind::Frame(frame) = &model[frame].kind else { continue };
                    if frame.size.table_level() != table.level {
                        let bytes = frame.size.bytes();
                        let message = format!("a frame of {bytes} bytes cannot stand in `{name}`");
                        let label = format!("in a table of level {}", table.level);
                        let wrong = Diagnostic::error(Code::TABLE_LEVEL, message);
                        findings.push(wrong.at(entry.span, label).help(wanted(table.level)));
                    }
                }
                _ => {}
            }
        }
    }
}

fn shared(table: &str, first: &str, second: &str, span: Span, before: Span) -> Diagnostic {
    let message = match first == second {
        true => format!("table `{table}` stands twice in table `{first}`"),
        false => format!("table `{table}` stands in both `{first}` and `{second}`"),
    };
    Diagnostic::error(Code::TABLE_SHARED, message)
        .at(span, "again")
        .at(before, "first")
        .help("give each parent a table of its own; frames may be in several")
}

/// What may stand in a table of some level.
fn wanted(level: u8) -> &'static str {
    match level {
        0 => "a table of level 0 holds tables of level 1",
        1 => "a table of level 1 holds tables of level 2 and frames of 1 GiB",
        2 => "a table of level 2 holds tables of level 3 and frames of 2 MiB",
        _ => "a table of level 3 holds frames of 4 KiB",
    }
}
