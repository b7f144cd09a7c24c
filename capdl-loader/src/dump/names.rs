//! What the cells of an image are called.

use std::collections::HashMap;

use packed::{Cell, Image, Origin};

/// Names of cells.
pub(super) struct Names<'a> {
    image: &'a Image<'a>,
    /// Cells that hold other things than objects of the system, in words.
    others: HashMap<Cell, String>,
}

impl<'a> Names<'a> {
    pub(super) fn of(image: &'a Image<'a>) -> Self {
        let mut names = Self { image, others: HashMap::new() };
        let layout = &image.layout;
        for row in layout.copies.rows() {
            for index in 0..row.count {
                let text = names.cell(row.source.plus(index));
                names.others.insert(row.first.plus(index), text);
            }
        }
        for row in layout.interrupts.rows() {
            names.others.insert(row.handler, format!("interrupt {}", row.number));
        }
        for row in layout.core_signals.rows() {
            let text = format!("signal {} to core {}", row.number, row.core);
            names.others.insert(row.cell, text);
        }
        for row in layout.pools.rows() {
            let text = format!("the ASID pool in {}", names.cell(row.memory));
            names.others.insert(row.pool, text);
        }
        names
    }

    /// A cell.
    pub(super) fn cell(&self, cell: Cell) -> String {
        match (self.image.debug.name(cell), self.others.get(&cell)) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(text)) => text.clone(),
            (None, None) => format!("cell {}", cell.0),
        }
    }

    /// A cell, if there is one.
    pub(super) fn optional(&self, cell: Option<Cell>) -> String {
        cell.map_or("nothing".into(), |cell| self.cell(cell))
    }

    /// A component.
    pub(super) fn component(&self, component: u32) -> String {
        let name = self.image.debug.component(component);
        name.map_or_else(|| format!("component {component}"), |name| format!("`{name}`"))
    }

    /// Where a capability is from.
    pub(super) fn origin(&self, origin: Origin) -> String {
        match origin {
            Origin::Cell(cell) => self.cell(cell),
            Origin::IrqControl => "all interrupts".into(),
            Origin::AsidControl => "all ASID pools".into(),
            Origin::DomainControl => "all domains".into(),
            Origin::SecureMonitor => "calls to the firmware".into(),
            Origin::SchedControl(core) => format!("all time of core {core}"),
        }
    }
}
