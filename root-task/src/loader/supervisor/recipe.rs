//! The steps by which a component is started again.
//!
//! A thread begins with the registers of its first start, but for those of floating point: no call
//! of the kernel sets them. `libsys` clears them at the start of a program when x4 says so, which
//! it does unless the layout has a value of its own for it or the thread may not use them. Other
//! programs begin with what the instance before left there.

use alloc::vec::Vec;

use abi::registers::Register;
use libsys::foreign::SystemCalls;
use libsys::object::{IrqHandler, Large, Notification, Page, PageSize, Reply, Small, UserContext};
use libsys::window::{MemoryKind, Window};
use libsys::{Badge, Cap, Error, Message};
use packed::record::{Fill, How, Recipe, Renewed, Thread};
use packed::{Cell, Origin};

use super::super::{Loader, Stop, cells};

/// The register that says whether somebody else may have left values in those for floating point.
const IS_USED: u8 = 4;

impl Loader {
    /// Stops a component that has failed, and the devices that it drives.
    ///
    /// # Errors
    /// What the kernel refuses, or a device that does not obey.
    pub(super) fn halt(&mut self, recipe: &Recipe) -> Result<(), Stop> {
        let suspended = self.thread(recipe.thread).suspend();
        suspended.map_err(self.refused("suspending", recipe.thread))?;
        self.quiesce(recipe.component)
    }

    /// Answers everybody who waits for an answer of a component, with no words.
    pub(super) fn answer_callers(&self, component: u32, label: u64) {
        for row in self.image.layout.answered.rows().filter(|row| row.component == component) {
            self.cap::<Reply>(row.reply).send(Message::new(label, &[]));
        }
    }

    /// Makes a component that was halted what it was at first; it does not run yet.
    ///
    /// # Errors
    /// What the kernel refuses; the component then stands still.
    pub(super) fn renew(&mut self, recipe: &Recipe) -> Result<(), Stop> {
        if let Some(node) = recipe.cspace {
            self.renew_slots(node).map_err(self.refused("filling its CSpace", node))?;
            self.expect_moved(node)?;
            self.renew_interrupts(node)?;
        }
        self.renew_memory(recipe.component)?;
        match self.thread_row(recipe.thread) {
            Some(row) => {
                self.renew_thread(&row).map_err(self.refused("configuring", recipe.thread))
            }
            None => Ok(()),
        }
    }

    fn thread_row(&self, thread: Cell) -> Option<Thread> {
        self.image.layout.threads.rows().find(|row| row.thread == thread)
    }

