//! Which interrupt is which.

use layout::object::Kind;

use super::Builder;
use super::symbols::Selected;
use super::text::IrqText;
use crate::code::Code;

impl<'t> Builder<'t, '_> {
    /// Gives interrupts their numbers; a line without one goes on from the line before.
    pub(super) fn number_irqs(&mut self, lines: &[IrqText<'t>]) {
        let mut next = 0_u64;
        for line in lines {
            let first = line.number.map_or(next, |number| number.value);
            let Some(Selected::Objects(irqs)) = self.select(&line.irqs) else { continue };
            for (irq, index) in irqs.into_iter().zip(0..) {
                let number = first.saturating_add(index);
                next = number.saturating_add(1);
                let object = &mut self.model[irq];
                let wrong = match &mut object.kind {
                    Kind::Irq(irq) if irq.number.is_none() => {
                        irq.number = Some(number);
                        continue;
                    }
                    Kind::Irq(_) => format!("`{}` has a number already", object.name),
                    _ => format!("`{}` is no interrupt", object.name),
                };
                let help = "each interrupt has one line in `irq maps`";
                self.problems.error(Code::WRONG_TYPE, line.irqs.span, wrong, help);
            }
        }
    }
}
