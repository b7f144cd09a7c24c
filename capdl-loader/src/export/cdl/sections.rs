//! Interrupts, derivations, domains.

use layout::cap::Place;
use layout::object::Kind;
use layout::{Schedule, TurnLength};

use super::Writer;

impl Writer<'_> {
    /// `irq maps { 33: i }`.
    pub(super) fn irqs(&mut self) {
        let numbered = self.model.objects().filter_map(|(id, object)| match &object.kind {
            Kind::Irq(irq) => Some((irq.number?, id)),
            _ => None,
        });
        let numbered: Vec<_> = numbered.collect();
        if numbered.is_empty() {
            return;
        }
        self.line("\nirq maps {");
        for (number, id) in numbered {
            let name = self.names.reference(id);
            self.line(format_args!("  {number}: {name}"));
        }
        self.line("}");
    }

    /// `cdt { (c, 1) { (c, 2) } }`.
    pub(super) fn derivations(&mut self) {
        if self.model.derivations.is_empty() {
            return;
        }
        self.line("\ncdt {");
        for derivation in &self.model.derivations {
            let place =
                |place: Place| format!("({}, {})", self.names.reference(place.node), place.slot);
            let (parent, child) = (place(derivation.parent), place(derivation.child));
            self.line(format_args!("  {parent} {{ {child} }}"));
        }
        self.line("}");
    }

    /// `domains { schedule: [(0, 10)] domain_set_start: 0 index_shift: 0 }`.
    pub(super) fn domains(&mut self) {
        let schedule = &self.model.schedule;
        if *schedule == Schedule::default() {
            return;
        }
        self.line("\ndomains {");
        if !schedule.turns.is_empty() {
            self.line("  schedule: [");
            for turn in &schedule.turns {
                let domain = turn.domain;
                match turn.length {
                    TurnLength::Ticks(ticks) => self.line(format_args!("    ({domain}, {ticks}),")),
                    TurnLength::Microseconds(us) => {
                        self.line(format_args!("    ({domain}, {us} us),"));
                    }
                }
            }
            self.line("  ]");
        }
        let start = schedule.start.map_or("no_start".into(), |start| start.to_string());
        self.line(format_args!("  domain_set_start: {start}"));
        self.line(format_args!("  index_shift: {}", schedule.shift));
        self.line("}");
    }
}