    /// Lets a component begin, and tells its neighbours.
    ///
    /// # Errors
    /// What the kernel refuses; the component then stands still.
    pub(super) fn begin_again(&self, recipe: &Recipe) -> Result<(), Stop> {
        let resumed = self.thread(recipe.thread).resume();
        resumed.map_err(self.refused("resuming", recipe.thread))?;
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
            if !self.is_occupied(node, self.slot(node, slot.slot))? {
                return Err(Stop::SlotEmpty { row });
            }
        }
        Ok(())
    }

    /// Lets the interrupts of a CSpace come again, to where they went at first: who held them may
    /// have had them sent elsewhere, or have failed before acknowledging one.
    fn renew_interrupts(&self, node: Cell) -> Result<(), Stop> {
        let slots = self.image.layout.slots.rows().filter(|row| row.node == node);
        let cells = slots.filter_map(|row| match row.origin {
            Origin::Cell(cell) if cell >= self.first_interrupt()? => Some(cell),
            _ => None,
        });
        for cell in cells {
            let mut interrupts = self.image.layout.interrupts.rows();
            let Some(row) = interrupts.find(|row| row.handler == cell) else { continue };
            let handler: Cap<IrqHandler> = self.cap(cell);
            let renewed = match row.notification {
                Some(bell) => handler.set_notification(self.cap::<Notification>(bell)),
                None => handler.clear(),
            };
            let renewed = renewed.and_then(|()| handler.acknowledge());
            renewed.map_err(self.refused("letting an interrupt come again", cell))?;
        }
        Ok(())
    }

    /// The cell of the first interrupt.
    fn first_interrupt(&self) -> Option<Cell> {
        self.image.layout.interrupts.rows().next().map(|row| row.handler)
    }

    /// Gives the memory of a component its first contents again: zeros, then what the image has
    /// for it, in one pass over that.
    fn renew_memory(&mut self, component: u32) -> Result<(), Stop> {
        let (image, contents) = (self.image, self.contents());
        let rows = image.layout.renewed.rows();
        let runs: Vec<Renewed> = rows.filter(|row| row.component == component).collect();
        for run in runs.iter().filter(|run| !run.is_constant) {
            for frame in cells(run.first, run.count) {
                self.in_frame(run, frame, |window| {
                    window.clear(0..1 << run.bits);
                    Ok(())
                })?;
            }
        }
        let run_of = |fill: &Fill| runs.iter().find(|run| has(run, fill.frame));
        let mut fills = image.layout.fills.rows().filter(|fill| run_of(fill).is_some()).peekable();
        while let Some(fill) = fills.next() {
            let Some(run) = run_of(&fill) else { continue };
            self.in_frame(run, fill.frame, |window| {
                contents.restore(window, &fill)?;
                while let Some(more) = fills.next_if(|more| more.frame == fill.frame) {
                    contents.restore(window, &more)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Works in a frame of a run, then does what the caches need.
    fn in_frame(
        &mut self,
        run: &Renewed,
        frame: Cell,
        work: impl FnOnce(&Window) -> Result<(), Error>,
    ) -> Result<(), Stop> {
        let done = match u32::from(run.bits) {
            Small::BITS => self.in_page::<Small>(run, frame, work),
            Large::BITS => self.in_page::<Large>(run, frame, work),
            // The image's check lets no larger ones be renewed.
            _ => Err(Error::Alignment),
        };
        done.map_err(self.refused("renewing", frame))
    }

    /// By another capability, since the frame's first one is where the component sees it.
    fn in_page<S: PageSize>(
        &mut self,
        run: &Renewed,
        frame: Cell,
        work: impl FnOnce(&Window) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.with_copy(frame, |viewer, page: Cap<Page<S>>| {
            let view = viewer.open(page, MemoryKind::Ram)?;
            work(view.window())?;
            if run.is_code {
                page.unify_instruction(0..1 << S::BITS)?;
            }
            if run.is_uncached {
                page.clean_invalidate_data(0..1 << S::BITS)?;
            }
            view.close()
        })
    }

    /// Makes a thread what it was at first, whatever it has done to itself. Its budget stays used
    /// as far as it is: who fails often gets no more time than others.
    fn renew_thread(&self, row: &Thread) -> Result<(), Error> {
        let thread = self.thread(row.thread);
        // Whatever it was bound to; it may have none.
        let _ = thread.unbind_notification();
        thread.set_timeout_endpoint(self.optional(row.timeout_handler))?;
        thread.disable_fpu(row.is_without_float)?;
        thread.set_system_calls(SystemCalls::Native)?;
        if row.notification.is_some() {
            // What has rung for the one before is no news for this one.
            self.optional::<Notification>(row.notification).poll();
        }
        self.equip(row)?;
        let start = UserContext::starting_at(row.entry, row.stack);
        let context = (0..)
            .zip(row.arguments)
            .fold(start, |context, (register, value)| context.with(Register::X(register), value));
        let context = context.with(Register::Tpidr, row.thread_pointer);
        let is_free = row.arguments[usize::from(IS_USED)] == 0 && !row.is_without_float;
        let context = match is_free {
            true => context.with(Register::X(IS_USED), 1),
            false => context,
        };
        thread.write_registers(false, &context)
    }
}

/// Whether a frame is of a run.
const fn has(run: &Renewed, frame: Cell) -> bool {
    run.first.0 <= frame.0 && frame.0 - run.first.0 < run.count
}
