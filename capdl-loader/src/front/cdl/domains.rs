//! The order of domains.

use layout::{Turn, TurnLength};

use super::Builder;
use super::text::{DomainText, TurnText};
use crate::code::Code;

impl<'t> Builder<'t, '_> {
    /// Takes the section `domains` over. Without a word about it, the first turn is the first.
    pub(super) fn schedule_domains(&mut self, statements: &[DomainText<'t>]) {
        if statements.is_empty() {
            return;
        }
        self.model.schedule.start = Some(0);
        for statement in statements {
            match statement {
                DomainText::Schedule(turns) => {
                    let turns = turns.iter().filter_map(|turn| self.turn(turn)).collect();
                    self.model.schedule.turns = turns;
                }
                DomainText::Start(start) => {
                    self.model.schedule.start = start.map(|number| number.value);
                }
                DomainText::Shift(shift) => self.model.schedule.shift = shift.value,
            }
        }
    }

    fn turn(&mut self, turn: &TurnText<'t>) -> Option<Turn> {
        let length = match turn.unit.map(|unit| (unit.text, unit.span)) {
            None | Some(("ticks", _)) => TurnLength::Ticks(turn.length.value),
            Some(("us", _)) => TurnLength::Microseconds(turn.length.value),
            Some((_, span)) => {
                let help = "write `ticks` or `us`";
                self.problems.error(Code::UNKNOWN_KEY, span, "there is no such unit", help);
                return None;
            }
        };
        let span = turn.domain.span.to(turn.length.span);
        Some(Turn { domain: turn.domain.value, length, span })
    }
}
