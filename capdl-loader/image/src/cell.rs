//! Capabilities of the loader, by number.

use crate::field::Field;

/// A slot of the loader's CNode, counted from the first one that it uses. The objects of the
/// system come first, in the order of their [`objects`](crate::objects); cells behind them hold
/// copies, and capabilities that are not made by retyping.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cell(pub u32);

impl Cell {
    /// The cell so many behind this one.
    #[must_use]
    pub const fn plus(self, distance: u32) -> Self {
        Self(self.0.saturating_add(distance))
    }
}

impl Field for Cell {
    const COLUMNS: usize = 1;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        u32::read(columns).map(Self)
    }

    fn write(self, columns: &mut [u64]) {
        self.0.write(columns);
    }
}

/// None is 0, so that the others are one larger.
impl Field for Option<Cell> {
    const COLUMNS: usize = 1;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        let value = u32::read(columns)?;
        Some(value.checked_sub(1).map(Cell))
    }

    fn write(self, columns: &mut [u64]) {
        columns[0] = self.map_or(0, |cell| u64::from(cell.0) + 1);
    }
}

/// Where a capability is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A cell.
    Cell(Cell),
    /// All interrupts: there is one capability only, so that it is moved.
    IrqControl,
    /// All ASID pools: likewise.
    AsidControl,
    /// All domains.
    DomainControl,
    /// Calls to the firmware.
    SecureMonitor,
    /// All time of a core.
    SchedControl(u8),
}

/// Values from here on are no cells.
const CONTROLS: u64 = 1 << 32;
/// Those of scheduling control begin here.
const CORES: u64 = CONTROLS + 4;

impl Field for Origin {
    const COLUMNS: usize = 1;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        let value = *columns.first()?;
        Some(match value.checked_sub(CONTROLS) {
            None => Self::Cell(Cell::read(columns)?),
            Some(0) => Self::IrqControl,
            Some(1) => Self::AsidControl,
            Some(2) => Self::DomainControl,
            Some(3) => Self::SecureMonitor,
            Some(core) => Self::SchedControl(u8::try_from(core - 4).ok()?),
        })
    }

    fn write(self, columns: &mut [u64]) {
        columns[0] = match self {
            Self::Cell(cell) => cell.0.into(),
            Self::IrqControl => CONTROLS,
            Self::AsidControl => CONTROLS + 1,
            Self::DomainControl => CONTROLS + 2,
            Self::SecureMonitor => CONTROLS + 3,
            Self::SchedControl(core) => CORES + u64::from(core),
        };
    }
}
