//! The component that is spoiled, and how.

use alloc::vec::Vec;

use abi::registers::{Register, USER_CONTEXT};
use libsys::object::{Notification, Page, PageSize, Small, Thread, UserContext};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Error, Rights, SlotPath};
use packed::record::Pages;
use packed::{Cell, Image};
use root_task::loader::Loader;

use crate::class::Class;
use crate::random::Random;

/// Bytes of a page.
const PAGE: u64 = 1 << abi::PAGE_BITS;
/// Bits of shared memory that are spoiled at once, and signals that come at once, at most.
const MANY: u64 = 200;
/// How far from where a register points to is near, in bytes.
const NEAR: u64 = 256;
/// `B .` (Arm ARM C6.2.27).
const BRANCH_TO_ITSELF: [u8; 4] = 0x1400_0000_u32.to_le_bytes();

/// The component.
pub(crate) struct Victim {
    pub(crate) component: u32,
    thread: Cap<Thread>,
    asks: Cap<Notification>,
    data: Vec<(u64, Cell)>,
    code: Vec<(u64, Cell)>,
    shared: Vec<(u64, Cell)>,
    /// An empty slot.
    slot: SlotPath,
}

impl Victim {
    /// The first component that gives signs of life.
    pub(crate) fn new(loader: &Loader, image: &Image<'static>, slot: SlotPath) -> Option<Self> {
        let layout = image.layout;
        let heart = layout.heartbeats.rows().next()?;
        let component = heart.component;
        let recipe = layout.recipes.rows().find(|row| row.component == component)?;
        let thread = layout.threads.rows().find(|row| row.thread == recipe.thread)?;
        let mut victim = Self {
            component,
            thread: loader.cap(recipe.thread),
            asks: loader.cap(heart.asks),
            data: Vec::new(),
            code: Vec::new(),
            shared: Vec::new(),
            slot,
        };
        let small = |row: &Pages| u32::from(row.bits) == Small::BITS && row.attributes.cacheable;
        let rows = layout.pages.rows().filter(|row| Some(row.space) == thread.vspace && small(row));
        for row in rows {
            for index in 0..row.count {
                let cell = row.first.plus(index);
                victim.sort(image, cell, row.address + PAGE * u64::from(index), &row);
            }
        }
        (!victim.data.is_empty() && !victim.code.is_empty()).then_some(victim)
    }

    fn sort(&mut self, image: &Image<'_>, cell: Cell, address: u64, row: &Pages) {
        let has = |first: Cell, count: u32| first <= cell && cell.0 - first.0 < count;
        let mut own = image.layout.renewed.rows().filter(|run| run.component == self.component);
        let mut copies = image.layout.copies.rows();
        if own.any(|run| has(run.first, run.count)) {
            match (row.attributes.execute_never, row.rights.contains(Rights::WRITE)) {
                (false, _) => self.code.push((address, cell)),
                (true, true) => self.data.push((address, cell)),
                (true, false) => {}
            }
        } else if copies.any(|run| has(run.first, run.count) || has(run.source, run.count)) {
            self.shared.push((address, cell));
        }
    }

    /// Does something of a class to it.
    pub(crate) fn spoil(
        &self,
        loader: &mut Loader,
        class: Class,
        random: &mut Random,
    ) -> Result<(), Error> {
        match class {
            Class::Kill => {
                let context = self.thread.read_registers(false, USER_CONTEXT.len() as u64)?;
                self.thread.write_registers(true, &context.with(Register::Pc, 0))
            }
            Class::Register => self.spoil_register(random),
            Class::Data => self.spoil_bit(loader, &self.data, Some(Register::Sp), random),
            Class::Code => self.spoil_bit(loader, &self.code, Some(Register::Pc), random),
            Class::Ring => {
                let bits = 1 + random.below(MANY);
                (0..bits).try_for_each(|_| self.spoil_bit(loader, &self.shared, None, random))
            }
            Class::Hang => self.thread.suspend(),
            Class::Loop => self.spoil_instruction(loader),
            Class::Flood => {
                (0..random.below(MANY)).for_each(|_| self.asks.signal());
                Ok(())
            }
        }
    }

    fn spoil_register(&self, random: &mut Random) -> Result<(), Error> {
        let context = self.thread.read_registers(false, USER_CONTEXT.len() as u64)?;
        let place = random.below(USER_CONTEXT.len() as u64) as usize;
        let bit = 1 << random.below(64);
        let word = |index: usize| {
            let word = context.words()[index];
            if index == place { word ^ bit } else { word }
        };
        self.thread.write_registers(false, &UserContext::from_words(word))
    }

    /// A bit of one of these pages; three times out of four not far from where a register points
    /// to, if one is named: most of a program is not used for long.
    fn spoil_bit(
        &self,
        loader: &mut Loader,
        frames: &[(u64, Cell)],
        near: Option<Register>,
        random: &mut Random,
    ) -> Result<(), Error> {
        if frames.is_empty() {
            return Ok(());
        }
        let (_, mut frame) = frames[random.below(frames.len() as u64) as usize];
        let mut at = random.below(PAGE);
        if let Some(register) = near.filter(|_| random.below(4) > 0) {
            let context = self.thread.read_registers(false, USER_CONTEXT.len() as u64)?;
            let address = context.register(register).wrapping_add(random.below(NEAR));
            let page = address & !(PAGE - 1);
            let found = frames.iter().find(|(address, _)| *address == page);
            let Some((_, cell)) = found else { return Ok(()) };
            (frame, at) = (*cell, address & (PAGE - 1));
        }
        let bit = 1 << random.below(8);
        self.change(loader, frame, |window| {
            let byte = window.read_byte(at);
            window.write_byte(at, byte ^ bit);
        })
    }

    fn spoil_instruction(&self, loader: &mut Loader) -> Result<(), Error> {
        let context = self.thread.read_registers(false, 1)?;
        let pc = context.register(Register::Pc);
        let page = self.code.iter().find(|(address, _)| *address == pc & !(PAGE - 1));
        let Some((_, cell)) = page else { return Ok(()) };
        self.change(loader, *cell, |window| {
            window.write_bytes(pc & (PAGE - 4), &BRANCH_TO_ITSELF);
        })
    }

    /// Changes a frame under the victim's eyes.
    fn change(
        &self,
        loader: &mut Loader,
        frame: Cell,
        work: impl FnOnce(&Window),
    ) -> Result<(), Error> {
        self.slot.copy_from(loader.path(frame), Rights::ALL)?;
        let page: Cap<Page<Small>> = Cap::at(self.slot.index);
        let view = loader.viewer().open(page, MemoryKind::Ram)?;
        work(view.window());
        page.unify_instruction(0..PAGE)?;
        view.close()?;
        self.slot.delete()
    }
}
