//! Models without places, to be compared.

use layout::object::Kind;
use layout::{Model, Span};

/// The same model, written nowhere.
pub(super) fn without(mut model: Model) -> Model {
    for object in &mut model.objects {
        object.span = Span::NOWHERE;
        match &mut object.kind {
            Kind::CNode(node) => node.slots.iter_mut().for_each(|e| e.span = Span::NOWHERE),
            Kind::PageTable(table) => table.slots.iter_mut().for_each(|e| e.span = Span::NOWHERE),
            Kind::AsidPool(pool) => pool.slots.iter_mut().for_each(|e| e.span = Span::NOWHERE),
            Kind::Frame(frame) => frame.fills.iter_mut().for_each(|f| f.span = Span::NOWHERE),
            Kind::SchedContext(context) => {
                context.budget.iter_mut().for_each(|budget| budget.span = Span::NOWHERE);
            }
            Kind::Thread(thread) => {
                thread.roles.iter_mut().for_each(|entry| entry.span = Span::NOWHERE);
                thread.entry.iter_mut().for_each(|entry| entry.span = Span::NOWHERE);
            }
            _ => {}
        }
    }
    model.derivations.iter_mut().for_each(|derivation| derivation.span = Span::NOWHERE);
    model.contents.iter_mut().for_each(|content| content.span = Span::NOWHERE);
    model.schedule.turns.iter_mut().for_each(|turn| turn.span = Span::NOWHERE);
    model
}
