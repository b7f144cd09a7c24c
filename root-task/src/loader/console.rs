//! The UART, once there are pages to map it by.

use libsys::device_tree::{self, DeviceTree};
use libsys::object::{Page, SlotRange};
use libsys::window::MemoryKind;
use libsys::{Cap, Rights, SlotPath, console, initial};
use packed::Cell;
use packed::objects::Position;
use plan::{Run, Step};

use super::Loader;

const PAGE: u64 = 1 << abi::PAGE_BITS;

impl Loader {
    /// Finds the UART in the device tree and takes it for output: by a page of its own, or if the
    /// system has the page, by another capability to that. Without one, output goes to the kernel's
    /// console.
    pub(super) fn open_console(&mut self) -> Option<()> {
        let tree = device_tree::blob().and_then(DeviceTree::new)?;
        let address = tree.console()? & !(PAGE - 1);
        let slot = self.spare_slot().ok()?;
        match self.frame_at(address) {
            Some(cell) => {
                let path = SlotPath::new(initial::CNODE, slot);
                path.copy_from(self.path(cell), Rights::ALL).ok()?;
            }
            None => self.make_page(address, slot)?,
        }
        let window = self.viewer.mount(Cap::<Page>::at(slot), MemoryKind::Device).ok()?;
        console::attach(window);
        Some(())
    }

    /// The frame of the system at an address.
    fn frame_at(&self, address: u64) -> Option<Cell> {
        let mut runs = self.image.layout.objects.iter();
        runs.find_map(|run| {
            let Position::At(start) = run.position else { return None };
            let index = address.checked_sub(start)? >> run.bits();
            let is_page = run.object == libsys::ObjectType::SmallPage;
            let index = u32::try_from(index).ok().filter(|index| is_page && *index < run.count)?;
            Some(run.first.plus(index))
        })
    }

    fn make_page(&mut self, address: u64, slot: u64) -> Option<()> {
        let mut steps = heapless::Vec::<Step, 64>::new();
        let page = Run::one(libsys::ObjectType::SmallPage, 0);
        let mut fits = true;
        let placed = self.planner.place_at(page, address, None, &mut |step| {
            fits &= steps.push(step).is_ok();
        });
        placed.ok().filter(|()| fits)?;
        for step in steps {
            let (source, run, _) = step.retype();
            let memory = self.sources.get(source.index()).copied()?;
            let is_piece = matches!(step, Step::Skip { .. });
            let to = if is_piece { self.spare_slot().ok()? } else { slot };
            let slots = SlotRange::within(initial::CNODE, to, 1);
            memory.retype(run.object, run.size, slots).ok()?;
            if is_piece {
                self.sources.push(Cap::at(to));
            }
        }
        Some(())
    }
}
