//! The steps by which a component is started again.

use abi::registers::Register;
use libsys::object::{Huge, Large, Notification, Page, PageSize, Reply, Small, UserContext};
use libsys::server::RESTARTED;
use libsys::window::MemoryKind;
use libsys::{Badge, Cap, Error, Message, Rights, SlotPath, initial};
use packed::Cell;
use packed::record::{How, Recipe, Renewed};

use super::super::{Loader, Stop, cells};

impl Loader {
    /// Starts a component again.
    ///
    /// # Errors
    /// What the kernel refuses; the component then stands still.
    pub fn restart(&mut self, recipe: &Recipe) -> Result<(), Stop> {
        let thread = self.thread(recipe.thread);
        thread.suspend().map_err(self.refused("suspending", recipe.thread))?;
        for row in self.image.layout.answered.rows() {
            if row.component == recipe.component {
                self.cap::<Reply>(row.reply).send(Message::new(RESTARTED, &[]));
            }
        }
        if let Some(node) = recipe.cspace {
            self.renew_slots(node).map_err(self.refused("filling its CSpace", node))?;
            self.expect_moved(node)?;
        }
        for row in self.image.layout.renewed.rows() {
            if row.component == recipe.component {
                self.renew_run(&row)?;
            }
        }
        self.begin_again(recipe.thread)?;
        for row in self.image.layout.told.rows() {
            if row.component == recipe.component {
                self.cap::<Notification>(row.notification).signal();
            }
        }
        Ok(())
    }

    /// Revokes what was derived from the capabilities of a CSpace, and fills it again.
    fn renew_slots(&self, node: Cell) -> Result<(), Error> {
        let (_, bits) = self.node(node);
        let mut rows = self.image.layout.slots.rows().filter(|row| row.node == node).peekable();
        for slot in 0..1_u32 << bits {
            let path = self.slot(node, slot);
            match rows.next_if(|row| row.slot == slot) {
                Some(row) if row.how == How::Copied => {
                    path.revoke()?;
                    path.delete()?;
                    self.put(&row)?;
                }
                Some(_) => path.revoke()?,
                None => path.delete()?,
            }
        }
        for row in self.image.layout.derived.rows() {
            if row.node != node && row.parent_node != node {
                continue;
            }
            let to = self.slot(row.node, row.slot);
            to.delete()?;
            let from = self.slot(row.parent_node, row.parent_slot);
            match row.data {
                0 => to.copy_from(from, row.rights)?,
                data => to.mint_from(from, row.rights, Badge(data))?,
            }
        }
        Ok(())
    }

    /// Looks whether what was moved into a CSpace is still there: nobody could put it there again.
    fn expect_moved(&self, node: Cell) -> Result<(), Stop> {
        let rows = (0..).zip(self.image.layout.slots.rows());
        for (row, slot) in rows.filter(|(_, slot)| slot.node == node && slot.how == How::Moved) {
            if !self.is_occupied(node, slot.slot.into(), 1)? {
                return Err(Stop::SlotEmpty { row });
            }
        }
        Ok(())
    }

    /// Gives a run of frames its first contents again.
    fn renew_run(&mut self, run: &Renewed) -> Result<(), Stop> {
        let slot = self.spare_slot()?;
        for frame in cells(run.first, run.count) {
            let done = match u32::from(run.bits) {
                Small::BITS => self.renew_frame::<Small>(run, frame, slot),
                Large::BITS => self.renew_frame::<Large>(run, frame, slot),
                _ => self.renew_frame::<Huge>(run, frame, slot),
            };
            done.map_err(self.refused("renewing", frame))?;
        }
        self.next_slot = slot;
        Ok(())
    }

    /// By another capability, since the frame's first one is where the component sees it.
    fn renew_frame<S: PageSize>(
        &mut self,
        run: &Renewed,
        frame: Cell,
        slot: u64,
    ) -> Result<(), Error> {
        let path = SlotPath::new(initial::CNODE, slot);
        path.copy_from(self.path(frame), Rights::ALL)?;
        let page: Cap<Page<S>> = Cap::at(slot);
        let (image, contents) = (self.image, self.contents());
        let view = self.viewer.open(page, MemoryKind::Ram)?;
        view.window().clear(0..1 << S::BITS);
        for fill in image.layout.fills.rows().filter(|fill| fill.frame == frame) {
            contents.put(view.window(), &fill)?;
        }
        if run.is_code {
            page.unify_instruction(0..1 << S::BITS)?;
        }
        if run.is_uncached {
            page.clean_invalidate_data(0..1 << S::BITS)?;
        }
        view.close()?;
        path.delete()
    }

    /// Sets all registers of a thread to what they were at first, and lets it run.
    fn begin_again(&self, cell: Cell) -> Result<(), Stop> {
        let Some(row) = self.image.layout.threads.rows().find(|row| row.thread == cell) else {
            return Ok(());
        };
        let start = UserContext::starting_at(row.entry, row.stack);
        let context = (0..)
            .zip(row.arguments)
            .fold(start, |context, (register, value)| context.with(Register::X(register), value));
        let context = context.with(Register::Tpidr, row.thread_pointer);
        let written = self.thread(cell).write_registers(true, &context);
        written.map_err(self.refused("starting", cell))
    }
}
