//! The component that is spoiled, and how.

use alloc::vec::Vec;

use abi::registers::{Register, USER_CONTEXT};
use libsys::object::{Notification, Page, PageSize, Small, Thread, UserContext};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Error, Rights, SlotPath};
use packed::record::{Pages, Recipe};
use packed::{Cell, Image, Origin};
use root_task::loader::Loader;

use crate::class::Class;
use crate::descriptors::{self, Descriptors};
use crate::random::Random;

/// Bytes of a page.
const PAGE: u64 = 1 << abi::PAGE_BITS;
/// Most bits of shared memory that are spoiled at once.
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
    /// What its interrupts signal.
    interrupts: Vec<Cap<Notification>>,
    data: Vec<(u64, Cell)>,
    code: Vec<(u64, Cell)>,
    shared: Vec<(u64, Cell)>,
    descriptors: Descriptors,
    /// An empty slot.
    slot: SlotPath,
}

impl Victim {
    /// The component with this name, or else the first one; it gives signs of life, and is started
    /// again. `None`: there is no such.
    pub(crate) fn new(
        loader: &Loader,
        image: &Image<'static>,
        name: Option<&str>,
        slot: SlotPath,
    ) -> Result<Option<Self>, Error> {
        let layout = image.layout;
        let is_it = |row: &Recipe| {
            row.most > 0
                && name.is_none_or(|name| image.debug.component(row.component) == Some(name))
        };
        let Some(recipe) = layout.recipes.rows().find(is_it) else { return Ok(None) };
        let component = recipe.component;
        let heart = layout.heartbeats.rows().find(|row| row.component == component);
        let thread = layout.threads.rows().find(|row| row.thread == recipe.thread);
        let (Some(heart), Some(thread)) = (heart, thread) else { return Ok(None) };
        let mut victim = Self {
            component,
            thread: loader.cap(recipe.thread),
            asks: loader.cap(heart.asks),
            interrupts: interrupts(loader, image, &recipe),
            data: Vec::new(),
            code: Vec::new(),
            shared: Vec::new(),
            descriptors: Descriptors::default(),
            slot,
        };
        let small = |row: &Pages| u32::from(row.bits) == Small::BITS && row.attributes.cacheable;
        let rows = layout.pages.rows().filter(|row| Some(row.space) == thread.vspace && small(row));
        for row in rows {
            let is_told = descriptors::are_told(image, &row);
            for index in 0..row.count {
                let cell = row.first.plus(index);
                if is_told {
                    victim.descriptors.add(loader, cell, !is_shared(image, cell))?;
                }
                if !is_told || is_shared(image, cell) {
                    victim.sort(image, cell, row.address + PAGE * u64::from(index), &row);
                }
            }
        }
        Ok((!victim.data.is_empty() && !victim.code.is_empty()).then_some(victim))
    }

    /// Whether it has what faults of a class need.
    pub(crate) fn can_suffer(&self, class: Class) -> bool {
        match class {
            Class::Ring => !self.shared.is_empty(),
            Class::Interrupt => !self.interrupts.is_empty(),
            Class::Descriptor => !self.descriptors.own.is_empty(),
            _ => true,
        }
    }

    fn sort(&mut self, image: &Image<'_>, cell: Cell, address: u64, row: &Pages) {
        let has = |first: Cell, count: u32| first <= cell && cell.0 - first.0 < count;
        let mut own = image.layout.renewed.rows().filter(|run| run.component == self.component);
        if own.any(|run| has(run.first, run.count)) {
            match (row.attributes.execute_never, row.rights.contains(Rights::WRITE)) {
                (false, _) => self.code.push((address, cell)),
                (true, true) => self.data.push((address, cell)),
                (true, false) => {}
            }
        } else if is_shared(image, cell) {
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
                self.asks.signal();
                Ok(())
            }
            Class::Interrupt => {
                self.interrupts.iter().for_each(|bell| bell.signal());
                Ok(())
            }
            Class::Descriptor => {
                let bits = 1 + random.below(MANY);
                (0..bits).try_for_each(|_| self.spoil_descriptor(loader, random))
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

    fn spoil_descriptor(&self, loader: &mut Loader, random: &mut Random) -> Result<(), Error> {
        let own = &self.descriptors.own;
        // Queues are made first, and lie in the first pages; few others are in use.
        let place = random.below(own.len() as u64).min(random.below(own.len() as u64));
        let Some(frame) = own.get(place as usize) else { return Ok(()) };
        self.change(loader, *frame, |window| self.descriptors.spoil(window, random))
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

/// Whether somebody else sees this frame, too.
fn is_shared(image: &Image<'_>, cell: Cell) -> bool {
    let has = |first: Cell, count: u32| first <= cell && cell.0 - first.0 < count;
    image.layout.copies.rows().any(|run| has(run.first, run.count) || has(run.source, run.count))
}

/// What the interrupts of a component signal.
fn interrupts(loader: &Loader, image: &Image<'_>, recipe: &Recipe) -> Vec<Cap<Notification>> {
    let has = |handler: Cell| {
        let mut slots = image.layout.slots.rows().filter(|row| Some(row.node) == recipe.cspace);
        slots.any(|row| matches!(row.origin, Origin::Cell(cell) if cell == handler))
    };
    let rows = image.layout.interrupts.rows().filter(|row| has(row.handler));
    rows.filter_map(|row| row.notification).map(|bell| loader.cap(bell)).collect()
}
