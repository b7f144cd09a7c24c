//! Devices are made to stop what they do before their driver's memory is used again.

use libsys::object::{Page, Small};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Error};
use packed::record::{Quiesce, Silencing};

use super::super::{Loader, Stop};

/// Most looks at a register that does not change.
const PATIENCE: u32 = 1 << 20;

impl Loader {
    /// Makes all devices of a component stop what they do.
    pub(super) fn quiesce(&mut self, component: u32) -> Result<(), Stop> {
        for row in self.image.layout.quiesce.rows().filter(|row| row.component == component) {
            self.silence(&row).map_err(self.refused("silencing", row.page))?;
        }
        Ok(())
    }

    fn silence(&mut self, row: &Quiesce) -> Result<(), Error> {
        let is_silent = self.with_copy(row.page, |viewer, page: Cap<Page<Small>>| {
            let view = viewer.open(page, MemoryKind::Device)?;
            let is_silent = silence(view.window(), row.at.into(), row.how);
            view.close()?;
            Ok(is_silent)
        })?;
        if is_silent { Ok(()) } else { Err(Error::IllegalOperation) }
    }
}

/// Silences a device whose registers begin here; answers whether it obeys.
fn silence(registers: &Window, at: u64, how: Silencing) -> bool {
    let set = |offset: u64, value| registers.write_register(at + offset, value);
    let get = |offset: u64| registers.read_register(at + offset);
    match how {
        Silencing::Nothing => true,
        Silencing::VirtioMmio => {
            const STATUS: u64 = 0x70;
            set(STATUS, 0);
            (0..PATIENCE).any(|_| get(STATUS) == 0)
        }
        Silencing::Pl011 => {
            const MASK: u64 = 0x38;
            const CLEAR: u64 = 0x44;
            const DMA: u64 = 0x48;
            set(MASK, 0);
            set(CLEAR, 0x7ff);
            set(DMA, 0);
            true
        }
        Silencing::Pl031 => {
            const MASK: u64 = 0x10;
            const CLEAR: u64 = 0x1c;
            set(MASK, 0);
            set(CLEAR, 1);
            true
        }
        Silencing::Pci => {
            const COMMAND: u64 = 0x04;
            const MEMORY_MASTER: u32 = 1 << 2;
            const NO_INTERRUPT: u32 = 1 << 10;
            // The upper half are flags that writing 1 clears.
            set(COMMAND, get(COMMAND) & 0xffff & !MEMORY_MASTER | NO_INTERRUPT);
            get(COMMAND) & MEMORY_MASTER == 0
        }
    }
}
